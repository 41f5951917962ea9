"""Voxels of an NRRD file from and to the arrays of groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...compiled import use_kernels
from ...errors import FormatError, UnsupportedFormatError
from ..codec.byte_source import ByteSource, open_source
from ..codec.codec_errors import TruncatedError, errors_name
from ..codec.gzip_stream import Layout
from ..codec.gzip_stream import read_groups as read_stream
from ..codec.gzip_write import write_groups as write_stream
from ..codec.intervals import Intervals
from ..codec.run_deflate import encode_intervals, gzip_member, intervals_of_calm_groups
from ..codec.run_inflate import decode_groups, difference
from .geometry import AxisLayout, axis_layout
from .header import NrrdHeader
from .parse import format_header

Progress = Callable[[float], None]
_CHUNK = 1 << 20


@dataclass(frozen=True, eq=False)
class WrittenNrrd:
    """What a file was meant to hold, for verifying it: its header, and its voxels where they were written as runs."""

    header: bytes
    intervals: Intervals | None


def read_groups(header: NrrdHeader, progress: Progress | None = None) -> list[NDArray[np.unsignedinteger]]:
    """The voxels as label values: one C-ordered array (t, k, j, i) a group, uint8 or, where values need it, uint16.

    The axis of groups may be the first or the last. What the header promises is held against the length of the file
    before anything is allocated. Raises CorruptFileError (truncated, damaged, values that are no labels),
    UnsupportedFormatError (encoding, type, axes).
    """
    path = header.data_path
    if path is None:
        raise FormatError(header.path, "the NRRD header was not read from a file")
    layout = axis_layout(header)
    shape, groups, dtype = layout.shape(header), layout.groups(header), header.dtype
    arrays = _read_runs(path, header, layout)
    if arrays is not None:
        return arrays
    try:
        with errors_name(path), path.open("rb") as file:
            source = open_data(file, header)
            order: Layout = "planar" if layout.value_axis else "interleaved"
            return read_stream(source, shape, groups, dtype, header.endian, order, progress)
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror})") from None


def _read_runs(path: Path, header: NrrdHeader, layout: AxisLayout) -> list[NDArray[np.unsignedinteger]] | None:
    """The same from a stream that was written as runs, at the cost of its runs; None for any other file."""
    shape, kind = layout.shape(header), header.dtype
    plain = header.encoding == "gzip" and not header.line_skip and not header.byte_skip
    narrow = kind.kind == "u" and kind.itemsize <= 2 and (kind.itemsize == 1 or header.endian == "little")
    if not plain or not narrow or layout.value_axis not in (None, 0) or not use_kernels(prod(shape)):
        return None
    with path.open("rb") as file:
        file.seek(header.data_start)
        return decode_groups(file.read(), shape, layout.groups(header), kind.itemsize)


def open_data(file: BinaryIO, header: NrrdHeader) -> ByteSource:
    """The items of a file from their first byte on, line and byte skip done. Raises StreamError."""
    file.seek(header.data_start)
    for skipped in range(header.line_skip):
        if not file.readline():
            raise TruncatedError(None, f"NRRD field 'line skip': {header.line_skip} lines, the file has {skipped}")
    skip = header.byte_skip
    if skip < 0:
        size = header.items * header.dtype.itemsize
        if file.seek(0, 2) < size:
            raise TruncatedError(None, f"the header promises {size} bytes, the file has {file.tell()}")
        file.seek(-size, 2)
    source = open_source(file, header.encoding)
    while skip > 0:
        piece = source.read(min(skip, _CHUNK))
        if not piece:
            raise TruncatedError(None, f"NRRD field 'byte skip': the data end {skip} bytes before that")
        skip -= len(piece)
    return source


def write_nrrd(
    path: Path,
    geometry_fields: Mapping[str, str],
    keyvalues: Mapping[str, str],
    arrays: Sequence[NDArray[np.unsignedinteger]],
    dtype: np.dtype[Any] | type | str = "u2",
    progress: Progress | None = None,
) -> WrittenNrrd:
    """Writes groups, interleaved, as gzip: straight from their runs, or at the fastest level where they are noise.

    ``geometry_fields`` come from the function of that name, ``arrays`` are one (t, k, j, i) a group and are written
    as ``dtype`` (u1 or u2). Returns what ``nrrd_difference`` compares the file with. Raises UnsupportedFormatError
    when a value does not fit or the header cannot hold a text.
    """
    items = np.dtype(dtype).newbyteorder("<")
    for array in arrays:
        if array.dtype.itemsize > items.itemsize and int(array.max()) > np.iinfo(items).max:
            raise UnsupportedFormatError(path, f"values up to {int(array.max())} do not fit into {items.name}")
    fields = {"type": {1: "unsigned char", 2: "unsigned short"}[items.itemsize], **geometry_fields}
    origin = fields.pop("space origin")  # MITK's order of fields
    fields.update({"endian": "little", "encoding": "gzip", "space origin": origin})
    header = format_header(fields, keyvalues)
    intervals = intervals_of_calm_groups(arrays, items.itemsize)
    with path.open("wb") as file:
        file.write(header)
        if intervals is None:
            write_stream(file, arrays, 1 if items.itemsize == 1 else 2, progress=progress)
        else:
            file.writelines(gzip_member(encode_intervals(intervals)))
            if progress is not None:
                progress(1.0)
    return WrittenNrrd(header, intervals)


def nrrd_difference(path: Path, written: WrittenNrrd) -> str | None:
    """What a file holds other than what was meant, in words, or None; header and voxels are compared to the last byte.

    Only for files that were written as runs (``written.intervals`` is not None).
    """
    assert written.intervals is not None
    data = memoryview(path.read_bytes())
    if data[: len(written.header)] != written.header:
        return "the header differs"
    return difference(data[len(written.header) :], written.intervals)
