"""Class colour maps: every good line of a bad file counts, every bad one is named with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.datasets.supervisely.tables.color_map import (
    ClassColor,
    ColorMap,
    color_map_text,
    first_map,
    made_color,
    read_color_map,
)
from MultiLabelSegLib.errors import FormatError

GOLDEN = Path(__file__).parents[2] / "golden" / "supervisely"


def mapped(folder: Path, content: str | bytes, name: str = "cls_color_map.txt") -> ColorMap:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_color_map(path, name)


def plain(found: ColorMap) -> dict[int, tuple[str, tuple[int, int, int]]]:
    return {number: (entry.name, entry.color) for number, entry in found.classes.items()}


def lines(found: ColorMap) -> list[int | None]:
    return [remark.line for remark in found.remarks]


def test_a_bad_line_of_the_corpus_is_named_and_all_good_ones_survive() -> None:
    found = read_color_map(GOLDEN / "robust_map_csv" / "input" / "dataset_name" / "cls_color_map.txt", "map.txt")
    assert plain(found) == {
        1: ("Femur", (255, 0, 0)),
        2: ("Femoral cartilage", (0, 255, 0)),
        4: ("Tibia cartilage", (255, 255, 0)),
    }
    assert [(remark.path, remark.line) for remark in found.remarks] == [("map.txt", 4)]
    assert "'this'" in found.remarks[0].reason


def test_classes_of_the_corpus_have_the_colours_of_its_truth() -> None:
    case = GOLDEN / "ex2_semantic"
    found = read_color_map(case / "input" / "dataset_name" / "cls_color_map.txt")
    truth = json.loads((case / "truth.json").read_text())
    for entry in (entry for volume in truth["volumes"] for entry in volume["objects"]):
        if entry["color"] is not None:
            assert plain(found)[entry["class_id"]] == (entry["class"], tuple(entry["color"]))
    assert found.get(9) is None
    assert not found.remarks


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff1 Femur 255 0 0\n2 Tibia 0 0 255",
        "1 Femur 255 0 0\r\n2 Tibia 0 0 255\r\n",
        "1\tFemur\t255\t0\t0\n\n  2   Tibia  0 0 255  \n",
        "# id name r g b\n1.0 Femur 255 0 0\n// another\n2.0 Tibia 0.0 0 255.0\n",
        "1 Femur #ff0000\n2 Tibia #0000FF\n",
        "1 Femur 255 0 0\n2 Tibia 0 0 255\n".encode("utf-16"),
    ],
    ids=["byte order mark", "Windows lines", "tabs and blanks", "comments and 1.0", "hex", "UTF-16"],
)
def test_ways_of_writing_a_map_that_mean_the_same(content: str | bytes, tmp_path: Path) -> None:
    found = mapped(tmp_path, content)
    assert plain(found) == {1: ("Femur", (255, 0, 0)), 2: ("Tibia", (0, 0, 255))}
    assert not found.remarks


def test_blanks_in_names_are_one_and_numbers_in_names_stay(tmp_path: Path) -> None:
    found = mapped(tmp_path, "20 Zone  2 200 100 0\n")
    assert plain(found) == {20: ("Zone 2", (200, 100, 0))}


def test_a_class_without_usable_colour_keeps_its_name_and_is_named(tmp_path: Path) -> None:
    found = mapped(tmp_path, "1 Femur\n2 Tibia 300 0 0\n3 Patella 1.5 0 0\n4 Ok 1 2 3\n5 Skin red green blue\n")
    assert [entry.name for entry in found.classes.values()] == [
        "Femur",
        "Tibia",
        "Patella",
        "Ok",
        "Skin red green blue",
    ]
    assert [entry.made for entry in found.classes.values()] == [True, True, True, False, True]
    assert found.classes[2].color == made_color(2)
    assert lines(found) == [1, 2, 3, 5]
    assert "300 0 0" in found.remarks[1].reason


def test_of_two_lines_with_one_number_the_last_counts_and_it_is_said(tmp_path: Path) -> None:
    found = mapped(tmp_path, "1 Femur 255 0 0\n1 Tibia 0 0 255\n")
    assert plain(found) == {1: ("Tibia", (0, 0, 255))}
    assert lines(found) == [2]
    assert "'Femur' in line 1" in found.remarks[0].reason


def test_numbers_that_share_a_name_are_kept_and_noted_once(tmp_path: Path) -> None:
    found = mapped(tmp_path, "1 lesion 255 0 0\n2 lesion 255 0 0\n3 lesion 255 0 0\n")
    assert len(found.classes) == 3
    assert [(remark.line, remark.reason) for remark in found.remarks] == [
        (2, "'lesion' is the name of 3 class numbers: 1, 2, 3")
    ]
    found = mapped(tmp_path, "7 lesion\n4 lesion 255 0 0\n2 lesion 0 255 0\n")
    assert [remark.reason for remark in found.remarks][-1:] == [
        "'lesion' is the name of 3 class numbers: 7, 4, 2; a class has one colour, that of number 4"
    ]


@pytest.mark.parametrize(
    "line", ["-1 Femur 0 0 0", "70000 Femur 0 0 0", "x Femur 0 0 0", "7", "7 0 0 0", "1.5 F 0 0 0"]
)
def test_a_line_that_names_no_class_is_left_out_with_its_number(line: str, tmp_path: Path) -> None:
    found = mapped(tmp_path, f"\n1 Good 1 2 3\n{line}\n")
    assert list(found.classes) == [1]
    assert lines(found) == [3]
    assert "left out" in found.remarks[0].reason


def test_another_encoding_is_read_and_noted(tmp_path: Path) -> None:
    found = mapped(tmp_path, "1 Rückenmark 1 2 3\n".encode("latin-1"))
    assert found.classes[1].name == "Rückenmark"
    assert "not UTF-8" in found.remarks[0].reason


def test_a_readme_is_no_map_and_what_is_no_text_is_refused(tmp_path: Path) -> None:
    found = mapped(tmp_path, "This data set has\n3 cases with knees\n", "README.txt")
    assert not found
    assert "no colour map" in found.remarks[0].reason
    (tmp_path / "noise.txt").write_bytes(bytes(range(16)) * 64 + bytes(1000))
    with pytest.raises(FormatError, match=r"noise\.txt: is no text"):
        read_color_map(tmp_path / "noise.txt")


def test_names_without_any_colour_are_a_map_where_the_file_is_named_like_one(tmp_path: Path) -> None:
    assert [entry.name for entry in mapped(tmp_path, "1 Femur\n2 Tibia\n", "color_map.txt").classes.values()] == [
        "Femur",
        "Tibia",
    ]
    assert not mapped(tmp_path, "1 Femur\n2 Tibia\n", "notes.txt")


def test_the_nearest_good_map_counts_and_those_that_are_none_are_named(tmp_path: Path) -> None:
    (tmp_path / "item").mkdir()
    (tmp_path / "item" / "README.txt").write_text("nothing here\n")
    (tmp_path / "map.txt").write_text("1 Femur 255 0 0\n")
    (tmp_path / "other.txt").write_text("1 Wrong 0 0 0\n")
    found = first_map(("item/README.txt", "missing.txt", "map.txt", "other.txt"), tmp_path)
    assert found.path == "map.txt"
    assert plain(found) == {1: ("Femur", (255, 0, 0))}
    assert [remark.path for remark in found.remarks] == ["item/README.txt", "missing.txt"]
    none = first_map(("item/README.txt",), tmp_path)
    assert not none
    assert len(none.remarks) == 1


def test_a_map_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "map.txt"
    path.write_text("1 Femur 255 0 0\n")
    assert first_map([path]).classes is first_map([path]).classes
    path.write_text("1 Tibia bone 255 0 0\n")
    assert first_map([path]).classes[1].name == "Tibia bone"


def test_a_file_that_is_odd_in_every_line_gives_a_hundred_remarks_and_their_number(tmp_path: Path) -> None:
    found = mapped(tmp_path, "1 Good 1 2 3\n" + "bad\n" * 300)
    assert len(found.remarks) == 101
    assert found.remarks[-1].reason == "200 more lines were odd"


names = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
colors = st.tuples(*[st.integers(0, 255)] * 3)


@given(st.dictionaries(st.integers(1, 65535), st.tuples(names.filter(lambda n: n[0] not in "\"'"), colors), min_size=1))
def test_what_is_written_is_read_back_exactly(tmp_path_factory: pytest.TempPathFactory, classes: dict) -> None:
    meant = {number: ClassColor(name, color) for number, (name, color) in classes.items()}
    path = tmp_path_factory.getbasetemp() / "written_map.txt"
    path.write_text(color_map_text(meant), encoding="utf-8")
    assert read_color_map(path).classes == dict(sorted(meant.items()))


def test_a_name_that_no_line_holds_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match=r"label 3: .*'a  b'"):
        color_map_text({3: ClassColor("a  b", (1, 2, 3))})
