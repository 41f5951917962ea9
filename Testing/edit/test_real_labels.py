"""Operations on a real chest CT segmentation: parts as SimpleITK finds them, and everything undone exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.folders import folder_tree
from MultiLabelSegLib.core.naming import display_names
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.edit import operations as ops

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "slicer"


@pytest.fixture
def chest() -> mls.Segmentation:
    return mls.read(GOLDEN / "Segmentation.seg.nrrd")


@pytest.mark.parametrize(("connectivity", "fully"), [(6, False), (26, True)])
def test_the_instances_of_every_organ_are_its_connected_components(
    chest: mls.Segmentation, connectivity: int, fully: bool
) -> None:
    before, labels = chest.groups[0].array.copy(), chest.labels
    history = History(chest)
    for label in labels:
        image = sitk.GetImageFromArray(chest.mask(label.value)[0].view(np.uint8))
        reference = sitk.GetArrayFromImage(sitk.ConnectedComponent(image, fully))
        sizes = np.sort(np.bincount(reference.reshape(-1))[1:])[::-1].tolist()
        made = history.do(ops.split_label(chest, label.value, connectivity=connectivity)).values
        assert [chest.voxels(value) for value in (label.value, *made)] == sizes
    assert len(chest.labels) > len(labels)
    assert len(set(display_names(chest.groups[0].labels).values())) == len(chest.labels)
    while history.can_undo:
        history.undo()
    assert chest.labels == labels
    np.testing.assert_array_equal(chest.groups[0].array, before)


def test_folders_of_organs_go_through_every_format(chest: mls.Segmentation, tmp_path: Path) -> None:
    history = History(chest)
    for label in chest.labels:
        bone = "column" in label.name or label.name == "ribs"
        history.do(ops.set_folder(chest, label.value, f"Bones/{label.name}" if bone else "Organs"))
    history.do(ops.set_folder_visible(chest, False, "Bones"))
    expected = folder_tree(chest.labels)
    assert (expected.folders["Bones"].visible, expected.folders["Organs"].visible) == (False, True)
    path = GOLDEN
    for name in ("a.nrrd", "b.seg.nrrd", "c.mitklabel.json", "d.nii.gz", "e.nrrd"):
        mls.write(chest if path is GOLDEN else mls.read(path), tmp_path / name)
        path = tmp_path / name
    assert folder_tree(mls.read(path).labels) == expected
