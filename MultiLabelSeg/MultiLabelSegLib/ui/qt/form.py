"""Fields as a form: titles on the left, editors on the right, rarely needed ones folded away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..fields import Field
from .binding import connect, qt
from .editor_base import Editor
from .editors import BoolEditor, make_editor
from .layout import ElidedLabel, clear_layout

#: what must be the same for a form to be kept when its fields come anew
_Shape = tuple[tuple[Any, ...], ...]


class FieldForm:
    """Shows fields; ``changed(name, value)`` is called at every change by the user.

    Fields that come anew keep their editors while names, kinds and titles stay, so that typing is never interrupted.
    """

    def __init__(self, changed: Callable[[str, Any], None] | None = None, parent: Any = None) -> None:
        self.widget = qt.QWidget(parent)
        self.editors: dict[str, Editor] = {}
        self._labels: dict[str, Any] = {}
        self._changed = changed
        self._shape: _Shape = ()
        self._grid = qt.QGridLayout(self.widget)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._more: Any = None
        self._is_open = False

    def set_fields(self, fields: Sequence[Field]) -> bool:
        """Shows these fields; says whether the form was built anew for them."""
        shape = tuple((each.name, each.kind, each.title, each.optional, each.advanced) for each in fields)
        is_new = shape != self._shape
        if is_new:
            self._build(fields)
            self._shape = shape
        for each in fields:
            self._refresh(each)
        self._fold()
        return is_new

    def values(self) -> dict[str, Any]:
        """What stands in the form, by the fields' names; fields that are only shown are left out."""
        return {name: editor.value for name, editor in self.editors.items() if editor.field.kind != "shown"}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Shows other values of some fields."""
        from dataclasses import replace

        for name, value in values.items():
            self._refresh(replace(self.editors[name].field, value=value))

    def order_after(self, widget: Any) -> Any:
        """Tab goes from a widget into the form and through it; returns the last one."""
        stops = [stop for editor in self.editors.values() if not editor.field.advanced for stop in editor.stops]
        if self._more is not None:
            stops.append(self._more)
        stops += [stop for editor in self.editors.values() if editor.field.advanced for stop in editor.stops]
        for stop in stops:
            qt.QWidget.setTabOrder(widget, stop)
            widget = stop
        return widget

    def focus_first(self) -> None:
        """Puts the keyboard into the first field."""
        for editor in self.editors.values():
            editor.widget.setFocus()
            return

    def _build(self, fields: Sequence[Field]) -> None:
        clear_layout(self._grid)
        self.editors.clear()
        self._labels.clear()
        self._more = None
        row = 0
        for each in [field for field in fields if not field.advanced]:
            row = self._add(each, row)
        if any(field.advanced for field in fields):
            row = self._add_more(row)
        for each in [field for field in fields if field.advanced]:
            row = self._add(each, row)

    def _add(self, field: Field, row: int) -> int:
        editor = make_editor(field, self._caller(field.name))
        self.editors[field.name] = editor
        editor.widget.setAccessibleName(field.title)
        if isinstance(editor, BoolEditor):
            self._grid.addWidget(editor.widget, row, 0, 1, 2)
            return row + 1
        label = ElidedLabel(field.title)
        label.widget.setBuddy(editor.widget)
        self._labels[field.name] = label
        top = qt.Qt.AlignTop if field.kind == "several" else qt.Qt.AlignVCenter
        self._grid.addWidget(label.widget, row, 0, top)
        narrow = field.kind == "color" and not field.optional
        if narrow:
            self._grid.addWidget(editor.widget, row, 1, qt.Qt.AlignLeft | qt.Qt.AlignVCenter)
        else:
            self._grid.addWidget(editor.widget, row, 1)
        return row + 1

    def _add_more(self, row: int) -> int:
        self._more = qt.QToolButton()
        self._more.setText("More options")
        self._more.setCheckable(True)
        self._more.setChecked(self._is_open)
        self._more.setAutoRaise(True)
        self._more.setToolButtonStyle(qt.Qt.ToolButtonTextBesideIcon)
        connect(self._more, "toggled(bool)", self._unfold)
        self._grid.addWidget(self._more, row, 0, 1, 2, qt.Qt.AlignLeft)
        return row + 1

    def _unfold(self, is_open: bool) -> None:
        self._is_open = is_open
        self._fold()

    def _fold(self) -> None:
        if self._more is not None:
            self._more.setArrowType(qt.Qt.DownArrow if self._is_open else qt.Qt.RightArrow)
        for name, editor in self.editors.items():
            if editor.field.advanced:
                editor.widget.setVisible(self._is_open)
                if name in self._labels:
                    self._labels[name].widget.setVisible(self._is_open)

    def _caller(self, name: str) -> Callable[[Any], None]:
        def call(value: Any) -> None:
            if self._changed is not None:
                self._changed(name, value)

        return call

    def _refresh(self, field: Field) -> None:
        editor = self.editors[field.name]
        editor.show(field)
        hint = field.help if field.enabled or not field.reason else f"{field.help}\n{field.reason}".strip()
        for widget in (editor.widget, *([self._labels[field.name].widget] if field.name in self._labels else [])):
            widget.setEnabled(field.enabled)
            widget.setToolTip(hint)
