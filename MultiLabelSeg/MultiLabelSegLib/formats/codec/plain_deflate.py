"""The numpy path of the run coder: the bytes are built a piece at a time and compressed by isal or zlib at level 1."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.runs import frozen
from .byte_source import fast_zlib
from .intervals import Intervals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Checksum = Callable[[Any, int], int]

#: voxels that are built at once
_STEP = 1 << 20
_LEVEL = 1


def deflate_pieces(pieces: Iterable[NDArray[np.uint8]], checksum: Checksum, start: int) -> tuple[list[bytes], int, int]:
    """Raw DEFLATE of the pieces, byte-aligned and not final: (parts, checksum, size). ``start`` begins the checksum."""
    coder = fast_zlib().compressobj(_LEVEL, zlib.DEFLATED, -15)
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        start, size = checksum(piece.data, start), size + piece.size
        parts.append(coder.compress(piece.data))
    parts.append(coder.flush(zlib.Z_SYNC_FLUSH))
    return [part for part in parts if part], start, size


def bytes_of_groups(arrays: Sequence[NDArray[Any]], itemsize: int) -> Iterator[NDArray[np.uint8]]:
    """The content of a file of interleaved groups (little-endian), piece by piece."""
    flats = [frozen(array) for array in arrays]
    for low in range(0, flats[0].size, _STEP):
        columns = np.empty((min(_STEP, flats[0].size - low), len(flats)), f"<u{itemsize}")
        for group, flat in enumerate(flats):
            columns[:, group] = flat[low : low + _STEP]
        yield columns.view(np.uint8).reshape(-1)


def bytes_of_intervals(intervals: Intervals) -> Iterator[NDArray[np.uint8]]:
    """The content that intervals describe, piece by piece."""
    size = intervals.items.shape[1]
    edges = np.append(intervals.start, np.int64(intervals.total))
    words = intervals.items.view(f"V{size}").reshape(-1)
    for low in range(0, intervals.total, _STEP):
        high = min(intervals.total, low + _STEP)
        first = int(np.searchsorted(edges, low, side="right")) - 1
        last = int(np.searchsorted(edges, high, side="left"))
        within = np.clip(edges[first : last + 1], low, high)
        yield np.repeat(words[first:last], within[1:] - within[:-1]).view(np.uint8)
