"""The keys of the label tree itself: rename, remove, show and hide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .binding import enum_int, has_flag, is_event, qt
from .errors import guarded


class TreeKeys(qt.QObject):
    """Keys of the tree itself, while it has the focus."""

    def __init__(self, view: Any, functions: Mapping[Any, Callable[[], object]]) -> None:
        super().__init__(view)
        self._functions = {enum_int(key): function for key, function in functions.items()}
        view.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: ARG002, N802 - Qt's names
        """Runs a key's function."""
        if not is_event(event, qt.QEvent.KeyPress) or has_flag(event.modifiers(), qt.Qt.ControlModifier):
            return False
        function = self._functions.get(enum_int(event.key()))
        if function is None:
            return False
        guarded(function)
        return True
