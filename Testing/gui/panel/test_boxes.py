"""Boxes to tick are seen, empty or not, in the dark and in the light."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from Testing.gui.panel.cases import Desk

pytestmark = pytest.mark.qt


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest, application: Any) -> Iterator[str]:
    from MultiLabelSegLib.workbench.palette import set_palette

    before, style = application.palette(), application.style().objectName()
    set_palette(application, request.param)
    yield str(request.param)
    application.setPalette(before)
    application.setStyle(style)


def contrast(widget: Any, left: int, top: int, width: int, height: int) -> int:
    """The widest step in brightness (0 to 255) from one pixel to the next along the rows of a part of a widget."""
    picture = widget.grab().toImage()
    rows = [[picture.pixelColor(x, y).lightness() for x in range(left, left + width)] for y in range(top, top + height)]
    return max(abs(first - second) for row in rows for first, second in zip(row, row[1:], strict=False))


@pytest.mark.parametrize("checked", [False, True])
def test_a_box_in_a_list_has_an_edge(theme: str, checked: bool) -> None:
    from MultiLabelSegLib.ui.qt.ai.check_list import CheckList, CheckRow

    made = CheckList("Classes", lambda _values: None)
    made.show([CheckRow("a", "", checked), CheckRow("b", "", checked)])
    made.widget.resize(200, 100)
    viewport = made.list.viewport()
    rect = made.list.visualItemRect(made.list.item(1))
    assert contrast(viewport, 0, rect.top() + 4, 24, rect.height() - 8) > 50, theme
    made.widget.deleteLater()


@pytest.mark.parametrize("checked", [False, True])
def test_a_check_box_has_an_edge(theme: str, checked: bool) -> None:
    from MultiLabelSegLib.ui.qt.style_sheets import check_box

    box = check_box("")
    box.setChecked(checked)
    box.resize(20, 20)
    assert contrast(box, 0, 6, 20, 8) > 50, theme
    box.deleteLater()


def test_all_check_boxes_and_lists_with_boxes_of_the_panel_are_dressed(desk: Desk) -> None:
    from MultiLabelSegLib.ui.qt.binding import get

    desk.presenter.tools.toggle("otsu")
    desk.panel.dialogs.preferences()
    boxes = desk.window.findChildren(desk.qt.QCheckBox)
    assert len(boxes) > 5
    assert {get(box, "mlsSheet") for box in boxes} == {"checks"}
