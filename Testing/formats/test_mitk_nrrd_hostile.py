"""Damaged, lying and hostile files of MITK's format: a typed error that names the place, or a note; never a crash."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.core import Segmentation
from MultiLabelSegLib.errors import CorruptFileError, MultiLabelSegError, UnsupportedFormatError
from MultiLabelSegLib.formats.base import ReadRequest
from MultiLabelSegLib.formats.mitk_nrrd import FORMAT
from MultiLabelSegLib.formats.report import Report
from Testing.formats.mitk_truth import GOLDEN, NRRD_CASES

MODALITY = "org.mitk.multilabel.segmentation"
LABELS = [{"labels": [{"value": 1, "name": "one"}], "name": "G"}]
FIELDS = {
    "type": "unsigned short",
    "dimension": "3",
    "space": "left-posterior-superior",
    "sizes": "4 3 2",
    "space directions": "(1,0,0) (0,1,0) (0,0,1)",
    "kinds": "domain domain domain",
    "endian": "little",
    "encoding": "gzip",
    "space origin": "(0,0,0)",
}
VOXELS = np.zeros(24, "<u2")
VOXELS[-1] = 1


def file_of(
    path: Path,
    fields: dict[str, str | None] | None = None,
    keys: dict[str, Any] | None = None,
    body: bytes | None = None,
) -> Path:
    """A small valid file with some fields, keys (None: left out; JSON where not text) or the voxels' bytes replaced."""
    texts = {
        "modality": MODALITY,
        f"{MODALITY}.version": "4",
        f"{MODALITY}.labelgroups": LABELS,
        f"{MODALITY}.unlabeledlabellock": "0",
        **{key if key in ("modality", "layers") else f"{MODALITY}.{key}": text for key, text in (keys or {}).items()},
    }
    lines = ["NRRD0004"]
    lines += [f"{name}: {text}" for name, text in {**FIELDS, **(fields or {})}.items() if text is not None]
    for key, text in texts.items():
        if text is not None:
            lines.append(f"{key}:={text if isinstance(text, str) else json.dumps(text)}")
    compressed = gzip.compress(VOXELS.tobytes()) if body is None else body
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + compressed)
    return path


def read(path: Path, report: Report | None = None) -> Segmentation:
    assert FORMAT.reader is not None
    return FORMAT.reader(ReadRequest(path, FORMAT.read_options(), report or Report()))


def with_label(**changes: Any) -> list[Any]:
    return [{"labels": [{"value": 1}, {"value": 2, **changes}]}]


