"""Suggestions for names of labels: what comes with a name, how often it is offered, and which names are allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from ..core import Label, Segmentation
from ..core.label import Color, PropertyValue
from ..edit.changes import Command, LabelChange
from ..edit.operations import add_label
from ..edit.operations.selection import Selection, chosen, counted
from ..errors import LabelError
from .completion import Completion

#: properties that say what a label shows; another name makes the former ones wrong
_CODES = ("segmented_property_", "anatomic_region", "primary_anatomic_structure")


@dataclass(frozen=True)
class Suggestion:
    """A name with what comes with it: colour, coded properties, other fields of ``Label`` where the list gives them.

    ``max_instances`` is how many labels may have the name (None: the list does not say), ``group`` the heading under
    which the list has it.
    """

    name: str
    color: Color | None = None
    max_instances: int | None = None
    properties: Mapping[str, PropertyValue] = field(default_factory=dict, hash=False)
    fields: Mapping[str, Any] = field(default_factory=dict, hash=False)
    group: str = ""

    def label_fields(self) -> dict[str, Any]:
        """Everything for ``add_label``: name, colour, properties and whatever else is given."""
        color = {} if self.color is None else {"color": self.color}
        return {"name": self.name, **color, "properties": dict(self.properties), **self.fields}

    def renamed(self, label: Label) -> Label:
        """A label under this name: it takes the colour and the codes, loses the codes of its former name, and keeps
        everything else.
        """
        kept = {key: value for key, value in label.properties.items() if not key.startswith(_CODES)}
        return label.with_(name=self.name, color=self.color or label.color, properties=kept | dict(self.properties))


@dataclass(frozen=True)
class SuggestionRules:
    """MITK's switches: ``enforce`` allows names of the list only; ``suggest_once`` offers a name once where the list
    does not say how often it may occur.
    """

    enforce: bool = False
    suggest_once: bool = True


class Suggestions:
    """A list of suggestions with its rules. Of equal names the first counts; a later one may give it a colour."""

    def __init__(self, entries: Iterable[Suggestion], rules: SuggestionRules | None = None) -> None:
        self._by_name: dict[str, Suggestion] = {}
        self.rules = rules or SuggestionRules()
        for entry in entries:
            known = self._by_name.setdefault(entry.name, entry)
            if known.color is None and entry.color is not None:
                self._by_name[entry.name] = replace(known, color=entry.color)

    @property
    def entries(self) -> tuple[Suggestion, ...]:
        """All suggestions in the order of the list."""
        return tuple(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, name: str) -> Suggestion | None:
        """The suggestion of exactly this name."""
        return self._by_name.get(name)

    def extended(self, others: Iterable[Suggestion]) -> Suggestions:
        """This list with the new names of others behind it."""
        return Suggestions((*self.entries, *others), self.rules)

    def limit(self, name: str) -> int | None:
        """How many labels may have a name; None: any number."""
        entry = self.find(name)
        if entry is None:
            return 0 if self.rules.enforce else None
        if entry.max_instances is not None:
            return entry.max_instances
        return 1 if self.rules.suggest_once else None

    def is_offered(self, name: str, used: Mapping[str, int], current: str | None = None) -> bool:
        """Whether one more label may get a name: fewer have it than may, or it is the ``current`` one of a renaming."""
        limit = self.limit(name)
        return name == current or limit is None or used.get(name, 0) < limit

    def complete(
        self, text: str, used: Mapping[str, int] | None = None, current: str | None = None, most: int | None = None
    ) -> list[Suggestion]:
        """The suggestions for what is typed, the best first (see ``Completion.find``), at most ``most``.

        ``used`` counts the labels of each name (``used_names``): names that may not occur again are left out, but not
        ``current``, the name of the label that is renamed.
        """
        entries = self.entries
        found = (entries[index] for index in self._completion.find(text))
        offered = [entry for entry in found if used is None or self.is_offered(entry.name, used, current)]
        return offered if most is None else offered[:most]

    def check(self, name: str, used: Mapping[str, int], current: str | None = None) -> None:
        """Raises LabelError for a name that the rules do not allow; free text is fine unless the list is enforced."""
        if not self.rules.enforce or self.is_offered(name, used, current):
            return
        if name in self._by_name:
            raise LabelError(f"{used.get(name, 0)} labels are named {name!r} already; {self.limit(name)} may be")
        near = [entry.name for entry in self.complete(name, most=3)] or get_close_matches(name, self._by_name, 3)
        hint = f"; near it are {', '.join(map(repr, near))}" if near else ""
        raise LabelError(f"{name!r} is not in the list of names, and no others are allowed{hint}")

    @cached_property
    def _completion(self) -> Completion:
        return Completion(tuple(self._by_name))


def used_names(segmentation: Segmentation) -> Counter[str]:
    """How many labels of a segmentation have each name."""
    return Counter(label.name for label in segmentation.labels)


def add_suggested(
    segmentation: Segmentation,
    suggestions: Suggestions,
    name: str,
    group: int = 0,
    value: int | None = None,
    color: Color | None = None,
) -> Command:
    """Adds a label by name; codes, and the colour unless ``color`` is it, come with it where the list knows the name.

    Raises LabelError for a name that is not allowed, else as ``add_label`` does.
    """
    suggestions.check(name, used_names(segmentation))
    entry = suggestions.find(name) or Suggestion(name)
    fields = entry.label_fields() if color is None else {**entry.label_fields(), "color": color}
    return add_label(segmentation, group, value=value, **fields)


def rename_as_suggested(segmentation: Segmentation, suggestions: Suggestions, values: Selection, name: str) -> Command:
    """Names labels; where the list knows the name, colour and codes come with it and codes of former names go.

    Raises UnknownLabelError, LabelError for a name that is not allowed.
    """
    found = chosen(segmentation, values)
    labels = [segmentation.label(value) for value in found]
    used = used_names(segmentation)
    for label in labels:
        if label.name != name:
            suggestions.check(name, used)
            used[name] += 1
    entry = suggestions.find(name)
    made = [label.with_(name=name) if entry is None else entry.renamed(label) for label in labels]
    changes = [
        LabelChange(segmentation.group_index_of(new.value), new.value, new)
        for new, old in zip(made, labels, strict=True)
        if new != old
    ]
    return Command(f"Rename {counted(segmentation, found)} to {name}", changes, values=found)
