"""What all editors of fields share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from ..fields import Field
from .binding import is_event, qt


class WheelGuard(qt.QObject):
    """Keeps the wheel from a number that has no focus, so that scrolling the panel changes no option."""

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Drops wheel events over widgets without focus; the panel scrolls instead."""
        if is_event(event, qt.QEvent.Wheel) and not watched.hasFocus():
            event.ignore()
            return True
        return False


class Editor(ABC):
    """Base of the editors. ``changed`` is called with the new value; setting a value from outside calls nothing."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        self.field = field
        self.widget: Any = qt.QWidget()
        self._changed = changed
        self._value = field.value
        self._quiet = False

    def show(self, field: Field) -> None:
        """Takes over the value and the state of a field of the same kind."""
        self.field, self._value = field, field.value
        self._quiet = True
        try:
            self._show_value(field.value)
        finally:
            self._quiet = False

    @property
    def value(self) -> Any:
        """What was given, or what the user made of it."""
        return self._value

    @property
    def stops(self) -> tuple[Any, ...]:
        """The widgets that Tab goes through, in their order."""
        return (self.widget,)

    @abstractmethod
    def _show_value(self, value: Any) -> None:
        """Shows a value in the widgets."""

    def _edited(self, value: Any) -> None:
        if self._quiet or value == self._value:
            return
        self._value = value
        self._changed(value)

    def _row(self, *widgets: Any) -> Any:
        row = qt.QHBoxLayout(self.widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in widgets:
            row.addWidget(widget)
        return row
