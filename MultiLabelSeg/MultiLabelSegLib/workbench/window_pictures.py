"""Pictures of a window with the dialogs and menus that are open over it, and what opens those for a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy import QtCore, QtGui, QtWidgets

from ..errors import OptionError, WriteError
from ..ui.tree.rows import group_key, label_key
from .menus import keys_page

#: how far below the row that it belongs to a menu opens, and the room that it keeps to the window's edge
_MENU_OFFSET, _EDGE = 12, 8


class PictureCommands:
    """Actions of a script that open dialogs and menus, as a user's click would."""

    def __init__(self, window: Any) -> None:
        self._window = window

    def dialog(self, name: str, format: str = "", path: Path | None = None) -> None:
        """Opens a dialog over the window; those on files take a ``path`` and the id of a ``format``.

        Raises OptionError for a name or a format that there is not.
        """
        files, dialogs = self._window.panel.files, self._window.panel.dialogs
        known = {
            "preferences": dialogs.preferences,
            "presets": dialogs.presets,
            "tasks": dialogs.tasks,
            "statistics": dialogs.statistics,
            "save_as": files.save_as,
            "export": files.export,
            "import": files.import_file,
            "new_segmentation": files.new_segmentation,
            "keys": lambda: self._window.show_page("Keys", keys_page(self._window)),
        }
        if name not in known:
            raise OptionError("name", name, known)
        known[name]()
        if path is not None:
            files.dialog.path.setText(str(path))
        if format:
            ids = [item.id for item in files.dialog.items]
            if format not in ids:
                raise OptionError("format", format, ids)
            files.dialog.choose_format(format)

    def close_dialogs(self) -> None:
        """Closes what is open over the window."""
        for widget in _over(self._window):
            widget.close()

    def type_text(self, text: str) -> None:
        """Types into what has the keyboard in front: a dialog, or the window. Raises OptionError where nothing has."""
        target = self._front().focusWidget()
        if target is None:
            raise OptionError("text", text, "something that has the keyboard")
        for letter in text:
            for kind in (QtCore.QEvent.KeyPress, QtCore.QEvent.KeyRelease):
                event = QtGui.QKeyEvent(kind, 0, QtCore.Qt.NoModifier, letter)
                QtWidgets.QApplication.sendEvent(target, event)

    def press_button(self, title: str) -> None:
        """Presses a button of the dialog in front, or of the window, by its text or accessible name.

        Raises OptionError where there is none, or it cannot be pressed.
        """
        found = {each.text() or each.accessibleName(): each for each in self._buttons() if each.isEnabled()}
        if title not in found:
            raise OptionError("title", title, sorted(name for name in found if name))
        found[title].click()

    def pick(self, text: str) -> None:
        """Picks an entry of the list of suggestions that is open. Raises OptionError for one that is not in it."""
        lists = [each for each in _over(self._window) if _is_popup(each) and isinstance(each, QtWidgets.QListView)]
        model = lists[0].model() if lists else QtGui.QStandardItemModel()
        names = [model.index(row, 0).data() for row in range(model.rowCount())]
        if text not in names:
            raise OptionError("text", text, names)
        lists[0].setCurrentIndex(model.index(names.index(text), 0))
        for kind in (QtCore.QEvent.KeyPress, QtCore.QEvent.KeyRelease):
            event = QtGui.QKeyEvent(kind, QtCore.Qt.Key_Return, QtCore.Qt.NoModifier)
            QtWidgets.QApplication.sendEvent(lists[0], event)

    def _front(self) -> Any:
        dialogs = [each for each in _over(self._window) if not _is_popup(each)]
        return dialogs[-1] if dialogs else self._window

    def _buttons(self) -> list[Any]:
        return [each for each in self._front().findChildren(QtWidgets.QAbstractButton) if each.isVisible()]

    def context_menu(self, label: int | None = None, group: int = 0) -> None:
        """Opens the context menu of a label, or of a group. Raises OptionError where there is no such row."""
        tree = self._window.panel.tree
        key = group_key(group) if label is None else label_key(label)
        index = tree.rows.index_of(key)
        if index is None:
            raise OptionError("label", label if label is not None else group, list(tree.rows.rows))
        tree.view.setCurrentIndex(index)
        rect = tree.view.visualRect(index)
        point = QtCore.QPoint(rect.left() + rect.width() // 2, rect.top() + _MENU_OFFSET)
        tree.actions.show_menu((key,), tree.view.viewport().mapToGlobal(point), tree.rename)


def save_picture(window: Any, path: Path) -> None:
    """Writes a picture of the window and of all that is open over it. Raises WriteError."""
    window.settle()
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = window.grab()
    painter = QtGui.QPainter(picture)
    for widget in _over(window):
        at = _place(window, widget)
        _paint_frame(painter, QtCore.QRect(at, widget.size()), widget)
        painter.drawPixmap(at, widget.grab())
    painter.end()
    if not picture.save(str(path)):
        raise WriteError(path, "the picture could not be written; its name must end in .png or .jpg")


def _over(window: Any) -> list[Any]:
    """Windows of their own that are to be seen besides the main window."""
    shown = [each for each in QtWidgets.QApplication.topLevelWidgets() if each.isVisible() and each is not window]
    return sorted(shown, key=_is_popup)


def _is_popup(widget: Any) -> bool:
    """Whether it is a menu or a list that hangs on something else."""
    return bool((widget.windowFlags() & QtCore.Qt.WindowType_Mask) == QtCore.Qt.Popup)


def _place(window: Any, widget: Any) -> Any:
    """Where it goes in the picture: where it is on the screen, a dialog in the middle, both inside of the window."""
    if _is_popup(widget):
        owner = next((each for each in reversed(_over(window)) if not _is_popup(each)), window)
        start = QtCore.QPoint(0, 0) if owner is window else _place(window, owner)
        at = start + widget.mapToGlobal(QtCore.QPoint(0, 0)) - owner.mapToGlobal(QtCore.QPoint(0, 0))
    else:
        at = window.rect().center() - widget.rect().center()
    most = window.rect().bottomRight() - widget.rect().bottomRight()
    return QtCore.QPoint(max(_EDGE, min(at.x(), most.x() - _EDGE)), max(_EDGE, min(at.y(), most.y() - _EDGE)))


def _paint_frame(painter: Any, rect: Any, widget: Any) -> None:
    """A title bar, which the desktop draws and no grab has, and a soft edge."""
    palette = widget.palette()
    title = "" if _is_popup(widget) else widget.windowTitle().replace("[*]", "")
    high = widget.fontMetrics().height() + 12 if title else 0
    whole = rect.adjusted(0, -high, 0, 0)
    painter.save()
    painter.setPen(QtCore.Qt.NoPen)
    for reach in (6, 4, 2):
        painter.setBrush(QtGui.QColor(0, 0, 0, 34))
        painter.drawRoundedRect(whole.adjusted(-reach, -reach + 2, reach, reach + 2), 4 + reach, 4 + reach)
    painter.setBrush(palette.color(QtGui.QPalette.Button))
    painter.setPen(palette.color(QtGui.QPalette.Mid))
    painter.drawRect(whole.adjusted(-1, -1, 0, 0))
    if title:
        painter.setPen(palette.color(QtGui.QPalette.WindowText))
        painter.setFont(widget.font())
        painter.drawText(QtCore.QRect(whole.left(), whole.top(), whole.width(), high), QtCore.Qt.AlignCenter, title)
    painter.restore()
