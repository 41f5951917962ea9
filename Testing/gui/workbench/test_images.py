"""Images that do not simply fit: several frames, colours, one slice, DICOM folders, other grids; never a dead end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import write
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.ui.qt.errors import desk
from MultiLabelSegLib.workbench.window_input import ViewInput

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]
ROOT = Path(__file__).resolve().parents[2]
FRAMES = (0, 100, 200)


def moving_image() -> Image:
    """Three frames, each as bright as its number says, 6 x 20 x 24 voxels."""
    geometry = Geometry.from_parts((6, 20, 24), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0), time_steps=3)
    array = np.zeros(geometry.full_shape, np.int16)
    for t, value in enumerate(FRAMES):
        array[t] = value
    return Image(array, geometry)


def offer_buttons(window: Any) -> dict[str, Any]:
    """The buttons of the offer that can be seen."""
    box = window.panel.data.offer
    return {name: button for name, button in box.buttons.items() if button.isVisibleTo(window)}


def grey(window: Any, view: str = "axial") -> int:
    """How bright the middle of a view is."""
    pixels = window.canvas.view(view).pixels()
    return int(pixels[pixels.shape[0] // 2, pixels.shape[1] // 2, 0])


def show_moving(window: Any, time: str) -> Segmentation:
    """The image of three frames and a new segmentation of it, begun by the dialog."""
    window.presenter.data.select_image(window.host.add_image(moving_image(), "beat"))
    window.settle()
    window.panel.files.new_segmentation()
    dialog = window.panel.files.dialog
    choice = dialog.form.editors["time"]
    choice.widget.setCurrentIndex([each.value for each in choice.field.choices].index(time))
    dialog.ok.click()
    window.settle()
    document: Segmentation = window.presenter.session.document
    window.canvas.set_window_level(400, 100)
    window.canvas.set_overlay_visible(False)
    return document


# ---- frames ----------------------------------------------------------------------------------------------------------


def test_a_dynamic_segmentation_is_painted_frame_by_frame_and_the_image_follows(empty_window: Any) -> None:
    window = empty_window
    document = show_moving(window, "dynamic")
    assert document.geometry.time_steps == 3
    views, slider = ViewInput(window.canvas), window.canvas._panes.time.slider
    assert slider.isVisibleTo(window)
    assert slider.maximum() == 2
    shown = [grey(window)]
    window.presenter.tools.toggle("paint")
    window.presenter.tools.set_option("diameter", 1)
    for t in (1, 2):
        slider.setValue(t)
        window.settle()
        assert window.presenter.data.frame == t
        assert window.panel.data.time.slider.value() == t
        shown.append(grey(window))
        views.show("axial", 3)
        views.drag("axial", [(2, 2 * t, 3), (10, 2 * t, 3)])
    assert shown[0] < shown[1] < shown[2]
    written = [np.argwhere(document.group(0).array[t]) for t in range(3)]
    assert [len(each) for each in written] == [0, 9, 9]
    assert {tuple(place) for place in written[1]} == {(3, 2, i) for i in range(2, 11)}
    assert {tuple(place) for place in written[2]} == {(3, 4, i) for i in range(2, 11)}
    views.key("Ctrl+Z")
    assert not document.group(0).array[2].any()
    assert document.group(0).array[1].any()


def test_a_static_segmentation_of_a_moving_image_is_the_same_in_every_frame(empty_window: Any) -> None:
    window = empty_window
    document = show_moving(window, "static")
    assert document.geometry.time_steps == 1
    views = ViewInput(window.canvas)
    slider = window.canvas._panes.time.slider
    assert slider.maximum() == 2
    shown = []
    for t in (2, 1, 0):
        slider.setValue(t)
        window.settle()
        assert window.presenter.data.frame == t
        shown.append(grey(window))
    assert shown[0] > shown[1] > shown[2]
    window.panel.data.time.slider.setValue(2)
    window.settle()
    assert slider.value() == 2
    assert grey(window) == shown[0]
    window.presenter.tools.toggle("paint")
    views.show("axial", 3)
    views.drag("axial", [(5, 5, 3)])
    assert document.group(0).array.any()


# ---- colours, slices, folders ----------------------------------------------------------------------------------------


def test_a_colour_picture_asks_for_the_channel_that_tools_see(empty_window: Any, tmp_path: Path) -> None:
    import SimpleITK as sitk

    pixels = np.zeros((30, 40, 3), np.uint8)
    pixels[:, :20, 0] = 200
    pixels[:, :, 2] = 50
    path = tmp_path / "photo.png"
    sitk.WriteImage(sitk.GetImageFromArray(pixels, isVector=True), str(path))
    window = empty_window
    window.open_paths([path])
    buttons = offer_buttons(window)
    assert len(buttons) == 3
    buttons["0"].click()
    window.settle()
    image = window.presenter.session.image
    assert image.array.shape == (1, 1, 30, 40)
    assert set(np.unique(image.array)) == {0, 200}
    assert offer_buttons(window) == {}
    window.presenter.data.new_segmentation()
    window.presenter.tools.toggle("fill")
    ViewInput(window.canvas).click("axial", (30, 10, 0))
    assert window.presenter.session.document.group(0).array.all()


def test_one_slice_can_be_painted_like_any_image(empty_window: Any, tmp_path: Path) -> None:
    import SimpleITK as sitk

    path = tmp_path / "slice.png"
    sitk.WriteImage(sitk.GetImageFromArray(np.arange(1200, dtype=np.uint16).reshape(30, 40)), str(path))
    window = empty_window
    window.open_paths([path])
    window.presenter.data.new_segmentation()
    window.settle()
    window.presenter.tools.toggle("paint")
    window.presenter.tools.set_option("diameter", 1)
    ViewInput(window.canvas).drag("axial", [(5, 5, 0), (15, 5, 0)])
    array = window.presenter.session.document.group(0).array
    assert np.argwhere(array).tolist() == [[0, 0, 5, i] for i in range(5, 16)]


def test_a_folder_of_dicom_slices_is_opened_and_segmented(empty_window: Any) -> None:
    window = empty_window
    window.open_paths([ROOT / "golden/mitk/dicom_seg_one_group/source_ct"])
    image = window.presenter.session.image
    assert image is not None
    assert image.geometry.shape[0] == 6
    window.presenter.data.new_segmentation()
    window.settle()
    assert window.canvas.document.geometry.is_congruent(image.geometry)


def test_a_folder_of_two_series_asks_which_one(empty_window: Any, tmp_path: Path) -> None:
    import shutil

    import pydicom

    source = ROOT / "golden/mitk/dicom_seg_one_group/source_ct"
    shutil.copytree(source, tmp_path / "both")
    for path in sorted(source.iterdir())[:2]:
        data = pydicom.dcmread(path)
        data.SeriesInstanceUID = f"{data.SeriesInstanceUID}.7"
        data.SOPInstanceUID = f"{data.SOPInstanceUID}.7"
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
        data.save_as(tmp_path / "both" / f"other_{path.name}")
    window = empty_window
    window.open_paths([tmp_path / "both"])
    buttons = offer_buttons(window)
    assert sorted(button.text() for button in buttons.values()) == ["2 images", "6 images"]
    next(button for button in buttons.values() if button.text() == "2 images").click()
    window.settle()
    assert window.presenter.session.image.geometry.shape[0] == 2


# ---- other grids -----------------------------------------------------------------------------------------------------


def half_grid(window: Any) -> Segmentation:
    """An image, and a segmentation of half its height that was made on a crop of it."""
    whole = Geometry.from_parts((12, 20, 24), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0))
    part = Geometry.from_parts((6, 20, 24), (1.0, 1.0, 2.0), (0.0, 0.0, 6.0))
    pixels = np.arange(whole.full_shape[0] * 12 * 20 * 24, dtype=np.int16).reshape(whole.full_shape)
    array = np.zeros(part.full_shape, np.uint8)
    array[0, 2:4, 5:9, 5:9] = 1
    document = Segmentation(part, [Group(array, [Label(1, "Liver")])])
    image_id = window.host.add_image(Image(pixels, whole), "whole")
    window.presenter.data.select_image(image_id)
    opened = window.presenter.session.add_document(document, "part", image_id=image_id)
    window.presenter.data.offer_for(opened)
    window.settle()
    return document


def test_a_segmentation_of_another_grid_is_offered_to_be_padded(empty_window: Any) -> None:
    window = empty_window
    document = half_grid(window)
    buttons = offer_buttons(window)
    assert set(buttons) == {"fit", "resample", "own", "new"}
    buttons["fit"].click()
    window.settle()
    made = window.presenter.session.document
    assert made is not document
    assert made.geometry.shape == (12, 20, 24)
    assert np.argwhere(made.group(0).array[0]).min(0).tolist() == [5, 5, 5]
    assert made.voxels(1) == document.voxels(1)
    assert offer_buttons(window) == {}
    assert window.canvas.document is made


@pytest.mark.parametrize("answer", ["resample", "own", "new"])
def test_the_other_ways_on_from_another_grid_end_without_an_offer_and_can_be_painted(
    empty_window: Any, answer: str
) -> None:
    window = empty_window
    document = half_grid(window)
    offer_buttons(window)[answer].click()
    window.settle()
    assert offer_buttons(window) == {}
    current = window.presenter.session.document
    if answer == "resample":
        assert current.geometry.shape == (12, 20, 24)
        assert current.voxels(1) == document.voxels(1)
    elif answer == "own":
        assert current is document
        assert window.presenter.session.image is None
    else:
        assert current.geometry.shape == (12, 20, 24)
        assert not current.group(0).array.any()
    before = current.group(0).array.copy()
    window.presenter.tools.toggle("paint")
    ViewInput(window.canvas).drag("axial", [(15, 15, window.canvas.view("axial").frame.slice)])
    assert (current.group(0).array != before).any()


def test_a_file_of_another_grid_makes_the_offer_when_it_is_opened(empty_window: Any, tmp_path: Path) -> None:
    window = empty_window
    document = half_grid(window)
    window.presenter.data.take("new")
    write(document, tmp_path / "part_seg.nrrd")
    window.open_paths([tmp_path / "part_seg.nrrd"])
    assert "fit" in offer_buttons(window)
    assert desk.told == []
