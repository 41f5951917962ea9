"""The real Supervisely SDK imports our NIfTI data sets: same objects, classes, colours, scores, no warning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.nifti_export import export_nifti
from MultiLabelSegLib.datasets.supervisely.nifti_item import NiftiItem
from MultiLabelSegLib.datasets.supervisely.object_properties import SCORES, scores_of
from Testing.interop.sly_client import SlyClient

pytestmark = pytest.mark.supervisely_sdk

SHAPE = (6, 7, 8)
AXES = {"RAS": np.diag([-1.0, -1.0, 1.0]), "LPS": np.eye(3), "turned": np.eye(3)[[2, 0, 1]] * [1, -1, 1]}


def scored(first: str, second: str) -> dict[str, Any]:
    frames = {"1": {"score": first, "comment": 'seen, "twice"'}, "4": {"score": second, "comment": None}}
    return {SCORES: {"0-0-1": frames}}


def item(stem: str, axes: str = "RAS", dataset: str = "", has_scores: bool = True) -> NiftiItem:
    """A liver and two tumours, one of a value above 255, on a grid of these axes; the plane is axl."""
    grid = Geometry.from_parts(SHAPE, (1.0, 1.25, 3.0), (3.25, -7.5, 11.0), AXES[axes])
    values = np.zeros((1, *SHAPE), np.uint16)
    values[0, :3, :2, :2], values[0, 4, 4:6, 1:4], values[0, 5, 6, 7] = 3, 40, 700
    labels = [
        Label(3, "liver", (1.0, 0.0, 0.0), properties=scored("0.80", "0.75") if has_scores else {}),
        Label(40, "tumor", (0.0, 1.0, 0.0), properties=scored("0.10", "0.20") if has_scores else {}),
        Label(700, "tumor", (0.0, 1.0, 0.0), properties=scored("0.30", "0.40") if has_scores else {}),
    ]
    image = Image(np.arange(values.size, dtype=np.int16).reshape(values.shape) - 100, grid)
    return NiftiItem(image, Segmentation(grid, [Group(values, labels)]), stem, dataset, "axl")


def without_comments(label: Label) -> dict[str, Any]:
    """What the SDK takes of scores: it has no column for comments."""
    return {
        normal: {frame: {**entry, "comment": None} for frame, entry in part.items()}
        for normal, part in scores_of(label).items()
    }


def assert_imported(found: dict[str, Any], meant: NiftiItem, with_scores: bool) -> None:
    """Volume and objects of one volume are those that were exported, voxel by voxel at their places in mm."""
    image, segmentation = meant.read_volume(), meant.read_segmentation()
    assert segmentation is not None
    voxels = np.argwhere(np.ones(found["array"].shape, bool))
    places = voxels @ np.array(found["affine"])[:3, :3].T + np.array(found["affine"])[:3, 3]
    i, j, k = np.rint(image.geometry.ijk_from_lps(places * (-1, -1, 1))).astype(int).T
    assert np.array_equal(found["array"].reshape(-1), image.array[0, k, j, i])
    here = [
        (one["class"], without_comments(label) if with_scores else {}, np.flatnonzero(one["mask"]).tolist())
        for label in segmentation.labels
        for one in [{"class": label.name, "mask": segmentation.mask(label.value)[0, k, j, i]}]
    ]
    there = [(one["class"], one["custom_data"], np.flatnonzero(one["mask"]).tolist()) for one in found["objects"]]
    assert sorted(there, key=str) == sorted(here, key=str)


@pytest.mark.parametrize("axes", AXES)
def test_the_sdk_reads_masks_by_name(axes: str, sly: SlyClient, tmp_path: Path) -> None:
    sources = [item("CT", axes), item("CT", axes, "second"), item("liver", axes, "third")]
    export_nifti(sources, tmp_path / "set")
    found = sly.convert(tmp_path / "set")
    assert (found["importer"], found["warnings"]) == ("nii", [])
    volumes = {volume["name"]: volume for volume in found["volumes"]}
    assert sorted(volumes) == ["CT.nrrd", "CT_01.nrrd", "liver_01.nrrd"]
    for volume in volumes.values():
        assert_imported(volume, sources[0], with_scores=False)


@pytest.mark.parametrize("axes", AXES)
def test_the_sdk_reads_a_mask_by_plane_with_classes_colours_and_scores_of_single_objects(
    axes: str, sly: SlyClient, tmp_path: Path
) -> None:
    source = item("CT", axes)
    export_nifti([source], tmp_path / "set", "by-plane")
    found = sly.convert(tmp_path / "set")
    assert (found["importer"], found["warnings"]) == ("nii_custom", [])
    assert {one["name"]: one["color"] for one in found["classes"]} == {"liver": [255, 0, 0], "tumor": [0, 255, 0]}
    assert_imported(found["volumes"][0], source, with_scores=True)


def test_with_ids_in_names_the_sdk_attaches_the_scores_of_each_item_to_its_own(sly: SlyClient, tmp_path: Path) -> None:
    sources = [item("A"), item("B", has_scores=False)]
    export_nifti(sources, tmp_path / "set", "by-plane", ids_in_names=True)
    found = sly.convert(tmp_path / "set")
    assert found["warnings"] == []
    by_name = {volume["name"].split("_")[2]: volume for volume in found["volumes"]}
    for source in sources:
        assert_imported(by_name[source.stem], source, with_scores=True)


def test_items_of_one_plane_in_folders_keep_their_masks_apart_in_the_sdk(sly: SlyClient, tmp_path: Path) -> None:
    sources = [item("A"), item("B", "LPS"), item("C", "turned", "deeper")]
    export_nifti(sources, tmp_path / "set", "by-plane")
    found = sly.convert(tmp_path / "set")
    assert found["warnings"] == []
    for source in sources:
        (volume,) = (one for one in found["volumes"] if one["name"].startswith(source.stem))
        assert_imported(volume, source, with_scores=False)