def test_the_file_that_the_others_spoil_is_fine(tmp_path: Path) -> None:
    found = read(file_of(tmp_path / "a.nrrd"))
    assert (found.groups[0].name, found.values, found.voxels(1)) == ("G", (1,), 1)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"labelgroups": None}, "labelgroups' is missing"),
        ({"labelgroups": ""}, "labelgroups' is no JSON"),
        ({"labelgroups": "{"}, "labelgroups' is no JSON"),
        ({"labelgroups": "[" * 5000}, "labelgroups' is no JSON"),
        ({"labelgroups": '[{"labels":[{"value":NaN}]}]'}, "NaN is not allowed"),
        ({"labelgroups": "null"}, "labelgroups: found None, expected an array"),
        ({"labelgroups": {}}, "labelgroups: found {}, expected an array"),
        ({"labelgroups": [3]}, r"labelgroups\[0\]: found 3"),
        ({"labelgroups": [None, None]}, "describes 2 groups of labels, the voxels have 1"),
        ({"labelgroups": []}, "no group of labels, but there are labelled voxels"),
        ({"labelgroups": [{"labels": {"value": 1}}]}, r"labelgroups\[0\]\.labels: found"),
        ({"labelgroups": [{"name": 5}]}, r"labelgroups\[0\]\.name: found 5"),
        ({"labelgroups": with_label(value=70000)}, r"labels\[1\]\.value: found 70000, expected a whole number within"),
        ({"labelgroups": with_label(value=65536)}, r"labels\[1\]\.value: found 65536"),
        ({"labelgroups": with_label(value=-1)}, r"labels\[1\]\.value: found -1"),
        ({"labelgroups": with_label(value="3")}, r"labels\[1\]\.value: found '3'"),
        ({"labelgroups": with_label(value=1.5)}, r"labels\[1\]\.value: found 1\.5"),
        ({"labelgroups": with_label(value=0)}, r"labels\[1\]\.value: found 0"),
        ({"labelgroups": with_label(value=1)}, r"label value 1 occurs twice, in labelgroups\[0\]"),
        ({"labelgroups": with_label(color="red")}, r"labels\[1\]\.color: found 'red'"),
        ({"labelgroups": with_label(locked=1)}, r"labels\[1\]\.locked: found 1"),
        ({"labelgroups": with_label(name=None)}, r"labels\[1\]\.name: found None"),
        ({"labelgroups": with_label(opacity="x")}, r"labels\[1\]\.opacity: found 'x'"),
        ({"labelgroups": with_label(tracking_id=7)}, r"labels\[1\]\.tracking_id: found 7"),
    ],
)
def test_wrong_descriptions_name_their_place(tmp_path: Path, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(CorruptFileError, match=message) as error:
        read(file_of(tmp_path / "a.nrrd", keys=keys))
    assert error.value.path == str(tmp_path / "a.nrrd")


@pytest.mark.parametrize("version", ["5", "99", "999999999"])
def test_a_newer_version_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(UnsupportedFormatError, match=f"version {version} .* newer than 4"):
        read(file_of(tmp_path / "a.nrrd", keys={"version": version}))


@pytest.mark.parametrize("version", [None, "", "abc", "-1", "4.5", "0", "3 "])
def test_odd_versions_are_read_as_mitk_reads_them(tmp_path: Path, version: str | None) -> None:
    assert read(file_of(tmp_path / "a.nrrd", keys={"version": version})).values == (1,)


@pytest.mark.parametrize("modality", [None, "", "CT", "org.mitk.multilabel"])
def test_another_modality_is_refused(tmp_path: Path, modality: str | None) -> None:
    with pytest.raises(UnsupportedFormatError, match="modality"):
        read(file_of(tmp_path / "a.nrrd", keys={"modality": modality}))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sizes": "4 3"}, "'sizes'"),
        ({"sizes": "4 3 -2"}, "'sizes'"),
        ({"sizes": "4 3 1"}, "more data than the 24 bytes"),
        ({"sizes": "4 3 3"}, "the data end after 48 bytes"),
        ({"sizes": "400000 300000 200000"}, "the file can hold"),
        ({"sizes": "999999999999 999999999999 999999999999"}, "the file can hold"),
        ({"dimension": "99"}, "'dimension'"),
        ({"dimension": "4", "sizes": "1000000 4 3 2", "kinds": "vector domain domain domain"}, "'space directions'"),
        ({"type": "block"}, "'type'"),
        ({"type": None}, "'type'"),
        ({"encoding": "raw"}, "the file can hold 26 at most"),
        ({"encoding": "hex"}, "'encoding'"),
        ({"encoding": "bzip2"}, "not bzip2 data"),
        ({"encoding": "ascii"}, "the file can hold 104 at most"),
        ({"endian": None}, "'endian'"),
        ({"kinds": "domain domain"}, "'kinds'"),
        ({"kinds": "domain vector domain"}, "'kinds'"),
        ({"kinds": "vector domain domain"}, "describes 1 groups of labels, the voxels have 4"),
        ({"space directions": "(nan,0,0) (0,1,0) (0,0,1)"}, "'space directions'"),
        ({"space directions": "(1,0,0) (0,1,0) (1,1,0)"}, "'space directions'"),
        ({"space origin": "(0,inf,0)"}, "'space origin'"),
        ({"space": "mars"}, "'space'"),
        ({"data file": "../a.raw"}, "'data file'"),
        ({"line skip": "9"}, "'line skip'"),
        ({"byte skip": "9999"}, "'byte skip'"),
    ],
)
def test_lying_headers_name_their_field(tmp_path: Path, fields: dict[str, str | None], message: str) -> None:
    with pytest.raises((CorruptFileError, UnsupportedFormatError), match=message):
        read(file_of(tmp_path / "a.nrrd", fields))


def test_a_promise_of_terabytes_costs_no_memory(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.nrrd", {"sizes": "100000 100000 1000"})
    tracemalloc.start()
    try:
        with pytest.raises(CorruptFileError):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_many_groups_of_a_header_without_descriptions_cost_no_memory(tmp_path: Path) -> None:
    fields = {
        "dimension": "4",
        "sizes": "1000000 4 3 2",
        "kinds": "vector domain domain domain",
        "space directions": "none (1,0,0) (0,1,0) (0,0,1)",
    }
    with pytest.raises(CorruptFileError, match="describes 1 groups of labels, the voxels have 1000000"):
        read(file_of(tmp_path / "a.nrrd", fields))


@pytest.mark.parametrize(("type_name", "value"), [("int", 70000), ("short", -1), ("float", 1.5), ("double", np.inf)])
def test_voxels_that_are_no_values_are_refused(tmp_path: Path, type_name: str, value: float) -> None:
    dtype = {"int": "<i4", "short": "<i2", "float": "<f4", "double": "<f8"}[type_name]
    body = gzip.compress(np.full(24, value).astype(dtype).tobytes())
    with pytest.raises(CorruptFileError, match="expected integers from 0 to 65535"):
        read(file_of(tmp_path / "a.nrrd", {"type": type_name}, body=body))


def damaged(content: bytes, places: int) -> list[bytes]:
    """A gzip stream with one byte inverted at a time, spread over its length."""
    return [
        content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]
        for place in np.linspace(0, len(content) - 1, places, dtype=int).tolist()
    ]


