"""Voxels of a file straight into the arrays of its groups: the whole content never lies in memory.

Use, from a file of two interleaved groups:

    with open(path, "rb") as file, errors_name(path):
        file.seek(header_bytes)
        arrays = read_groups(open_source(file, "gzip"), (t, k, j, i), groups=2, dtype="u2")
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from math import prod
from typing import Any, Literal

import numpy as np

from .byte_source import ByteSource, open_source
from .codec_errors import ExcessError, TruncatedError, errors_name
from .label_values import ByteOrder, ValueFaults, as_label_values, item_type

__all__ = ["GroupArrays", "errors_name", "expect_end", "open_source", "read_groups", "read_into"]

#: bytes of a chunk: fits the second-level cache, so that splitting a chunk does not wait for memory
CHUNK_BYTES = 1 << 20

Layout = Literal["interleaved", "planar"]


def read_into(source: ByteSource, total: int, sink: Callable[[int, bytes], None], unit: int = 1) -> None:
    """Hands exactly ``total`` bytes of ``source`` to ``sink(offset, piece)``, in whole units of bytes.

    Reads on to the end of the source, so that checksums are verified. Raises StreamError: TruncatedError when
    there are too few bytes, ExcessError when there are too many, and whatever the source finds.
    """
    for offset, piece in _pieces(source, total, unit):
        sink(offset, piece)
    expect_end(source, total)


def expect_end(source: ByteSource, total: int) -> None:
    """Reads the source to its end, which verifies checksums. Raises ExcessError when bytes are left."""
    if source.read(1):
        raise ExcessError(None, f"more data than the {total} bytes that the header announces")


def _pieces(source: ByteSource, total: int, unit: int) -> Iterator[tuple[int, bytes]]:
    """``total`` bytes as (offset, piece), each of about a chunk and of whole units."""
    step = max(CHUNK_BYTES // unit, 1) * unit
    for offset in range(0, total, step):
        size = min(step, total - offset)
        piece = source.read(size)
        if len(piece) < size:  # pieces are whole nearly always: joining is the exception
            parts, missing = [piece], size - len(piece)
            while missing:
                part = source.read(missing)
                if not part:
                    found = offset + size - missing
                    reason = f"the data end after {found} bytes; the header announces {total}"
                    raise TruncatedError(None, reason)
                parts.append(part)
                missing -= len(part)
            piece = b"".join(parts)
        yield offset, piece


class GroupArrays:
    """Arrays of the groups being read: uint8 until a group shows a value above 255, uint16 from then on."""

    def __init__(self, voxels: int, groups: int) -> None:
        self.flat: list[np.ndarray] = [np.zeros(voxels, np.uint8) for _ in range(groups)]

    def place(self, group: int, start: int, values: np.ndarray) -> None:
        """Writes the label values (uint8 or uint16) of consecutive voxels of one group."""
        array = self.flat[group]
        if array.dtype == np.uint8 and values.dtype == np.uint16 and values.max(initial=0) > 255:
            wider = np.zeros(array.size, np.uint16)
            wider[:start] = array[:start]
            self.flat[group] = array = wider
        np.copyto(array[start : start + values.size], values, casting="unsafe")

    def place_rows(self, start: int, rows: np.ndarray) -> None:
        """Writes rows of (voxel, group) of consecutive voxels, in rising order of ``start``."""
        top = int(rows.max(initial=0))
        if top == 0:
            return  # the arrays are zero already: untouched pages cost neither time nor memory
        if top <= 255 and rows.shape[1] in (2, 4, 8):
            for group, column in enumerate(_columns_of_bytes(rows)):
                np.copyto(self.flat[group][start : start + len(rows)], column, casting="unsafe")
            return
        for group in range(rows.shape[1]):
            self.place(group, start, rows[:, group])


def _columns_of_bytes(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Columns of rows of 2, 4 or 8 values up to 255, as the low bytes of integers.

    A row is one integer that is shifted: contiguous arithmetic, nearly three times as fast as strided copies.
    """
    groups = rows.shape[1]
    words = np.ascontiguousarray(rows, np.uint8).view(f"u{groups}").reshape(-1)
    for group in range(groups):
        place = group if sys.byteorder == "little" else groups - 1 - group
        yield words >> np.array(8 * place, words.dtype)


def read_groups(
    source: ByteSource,
    shape: tuple[int, int, int, int],
    groups: int = 1,
    dtype: np.dtype[Any] | type | str = "u2",
    byteorder: ByteOrder = "little",
    layout: Layout = "interleaved",
    progress: Callable[[float], None] | None = None,
) -> list[np.ndarray]:
    """Label values of the groups: C-ordered arrays (t, k, j, i) of uint8, or uint16 where a value needs it.

    ``source`` comes from ``open_source`` and must hold exactly prod(shape) * groups items of ``dtype``:
    ``interleaved`` with the group axis fastest (MITK, and Slicer's ``list`` axis first), ``planar`` with one
    whole group after the other. ``progress`` is called with the fraction done; what it raises ends the
    reading.

    Raises StreamError: TruncatedError, ExcessError, DamagedError, ChecksumError, StreamHeaderError;
    VoxelValueError when voxels are negative, above 65535, not finite or further than 1e-3 from an integer,
    with the first value and the count.
    """
    items = source.items or item_type(dtype, byteorder)
    voxels = prod(shape)
    columns = groups if layout == "interleaved" else 1
    row = columns * items.itemsize
    total = voxels * groups * items.itemsize
    arrays = _allocate(source, voxels, groups, total)
    faults = ValueFaults()
    for plane in range(groups // columns):
        for offset, piece in _pieces(source, voxels * row, row):
            values = as_label_values(np.frombuffer(piece, items), faults)
            if not faults:  # after a fault the rest is only counted
                if columns > 1:
                    arrays.place_rows(offset // row, values.reshape(-1, columns))
                elif values.any():
                    arrays.place(plane, offset // row, values)
            if progress is not None:
                progress((plane * voxels * row + offset + len(piece)) / total)
    expect_end(source, total)
    faults.raise_if_any()
    return [flat.reshape(shape) for flat in arrays.flat]


def _allocate(source: ByteSource, voxels: int, groups: int, total: int) -> GroupArrays:
    """The arrays, unless the header promises more than the file can hold or than memory has."""
    if source.limit is not None and total > source.limit:
        reason = f"the header announces {total} bytes of voxels, the file can hold {source.limit} at most"
        raise TruncatedError(None, reason)
    try:
        return GroupArrays(voxels, groups)
    except (MemoryError, ValueError, OverflowError) as error:
        raise ExcessError(None, f"{groups} groups of {voxels} voxels do not fit into memory") from error
