"""Data selection: images, segmentations that fit them, and what is offered where they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Image
from MultiLabelSegLib.errors import FormatError, HostError, OptionError, ToolError
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.presets.any_preset import write_preset
from MultiLabelSegLib.presets.preset import from_segmentation
from MultiLabelSegLib.ui.files.label_like import is_label_like
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.topics import Topic
from Testing.ui.panel_cases import SHAPE, Told, a_document, a_presenter, an_image, geometry, wait_for, write_image


def test_a_new_segmentation_is_named_after_its_image_and_numbered() -> None:
    presenter = a_presenter()
    presenter.data.select_image("CT")

    first, second = presenter.data.new_segmentation(), presenter.data.new_segmentation()

    assert (first.name, second.name) == ("CT-labels", "CT-labels-2")
    assert [(label.value, label.name) for label in first.document.labels] == [(1, "Label 1")]
    assert (presenter.data.segmentation_id, presenter.labels.active) == (second.id, 1)
    assert not first.is_modified


def test_a_new_segmentation_of_several_frames_asks_static_or_dynamic() -> None:
    presenter = Presenter(HeadlessHost({"CT": an_image(3)}))
    presenter.data.select_image("CT")

    with pytest.raises(OptionError, match="static, dynamic"):
        presenter.data.new_segmentation()
    static = presenter.data.new_segmentation(time="static")
    dynamic = presenter.data.new_segmentation(time="dynamic")

    assert (static.document.geometry.time_steps, dynamic.document.geometry.time_steps) == (1, 3)
    presenter.data.set_frame(2)
    assert (presenter.session.frame, presenter.session.scene().image_t) == (2, 2)
    presenter.data.select_segmentation(static.id)
    assert (presenter.session.frame, presenter.session.scene().image_t) == (0, 2)
    with pytest.raises(ToolError, match=r"0\.\.\.2"):
        presenter.data.set_frame(3)


def test_the_preferred_preset_gives_the_labels_and_a_broken_one_is_told(tmp_path: Path) -> None:
    host = HeadlessHost({"CT": an_image()})
    presenter = Presenter(host)
    path = tmp_path / "organs.mitklabel.json"
    write_preset(from_segmentation(a_document()), path)
    presenter.data.select_image("CT")

    presenter.session.preferences = presenter.session.preferences.with_(label_set_preset=str(path))
    assert presenter.data.new_segmentation().document.values == (1, 2, 3, 4, 7)
    path.write_text("nonsense")
    assert presenter.data.new_segmentation().document.values == (1,)
    assert "organs.mitklabel.json" in host.messages[0].text


def test_only_congruent_segmentations_are_offered_for_an_image() -> None:
    small = Geometry.from_parts((2, 2, 2), (1, 1, 1))
    host = HeadlessHost({"CT": an_image(), "MR": Image(np.zeros(small.full_shape), small)})
    presenter = a_presenter(a_document(), host)
    presenter.data.select_image("MR")

    (item,) = presenter.data.segmentations()

    assert (item.congruent, item.reason[:4]) == (False, "size")
    presenter.data.select_image("CT")
    assert presenter.data.segmentations()[0].congruent


def test_an_image_of_another_grid_offers_a_resampled_copy_and_the_original_stays() -> None:
    fine = Geometry.from_parts((SHAPE[0], SHAPE[1] * 2, SHAPE[2] * 2), (0.5, 0.5, 2.0), (-0.25, -0.25, 0.0))
    host = HeadlessHost({"CT": an_image(), "fine": Image(np.zeros(fine.full_shape), fine)})
    presenter = a_presenter(a_document(), host)
    original = presenter.session.need()
    presenter.data.select_image("fine")

    offer = presenter.data.offer()
    assert offer is not None
    assert [choice.id for choice in offer.choices] == ["resample", "own", "new"]
    presenter.data.take("resample")
    wait_for(host)

    made = presenter.session.need()
    assert made.document.geometry.is_congruent(fine)
    assert made.document.voxels(1) == 4 * original.document.voxels(1)
    assert (made.is_modified, made.document.uid != original.document.uid) == (True, True)
    assert original.document.geometry.shape == SHAPE
    assert presenter.data.offer() is None


def test_what_resampling_cuts_off_is_told() -> None:
    """The image holds row 0 alone, in which all labels but the spleen lie."""
    thin = Geometry.from_parts((SHAPE[0], 1, 10), (0.5, 1.0, 2.0), (-0.25, 0.0, 0.0))
    host = HeadlessHost({"CT": an_image(), "thin": Image(np.zeros(thin.full_shape), thin)})
    presenter = a_presenter(a_document(), host)
    presenter.data.select_image("thin")

    presenter.data.take("resample")
    wait_for(host)

    assert presenter.session.need().document.voxels(1) == 10
    told = [message.text for message in host.messages]
    assert told == ["Outside of thin nothing was kept. Labels that are now empty: Spleen"]


def test_an_image_that_is_a_larger_box_of_the_same_voxels_offers_padding() -> None:
    wide = Geometry.from_parts((3, 6, 5), (1.0, 1.0, 2.0), (0.0, -1.0, 0.0))
    presenter = a_presenter(a_document(), HeadlessHost({"wide": Image(np.zeros(wide.full_shape), wide)}))
    presenter.data.select_image("wide")

    presenter.data.take("fit")

    assert presenter.session.need().document.geometry.is_congruent(wide)
    assert presenter.session.need().document.voxels(1) == 5


def test_a_segmentation_may_keep_its_own_grid_without_the_image() -> None:
    small = Geometry.from_parts((2, 2, 2), (1, 1, 1))
    presenter = a_presenter(a_document(), HeadlessHost({"MR": Image(np.zeros(small.full_shape), small)}))
    presenter.data.select_image("MR")

    presenter.data.take("own")

    assert (presenter.data.image_id, presenter.data.offer(), presenter.session.image) == ("", None, None)
    assert presenter.session.scene().active_label().value == 1


def test_a_colour_photograph_asks_which_channel_and_says_which_was_taken(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    colors = np.zeros((4, 5, 3), np.uint8)
    colors[..., 1] = 200
    path = tmp_path / "skin.png"
    sitk.WriteImage(sitk.GetImageFromArray(colors, isVector=True), str(path))
    host = HeadlessHost()
    presenter = Presenter(host)

    presenter.data.open_image(path)
    wait_for(host)
    offer = presenter.data.offer()
    assert offer is not None
    assert [choice.title for choice in offer.choices] == ["Red", "Green", "Blue"]
    presenter.data.take("1")

    assert [item.title for item in presenter.data.images()] == ["skin (green)"]
    image = presenter.session.image
    assert image is not None
    assert (image.geometry.shape, image.array.max(), presenter.data.offer()) == ((1, 4, 5), 200, None)
    assert presenter.data.new_segmentation().document.geometry.shape == (1, 4, 5)


def test_closing_refuses_to_lose_changes() -> None:
    presenter = a_presenter(a_document())
    presenter.labels.erase([1])

    with pytest.raises(ToolError, match="unsaved changes"):
        presenter.data.close()
    presenter.data.close(discard=True)

    assert (presenter.session.current, presenter.data.segmentations()) == (None, [])
    with pytest.raises(ToolError, match="no segmentation is open"):
        presenter.labels.add_label("x")


def test_a_copy_is_another_document() -> None:
    presenter = a_presenter(a_document())
    first = presenter.session.need()

    second = presenter.data.duplicate()
    presenter.labels.erase([1])

    assert (second.name, second.is_modified) == ("CT-labels copy", True)
    assert (first.document.voxels(1), second.document.voxels(1)) == (5, 0)
    assert first.document.uid != second.document.uid


def test_hovering_names_every_label_at_the_voxel_with_its_value() -> None:
    presenter = a_presenter(a_document())
    presenter.data.select_image("CT")

    assert presenter.data.hover_text((1.2, 0.4, 0.0)) == "(1, 0, 0)  1  Liver (1) in Group 1  Tumör (7) in Lesions"
    assert presenter.data.hover_text((-3, 0, 0)) == "(-3, 0, 0)"


def test_what_does_not_exist_cannot_be_chosen() -> None:
    presenter = a_presenter()
    told = Told(presenter)

    with pytest.raises(HostError, match="'CT'"):
        presenter.data.select_image("PET")
    with pytest.raises(HostError, match="no segmentation"):
        presenter.data.select_segmentation("other")
    assert told.topics == []


def test_a_folder_of_dicom_images_is_an_image_and_of_several_series_one_is_chosen(tmp_path: Path) -> None:
    cases = pytest.importorskip("Testing.formats.dicom_cases")
    affine = np.diag([0.5, 0.5, 2.0, 1.0])
    cases.write_series(tmp_path / "ct", (3, 4, 5), affine)
    host = HeadlessHost()
    presenter = Presenter(host)

    presenter.data.open_image(tmp_path / "ct")
    wait_for(host)
    assert [item.title for item in presenter.data.images()] == ["ct"]
    assert presenter.data.new_segmentation().document.geometry.shape == (3, 4, 5)

    for path in cases.write_series(tmp_path / "other", (2, 4, 5), affine).iterdir():
        path.rename(tmp_path / "ct" / f"other{path.name}")
    presenter.data.open_image(tmp_path / "ct")
    wait_for(host)
    offer = presenter.data.offer()
    assert offer is not None
    sizes = [choice.title for choice in offer.choices]
    assert sorted(sizes) == ["2 images", "3 images"]
    presenter.data.take(str(sizes.index("2 images")))
    wait_for(host)
    image = presenter.session.image
    assert image is not None
    assert image.geometry.shape == (2, 4, 5)


def test_reading_an_image_can_be_cancelled_and_says_nothing_then(tmp_path: Path) -> None:
    write_image(tmp_path / "a.nii.gz", 1, geometry())
    host = HeadlessHost()
    presenter = Presenter(host)
    told = Told(presenter)

    presenter.data.open_image(tmp_path / "a.nii.gz")
    presenter.data.cancel()
    wait_for(host)

    assert presenter.data.images() == []
    assert [change for change in told.changes if change.topic is Topic.BUSY][-1].values == ()


def test_a_broken_image_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.nii.gz").write_bytes(b"nothing")
    host = HeadlessHost()
    presenter = Presenter(host)
    presenter.data.open_image(tmp_path / "a.nii.gz")

    with pytest.raises(FormatError, match=r"a\.nii\.gz"):
        wait_for(host)


def test_a_segmentation_of_another_image_brings_its_image_along() -> None:
    small = Geometry.from_parts((2, 2, 2), (1, 1, 1))
    host = HeadlessHost({"CT": an_image(), "MR": Image(np.zeros(small.full_shape), small)})
    presenter = Presenter(host)
    presenter.data.select_image("CT")
    first = presenter.data.new_segmentation()
    presenter.data.select_image("MR")
    presenter.data.take("new")
    assert (presenter.session.need().name, presenter.data.offer()) == ("MR-labels", None)

    presenter.data.select_segmentation(first.id)

    assert (presenter.data.image_id, presenter.data.offer()) == ("CT", None)


# ---- labels or an image ----------------------------------------------------------------------------------------------


def opened(path: Path, voxels: Any, spacing: tuple[float, ...] = (1.0, 1.0, 2.0)) -> tuple[Presenter, HeadlessHost]:
    """A presenter with the CT, and a file opened that is named like an image."""
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(spacing)
    sitk.WriteImage(image, str(path))
    host = HeadlessHost({"CT": an_image()})
    presenter = Presenter(host)
    presenter.data.select_image("CT")
    presenter.data.open_image(path, is_sure=False)
    wait_for(host)
    return presenter, host


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_labels_on_the_grid_of_the_image_are_opened_as_a_segmentation(tmp_path: Path, kind: Any) -> None:
    voxels = np.zeros((3, 4, 5), kind)
    voxels[:, 1:3, 1:4] = 2

    presenter, host = opened(tmp_path / "liver.nii.gz", voxels)
    wait_for(host)

    assert presenter.session.need().document.voxels(2) == 18
    assert presenter.data.image_id == "CT"


def test_labels_on_another_grid_are_asked_about_and_opened_as_the_user_says(tmp_path: Path) -> None:
    voxels = np.zeros((3, 4, 5), np.int16)
    voxels[:, 1:3, 1:4] = 2
    presenter, host = opened(tmp_path / "liver.nii.gz", voxels, (3.0, 3.0, 3.0))
    offer = presenter.data.offer()
    assert offer is not None
    assert offer.text == "The voxels of liver look like labels. What is it?"
    assert [item.title for item in presenter.data.images()] == ["CT"]
    presenter.data.select_image("CT")
    assert presenter.data.offer() is offer

    presenter.data.take("segmentation")
    wait_for(host)

    assert presenter.session.need().name == "liver"
    offer = presenter.data.offer()
    assert offer is not None
    assert offer.kind == "grid"

    presenter, host = opened(tmp_path / "liver.nii.gz", voxels, (3.0, 3.0, 3.0))
    presenter.data.take("image")
    assert [item.title for item in presenter.data.images()] == ["CT", "liver"]
    assert (presenter.session.document, presenter.data.offer()) == (None, None)


@pytest.mark.parametrize("lowest", [0, -900])
def test_another_image_on_the_grid_of_the_first_is_an_image(tmp_path: Path, lowest: int) -> None:
    voxels = np.random.default_rng(0).integers(lowest, 900, (3, 4, 5)).astype(np.int16)

    presenter, _ = opened(tmp_path / "pet.nii.gz", voxels)

    assert [item.title for item in presenter.data.images()] == ["CT", "pet"]
    assert (presenter.session.document, presenter.data.offer()) == (None, None)


def test_labels_are_told_from_images_by_their_voxels() -> None:
    chance = np.random.default_rng(0)
    blocks = np.kron(chance.integers(0, 500, (2, 8, 8)), np.ones((1, 8, 8), int))
    assert is_label_like(blocks[np.newaxis])
    assert is_label_like(blocks[np.newaxis].astype(np.float64))
    assert is_label_like(chance.integers(0, 2, (1, 4, 20, 20)).astype(np.bool_))
    assert not is_label_like(chance.integers(0, 255, (1, 4, 200, 200)).astype(np.uint8))
    assert not is_label_like(blocks[np.newaxis] + 0.5)
    assert not is_label_like(blocks[np.newaxis] - 500)
    assert not is_label_like(blocks[np.newaxis] * 1000)
    assert not is_label_like(np.full((1, 2, 3, 4), np.nan))
    assert not is_label_like(np.zeros((1, 2, 3, 4), np.uint8))