def test_damage_anywhere_in_the_voxels_is_an_error_or_harmless(tmp_path: Path) -> None:
    fine = read(file_of(tmp_path / "a.nrrd")).groups[0].array
    refused = 0
    for body in damaged(gzip.compress(VOXELS.tobytes(), mtime=0), 40):
        try:
            found = read(file_of(tmp_path / "a.nrrd", body=body))
        except CorruptFileError:
            refused += 1
        else:  # bytes of the gzip header that say nothing about the content
            assert np.array_equal(found.groups[0].array, fine)
    assert refused > 25


@pytest.mark.parametrize("case", NRRD_CASES)
def test_a_file_cut_anywhere_is_a_typed_error(case: str, tmp_path: Path) -> None:
    content = (GOLDEN / case).read_bytes()
    for place in np.unique(np.linspace(0, len(content) - 1, 60, dtype=int)).tolist():
        (tmp_path / "cut.nrrd").write_bytes(content[:place])
        with pytest.raises(MultiLabelSegError):
            read(tmp_path / "cut.nrrd")


@given(st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_changed_anywhere_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray((GOLDEN / data.draw(st.sampled_from(NRRD_CASES))).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[place] = data.draw(st.integers(0, 255))
        else:
            content[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    (tmp_path / "fuzz.nrrd").write_bytes(bytes(content))
    try:
        found = read(tmp_path / "fuzz.nrrd")
    except MultiLabelSegError:
        return
    assert len(found.groups) >= 1


# ---- what MITK passes over in silence -------------------------------------------------------------------------------
def test_voxels_without_a_label_are_kept_and_noted(tmp_path: Path) -> None:
    voxels = VOXELS.copy()
    voxels[:3] = (7, 7, 9)
    report = Report()
    found = read(file_of(tmp_path / "a.nrrd", body=gzip.compress(voxels.tobytes())), report)
    assert found.groups[0].undeclared_values() == (7, 9)
    assert "group 0: 3 voxels hold values without a label (7, 9)" in str(report.notes[0])


def test_no_groups_at_all_are_one_empty_group(tmp_path: Path) -> None:
    body = gzip.compress(bytes(48))
    found = read(file_of(tmp_path / "a.nrrd", keys={"labelgroups": []}, body=body))
    assert (len(found.groups), found.labels) == (1, ())


def test_keys_are_found_inside_longer_ones_as_mitk_finds_them(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.nrrd", keys={"labelgroups": None, "unlabeledlabellock": "1"})
    content = path.read_bytes().replace(b"\n\n", f"\nA.{MODALITY}.labelgroups:={json.dumps(LABELS)}\n\n".encode(), 1)
    path.write_bytes(content)
    found = read(path)
    assert found.values == (1,)
    assert found.unlabeled_locked


@pytest.mark.parametrize(
    "fields",
    [
        {"dimension": "4", "sizes": "1 4 3 2", "kinds": "vector domain domain domain", "space directions": None},
        {"dimension": "4", "sizes": "4 3 2 1", "kinds": "domain domain domain list", "space directions": None},
        {"space": None, "space origin": None, "space directions": None, "kinds": None},
        {"space": "right-anterior-superior"},
        {"space": "LAS"},
    ],
)
def test_layouts_that_mitk_reads_are_read(tmp_path: Path, fields: dict[str, str | None]) -> None:
    assert read(file_of(tmp_path / "a.nrrd", fields)).voxels(1) == 1


@pytest.mark.parametrize(("type_name", "dtype"), [("uchar", "u1"), ("short", "<i2"), ("uint", "<u4"), ("float", "<f4")])
def test_other_types_of_voxels_are_read(tmp_path: Path, type_name: str, dtype: str) -> None:
    body = gzip.compress(VOXELS.astype(dtype).tobytes())
    assert read(file_of(tmp_path / "a.nrrd", {"type": type_name}, body=body)).voxels(1) == 1
