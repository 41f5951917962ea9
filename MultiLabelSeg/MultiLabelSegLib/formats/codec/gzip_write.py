"""Arrays of groups into one gzip member, chunk by chunk: interleaved, compressed and checksummed while in the cache.

Every chunk is compressed by itself and ends at a byte (a sync flush), so that chunks can be made by several threads, a
chunk of zeros is made once only, and the bytes of the file do not depend on the number of threads.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import BinaryIO, Literal, NamedTuple

import numpy as np

from ...errors import LossError
from .byte_source import fast_zlib
from .crc_algebra import combine

#: bytes of content that are compressed at a time: fewer cost size, more fall out of the cache
CHUNK_BYTES = 2 << 20

_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # no name and no time: the same voxels give the same file
_LAST_BLOCK = b"\x03\x00"


class Written(NamedTuple):
    """What a stream holds: CRC-32 and number of bytes of the content, and the bytes that the file took for it."""

    crc32: int
    bytes: int
    stored: int


class _Chunk(NamedTuple):
    crc32: int
    size: int
    data: bytes | np.ndarray


def write_groups(
    file: BinaryIO,
    arrays: Sequence[np.ndarray],
    itemsize: Literal[1, 2] = 2,
    head: bytes = b"",
    byteorder: Literal["little", "big"] = "little",
    encoding: Literal["gzip", "raw"] = "gzip",
    level: int = 1,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Written:
    """Writes groups of label values (uint8 or uint16, one shape, C order) interleaved, the group axis fastest.

    ``itemsize`` is the size of a value in the file, in ``byteorder``. ``head`` goes before the voxels into the same
    stream (the header of a ``.nii.gz``). ``level`` is that of the DEFLATE engine: 0..3 with isal, 1..9 without; isal
    takes 3 for anything above. ``progress`` is called with the fraction done; what it raises ends the writing.

    Raises LossError when a value above 255 should go into one byte; errors of ``file`` pass through.
    """
    flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
    order: Literal["<", ">"] = "<" if byteorder == "little" else ">"
    step = max(CHUNK_BYTES // (itemsize * len(flat)), 1)
    starts = range(0, flat[0].size, step)
    make = partial(_make_chunk, flat, step, np.dtype(f"{order}u{itemsize}"), level if encoding == "gzip" else None)
    done = _Chunk(0, 0, b"")
    stored = file.write(_HEADER) if encoding == "gzip" else 0
    for count, chunk in enumerate(_chain(_head_chunk(head, encoding), _in_order(make, starts, threads))):
        file.write(chunk.data)
        stored += len(chunk.data) if isinstance(chunk.data, bytes) else chunk.data.nbytes
        done = _Chunk(combine(done.crc32, chunk.crc32, chunk.size), done.size + chunk.size, b"")
        if progress is not None:
            progress(count / max(len(starts), 1))
    if encoding == "gzip":
        tail = done.crc32.to_bytes(4, "little") + (done.size & 0xFFFFFFFF).to_bytes(4, "little")
        stored += file.write(_LAST_BLOCK + tail)
    return Written(done.crc32, done.size, stored)


def _chain(first: _Chunk, rest: Iterable[_Chunk]) -> Iterator[_Chunk]:
    yield first
    yield from rest


def _in_order(make: Callable[[int], _Chunk], starts: range, threads: int) -> Iterator[_Chunk]:
    """The chunks in order, made by ``threads`` threads (interleaving and compressing let others run)."""
    if threads <= 1 or len(starts) < 2:
        yield from map(make, starts)
        return
    from concurrent.futures import ThreadPoolExecutor  # which loads much that a small file does not need

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(make, starts)


def _head_chunk(head: bytes, encoding: str) -> _Chunk:
    crc = fast_zlib().crc32(head)
    return _Chunk(crc, len(head), deflate(head, 1) if encoding == "gzip" and head else head)


def _make_chunk(
    arrays: list[np.ndarray], step: int, item: np.dtype[np.unsignedinteger], level: int | None, start: int
) -> _Chunk:
    parts = [array[start : start + step] for array in arrays]
    tops = [int(part.max(initial=0)) for part in parts]
    if item.itemsize == 1 and max(tops) > 255:
        raise LossError(None, [f"label value {max(tops)}, which does not fit into one byte"])
    size = item.itemsize * len(parts) * parts[0].size
    if level is not None and max(tops) == 0:
        return _zeros(size, level)
    content = interleave(parts, item)
    crc = fast_zlib().crc32(content)
    return _Chunk(crc, size, content if level is None else deflate(content, level))


@lru_cache(maxsize=8)
def _zeros(size: int, level: int) -> _Chunk:
    content = bytes(size)
    return _Chunk(fast_zlib().crc32(content), size, deflate(content, level))


def deflate(content: bytes | np.ndarray, level: int) -> bytes:
    """DEFLATE blocks that hold ``content``, none of them the last one of a stream, ending at a byte."""
    engine = fast_zlib()
    highest = getattr(engine, "ISAL_BEST_COMPRESSION", 9)
    packer = engine.compressobj(min(level, highest), engine.DEFLATED, -15)
    packed: bytes = packer.compress(content) + packer.flush(engine.Z_SYNC_FLUSH)
    return packed


def interleave(parts: Sequence[np.ndarray], item: np.dtype[np.unsignedinteger]) -> np.ndarray:
    """Label values of consecutive voxels, one array (uint8 or uint16) a group, as rows (voxel, group) of ``item``."""
    groups, size = len(parts), parts[0].size
    if groups == 1:
        return np.ascontiguousarray(parts[0], item)
    width = groups * item.itemsize
    if item.isnative and width in (2, 4, 8):
        return _as_words(parts, item, np.dtype(f"u{width}"))
    rows = np.empty((size, groups), item)
    for group, part in enumerate(parts):
        rows[:, group] = part
    return rows


def _as_words(
    parts: Sequence[np.ndarray], item: np.dtype[np.unsignedinteger], word: np.dtype[np.unsignedinteger]
) -> np.ndarray:
    """A row as one integer, put together by shifts: contiguous arithmetic instead of strided copies."""
    little = sys.byteorder == "little"
    ordered = list(parts if little else reversed(parts))
    words: np.ndarray = ordered[0].astype(word)
    for place, part in enumerate(ordered[1:], 1):
        shifted = part.astype(word)
        shifted <<= np.array(8 * item.itemsize * place, word)
        words |= shifted
    return words.view(item).reshape(-1, len(parts))
