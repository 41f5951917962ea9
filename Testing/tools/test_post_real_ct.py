"""Post-processing of a real chest CT's segmentation of 3.05 x 3.05 x 10 mm, with SimpleITK as the judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Image, Segmentation
from MultiLabelSegLib.datasets.demo import sample_folder, sample_image
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.tools.autocrop import Autocrop, crop_image, labelled_box
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.boolean import Difference, Intersection, Union
from MultiLabelSegLib.tools.extract import class_maps
from MultiLabelSegLib.tools.islands import Islands
from MultiLabelSegLib.tools.margin import Margin
from MultiLabelSegLib.tools.mask_image import MaskImage
from MultiLabelSegLib.tools.morphology import CloseMorphology, Dilate, Erode, FillHoles, Open
from MultiLabelSegLib.tools.resample import Resample
from MultiLabelSegLib.tools.smooth import Smooth

LUNG, TISSUE, SPHERE = "right lung", "tissue", "overlapping sphere"


@pytest.fixture(scope="module")
def chest() -> Segmentation:
    return mls.read(sample_folder() / "SegmentationOverlapping.seg.nrrd")


@pytest.fixture(scope="module")
def ct() -> Image:
    return read_image(sample_image())


def mask_of(segmentation: Segmentation, name: str) -> sitk.Image:
    frame = segmentation.mask(name)[0].astype(np.uint8)
    image = sitk.GetImageFromArray(frame)
    image.SetSpacing(segmentation.geometry.spacing)
    return image


def result_of(chest: Segmentation, tool: Any, name: str = LUNG) -> np.ndarray:
    """The frame (k, j, i) of the tool's result in a group of its own."""
    draft = tool.propose(Scene(chest, None, chest.label(name).value))
    (group,) = draft.new_groups
    return np.asarray(group.array[0] > 0)


@pytest.mark.parametrize(
    ("tool", "judge"),
    [
        (Dilate(radius=3, into="group"), lambda mask: sitk.BinaryDilate(mask, [3] * 3, sitk.sitkBall)),
        (
            Dilate(radius=2, element="cross", region="sagittal", into="group"),
            lambda mask: sitk.BinaryDilate(mask, [0, 2, 2], sitk.sitkCross),
        ),
        (Erode(radius=2, into="group"), lambda mask: sitk.BinaryErode(mask, [2] * 3, sitk.sitkBall)),
        (
            Erode(radius=2, region="axial", into="group"),
            lambda mask: sitk.BinaryErode(mask, [2, 2, 0], sitk.sitkBall),
        ),
        (Open(radius=2, into="group"), lambda mask: sitk.BinaryMorphologicalOpening(mask, [2] * 3, sitk.sitkBall)),
        (
            CloseMorphology(radius=4, into="group"),
            lambda mask: sitk.BinaryMorphologicalClosing(mask, [4] * 3, sitk.sitkBall),
        ),
        (FillHoles(into="group"), sitk.BinaryFillhole),
        (Smooth(radius=2.0, into="group"), lambda mask: sitk.BinaryMedian(mask, [2] * 3)),
    ],
    ids=lambda case: getattr(case, "name", ""),
)
@pytest.mark.parametrize("name", [LUNG, TISSUE])
def test_the_result_in_the_labels_box_is_simpleitks_on_the_whole_volume(
    chest: Segmentation, tool: Any, judge: Callable[[sitk.Image], sitk.Image], name: str
) -> None:
    expected = sitk.GetArrayFromImage(judge(mask_of(chest, name))).astype(bool)
    found = result_of(chest, tool, name)
    np.testing.assert_array_equal(found, expected)
    assert expected.any()


@pytest.mark.parametrize("millimetres", [3.046876, 10.0, 15.0, -5.0, -10.5])
def test_a_margin_in_mm_is_the_distance_that_simpleitk_measures(chest: Segmentation, millimetres: float) -> None:
    mask = mask_of(chest, LUNG) if millimetres > 0 else sitk.BinaryNot(mask_of(chest, LUNG))
    distance = sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(mask, False, False, True))
    reached = distance <= abs(millimetres) + 1e-4
    expected = reached if millimetres > 0 else ~reached
    np.testing.assert_array_equal(result_of(chest, Margin(margin_mm=millimetres, into="group")), expected)


def test_growing_the_lungs_spares_their_locked_neighbours(chest: Segmentation) -> None:
    work = chest.copy()
    others = {label.value: work.mask(label.value) for label in work.labels if "lung" not in label.name}
    tool = Dilate(radius_mm=12.0, labels=("right lung", "left lung"))
    command = tool.propose(Scene(work)).command(work)
    History(work).do(command)
    for value, mask in others.items():
        np.testing.assert_array_equal(work.mask(value), mask)
    assert command.resolution.written > 0
    assert command.resolution.protected[work.label(TISSUE).value] > 0
    assert work.voxels(5) + work.voxels(6) == chest.voxels(5) + chest.voxels(6) + command.resolution.written


