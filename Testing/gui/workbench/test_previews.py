"""Tools on the volume and the interpolation, by the panel's own buttons: preview, counts, confirm, cancel, undo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Group, Segmentation
from Testing.gui.workbench.cases import Bench, a_case, ball

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]


def confirm_button(bench: Bench) -> Any:
    return bench.panel.preview.confirm


def ready(bench: Bench) -> None:
    """Waits for the counts."""
    bench.wait(lambda: bench.presenter.tools.preview is not None and bench.presenter.tools.preview.is_ready)
    bench.wait(confirm_button(bench).isEnabled)


# ---- picking ---------------------------------------------------------------------------------------------------------


def test_picking_gives_the_clicked_island_to_the_active_label(bench: Bench) -> None:
    """A pick keeps its island; the label's other one, far away, goes."""
    document = a_case()[1]
    array = document.group(0).array.copy()
    array[0, 0, 20, 20] = 2
    bench.begin(Segmentation(document.geometry, [Group(array, document.group(0).labels, "Organs")]), active=2)
    bench.show("axial", 6)
    bench.tool("pick")
    bench.views.click("axial", (42, 4, 6))
    ready(bench)
    patches = bench.presenter.tools.feedback("axial", "axial", 6).patches
    assert patches
    bench.click(confirm_button(bench))
    assert bench.document.group(0).array[0, 0, 20, 20] == 0
    assert (bench.document.group(0).array[0, :, 2:8, 40:46] == 2).all()
    assert bench.presenter.tools.active == ""
    bench.check_undone()


