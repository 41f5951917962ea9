"""Gzip files of label masks, inflated safely at the cost of what they hold instead of how long they are.

Accepted is what ``gzip.decompress`` accepts (several members, zeros behind them), with checksum and length checked.
Needs the compiled kernels; whoever calls asks ``use_kernels`` first and else reads the ordinary way.
"""

from __future__ import annotations

import re
import struct
import sys
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import crc_algebra
from .byte_source import DEFLATE_EXPANSION
from .codec_errors import ChecksumError, DamagedError, ExcessError, StreamError, StreamHeaderError, TruncatedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAGIC = b"\x1f\x8b"
_PADDING = re.compile(rb"\0*")
_EXTRA, _NAME, _COMMENT, _CHECKED = 4, 8, 16, 2
#: by the status numbers of the kernels
_ERRORS: dict[int, tuple[type[StreamError], str]] = {
    2: (TruncatedError, "the compressed data end early"),
    3: (DamagedError, "the compressed data are damaged"),
    4: (ExcessError, "there are more data than the header announces"),
}


@dataclass(frozen=True, eq=False)
class Inflated:
    """Content of a file: ``buffer[:size]``, zero outside of ``stretches`` (start, stop, start, stop... in bytes)."""

    buffer: NDArray[np.uint8]
    size: int
    stretches: NDArray[np.int64]


class Inflater:
    """Inflates files one after the other into one buffer of zeros, which it keeps. One for each thread."""

    def __init__(self) -> None:
        self._buffer = np.zeros(0, np.uint8)
        self._dirty = np.zeros(0, np.int64)

    def inflate(self, data: bytes, capacity: int) -> Inflated:
        """The whole content, at most ``capacity`` bytes; valid until the next call.

        Raises StreamError (no path): TruncatedError, StreamHeaderError, DamagedError, ChecksumError, ExcessError.
        """
        from . import sparse_inflate_kernels as kernels

        if sys.byteorder != "little" or capacity >= crc_algebra.MAX_STEPS:
            raise ExcessError(None, f"{capacity} bytes are more than this reader takes")
        self.clear()
        capacity = min(capacity, DEFLATE_EXPANSION * len(data))  # no more can come out, so no more is allocated
        if self._buffer.size < capacity:
            self._buffer = np.zeros(0, np.uint8)  # the old one is given back first
            self._buffer = np.zeros(capacity, np.uint8)
        words = np.zeros(len(data) // 8 + 3, np.uint64)
        words.view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
        words.flags.writeable = False
        state = np.zeros(5, np.int64)
        state[kernels.LAST] = state[kernels.BEGIN] = -1
        if not data:
            raise TruncatedError(None, "the file is empty")
        at, stretches = 0, np.zeros(1024, np.int64)
        while at < len(data):
            at, stretches = self._member(data, at, words, capacity, state, stretches)
            padded = _PADDING.match(data, at)  # gzip allows zeros behind a member
            at = padded.end() if padded else at
        return Inflated(self._buffer, int(state[kernels.AT]), self._dirty)

    def _member(
        self,
        data: bytes,
        at: int,
        words: NDArray[np.uint64],
        capacity: int,
        state: NDArray[np.int64],
        stretches: NDArray[np.int64],
    ) -> tuple[int, NDArray[np.int64]]:
        """One gzip member from byte ``at`` on: the byte behind it, and the list of stretches, which may have grown.

        Stretches of two members are never joined, so that the checksum of each is a matter of its own stretches.
        """
        from . import sparse_inflate_kernels as kernels
        from . import stretch_kernels

        body = body_offset(data, at)
        low, row = int(state[kernels.AT]), 2 * int(state[kernels.COUNT])
        state[kernels.BIT] = 8 * body
        status, stretches = kernels.inflate(
            words, np.int64(8 * len(data)), self._buffer, np.int64(capacity), state, stretches
        )
        self._dirty = stretches[: 2 * int(state[kernels.COUNT])]
        if status:
            kind, reason = _ERRORS[status]
            raise kind(None, reason)
        at = (int(state[kernels.BIT]) + 7) // 8
        if at + 8 > len(data):
            raise TruncatedError(None, "the file ends before the checksum")
        high = int(state[kernels.AT])
        tables = crc_algebra.power_table(1), crc_algebra.slicing_table()
        crc = stretch_kernels.crc_of_stretches(self._buffer, self._dirty[row:], np.int64(low), np.int64(high), *tables)
        stated = struct.unpack_from("<II", data, at)
        if stated != (int(crc), (high - low) & crc_algebra.MASK):
            raise ChecksumError(None, "checksum or length of the compressed data differ from what the file states")
        return at + 8, stretches

    def clear(self) -> None:
        """Back to zeros; touches only what was written."""
        if self._dirty.size:
            from . import stretch_kernels

            stretch_kernels.clear(self._buffer, self._dirty)
            self._dirty = np.zeros(0, np.int64)


def body_offset(data: bytes, at: int = 0) -> int:
    """The first byte of the DEFLATE data of the gzip member at byte ``at``, its header checked as strictly as by zlib.

    Raises StreamHeaderError, TruncatedError (no path).
    """
    head = data[at : at + 10]
    if head[:2] != _MAGIC[: len(head)]:
        raise StreamHeaderError(None, "is not gzip, or something else follows its end")
    if len(head) < 10:
        raise TruncatedError(None, "the file ends within the gzip header")
    flags = head[3]
    if head[2] != 8 or flags & 0xE0:
        raise StreamHeaderError(None, "is not a gzip header that is known")
    body = at + 10
    if flags & _EXTRA:
        body += 2 + int.from_bytes(data[body : body + 2], "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            body = data.find(b"\0", body) + 1 or len(data) + 1
    if flags & _CHECKED:
        if zlib.crc32(data[at:body]) & 0xFFFF != int.from_bytes(data[body : body + 2], "little"):
            raise StreamHeaderError(None, "the checksum of the gzip header differs")
        body += 2
    if body > len(data):
        raise TruncatedError(None, "the file ends within the gzip header")
    return body


def scatter_items(
    content: Inflated, offset: int, dtype: np.dtype[Any], target: NDArray[np.unsignedinteger], labels: dict[int, int]
) -> dict[int, int]:
    """Writes the items of a content into a flat target, through ``labels`` (item -> label); later calls win.

    ``dtype`` is uint8 or uint16 in native order, ``offset`` a multiple of its size, the target C-ordered uint8 or
    uint16. Returns the count of every value but 0.
    """
    from . import stretch_kernels

    items = content.buffer[offset : offset + target.size * dtype.itemsize].view(dtype)
    lut, counts = np.zeros(65536, np.int64), np.zeros(65536, np.int64)
    for value, label in labels.items():
        lut[value] = label
    size = np.int64(dtype.itemsize)
    stretch_kernels.scatter(items, content.stretches, np.int64(offset), size, target, lut, counts)
    return {int(value): int(counts[value]) for value in np.flatnonzero(counts)}
