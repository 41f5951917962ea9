"""Images and segmentations that are called alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib.datasets.cases.pairing import pair_folders
from MultiLabelSegLib.errors import DatasetError


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_stems_pair_whatever_the_formats(tmp_path: Path) -> None:
    images = touch(tmp_path / "ct", "a.nii.gz", "b.b.mha", "notes.txt", ".hidden.nii")
    masks = touch(tmp_path / "seg", "a.seg.nrrd", "b.b.mitklabel.json", "a.seg.nrrd.mlseg.json")
    (images / "c").mkdir()
    (masks / "c").mkdir()
    found = pair_folders(images, masks)
    assert [
        (case.id, case.images["image"].name, case.segmentation.name) for case in found.cases if case.segmentation
    ] == [
        ("a", "a.nii.gz", "a.seg.nrrd"),
        ("b.b", "b.b.mha", "b.b.mitklabel.json"),
        ("c", "c", "c"),
    ]
    assert not found.left_out


def test_channels_and_suffixes_in_one_folder(tmp_path: Path) -> None:
    folder = touch(tmp_path / "all", "x_t1.nii", "x_t1ce.nii", "x_seg.nii", "y_t1.nii", "y_seg.nii")
    found = pair_folders(folder, folder, channels={"T1": "_t1", "T1ce": "_t1ce"}, segmentation_suffix="_seg")
    assert [case.id for case in found.cases] == ["x"]
    assert list(found.cases[0].images) == ["T1", "T1ce"]
    assert "it has no image of the channel T1ce" in str(found.left_out[0])


def test_a_plain_channel_beside_one_with_a_suffix_does_not_take_its_files(tmp_path: Path) -> None:
    folder = touch(tmp_path / "all", "x.nii", "x_pet.nii")
    found = pair_folders(folder, None, channels={"CT": "", "PET": "_pet"})
    assert {name: path.name for name, path in found.cases[0].images.items()} == {"CT": "x.nii", "PET": "x_pet.nii"}


def test_unpaired_and_clashing_files_are_named(tmp_path: Path) -> None:
    images = touch(tmp_path / "ct", "a.nii.gz", "b.nii", "c.nii", "c.nrrd")
    masks = touch(tmp_path / "seg", "a.nrrd", "c.nrrd", "d.nrrd")
    found = pair_folders(images, masks)
    reasons = "\n".join(map(str, found.left_out))
    assert [case.id for case in found.cases] == ["a"]
    assert "case 'b': it has no segmentation" in reasons
    assert "case 'c': 2 files have its name: c.nii, c.nrrd" in reasons
    assert "case 'd': it has no image" in reasons


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="gone: there is no such folder"):
        pair_folders(tmp_path / "gone", None)
