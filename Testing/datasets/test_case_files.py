"""Which files of a folder are cases, and which images are theirs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from MultiLabelSegLib.datasets.case_files import Case, find_case_files, find_images, images_of
from MultiLabelSegLib.datasets.cases.pairing import pair_folders
from MultiLabelSegLib.errors import DatasetError, FormatError
from MultiLabelSegLib.formats.folder_read import mask_files
from MultiLabelSegLib.formats.registry import read_segmentation


def a_tree(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def found(source: str | Path, root: Path) -> dict[str, str]:
    return {case.name: case.path.relative_to(root).as_posix() for case in find_case_files(source)}


def test_files_tables_and_stacks(tmp_path: Path) -> None:
    a_tree(tmp_path, "a.seg.nrrd", "b.nii.gz", "b.txt", "c_group_0.nii.gz", "notes.pdf", ".hidden.nrrd")
    (tmp_path / "c.mitklabel.json").write_text(json.dumps({"groups": [{"_file": "c_group_0.nii.gz"}]}))
    assert found(tmp_path, tmp_path) == {"a": "a.seg.nrrd", "b": "b.nii.gz", "c": "c.mitklabel.json"}


def test_images_of_a_stack_are_no_cases_as_mitk_writes_their_paths(tmp_path: Path) -> None:
    a_tree(tmp_path, "a_label_1.nii.gz", "A_label_2.nii.gz", "b.nrrd", "parts/c.nii.gz", "parts/d.nii.gz")
    labels = [{"_file": "./a_label_1.nii.gz"}, {"_file": "A_label_2.nii.gz"}, {"_file": "parts/c.nii.gz"}]
    stack = json.dumps({"groups": [{"labels": labels}, {"_file": "./parts/../parts/d.nii.gz"}]})
    (tmp_path / "a.mitklabel.json").write_text(stack)
    expected = {"a": "a.mitklabel.json", "b": "b.nrrd"}
    assert found(tmp_path, tmp_path) == expected
    assert found(f"{tmp_path}/*.*", tmp_path) == expected
    assert {case.id for case in pair_folders(None, tmp_path).cases} == {"a", "b", "parts"}


def test_folders_of_masks_single_files_and_nested_ones(tmp_path: Path) -> None:
    a_tree(tmp_path, "s1/liver.nii.gz", "s1/spleen.nii.gz", "s2/ct.txt", "s2/segmentations/liver.nii.gz", "s3/seg.nrrd")
    a_tree(tmp_path, "deep/s4/seg.nrrd")
    assert found(tmp_path, tmp_path) == {
        "s1": "s1", "s2": "s2/segmentations", "s3": "s3/seg.nrrd", "s4": "deep/s4/seg.nrrd"
    }  # fmt: skip
    assert [case.is_mask_folder for case in find_case_files(tmp_path)] == [True, True, False, False]


def test_files_in_folders_that_are_all_called_alike_are_cases_by_their_own_names(tmp_path: Path) -> None:
    names = [f"sub-0{number}/anat/sub-0{number}_dseg.nii.gz" for number in (1, 2)]
    a_tree(tmp_path, *names, "sub-03/ses-1/anat/sub-03_ses-1_dseg.nii.gz", "sub-03/ses-1/anat/sub-03_dseg.tsv")
    assert set(found(tmp_path, tmp_path)) == {"sub-01_dseg", "sub-02_dseg", "sub-03_ses-1_dseg"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there that not everybody has")
def test_links_to_files_that_are_not_there_are_cases_and_images_so_that_reading_names_them(tmp_path: Path) -> None:
    a_tree(tmp_path, "seg/a.nrrd", "ct/a.nii.gz", "masks/p/liver.nii.gz", "masks/p/spleen.nii.gz")
    for name in ("seg/b.nrrd", "ct/b.nii.gz", "masks/p/colon.nii.gz"):
        (tmp_path / name).symlink_to("not-fetched")
    assert found(tmp_path / "seg", tmp_path) == {"a": "seg/a.nrrd", "b": "seg/b.nrrd"}
    assert set(find_images(tmp_path / "ct")) == {"a", "b"}
    assert found(tmp_path / "masks", tmp_path) == {"p": "masks/p"}
    assert [path.name for path in mask_files(tmp_path / "masks" / "p")] == [
        "colon.nii.gz", "liver.nii.gz", "spleen.nii.gz",
    ]  # fmt: skip
    with pytest.raises(FormatError, match="b.nrrd: is a pipe, a device or a link to nothing"):
        read_segmentation(tmp_path / "seg" / "b.nrrd")
    with pytest.raises(FormatError, match="colon.nii.gz"):
        read_segmentation(tmp_path / "masks" / "p")


def test_each_segmentation_of_bids_is_a_case_and_not_a_folder_of_masks(tmp_path: Path) -> None:
    for subject in ("01", "02"):
        a_tree(tmp_path / f"sub-{subject}" / "anat", *(
            f"sub-{subject}_{name}.nii.gz" for name in ("T1w", "desc-Organs_dseg", "desc-Lesions_dseg")
        ))  # fmt: skip
    a_tree(tmp_path / "sub-03" / "anat", "sub-03_dseg.nii.gz")
    assert set(found(tmp_path, tmp_path)) == {
        "sub-01_desc-Organs_dseg", "sub-01_desc-Lesions_dseg", "sub-02_desc-Organs_dseg", "sub-02_desc-Lesions_dseg",
        "sub-03_dseg",
    }  # fmt: skip


def test_nnunet_patterns_and_images(tmp_path: Path) -> None:
    a_tree(tmp_path, "labelsTr/x_001.nii.gz", "labelsTr/x_0012.nii.gz", "imagesTr/x_001_0000.nii.gz")
    a_tree(tmp_path, "imagesTr/x_001_0001.nii.gz", "imagesTr/x_0012_0000.nii.gz")
    assert found(tmp_path, tmp_path) == {"x_001": "labelsTr/x_001.nii.gz", "x_0012": "labelsTr/x_0012.nii.gz"}
    pattern = f"{tmp_path}/labelsTr/x_{{case}}.nii.gz"
    assert set(found(pattern, tmp_path)) == {"001", "0012"}
    images = find_images(tmp_path / "imagesTr")
    assert [path.name for path in images_of(Case("x_001", tmp_path), images)] == [
        "x_001_0000.nii.gz", "x_001_0001.nii.gz"
    ]  # fmt: skip
    assert len(images_of(Case("x_0012", tmp_path), images)) == 1
    assert images_of(Case("x_9", tmp_path), images) == ()


@pytest.mark.parametrize(
    ("case", "files", "expected"),
    [
        ("amos_0002", ["amos_0001.nii.gz", "amos_0002.nii.gz"], ["amos_0002.nii.gz"]),
        ("amos_0009", ["amos_0001.nii.gz", "amos_0002.nii.gz"], []),
        ("amos_0002_seg", ["amos_0001.nii.gz", "amos_0002.nii.gz"], ["amos_0002.nii.gz"]),
        ("amos_0002", ["amos_0001_0000.nrrd", "amos_0002_0000.nrrd", "amos_0002_0001.nrrd"],
         ["amos_0002_0000.nrrd", "amos_0002_0001.nrrd"]),
        ("x_1_seg", ["x_1_0000.mha", "x_1_0001.mha", "x_12_0000.mha"], ["x_1_0000.mha", "x_1_0001.mha"]),
        ("x_1", ["x_1_ct_0000.mha", "x_1_ct_0001.mha", "x_12_ct_0000.mha"], ["x_1_ct_0000.mha", "x_1_ct_0001.mha"]),
        ("x_1", ["x_1_ct.mha", "x_12_ct.mha"], ["x_1_ct.mha"]),
    ],
)  # fmt: skip
def test_images_belong_to_cases_whose_names_end_in_numbers_too(
    tmp_path: Path, case: str, files: list[str], expected: list[str]
) -> None:
    images = find_images(a_tree(tmp_path, *files))
    assert [path.name for path in images_of(Case(case, tmp_path), images)] == expected


def test_what_cannot_be_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no segmentation"):
        find_case_files(tmp_path)
    with pytest.raises(DatasetError, match="expected"):
        find_case_files(tmp_path / "none")
    a_tree(tmp_path, "a.nrrd", "a.nii.gz")
    with pytest.raises(DatasetError, match="two cases are named 'a'"):
        find_case_files(tmp_path)
