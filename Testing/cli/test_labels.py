"""``mlseg labels``: the list, and every part on a real file; the input is never changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.annotations import made_by, notes_of, review_status
from MultiLabelSegLib.core.folders import folder_of


@pytest.fixture
def lesions_nrrd(tmp_path: Path) -> Path:
    """Group A: Lesion 3 in parts of 3, 1 and 1 voxels of 2 mm3, locked Bone 5; group B: Lesion 9, "7" (value 4)."""
    first, second = np.zeros((1, 2, 8), np.uint8), np.zeros((1, 2, 8), np.uint8)
    first[0, 0] = [3, 3, 3, 0, 3, 0, 3, 0]
    first[0, 1] = [0, 0, 0, 0, 0, 0, 0, 5]
    second[0, 1] = [9, 9, 0, 0, 0, 0, 0, 4]
    groups = [
        mls.Group(first, [mls.Label(3, "Lesion", (1, 0, 0), locked=False), mls.Label(5, "Bone")], "A"),
        mls.Group(second, [mls.Label(9, "Lesion"), mls.Label(4, "7")], "B"),
    ]
    geometry = mls.Geometry.from_parts((1, 2, 8), (1, 1, 2))
    mls.write(mls.Segmentation(geometry, groups), tmp_path / "in.nrrd")
    return tmp_path / "in.nrrd"


@pytest.fixture
def changed(mlseg, lesions_nrrd: Path) -> Callable[..., mls.Segmentation]:
    """Runs one part and reads what it wrote; the input must be the same bytes as before."""

    def run(*part: object, code: int = 0) -> mls.Segmentation:
        before = lesions_nrrd.read_bytes()
        out = lesions_nrrd.with_name("out.nrrd")
        answer = mlseg("labels", lesions_nrrd, "-o", out, "--overwrite", *part)
        assert (answer.code, answer.err) == (code, "")
        assert lesions_nrrd.read_bytes() == before
        return mls.read(out)

    return run


def rows(segmentation: mls.Segmentation, group: int = 0) -> list[list[int]]:
    return segmentation.groups[group].array[0, 0].tolist()


def test_the_list_shows_values_of_instances_folders_and_flags(mlseg, changed, lesions_nrrd: Path) -> None:
    changed("split", 3)
    changed_file = lesions_nrrd.with_name("out.nrrd")
    more = lesions_nrrd.with_name("more.nrrd")
    assert mlseg("labels", changed_file, "-o", more, "set", "Lesion", "--folder", "Tumors/Liver", "--hide").code == 0
    text = mlseg("labels", more).out
    assert "group 0  A" in text
    for value in (3, 10, 11):
        assert f"Lesion [{value}]" in text
    line = next(line for line in text.splitlines() if "Lesion [10]" in line)
    assert line.split() == ["10", "#ff0000", "Lesion", "[10]", "1", "hidden", "in", "Tumors/Liver"]
    found = json.loads(mlseg("labels", more, "--json").out)["labels"]
    assert [(row["value"], row["group"], row["shown_as"], row["folder"]) for row in found][-2:] == [
        (9, 1, "Lesion", "Tumors/Liver"),
        (4, 1, "7", ""),
    ]
    assert [row["voxels"] for row in found] == [3, 1, 1, 1, 2, 1]


def test_names_that_are_known_bring_colour_and_codes(changed) -> None:
    label = changed("add", "Liver", "--group", "B", "--folder", "Organs").label("Liver")
    assert (label.value, folder_of(label)) == (10, "Organs")
    assert label.properties["segmented_property_type.value"] == "10200004"
    assert label.color_bytes != (190, 0, 50)
    plain = changed("add", "Liver", "--plain", "--value", 77).label(77)
    assert (dict(plain.properties), plain.color_bytes) == ({}, (190, 0, 50))
    coloured = changed("add", "Liver", "--color", "teal").label("Liver")
    assert coloured.color_bytes == (0, 128, 128)
    assert "segmented_property_type.value" in coloured.properties
    assert changed("add").label(10).name == "Label 1"


def test_another_instance(changed) -> None:
    found = changed("add", "--instance-of", 3)
    assert (found.label(10).name, found.label(10).color, found.label(10).locked) == ("Lesion", (1, 0, 0), False)
    assert found.group_index_of(10) == 0


def test_own_names_may_be_enforced(mlseg, lesions_nrrd: Path) -> None:
    names = lesions_nrrd.with_name("names.json")
    names.write_text('[{"name": "Mine", "color": "#010203"}]')
    common = ["labels", lesions_nrrd, "-o", lesions_nrrd.with_name("o.nrrd"), "add"]
    answer = mlseg(*common, "Liver", "--suggestions", names, "--enforce")
    assert (answer.code, answer.err) == (1, "mlseg: 'Liver' is not in the list of names, and no others are allowed\n")
    assert mlseg(*common, "Mine", "--suggestions", names, "--enforce").code == 0
    assert mls.read(lesions_nrrd.with_name("o.nrrd")).label("Mine").color_bytes == (1, 2, 3)
    assert mlseg(*common, "Mine", "--plain", "--enforce").code == 2


def test_renaming_a_value_takes_it_out_of_its_class_and_a_name_means_all(changed) -> None:
    assert [label.name for label in changed("rename", 3, "Cyst").labels] == ["Cyst", "Bone", "Lesion", "7"]
    found = changed("rename", "Lesion", "My lesion", "--color", "#0000ff")
    assert [label.name for label in found.labels] == ["My lesion", "Bone", "My lesion", "7"]
    assert found.label(9).color_bytes == (0, 0, 255)
    assert changed("rename", 3, "Spleen").label(3).properties["segmented_property_type.meaning"] == "Spleen"


def test_a_number_is_a_value_first_and_then_a_name(changed) -> None:
    assert 4 not in changed("remove", "7")
    assert 4 not in changed("remove", "name:7")
    assert 4 not in changed("remove", "value:4")


def test_removing_and_clearing(changed) -> None:
    found = changed("remove", "Lesion")
    assert (found.values, rows(found)[0]) == ((5, 4), [0] * 8)
    found = changed("clear", "--in-group", "A")
    assert (found.values, not found.groups[0].array.any()) == ((3, 5, 9, 4), True)
    assert changed("remove", 5, "--but").values == (5,)


def test_merging_says_what_locks_protect(mlseg, changed, lesions_nrrd: Path) -> None:
    found = changed("merge", 3, 4, "--ignore-locks", "--remove")
    assert (found.values, rows(found)[1][7]) == ((3, 5, 9), 3)
    out = lesions_nrrd.with_name("m.nrrd")
    answer = mlseg("labels", lesions_nrrd, "-o", out, "merge", 3, 4, 9)
    assert "Merge 2 labels into Lesion: 2 voxels written, 1 protected by the lock of 'Bone'" in answer.out
    refused = mlseg("labels", lesions_nrrd, "-o", out, "--overwrite", "merge", 3, 4, "--remove")
    assert refused.code == 1
    assert "would lose voxels that lie within locked 'Bone' (1 voxels)" in refused.err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], [3, 3, 3, 0, 10, 0, 11, 0]),
        (["--minimum", 2], [3, 3, 3, 0, 3, 0, 3, 0]),
        (["--minimum", 2, "--small", "together"], [3, 3, 3, 0, 10, 0, 10, 0]),
        (["--minimum-mm3", 2.0], [3, 3, 3, 0, 10, 0, 11, 0]),
        (["--minimum-mm3", 2.1], [3, 3, 3, 0, 3, 0, 3, 0]),
        (["--connectivity", 6], [3, 3, 3, 0, 10, 0, 11, 0]),
    ],
)
def test_splitting(changed, options: list[object], expected: list[int]) -> None:
    assert rows(changed("split", 3, *options))[0] == expected


def test_setting_look_and_locks(changed) -> None:
    found = changed("set", "--all", "--unlock", "--opacity", 0.5, "--color", "red")
    assert {(label.locked, label.opacity, label.hex_color) for label in found.labels} == {(False, 0.5, "#ff0000")}
    found = changed("set", 9, "--class", "--show-only")
    assert [label.visible for label in found.labels] == [False, False, True, False]
    assert [label.locked for label in changed("set", 5, "--but", "--lock").labels] == [True] * 4


def test_setting_what_is_known(changed) -> None:
    found = changed(
        *("set", 3, "--description", "d", "--tracking-id", "T", "--tracking-uid", "1.2", "--notes", "n\n1"),
        *("--review", "flagged", "--reviewer", "AB", "--tool", "nnU-Net", "--model", "M", "--model-version", "2"),
        *("--property", "a=[1, 2]", "--property", "b=plain text", "--property", "c=NaN", "--folder", "X / Y"),
    ).label(3)
    assert (found.description, found.tracking_id, found.tracking_uid) == ("d", "T", "1.2")
    assert (notes_of(found), review_status(found), folder_of(found)) == ("n\n1", "flagged", "X/Y")
    maker = made_by(found)
    assert maker is not None
    assert (maker.tool, maker.model, maker.version, maker.time[:2]) == ("nnU-Net", "M", "2", "20")
    assert [found.properties[key] for key in "abc"] == [[1, 2], "plain text", "NaN"]


def test_moving_and_copying_between_groups(mlseg, changed, lesions_nrrd: Path) -> None:
    found = changed("move", 9, "--to", "A")
    assert (found.groups[0].values, rows(found)[1]) == ((3, 5, 9), [9, 9, 0, 0, 0, 0, 0, 5])
    found = changed("copy", "Lesion", "--new-group", "C")
    assert [group.name for group in found.groups] == ["A", "B", "C"]
    assert rows(found, 2) == [[10, 10, 10, 0, 10, 0, 10, 0], [11, 11, 0, 0, 0, 0, 0, 0]]
    answer = mlseg("labels", lesions_nrrd, "-o", lesions_nrrd.with_name("x.nrrd"), "move", 4, "--to", 0)
    assert answer.code == 1
    assert "would lose voxels" in answer.err
    assert not lesions_nrrd.with_name("x.nrrd").exists()


def test_order_values_and_groups(changed) -> None:
    assert changed("revalue", "3=9", "9=3").values == (9, 5, 3, 4)
    assert changed("renumber").values == (1, 2, 3, 4)
    assert changed("renumber", "Lesion", "--first", 4).values == (6, 5, 7, 4)
    assert [group.name for group in changed("order-groups", "B").groups] == ["B", "A"]
    assert [group.name for group in changed("add-group", "New", "--before", "B").groups] == ["A", "New", "B"]
    assert changed("rename-group", 0, "Z").groups[0].name == "Z"
    assert changed("remove-group", "A").values == (9, 4)


def test_labels_in_another_order(mlseg, lesions_nrrd: Path) -> None:
    out = lesions_nrrd.with_name("o.seg.nrrd")
    assert mlseg("labels", lesions_nrrd, "order", 5, 4, "-o", out).code == 0
    assert mls.read(out).values == (5, 3, 4, 9)


def test_a_label_of_a_schema_is_added_with_its_value_and_colour(mlseg, lesions_nrrd: Path) -> None:
    schema = lesions_nrrd.with_name("schema.csv")
    schema.write_text("value,name,color\n40,Liver,#102030\n50,Spleen,#405060\n")
    out, again = lesions_nrrd.with_name("o.nrrd"), lesions_nrrd.with_name("o2.nrrd")
    answer = mlseg("labels", lesions_nrrd, "-o", out, "--schema", schema, "add", "Liver")
    assert (answer.code, answer.err) == (0, "")
    label = mls.read(out).label(40)
    assert (label.name, [round(part * 255) for part in label.color]) == ("Liver", [16, 32, 48])
    assert label.properties["segmented_property_type.value"] == "10200004"
    assert mlseg("labels", lesions_nrrd, "-o", again, "--schema", schema, "add", "Spleen", "--value", 50).code == 0
    answer = mlseg("labels", out, "-o", again, "--overwrite", "--schema", schema, "add", "Liver")
    assert (answer.code, "the value 40 for 'Liver', which is taken already" in answer.err) == (1, True)


def test_a_colour_that_is_given_is_the_one_that_a_schema_judges(mlseg, lesions_nrrd: Path) -> None:
    schema = lesions_nrrd.with_name("schema.csv")
    schema.write_text("value,name,color\n40,Liver,#102030\n")
    out = lesions_nrrd.with_name("o.nrrd")
    plain = ("labels", lesions_nrrd, "-o", out, "--schema", schema, "add", "Liver", "--color")
    answer = mlseg(*plain, "#102031")
    assert (answer.code, "#102031" in answer.err) == (1, True)
    assert mlseg(*plain, "#102030").code == 0


def test_a_schema_is_kept_to(mlseg, lesions_nrrd: Path) -> None:
    schema = lesions_nrrd.with_name("schema.csv")
    schema.write_text("value,name\n3,Lesion\n5,Bone\n9,Tumor\n")
    out = lesions_nrrd.with_name("o.nrrd")
    answer = mlseg("labels", lesions_nrrd, "-o", out, "--schema", schema, "add", "Foo")
    assert (answer.code, "Foo" in answer.err) == (1, True)
    assert mlseg("labels", lesions_nrrd, "-o", out, "--schema", schema, "rename", 9, "Tumor").code == 0
    assert mls.read(out).label(9).name == "Tumor"


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["-o", "out.nrrd"], 2, "expected what to change"),
        (["add"], 2, r"expected a path \(-o OUT\)"),
        (["-o", "out.nrrd", "set", "3"], 2, "what to set"),
        (["-o", "out.nrrd", "remove"], 2, "labels by value or name, or --all"),
        (["-o", "out.nrrd", "remove", "Livre"], 1, "no label is named 'Livre'; there are 'Lesion', 'Bone', '7'"),
        (["-o", "out.nrrd", "remove", "77"], 1, "no label has the value 77; there are 3, 4, 5, 9"),
        (["-o", "out.nrrd", "remove", "value:x"], 2, "a whole number after value:"),
        (["-o", "out.nrrd", "merge", "Lesion", "5"], 1, r"2 labels are named 'Lesion' \(values 3, 9\); name a value"),
        (["-o", "out.nrrd", "move", "3", "--to", "C"], 1, "no groups are named 'C'; there are 0 'A', 1 'B'"),
        (["-o", "out.nrrd", "move", "3", "--to", "7"], 1, "there is no group 7"),
        (["-o", "out.nrrd", "add", "x", "--color", "blurple"], 2, "#rrggbb"),
        (["-o", "out.nrrd", "add", "x", "--instance-of", "3"], 2, "no NAME beside it"),
        (["-o", "out.nrrd", "revalue", "3"], 2, "pairs such as 3=7"),
        (["-o", "out.nrrd", "revalue", "3=5"], 1, "5 is taken in group 0"),
        (["-o", "out.nrrd", "set", "3", "--property", "x"], 2, "KEY=VALUE"),
        (["-o", "out.nrrd", "set", "3", "--reviewer", "x"], 2, "--review beside it"),
        (["-o", "out.nrrd", "set", "--in-folder", "X", "--lock"], 1, "no label is in the folder 'X'"),
        (["-o", "out.nrrd", "split", "3", "--minimum", "0"], 2, "1 or more"),
        (["-o", "out.nrrd", "split", "3", "--minimum-mm3", "nan"], 2, "a volume"),
        (["-o", "out.nrrd", "clear", "3", "--frame", "4"], 1, "there is no frame 4"),
        (["-o", "in.nrrd", "--overwrite", "remove", "3"], 1, "is an input"),
        (["-o", "out.nrrd", "nonsense"], 2, "invalid choice: 'nonsense'"),
    ],
)
def test_mistakes_are_named_in_one_line_and_nothing_is_written(
    mlseg, lesions_nrrd: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, what: str
) -> None:
    monkeypatch.chdir(lesions_nrrd.parent)
    before = lesions_nrrd.read_bytes()
    answer = mlseg("labels", "in.nrrd", *arguments)
    assert answer.code == code
    assert re.search(what, answer.err), answer.err
    assert [path.name for path in lesions_nrrd.parent.iterdir()] == ["in.nrrd"]
    assert lesions_nrrd.read_bytes() == before


def test_an_existing_output_needs_overwrite_before_or_behind_the_part(mlseg, lesions_nrrd: Path) -> None:
    out = lesions_nrrd.with_name("o.nrrd")
    out.write_text("precious")
    assert mlseg("labels", lesions_nrrd, "-o", out, "remove", 3).code == 1
    assert out.read_text() == "precious"
    assert mlseg("labels", lesions_nrrd, "remove", 3, "-o", out, "--overwrite", "-q").out == ""
    assert mls.read(out).values == (5, 9, 4)


def test_what_needs_no_change_is_said(mlseg, lesions_nrrd: Path) -> None:
    answer = mlseg("labels", lesions_nrrd, "-o", lesions_nrrd.with_name("o.nrrd"), "set", 5, "--lock")
    assert (answer.code, answer.out.splitlines()[0]) == (0, "nothing had to be changed")