def test_joint_smoothing_leaves_no_gap_within_the_body(chest: Segmentation) -> None:
    work = chest.copy()
    organs = work.group(0)
    inside = sitk.GetArrayFromImage(
        sitk.BinaryErode(sitk.GetImageFromArray((organs.array[0] > 0).astype(np.uint8)), [5, 5, 2], sitk.sitkBox)
    ).astype(bool)
    before = organs.array[0].copy()
    tool = Smooth(method="joint", radius_mm=4.0, labels=organs.values)
    History(work).do(tool.propose(Scene(work)).command(work))
    after = work.group(0).array[0]
    assert inside.sum() > 10_000
    assert (after[inside] > 0).all()
    assert (after[inside] != before[inside]).sum() > 500


def test_booleans_across_groups_are_those_of_the_masks(chest: Segmentation) -> None:
    lung, sphere = chest.mask(LUNG)[0], chest.mask(SPHERE)[0]
    for tool, expected in (
        (Union(labels=(LUNG, SPHERE)), lung | sphere),
        (Intersection(labels=(LUNG, SPHERE)), lung & sphere),
        (Difference(labels=(LUNG, SPHERE)), lung & ~sphere),
    ):
        np.testing.assert_array_equal(result_of(chest, tool), expected)
        assert expected.any()


@pytest.mark.parametrize(("connectivity", "fully"), [(6, False), (26, True)])
def test_the_largest_islands_are_those_of_simpleitk(chest: Segmentation, connectivity: Any, fully: bool) -> None:
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(mask_of(chest, "ribs"), fully))
    ordered = sitk.GetArrayFromImage(parts)
    assert ordered.max() > 3
    sizes = np.bincount(ordered.ravel())[1:]
    keep = int(np.flatnonzero(np.diff(sizes))[1]) + 1  # where the size changes, so that the choice is clear
    tool = Islands(count=keep, connectivity=connectivity, into="group")
    np.testing.assert_array_equal(result_of(chest, tool, "ribs"), (ordered > 0) & (ordered <= keep))
    volume = float(np.prod(chest.geometry.spacing)) * 30
    tool = Islands(mode="remove_small", minimum_mm3=volume, connectivity=connectivity, into="group")
    kept = np.isin(ordered, np.flatnonzero(np.bincount(ordered.ravel()) >= 30)[1:])
    np.testing.assert_array_equal(result_of(chest, tool, "ribs"), kept)


def test_autocrop_of_segmentation_and_ct_keep_them_together(chest: Segmentation, ct: Image) -> None:
    work = chest.copy()
    box = labelled_box(work, [work.label(LUNG).value], 12, in_mm=True)
    tool = Autocrop(labels=(LUNG,), margin_mm=12.0)
    History(work).do(tool.propose(Scene(work)).command(work))
    small = crop_image(ct, box)
    assert small.geometry.is_congruent(work.geometry, 1e-3, 1e-4)
    assert work.voxels(5) == chest.voxels(5)
    np.testing.assert_allclose(work.centroid_lps(5), chest.centroid_lps(5), atol=1e-6)
    before, after = ct.array[chest.mask(LUNG)], small.array[work.mask(LUNG)]
    np.testing.assert_array_equal(before, after)


def test_smooth_labels_of_isotropic_voxels_keep_their_volumes(chest: Segmentation) -> None:
    work = chest.copy()
    tool = Resample(spacing=(3.046876, 3.046876, 2.5), method="smooth")
    History(work).do(tool.propose(Scene(work)).command(work))
    assert work.geometry.shape == (136, 128, 128)
    old, new = float(np.prod(chest.geometry.spacing)), float(np.prod(work.geometry.spacing))
    for name in (LUNG, "left lung", TISSUE, SPHERE):
        value = work.label(name).value
        assert work.voxels(value) * new == pytest.approx(chest.voxels(value) * old, rel=0.02)
        moved = np.subtract(work.centroid_lps(value), chest.centroid_lps(value))
        assert np.abs(moved).max() < 1.0


def test_the_masked_ct_is_that_of_simpleitk(chest: Segmentation, ct: Image) -> None:
    result = MaskImage(value=-1000).propose(Scene(chest, ct, chest.label(LUNG).value))
    image = sitk.GetImageFromArray(ct.array[0])
    image.SetSpacing(chest.geometry.spacing)
    expected = sitk.GetArrayFromImage(sitk.Mask(image, mask_of(chest, LUNG), -1000))
    np.testing.assert_array_equal(result.image.array[0], expected)


def test_class_maps_are_numbered_by_name(chest: Segmentation) -> None:
    organs = class_maps(chest)[0]
    names = [row.name for row in organs.table]
    assert names == sorted(names)
    for row in organs.table:
        np.testing.assert_array_equal(organs.image.array == row.value, chest.mask(row.name))
