"""The canvas on the real Slicer core: what its pixels show of images and labels, layouts, and following a document."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Box, Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import Command, GeometryChange, History, Proposal, resolve
from MultiLabelSegLib.edit import operations as op
from MultiLabelSegLib.errors import HostError, OptionError
from MultiLabelSegLib.host.mrml_images import volume_from_image
from MultiLabelSegLib.ui.tools.feedback import Circle, Feedback, Handle, Patch, Polyline
from Testing.gui.canvas_cases import GRIDS, Window, box_document, gray_image, grid, open_window

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]
VIEWS = ("axial", "coronal", "sagittal")
RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture
def window() -> Iterator[Window]:
    made = open_window()
    yield made
    made.close()


def middle_of(geometry: Geometry) -> tuple[int, int, int]:
    i, j, k = ((size - 1) // 2 for size in geometry.size)
    return i, j, k


# ---- the grey picture ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("view_name", VIEWS)
@pytest.mark.parametrize("name", GRIDS)
def test_slicers_core_draws_the_voxel_that_the_view_says_it_shows(window: Window, name: str, view_name: Any) -> None:
    image = gray_image(grid(name))
    window.open(Segmentation(image.geometry), image)
    view = window.canvas.view(view_name)
    point = list(middle_of(image.geometry))
    view.set_slice(point[view.frame.grid.axis])
    # a voxel covers 8 points, and its centre that of a pixel
    frame = view.frame.centered_on(image.geometry.lps_from_ijk(point))
    frame = frame.zoomed(frame.mm / (min(image.geometry.spacing) / 8), view.width() / 2, view.height() / 2)
    odd = (1 - view.width() % 2) / 2, (1 - view.height() % 2) / 2
    view.set_frame(frame.panned(*odd))
    window.settle()
    expected = image.array[0, point[2], point[1], point[0]]
    found = window.color_at(view, (point[0], point[1], point[2]))
    assert found[0] == found[1] == found[2]
    assert abs(found[0] - int(expected)) <= 2


def test_an_image_on_another_grid_is_cut_along_the_documents_slices(window: Window) -> None:
    where = Geometry.from_parts((40, 40, 40), (1.0, 1.0, 1.0), (-20, -20, -20), GRIDS["oblique"][3])
    k, j, i = np.indices(where.shape)
    lps = where.lps_from_ijk(np.stack([i, j, k], axis=-1))
    image = Image(np.clip(100 + 5 * lps[..., 0] + 3 * lps[..., 1] + 2 * lps[..., 2], 0, 255).astype(np.float32), where)
    window.open(Segmentation(Geometry.from_parts((9, 9, 9), (1, 1, 1), (-4, -4, -4))), image)
    view = window.canvas.view("axial")
    view.set_slice(6)
    window.settle()
    for i_, j_ in ((1, 1), (7, 2), (4, 6)):
        x, y, z = i_ - 4, j_ - 4, 6 - 4
        assert abs(window.color_at(view, (i_, j_, 6))[0] - (100 + 5 * x + 3 * y + 2 * z)) <= 3


def test_outside_of_the_image_the_picture_is_the_background(window: Window) -> None:
    image = Image(np.full((5, 5, 5), 200, np.int16), Geometry.from_parts((5, 5, 5)))
    window.open(Segmentation(Geometry.from_parts((5, 5, 15))), image)
    view = window.canvas.view("axial")
    assert abs(window.color_at(view, (3, 1, 2))[0] - 200) <= 2
    assert window.color_at(view, (11, 1, 2)) == (8, 9, 11)


def test_window_and_level_are_the_volume_nodes_own(window: Window) -> None:
    image = Image(np.full((5, 5, 5), 100, np.int16), Geometry.from_parts((5, 5, 5)))
    window.open(Segmentation(image.geometry), image)
    view = window.canvas.view("axial")
    assert window.canvas.window_level() == (255.0, 127.5)
    display = window.place.scene.GetNodeByID(window.canvas.image_id).GetScalarVolumeDisplayNode()
    display.SetWindowLevel(100.0, 100.0)  # anybody may do this; the view follows
    window.settle()
    assert abs(window.color_at(view, (1, 1, 2))[0] - 127) <= 2
    assert window.canvas.window_level() == (100.0, 100.0)


def test_an_image_gets_a_window_for_its_tissue_not_for_what_was_not_measured(window: Window) -> None:
    values = np.random.default_rng(2).integers(-1000, 501, (20, 30, 30)).astype(np.int16)
    values[:, :12] = -3024
    volume = volume_from_image(window.place.scene, Image(values, Geometry.from_parts(values.shape)), "CT")
    window.canvas.set_image(volume.GetID())
    wide, level = window.canvas.window_level()
    assert level - wide / 2 == pytest.approx(-985, abs=30)
    assert level + wide / 2 == pytest.approx(492, abs=30)
    window.canvas.set_window_level(80.0, 40.0)
    window.canvas.set_image("")
    assert window.canvas.window_level() is None
    window.canvas.set_image(volume.GetID())
    assert window.canvas.window_level() == (80.0, 40.0)


def test_an_image_of_one_value_has_a_window_too(window: Window) -> None:
    volume = volume_from_image(
        window.place.scene, Image(np.zeros((3, 3, 3), np.int16), Geometry.from_parts((3, 3, 3))), "flat"
    )
    window.canvas.set_image(volume.GetID())
    window.settle()
    assert window.canvas.window_level() == (1.0, 0.0)


# ---- labels ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("view_name", VIEWS)
@pytest.mark.parametrize("name", GRIDS)
def test_labels_are_where_their_voxels_are(window: Window, name: str, view_name: Any) -> None:
    document = box_document(grid(name))
    window.open(document)
    view = window.canvas.view(view_name)
    index = list(middle_of(document.geometry))
    assert window.color_at(view, (index[0], index[1], index[2])) == RED
    axis = view.frame.grid.axis
    view.set_slice(0)
    window.settle()
    corner = [0, 0, 0]
    assert window.color_at(view, (0, 0, 0)) == GREEN
    corner[(axis + 1) % 3] = 1
    assert window.color_at(view, (corner[0], corner[1], corner[2])) == (8, 9, 11)


def test_a_labels_opacity_and_the_sliders_multiply(window: Window) -> None:
    image = Image(np.full((7, 9, 11), 255, np.int16), grid("plain"))
    window.open(box_document(grid("plain"), opacity=0.5), image)
    view = window.canvas.view("axial")
    assert window.color_at(view, (5, 4, 3)) == pytest.approx((255, 127, 127), abs=3)
    window.canvas.set_opacity(0.5)
    window.settle()
    assert window.color_at(view, (5, 4, 3)) == pytest.approx((255, 191, 191), abs=3)
    window.canvas.set_overlay_visible(False)
    window.settle()
    assert window.color_at(view, (5, 4, 3)) == pytest.approx((255, 255, 255), abs=2)


def test_outlined_labels_are_free_inside(window: Window) -> None:
    window.open(box_document(grid("plain")))
    view = window.canvas.view("axial")
    window.canvas.set_style("outlined")
    window.settle()
    assert window.color_at(view, (5, 4, 3)) == (8, 9, 11)
    x, y = view.point_of_ijk((2.5, 4, 3))  # the border of label 1
    assert tuple(view.pixels()[int(y), int(x) + 1, :3].tolist()) == RED
    window.canvas.set_style("filled")
    window.settle()
    assert window.color_at(view, (5, 4, 3)) == RED


def test_colour_visibility_and_voxels_follow_the_document_and_undo(window: Window) -> None:
    document = box_document(grid("plain"))
    window.open(document)
    history, view = window.history, window.canvas.view("axial")
    assert history is not None
    history.do(op.set_color(document, (0.0, 0.0, 1.0), 1))
    window.settle()
    assert window.color_at(view, (5, 4, 3)) == (0, 0, 255)
    history.do(op.set_visible(document, False, [1]))
    window.settle()
    assert window.color_at(view, (5, 4, 3)) == (8, 9, 11)
    history.undo()
    history.undo()
    window.settle()
    assert window.color_at(view, (5, 4, 3)) == RED
    box = Box((3, 4, 5), (4, 5, 6))
    history.do(Command("dab", resolve(document, Proposal(0, np.ones(box.shape, np.uint8), {1: 2}, box)).patches))
    window.settle()
    for shown in window.canvas.views:
        assert window.color_at(shown, (5, 4, 3)) == GREEN
    history.undo()
    window.settle()
    for shown in window.canvas.views:
        assert window.color_at(shown, (5, 4, 3)) == RED


def test_a_later_group_lies_above_and_a_new_group_appears(window: Window) -> None:
    document = box_document(grid("plain"))
    window.open(document)
    array = np.zeros(document.geometry.full_shape, np.uint8)
    array[0, 3, 4, 5] = 7
    over = Segmentation(document.geometry, [*document.groups, Group(array, [Label(7, "Lesion", (0, 0, 1), 1.0)])])
    window.canvas.show_document(window.host.show(over, History(over)))
    window.settle()
    view = window.canvas.view("axial")
    assert window.color_at(view, (5, 4, 3)) == (0, 0, 255)
    assert window.color_at(view, (6, 4, 3)) == RED


def test_values_beyond_255_are_drawn_when_a_group_becomes_wide(window: Window) -> None:
    document = box_document(grid("plain"))
    window.open(document)
    assert window.history is not None
    window.history.do(op.add_label(document, 0, "Wide", (0.0, 0.0, 1.0), value=300, opacity=1.0))
    box = Box((3, 4, 5), (4, 5, 6))
    patches = resolve(document, Proposal(0, np.ones(box.shape, np.uint8), {1: 300}, box)).patches
    window.history.do(Command("dab", patches))
    window.settle()
    assert window.color_at(window.canvas.view("coronal"), (5, 4, 3)) == (0, 0, 255)


def test_frames_of_a_moving_document_are_chosen_by_the_slider(window: Window) -> None:
    document = box_document(grid("plain", 3))
    document.groups[0].writable()[1] = 0
    window.open(document)
    view, told = window.canvas.view("axial"), []
    window.canvas.frame_changed.connect(told.append)
    bar = window.canvas._panes.time
    assert bar.isVisible()
    assert bar.slider.maximum() == 2
    bar.slider.setValue(1)
    window.settle()
    assert told == [1]
    assert window.color_at(view, (5, 4, 3)) == (8, 9, 11)
    window.canvas.set_frame(2)
    window.settle()
    assert window.color_at(view, (5, 4, 3)) == RED
    with pytest.raises(HostError, match="no frame 3"):
        window.canvas.set_frame(3)


def test_a_document_on_a_new_grid_is_shown_whole(window: Window) -> None:
    document = box_document(grid("plain"))
    window.open(document)
    assert window.history is not None
    smaller = box_document(Geometry.from_parts((4, 4, 4)))
    arrays = [group.array for group in smaller.groups]
    window.history.do(Command("crop", [GeometryChange(smaller.geometry, tuple(np.array(array) for array in arrays))]))
    window.settle()
    assert window.canvas.view("axial").frame.grid.geometry == smaller.geometry
    assert window.color_at(window.canvas.view("axial"), (1, 1, 2)) == RED


# ---- what tools draw -------------------------------------------------------------------------------------------------
def test_feedback_is_drawn_on_its_own_slice_only(window: Window) -> None:
    window.open(Segmentation(grid("plain")))
    view = window.canvas.view("axial")
    blue = (0.0, 0.0, 1.0)
    feedback = Feedback(
        "axial",
        3,
        (Circle((2.0, 2.0, 3.0), 2.0, blue),),
        (Polyline(np.array([[4.0, 6.0, 3.0], [9.0, 6.0, 3.0]]), blue),),
        (Handle((9.0, 2.0, 3.0), blue),),
    )
    view.set_feedback(feedback)
    window.settle()
    for point in ((3.0, 2.0, 3.0), (2.0, 1.0, 3.0), (6.5, 6.0, 3.0), (9.0, 2.0, 3.0)):
        assert window.color_at(view, point)[2] > 150, point
    assert window.color_at(view, (2.0, 2.0, 3.0)) == (8, 9, 11)
    view.set_slice(4)
    window.settle()
    assert window.color_at(view, (6.5, 6.0, 4.0)) == (8, 9, 11)
    view.set_slice(3)
    view.set_feedback(None)
    window.settle()
    assert window.color_at(view, (6.5, 6.0, 3.0)) == (8, 9, 11)


@pytest.mark.parametrize("name", GRIDS)
def test_a_preview_is_drawn_in_every_view_that_meets_its_box(window: Window, name: str) -> None:
    geometry = grid(name)
    window.open(Segmentation(geometry))
    i, j, k = middle_of(geometry)
    values = np.array([[[5, 0]]], np.uint16)
    patch = Patch(Box((k, j, i), (k + 1, j + 1, i + 2)), values, {5: (1.0, 1.0, 0.0)}, 1.0)
    window.canvas.set_feedback(Feedback(patches=(patch,)))
    for view in window.canvas.views:
        view.set_slice((i, j, k)[view.frame.grid.axis])
        window.settle()
        assert window.color_at(view, (i, j, k)) == (255, 255, 0)
        other = [i, j, k]
        other[(view.frame.grid.axis + 1) % 3] -= 1
        assert window.color_at(view, (other[0], other[1], other[2])) == (8, 9, 11)
        view.set_slice(0)
        window.settle()
        assert (255, 255, 0) not in {tuple(color) for color in view.pixels()[..., :3].reshape(-1, 3).tolist()}


def test_a_preview_is_cut_out_once_for_all_moves_of_the_mouse(window: Window, monkeypatch: Any) -> None:
    from MultiLabelSegLib.workbench import slice_view_painting

    window.open(Segmentation(grid("plain")))
    view, cuts = window.canvas.view("axial"), []
    cut = slice_view_painting.patch_pixels
    monkeypatch.setattr(slice_view_painting, "patch_pixels", lambda *a: (cuts.append(a), cut(*a))[1])
    patch = Patch(Box((3, 4, 5), (4, 5, 6)), np.ones((1, 1, 1), np.uint8), {1: (1.0, 1.0, 0.0)}, 1.0)
    for x in (1.0, 2.0, 3.0):
        view.set_feedback(Feedback("axial", 3, (Circle((x, 2.0, 3.0), 2.0, (0.0, 0.0, 1.0)),), patches=(patch,)))
        window.settle()
    assert len(cuts) == 1
    assert window.color_at(view, (5, 4, 3)) == (255, 255, 0)
    view.set_feedback(None)
    window.settle()
    assert window.color_at(view, (5, 4, 3)) == (8, 9, 11)


# ---- layout and look -------------------------------------------------------------------------------------------------
def test_layouts_show_what_they_say_and_a_view_alone_goes_back(window: Window) -> None:
    canvas = window.canvas
    window.open(box_document(grid("plain")))

    def shown() -> set[str]:
        window.settle()
        names = {view.name for view in canvas.views if view.isVisible()}
        return names | ({"volume"} if canvas.volume.isVisible() else set())

    assert shown() == {*VIEWS, "volume"}
    canvas.set_layout("axial only")
    assert shown() == {"axial"}
    assert canvas.view("axial").width() == canvas.width()
    canvas.set_layout("one big")
    assert canvas.view("axial").width() > 2 * canvas.view("coronal").width()
    canvas.maximise("coronal")
    assert shown() == {"coronal"}
    assert canvas.maximised == "coronal"
    canvas.maximise("coronal")
    assert shown() == {*VIEWS, "volume"}
    assert canvas.layout_name == "one big"
    canvas.set_layout("conventional")
    assert shown() == {*VIEWS, "volume"}
    assert canvas.volume.width() > canvas.view("axial").width()
    with pytest.raises(OptionError, match="layout"):
        canvas.set_layout("nine")


def test_views_keep_their_middle_when_the_window_is_resized(window: Window) -> None:
    window.open(box_document(grid("plain")))
    view = window.canvas.view("axial")
    before = view.frame.center
    window.canvas.resize(600, 500)
    window.settle()
    assert view.frame.center == before
    assert (view.frame.width, view.frame.height) == (view.width(), view.height())
    assert window.color_at(view, (5, 4, 3)) == RED


def test_the_light_theme_leaves_pictures_dark_and_makes_strips_bright(window: Window) -> None:
    window.open(box_document(grid("plain")))
    window.canvas.set_theme("light")
    window.settle()
    image = window.canvas.grab().toImage()
    assert image.pixelColor(window.canvas.width() // 4, 2).lightness() > 200
    assert window.color_at(window.canvas.view("axial"), (0, 8, 3))[0] < 40
    with pytest.raises(OptionError, match="theme"):
        window.canvas.set_theme("pink")


def test_around_a_picture_lies_the_colour_of_the_theme_at_once(window: Window) -> None:
    window.open(box_document(grid("plain")), gray_image(grid("plain")))
    view = window.canvas.view("axial")
    view.set_frame(view.frame.zoomed(0.5, view.width() / 2, view.height() / 2))
    for theme, around in (("light", (21, 23, 26)), ("dark", (8, 9, 11))):
        window.canvas.set_theme(theme)
        window.settle()
        assert tuple(view.pixels()[-3, 3, :3].tolist()) == around
        assert window.color_at(view, (5, 4, 3)) == RED


@pytest.mark.parametrize("name", VIEWS)
def test_the_crosshair_goes_through_the_middle_of_its_voxel_and_leaves_it_free(window: Window, name: str) -> None:
    window.open(Segmentation(grid("plain")))
    window.canvas.set_crosshair_visible(True)
    window.canvas.state.move_crosshair(grid("plain").lps_from_ijk((5, 4, 3)).tolist())
    window.settle()
    view = window.canvas.view(name)
    x, y = (int(coordinate) for coordinate in view.point_of_ijk((5, 4, 3)))
    lit = (view.pixels()[..., :3].astype(int) - (8, 9, 11)).sum(axis=2) > 120
    levels, columns = np.flatnonzero(lit[:, 40:60].all(axis=1)), np.flatnonzero(lit[40:60].all(axis=0))
    assert levels.tolist() == [y]
    assert columns.tolist() == [x]
    assert not lit[y - 8 : y + 9, x - 8 : x + 9].any()
    assert lit[[y, y, y + 10, y - 10], [x + 10, x - 10, x, x]].all()
    window.canvas.state.move_crosshair(grid("plain").lps_from_ijk((500, 400, 300)).tolist())  # beyond the picture
    window.settle()


def test_wrong_names_are_said(window: Window) -> None:
    with pytest.raises(OptionError, match="view"):
        window.canvas.view("oblique")
    with pytest.raises(OptionError, match="style"):
        window.canvas.set_style("dotted")
    with pytest.raises(HostError, match="no volume"):
        window.canvas.set_image("vtkMRMLScalarVolumeNode99")


def test_an_empty_canvas_draws_and_takes_events_without_complaint(window: Window) -> None:
    window.settle()
    assert {tuple(color) for color in window.canvas.view("axial").pixels()[..., :3].reshape(-1, 3)} == {(8, 9, 11)}
    window.canvas.view("axial").scroll(3)
    window.canvas.reset_views()
    assert window.canvas.window_level() is None


def test_a_closed_canvas_may_still_be_drawn_and_clicked() -> None:
    window = open_window()
    window.open(box_document(grid("plain")), gray_image(grid("plain")))
    window.canvas.view("axial").scroll(1)  # asks for a picture that Qt makes later
    view = window.canvas.view("axial")
    window.canvas.close_canvas()
    window.settle()
    assert {tuple(color) for color in view.pixels()[..., :3].reshape(-1, 3)} == {(8, 9, 11)}
    view.scroll(1)
    window.canvas.deleteLater()
    window.host.close()
    window.settle()
    window.place.close()


HIGH_DPI = """
import json
from Testing.gui.canvas_cases import box_document, gray_image, grid, open_window
window = open_window()
window.open(box_document(grid("plain")), gray_image(grid("plain")))
view = window.canvas.view("axial")
pixels = view.pixels()
window.canvas.set_crosshair_visible(True)
window.canvas.state.move_crosshair(grid("plain").lps_from_ijk((5, 4, 3)).tolist())
window.settle()
changed = (view.pixels() != pixels).any(axis=2)
window.canvas.set_crosshair_visible(False)
x, y = (int(2 * coordinate) // 2 * 2 for coordinate in view.point_of_ijk((5, 4, 3)))
lines = [changed[:, 40:60].all(axis=1).nonzero()[0].tolist(), changed[40:60].all(axis=0).nonzero()[0].tolist()]
print(json.dumps({
    "ratio": view.devicePixelRatioF(),
    "widget": [view.height(), view.width()],
    "pixels": pixels.shape[:2],
    "lines": lines, "at": [y, x],
    "cut": view.picture.node.GetDimensions()[:2],
    "middle": window.color_at(view, (5, 4, 3)),
    "border": [window.color_at(view, (2.5 + side, 4, 3))[:2] for side in (-0.02, 0.02)],
}))
window.close()
"""


def test_on_a_screen_of_two_pixels_a_point_pictures_have_all_pixels() -> None:
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root / "MultiLabelSeg"), str(root)])
    environment = {**os.environ, "QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": path}
    child = subprocess.run(
        [sys.executable, "-c", HIGH_DPI], capture_output=True, text=True, env=environment, check=True, timeout=120
    )
    told = json.loads(child.stdout.splitlines()[-1])
    high, wide = told["widget"]
    assert told["ratio"] == 2.0
    assert told["pixels"] == [2 * high, 2 * wide]
    assert told["cut"] == [2 * wide, 2 * high]
    assert told["middle"] == [255, 0, 0]
    assert told["lines"] == [[at, at + 1] for at in told["at"]]
    assert told["border"][0] != [255, 0]
    assert told["border"][1] == [255, 0]
