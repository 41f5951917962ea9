"""Compressed label volumes straight from their runs: DEFLATE symbols, checksums and sizes, and hardly ever a voxel.

    parts = gzip_mask(header, start, stop, total, value=3, itemsize=2)        one label as one .nii.gz
    stream = encode_groups([organs, lesions], itemsize=2)                     MITK's layout of an .nrrd
    parts = gzip_member(stream)

Costs O(runs), plus two bits for 258 bytes of long zero stretches, DEFLATE's floor. Without compiled kernels, and for
noise, isal or zlib compress the same content at level 1.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ...compiled import use_kernels
from . import crc_algebra
from .deflate_tables import FINAL_BLOCK
from .intervals import VOXELS_PER_INTERVAL, Intervals, intervals_of, intervals_of_runs
from .plain_deflate import bytes_of_groups, bytes_of_intervals, deflate_pieces
from .zero_blocks import zero_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Part = bytes | memoryview

#: zeros before and after a label become blocks of their own from this many bytes on
_FOLD = 1 << 14
#: groups with more intervals than one in so many voxels are noise: DEFLATE proper does better then
_NOISE = 8
#: the largest voxel (in bytes) that the compiled coder takes
_LARGEST_ITEM = 256
_GZIP_HEADER = b"\x1f\x8b\x08\x00\0\0\0\0\x00\xff"
_ZLIB_HEADER = b"\x78\x01"


@dataclass(frozen=True, eq=False)
class EncodedStream:
    """Raw DEFLATE of some content, byte-aligned and without the final block, so that parts may stand in front."""

    parts: tuple[Part, ...]
    crc32: int
    adler32: int
    size: int  #: bytes of the content, not compressed

    @property
    def compressed_bytes(self) -> int:
        """Bytes of all parts."""
        return sum(len(part) for part in self.parts)


def gzip_mask(
    header: bytes,
    start: Indices,
    stop: Indices,
    total: int,
    value: int,
    itemsize: int,
    *,
    big_endian: bool = False,
) -> list[Part]:
    """One gzip member: ``header``, then ``total`` items of 1 or 2 bytes: ``value`` in the runs, 0 elsewhere.

    ``start`` and ``stop`` (flat indices, half open) are sorted; both empty give a mask without voxels. Returns the
    parts of the file in order. Raises GroupError when value or runs do not fit.
    """
    return gzip_member(encode_intervals(intervals_of_runs(start, stop, total, value, itemsize, big_endian)), header)


def encode_groups(arrays: Sequence[NDArray[Any]], itemsize: int) -> EncodedStream:
    """Groups of equal size, interleaved voxel by voxel as little-endian items of 1 or 2 bytes (MITK: 2).

    ``arrays`` are uint8 or uint16, (k, j, i) or (t, k, j, i), and may differ in dtype. Raises GroupError when they
    differ in size, have another dtype or values that do not fit ``itemsize``.
    """
    intervals = intervals_of_calm_groups(arrays, itemsize)
    if intervals is None:
        parts, crc, adler, size = deflate_pieces(bytes_of_groups(arrays, itemsize))
        return EncodedStream(tuple(parts), crc, adler, size)
    return encode_intervals(intervals)


def intervals_of_calm_groups(arrays: Sequence[NDArray[Any]], itemsize: int) -> Intervals | None:
    """The intervals of groups, or None for noise, which is better compressed by ``encode_groups``."""
    total = arrays[0].size if arrays else 0
    return intervals_of(arrays, itemsize, limit=max(64, total // _NOISE))


def encode_intervals(intervals: Intervals) -> EncodedStream:
    """The content that intervals describe, as raw DEFLATE with both checksums."""
    work = max(intervals.total // VOXELS_PER_INTERVAL, len(intervals.start) * VOXELS_PER_INTERVAL)
    size = intervals.items.shape[1]
    if not len(intervals.start) or size > _LARGEST_ITEM or not use_kernels(work):
        return _encode_plain(intervals)
    from . import crc_kernels

    powers, repeats = crc_algebra.power_table(size), crc_algebra.repeat_table(size)
    content = intervals.start, intervals.items, intervals.total
    register = int(crc_kernels.crc_of_intervals(*content, powers, repeats, crc_algebra.slicing_table()))
    crc = crc_algebra.finish(0, register, intervals.content_bytes)
    adler = int(crc_kernels.adler_of_intervals(*content))
    return EncodedStream(tuple(_compiled_parts(intervals)), crc, adler, intervals.content_bytes)


def gzip_member(stream: EncodedStream, header: bytes = b"") -> list[Part]:
    """A whole gzip member of ``header`` and the stream's content, as parts in order."""
    crc = crc_algebra.combine(zlib.crc32(header), stream.crc32, stream.size)
    trailer = struct.pack("<II", crc, (len(header) + stream.size) & crc_algebra.MASK)
    return [_GZIP_HEADER, *_header_block(header), *stream.parts, FINAL_BLOCK, trailer]


