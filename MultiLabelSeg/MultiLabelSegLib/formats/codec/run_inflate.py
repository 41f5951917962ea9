"""Reads run streams into intervals at the cost of their symbols: for verifying what was written, and for quick import.

A run stream is what ``run_deflate`` writes: one gzip member or zlib stream whose matches reach back one voxel at most.
It is decoded from its bytes alone, checksum and length included. Anything else is NOT_RUNS, which means nothing but
that an ordinary reader has to look at it.
"""

from __future__ import annotations

import math
import struct
import sys
import zlib
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...compiled import use_kernels
from . import crc_algebra
from .intervals import Intervals
from .plain_inflate import inflate_intervals
from .plain_verify import is_member_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Data = bytes | bytearray | memoryview | NDArray[np.uint8]

Container = Literal["gzip", "zlib"]
#: more intervals than one in so many voxels are not worth decoding this way
_NOISE = 4
_TRAILERS = {"gzip": 8, "zlib": 4}


class Status(Enum):
    """How the decoding of a run stream ended."""

    OK = "complete and correct"
    NOT_RUNS = "not written as runs"
    TRUNCATED = "ends early"
    DAMAGED = "invalid DEFLATE data"
    EXCESS = "more data than expected"
    CHECKSUM = "checksum or length differ"


@dataclass(frozen=True, eq=False)
class RunContent:
    """``header`` and ``intervals`` are the whole content when ``status`` is OK, else b"" and None."""

    status: Status
    header: bytes = b""
    intervals: Intervals | None = None


