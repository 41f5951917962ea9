"""The text in a view's corner: all of it is said where there is room, and it keeps clear of the letter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("qtpy")
from qtpy import QtGui, QtWidgets

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.workbench import view_paint
from MultiLabelSegLib.workbench.canvas_theme import THEMES
from MultiLabelSegLib.workbench.view_geometry import ViewFrame, ViewGrid

pytestmark = pytest.mark.qt
LONG = "Double click: begin and end, click: anchor, drag: freehand · Enter: end or confirm, Escape: drop · CTRL: edges"


def said(monkeypatch: pytest.MonkeyPatch, wide: int, lines: list[str]) -> list[str]:
    """What is drawn in the upper left corner of a view ``wide`` points wide, line by line."""
    QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    found: list[str] = []
    plain = view_paint.paint_text

    def told(painter: Any, text: str, *where: Any) -> None:
        found.append(text)
        plain(painter, text, *where)

    monkeypatch.setattr(view_paint, "paint_text", told)
    image = QtGui.QImage(wide, 300, QtGui.QImage.Format_RGB32)
    image.fill(0)
    painter = QtGui.QPainter(image)
    frame = ViewFrame(ViewGrid.of(Geometry.from_parts((3, 4, 5)), "axial"), 1, wide, 300)
    view_paint.paint_corner(painter, frame, lines, "top left", THEMES["dark"])
    painter.end()
    pixels = [[image.pixelColor(x, y).lightness() for x in range(wide // 2 - 8, wide // 2 + 8)] for y in range(6, 20)]
    assert np.max(pixels) == 0, "the letter in the middle is covered"
    return found


@pytest.mark.parametrize("wide", [400, 447, 640, 1200])
def test_all_that_modifiers_do_is_said(monkeypatch: pytest.MonkeyPatch, wide: int) -> None:
    found = said(monkeypatch, wide, ["Live wire", LONG])
    assert found[0] == "Live wire"
    assert len(found) <= 4
    assert " ".join(found[1:]).replace(" ·", "") == LONG.replace(" ·", "")


def test_a_short_hint_stays_in_its_corner_and_one_without_room_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(monkeypatch, 447, ["Paint", "CTRL: wipe · SHIFT and something that is as long as this"])
    assert len(found) > 2
    metrics = QtGui.QFontMetrics(QtWidgets.QApplication.font())
    assert all(metrics.horizontalAdvance(line) < 447 / 2 for line in found)
    assert said(monkeypatch, 160, ["Live wire", LONG])[-1].endswith("…")
