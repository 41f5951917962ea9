"""The editors of fields by their kinds: each has a widget, a value, and calls when the user changed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..fields import Field
from .asking import ask_color, ask_folder, ask_open, ask_save
from .binding import connect, enum_int, get, qt
from .drop_down import ElidedItems
from .editor_base import Editor, WheelGuard
from .icons import icon, swatch_icon
from .number_editor import NumberEditor
from .style_sheets import check_box, dress


class BoolEditor(Editor):
    """A check box; its text is the field's title."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.widget = check_box(field.title)
        connect(self.widget, "toggled(bool)", self._edited)
        self.show(field)

    def _show_value(self, value: Any) -> None:
        self.widget.setChecked(bool(value))


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
        self._items = ElidedItems(self.widget)
        self.show(field)
        connect(self.widget, "currentIndexChanged(int)", self._chosen)

    def _show_value(self, value: Any) -> None:
        titles = [choice.title for choice in self.field.choices]
        if titles != self._titles:
            self._titles = titles
            self._items.set_titles(titles)
        values = [choice.value for choice in self.field.choices]
        self.widget.setCurrentIndex(values.index(value) if value in values else -1)

    def _chosen(self, index: int) -> None:
        if 0 <= index < len(self.field.choices):
            self._edited(self.field.choices[index].value)


class TypedChoiceEditor(ChoiceEditor):
    """A drop-down in which something else can be typed; what is typed like one of the choices is that choice."""

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.widget.setEditable(True)
        self._items.refresh()  # what is typed in is never cut
        self.widget.setInsertPolicy(qt.QComboBox.NoInsert)
        self._show_value(field.value)
        connect(self.widget.lineEdit(), "editingFinished()", self._typed)

    def _show_value(self, value: Any) -> None:
        super()._show_value(value)
        titles = {choice.value: choice.title for choice in self.field.choices}
        if self.widget.isEditable():
            self.widget.lineEdit().setText(titles.get(value, str(value)))

    def _typed(self) -> None:
        text = get(self.widget, "currentText").strip()
        values = {choice.title: choice.value for choice in self.field.choices}
        self._edited(values.get(text, text))


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

    @property
    def stops(self) -> tuple[Any, ...]:
        """The line."""
        return (self.line,)

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

    asks = staticmethod(ask_open)

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self.button = qt.QToolButton()
        self.button.setIcon(icon("open"))
        self.button.setToolTip("Choose…")
        self.button.setAccessibleName(f"Choose {field.title}")
        self.widget.layout().addWidget(self.button)
        connect(self.button, "clicked()", self._ask)

    @property
    def stops(self) -> tuple[Any, ...]:
        """The line, then the button."""
        return (self.line, self.button)

    def _ask(self) -> None:
        words = f"{self.field.title} {self.field.name} {self.field.help}".lower()
        ask = ask_folder if "folder" in words else self.asks
        found = ask(self.widget, self.field.title, get(self.line, "text"))
        if found:
            self.line.setText(found)
            self._finished()


class NewPathEditor(PathEditor):
    """The same for a file that is to be written."""

    asks = staticmethod(ask_save)


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
        dress(self.widget, "checks")
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
        self.box = check_box()
        self.box.setToolTip("Off: not set")
        self.box.setAccessibleName(f"Use {field.title}")
        self._row(self.box, inner.widget).setStretch(1, 1)
        connect(self.box, "toggled(bool)", self._toggled)
        self.widget.setFocusProxy(self.box)
        self.show(field)

    @property
    def stops(self) -> tuple[Any, ...]:
        """The check box, then those of the editor behind it."""
        return (self.box, *self.inner.stops)

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
    "new path": NewPathEditor,
    "color": ColorEditor,
    "several": SeveralEditor,
    "shown": ShownEditor,
    "typed": TypedChoiceEditor,
}
#: kinds where an empty value needs no check box of its own
_EMPTY_BY_ITSELF = {"bool", "text", "path", "new path", "choice", "several", "shown", "typed"}


def make_editor(field: Field, changed: Callable[[Any], None]) -> Editor:
    """The editor of a field's kind."""
    make = _EDITORS[field.kind]
    if field.optional and field.kind not in _EMPTY_BY_ITSELF:
        holder: list[OptionalEditor] = []
        inner = make(field, lambda value: holder[0]._edited(value) if holder else None)
        holder.append(OptionalEditor(field, changed, inner))
        return holder[0]
    return make(field, changed)
