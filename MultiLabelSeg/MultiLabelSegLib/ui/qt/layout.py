"""Small parts that several widgets share: boxes that fold, texts that are cut with dots, rows of buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .binding import connect, get, is_event, qt
from .icons import icon

#: the grid that distances keep to, in pixels
UNIT = 4


def clear_layout(layout: Any) -> None:
    """Removes and deletes everything in a layout."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif item.layout() is not None:
            clear_layout(item.layout())


class Resized(qt.QObject):
    """Calls a function when a widget got another width."""

    def __init__(self, parent: Any, function: Callable[[], None]) -> None:
        super().__init__(parent)
        self._function = function
        parent.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: ARG002, N802 - Qt's names
        """Lets every event pass."""
        if is_event(event, qt.QEvent.Resize):
            self._function()
        return False


class HonestHeight(qt.QObject):
    """Keeps a widget as high as its parts need at its width, wrapped texts included, which Qt's own minimum leaves out.

    Without it the parts would overlap where a window or a scroll area gives no more than that minimum.
    """

    def __init__(self, widget: Any) -> None:
        super().__init__(widget)
        self._widget = widget
        widget.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Lets every event pass."""
        if is_event(event, qt.QEvent.Resize) or is_event(event, qt.QEvent.LayoutRequest):
            layout = self._widget.layout()
            needed = layout.minimumHeightForWidth(int(get(watched, "width"))) if layout.hasHeightForWidth() else 0
            if needed != int(get(watched, "minimumHeight")):
                self._widget.setMinimumHeight(needed)
        return False


class ElidedLabel:
    """A line of text that is cut with dots where there is no room; the whole is its tool tip."""

    def __init__(self, text: str = "", minimum: int = 48, most: int = 120) -> None:
        self.widget = qt.QLabel()
        self._text = ""
        self._most = most
        self.widget.setMinimumWidth(minimum)
        policy = qt.QSizePolicy.Preferred if most else qt.QSizePolicy.Ignored
        self.widget.setSizePolicy(policy, qt.QSizePolicy.Preferred)
        self._resized = Resized(self.widget, self._cut)
        self.set_text(text)

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text

    def set_text(self, text: str) -> None:
        """Shows another text."""
        self._text = text
        metrics = self.widget.fontMetrics()
        wide = metrics.boundingRect(text).width() + 2 * UNIT
        if self._most:
            self.widget.setMinimumWidth(min(wide, self._most))
        self.widget.setText(text)
        self._cut()

    def _cut(self) -> None:
        metrics = self.widget.fontMetrics()
        shown = metrics.elidedText(self._text, qt.Qt.ElideRight, max(16, int(get(self.widget, "width"))))
        if shown != get(self.widget, "text"):
            self.widget.setText(shown)
        if shown != self._text:
            self.widget.setToolTip(self._text)


class Section:
    """A titled part of the panel that folds; ``body`` is the layout to fill."""

    def __init__(self, title: str, is_open: bool = True, toggled: Callable[[bool], None] | None = None) -> None:
        self.widget = qt.QWidget()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        self.header = qt.QToolButton()
        self.header.setText(title)
        self.header.setAutoRaise(True)
        self.header.setToolButtonStyle(qt.Qt.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Fixed)
        font = get(self.header, "font")
        font.setBold(True)
        self.header.setFont(font)
        self.content = qt.QWidget()
        self.body = qt.QVBoxLayout(self.content)
        self.body.setContentsMargins(2 * UNIT, 0, UNIT, UNIT)
        self.body.setSpacing(UNIT)
        column.addWidget(self.header)
        column.addWidget(self.content, 1)
        self._toggled, self.is_open = toggled, is_open
        self.header.setAccessibleName(title)
        connect(self.header, "clicked()", lambda: self.set_open(not self.is_open))
        self.set_open(is_open)

    def set_open(self, is_open: bool) -> None:
        """Folds or unfolds the part."""
        self.is_open = is_open
        self.header.setAccessibleDescription("unfolded" if is_open else "folded")
        self.content.setVisible(is_open)
        self.header.setArrowType(qt.Qt.DownArrow if is_open else qt.Qt.RightArrow)
        if self._toggled is not None:
            self._toggled(is_open)


def button_row(*widgets: Any, stretch: bool = True) -> Any:
    """A layout with widgets side by side, from the left."""
    row = qt.QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(UNIT)
    for widget in widgets:
        row.addWidget(widget)
    if stretch:
        row.addStretch(1)
    return row


def icon_button(name: str, tip: str, clicked: Callable[[], object], parent: Any = None) -> Any:
    """A flat button with an icon; the first line of the tool tip is its accessible name."""
    button = qt.QToolButton(parent)
    button.setIcon(icon(name))
    button.setIconSize(qt.QSize(18, 18))
    button.setAutoRaise(True)
    button.setToolTip(tip)
    button.setAccessibleName(tip.split("\n")[0])
    button.setProperty("mlsIcon", name)
    connect(button, "clicked()", clicked)
    return button


def text_button(title: str, clicked: Callable[[], object], name: str = "", tip: str = "") -> Any:
    """A button with a text, and an icon where one is named."""
    button = qt.QPushButton(title)
    if name:
        button.setIcon(icon(name))
        button.setProperty("mlsIcon", name)
    button.setToolTip(tip)
    connect(button, "clicked()", clicked)
    return button


def hint_label(text: str = "") -> Any:
    """A line or two of explanation, in the palette's pale text colour."""
    label = qt.QLabel(text)
    label.setWordWrap(True)
    label.setForegroundRole(qt.QPalette.PlaceholderText)
    label.setTextInteractionFlags(qt.Qt.TextSelectableByMouse)
    return label


def repaint_icons(widget: Any) -> None:
    """Draws the icons of all buttons below a widget anew: the palette became dark or light."""
    for button in widget.findChildren(qt.QAbstractButton):
        name = get(button, "mlsIcon")
        if name:
            button.setIcon(icon(str(name)))
    for label in widget.findChildren(qt.QLabel):
        name = get(label, "mlsIcon")
        if name:
            label.setPixmap(icon(str(name)).pixmap(qt.QSize(20, 20)))


def sign_label(name: str) -> Any:
    """An icon that stands before a text."""
    label = qt.QLabel()
    label.setPixmap(icon(name).pixmap(qt.QSize(20, 20)))
    label.setProperty("mlsIcon", name)
    return label


def smaller_font(widget: Any) -> Any:
    """The font of a widget, a little smaller, whether its size is in points or in pixels."""
    font = get(widget, "font")
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * 0.88)
    else:
        font.setPixelSize(max(8, round(font.pixelSize() * 0.88)))
    return font


def title_text(text: str) -> str:
    """A sentence that begins with a capital."""
    return text[:1].upper() + text[1:]