def zlib_stream(stream: EncodedStream) -> list[Part]:
    """A whole zlib stream (RFC 1950, as in .mha) of the stream's content, as parts in order."""
    return [_ZLIB_HEADER, *stream.parts, FINAL_BLOCK, struct.pack(">I", stream.adler32)]


@lru_cache(maxsize=16)
def _header_block(header: bytes) -> tuple[bytes, ...]:
    if not header:
        return ()
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (coder.compress(header) + coder.flush(zlib.Z_SYNC_FLUSH),)


def _trimmed(intervals: Intervals, fold: int) -> tuple[int, Intervals, int]:
    """(zero items in front, the rest, zero items behind), where the zeros take at least ``fold`` bytes."""
    size = intervals.items.shape[1]
    zero = ~intervals.items[[0, -1]].any(axis=1)
    first, last = 0, len(intervals.start)
    stop = int(intervals.start[1]) if last > 1 else intervals.total
    lead = stop if zero[0] and stop * size > fold else 0
    if lead:
        first = 1
    trail = intervals.total - int(intervals.start[-1])
    if last > first and zero[1] and trail * size > fold:
        last -= 1
    else:
        trail = 0
    start = intervals.start[first:last] - lead
    start.flags.writeable = False
    rest = Intervals(intervals.total - lead - trail, start, intervals.items[first:last], intervals.itemsize)
    return lead, rest, trail


def _compiled_parts(intervals: Intervals) -> list[Part]:
    from . import run_deflate_kernels

    size = intervals.items.shape[1]
    lead, rest, trail = _trimmed(intervals, _FOLD)
    before = np.full(size, 0 if lead else -1, np.int64)
    before.flags.writeable = False
    parts: list[Part] = [zero_block(lead * size)]
    if len(rest.start):
        body = memoryview(run_deflate_kernels.encode(rest.start, rest.items, rest.total, before))
        if _NOISE * len(rest.start) > rest.total:
            plain, _, _, _ = deflate_pieces(bytes_of_intervals(rest))
            parts.extend(plain if sum(map(len, plain)) < len(body) else [body])
        else:
            parts.append(body)
    parts.append(zero_block(trail * size))
    return [part for part in parts if len(part)]


def _encode_plain(intervals: Intervals) -> EncodedStream:
    """The same by isal or zlib: long zeros at both ends are still blocks of their own."""
    if not len(intervals.start):
        return EncodedStream((), 0, 1, 0)
    size = intervals.items.shape[1]
    lead, rest, trail = _trimmed(intervals, _FOLD)
    parts, crc, adler, count = deflate_pieces(bytes_of_intervals(rest))
    before, behind = lead * size, trail * size
    register = crc_algebra.multiply(crc_algebra.byte_power(behind), crc_algebra.raw_of(crc, count))
    crc = crc_algebra.finish(0, register, intervals.content_bytes)
    low, high = adler & 0xFFFF, adler >> 16
    # zeros in front keep the first sum at 1 and add it once a byte; those behind add the final first sum
    high = (high + before + behind * low) % 65521
    blocks = [zero_block(before), *parts, zero_block(behind)]
    return EncodedStream(tuple(part for part in blocks if part), crc, (high << 16) | low, intervals.content_bytes)
