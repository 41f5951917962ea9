"""The editor of one field: a widget, its value, and a call when the user changed it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..fields import Field
from .asking import ask_color, ask_folder, ask_open
from .binding import connect, enum_int, get, is_event, qt
from .icons import icon, swatch_icon

_INT_LIMIT = 2**31 - 1
_FLOAT_LIMIT = 1e9
_CHECK_ROLE = enum_int(qt.Qt.CheckStateRole)


class WheelGuard(qt.QObject):
    """Keeps the wheel from a number that has no focus, so that scrolling the panel changes no option."""

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Drops wheel events over widgets without focus; the panel scrolls instead."""
        if is_event(event, qt.QEvent.Wheel) and not watched.hasFocus():
            event.ignore()
            return True
        return False


class Editor:
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

    def _show_value(self, value: Any) -> None:
        raise NotImplementedError

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


class BoolEditor(Editor):
    """A check box; its text is the field's title."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.widget = qt.QCheckBox(field.title)
        connect(self.widget, "toggled(bool)", self._edited)
        self.show(field)

    def _show_value(self, value: Any) -> None:
        self.widget.setChecked(bool(value))


class NumberEditor(Editor):
    """A spin box, with a slider before it where the range is known."""

    STEPS = 1000

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self._whole = field.kind == "int"
        self.spin = qt.QSpinBox() if self._whole else qt.QDoubleSpinBox()
        self.spin.setKeyboardTracking(False)
        self.spin.setAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
        self.spin.setMinimumWidth(76)
        self.spin.setFocusPolicy(qt.Qt.StrongFocus)
        self._guard = WheelGuard(self.widget)
        self.spin.installEventFilter(self._guard)
        self.slider = qt.QSlider(qt.Qt.Horizontal)
        self.slider.setMinimumWidth(40)
        self.slider.setFocusPolicy(qt.Qt.StrongFocus)
        self.slider.installEventFilter(self._guard)
        self._row(self.slider, self.spin).setStretch(0, 1)
        connect(self.spin, "valueChanged(int)" if self._whole else "valueChanged(double)", self._typed)
        connect(self.slider, "valueChanged(int)", self._slid)
        self._low = self._high = 0.0
        self.show(field)
        self.widget.setFocusProxy(self.spin)

    def _show_value(self, value: Any) -> None:
        self._set_range()
        number = self.field.default if value is None else value
        self.spin.setValue(self._number(number or 0))
        self._move_slider()

    def _set_range(self) -> None:
        field, limit = self.field, _INT_LIMIT if self._whole else _FLOAT_LIMIT
        bounded = field.minimum is not None and field.maximum is not None
        self._low = -limit if field.minimum is None else max(field.minimum, -limit)
        self._high = limit if field.maximum is None else min(field.maximum, limit)
        self.slider.setVisible(bounded and math.isfinite(self._high - self._low) and self._high > self._low)
        policy = qt.QSizePolicy.Fixed if bounded else qt.QSizePolicy.Expanding
        self.spin.setSizePolicy(policy, qt.QSizePolicy.Fixed)
        if not self._whole:
            self.spin.setDecimals(self._decimals())
        self.spin.setRange(self._number(self._low), self._number(self._high))
        self.spin.setSingleStep(self._number(field.step or (1 if self._whole else 10.0 ** -min(2, self._decimals()))))
        self.spin.setSuffix(f" {field.unit}" if field.unit else "")
        self.slider.setRange(0, int(min(self.STEPS, self._high - self._low)) if self._whole else self.STEPS)

    def _decimals(self) -> int:
        if self.field.step:
            return max(0, min(6, -math.floor(math.log10(self.field.step) + 1e-9)))
        span = self._high - self._low
        return 3 if span <= 1 else 2 if span <= 100 else 1 if span <= 10000 else 2

    def _number(self, value: float) -> Any:
        return int(round(value)) if self._whole else float(value)

    def _move_slider(self) -> None:
        span = (self._high - self._low) or 1.0
        was, self._quiet = self._quiet, True
        self.slider.setValue(round((float(get(self.spin, "value")) - self._low) / span * get(self.slider, "maximum")))
        self._quiet = was

    def _typed(self, value: Any) -> None:
        if not self._quiet:
            self._move_slider()
            self._edited(self._number(value))

    def _slid(self, position: int) -> None:
        if self._quiet:
            return
        value = self._low + (self._high - self._low) * position / max(1, get(self.slider, "maximum"))
        self._quiet = True
        self.spin.setValue(self._number(value))
        self._quiet = False
        self._edited(self._number(get(self.spin, "value")))


class ChoiceEditor(Editor):
    """A drop-down."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.widget = qt.QComboBox()
        self.widget.setSizeAdjustPolicy(qt.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.widget.setMinimumContentsLength(6)
        self.widget.setFocusPolicy(qt.Qt.StrongFocus)
        self._guard = WheelGuard(self.widget)
        self.widget.installEventFilter(self._guard)
        self._titles: list[str] = []
        self.show(field)
        connect(self.widget, "currentIndexChanged(int)", self._chosen)

    def _show_value(self, value: Any) -> None:
        titles = [choice.title for choice in self.field.choices]
        if titles != self._titles:
            self._titles = titles
            self.widget.clear()
            self.widget.addItems(titles)
        values = [choice.value for choice in self.field.choices]
        self.widget.setCurrentIndex(values.index(value) if value in values else -1)

    def _chosen(self, index: int) -> None:
        if 0 <= index < len(self.field.choices):
            self._edited(self.field.choices[index].value)


class TextEditor(Editor):
    """A line."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.line = qt.QLineEdit()
        self.line.setClearButtonEnabled(field.optional)
        self._row(self.line)
        connect(self.line, "editingFinished()", self._finished)
        self.widget.setFocusProxy(self.line)
        self.show(field)

    def _show_value(self, value: Any) -> None:
        text = "" if value is None else str(value)
        if get(self.line, "text") != text:
            self.line.setText(text)

    @property
    def value(self) -> Any:
        """What stands in the line, also before Enter."""
        text = get(self.line, "text")
        if text == ("" if self._value is None else str(self._value)):
            return self._value
        return text

    def _finished(self) -> None:
        self._edited(self.value)


class PathEditor(TextEditor):
    """A line with a button that asks for a file, or for a folder where the field's words speak of one."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.button = qt.QToolButton()
        self.button.setIcon(icon("open"))
        self.button.setToolTip("Choose…")
        self.button.setAccessibleName(f"Choose {field.title}")
        self.widget.layout().addWidget(self.button)
        connect(self.button, "clicked()", self._ask)

    def _ask(self) -> None:
        words = f"{self.field.title} {self.field.name} {self.field.help}".lower()
        ask = ask_folder if "folder" in words else ask_open
        found = ask(self.widget, self.field.title, get(self.line, "text"))
        if found:
            self.line.setText(found)
            self._finished()


class ColorEditor(Editor):
    """A button in the colour; colours are ``#rrggbb`` or three numbers within 0...1, as the field gives them."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.widget = qt.QPushButton()
        self.widget.setSizePolicy(qt.QSizePolicy.Fixed, qt.QSizePolicy.Fixed)
        self._as_text = isinstance(field.value, str)
        connect(self.widget, "clicked()", self._ask)
        self.show(field)

    def _show_value(self, value: Any) -> None:
        text = hex_color(value)
        self.widget.setIcon(swatch_icon(text or "#808080"))
        self.widget.setText(text or "automatic")

    def _ask(self) -> None:
        found = ask_color(self.widget, hex_color(self._value) or "#808080", self.field.title)
        if found:
            value = found if self._as_text else numbers_of(found)
            self._show_value(value)
            self._edited(value)


class SeveralEditor(Editor):
    """A short list with check boxes; the value is a tuple in the order of the choices."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.widget = qt.QListWidget()
        self.widget.setUniformItemSizes(True)
        connect(self.widget, "itemChanged(QListWidgetItem*)", self._checked)
        self.show(field)

    def _show_value(self, value: Any) -> None:
        chosen = set(value or ())
        self.widget.clear()
        for choice in self.field.choices:
            item = qt.QListWidgetItem(choice.title)
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            item.setCheckState(qt.Qt.Checked if choice.value in chosen else qt.Qt.Unchecked)
            self.widget.addItem(item)
        rows = max(2, min(6, len(self.field.choices)))
        self.widget.setFixedHeight(rows * max(18, self.widget.sizeHintForRow(0)) + 6)

    def _checked(self) -> None:
        on = enum_int(qt.Qt.Checked)
        states = [enum_int(self.widget.item(row).checkState()) for row in range(len(self.field.choices))]
        self._edited(
            tuple(choice.value for choice, state in zip(self.field.choices, states, strict=True) if state == on)
        )


class ShownEditor(Editor):
    """Something that is seen and not typed."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.widget = qt.QLabel()
        self.widget.setWordWrap(True)
        self.widget.setTextInteractionFlags(qt.Qt.TextSelectableByMouse)
        self.show(field)

    def _show_value(self, value: Any) -> None:
        if isinstance(value, (list, tuple)):
            shown = ", ".join(f"{part:g}" if isinstance(part, float) else str(part) for part in value[:6])
            value = f"{shown}{', …' if len(value) > 6 else ''}" if value else "none"
        self.widget.setText("" if value is None else str(value))


class OptionalEditor(Editor):
    """A check box before another editor: off means None."""

    def __init__(self, field: Field, changed: Callable[[Any], None], inner: Editor) -> None:
        super().__init__(field, changed)
        self.inner = inner
        self.box = qt.QCheckBox()
        self.box.setToolTip("Off: not set")
        self.box.setAccessibleName(f"Use {field.title}")
        self._row(self.box, inner.widget).setStretch(1, 1)
        connect(self.box, "toggled(bool)", self._toggled)
        self.widget.setFocusProxy(self.box)
        self.show(field)

    def _show_value(self, value: Any) -> None:
        self.box.setChecked(value is not None)
        self.inner.widget.setEnabled(value is not None)
        self.inner.show(self.field)

    def _toggled(self, on: bool) -> None:
        self.inner.widget.setEnabled(on)
        if self._quiet:
            return
        spin = getattr(self.inner, "spin", None)
        kept = self.inner.value if self.inner.value is not None else self.field.default
        if on and kept is None and spin is not None:
            kept = get(spin, "value")
        self._edited(kept if on else None)


def hex_color(value: Any) -> str:
    """``#rrggbb`` of a colour in either form; empty for None."""
    if value is None or isinstance(value, str):
        return value or ""
    return "#{:02x}{:02x}{:02x}".format(*(round(255 * float(channel)) for channel in value[:3]))


def numbers_of(text: str) -> tuple[float, float, float]:
    """Red, green, blue within 0...1 of ``#rrggbb``."""
    red, green, blue = (int(text[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


_EDITORS: dict[str, Callable[[Field, Callable[[Any], None]], Editor]] = {
    "bool": BoolEditor,
    "int": NumberEditor,
    "float": NumberEditor,
    "choice": ChoiceEditor,
    "text": TextEditor,
    "path": PathEditor,
    "color": ColorEditor,
    "several": SeveralEditor,
    "shown": ShownEditor,
}
#: kinds where an empty value needs no check box of its own
_EMPTY_BY_ITSELF = {"bool", "text", "path", "choice", "several", "shown"}


def make_editor(field: Field, changed: Callable[[Any], None]) -> Editor:
    """The editor of a field's kind."""
    make = _EDITORS[field.kind]
    if field.optional and field.kind not in _EMPTY_BY_ITSELF:
        holder: list[OptionalEditor] = []
        inner = make(field, lambda value: holder[0]._edited(value) if holder else None)
        holder.append(OptionalEditor(field, changed, inner))
        return holder[0]
    return make(field, changed)
