"""The panel's keys: alive while the panel is entered and no text field has the focus, and gone when it is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .binding import application, connect, get, qt

#: widgets that take letters themselves
_TEXT_WIDGETS = ("QLineEdit", "QAbstractSpinBox", "QTextEdit", "QPlainTextEdit", "QKeySequenceEdit")
#: keys by which one goes from widget to widget, or that widgets use themselves: not taken from the panel's own
_OF_WIDGETS = {"Tab", "Shift+Tab", "Backtab", "Shift+Backtab", "Delete", "Return", "Enter", "Escape", "Space"}
#: keys of the gesture that is going on: Qt's name -> the presenter's
GESTURE_KEYS = {"Delete": "Delete", "Backspace": "Delete", "Return": "Enter", "Enter": "Enter", "Escape": "Escape"}


class Key(Protocol):
    """A binding, as the presenter lists it."""

    @property
    def action(self) -> str:
        """What it does."""
        ...

    @property
    def keys(self) -> str:
        """The keys as Qt writes them; empty for none."""
        ...


class Shortcuts:
    """``run(action)`` is called at a key, ``gesture_key(name)`` at Delete, Enter and Escape while ``has_tool`` says so.

    ``panel`` is the widget in which Tab goes from field to field; elsewhere it may be a key like any other.
    """

    def __init__(
        self,
        panel: Any,
        bindings: Callable[[], Any],
        run: Callable[[str], object],
        gesture_key: Callable[[str], object],
        has_tool: Callable[[], bool],
    ) -> None:
        self._panel, self._bindings, self._run, self._gesture_key = panel, bindings, run, gesture_key
        self._has_tool = has_tool
        self._made: list[tuple[str, Any]] = []
        self._window: Any = None
        self._watching = False

    @property
    def is_alive(self) -> bool:
        """Whether the keys are there."""
        return bool(self._made)

    def enter(self, window: Any) -> None:
        """Makes the keys, for everything in a window."""
        self.exit()
        self._window = window
        for binding in self._bindings():
            if binding.keys:
                self._make(binding.keys, self._runner(binding.action))
        for keys, name in GESTURE_KEYS.items():
            self._make(keys, self._gesture_runner(name))
        if not self._watching:
            connect(application(), "focusChanged(QWidget*,QWidget*)", self._focus_changed)
            self._watching = True
        self.refresh()

    def refresh(self) -> None:
        """Looks again which keys may live now."""
        self._focus_changed(None, application().focusWidget())

    def exit(self) -> None:
        """Removes the keys."""
        for _, shortcut in self._made:
            shortcut.setEnabled(False)
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._made.clear()

    def renew(self) -> None:
        """Makes the keys anew when they are there: some were bound otherwise."""
        if self._made and self._window is not None:
            self.enter(self._window)

    def _make(self, keys: str, function: Callable[[], object]) -> None:
        sequence = qt.QKeySequence("Shift+Backtab" if keys == "Shift+Tab" else keys)
        shortcut = qt.QShortcut(sequence, self._window)
        connect(shortcut, "activated()", function)
        connect(shortcut, "activatedAmbiguously()", function)
        self._made.append((keys, shortcut))

    def _runner(self, action: str) -> Callable[[], object]:
        return lambda: self._run(action)

    def _gesture_runner(self, name: str) -> Callable[[], object]:
        return lambda: self._gesture_key(name)

    def _focus_changed(self, _old: Any, now: Any) -> None:
        if not self._made:
            return
        in_text = now is not None and any(now.inherits(name) for name in _TEXT_WIDGETS)
        in_text = in_text or (now is not None and now.inherits("QComboBox") and get(now, "editable"))
        in_panel = now is not None and (now is self._panel or self._panel.isAncestorOf(now))
        has_tool = self._has_tool()
        for keys, shortcut in self._made:
            taken = in_text or (in_panel and keys in _OF_WIDGETS) or (keys in GESTURE_KEYS and not has_tool)
            shortcut.setEnabled(not taken)
