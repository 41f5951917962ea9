"""The arrangement of the views and their strips: what grids of one slice do to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("qtpy")

from MultiLabelSegLib.core import Geometry, Segmentation
from MultiLabelSegLib.workbench.header_widgets import SliceSlider
from Testing.gui.canvas_cases import Window, box_document, grid, open_window

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]


@pytest.fixture
def window() -> Iterator[Window]:
    made = open_window()
    yield made
    made.close()


@pytest.mark.parametrize(("shape", "flat"), [((1, 9, 11), "axial"), ((7, 1, 11), "coronal"), ((7, 9, 1), "sagittal")])
def test_a_grid_of_one_slice_is_shown_by_its_view_alone(window: Window, shape: tuple[int, int, int], flat: str) -> None:
    canvas, one = window.canvas, Segmentation(Geometry.from_parts(shape))
    window.open(one)
    assert canvas.maximised == flat
    window.open(box_document(grid("plain")))
    assert canvas.maximised is None
    window.open(Segmentation(Geometry.from_parts((1, 1, 11))))
    assert canvas.maximised is None
    window.open(one)
    canvas.maximise(None)  # somebody wants to see all of them
    window.open(Segmentation(Geometry.from_parts(shape, (2.0, 2.0, 2.0))))
    assert canvas.maximised == flat
    canvas.maximise("volume")
    window.open(box_document(grid("plain")))
    assert canvas.maximised == "volume"


def test_grids_of_one_slice_follow_each_other_and_the_view_that_was_alone_before_comes_back(window: Window) -> None:
    canvas = window.canvas
    axial, coronal = Segmentation(Geometry.from_parts((1, 9, 11))), Segmentation(Geometry.from_parts((7, 1, 11)))
    for before in (None, "sagittal", "axial"):
        window.open(box_document(grid("plain")))
        if before is not None:
            canvas.maximise(before)
        for flat, name in ((axial, "axial"), (coronal, "coronal"), (axial, "axial")):
            window.open(flat)
            assert canvas.maximised == name
            assert [view.name for view in canvas.views if view.isVisible()] == [name]
        window.open(box_document(grid("plain")))
        assert canvas.maximised == before
        canvas.maximise(before)
        assert canvas.maximised is None


def test_a_strip_has_a_handle_only_where_there_are_slices_to_go_to(window: Window) -> None:
    strips = [window.canvas.findChildren(SliceSlider)[number] for number in range(3)]
    assert not any(strip.isEnabled() for strip in strips)
    window.open(Segmentation(Geometry.from_parts((1, 9, 11))))
    assert sorted((strip.maximum(), strip.isEnabled()) for strip in strips) == [(0, False), (8, True), (10, True)]
    window.open(box_document(grid("plain")))
    assert all(strip.isEnabled() for strip in strips)
