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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ...compiled import use_kernels
from . import crc_algebra
from .byte_source import fast_zlib
from .deflate_tables import FINAL_BLOCK
from .intervals import Intervals, intervals_of, intervals_of_runs
from .plain_deflate import bytes_of_groups, bytes_of_intervals, deflate_pieces
from .zero_blocks import zero_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Part = bytes | memoryview
    Checksum = Callable[[Any, int], int]

#: zeros before and after a label become blocks of their own from this many bytes on
_FOLD = 1 << 14
#: but only with this many intervals: blocks of their own cost 30 bytes, and save the others a bit a symbol
_MANY = 100
#: groups with more intervals than one in so many voxels are noise: DEFLATE proper does better then
_NOISE = 8
#: with more intervals than one in so many voxels a pattern may repeat, and DEFLATE proper is tried, too
_DENSE = 32
#: the largest voxel (in bytes) that the compiled coder takes
_LARGEST_ITEM = 256
GZIP_HEADER = b"\x1f\x8b\x08\x00\0\0\0\0\x00\xff"
_ZLIB_HEADER = b"\x78\x01"


@dataclass(frozen=True, eq=False)
class EncodedStream:
    """Raw DEFLATE of some content, byte-aligned and without the final block, so that parts may stand in front."""

    parts: tuple[Part, ...]
    crc32: int
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
        parts, crc, size = deflate_pieces(bytes_of_groups(arrays, itemsize), fast_zlib().crc32, 0)
        return EncodedStream(tuple(parts), crc, size)
    return encode_intervals(intervals)


def intervals_of_calm_groups(arrays: Sequence[NDArray[Any]], itemsize: int) -> Intervals | None:
    """The intervals of groups, or None for noise, which DEFLATE proper compresses better. Raises GroupError."""
    total = arrays[0].size if arrays else 0
    return intervals_of(arrays, itemsize, limit=max(64, total // _NOISE))


def encode_intervals(intervals: Intervals) -> EncodedStream:
    """The content that intervals describe, as raw DEFLATE with its CRC-32."""
    if _compiled(intervals):
        crc = crc_algebra.finish(0, intervals.register, intervals.content_bytes)
        return EncodedStream(tuple(_compiled_parts(intervals)), crc, intervals.content_bytes)
    parts, crc, before, behind = _plain_parts(intervals, fast_zlib().crc32, 0)
    register_of_rest = crc_algebra.raw_of(crc, intervals.content_bytes - before - behind)
    register_of_all = crc_algebra.multiply(crc_algebra.byte_power(behind), register_of_rest)
    return EncodedStream(
        tuple(parts), crc_algebra.finish(0, register_of_all, intervals.content_bytes), intervals.content_bytes
    )


def gzip_member(stream: EncodedStream, header: bytes = b"") -> list[Part]:
    """A whole gzip member of ``header`` and the stream's content, as parts in order."""
    crc = crc_algebra.combine(zlib.crc32(header), stream.crc32, stream.size)
    trailer = struct.pack("<II", crc, (len(header) + stream.size) & crc_algebra.MASK)
    return [GZIP_HEADER, *header_block(header), *stream.parts, FINAL_BLOCK, trailer]


def zlib_stream(intervals: Intervals) -> list[Part]:
    """A whole zlib stream (RFC 1950, as in .mha) of the content that intervals describe, as parts in order."""
    if _compiled(intervals):
        from . import crc_kernels

        parts = _compiled_parts(intervals)
        adler = int(crc_kernels.adler_of_intervals(intervals.start, intervals.items, intervals.total))
    else:
        parts, adler, before, behind = _plain_parts(intervals, fast_zlib().adler32, 1)
        low, high = adler & 0xFFFF, adler >> 16
        # zeros in front keep the first sum at 1 and add it once a byte; those behind add the final first sum
        adler = ((high + before + behind * low) % 65521 << 16) | low
    return [_ZLIB_HEADER, *parts, FINAL_BLOCK, struct.pack(">I", adler)]


def _compiled(intervals: Intervals) -> bool:
    """Whether the compiled coder takes these intervals, and is worth it."""
    fits = len(intervals.start) > 0 and intervals.items.shape[1] <= _LARGEST_ITEM
    return fits and intervals.total < crc_algebra.MAX_STEPS and use_kernels(intervals.total)


@lru_cache(maxsize=16)
def header_block(header: bytes) -> tuple[bytes, ...]:
    """The header as raw DEFLATE, byte-aligned and not final."""
    if not header:
        return ()
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (coder.compress(header) + coder.flush(zlib.Z_SYNC_FLUSH),)


def trimmed(intervals: Intervals) -> tuple[int, Intervals, int]:
    """(bytes of long zeros in front, the rest, bytes of long zeros behind)."""
    size = int(intervals.items.shape[1])
    first, last = 0, len(intervals.start)
    lead = trail = 0
    if last:
        lead = int(intervals.start[1]) if last > 1 else intervals.total
        if intervals.items[0].any() or lead * size <= _FOLD:
            lead = 0
        first = 1 if lead else 0
    if last > first:
        trail = intervals.total - int(intervals.start[-1])
        if intervals.items[-1].any() or trail * size <= _FOLD:
            trail = 0
        last -= 1 if trail else 0
    start = intervals.start[first:last] - lead
    start.flags.writeable = False
    rest = Intervals(intervals.total - lead - trail, start, intervals.items[first:last], intervals.itemsize)
    return lead * size, rest, trail * size


def _compiled_parts(intervals: Intervals) -> list[Part]:
    from . import run_deflate_kernels

    few = len(intervals.start) < _MANY
    before, rest, behind = (0, intervals, 0) if few else trimmed(intervals)
    voxel = np.full(intervals.items.shape[1], 0 if before else -1, np.int64)
    voxel.flags.writeable = False
    parts: list[Part] = [zero_block(before)]
    if len(rest.start):
        body = memoryview(run_deflate_kernels.encode(rest.start, rest.items, rest.total, voxel))
        parts.append(body)
        if _DENSE * len(rest.start) > rest.total:
            plain, _, _ = deflate_pieces(bytes_of_intervals(rest), zlib.crc32, 0)
            if sum(len(part) for part in plain) < len(body):
                parts[1:] = plain
    parts.append(zero_block(behind))
    return [part for part in parts if len(part)]


def _plain_parts(intervals: Intervals, checksum: Checksum, start: int) -> tuple[list[Part], int, int, int]:
    """The same by isal or zlib: (parts, checksum of all but the long zeros, bytes of these in front and behind)."""
    before, rest, behind = trimmed(intervals)
    plain, result, _ = deflate_pieces(bytes_of_intervals(rest), checksum, start)
    parts: list[Part] = [zero_block(before), *plain, zero_block(behind)]
    return [part for part in parts if len(part)], result, before, behind