def decode_runs(
    data: Data,
    total: int,
    itemsize: int,
    *,
    groups: int = 1,
    header_bytes: int = 0,
    container: Container = "gzip",
    big_endian: bool = False,
    expected: Intervals | None = None,
) -> RunContent:
    """Decodes one whole gzip member or zlib stream: ``header_bytes`` bytes, then ``total`` voxels.

    A voxel is ``groups`` items of ``itemsize`` (1 or 2) bytes. Nothing is raised whatever the bytes are, and memory
    stays within a small multiple of the data and the voxels. Without compiled kernels zlib decompresses every voxel.
    ``expected`` is what the content may turn out to be: its checksum, if known, is then not computed again.
    """
    size = groups * itemsize
    limit = max(1024, total // _NOISE)
    view = np.frombuffer(data, np.uint8)
    if _compiled(total):
        like = Intervals(total, np.zeros(0, np.int64), np.zeros((0, size), np.uint8), itemsize, big_endian)
        return _decode_compiled(view, like, header_bytes, limit, container, expected)
    wbits = 31 if container == "gzip" else 15
    name, header, start, items = inflate_intervals(view, total, size, header_bytes, limit, wbits)
    if Status[name] is not Status.OK:
        return RunContent(Status[name])
    start.flags.writeable = items.flags.writeable = False
    return RunContent(Status.OK, header, Intervals(total, start, items, itemsize, big_endian))


def decode_groups(
    data: Data,
    shape: tuple[int, ...],
    groups: int,
    itemsize: int,
    *,
    header_bytes: int = 0,
    container: Container = "gzip",
) -> list[NDArray[Any]] | None:
    """The voxels of a little-endian run stream: an array of ``shape`` a group, uint8 where the values fit, else uint16.

    None for anything but a complete and correct run stream; an ordinary reader then says what it is. ``shape`` is
    (k, j, i) or (t, k, j, i); before the voxels come ``header_bytes`` bytes, which are not returned.
    """
    found = decode_runs(
        data, math.prod(shape), itemsize, groups=groups, header_bytes=header_bytes, container=container
    ).intervals
    return None if found is None else [found.array(group).reshape(shape) for group in range(groups)]


def difference(data: Data, expected: Intervals, header: bytes = b"", container: Container = "gzip") -> str | None:
    """What a written stream holds other than ``header`` and ``expected``, in words; None when it holds exactly these.

    Also reads streams that were written through isal or zlib, for noise, at the cost of their voxels.
    """
    if (
        container == "gzip"
        and not _compiled(expected.total)
        and is_member_of(np.frombuffer(data, np.uint8), expected, header)
    ):
        return None
    found = decode_runs(
        data,
        expected.total,
        expected.itemsize,
        groups=expected.groups,
        header_bytes=len(header),
        container=container,
        big_endian=expected.big_endian,
        expected=expected,
    )
    if found.status is Status.NOT_RUNS:
        size, wbits = expected.items.shape[1], 31 if container == "gzip" else 15
        view = np.frombuffer(data, np.uint8)
        name, head, start, items = inflate_intervals(view, expected.total, size, len(header), expected.total, wbits)
        found = RunContent(Status[name], head, Intervals(expected.total, start, items, expected.itemsize))
    if found.status is not Status.OK or found.intervals is None:
        return f"the stream is wrong: {found.status.value}"
    if found.header != header:
        return "the header differs"
    return None if found.intervals.same_as(expected) else "the voxels differ"


def _compiled(total: int) -> bool:
    """Whether the compiled decoder takes a stream of so many voxels, and is worth it."""
    return sys.byteorder == "little" and total < crc_algebra.MAX_STEPS and use_kernels(total)


def _body_offset(view: NDArray[np.uint8], container: Container) -> int:
    """First byte of the DEFLATE data, or 0 where the container is not a plain one of the kind that we write."""
    head = bytes(view[:10])
    if container == "gzip":
        return 10 if len(head) == 10 and head[:4] == b"\x1f\x8b\x08\x00" else 0
    known = len(head) >= 2 and head[0] & 15 == 8 and head[0] >> 4 <= 7 and not head[1] & 32
    return 2 if known and int.from_bytes(head[:2], "big") % 31 == 0 else 0


def _decode_compiled(
    view: NDArray[np.uint8],
    like: Intervals,
    header_bytes: int,
    limit: int,
    container: Container,
    expected: Intervals | None,
) -> RunContent:
    """The same by the compiled decoder; ``like`` says what the intervals are to be, apart from start and items."""
    from . import run_inflate_kernels

    offset, size = _body_offset(view, container), like.items.shape[1]
    if not offset:
        return RunContent(Status.NOT_RUNS)
    body = view[offset:]
    words = np.zeros(body.size // 8 + 3, np.uint64)
    words.view(np.uint8)[: body.size] = body
    words.flags.writeable = False
    header, voxel = np.zeros(header_bytes, np.uint8), np.full(size, -1, np.int64)
    shift = size.bit_length() - 1 if size & (size - 1) == 0 else -1
    code, bit, start, items = run_inflate_kernels.decode(
        words, np.int64(8 * body.size), np.int64(like.content_bytes), np.int64(shift), header, voxel, np.int64(limit)
    )
    if code != 0:
        return RunContent(tuple(Status)[code])  # the kernel counts in the order of the enumeration
    trailer = bytes(body[(int(bit) + 7) // 8 :])
    if len(trailer) != _TRAILERS[container]:
        return RunContent(Status.TRUNCATED if len(trailer) < _TRAILERS[container] else Status.NOT_RUNS)
    start.flags.writeable = items.flags.writeable = False
    found = replace(like, start=start, items=items)
    known = expected if expected is not None and found.same_as(expected) else found
    if trailer != _trailer(bytes(header), known, container):
        return RunContent(Status.CHECKSUM)
    return RunContent(Status.OK, bytes(header), found)


def _trailer(header: bytes, content: Intervals, container: Container) -> bytes:
    """Checksum (and length) as they must stand behind the stream, by algebra from the intervals."""
    from . import crc_kernels

    if container == "zlib":
        return struct.pack(">I", int(crc_kernels.adler_of_intervals(content.start, content.items, content.total)))
    crc = crc_algebra.finish(zlib.crc32(header), content.register, content.content_bytes)
    return struct.pack("<II", crc, (len(header) + content.content_bytes) & crc_algebra.MASK)
