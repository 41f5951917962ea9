"""Boxes of voxels as a journal keeps them: cut into pieces of a few megabytes, packed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Box, Group
from ...errors import CorruptFileError
from ..values import Labels

#: bytes of a piece: few enough to be copied within some milliseconds
PIECE_BYTES = 4 << 20
_HEAD = struct.Struct("<II6IBB")
_CONSTANT, _DEFLATED = 0, 1
#: label maps are so regular that higher levels only cost time
_LEVEL = 1


@dataclass(frozen=True, eq=False)
class Piece:
    """A box of frame ``t`` of a group that changed; ``key`` is the group's number in the journal."""

    key: int
    group: Group
    t: int
    box: Box

    @property
    def nbytes(self) -> int:
        """Bytes of its voxels now."""
        return self.box.voxels * self.group.array.itemsize

    def copied(self) -> CopiedPiece:
        """The piece with its present voxels."""
        return CopiedPiece(self.key, self.t, self.box, self.group.array[self.t][self.box.slices].copy())

    def holds(self, other: Piece) -> bool:
        """Whether another piece lies within this one."""
        return self.key == other.key and self.t == other.t and self.box.contains(other.box)


@dataclass(frozen=True, eq=False)
class CopiedPiece:
    """Voxels of a box: ``values`` (k, j, i), uint8 or uint16, of the box's shape."""

    key: int
    t: int
    box: Box
    values: Labels

    def packed(self) -> bytes:
        """The payload of a record: one number where all voxels are equal, else deflated."""
        flat = self.values.reshape(-1)
        first = flat[:1]
        constant = bool((flat == first).all())
        coding = _CONSTANT if constant else _DEFLATED
        little = (first if constant else flat).astype(self.values.dtype.newbyteorder("<"), copy=False)
        data = little.tobytes() if constant else zlib.compress(little.data, _LEVEL)
        head = _HEAD.pack(self.key, self.t, *self.box.lower, *self.box.upper, coding, self.values.itemsize)
        return head + data


def unpacked(payload: bytes) -> CopiedPiece:
    """The piece of a record. Raises CorruptFileError (no path) when it contradicts itself."""
    if len(payload) < _HEAD.size:
        raise CorruptFileError(None, f"a record of voxels has {len(payload)} bytes, expected {_HEAD.size} at least")
    key, t, k0, j0, i0, k1, j1, i1, coding, itemsize = _HEAD.unpack_from(payload)
    box = Box((k0, j0, i0), (k1, j1, i1))
    if itemsize not in (1, 2) or coding not in (_CONSTANT, _DEFLATED) or not box.voxels:
        raise CorruptFileError(None, f"a record of voxels has coding {coding}, {itemsize} bytes a voxel and {box}")
    wanted = (1 if coding == _CONSTANT else box.voxels) * itemsize
    data = payload[_HEAD.size :] if coding == _CONSTANT else _inflated(payload[_HEAD.size :], wanted)
    if len(data) != wanted:
        raise CorruptFileError(None, f"a record of voxels holds {len(data)} bytes, expected {wanted} for {box}")
    values: NDArray[Any] = np.frombuffer(data, f"<u{itemsize}")
    return CopiedPiece(key, t, box, np.broadcast_to(values, box.voxels).reshape(box.shape))


def _inflated(data: bytes, wanted: int) -> bytes:
    """At most one byte more than wanted, whatever the data claims to hold."""
    try:
        return zlib.decompressobj().decompress(data, wanted + 1)
    except zlib.error as error:
        raise CorruptFileError(None, f"a record of voxels does not inflate ({error})") from None


def cut(key: int, group: Group, t: int, box: Box) -> Iterator[Piece]:
    """A box cut along its slowest axes into pieces of about ``PIECE_BYTES``."""
    (k0, j0, i0), (k1, j1, i1) = box
    row = max(1, (i1 - i0) * group.array.itemsize)
    rows = max(1, min(PIECE_BYTES // row, j1 - j0))
    planes = max(1, PIECE_BYTES // (row * (j1 - j0))) if j1 > j0 else 1
    for k in range(k0, k1, planes):
        for j in range(j0, j1, rows):
            yield Piece(key, group, t, Box((k, j, i0), (min(k + planes, k1), min(j + rows, j1), i1)))


def whole(key: int, group: Group) -> Iterator[Piece]:
    """All voxels of a group in pieces."""
    frames, k, j, i = group.shape
    for t in range(frames):
        yield from cut(key, group, t, Box((0, 0, 0), (k, j, i)))
