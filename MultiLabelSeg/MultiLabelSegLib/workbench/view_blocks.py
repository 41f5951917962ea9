"""Slices across i, taken from a C-ordered array (k, j, i) several at once.

Such a slice has one voxel in every row of the array, and each of them lies in another line of the processor's cache:
fetching the lines is all that takes time. Sixteen bytes of every row cost the same, and hold the next slices too, so
that scrolling on needs them no more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: bytes of every row that are taken at once; more would meet two lines and cost twice as much
_BYTES = 16
#: bytes of an array from which it does not stay within the processor's cache by itself
WORTHWHILE = 2**20


class SliceBlock:
    """Neighbouring slices across i of one array at a time; taken again when the array's ``stamp`` is another one."""

    def __init__(self) -> None:
        self._stamp: object = None
        self._start = 0
        self._packed: NDArray[Any] = np.empty((0, 0), f"V{_BYTES}")

    def slices(self, frame: NDArray[Any], at: int, stamp: object) -> tuple[int, NDArray[Any]] | None:
        """The first slice of the block that slice ``at`` lies in, and the block (k, j, slices of the block): a view.

        ``stamp`` must differ whenever the voxels do. None where a block is of no use: small arrays, those that are not
        C-ordered, voxels of several channels.
        """
        if frame.ndim != 3 or not frame.flags.c_contiguous or frame.itemsize not in (1, 2, 4, 8):
            return None
        row = frame.shape[2] * frame.itemsize
        if row < _BYTES or frame.nbytes < WORTHWHILE:
            return None
        start = min(at * frame.itemsize // _BYTES * _BYTES, row - _BYTES)
        known = (stamp, start, frame.shape, frame.dtype)
        if known != self._stamp:
            self._stamp = None  # whatever happens meanwhile, half a block is none
            if self._packed.shape != frame.shape[:2]:
                self._packed = np.empty(frame.shape[:2], f"V{_BYTES}")
            window: NDArray[Any] = np.ndarray(frame.shape[:2], self._packed.dtype, frame.data, start, frame.strides[:2])
            np.copyto(self._packed, window)
            self._stamp, self._start = known, start
        block = self._packed.view(frame.dtype).reshape(*frame.shape[:2], _BYTES // frame.itemsize)
        return self._start // frame.itemsize, block

    def clear(self) -> None:
        """Holds nothing any more."""
        self._stamp, self._packed = None, np.empty((0, 0), f"V{_BYTES}")

    def like_frame(self, frame: NDArray[Any], at: int, stamp: object) -> NDArray[Any]:
        """An array of the frame's shape that agrees with it in slice ``at`` across i, cheap to cut there.

        The frame itself where a block is of no use.
        """
        found = self.slices(frame, at, stamp)
        if found is None:
            return frame
        first, block = found
        return np.broadcast_to(block[:, :, at - first, None], frame.shape)
