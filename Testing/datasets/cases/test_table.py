"""Lists of cases as CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib.datasets.cases import Case
from MultiLabelSegLib.datasets.cases.table import case_table_text, read_case_table
from MultiLabelSegLib.errors import DatasetError


def a_table(folder: Path, text: str, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    (folder / "cases.csv").write_text(text, encoding="utf-8")
    return folder / "cases.csv"


def test_columns_may_stand_in_any_order_and_paths_count_from_the_table(tmp_path: Path) -> None:
    text = "split;segmentation;image:T2;image:T1;case\nval;s/a.nrrd;a2.nii;a1.nii;A\ntest;;b2.nii;b1.nii;B\n"
    path = a_table(tmp_path, text, "s/a.nrrd", "a1.nii", "a2.nii", "b1.nii", "b2.nii")
    found = read_case_table(path)
    assert not found.left_out
    first, second = found.cases
    assert (first.id, first.split, first.segmentation) == ("A", "val", tmp_path / "s/a.nrrd")
    assert dict(first.images) == {"T2": tmp_path / "a2.nii", "T1": tmp_path / "a1.nii"}
    assert (second.split, second.segmentation) == ("test", None)


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    a_table(tmp_path, "", "in/a.nii", "in/a t2.nii", "a.nrrd", "b.nrrd")
    cases = (
        Case("A, the first", {"T1": tmp_path / "in/a.nii", "T2": tmp_path / "in/a t2.nii"}, tmp_path / "a.nrrd", "val"),
        Case("B", {"T1": tmp_path / "in/a.nii"}, tmp_path / "b.nrrd"),
    )
    (tmp_path / "cases.csv").write_text(case_table_text(cases, tmp_path), encoding="utf-8")
    assert read_case_table(tmp_path / "cases.csv").cases == cases


def test_missing_files_and_clashing_names_are_left_out_by_line(tmp_path: Path) -> None:
    text = "case,image\nA,a.nii\na,a.nii\nB,gone.nii\nx/y,a.nii\nC_0001,a.nii\n"
    found = read_case_table(a_table(tmp_path, text, "a.nii"))
    assert [case.id for case in found.cases] == ["A", "C_0001"]
    reasons = "\n".join(map(str, found.left_out))
    assert "line 4" in reasons
    assert "gone.nii" in reasons
    assert "'A' has this name already" in reasons
    assert "'x_y' could" in reasons


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the list is empty"),
        ("image,segmentation\na,b\n", "line 1: found the columns image, segmentation"),
        ("case,image,IMAGE\nA,b,c\n", "image:image twice"),
        ("case,image,split\nA,a.nii,holdout\n", "line 2: split: found 'holdout', expected train, val, test"),
        ("case,image,segmentation\nA,,\n", "line 2: neither an image nor a segmentation"),
        ("case,image\nA,a,b,c\n", "line 2: found 4 fields, expected 2"),
        ('case,image\nA,"a\n', "line 2:"),
    ],
)
def test_mistakes_name_line_and_field(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(DatasetError, match="cases.csv") as caught:
        read_case_table(a_table(tmp_path, text))
    assert expected in str(caught.value)
