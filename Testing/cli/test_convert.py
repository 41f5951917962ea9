"""``mlseg convert`` as its users type it."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.compare import compare


def same(a: Path | mls.Segmentation, b: Path) -> bool:
    first = a if isinstance(a, mls.Segmentation) else mls.read(a)
    return compare(first, mls.read(b)).identical


@pytest.mark.parametrize(
    "options",
    [
        ['{"Save strategy": "instance", "Instance value": "original"}'],
        ['{"Save strategy": "instance", "Instance value": "binary"}'],
        ["Save strategy=group"],
        ["Save strategy=instance", "Instance value=binary"],
    ],
)
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_the_guides_export_and_import_lose_nothing(mlseg, seg_nrrd: Path, options: list[str], suffix: str) -> None:
    stack = seg_nrrd.with_name("MySegmentation" + suffix)
    assert mlseg("convert", "-i", seg_nrrd, "-o", stack, "--output-options", *options).code == 0
    described = json.loads(seg_nrrd.with_name("MySegmentation.mitklabel.json").read_text(encoding="utf-8"))
    images = {
        entry["_file"] for group in described["groups"] for entry in (group, *group["labels"]) if "_file" in entry
    }
    assert images
    assert all(image.endswith(suffix) for image in images)
    assert (
        mlseg(
            "convert", "-i", seg_nrrd.with_name("MySegmentation.mitklabel.json"), "-o", seg_nrrd.with_name("b.nrrd")
        ).code
        == 0
    )
    assert same(seg_nrrd, seg_nrrd.with_name("b.nrrd"))


def test_stack_files_are_named_as_mitk_names_them(mlseg, seg_nrrd: Path) -> None:
    mlseg(
        "convert", "-i", seg_nrrd, "-o", seg_nrrd.with_name("x.y.nii.gz"), "--output-options", "Save strategy=instance"
    )
    names = {path.name for path in seg_nrrd.parent.iterdir()}
    assert {"x.mitklabel.json", "x_label_3.nii.gz", "x_label_40.nii.gz", "x_label_700.nii.gz"} <= names


def test_nibabel_reads_a_stacks_mask_where_it_is(mlseg, seg_nrrd: Path) -> None:
    mlseg("convert", "-i", seg_nrrd, "-o", seg_nrrd.with_name("s.nii.gz"), "--output-options", "Instance value=binary")
    image = nibabel.load(seg_nrrd.with_name("s_label_700.nii.gz"))
    where = np.argwhere(np.asarray(image.dataobj) == 1).mean(axis=0)
    ras = nibabel.affines.apply_affine(image.affine, where)
    assert ras * [-1, -1, 1] == pytest.approx(mls.read(seg_nrrd).centroid_lps(700), abs=1e-4)


def test_slicer_and_back(mlseg, seg_nrrd: Path) -> None:
    assert mlseg("convert", "-i", seg_nrrd, "-o", seg_nrrd.with_name("s.seg.nrrd")).code == 0
    assert mlseg("convert", "-i", seg_nrrd.with_name("s.seg.nrrd"), "-o", seg_nrrd.with_name("back.nrrd")).code == 0
    assert same(seg_nrrd, seg_nrrd.with_name("back.nrrd"))


def test_overlaps_into_a_label_map_are_refused_with_labels_voxels_and_ways_out(mlseg, seg_nrrd: Path) -> None:
    answer = mlseg("convert", "-i", seg_nrrd, "-o", seg_nrrd.with_name("map.nii.gz"))
    assert answer.code == 1
    assert "3 'Liver' and 700 'Tumör' (2 voxels)" in answer.err
    assert "--overlap" in answer.err
    assert not seg_nrrd.with_name("map.nii.gz").exists()


@pytest.mark.parametrize("strategy", ["combine", "priority", "split-files"])
def test_overlaps_resolved_on_request(mlseg, seg_nrrd: Path, strategy: str) -> None:
    flat = seg_nrrd.with_name("map.nii.gz")
    assert mlseg("convert", "-i", seg_nrrd, "-o", flat, "--overlap", strategy).code == 0
    if strategy == "split-files":
        parts = [seg_nrrd.with_name(f"map_group_{index}.nii.gz") for index in (0, 1)]
        mlseg("convert", "-i", *parts, "-g", "-o", seg_nrrd.with_name("back.nrrd"))
        assert same(seg_nrrd, seg_nrrd.with_name("back.nrrd"))
    elif strategy == "combine":
        assert same(seg_nrrd, flat)
    else:
        assert mls.read(flat).voxels(3) == 24
        assert mls.read(flat).voxels(700) == 0


def test_groups_without_common_voxels_become_one_map_and_come_back_by_the_sidecar(mlseg, apart_nrrd: Path) -> None:
    flat = apart_nrrd.with_name("map.nii.gz")
    answer = mlseg("convert", "-i", apart_nrrd, "-o", flat)
    assert answer.code == 0
    assert "sidecar" in answer.out
    assert same(apart_nrrd, flat)
    values = np.unique(np.asarray(nibabel.load(flat).dataobj))
    assert values.tolist() == [0, 3, 700]


def test_a_sidecar_of_another_file_is_ignored_with_a_note(mlseg, apart_nrrd: Path) -> None:
    flat = apart_nrrd.with_name("map.nii.gz")
    mlseg("convert", "-i", apart_nrrd, "-o", flat)
    image = nibabel.load(flat)
    nibabel.save(nibabel.Nifti1Image(np.flip(np.asarray(image.dataobj), 0), image.affine), flat)
    answer = mlseg("info", flat)
    assert answer.code == 0
    assert "sidecar is ignored" in answer.out


def test_without_a_sidecar_what_would_be_lost_is_refused(mlseg, apart_nrrd: Path) -> None:
    answer = mlseg("convert", "-i", apart_nrrd, "-o", apart_nrrd.with_name("m.nii.gz"), "--sidecar", "never")
    assert answer.code == 1
    assert "2 groups" in answer.err


def test_an_existing_output_needs_overwrite(mlseg, seg_nrrd: Path) -> None:
    out = seg_nrrd.with_name("out.seg.nrrd")
    out.write_text("precious")
    answer = mlseg("convert", "-i", seg_nrrd, "-o", out)
    assert (answer.code, out.read_text()) == (1, "precious")
    assert "--overwrite" in answer.err
    assert mlseg("convert", "-i", seg_nrrd, "-o", out, "--overwrite").code == 0
    assert same(seg_nrrd, out)


def test_existing_files_of_a_stack_need_overwrite_too(mlseg, seg_nrrd: Path) -> None:
    (seg_nrrd.with_name("s_label_3.nii.gz")).write_text("precious")
    answer = mlseg("convert", "-i", seg_nrrd, "-o", seg_nrrd.with_name("s.mitklabel.json"))
    assert answer.code == 1
    assert "s_label_3.nii.gz" in answer.err
    assert not seg_nrrd.with_name("s.mitklabel.json").exists()


def test_the_input_itself_is_never_overwritten(mlseg, seg_nrrd: Path) -> None:
    before = seg_nrrd.read_bytes()
    assert mlseg("convert", "-i", seg_nrrd, "-o", seg_nrrd, "--overwrite").code == 1
    assert seg_nrrd.read_bytes() == before


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(mlseg, seg_nrrd: Path) -> None:
    answer = mlseg("convert", "-i", seg_nrrd, "-o", seg_nrrd.with_name("s.seg.nrrd"), "--dry-run")
    assert answer.code == 0
    assert "would write" in answer.out
    assert [path.name for path in seg_nrrd.parent.iterdir()] == ["seg.nrrd"]


def test_consecutive_values_print_their_table(mlseg, seg_nrrd: Path) -> None:
    out = seg_nrrd.with_name("c.nrrd")
    answer = mlseg("convert", "-i", seg_nrrd, "-o", out, "--values", "consecutive")
    assert answer.code == 0
    assert "value 700 -> 3" in answer.out
    assert [(label.value, label.name) for label in mls.read(out).labels] == [(1, "Liver"), (2, "Empty"), (3, "Tumör")]


def test_a_schema_gives_the_values(mlseg, seg_nrrd: Path) -> None:
    schema = seg_nrrd.with_name("schema.csv")
    schema.write_text("value,name\n11,Liver\n12,Tumör\n13,Empty\n", encoding="utf-8")
    out = seg_nrrd.with_name("c.nrrd")
    assert mlseg("convert", "-i", seg_nrrd, "-o", out, "--values", "schema", "--schema", schema).code == 0
    assert mls.read(out)["Tumör"].value == 12
    schema.write_text("value,name\n11,Liver\n", encoding="utf-8")
    answer = mlseg("convert", "-i", seg_nrrd, "-o", out, "--overwrite", "--values", "schema", "--schema", schema)
    assert answer.code == 1
    assert "'Tumör'" in answer.err


def test_several_inputs_in_one_group_or_one_group_each(mlseg, tmp_path: Path) -> None:
    for number, name in enumerate(("liver", "tumor")):
        array = np.zeros((2, 2, 3), np.uint8)
        array[number, :, 1] = 1
        geometry = mls.Geometry.from_parts((2, 2, 3))
        mls.write(mls.Segmentation(geometry, [mls.Group(array, [mls.Label(1, name)])]), tmp_path / f"{name}.nrrd")
    inputs = [tmp_path / "liver.nrrd", tmp_path / "tumor.nrrd"]
    answer = mlseg("convert", "-i", *inputs, "-o", tmp_path / "one.nrrd")
    assert answer.code == 0
    assert "became 2" in answer.out
    one = mls.read(tmp_path / "one.nrrd")
    assert [(group.name, group.values) for group in one.groups] == [("", (1, 2))]
    assert mlseg("convert", "-g", "-i", *inputs, "-o", tmp_path / "each.nrrd").code == 0
    each = mls.read(tmp_path / "each.nrrd")
    assert [(group.name, group.values) for group in each.groups] == [("liver", (1,)), ("tumor", (2,))]
    assert each["tumor"].value == 2


def test_a_reference_that_does_not_fit_and_one_that_does_name_the_input(mlseg, seg_nrrd: Path, tmp_path: Path) -> None:
    whole = mls.read(seg_nrrd)
    part = whole.geometry.cropped((1, 1, 1), (2, 3, 4))
    for name, geometry in (("part", part), ("other", mls.Geometry.from_parts((4, 5, 6), (0.3, 0.3, 0.3)))):
        mls.write(mls.Segmentation(geometry), tmp_path / f"{name}.nrrd")
    fitting = mlseg("convert", "-i", seg_nrrd, "-o", tmp_path / "a.nrrd", "--reference", tmp_path / "part.nrrd")
    assert (fitting.code, f"note: {seg_nrrd}: padded or cropped" in fitting.out) == (0, True)
    refused = mlseg("convert", "-i", seg_nrrd, "-o", tmp_path / "b.nrrd", "--reference", tmp_path / "other.nrrd")
    assert (refused.code, f"mlseg: {seg_nrrd}: the segmentation does not lie" in refused.err) == (1, True)


def test_readers_are_listed_by_mitks_names(mlseg, seg_nrrd: Path) -> None:
    answer = mlseg("convert", "-i", seg_nrrd, "-lr")
    assert (answer.code, answer.out.splitlines()[0]) == (0, " : MITK Multilabel Segmentation")
    out = seg_nrrd.with_name("r.nrrd")
    assert mlseg("convert", "-i", seg_nrrd, "-r", "MITK Multilabel Segmentation", "-o", out).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["-o", "OUT.xyz"], 1, "does not say which format"),
        (["-o", "OUT.nrrd", "--output-options", "Save strategy=both"], 2, "instance, group"),
        (["-o", "OUT.nrrd", "--output-options", "{broken"], 2, "JSON"),
        (["-o", "OUT.nrrd", "-r", "Nobody"], 2, "MITK"),
        (["-o", "OUT.nrrd", "--format", "nothing"], 2, "mitk-nrrd"),
        (["-o", "nowhere/OUT.nrrd"], 1, "does not exist"),
        (["-o", "OUT.dcm"], 1, "DICOM"),
        (["-o", "OUT.dcm", "--output-options", "Save strategy=group"], 2, "Encoding"),
        (["-o", "OUT.tif", "--output-options", "Save strategy=group"], 1, "images of a stack"),
        (["-o", "OUT.json", "--output-options", "Save strategy=group"], 1, ".mitklabel.json"),
        ([], 2, "output"),
    ],
)
def test_mistakes_get_one_line_and_the_right_code(
    mlseg, seg_nrrd: Path, arguments: list[str], code: int, text: str
) -> None:
    placed = [str(seg_nrrd.parent / word) if "OUT" in word else word for word in arguments]
    answer = mlseg("convert", "-i", seg_nrrd, *placed)
    assert answer.code == code
    assert text in answer.err
    assert len(answer.err.strip().splitlines()) == 1


def test_a_missing_input_is_one_line(mlseg, tmp_path: Path) -> None:
    answer = mlseg("convert", "-i", tmp_path / "no.nrrd", "-o", tmp_path / "o.nrrd")
    assert (answer.code, len(answer.err.splitlines())) == (1, 1)
    assert "no.nrrd" in answer.err
