"""A line for the name of a label, with suggestions below it while one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..tree.label_names import SuggestionItem
from .binding import USER_ROLE, connect, enum_int, get, is_event, qt
from .editors import hex_color
from .errors import guarded
from .icons import swatch_icon

#: what completes a text: the best suggestions first
Suggest = Callable[[str], Sequence[SuggestionItem]]
_ENTER = {enum_int(qt.Qt.Key_Return), enum_int(qt.Qt.Key_Enter)}


class NameLine:
    """A line edit whose completer lists suggestions with their colour; ``chosen`` gets one that was picked.

    A suggestion that ends a word half typed is marked: Enter takes it. Where the text may be a name itself, none is.
    """

    def __init__(self, suggest: Suggest, chosen: Callable[[SuggestionItem], object] | None = None) -> None:
        self.widget = qt.QLineEdit()
        self.items: tuple[SuggestionItem, ...] = ()
        self._suggest, self._chosen = suggest, chosen
        # all of them live as long as the line in Qt, which may still be in one of their signals when it goes
        self._model = qt.QStandardItemModel(self.widget)
        self.completer = qt.QCompleter(self._model, self.widget)
        self.completer.setCompletionMode(qt.QCompleter.UnfilteredPopupCompletion)
        self.completer.setMaxVisibleItems(10)
        self.completer.setWidget(self.widget)  # and not the line's own completer, which writes what is only marked
        self._keys = _ListKeys(self.widget, self._take_marked)
        self.completer.popup().installEventFilter(self._keys)
        connect(self.widget, "textEdited(QString)", self.suggest)
        connect(self.completer, "activated(QString)", self._picked)

    def suggest(self, text: str) -> None:
        """Lists what fits the text."""
        self.items = tuple(self._suggest(text))
        self._model.clear()
        for item in self.items:
            entry = qt.QStandardItem(item.name)
            entry.setData(item.note, USER_ROLE + 1)
            entry.setToolTip(item.note)
            if item.color is not None:
                entry.setIcon(swatch_icon(hex_color(item.color)))
            self._model.appendRow(entry)
        popup = self.completer.popup()
        if not self.items:
            popup.hide()
            return
        self.completer.complete()
        row = next((number for number, item in enumerate(self.items) if _ends_word(text, item.name)), -1)
        popup.setCurrentIndex(self.completer.completionModel().index(row, 0))

    def _take_marked(self) -> bool:
        """Picks what is marked in the list; says whether anything is."""
        popup = self.completer.popup()
        marked = [index.row() for index in popup.selectionModel().selectedIndexes()]
        if not popup.isVisible() or not marked:
            return False
        popup.hide()
        self._picked(self.items[marked[0]].name)
        return True

    def _picked(self, name: str) -> None:
        self.widget.setText(name)
        found = next((item for item in self.items if item.name == name), None)
        if found is not None and self._chosen is not None:
            self._chosen(found)


class _ListKeys(qt.QObject):
    """Enter in the list of suggestions, before Qt gives it to the line."""

    def __init__(self, parent: Any, take: Callable[[], bool]) -> None:
        super().__init__(parent)
        self._take = take

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: ARG002, N802 - Qt's names
        """Takes the marked suggestion."""
        if not is_event(event, qt.QEvent.KeyPress) or enum_int(event.key()) not in _ENTER:
            return False
        return bool(guarded(self._take))


def _ends_word(text: str, name: str) -> bool:
    """Whether a name goes on where a text ends in the middle of a word."""
    begun = text.strip().casefold()
    folded = name.casefold()
    rest = folded[len(begun) :]
    return bool(begun) and (folded == begun or (folded.startswith(begun) and rest[:1].isalpha()))


class InlineEdit(qt.QObject):
    """The line over a row of the tree while it is renamed: Enter takes the name, Escape and leaving do not lose it."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._view = view
        self.line: NameLine | None = None
        self._finish: Callable[[str], object] | None = None
        self._before = ""

    def begin(self, index: Any, text: str, suggest: Suggest, finish: Callable[[str], object]) -> None:
        """Edits the name of a row; ``finish`` gets the new name, if it is another one."""
        self.end(False)
        self.line = NameLine(suggest, lambda _: self.end(True))
        self._finish, self._before = finish, text
        widget = self.line.widget
        widget.setParent(self._view.viewport())
        widget.setText(text)
        widget.setAccessibleName("Name")
        rect = self._view.visualRect(index)
        width = max(rect.width(), 120)
        left = min(rect.left(), int(get(self._view.viewport(), "width")) - width)
        widget.setGeometry(qt.QRect(max(0, left), rect.top(), width, rect.height()))
        widget.installEventFilter(self)
        connect(widget, "returnPressed()", lambda: self.end(True))
        widget.show()
        widget.selectAll()
        widget.setFocus()

    @property
    def is_open(self) -> bool:
        """Whether a name is being edited."""
        return self.line is not None

    def end(self, accept: bool) -> None:
        """Closes the line; takes the name when it is another one."""
        line, finish = self.line, self._finish
        if line is None:
            return
        self.line, self._finish = None, None
        text = get(line.widget, "text")
        line.widget.removeEventFilter(self)
        line.widget.hide()
        line.widget.deleteLater()
        self._view.setFocus()
        if accept and finish is not None and text != self._before:
            finish(text)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: ARG002, N802 - Qt's names
        """Escape drops the name; clicking elsewhere takes it, unless the list of suggestions has the focus."""
        if is_event(event, qt.QEvent.KeyPress) and enum_int(event.key()) == enum_int(qt.Qt.Key_Escape):
            guarded(self.end, False)
            return True
        if is_event(event, qt.QEvent.FocusOut) and self.line is not None:
            reason = enum_int(event.reason())
            if reason != enum_int(qt.Qt.PopupFocusReason):
                qt.QTimer.singleShot(0, lambda: guarded(self.end, True))
        return False
