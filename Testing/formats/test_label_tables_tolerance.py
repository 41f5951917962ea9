"""Broken label tables: every good row is found, every bad one reported with its line, and nothing else is raised."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from MultiLabelSegLib.core.label import MAX_VALUE
from MultiLabelSegLib.errors import FormatError
from MultiLabelSegLib.formats.label_tables import DIALECTS, LabelTable, read_table, table_text
from MultiLabelSegLib.formats.label_tables.text import MOST_BYTES
from MultiLabelSegLib.formats.report import Report
from Testing.formats.broken_tables import BROKEN, Broken
from Testing.formats.table_cases import names, read, small, tables


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.id)
def test_good_rows_are_found_and_bad_ones_reported_with_their_lines(tmp_path: Path, case: Broken) -> None:
    if case.names is None:
        with pytest.raises(FormatError) as error:
            read(tmp_path, case.file, case.content)
        assert error.value.path == str(tmp_path / case.file)
        return
    table, report = read(tmp_path, case.file, case.content)
    assert names(table) == case.names
    assert tuple(note.line for note in report.left_out) == case.lines
    assert {note.path for note in report.left_out} <= {tmp_path / case.file}
    colors = {entry.value: entry.hex_color for entry in table.entries if entry.color is not None}
    assert {value: colors.get(value) for value in case.colors} == case.colors


def test_there_are_at_least_sixty_broken_tables() -> None:
    assert len({(case.file, case.content) for case in BROKEN}) == len(BROKEN) >= 60
    assert len({case.id for case in BROKEN}) == len(BROKEN)


def test_a_value_that_occurs_twice_keeps_its_first_name_and_both_are_named(tmp_path: Path) -> None:
    table, report = read(tmp_path, "a.csv", "id,name\n4,first\n5,other\n4,second\n")
    assert names(table) == {4: "first", 5: "other"}
    assert [str(note) for note in report.left_out] == [
        f"{tmp_path / 'a.csv'}, line 4: value 4 ('second') left out: it is 'first' in line 2 already"
    ]


def test_the_row_of_the_background_is_no_label(tmp_path: Path) -> None:
    table, _ = read(tmp_path, "a.tsv", "index\tname\tcolor\n0\tair\t#000000\n1\tA\t#ff0000\n")
    assert table.values == (1,)
    assert table.background is not None
    assert table.background.name == "air"
    assert [label.value for label in table.to_labels()] == [1]


@pytest.mark.parametrize(
    ("rows", "red"),
    [
        ("1 A 1.0 0.0 0.0\n2 B 0.5 0 1\n", 1.0),
        ("1 A 1.0 0.0 0.0\n2 B 0 0 255\n", 1 / 255),
        ("1 A 1 0 0\n2 B 0 0 1\n", 1 / 255),
        ("1 A 255 0 0\n2 B 0 0 1\n", 1.0),
    ],
)
def test_colours_are_shares_of_one_only_where_the_whole_table_says_so(tmp_path: Path, rows: str, red: float) -> None:
    table, report = read(tmp_path, "color_map.txt", rows)
    assert table.entries[0].color is not None
    assert table.entries[0].color[0] == pytest.approx(red)
    assert bool(report.notes) == ("1 A 1 0 0" in rows)


def test_thousands_of_bad_lines_are_counted_not_listed(tmp_path: Path) -> None:
    table, report = read(tmp_path, "a.csv", "id,name\n" + "x,y\n" * 5000 + "7,G\n")
    assert names(table) == {7: "G"}
    assert len(report.left_out) == 101
    assert report.left_out[-1].reason == "4900 more lines were left out"


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("a.txt", "<Label "),
        ("a.txt", "<LabelTable><Label Key='1'><![CDATA["),
        ("a.csv", 'id,name\n1,"'),
        ("a.csv", '"'),
        ("a.ctbl", "1 "),
        ("a.txt", '1 1 1 1 1 1 1 "\n'),
        ("a.json", '{"labels": '),
        ("a.txt", "#"),
        ("a.txt", '# exact name of 1: "\n'),
    ],
)
def test_hostile_repetition_takes_no_longer_than_its_size(tmp_path: Path, name: str, unit: str) -> None:
    started = time.process_time()
    with suppress(FormatError):
        read(tmp_path, name, unit * (2_000_000 // len(unit)))
    assert time.process_time() - started < 20


def test_what_is_far_too_large_for_a_table_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(FormatError, match="larger than 32 MB"):
        read_table(tmp_path / "a.txt")


@pytest.mark.parametrize("name", ["missing.txt", "folder"])
def test_files_that_cannot_be_read_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FormatError, match="cannot be read") as error:
        read_table(tmp_path / name)
    assert error.value.path == str(tmp_path / name)


def _survives(folder: Path, name: str, content: bytes) -> None:
    """Reading gives a sound table or a FormatError that names the file."""
    path = folder / name
    path.write_bytes(content)
    try:
        table = read_table(path, Report())
    except FormatError as error:
        named = error.path
        table = None
    if table is None:
        assert named == str(path)
        return
    values = [entry.value for entry in table.entries]
    assert len(set(values)) == len(values)
    assert all(1 <= value <= MAX_VALUE for value in values)
    assert len(table.to_labels()) == len(values)


FILE_NAMES = st.sampled_from(["a.txt", "a.csv", "a.tsv", "a.ctbl", "a.json", "a.xml", "cls_color_map.txt", "a.lut"])
_WORDS = st.sampled_from(
    ["1", "2", "0", "-1", "65536", "1.5", "255", "0.5", "nan", "A", "Left lung", '"', "'", ",", ";", "\t", "\n", "\r",
     "name", "value", "color", "#ff0000", "\0", "<Label Key='1'>", "</Label>", "<LabelTable>", "{", "}", "[", "]", ":",
     '"labels"', '"value"', "# exact name of 1: ", "�", "é", "n/a", "²", "#"]
)  # fmt: skip


@given(words=st.lists(_WORDS, max_size=40), name=FILE_NAMES, gap=st.sampled_from(["", " "]))
@example(words=["1", ",", '"', "\n", "2", ",", '"'], name="a.csv", gap="")
def test_words_in_any_order_never_raise_anything_but_a_format_error(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], name: str, gap: str
) -> None:
    _survives(tmp_path_factory.getbasetemp(), name, gap.join(words).encode("utf-8"))


@given(content=st.binary(max_size=300), name=FILE_NAMES)
def test_any_bytes_never_raise_anything_but_a_format_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    _survives(tmp_path_factory.getbasetemp(), name, content)


@given(
    table=tables(),
    dialect=st.sampled_from(sorted(DIALECTS)),
    cuts=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30), st.binary(max_size=4)), min_size=1, max_size=4),
)
def test_damage_anywhere_in_a_good_table_is_survived(
    tmp_path_factory: pytest.TempPathFactory,
    table: LabelTable,
    dialect: str,
    cuts: list[tuple[int, int, bytes]],
) -> None:
    held = tuple(entry for entry in table.entries if DIALECTS[dialect].refuses(entry) is None)
    content = table_text(LabelTable(held), dialect).encode("utf-8")
    for start, length, put in cuts:
        content = content[:start] + put + content[start + length :]
    _survives(tmp_path_factory.getbasetemp(), f"case{DIALECTS[dialect].suffix}", content)


@pytest.mark.parametrize("dialect", sorted(set(DIALECTS) - {"json"}))
def test_one_broken_line_costs_one_label_and_no_more(tmp_path: Path, dialect: str) -> None:
    lines = table_text(small(), dialect).split("\n")
    row = next(number for number, line in enumerate(lines) if "Größe" in line)
    lines[row] = lines[row].replace("2", "two", 1)
    table, report = read(tmp_path, f"case{DIALECTS[dialect].suffix}", "\n".join(lines))
    assert names(table) == {1: "Left lung", 300: "Rib 12"}
    assert [note.line for note in report.left_out] == [row + 1]
