"""A quick yes when a gzip member is what ``run_deflate`` writes without compiled kernels, for verifying it.

The long zeros before and after a label are blocks of a known form, which are compared byte by byte; what lies between
is decompressed by zlib and compared voxel by voxel, and the trailer by algebra. So a mask costs what its label spans,
not the whole volume. Whatever is not exactly so gets no answer here: the ordinary reader then says what it is.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from . import crc_algebra
from .byte_source import fast_zlib
from .deflate_tables import FINAL_BLOCK, LONGEST_MATCH
from .intervals import Intervals
from .plain_deflate import bytes_of_intervals
from .run_deflate import GZIP_HEADER, header_block, trimmed
from .zero_blocks import zero_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: compressed bytes taken at a time
_STEP = 1 << 16


def is_member_of(view: NDArray[np.uint8], expected: Intervals, header: bytes) -> bool:
    """Whether ``view`` is one gzip member of ``header`` and ``expected``, as we write it; False: it may be, otherwise.

    Costs the voxels between the first and the last that is not 0.
    """
    before, rest, behind = trimmed(expected)
    head = b"".join((GZIP_HEADER, *header_block(header), zero_block(before)))
    tail = zero_block(behind) + FINAL_BLOCK
    data = memoryview(view)
    body, trailer = data[len(head) : len(data) - len(tail) - 8], data[-8:]
    if len(data) < len(head) + len(tail) + 8 or data[: len(head)] != head or data[-8 - len(tail) : -8] != tail:
        return False
    if not all(_decodes(count) for count in (before, behind)) or not _header_decodes(header):
        return False
    crc = _checksum_if_same(body, bytes_of_intervals(rest), _short(behind))
    if crc is None:
        return False
    register = crc_algebra.raw_of(crc, rest.content_bytes)
    register = crc_algebra.multiply(crc_algebra.byte_power(behind), register)
    size = len(header) + expected.content_bytes
    whole = crc_algebra.finish(zlib.crc32(header), register, expected.content_bytes)
    return bytes(trailer) == struct.pack("<II", whole, size & crc_algebra.MASK)


def _checksum_if_same(body: memoryview, pieces: Iterable[NDArray[np.uint8]], behind: int) -> int | None:
    """The CRC-32 of the pieces when raw DEFLATE, complete but not final, holds just these; else None.

    Complete is what zlib goes on from with ``behind`` zeros, in a block as ours, and an end.
    """
    fast = fast_zlib()
    coder, crc, at = fast.decompressobj(-15), 0, 0
    pending: bytes | memoryview = b""
    try:
        for piece in pieces:
            done, whole = 0, piece.tobytes()
            while done < len(whole):
                if not pending:
                    pending = body[at : at + _STEP]
                    at += len(pending)
                last = not pending
                out = coder.decompress(pending, len(whole) - done)
                pending = coder.unconsumed_tail
                if whole[done : done + len(out)] != out or (last and not out):
                    return None
                done += len(out)
            crc = fast.crc32(whole, crc)
        extra = coder.decompress(bytes(pending) + bytes(body[at:]))
        if extra or coder.eof or coder.unconsumed_tail:
            return None
        return crc if _goes_on(coder, behind) else None
    except (zlib.error, fast.error):
        return None


def _goes_on(coder: Any, behind: int) -> bool:
    """Whether a decoder stands between two blocks: it reads ``behind`` zeros and the end next. Raises its error."""
    zeros = coder.decompress(zero_block(behind) + FINAL_BLOCK)
    return zeros == bytes(behind) and coder.eof and not coder.unused_data


def _short(count: int) -> int:
    """Fewer zeros whose block has the same form.

    A block of many zeros is that of few with more of the same symbols in its middle, a whole number of bytes of them.
    """
    if count <= 0:
        return 0
    matches, rest = divmod(count - 1, LONGEST_MATCH)
    return 1 + LONGEST_MATCH * min(matches, 4 + matches % 4) + rest


def _decodes(count: int) -> bool:
    """Whether zlib reads the block of so many zeros as such, tried on a short one of the same form."""
    return count <= 0 or _short_decodes(_short(count))


@lru_cache(maxsize=4096)
def _short_decodes(count: int) -> bool:
    return zlib.decompressobj(-15).decompress(zero_block(count)) == bytes(count)


@lru_cache(maxsize=16)
def _header_decodes(header: bytes) -> bool:
    return zlib.decompressobj(-15).decompress(b"".join(header_block(header))) == header
