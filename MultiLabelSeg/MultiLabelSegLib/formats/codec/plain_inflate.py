"""The numpy path of the run reader: zlib decompresses the content a piece at a time, numpy finds the changes.

zlib and not isal, for isal accepts some streams that zlib rejects, and a file that others may reject is not verified.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

#: compressed bytes taken at a time; DEFLATE makes at most 1032 times as much of them
_STEP = 1 << 14
#: as long as a piece can become, for comparing it at the speed of memory
_ZEROS = bytes(_STEP * 1040)


class _Changes:
    """Collects the voxels that differ from the one before, while the content arrives in pieces of any size."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rest = b""
        self._last: Bytes | None = None
        self.voxels = 0
        self.count = 0
        self._starts: list[Indices] = []
        self._items: list[Bytes] = []

    def add(self, piece: bytes) -> None:
        """Takes the next bytes of the voxels."""
        data = self._rest + piece if self._rest else piece
        whole = len(data) // self._size
        self._rest = data[whole * self._size :]
        if not whole:
            return
        if self._last is not None and not self._last.any() and not self._rest and _ZEROS.startswith(data):
            self.voxels += whole  # most of a mask: nothing begins within zeros after a zero
            return
        rows = np.frombuffer(data, np.uint8, whole * self._size).reshape(whole, self._size)
        if self._size in (1, 2, 4, 8):
            words = rows.view(f"u{self._size}").reshape(-1)
            changes = np.flatnonzero(words[1:] != words[:-1]) + 1
        else:
            changes = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)) + 1
        if self._last is None or not np.array_equal(rows[0], self._last):
            changes = np.concatenate([np.zeros(1, changes.dtype), changes])
        self._starts.append(changes.astype(np.int64) + self.voxels)
        self._items.append(rows[changes])
        self._last = rows[-1].copy()
        self.count += len(changes)
        self.voxels += whole

    def result(self) -> tuple[Indices, Bytes]:
        """Starts and items of all intervals."""
        empty = np.zeros((0, self._size), np.uint8)
        return np.concatenate([np.zeros(0, np.int64), *self._starts]), np.concatenate([empty, *self._items])


def inflate_intervals(
    view: Bytes, total: int, size: int, header_bytes: int, limit: int, wbits: int
) -> tuple[str, bytes, Indices, Bytes]:
    """Decompresses one stream of ``header_bytes`` bytes and ``total`` voxels of ``size`` bytes into intervals.

    Returns (name of a ``run_inflate.Status``, header, starts, items); more than ``limit`` intervals are NOT_RUNS, and
    so is anything behind the stream. ``wbits`` is 31 for gzip, 15 for zlib.
    """
    coder = zlib.decompressobj(wbits)
    header, changes, arrived = b"", _Changes(size), 0
    status = "OK"
    try:
        for low in range(0, len(view), _STEP):
            if coder.eof or arrived > header_bytes + total * size or changes.count > limit:
                break
            piece = coder.decompress(view[low : low + _STEP].tobytes())
            arrived += len(piece)
            if len(header) < header_bytes:
                taken = header_bytes - len(header)
                header, piece = header + piece[:taken], piece[taken:]
            changes.add(piece)
        else:
            low = len(view)
    except zlib.error as error:
        status = "CHECKSUM" if "check" in str(error).lower() else "DAMAGED"
    if status == "OK":
        status = _judge(coder, arrived - header_bytes - total * size, changes.count > limit, low < len(view))
    return (status, header, *changes.result()) if status == "OK" else (status, b"", *_Changes(size).result())


def _judge(coder: Any, excess: int, noise: bool, unread: bool) -> str:
    """The status of a stream that met no error, from how much it held beyond what was expected."""
    if excess > 0:
        return "EXCESS"
    if noise:
        return "NOT_RUNS"
    if not coder.eof or excess < 0:
        return "TRUNCATED"
    return "NOT_RUNS" if unread or coder.unused_data else "OK"
