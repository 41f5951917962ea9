"""The crosshair's lines, pixel by pixel, on screens of any density."""

from __future__ import annotations

import pytest

pytest.importorskip("qtpy")
from qtpy import QtGui

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.workbench.view_geometry import ViewFrame, ViewGrid
from MultiLabelSegLib.workbench.view_paint import paint_crosshair

pytestmark = pytest.mark.qt


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 1.75, 2.0, 3.0])
def test_the_crosshairs_lines_are_equally_thick_wherever_they_go(ratio: float) -> None:
    grid = ViewGrid.of(Geometry.from_parts((3, 40, 40)), "axial")
    frame = ViewFrame(grid, 1, 101, 99)
    for at in (40.0, 40.4, 40.9, 41.0, 43.7, 57.2):
        image = QtGui.QImage(round(101 * ratio), round(99 * ratio), QtGui.QImage.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(0)
        painter = QtGui.QPainter(image)
        paint_crosshair(painter, frame, (at, at))
        painter.end()
        columns = [x for x in range(image.width()) if image.pixelColor(x, 2).lightness() > 0]
        levels = [y for y in range(image.height()) if image.pixelColor(2, y).lightness() > 0]
        assert len(columns) == len(levels) == round(ratio)
        assert columns == levels
        assert abs((columns[0] + columns[-1] + 1) / 2 - at * ratio) <= ratio
