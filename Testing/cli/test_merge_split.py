"""``mlseg merge`` and ``mlseg split``: one case and whole sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import MultiLabelSegLib as mls

GRID = mls.Geometry.from_parts((4, 5, 6), (0.5, 0.75, 2), (-10, 20.5, 30))
ORGANS = {3: "Liver", 40: "Empty", 300: "Spleen"}


def a_case(shift: int = 0) -> mls.Segmentation:
    """Liver 3, Spleen 300 and an empty label; two lesions of one class overlap them in a second group."""
    organs, lesions = np.zeros((2, *GRID.shape), np.uint16)
    organs[0:2, 1:3, 1 + shift : 3 + shift] = 3
    organs[2:4, 3:5, 0:6] = 300
    lesions[1, 1:3, 1:3] = 7
    lesions[3, 4, 5] = 9
    return mls.Segmentation(
        GRID,
        [
            mls.Group(organs, [mls.Label(value, name) for value, name in ORGANS.items()], "Organs"),
            mls.Group(lesions, [mls.Label(7, "Lesion"), mls.Label(9, "Lesion")], "Lesions"),
        ],
    )


@pytest.fixture
def a_set(tmp_path: Path) -> Path:
    folder = tmp_path / "label maps"
    folder.mkdir()
    for number in range(3):
        mls.write(a_case(number), folder / f"case{number}.nrrd")
    return folder


def voxels(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def test_a_set_is_split_into_masks_and_merged_again(mlseg, a_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "masks" / "{case}" / "{label}.nii.gz"
    assert mlseg("split", a_set, "-o", out, "-j", 1).code == 0
    folder = tmp_path / "masks" / "case1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "Empty.nii.gz", "Lesion_7.nii.gz", "Lesion_9.nii.gz", "Liver.nii.gz", "Spleen.nii.gz"
    ]  # fmt: skip
    whole = a_case(1)
    np.testing.assert_array_equal(voxels(folder / "Spleen.nii.gz"), whole.mask(300)[0])
    np.testing.assert_array_equal(voxels(folder / "Lesion_9.nii.gz"), whole.mask(9)[0])
    assert not voxels(folder / "Empty.nii.gz").any()

    merged = tmp_path / "again" / "{case}.nrrd"
    assert mlseg("merge", out, "-o", merged, "-j", 2).code == 0
    for number in range(3):
        found = mls.read(tmp_path / "again" / f"case{number}.nrrd")
        assert len(found.groups) == 2
        assert {label.name: label.value for label in found.labels} == {
            "Empty": 1, "Lesion_7": 2, "Lesion_9": 3, "Liver": 4, "Spleen": 5
        }  # fmt: skip
        np.testing.assert_array_equal(found.mask("Liver"), a_case(number).mask(3))
        np.testing.assert_array_equal(found.mask("Lesion_7"), a_case(number).mask(7))


def test_values_are_kept_and_classes_are_put_together(mlseg, a_set: Path, tmp_path: Path) -> None:
    one = a_set / "case0.nrrd"
    assert mlseg("split", one, "-o", tmp_path / "v" / "{value}_{label}.mha", "--keep-values").code == 0
    assert set(np.unique(voxels(tmp_path / "v" / "300_Spleen.mha"))) == {0, 300}
    assert mlseg("split", one, "-o", tmp_path / "c" / "{label}.nrrd", "--by", "class").code == 0
    lesions = a_case().mask(7) | a_case().mask(9)
    np.testing.assert_array_equal(voxels(tmp_path / "c" / "Lesion.nrrd"), lesions[0])


def test_groups_are_split_into_segmentations_and_merged_by_stem(mlseg, a_set: Path, tmp_path: Path) -> None:
    for group in ("Organs", "Lesions"):
        (tmp_path / group).mkdir()
    assert mlseg("split", a_set, "-o", tmp_path / "{group}" / "{case}.nrrd", "--by", "group", "-j", 1).code == 0
    assert mls.read(tmp_path / "Organs" / "case2.nrrd").values == (3, 40, 300)
    out = tmp_path / "both" / "{case}.nrrd"
    assert mlseg("merge", tmp_path / "Organs", tmp_path / "Lesions", "-o", out, "--into", "each", "-j", 1).code == 0
    answer = mlseg("diff", a_set, tmp_path / "both", "-j", 1)
    assert (answer.code, "3 identical" in answer.out) == (0, True)
    assert [group.name for group in mls.read(tmp_path / "both" / "case0.nrrd").groups] == ["Organs", "Lesions"]


@pytest.mark.parametrize(("rule", "kept"), [("first", "a"), ("last", "b")])
def test_a_rule_says_who_keeps_shared_voxels(mlseg, tmp_path: Path, rule: str, kept: str) -> None:
    masks = {"a": np.s_[0:2, 1:4, 1:4], "b": np.s_[1:3, 2:5, 2:5]}
    arrays = {}
    for name, box in masks.items():
        arrays[name] = np.zeros(GRID.shape, np.uint8)
        arrays[name][box] = 1
        sitk.WriteImage(sitk.GetImageFromArray(arrays[name]), str(tmp_path / f"{name}.nii.gz"))
    files, out = (tmp_path / "a.nii.gz", tmp_path / "b.nii.gz"), tmp_path / "o.nrrd"
    refused = mlseg("merge", *files, "-o", out, "--into", "one")
    assert (refused.code, "4 voxels of 'a', which 'b' has too" in refused.err, out.exists()) == (1, True, False)
    answer = mlseg("merge", *files, "-o", out, "--into", "one", "--conflict", rule)
    assert answer.code == 0
    assert "covered: 4 voxels" in answer.out
    found = mls.read(out)
    both = (arrays["a"] & arrays["b"]).astype(bool)
    assert len(found.groups) == 1
    assert (found.mask(kept)[0][both]).all()
    assert (found.groups[0].array[0] > 0).sum() == np.count_nonzero(arrays["a"] | arrays["b"])
    assert mlseg("merge", *files, "-o", out, "--overwrite").code == 0
    assert len(mls.read(out).groups) == 2
    assert mlseg("merge", *files, "-o", out, "--overwrite", "--into", "each").code == 0
    assert [group.name for group in mls.read(out).groups] == ["a", "b"]


def test_a_schema_gives_values_and_a_broken_case_fails_alone(mlseg, a_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "m" / "{case}" / "{label}.nii.gz"
    mlseg("split", a_set, "-o", out, "-j", 1)
    torn = tmp_path / "m" / "case1" / "Liver.nii.gz"
    torn.write_bytes(torn.read_bytes()[:50])
    (tmp_path / "schema.csv").write_text("value,name,color\n500,Liver,#ff0000\n2,Spleen,#00ff00\n", "utf-8")
    answer = mlseg("merge", tmp_path / "m", "-o", tmp_path / "o" / "{case}.nrrd", "--schema", tmp_path / "schema.csv")
    assert answer.code == 1
    assert "case1" in answer.err
    assert "2 done, 0 skipped, 1 failed" in answer.out
    found = mls.read(tmp_path / "o" / "case2.nrrd")
    assert (found["Liver"].value, found["Spleen"].value, found["Liver"].hex_color) == (500, 2, "#ff0000")
    assert found["Empty"].value == 1


def test_what_cannot_be_meant_is_refused(mlseg, a_set: Path, tmp_path: Path) -> None:
    assert mlseg("split", a_set, "-o", tmp_path / "{label}.nii.gz").code == 2
    assert "{label}" in mlseg("split", a_set / "case0.nrrd", "-o", tmp_path / "{lable}.nii.gz").err
    assert mlseg("split", a_set / "case0.nrrd", "-o", tmp_path / "x.nii.gz", "--by", "class").code == 0
    assert sorted(path.name for path in tmp_path.glob("x*")) == [f"x_{value}.nii.gz" for value in (3, 300, 40, 7)]
    assert mlseg("split", tmp_path / "none.nrrd", "-o", tmp_path / "{label}.nii.gz").code == 1
    assert mlseg("split", a_set / "case0.nrrd", "-o", tmp_path / "y" / "{label}.nii.gz").code == 0
    again = mlseg("split", a_set / "case0.nrrd", "-o", tmp_path / "y" / "{label}.nii.gz")
    assert "exists already (and 4 more)" in again.err
    assert mlseg("merge", a_set, "-o", a_set / "{case}.nrrd", "--overwrite").code == 1
    assert mls.read(a_set / "case0.nrrd").values == (3, 40, 300, 7, 9)
