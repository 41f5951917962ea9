"""TotalSegmentator's training layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Group, Label, Segmentation
from MultiLabelSegLib.core.compare import compare
from Testing.datasets.made_cases import a_geometry, a_segmentation, folders_of, make_cases


def exported(mlseg, tmp_path: Path, *options: object) -> Path:
    made, out = make_cases(tmp_path / "in", 3), tmp_path / "out"
    answer = mlseg("dataset", "export", "--to", "totalsegmentator", *folders_of(made), "-o", out, *options)
    assert answer.code == 0, answer.err
    return out


def test_every_case_has_a_mask_for_every_class_and_masks_overlap(mlseg, tmp_path: Path) -> None:
    out = exported(mlseg, tmp_path)
    for number in range(3):
        names = sorted(path.name for path in (out / f"p{number}/segmentations").iterdir())
        assert names == ["Gallbladder.nii.gz", "Liver.nii.gz", "Spleen.nii.gz", "Tumour.nii.gz"]
        for name in names:
            mask = sitk.GetArrayFromImage(sitk.ReadImage(str(out / f"p{number}/segmentations/{name}")))
            label = name.removesuffix(".nii.gz")
            segmentation = a_segmentation(number)
            expected = segmentation.mask(label)[0] if label in segmentation else np.zeros(mask.shape, bool)
            assert np.array_equal(mask != 0, expected)
    assert (out / "meta.csv").read_text().splitlines() == ["image_id;split", *(f"p{n};train" for n in range(3))]


def test_everything_comes_back(mlseg, tmp_path: Path) -> None:
    out = exported(mlseg, tmp_path)
    answer = mlseg("dataset", "import", out, "-o", tmp_path / "back")
    assert answer.code == 0, answer.err
    for number in range(3):
        before, after = mls.read(tmp_path / f"in/seg/p{number}.nrrd"), mls.read(tmp_path / f"back/p{number}.nrrd")
        assert compare(before, after).identical
        assert [group.name for group in after.groups] == ["Organs", "Lesions"]
        assert (after.uid, after.properties) == (before.uid, before.properties)


def test_foreign_folders_get_one_value_a_class_over_all_cases_and_as_few_groups_as_it_takes(
    mlseg, tmp_path: Path
) -> None:
    out = exported(mlseg, tmp_path)
    (out / "mlseg_map.json").unlink()
    (out / "p1/segmentations/Gallbladder.nii.gz").unlink()
    (out / "meta.csv").write_text("image_id;age;split\np0;50;val\np1;60;test\np2;70;train\n")
    answer = mlseg("dataset", "import", out, "-o", tmp_path / "back")
    assert answer.code == 0, answer.err
    found = [mls.read(tmp_path / f"back/p{number}.nrrd") for number in range(3)]
    assert {label.name: label.value for label in found[0].labels} == {
        "Gallbladder": 1, "Liver": 2, "Spleen": 3, "Tumour": 4,
    }  # fmt: skip
    assert {label.name: label.value for label in found[1].labels} == {"Liver": 2, "Spleen": 3, "Tumour": 4}
    assert [[label.name for label in group.labels] for group in found[0].groups][1] == ["Tumour"]
    assert np.array_equal(found[0].mask("Tumour"), a_segmentation(0).mask("Tumour"))
    splits = [line.rsplit(",", 1)[1] for line in (tmp_path / "back/cases.csv").read_text().splitlines()[1:]]
    assert splits == ["val", "test", "train"]


def test_labels_of_one_name_share_a_mask_on_request(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 1), tmp_path / "out"
    array = np.zeros(a_geometry().full_shape, np.uint8)
    array[0, 0, 0, :4] = (1, 2, 0, 2)
    over = np.zeros_like(array)
    over[0, 0, 0, 1:3] = 3
    groups = [Group(array, [Label(1, "cyst"), Label(2, "cyst")]), Group(over, [Label(3, "cyst")])]
    mls.write(Segmentation(a_geometry(), groups), made / "seg/p0.nrrd", overwrite=True)
    options = ("--to", "totalsegmentator", *folders_of(made), "-o", out)
    refused = mlseg("dataset", "export", *options)
    assert refused.code == 1
    assert "several labels named 'cyst' in p0" in refused.err
    assert mlseg("dataset", "export", *options, "--instances", "merge").code == 0
    mask = sitk.GetArrayFromImage(sitk.ReadImage(str(out / "p0/segmentations/cyst.nii.gz")))
    assert mask[0, 0].tolist() == [1, 1, 1, 1, 0, 0]
    assert mlseg("dataset", "import", out, "-o", tmp_path / "back").code == 0
    assert [label.name for label in mls.read(tmp_path / "back/p0.nrrd").labels] == ["cyst"]


def test_a_damaged_mask_leaves_its_case_out_and_no_other(mlseg, tmp_path: Path) -> None:
    out = exported(mlseg, tmp_path)
    path = out / "p1/segmentations/Liver.nii.gz"
    path.write_bytes(path.read_bytes()[:40])
    answer = mlseg("dataset", "import", out, "-o", tmp_path / "back")
    assert answer.code == 3
    assert "case 'p1'" in answer.err
    assert "Liver.nii.gz" in answer.err
    assert sorted(path.name for path in (tmp_path / "back").glob("*.nrrd")) == ["p0.nrrd", "p2.nrrd"]