def test_picks_are_taken_back_one_by_one_by_delete_and_all_by_escape(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.presenter.labels.activate(2)
    bench.key("K")
    for point in ((42, 4, 6), (4, 4, 6), (5, 31, 6)):
        bench.views.click("axial", point)
    bench.work()
    handles = lambda: len(bench.presenter.tools.feedback("axial", "axial", 6).handles)  # noqa: E731
    assert handles() == 3
    bench.key("Delete")
    assert handles() == 2
    bench.key("Escape")
    assert handles() == 0
    assert bench.presenter.tools.active == "pick"
    assert not bench.changed().any()


# ---- thresholds ------------------------------------------------------------------------------------------------------


def test_threshold_is_previewed_counted_confirmed_and_undone(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.key("T")
    bench.panel.options.form.editors["lower"].spin.setValue(200)
    ready(bench)
    wanted = ball()
    assert f"{wanted.sum():,} voxels would be written" in bench.panel.preview.counts.text()
    patch = bench.canvas.view("axial").feedback.patches
    assert sum(int(np.count_nonzero(each.values)) for each in patch) == wanted[6].sum()
    assert not bench.changed().any()
    bench.click(confirm_button(bench))
    np.testing.assert_array_equal(bench.document.group(0).array[0] == 4, wanted)
    assert bench.presenter.tools.active == ""
    bench.check_undone()


def test_threshold_counts_what_locks_would_keep(bench: Bench) -> None:
    bench.key("T")
    bench.panel.options.form.editors["lower"].spin.setValue(-50)
    ready(bench)
    state = bench.presenter.tools.preview
    locked = int(np.isin(bench.before[0], (1, 3)).sum())
    assert state is not None
    assert f"{locked:,} protected by locks" in bench.panel.preview.counts.text()
    bench.click(bench.panel.preview.cancel)
    assert bench.presenter.tools.active == ""
    assert bench.presenter.tools.preview is None
    assert not bench.changed().any()


def test_ul_threshold_takes_the_band_between_two_values(bench: Bench) -> None:
    bench.key("U")
    form = bench.panel.options.form
    form.editors["lower"].spin.setValue(-60)
    form.editors["upper"].spin.setValue(100)
    ready(bench)
    bench.click(confirm_button(bench))
    written = bench.changed()
    assert written.any()
    assert not (written & ball()).any()
    assert (bench.document.group(0).array[0][ball() & (bench.before[0][0] == 0)] == 0).all()
    bench.check_undone()


def test_otsu_finds_the_ball_and_writes_only_marked_regions(bench: Bench) -> None:
    from qtpy.QtCore import Qt

    bench.key("O")
    bench.click(bench.panel.preview.propose)
    ready(bench)
    labels = bench.panel.preview.labels
    assert labels.count() == 2
    labels.item(0).setCheckState(Qt.Unchecked)
    bench.wait(lambda: [item.chosen for item in bench.presenter.tools.preview.labels] == [False, True])
    ready(bench)
    known = set(bench.document.values)
    bench.click(confirm_button(bench))
    (made,) = set(bench.document.values) - known
    np.testing.assert_array_equal(bench.document.group_of(made).array[0] == made, ball())
    bench.key("Ctrl+Z")
    assert set(bench.document.values) == known


def test_grow_cut_fills_the_ball_from_strokes_on_it_and_beside_it(bench: Bench) -> None:
    bench.presenter.labels.add_group("Seeds", "Inside")
    inside = bench.presenter.labels.active
    outside = bench.presenter.labels.add_label("Outside", group=2)
    bench.show("axial", 6)
    bench.tool("paint", diameter=3)
    bench.draw("axial", [(3, 37), (3, 3), (44, 3), (44, 37)], 6)
    bench.presenter.labels.activate(inside)
    bench.draw("axial", [(20, 20), (28, 20)], 6)
    steps = bench.presenter.steps.index
    bench.key("G")
    bench.click(bench.panel.preview.propose)
    ready(bench)
    assert bench.panel.preview.labels.count() == 2
    bench.click(confirm_button(bench))
    found, wanted = bench.document.group_of(inside).array[0] == inside, ball()
    assert 2 * (found & wanted).sum() / (found.sum() + wanted.sum()) > 0.8
    assert bench.presenter.steps.index == steps + 1
    grown = bench.document.voxels(outside)
    bench.key("Ctrl+Z")
    assert bench.document.voxels(outside) < grown


def test_a_preview_is_confirmed_by_enter_and_dropped_by_escape(bench: Bench) -> None:
    bench.key("O")
    bench.click(bench.panel.preview.propose)
    ready(bench)
    bench.key("Escape")
    assert bench.presenter.tools.preview is None
    bench.click(bench.panel.preview.propose)
    ready(bench)
    known = set(bench.document.values)
    bench.key("Return")
    assert set(bench.document.values) > known


# ---- interpolation ---------------------------------------------------------------------------------------------------

BOX = [(14.5, 10.5), (26.5, 10.5), (26.5, 22.5), (14.5, 22.5), (14.5, 10.5)]


def two_slices(bench: Bench, *slices: int) -> None:
    """The same square in slices."""
    if bench.presenter.tools.active != "add":
        bench.key("A")
    for index in slices:
        bench.show("axial", index)
        bench.draw("axial", BOX, index)


def open_interpolation(bench: Bench, mode: str) -> Any:
    box = bench.panel.interpolation
    bench.panel.sections["interpolation"].set_open(True)
    bench.click(box.modes[mode])
    assert bench.presenter.interpolation.mode == mode
    return box


def test_2d_interpolation_suggests_between_slices_and_one_is_confirmed(bench: Bench) -> None:
    box = open_interpolation(bench, "2d")
    two_slices(bench, 2, 6)
    bench.views.move("axial", (20, 30, 6))
    bench.show("axial", 4)
    bench.wait(lambda: bench.canvas.view("axial").feedback.lines)
    assert bench.document.voxels(4) == 2 * 144
    bench.click(box.confirm_slice)
    assert bench.document.voxels(4) == 3 * 144
    assert (bench.document.group(0).array[0, 4, 11:23, 15:27] == 4).all()
    bench.key("Ctrl+Z")
    assert bench.document.voxels(4) == 2 * 144


def test_2d_interpolation_confirms_all_slices_as_one_step(bench: Bench) -> None:
    box = open_interpolation(bench, "2d")
    two_slices(bench, 2, 7)
    bench.views.move("axial", (20, 30, 7))
    bench.click(box.confirm_all)
    assert (bench.document.group(0).array[0, 2:8, 11:23, 15:27] == 4).all()
    assert bench.document.voxels(4) == 6 * 144
    bench.key("Ctrl+Z")
    assert bench.document.voxels(4) == 2 * 144


def test_2d_interpolation_keeps_to_locks(bench: Bench) -> None:
    bench.presenter.labels.activate(1)
    bench.show("axial", 4)
    bench.key("A")
    bench.draw("axial", [(14.5, 10.5), (26.5, 10.5), (26.5, 13.5), (14.5, 13.5)], 4)
    bench.presenter.labels.activate(4)
    box = open_interpolation(bench, "2d")
    two_slices(bench, 2, 6)
    bench.views.move("axial", (20, 30, 6))
    bench.click(box.confirm_all)
    assert (bench.document.group(0).array[0, 4, 11:14, 15:27] == 1).all()
    assert (bench.document.group(0).array[0, 4, 14:23, 15:27] == 4).all()


def test_3d_interpolation_lists_contours_shows_them_and_fills_the_surface(bench: Bench) -> None:
    box = open_interpolation(bench, "3d")
    two_slices(bench, 2, 5, 8)
    bench.wait(lambda: box.contours.count() == 3)
    bench.wait(box.confirm.isEnabled)
    assert bench.presenter.interpolation.surface() is not None
    bench.click(box.confirm)
    assert bench.document.voxels(4) > 5 * 120
    assert (bench.document.group(0).array[0, 6, 13:20, 17:24] == 4).all()
    bench.key("Ctrl+Z")
    assert bench.document.voxels(4) == 3 * 144
    bench.click(box.modes["off"])


def test_a_click_on_a_contour_goes_there_and_the_button_removes_it(bench: Bench) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    box = open_interpolation(bench, "3d")
    two_slices(bench, 2, 5, 8)
    bench.wait(lambda: box.contours.count() == 3)
    place = next(row for row in range(3) if bench.presenter.interpolation.contours()[row].slice == 2)
    rect = box.contours.visualItemRect(box.contours.item(place))
    box.contours.scrollToItem(box.contours.item(place))
    bench.work()
    rect = box.contours.visualItemRect(box.contours.item(place))
    QTest.mouseClick(box.contours.viewport(), Qt.LeftButton, Qt.NoModifier, rect.center())
    bench.work()
    assert bench.canvas.view("axial").frame.slice == 2
    bench.click(box.delete)
    bench.wait(lambda: box.contours.count() == 2)
    assert [contour.slice for contour in bench.presenter.interpolation.contours()] == [5, 8]
    assert bench.document.voxels(4) == 3 * 144
    bench.key("Ctrl+Z")
    bench.wait(lambda: box.contours.count() == 3)


def test_contours_are_drawn_in_the_3d_view_until_the_box_is_unchecked(bench: Bench) -> None:
    box = open_interpolation(bench, "3d")
    two_slices(bench, 2, 5)
    bench.wait(lambda: len(bench.presenter.interpolation.contour_lines()) == 2)
    bench.click(box.shown)
    assert bench.presenter.interpolation.contour_lines() == []
    bench.click(box.shown)
    assert len(bench.presenter.interpolation.contour_lines()) == 2
