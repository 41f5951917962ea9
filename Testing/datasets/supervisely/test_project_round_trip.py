"""Whatever a segmentation holds comes back from a Supervisely project: values, groups, locks, colours, places."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from MultiLabelSegLib.core import Geometry, Group, Segmentation
from MultiLabelSegLib.datasets.supervisely.project.writer import ProjectWriter
from MultiLabelSegLib.errors import LossError
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.datasets.supervisely.project_cases import (
    GRID,
    a_segmentation,
    an_image,
    assert_same,
    only_item,
    written,
)
from Testing.formats.mitk_truth import GOLDEN, NRRD_CASES, assert_is_truth
from Testing.formats.segmentations import segmentations


@pytest.mark.parametrize("case", NRRD_CASES)
def test_mitks_own_files_come_back_as_they_were_or_are_refused(case: str, tmp_path: Path) -> None:
    path = GOLDEN / case
    segmentation = read_segmentation(path)
    if segmentation.geometry.time_steps > 1:
        with ProjectWriter(tmp_path / "p") as writer, pytest.raises(LossError, match="time steps"):
            writer.add("ds0", "scan", None, segmentation)
        assert list(tmp_path.iterdir()) == []
        return
    found = written(tmp_path / "p", segmentation).segmentation()
    assert_same(found, segmentation)
    write_segmentation(found, tmp_path / "again.nrrd")
    again = read_segmentation(tmp_path / "again.nrrd")
    assert_is_truth(again, path.parent)
    assert_same(again, segmentation)


def only_labelled(segmentation: Segmentation) -> Segmentation:
    """The first frame, without voxels that no label explains."""
    groups = []
    for group in segmentation.groups:
        known = np.isin(group.array[:1], group.values)
        groups.append(Group(np.where(known, group.array[:1], 0), group.labels, group.name, group.properties))
    old = segmentation.geometry
    geometry = Geometry(old.shape, old.ijk_to_lps, 1, old.bounds[:2])
    made = segmentation.with_groups(groups, geometry)
    made.extras["x"] = {"y": [None, 1.5]}
    return made


@given(segmentation=segmentations())
def test_odd_names_properties_and_grids_come_back(segmentation: Segmentation) -> None:
    expected = only_labelled(segmentation)
    with tempfile.TemporaryDirectory() as folder:
        item = written(Path(folder) / "p", expected)
        assert_same(item.segmentation(), expected)
        assert (item.left_out, item.notes) == ([], [])


def test_without_the_original_grid_voxels_are_where_the_volume_has_them(tmp_path: Path) -> None:
    item = written(tmp_path / "p", a_segmentation(), an_image())
    turned = item.segmentation(original_grid=False)
    assert turned.geometry.ijk_to_lps.diagonal().tolist() == [-1, -2, 3, 1]
    assert np.array_equal(turned.groups[1].array, a_segmentation().groups[1].array[:, :, ::-1, ::-1])
    assert turned.centroid_lps(7) == a_segmentation().centroid_lps(7)


def test_the_image_lies_with_its_labels(tmp_path: Path) -> None:
    image = written(tmp_path / "p", a_segmentation(), an_image()).image()
    assert np.array_equal(image.array, an_image().array[:, :, ::-1, ::-1])
    assert np.allclose(image.geometry.lps_from_ijk([5, 4, 0]), GRID.origin)


def test_a_project_that_is_read_and_written_again_keeps_its_keys(tmp_path: Path) -> None:
    first = written(tmp_path / "a", a_segmentation(), an_image())
    written(tmp_path / "b", first.segmentation(), first.image())
    for name in ("ds0/ann/scan.nrrd.json", "meta.json", "key_id_map.json", "ds0/metadata/scan.nrrd.mlseg.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    masks = [sorted(path.name for path in (tmp_path / p / "ds0/mask/scan.nrrd").iterdir()) for p in "ab"]
    assert masks[0] == masks[1]


def test_an_image_with_its_axes_in_another_order_is_the_same_grid(tmp_path: Path) -> None:
    affine = GRID.ijk_to_lps.copy()
    affine[:3, 3] = GRID.lps_from_ijk([5, 0, 0])
    affine[:3, 0] *= -1
    flipped = an_image(Geometry(GRID.shape, affine))
    item = written(tmp_path / "p", a_segmentation(), flipped)
    assert_same(item.segmentation(), a_segmentation())
    assert np.array_equal(item.image().array, flipped.array[:, :, ::-1, :])


def test_several_volumes_in_nested_data_sets_are_told_apart(tmp_path: Path) -> None:
    from MultiLabelSegLib.datasets.supervisely.project.reader import read_project

    with ProjectWriter(tmp_path / "p") as writer:
        places = [writer.add(name, "scan", None, a_segmentation()) for name in ("a", "a/b", "a", "c")]
        writer.finish()
    assert [(place.dataset, place.name) for place in places] == [
        ("a", "scan.nrrd"), ("a/b", "scan.nrrd"), ("a", "scan_01.nrrd"), ("c", "scan.nrrd")
    ]  # fmt: skip
    reader = read_project(tmp_path / "p")
    assert [(item.dataset, item.name) for item in reader] == [
        ("a", "scan.nrrd"), ("a", "scan_01.nrrd"), ("a/b", "scan.nrrd"), ("c", "scan.nrrd")
    ]  # fmt: skip
    assert len({item.id for item in reader}) == 4
    for item in reader:
        assert_same(item.segmentation(), a_segmentation())
    assert [place.path.is_file() for place in places] == [True] * 4


def test_reading_changes_nothing(tmp_path: Path) -> None:
    written(tmp_path / "p", a_segmentation())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    only_item(tmp_path / "p").segmentation()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
