"""The strip above a view: its name and colour, a slider through its slices, the position, and two buttons."""

from __future__ import annotations

from typing import Any

from qtpy import QtCore, QtGui, QtWidgets

from .canvas_icons import IconName, icon
from .canvas_theme import VIEW_COLORS, Colors
from .header_widgets import Position, SliceSlider
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

    @staticmethod
    def text_color(colors: Colors) -> str:
        """CSS colour of the view's name."""
        return colors.text if QtGui.QColor(colors.header).lightness() < 128 else "#1d2126"

    def set_colors(self, colors: Colors) -> None:
        """Follows the theme."""
        text = self.text_color(colors)
        for button, name in self._buttons:
            button.setIcon(icon(name, colors.faint))
        self.setStyleSheet(
            f"QWidget#header {{ background: {colors.header}; }}"
            f"QLabel {{ color: {text}; }}"
            f"QToolButton {{ border: none; border-radius: 3px; }} QToolButton:hover {{ background: {colors.line}; }}"
        )


class SlicePane(QtWidgets.QWidget):
    """A slice view below its strip."""

    def __init__(self, view: SliceView, parent: Any = None) -> None:
        super().__init__(parent)
        self.view = view
        self.header = Header(view.name.capitalize(), VIEW_COLORS[view.name], self)
        self.slider = SliceSlider(self.header)
        self.position = Position(self.header)
        self.header.row.addWidget(self.slider, 1)
        self.header.row.addWidget(self.position)
        self.reset = self.header.button("fit", "Show the whole slice")
        self.maximise = self.header.button("maximise", "This view alone, or all views again (double click)")
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(view, 1)
        self._is_following, self._has_room = False, False
        #: what the strip is arranged for: a grid and a width
        self._arranged: object = None
        self.slider.setEnabled(False)
        self.slider.valueChanged.connect(self._on_slider)
        self.reset.clicked.connect(lambda *_: view.reset())
        #: the picture comes first: while slices follow each other quickly, only the last one is told
        self._soon = QtCore.QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.follow)
        view.moved.connect(self._on_moved)
        self.follow()

    def set_colors(self, colors: Colors) -> None:
        """Follows the theme."""
        self.header.set_colors(colors)
        self.slider.set_colors(colors.header, colors.line, colors.faint, self.header.text_color(colors))
        self.position.set_colors(colors.header, colors.faint)

    def follow(self) -> None:
        """Shows where the view is."""
        frame = self.view.frame
        if self._arranged != (None if frame is None else (frame.grid, self.width())):
            self._arrange()
        if frame is None:
            return
        self._is_following = True
        try:
            self.slider.setValue(frame.slice)
        finally:
            self._is_following = False
        index = f"{frame.slice} / {frame.grid.slices - 1}"
        letter, value = frame.grid.position(frame.slice)
        self.position.set_text(f"{letter} {value:.1f} mm   {index}" if self._has_room else index)

    def _on_moved(self) -> None:
        if not self._soon.isActive():
            self._soon.start(0)

    def _arrange(self) -> None:
        """For another grid, or in more or less room."""
        frame = self.view.frame
        self.slider.setEnabled(frame is not None and frame.grid.slices > 1)
        self._arranged = None
        if frame is None:
            self.position.set_text("")
            return
        last = frame.grid.slices - 1
        self._is_following = True
        try:
            self.slider.setRange(0, last)
            self.slider.setInvertedAppearance(not frame.grid.ascends)
        finally:
            self._is_following = False
        metrics = self.position.fontMetrics()
        short = metrics.horizontalAdvance(f"{last} / {last}")
        whole = short + metrics.horizontalAdvance(_WIDEST)
        self._has_room = self.width() >= whole + self._beside()
        self.position.set_widths(short, whole if self._has_room else short)
        self._arranged = (frame.grid, self.width())

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
