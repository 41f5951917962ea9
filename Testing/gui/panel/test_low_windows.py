"""In a low window everything of the panel is reached by scrolling, the options of the tool first."""

from __future__ import annotations

from typing import Any

import pytest

from MultiLabelSegLib.ui.tools.entries import TABS
from Testing.gui.panel.cases import Desk, a_document

pytestmark = pytest.mark.qt

#: what is left for the panel of windows of 1280 x 720 and 1024 x 768
HEIGHTS = (676, 724)


class LowWindow:
    """The panel in a scroll area, as the workbench and Slicer have it."""

    def __init__(self, height: int) -> None:
        self.desk = Desk(a_document())
        qt = self.desk.qt
        self.area = qt.QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        self.area.setWidget(self.desk.panel.widget)
        self.area.resize(380, height)
        self.area.show()
        self.settle()

    def settle(self) -> None:
        from qtpy.QtTest import QTest

        self.desk.work()
        QTest.qWait(80)
        self.desk.work()

    def close(self) -> None:
        self.area.takeWidget()
        self.desk.close()
        self.area.deleteLater()

    def is_seen(self, widget: Any) -> bool:
        """Whether the whole widget is in sight."""
        region = widget.visibleRegion().boundingRect()
        return bool(region.height() == widget.height())


@pytest.fixture(params=HEIGHTS)
def low(request: pytest.FixtureRequest, application: Any) -> Any:  # noqa: ARG001
    made = LowWindow(request.param)
    yield made
    made.close()


def test_the_list_of_labels_gives_way_before_the_panel_is_scrolled(low: LowWindow) -> None:
    low.desk.presenter.tools.toggle("paint")
    low.settle()
    panel = low.desk.panel
    if low.area.verticalScrollBar().maximum():
        assert panel.tree.view.height() == panel.tree.view.minimumHeight()
    assert panel.widget.height() == max(low.area.viewport().height(), panel.widget.minimumSizeHint().height())


def test_the_options_of_every_tool_come_into_sight_when_it_is_switched_on(low: LowWindow) -> None:
    tools, options = low.desk.presenter.tools, low.desk.panel.options.widget
    seen = []
    for entry in (entry for tab in TABS for entry in tools.entries(tab) if entry.enabled and entry.name != "picking"):
        low.area.verticalScrollBar().setValue(0)
        tools.toggle(entry.name)
        low.settle()
        if options.isVisible():
            assert low.is_seen(options), entry.name
            seen.append(entry.name)
    assert len(seen) > 12


def test_options_that_are_scrolled_away_come_back(low: LowWindow) -> None:
    for section in low.desk.panel.sections.values():
        section.set_open(True)
    low.settle()
    bar = low.area.verticalScrollBar()
    assert bar.maximum() > 0
    bar.setValue(bar.maximum())
    low.desk.presenter.tools.toggle("paint")
    low.settle()
    assert low.is_seen(low.desk.panel.options.widget)


def test_without_room_the_buttons_of_a_preview_are_in_sight(low: LowWindow) -> None:
    low.area.resize(380, 420)
    low.desk.presenter.tools.toggle("threshold")
    low.desk.presenter.tools.propose()
    low.desk.wait(lambda: low.desk.presenter.tools.preview is not None and not low.desk.host.is_busy)
    low.settle()
    assert low.is_seen(low.desk.panel.preview.confirm)


def test_every_part_of_the_panel_can_be_reached(low: LowWindow) -> None:
    for section in low.desk.panel.sections.values():
        section.set_open(True)
    low.desk.presenter.tools.toggle("paint")
    low.settle()
    panel = low.desk.panel
    for widget in (panel.tree.search, panel.interpolation.widget, panel.history.widget, panel.options.where):
        low.area.ensureWidgetVisible(widget, 0, 0)
        low.desk.work()
        assert not widget.visibleRegion().isEmpty()
