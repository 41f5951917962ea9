"""MetaImage files (.mha, and .mhd with a file of voxels beside it), read and written without ITK.

ITK's reader does not check the checksum of compressed voxels, so that damage would pass as labels.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Geometry
from ..errors import CorruptFileError, GeometryError, UnsupportedFormatError
from .frame_times import even_frames, frame_bounds
from .report import Report
from .voxel_file import Stream, VoxelFile, inside_folder, named_errors, voxels_at

#: the header of a MetaImage is a few hundred bytes of text
_MOST_HEADER_BYTES = 1 << 16
_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4",
    "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
#: keys that MetaIO takes for the same thing
_ALIASES = {
    "Position": "Offset", "Origin": "Offset", "Rotation": "TransformMatrix", "Orientation": "TransformMatrix",
    "ElementSize": "ElementSpacing", "BinaryDataByteOrderMSB": "ElementByteOrderMSB",
}  # fmt: skip


def describe_meta_image(path: Path, report: Report | None = None, allow_outside: bool = False) -> VoxelFile:
    """Geometry and place of the voxels of a MetaImage of 2, 3 or 4 (3D+t) axes; the voxels stay unread.

    Raises FormatError (CorruptFileError, UnsupportedFormatError: vectors, colours, lists of files).
    """
    with named_errors(path):
        fields, end = _header(path)
        sizes = _integers(fields, "DimSize", _ndims(fields))
        dtype = _item_type(fields)
        geometry = _with_times(_geometry(fields, sizes), fields, report or Report(), path)
        name = fields["ElementDataFile"]
        local = name.upper() == "LOCAL"
        voxels = path if local else _data_file(path, name, allow_outside)
        start = _data_start(fields, voxels, end if local else 0, prod(sizes) * dtype.itemsize)
        encoding = _encoding(fields)
        stream = Stream("zlib", start) if encoding == "gzip" else None
        return VoxelFile(path, voxels, geometry, dtype, voxels_at(encoding, start), stream=stream)


def _header(path: Path) -> tuple[dict[str, str], int]:
    """Keys and values up to ElementDataFile, and the byte behind that line."""
    with path.open("rb") as file:
        text = file.read(_MOST_HEADER_BYTES)
    fields: dict[str, str] = {}
    at = 0
    while True:
        stop = text.find(b"\n", at)
        line = text[at : len(text) if stop < 0 else stop].decode("utf-8", "replace").strip("\r")
        at = stop + 1
        key, equals, value = line.partition("=")
        if equals:
            fields[_ALIASES.get(key.strip(), key.strip())] = value.strip()
        if key.strip() == "ElementDataFile" and equals:
            return fields, len(text) if stop < 0 else at
        if stop < 0 or (not equals and line.strip()):
            raise CorruptFileError(path, f"not a MetaImage: no ElementDataFile before {line[:60]!r}")


def _ndims(fields: dict[str, str]) -> int:
    ndims = _integers(fields, "NDims", 1)[0]
    if ndims not in (2, 3, 4):
        raise UnsupportedFormatError(None, f"an image of {ndims} axes; expected 2, 3 or 4")
    return ndims


def _numbers(fields: dict[str, str], key: str, count: int) -> list[float]:
    try:
        values = [float(word) for word in fields[key].split()]
    except KeyError:
        raise CorruptFileError(None, f"the header has no {key}") from None
    except ValueError:
        raise CorruptFileError(None, f"{key} is {fields[key][:60]!r}; expected {count} numbers") from None
    if len(values) != count or not np.isfinite(values).all():
        raise CorruptFileError(None, f"{key} is {fields[key][:60]!r}; expected {count} finite numbers")
    return values


def _integers(fields: dict[str, str], key: str, count: int) -> list[int]:
    values = _numbers(fields, key, count)
    if any(value != int(value) or value < 1 for value in values):
        raise CorruptFileError(None, f"{key} is {fields[key][:60]!r}; expected whole numbers of at least 1")
    return [int(value) for value in values]


def _item_type(fields: dict[str, str]) -> np.dtype[np.generic]:
    channels = _integers(fields, "ElementNumberOfChannels", 1)[0] if "ElementNumberOfChannels" in fields else 1
    if channels != 1:
        raise UnsupportedFormatError(None, f"a vector or colour image with {channels} numbers a voxel; expected one")
    name = fields.get("ElementType", "")
    if name not in _TYPES:
        raise UnsupportedFormatError(None, f"voxels of type {name!r}; expected one of {', '.join(_TYPES)}")
    big = fields.get("ElementByteOrderMSB", "False").lower() in ("true", "1")
    return np.dtype(_TYPES[name]).newbyteorder(">" if big else "<")


def _geometry(fields: dict[str, str], sizes: list[int]) -> Geometry:
    """LPS: MetaImage's world is ITK's. TransformMatrix lists the direction of one axis after the other."""
    ndims, spatial = len(sizes), min(len(sizes), 3)
    spacing, origin, direction = np.ones(4), np.zeros(3), np.eye(3)
    if "ElementSpacing" in fields:
        spacing[:ndims] = np.abs(_numbers(fields, "ElementSpacing", ndims))
    if "Offset" in fields:
        origin[:spatial] = _numbers(fields, "Offset", ndims)[:spatial]
    if "TransformMatrix" in fields:
        matrix = np.reshape(_numbers(fields, "TransformMatrix", ndims * ndims), (ndims, ndims))
        direction[:spatial, :spatial] = matrix.T[:spatial, :spatial]
    full = [*sizes, 1, 1]
    try:
        return Geometry.from_parts(
            (full[2], full[1], full[0]), spacing[:3].tolist(), origin.tolist(), direction, full[3] if ndims == 4 else 1
        )
    except GeometryError as error:
        raise CorruptFileError(None, f"the header describes no grid: {error}") from None


def _with_times(geometry: Geometry, fields: dict[str, str], report: Report, path: Path) -> Geometry:
    """The geometry with the times of its frames, where the header gives them a length other than 1."""
    if geometry.time_steps == 1:
        return geometry
    start = _numbers(fields, "Offset", 4)[3] if "Offset" in fields else 0.0
    step = abs(_numbers(fields, "ElementSpacing", 4)[3]) if "ElementSpacing" in fields else 1.0
    if (start, step) == (0.0, 1.0):
        return geometry
    bounds = frame_bounds(start, step, geometry.time_steps)
    if bounds is None:
        report.note(f"frames from {start:g} by {step:g} follow no time; they are plainly numbered", path)
        return geometry
    report.note(f"the time axis has no unit; its step {step:g} is taken as ms", path)
    return geometry.with_time(geometry.time_steps, bounds)


def _data_file(path: Path, name: str, allow_outside: bool) -> Path:
    if name.upper().startswith("LIST") or "%" in name:
        raise UnsupportedFormatError(path, f"the voxels lie in a list of files ({name}); expected one file")
    return inside_folder(path, name, allow_outside)


def _encoding(fields: dict[str, str]) -> str:
    if fields.get("BinaryData", "True").lower() in ("false", "0"):
        return "ascii"
    return "gzip" if fields.get("CompressedData", "False").lower() in ("true", "1") else "raw"


def _data_start(fields: dict[str, str], voxels: Path, start: int, needed: int) -> int:
    """Where the voxels begin; a HeaderSize of -1 means that they end with the file."""
    given = fields.get("HeaderSize", "0")
    try:
        skip = int(given)
    except ValueError:
        raise CorruptFileError(None, f"HeaderSize is {given[:60]!r}; expected a whole number") from None
    if skip == -1:
        return max(voxels.stat().st_size - needed, 0)
    if skip < 0:
        raise CorruptFileError(None, f"HeaderSize is {skip}; expected -1 or more")
    return start + skip


def meta_header(geometry: Geometry, dtype: np.dtype[Any], compressed: int, data_file: str) -> bytes:
    """The header of compressed label values (uint8 or uint16) of three axes, or four with time.

    ``compressed`` is the length of the zlib stream, ``data_file`` the name of the file that holds it, or LOCAL.
    """
    axes = 4 if geometry.time_steps > 1 else 3
    direction = np.eye(axes)
    direction[:3, :3] = geometry.direction
    start, step = even_frames(geometry) or (0, 1)
    # TransformMatrix lists the direction of one axis after the other
    fields: dict[str, Iterable[object]] = {
        "ObjectType": ["Image"],
        "NDims": [axes],
        "BinaryData": ["True"],
        "BinaryDataByteOrderMSB": ["False"],
        "CompressedData": ["True"],
        "CompressedDataSize": [compressed],
        "TransformMatrix": (direction.T + 0.0).ravel().tolist(),
        "Offset": [*geometry.origin, start][:axes],
        "CenterOfRotation": [0] * axes,
        "ElementSpacing": [*geometry.spacing, step][:axes],
        "DimSize": [*geometry.size, geometry.time_steps][:axes],
        "ElementType": ["MET_UCHAR" if dtype.itemsize == 1 else "MET_USHORT"],
        "ElementDataFile": [data_file],
    }
    lines = [f"{key} = {' '.join(str(value) for value in values)}\n" for key, values in fields.items()]
    return "".join(lines).encode("utf-8")
