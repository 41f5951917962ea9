"""The arrangement of the views, their strips, and the slider through time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy import QtCore, QtWidgets

from ..errors import OptionError
from ..signal import Signal
from .canvas_header import Header, SlicePane
from .canvas_layouts import LAYOUTS, PANES, Cell, LayoutName, PaneName
from .canvas_theme import VOLUME_COLOR, Colors
from .slice_view import SliceView
from .volume_view import VolumeView

_GAP = 3


class VolumePane(QtWidgets.QWidget):
    """The 3D view below its strip."""

    def __init__(self, view: VolumeView, parent: Any = None) -> None:
        super().__init__(parent)
        self.header = Header("3D", VOLUME_COLOR, self)
        self.header.row.addStretch(1)
        self.show_surfaces = self.header.button("surface", "Make surfaces of the visible labels")
        self.reset = self.header.button("fit", "Show everything from the front (double click)")
        self.maximise = self.header.button("maximise", "This view alone, or all views again")
        self.reset.clicked.connect(lambda *_: view.reset())
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(view, 1)

    def set_colors(self, colors: Colors) -> None:
        """Follows the theme."""
        self.header.set_colors(colors)


class TimeBar(QtWidgets.QWidget):
    """A slider through frames, to be seen only where there are several. ``chosen`` emits the frame."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.chosen = Signal()
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        self.slider = QtWidgets.QSlider(QtCore.Qt.Horizontal, self)
        self.slider.setFocusPolicy(QtCore.Qt.NoFocus)
        self.text = QtWidgets.QLabel("", self)
        row.addWidget(QtWidgets.QLabel("Time", self))
        row.addWidget(self.slider, 1)
        row.addWidget(self.text)
        self._is_following = False
        self.slider.valueChanged.connect(self._on_value)
        self.setVisible(False)

    def set_frames(self, frames: int, shown: int) -> None:
        """How many frames there are, and which one is shown."""
        self._is_following = True
        self.slider.setRange(0, frames - 1)
        self._is_following = False
        self.setVisible(frames > 1)
        self.set_frame(shown)

    def set_frame(self, shown: int) -> None:
        """Which frame is shown."""
        self._is_following = True
        self.slider.setValue(shown)
        self._is_following = False
        self.text.setText(f"{shown} / {self.slider.maximum()}")

    def set_colors(self, text: str) -> None:
        """Follows the theme."""
        self.setStyleSheet(f"QLabel {{ color: {text}; }}")

    def _on_value(self, value: int) -> None:
        if not self._is_following:
            self.chosen.emit(value)


class Panes:
    """Puts views where a layout wants them."""

    def __init__(self, views: Mapping[Any, SliceView], volume: VolumeView, parent: Any) -> None:
        self.maximise_asked, self.surfaces_asked = Signal(), Signal()
        self.layout_name: LayoutName = "four up"
        self.maximised: PaneName | None = None
        #: the view of a grid of one slice, and what was shown alone before there was one
        self._flat: PaneName | None = None
        self._before_flat: PaneName | None = None
        self._panes: dict[str, Any] = {name: SlicePane(view, parent) for name, view in views.items()}
        self._panes["volume"] = VolumePane(volume, parent)
        self.time = TimeBar(parent)
        column = QtWidgets.QVBoxLayout(parent)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._grid = QtWidgets.QGridLayout()
        self._grid.setSpacing(_GAP)
        column.addLayout(self._grid, 1)
        column.addWidget(self.time)
        for name in PANES:
            self._connect(name)
        self._arrange()

    def pane(self, name: str) -> Any:
        """The widget of a view with its strip."""
        return self._panes[name]

    def set_layout(self, name: str) -> None:
        """Arranges the views. Raises OptionError."""
        if name not in LAYOUTS:
            raise OptionError("layout", name, LAYOUTS)
        self.layout_name, self.maximised = name, None
        self._arrange()

    def maximise(self, pane: str | None) -> None:
        """Shows one pane alone, or all again. Raises OptionError."""
        if pane is not None and pane not in PANES:
            raise OptionError("pane", pane, PANES)
        self.maximised = None if pane == self.maximised else pane
        self._arrange()

    def show_flat(self, pane: PaneName | None) -> bool:
        """The view of a grid of one slice is shown alone; None: the grid has more, and all views come back.

        What somebody chose by himself stays, and comes back after the last grid of one slice. Returns whether anything
        changed.
        """
        former, self._flat = self._flat, pane
        if former is None:
            self._before_flat = self.maximised
        wanted = self.maximised
        if pane is not None and (former is None or self.maximised in (None, former)):
            wanted = pane
        elif pane is None and former is not None and self.maximised == former:
            wanted = self._before_flat
        is_other = wanted != self.maximised
        if is_other:
            self.maximised = wanted
            self._arrange()
        return is_other

    def set_colors(self, colors: Colors) -> None:
        """Follows the theme."""
        for pane in self._panes.values():
            pane.set_colors(colors)
        self.time.set_colors(colors.faint)

    def _connect(self, name: str) -> None:
        self._panes[name].maximise.clicked.connect(lambda *_: self.maximise_asked.emit(name))
        if name == "volume":
            self._panes[name].show_surfaces.clicked.connect(lambda *_: self.surfaces_asked.emit())

    def _arrange(self) -> None:
        cells = LAYOUTS[self.layout_name]
        if self.maximised is not None:
            cells = (Cell(self.maximised, 0, 0),)
        for pane in self._panes.values():
            self._grid.removeWidget(pane)
        shown = {cell.pane for cell in cells}
        for name, pane in self._panes.items():
            pane.setVisible(name in shown)
        rows = max(cell.row + cell.rows for cell in cells)
        columns = max(cell.column + cell.columns for cell in cells)
        for number in range(8):
            self._grid.setRowStretch(number, int(number < rows))
            self._grid.setColumnStretch(number, int(number < columns))
        for cell in cells:
            self._grid.addWidget(self._panes[cell.pane], cell.row, cell.column, cell.rows, cell.columns)
