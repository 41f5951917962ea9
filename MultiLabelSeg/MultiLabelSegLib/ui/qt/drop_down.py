"""Drop-downs whose names may be longer than they are wide: cut in the middle, whole in the tool tip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .binding import connect, get, is_event, qt

#: pixels of a drop-down that its arrow and its frame take
_ARROW = 34


class ElidedItems(qt.QObject):
    """Keeps the names of a drop-down that is not typed in.

    Qt cuts off the end of the chosen one, which often is what tells two names apart; here its middle gives way. The
    list that opens has the names whole as far as there is room.
    """

    def __init__(self, box: Any) -> None:
        super().__init__(box)
        self._box, self._titles, self._cut_place = box, [], -1  # type: ignore[var-annotated]
        box.view().setTextElideMode(qt.Qt.ElideMiddle)
        box.installEventFilter(self)
        connect(box, "currentIndexChanged(int)", self._fit)

    @property
    def title(self) -> str:
        """The whole name of the chosen one; empty when there is none."""
        place = int(get(self._box, "currentIndex"))
        return str(self._titles[place]) if 0 <= place < len(self._titles) else ""

    def set_titles(self, titles: Sequence[str]) -> None:
        """Lists other names; the caller says which one is chosen."""
        self._titles, self._cut_place = list(titles), -1
        self._box.clear()
        self._box.addItems(self._titles)
        self._fit()

    def refresh(self) -> None:
        """Cuts anew: another one was chosen while the drop-down told nobody."""
        self._fit()

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Cuts anew at another width; a tool tip says the whole name where it is cut."""
        if is_event(event, qt.QEvent.Resize) or is_event(event, qt.QEvent.FontChange):
            self._fit()
        elif is_event(event, qt.QEvent.ToolTip) and self._cut_place >= 0:
            tip = str(get(watched, "toolTip"))
            text = tip if self.title in tip else f"{self.title}\n{tip}".strip()
            qt.QToolTip.showText(event.globalPos(), text, watched)
            return True
        return False

    def _fit(self) -> None:
        if 0 <= self._cut_place < len(self._titles):
            self._set_text(self._cut_place, self._titles[self._cut_place])
        self._cut_place = -1
        if get(self._box, "editable"):
            return
        whole = self.title
        room = int(get(self._box, "width")) - _ARROW
        shown = self._box.fontMetrics().elidedText(whole, qt.Qt.ElideMiddle, max(24, room))
        if shown != whole:
            self._cut_place = int(get(self._box, "currentIndex"))
            self._set_text(self._cut_place, shown)

    def _set_text(self, place: int, text: str) -> None:
        blocked = self._box.blockSignals(True)
        try:
            self._box.setItemText(place, text)
        finally:
            self._box.blockSignals(blocked)
        self._box.update()
