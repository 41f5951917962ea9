"""Names for labels: what is suggested, what is allowed, what a new label is called."""

from __future__ import annotations

from typing import NamedTuple

from ...core.label import Color
from ...core.naming import next_color, next_name
from ...presets.suggestion_json import preferred_suggestions
from ...presets.suggestions import Suggestions, used_names
from ..session import Session


class SuggestionItem(NamedTuple):
    """A name that may be given to a label: its colour where the list has one, and under which heading it stands."""

    name: str
    color: Color | None
    note: str


class LabelNames:
    """Answers from the list of names that the preferences, or the open task, ask for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known_suggestions: tuple[object, Suggestions] | None = None

    @property
    def asks_names(self) -> bool:
        """Whether the user wants to be asked for name and colour of each new label."""
        return not self._session.effective.default_label_naming

    def default_label(self) -> tuple[str, Color]:
        """Name and colour that a new label gets unless the user says otherwise."""
        labels = self._session.need().document.labels
        return next_name(label.name for label in labels), next_color(labels)

    def suggestions(self, text: str, limit: int = 20, current: str | None = None) -> list[SuggestionItem]:
        """Names for what is typed, the best first; ``current`` is the name of the label that is being renamed."""
        document = self._session.document
        used = None if document is None else used_names(document)
        found = self.list_of_names().complete(text, used, current, limit)
        return [SuggestionItem(entry.name, entry.color, entry.group) for entry in found]

    def list_of_names(self) -> Suggestions:
        """The suggestions that the preferences ask for. Raises PresetError."""
        wanted = self._session.effective
        if self._known_suggestions is None or self._known_suggestions[0] != wanted:
            self._known_suggestions = (wanted, preferred_suggestions(wanted))
        return self._known_suggestions[1]
