"""The strip above a view: its name and colour, a slider through its slices, the position, and two buttons."""

from __future__ import annotations

from typing import Any

from qtpy import QtCore, QtGui, QtWidgets

from .canvas_icons import IconName, icon
from .canvas_theme import VIEW_COLORS, Colors
from .slice_view import SliceView

Qt = QtCore.Qt
HEIGHT = 26
#: the widest text before the number of a slice, and the room between the parts of a strip
_WIDEST, _SPACES = "W 0000.0 mm   ", 40


class Header(QtWidgets.QWidget):
    """The name of a view on a bar of its colour; ``row`` takes further widgets before the maximise button."""

    def __init__(self, title: str, color: str, parent: Any = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.setObjectName("header")
        self.setAttribute(Qt.WA_StyledBackground, True)
        self._buttons: list[tuple[Any, IconName]] = []
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(6)
        self._bar = QtWidgets.QFrame(self)
        self._bar.setFixedWidth(4)
        self._bar.setStyleSheet(f"background: {color};")
        self.title = QtWidgets.QLabel(title, self)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        row.addWidget(self._bar)
        row.addWidget(self.title)
        self.row = row

    def button(self, name: IconName, tip: str) -> Any:
        """A flat button at the end of the strip."""
        made = QtWidgets.QToolButton(self)
        self._buttons.append((made, name))
        made.setToolTip(tip)
        made.setAutoRaise(True)
        made.setFixedSize(HEIGHT - 4, HEIGHT - 4)
        made.setIconSize(QtCore.QSize(16, 16))
        made.setFocusPolicy(Qt.NoFocus)
        self.row.addWidget(made)
        return made

    def set_colors(self, colors: Colors) -> None:
        """Follows the theme."""
        is_dark = QtGui.QColor(colors.header).lightness() < 128
        text = colors.text if is_dark else "#1d2126"
        for button, name in self._buttons:
            button.setIcon(icon(name, colors.faint))
        self.setStyleSheet(
            f"QWidget#header {{ background: {colors.header}; }}"
            f"QLabel {{ color: {text}; }} QLabel#position {{ color: {colors.faint}; }}"
            f"QToolButton {{ border: none; border-radius: 3px; }} QToolButton:hover {{ background: {colors.line}; }}"
            f"QSlider::groove:horizontal {{ height: 4px; background: {colors.line}; border-radius: 2px; }}"
            f"QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -4px 0; border-radius: 6px;"
            f" background: {colors.faint}; }} QSlider::handle:horizontal:hover {{ background: {text}; }}"
        )


class Position(QtWidgets.QLabel):
    """A text that takes the same room whatever it says, and less where there is less."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__("", parent)
        self._least, self._wanted = 0, 0

    def set_widths(self, least: int, wanted: int) -> None:
        """What it needs, and what it takes where that is there."""
        if (least, wanted) != (self._least, self._wanted):
            self._least, self._wanted = least, wanted
            self.updateGeometry()

    def sizeHint(self) -> Any:  # noqa: N802 - Qt's name
        """As wide as wanted."""
        return QtCore.QSize(self._wanted, super().sizeHint().height())

    def minimumSizeHint(self) -> Any:  # noqa: N802 - Qt's name
        """As wide as needed."""
        return QtCore.QSize(self._least, super().minimumSizeHint().height())


class SlicePane(QtWidgets.QWidget):
    """A slice view below its strip."""

    def __init__(self, view: SliceView, parent: Any = None) -> None:
        super().__init__(parent)
        self.view = view
        self.header = Header(view.name.capitalize(), VIEW_COLORS[view.name], self)
        self.slider = QtWidgets.QSlider(Qt.Horizontal, self.header)
        self.slider.setFocusPolicy(Qt.NoFocus)
        self.slider.setMinimumWidth(40)
        self.position = Position(self.header)
        self.position.setObjectName("position")
        self.header.row.addWidget(self.slider, 1)
        self.header.row.addWidget(self.position)
        self.reset = self.header.button("fit", "Show the whole slice")
        self.maximise = self.header.button("maximise", "This view alone, or all views again (double click)")
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(view, 1)
        self._is_following = False
        self.slider.valueChanged.connect(self._on_slider)
        self.reset.clicked.connect(lambda *_: view.reset())
        view.moved.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Shows where the view is."""
        frame = self.view.frame
        self.slider.setEnabled(frame is not None)
        if frame is None:
            self.position.setText("")
            return
        self._is_following = True
        try:
            last = frame.grid.slices - 1
            self.slider.setRange(0, last)
            self.slider.setValue(frame.slice)
            self.slider.setInvertedAppearance(not frame.grid.ascends)
        finally:
            self._is_following = False
        letter, value = frame.grid.position(frame.slice)
        index = f"{frame.slice} / {last}"
        metrics = self.position.fontMetrics()
        short = metrics.horizontalAdvance(f"{last} / {last}")
        whole = short + metrics.horizontalAdvance(_WIDEST)
        has_room = self.width() >= whole + self._beside()
        self.position.set_widths(short, whole if has_room else short)
        self.position.setText(f"{letter} {value:.1f} mm   {index}" if has_room else index)
        self.position.setAlignment(Qt.AlignRight | Qt.AlignVCenter)

    def _beside(self) -> int:
        """The width of all in the strip but the position."""
        parts = [each.minimumSizeHint().width() for each in (self.header.title, self.slider)]
        return int(sum(parts)) + 2 * HEIGHT + _SPACES

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """A narrow strip leaves the millimetres out."""
        super().resizeEvent(event)
        self.follow()

    def _on_slider(self, index: int) -> None:
        if not self._is_following:
            self.view.set_slice(index)
