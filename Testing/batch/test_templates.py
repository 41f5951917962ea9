"""Patterns that find cases and templates that name outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib.batch.templates import filled, find_cases, stem_of
from MultiLabelSegLib.errors import FormatError, OptionError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def found(folder: Path, *patterns: str) -> dict[str, dict[str, str]]:
    rows = find_cases(patterns, folder)
    return {Path(str(row.cells["input"])).relative_to(folder).as_posix(): row.fields for row in rows}


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.nrrd", "a"),
        ("a.seg.nrrd", "a"),
        ("a.b.NII.GZ", "a.b"),
        ("a.mitklabel.json", "a"),
        ("a.dcm", "a"),
        ("no ending", "no ending"),
        (".nrrd", ".nrrd"),
    ],
)
def test_the_stem_is_the_name_without_the_ending_of_its_format(name: str, stem: str) -> None:
    assert stem_of(Path("x") / name) == stem


def test_a_pattern_finds_files_sorted_each_once_and_no_sidecars(tmp_path: Path) -> None:
    touch(tmp_path, "b.nrrd", "a.nrrd", "a.nrrd.mlseg.json", "c.txt", ".hidden.nrrd")
    assert list(found(tmp_path, "*.nrrd*", "a.nrrd")) == ["a.nrrd", "b.nrrd"]


def test_files_that_belong_to_others_are_no_cases_of_a_pattern(tmp_path: Path) -> None:
    names = ("a.nii.gz", "a.label.txt", "b.nrrd", "c_label_1.nii.gz", "mlseg-batch.jsonl", "notes.txt")
    for name in names:
        (tmp_path / name).write_text("x")
    (tmp_path / "c.mitklabel.json").write_text('{"groups": [{"labels": [{"_file": "./c_label_1.nii.gz"}]}]}')
    found = [Path(str(row.cells["input"])).name for row in find_cases([f"{tmp_path}/*"], tmp_path)]
    assert found == ["a.nii.gz", "b.nrrd", "c.mitklabel.json", "notes.txt"]
    named = [
        Path(str(row.cells["input"])).name
        for row in find_cases([f"{tmp_path}/*", f"{tmp_path}/c_label_1.nii.gz"], tmp_path)
    ]
    assert "c_label_1.nii.gz" in named


def test_named_parts_of_a_pattern_are_kept(tmp_path: Path) -> None:
    touch(tmp_path, "in/p1/liver.nii.gz", "in/p1/left kidney.nii.gz", "in/p2/liver.nii.gz", "in/p2/deep/x.nii.gz")
    assert found(tmp_path, "in/{case}/{label}.nii.gz") == {
        "in/p1/left kidney.nii.gz": {"stem": "left kidney", "case": "p1", "label": "left kidney"},
        "in/p1/liver.nii.gz": {"stem": "liver", "case": "p1", "label": "liver"},
        "in/p2/liver.nii.gz": {"stem": "liver", "case": "p2", "label": "liver"},
    }


def test_a_part_named_twice_must_be_the_same_twice(tmp_path: Path) -> None:
    touch(tmp_path, "p1/p1_seg.nrrd", "p1/p2_seg.nrrd")
    assert list(found(tmp_path, "{case}/{case}_seg.nrrd")) == ["p1/p1_seg.nrrd"]


def test_without_a_name_the_case_is_the_stem_or_the_folder_that_differs(tmp_path: Path) -> None:
    touch(tmp_path, "a/seg.nrrd", "b/seg.nrrd", "c/x/seg.nrrd", "d/x/seg.nrrd", "e1.nrrd", "e2.nrrd")
    assert [fields["case"] for fields in found(tmp_path, "[ab]/seg.nrrd").values()] == ["a", "b"]
    assert [fields["case"] for fields in found(tmp_path, "[cd]/x/*.nrrd").values()] == ["c", "d"]
    assert [fields["case"] for fields in found(tmp_path, "e?.nrrd").values()] == ["e1", "e2"]


def test_stars_find_folders_below_and_brackets_in_real_names_are_no_pattern(tmp_path: Path) -> None:
    touch(tmp_path, "a/b/c.nrrd", "d.nrrd", "scan [1].nrrd")
    assert set(found(tmp_path, "**/*.nrrd")) == {"a/b/c.nrrd", "d.nrrd", "scan [1].nrrd"}
    assert list(found(tmp_path, "scan [1].nrrd")) == ["scan [1].nrrd"]


def test_a_pattern_that_finds_nothing_is_refused_and_a_missing_file_is_a_case(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no file or folder fits"):
        find_cases(["*.nrrd"], tmp_path)
    assert list(found(tmp_path, "missing.nrrd")) == ["missing.nrrd"]


def test_templates_are_filled_and_cannot_leave_their_folder() -> None:
    assert filled("out/{case}/{stem}.nrrd", {"case": "a/../b", "stem": "x"}) == "out/a_.._b/x.nrrd"
    assert filled("{{{stem}}}", {"stem": "x"}) == "{x}"


def test_an_unknown_field_names_the_nearest_and_a_missing_one_the_way() -> None:
    with pytest.raises(OptionError, match=r"did you mean \{stem\}"):
        filled("{stm}.nrrd", {"stem": "x"})
    with pytest.raises(OptionError, match=r"a pattern of inputs with \{label\}"):
        filled("{label}.nrrd", {"stem": "x"})
