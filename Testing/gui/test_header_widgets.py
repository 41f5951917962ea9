"""The strip above a view: what is drawn lies where the mouse takes it, and says where the view is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("qtpy")
from qtpy import QtCore, QtTest, QtWidgets

from MultiLabelSegLib.workbench.header_widgets import Position, SliceSlider

pytestmark = pytest.mark.qt
Qt = QtCore.Qt
GROUND, GROOVE, HANDLE, HOVERED = (10, 20, 30), (60, 60, 60), (0, 200, 0), (250, 250, 250)


def css(color: tuple[int, int, int]) -> str:
    return "#" + "".join(f"{part:02x}" for part in color)


def pixels_of(widget: Any) -> NDArray[np.uint8]:
    image = widget.grab().toImage()
    found = [[image.pixelColor(x, y).getRgb()[:3] for x in range(image.width())] for y in range(image.height())]
    return np.array(found, np.uint8)


@pytest.fixture(name="slider")
def _slider() -> Iterator[SliceSlider]:
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    slider = SliceSlider()
    slider.resize(220, 24)
    slider.setRange(0, 10)
    slider.set_colors(css(GROUND), css(GROOVE), css(HANDLE), css(HOVERED))
    slider.show()
    application.processEvents()
    yield slider
    slider.deleteLater()


def columns_of(slider: SliceSlider, color: tuple[int, int, int]) -> NDArray[np.intp]:
    return np.flatnonzero((pixels_of(slider)[slider.height() // 2] == color).all(axis=1))


@pytest.mark.parametrize("is_inverted", [False, True])
@pytest.mark.parametrize("value", [0, 3, 10])
def test_the_handle_is_drawn_where_the_style_lets_it_be_taken(
    slider: SliceSlider, value: int, is_inverted: bool
) -> None:
    slider.setInvertedAppearance(is_inverted)
    slider.setValue(value)
    option, style = QtWidgets.QStyleOptionSlider(), QtWidgets.QStyle
    slider.initStyleOption(option)
    taken = slider.style().subControlRect(style.CC_Slider, option, style.SC_SliderHandle, slider)
    slider.setAttribute(Qt.WA_UnderMouse, False)
    drawn = columns_of(slider, HANDLE)
    assert drawn.size >= 9
    assert abs(drawn.mean() - taken.center().x()) <= 1.0
    assert columns_of(slider, GROOVE).size > 150
    assert tuple(pixels_of(slider)[1, 100]) == GROUND


def test_it_is_dragged_and_there_is_none_without_slices(slider: SliceSlider) -> None:
    middle = QtCore.QPoint(round(slider.middle_of_handle()), slider.height() // 2)
    QtTest.QTest.mousePress(slider, Qt.LeftButton, Qt.NoModifier, middle)
    assert columns_of(slider, HOVERED).size >= 9
    QtTest.QTest.mouseMove(slider, middle + QtCore.QPoint(105, 0))
    QtTest.QTest.mouseRelease(slider, Qt.LeftButton, Qt.NoModifier, middle + QtCore.QPoint(105, 0))
    assert slider.value() == 5
    slider.setEnabled(False)
    assert columns_of(slider, HANDLE).size == columns_of(slider, HOVERED).size == 0


def test_the_position_stands_at_the_right_whatever_it_says() -> None:
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    position = Position()
    position.resize(120, 24)
    position.set_colors("#000000", "#ffffff")
    position.show()
    ends = []
    for text in ("8 / 88", "S 120.8 mm   88 / 88"):
        position.set_text(text)
        application.processEvents()
        assert position.text() == text
        lit = np.flatnonzero(pixels_of(position)[..., 0].max(axis=0) > 128)
        ends.append((lit[0], lit[-1]))
    assert ends[0][0] > ends[1][0]
    assert all(120 - end <= 4 for _, end in ends)
    position.set_widths(30, 90)
    assert (position.minimumSizeHint().width(), position.sizeHint().width()) == (30, 90)
    position.deleteLater()
