"""Axes, spaces and voxels: as SimpleITK and pynrrd see the same files, in every layout that MITK and Slicer write."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import nrrd as pynrrd
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.errors import CorruptFileError, UnsupportedFormatError
from MultiLabelSegLib.formats.nrrd import (
    axis_layout,
    format_header,
    geometry_fields,
    geometry_from_header,
    parse_header,
    read_groups,
    read_header,
    write_nrrd,
)
from MultiLabelSegLib.formats.report import Report

OBLIQUE = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]])


def parsed(**fields: str) -> Geometry:
    text = {"type": "uchar", "encoding": "raw", **{key.replace("_", " "): value for key, value in fields.items()}}
    return geometry_from_header(parse_header(format_header(text, {}).rstrip()))


@pytest.mark.parametrize("space", ["right-anterior-superior", "LAS", "left-posterior-superior", "scanner-xyz", None])
def test_every_space_lies_where_simpleitk_sees_it(tmp_path: Path, space: str | None) -> None:
    fields = {"type": "uchar", "dimension": "3", **({"space": space} if space else {"space dimension": "3"})}
    columns = (OBLIQUE * [0.7, 1.5, 3.25]).T.tolist()
    fields["sizes"] = "2 3 4"
    fields["space directions"] = " ".join(f"({x!r},{y!r},{z!r})" for x, y, z in columns)
    fields.update({"encoding": "raw", "space origin": "(-12.5,33.25,7.125)"})
    path = tmp_path / "a.nrrd"
    path.write_bytes(format_header(fields, {}) + bytes(24))
    mine, theirs = geometry_from_header(read_header(path)), sitk.ReadImage(str(path))
    assert mine.size == theirs.GetSize()
    assert np.allclose(mine.spacing, theirs.GetSpacing())
    assert np.allclose(mine.origin, theirs.GetOrigin())
    assert np.allclose(mine.direction.ravel(), theirs.GetDirection())


def test_no_space_at_all_means_spacings_or_one() -> None:
    geometry = parsed(dimension="3", sizes="2 3 4")
    assert (geometry.spacing, geometry.origin, geometry.size) == ((1, 1, 1), (0, 0, 0), (2, 3, 4))
    assert parsed(dimension="3", sizes="2 3 4", spacings="0.5 nan 2").spacing == (0.5, 1, 2)
    assert parsed(dimension="4", sizes="7 2 3 4", kinds="list domain domain domain", spacings="nan 1 2 3").spacing == (
        (1, 2, 3)
    )


def test_frames_with_garbage_in_the_fourth_vector_use_only_the_upper_left_block() -> None:
    geometry = parsed(
        dimension="4",
        sizes="2 3 4 5",
        space_dimension="4",
        space_directions="(1,0,0,0) (0,2,0,0) (0,0,3,0) (0,0,5,1)",
        space_origin="(4,5,6,0)",
    )
    assert (geometry.time_steps, geometry.spacing, geometry.origin) == (5, (1, 2, 3), (4, 5, 6))


def test_one_slice_gets_its_normal() -> None:
    geometry = parsed(
        dimension="2", sizes="2 3", space="LPS", space_directions="(0,2,0) (0,0,3)", space_origin="(1,2,3)"
    )
    assert geometry.shape == (1, 3, 2)
    assert np.allclose(geometry.direction[:, 2], [1, 0, 0])
    assert parsed(dimension="2", sizes="2 3", spacings="2 3").spacing == (2, 3, 1)


@pytest.mark.parametrize(
    ("sizes", "kinds", "directions", "value_axis", "spatial", "time_axis"),
    [
        ("2 3 4", "domain domain domain", None, None, (0, 1, 2), None),
        ("9 2 3 4", "vector domain domain domain", "none (1,0,0) (0,1,0) (0,0,1)", 0, (1, 2, 3), None),
        ("2 3 4 9", "domain domain domain list", "(1,0,0) (0,1,0) (0,0,1) none", 3, (0, 1, 2), None),
        ("2 3 4 9", "space space space time", "(1,0,0) (0,1,0) (0,0,1) none", None, (0, 1, 2), 3),
        ("2 3 4 9", None, None, None, (0, 1, 2), 3),
        ("9 2 3 4", None, "none (1,0,0) (0,1,0) (0,0,1)", 0, (1, 2, 3), None),
        ("9 2 3 4", "??? domain domain domain", "none (1,0,0) (0,1,0) (0,0,1)", 0, (1, 2, 3), None),
        ("2 2 3 4 5", "list domain domain domain domain", None, 0, (1, 2, 3), 4),
        ("3 2 3", "3-vector domain domain", None, 0, (1, 2), None),
    ],
)
def test_axes_are_found(
    sizes: str,
    kinds: str | None,
    directions: str | None,
    value_axis: int | None,
    spatial: tuple[int, ...],
    time_axis: int | None,
) -> None:
    fields = {"type": "uchar", "dimension": str(len(sizes.split())), "sizes": sizes, "encoding": "raw"}
    fields.update({"kinds": kinds} if kinds else {})
    fields.update({"space": "LPS", "space directions": directions} if directions else {})
    layout = axis_layout(parse_header(format_header(fields, {}).rstrip()))
    assert (layout.value_axis, layout.spatial, layout.time_axis) == (value_axis, spatial, time_axis)


@pytest.mark.parametrize(
    ("sizes", "kinds"),
    [
        ("2 3 4 5", "vector domain domain list"),
        ("2 3 4 5", "domain vector domain domain"),
        ("2 3 4 5", "time domain domain domain"),
        ("2 3 4 5 6", "domain domain domain domain domain"),
        ("2 3 4 5 6", "domain domain domain time time"),
        ("5", "list"),
    ],
)
def test_axes_that_make_no_sense_are_refused(sizes: str, kinds: str) -> None:
    with pytest.raises(UnsupportedFormatError, match="kinds"):
        parsed(dimension=str(len(sizes.split())), sizes=sizes, kinds=kinds)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("space directions", {"space_directions": "(1,0,0) (0,1,0) (0,1,0)"}),
        ("space directions", {"space_directions": "(1,0,0) (0,1,0) (0,0,0)"}),
        ("space directions", {"space_directions": "(1e200,0,0) (0,1e200,0) (0,0,1e200)"}),
        ("space directions", {"space_directions": "(1,0,0) none (0,0,1)", "kinds": "domain domain domain"}),
        ("spacings", {"spacings": "1 0 1"}),
        ("spacings", {"spacings": "1 -1 1"}),
        ("spacings", {"spacings": "1 inf 1"}),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_an_impossible_geometry_names_its_field(name: str, fields: dict[str, str]) -> None:
    with pytest.raises(CorruptFileError, match=f"'{name}'"):
        parsed(dimension="3", sizes="2 3 4", **fields)


def test_unusual_places_are_noted() -> None:
    fields = {"type": "uchar", "dimension": "3", "sizes": "2 3 4", "encoding": "raw", "space": "3D-left-handed"}
    report = Report()
    geometry_from_header(parse_header(format_header({**fields, "axis mins": "1 1 1"}, {}).rstrip()), report)
    assert len(report.notes) == 2


@given(
    st.tuples(*[st.floats(1e-3, 1e3)] * 3),
    st.tuples(*[st.floats(-1e4, 1e4)] * 3),
    st.integers(1, 3),
    st.integers(1, 3),
    st.booleans(),
)
def test_a_geometry_comes_back_bit_for_bit(
    spacing: tuple[float, ...], origin: tuple[float, ...], frames: int, groups: int, oblique: bool
) -> None:
    geometry = Geometry.from_parts((4, 3, 2), spacing, origin, OBLIQUE if oblique else np.eye(3), frames)
    fields = {"type": "uchar", "encoding": "raw", **geometry_fields(geometry, groups)}
    header = parse_header(format_header(fields, {}).rstrip())
    assert geometry_from_header(header) == geometry
    assert axis_layout(header).groups(header) == groups


def test_groups_without_an_axis_of_values_are_refused() -> None:
    with pytest.raises(UnsupportedFormatError):
        geometry_fields(Geometry.from_parts((4, 3, 2)), 2, scalar=True)
    assert geometry_fields(Geometry.from_parts((4, 3, 2)), scalar=False)["sizes"] == "1 2 3 4"


# ---- voxels ---------------------------------------------------------------------------------------------------------
def some_groups(count: int, frames: int, top: int) -> list[np.ndarray]:
    random = np.random.default_rng(count * 10 + frames)
    return [random.integers(0, top, (frames, 4, 3, 2)).astype(np.uint16) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("top", [200, 65535])
def test_written_voxels_are_what_pynrrd_reads(tmp_path: Path, count: int, frames: int, top: int) -> None:
    arrays = some_groups(count, frames, top)
    geometry = Geometry.from_parts((4, 3, 2), time_steps=frames)
    progress: list[float] = []
    write_nrrd(tmp_path / "a.nrrd", geometry_fields(geometry, count), {"k": "v"}, arrays, progress=progress.append)
    data, header = pynrrd.read(str(tmp_path / "a.nrrd"))
    expected = np.stack([array.T[..., 0] if frames == 1 else array.T for array in arrays])
    assert np.array_equal(data, expected[0] if count == 1 else expected)
    assert header["type"] == "unsigned short"
    assert progress[-1] == 1.0
    back = read_groups(read_header(tmp_path / "a.nrrd"))
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(arrays, back, strict=True))
    assert {array.dtype for array in back} == {np.dtype(np.uint8 if top == 200 else np.uint16)}


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("type_name", ["uint8", "int16", "uint32", "int64", "float", "double"])
@pytest.mark.parametrize("endian", ["little", "big"])
def test_every_encoding_type_and_byte_order_is_read(tmp_path: Path, encoding: str, type_name: str, endian: str) -> None:
    values = np.arange(24).reshape(1, 4, 3, 2)
    dtype = np.dtype({"float": "f4", "double": "f8"}.get(type_name, type_name)).newbyteorder("<>"[endian == "big"])
    raw = values.astype(dtype).tobytes()
    body = {
        "raw": raw,
        "gzip": gzip.compress(raw),
        "bzip2": bz2.compress(raw),
        "ascii": " ".join(map(str, values.ravel())).encode(),
    }[encoding]
    fields = {"type": type_name, "dimension": "3", "sizes": "2 3 4", "endian": endian, "encoding": encoding}
    (tmp_path / "a.nrrd").write_bytes(format_header(fields, {}) + body)
    assert np.array_equal(read_groups(read_header(tmp_path / "a.nrrd"))[0], values)


def test_groups_may_be_the_last_axis(tmp_path: Path) -> None:
    arrays = some_groups(3, 1, 200)
    fields = {"type": "uint8", "dimension": "4", "sizes": "2 3 4 3", "kinds": "domain domain domain list"}
    body = b"".join(array.astype(np.uint8).tobytes() for array in arrays)
    (tmp_path / "a.nrrd").write_bytes(format_header({**fields, "encoding": "raw"}, {}) + body)
    back = read_groups(read_header(tmp_path / "a.nrrd"))
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(arrays, back, strict=True))


def test_bytes_are_written_where_values_fit_and_refused_where_not(tmp_path: Path) -> None:
    fields = geometry_fields(Geometry.from_parts((4, 3, 2)))
    small = some_groups(1, 1, 200)
    write_nrrd(tmp_path / "a.nrrd", fields, {}, small, "u1")
    assert read_header(tmp_path / "a.nrrd").fields["type"] == "unsigned char"
    assert np.array_equal(read_groups(read_header(tmp_path / "a.nrrd"))[0], small[0])
    with pytest.raises(UnsupportedFormatError, match="do not fit into uint8"):
        write_nrrd(tmp_path / "a.nrrd", fields, {}, [small[0] + np.uint16(100)], "u1")


def test_more_than_two_billion_voxels_are_addressed(tmp_path: Path) -> None:
    sizes = (2050, 1024, 1024)
    fields = {"type": "uint8", "dimension": "3", "sizes": " ".join(map(str, sizes)), "encoding": "gzip"}
    slices = gzip.compress(bytes(50 * 1024 * 1024), 1)  # members of zeros: neither disk nor memory holds them
    last = gzip.compress(bytes(50 * 1024 * 1024 - 1) + b"\x07", 1)
    (tmp_path / "a.nrrd").write_bytes(format_header(fields, {}) + slices * 40 + last)
    (array,) = read_groups(read_header(tmp_path / "a.nrrd"))
    assert array.shape == (1, *reversed(sizes))
    assert array.size > 2**31
    assert array[0, -1, -1, -1] == 7
    assert array[0, -1, -1, -2] == 0
