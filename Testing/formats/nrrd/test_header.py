"""Headers: escapes and UTF-8 both ways, every field typed, every lie named before anything is allocated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.errors import CorruptFileError, FormatError, UnsupportedFormatError
from MultiLabelSegLib.formats.nrrd import format_header, parse_header, read_groups, read_header
from MultiLabelSegLib.formats.nrrd.text import escape, is_writable_key, is_writable_text, unescape

MINIMAL = {"type": "uchar", "dimension": "3", "sizes": "2 1 1", "encoding": "raw"}


def header_of(**changes: str | None) -> Any:
    """A minimal header with some fields changed (None: left out); blanks are underscores."""
    fields = {**MINIMAL, **{name.replace("_", " "): value for name, value in changes.items()}}
    return parse_header(format_header({key: value for key, value in fields.items() if value is not None}, {}).rstrip())


@given(st.text())
def test_escaping_is_undone_exactly_and_leaves_one_line(text: str) -> None:
    assert unescape(escape(text)) == text
    assert "\n" not in escape(text)


@given(st.dictionaries(st.text(), st.text()))
def test_keys_and_values_come_back_exactly(keyvalues: dict[str, str]) -> None:
    fit = {key: text for key, text in keyvalues.items() if is_writable_key(key) and is_writable_text(text)}
    assert dict(parse_header(format_header(MINIMAL, fit).removesuffix(b"\n\n")).keyvalues) == fit


def test_backslash_and_line_end_are_written_as_the_reference_library_does() -> None:
    text = format_header({}, {"kä": 'a\\b\n"c" ü 🫀'})
    assert text == 'NRRD0004\nkä:=a\\\\b\\n"c" ü 🫀\n\n'.encode()


def test_a_lone_backslash_stays() -> None:
    assert unescape(r"a\tb\\n\n") == "a\\tb\\n\n"


@pytest.mark.parametrize("key", ["", " a", "a ", "#a", "a:=b", "type: b", "a:", "a\rb", "a\0b", "\ud800"])
def test_keys_that_would_not_come_back_are_refused(key: str) -> None:
    with pytest.raises(UnsupportedFormatError, match="key"):
        format_header({}, {key: "x"})


@pytest.mark.parametrize("text", ["a\rb", "a\0b", "\ud800"])
def test_values_that_would_not_come_back_are_refused(text: str) -> None:
    with pytest.raises(UnsupportedFormatError, match="value of k"):
        format_header({}, {"k": text})
    with pytest.raises(UnsupportedFormatError, match="content"):
        format_header({"content": text}, {})


def test_lines_of_every_kind_are_told_apart() -> None:
    text = b"NRRD0005\r\n# comment\r\nTYPE: uint8\r\ndatafile: a.raw\r\nspacedirections: none\r\nspace:=LPS: x\r\n"
    header = parse_header(text + b"http://a:=b\r\nspace:x:=y\r\nspecial field: z\r\n\xe4:=\xf6")
    assert header.fields == {
        "type": "uint8",
        "data file": "a.raw",
        "space directions": "none",
        "special field": "z",
    }
    assert header.keyvalues == {"space": "LPS: x", "http://a": "b", "space:x": "y", "ä": "ö"}
    assert len(header.notes) == 1


def test_a_key_that_occurs_twice_takes_the_last_value_and_is_noted() -> None:
    header = parse_header(b"NRRD0004\na:=1\na:=1\na:=2")
    assert header.keyvalues == {"a": "2"}
    assert len(header.notes) == 1


@pytest.mark.parametrize("line", [b"nonsense", b"no:value", b"type: uchar\nTYPE: short", b":"])
def test_lines_that_mean_nothing_and_fields_that_occur_twice_are_refused(line: bytes) -> None:
    with pytest.raises(CorruptFileError, match="line 2|line 3"):
        parse_header(b"NRRD0004\n" + line)


def test_every_field_has_its_type() -> None:
    header = header_of(
        type="unsigned  short",
        endian="Big",
        encoding="GZ",
        dimension="4",
        sizes="2 3 4 5",
        space="LAS",
        space_directions="none (1, 0,0) (0,1,0)(0,0,2.5e0)",
        space_origin="(1,-2,3)",
        kinds="vector Domain domain domain",
        line_skip="3",
        byte_skip="7",
    )
    assert header.dtype == np.dtype(">u2")
    assert (header.endian, header.encoding, header.dimension, header.sizes) == ("big", "gzip", 4, (2, 3, 4, 5))
    assert (header.space, header.space_dimension, header.items) == ("LAS", 3, 120)
    assert header.space_directions == (None, (1, 0, 0), (0, 1, 0), (0, 0, 2.5))
    assert header.space_origin == (1, -2, 3)
    assert header.kinds == ("vector", "domain", "domain", "domain")
    assert (header.line_skip, header.byte_skip) == (3, 7)


def test_spaces_with_time_have_four_components() -> None:
    assert (header_of(space="RAST").space, header_of(space="RAST").space_dimension) == ("RAS", 4)
    assert header_of(space="left-posterior-superior-time").space_dimension == 4
    assert (header_of(space_dimension="4").space, header_of(space_dimension="4").space_dimension) == (None, 4)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", None),
        ("dimension", "0"),
        ("dimension", "17"),
        ("dimension", "three"),
        ("dimension", "3.0"),
        ("dimension", "9" * 30),
        ("sizes", "2 1"),
        ("sizes", "2 1 0"),
        ("sizes", "2 1 -4"),
        ("sizes", "2 1 1e3"),
        ("sizes", "2 1 ٣"),
        ("sizes", "2 1 " + "9" * 40),
        ("endian", "middle"),
        ("encoding", None),
        ("space directions", "(1,0,0) (0,1,0)"),
        ("space directions", "(1,0,0) (0,1,0) (0,0,nan)"),
        ("space directions", "(1,0,0) (0,1,0) (0,0,inf)"),
        ("space directions", "(1,0,0) (0,1,0) (0,0,x)"),
        ("space directions", "(1,0,0) (0,1,0) 0,0,1"),
        ("space origin", "(0,0,0) (0,0,0)"),
        ("space origin", "(0,0,nan)"),
        ("space dimension", "x"),
        ("spacings", "1 1"),
        ("spacings", "1 1 x"),
        ("kinds", "domain domain"),
        ("line skip", "-1"),
        ("byte skip", "-2"),
        ("byte skip", "1.5"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: str | None) -> None:
    header = header_of(**{field.replace(" ", "_"): value})
    with pytest.raises(CorruptFileError, match=f"'{field}'"):
        getattr(header, field.replace(" ", "_") if field != "type" else "dtype")


@pytest.mark.parametrize(("field", "value"), [("type", "block"), ("encoding", "hex"), ("space", "mni")])
def test_what_is_not_supported_is_named(field: str, value: str) -> None:
    header = header_of(**{field: value})
    with pytest.raises(UnsupportedFormatError, match=f"'{field}': '{value}'"):
        getattr(header, "dtype" if field == "type" else field)


def test_more_contradictions_are_named() -> None:
    with pytest.raises(CorruptFileError, match="'space dimension'"):
        _ = header_of(space="LPS", space_dimension="3").space
    with pytest.raises(CorruptFileError, match="vectors of 3 components"):
        _ = header_of(space="LPS", space_origin="(0,0,0,0)").space_origin
    with pytest.raises(CorruptFileError, match="'endian'"):
        _ = header_of(type="short").dtype
    with pytest.raises(CorruptFileError, match="'byte skip'"):
        _ = header_of(byte_skip="-1", encoding="gzip").byte_skip


# ---- files ----------------------------------------------------------------------------------------------------------
def write(path: Path, body: bytes = b"\x01\x02", **changes: str | None) -> Path:
    fields = {**MINIMAL, **{name.replace("_", " "): value for name, value in changes.items()}}
    head = format_header({key: value for key, value in fields.items() if value is not None}, {})
    path.write_bytes(head + body)
    return path


def voxels(path: Path) -> list[int]:
    (array,) = read_groups(read_header(path))
    return array.ravel().tolist()


def test_data_may_look_like_a_header(tmp_path: Path) -> None:
    assert voxels(write(tmp_path / "a.nrrd", b"\n\n")) == [10, 10]


def test_lines_and_bytes_are_skipped(tmp_path: Path) -> None:
    assert voxels(write(tmp_path / "a.nrrd", b"one\ntwo\nxyz\x05\x06", line_skip="2", byte_skip="3")) == [5, 6]
    assert voxels(write(tmp_path / "b.nrrd", b"any length\x07\x08", byte_skip="-1")) == [7, 8]


@pytest.mark.parametrize("changes", [{"line_skip": "9"}, {"byte_skip": "9"}, {"byte_skip": "-1", "sizes": "9 9 99"}])
def test_skipping_beyond_the_end_is_an_error(tmp_path: Path, changes: dict[str, str]) -> None:
    with pytest.raises(CorruptFileError):
        voxels(write(tmp_path / "a.nrrd", **changes))


@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
def test_terabytes_that_the_file_cannot_hold_are_refused_at_once(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.nrrd", b"1 " * 500, sizes="100000 100000 1000", encoding=encoding)
    with pytest.raises(CorruptFileError, match="the file can hold [0-9]* at most"):
        voxels(path)


def test_a_detached_header_reads_its_file(tmp_path: Path) -> None:
    (tmp_path / "voxels of ä.raw").write_bytes(b"\x03\x04")
    for name in ("voxels of ä.raw", "./voxels of ä.raw"):
        (tmp_path / "a.nhdr").write_bytes(format_header({**MINIMAL, "data file": name}, {}).rstrip(b"\n"))
        assert voxels(tmp_path / "a.nhdr") == [3, 4]


@pytest.mark.parametrize("name", ["../secret.raw", "/etc/passwd", "sub/a.raw", "LIST", "a%03d.raw 1 9 1", "..\\x.raw"])
def test_data_files_elsewhere_and_several_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for place in ("secret.raw", "in/sub/a.raw"):
        (tmp_path / place).write_bytes(b"\x01\x02")
    path = tmp_path / "in" / "a.nhdr"
    path.write_bytes(format_header({**MINIMAL, "data file": name}, {}))
    with pytest.raises(UnsupportedFormatError, match="data file"):
        read_header(path)


def test_a_data_file_elsewhere_may_be_allowed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "b.raw").write_bytes(b"\x01\x02")
    path = tmp_path / "in" / "a.nhdr"
    path.write_bytes(format_header({**MINIMAL, "data file": "../b.raw"}, {}))
    assert read_groups(read_header(path, allow_outside=True))[0].ravel().tolist() == [1, 2]


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "b.raw").write_bytes(b"\x01\x02")
    try:
        (tmp_path / "in" / "b.raw").symlink_to(tmp_path / "b.raw")
    except OSError:
        pytest.skip("this system makes no links")
    path = tmp_path / "in" / "a.nhdr"
    path.write_bytes(format_header({**MINIMAL, "data file": "b.raw"}, {}))
    with pytest.raises(UnsupportedFormatError, match="must be allowed"):
        read_header(path)


def test_a_missing_data_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.nhdr"
    path.write_bytes(format_header({**MINIMAL, "data file": "none.raw"}, {}))
    with pytest.raises(CorruptFileError, match=r"none\.raw"):
        read_header(path)


@pytest.mark.parametrize(
    "content", [b"", b"NRRD", b"NRRD0004", b"NRRD0009\n\n", b"NIFTI\n\n", b"NRRD0004\ntype: uchar\n"]
)
def test_files_without_a_whole_header_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.nrrd").write_bytes(content)
    with pytest.raises(CorruptFileError, match="NRRD"):
        read_header(tmp_path / "a.nrrd")


def test_a_header_without_end_is_not_read_forever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("MultiLabelSegLib.formats.nrrd.parse.MAX_HEADER_BYTES", 200_000)
    (tmp_path / "a.nrrd").write_bytes(b"NRRD0004\n" + b"a:=b\n" * 100_000)
    with pytest.raises(CorruptFileError, match="longer than 200000"):
        read_header(tmp_path / "a.nrrd")


def test_a_file_that_is_not_there_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot be read"):
        read_header(tmp_path / "none.nrrd")
