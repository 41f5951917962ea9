"""The door to the compiled search of live wires: its state is kept between targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import live_wire_kernels
from .live_wire import NEIGHBOURS, REPULSIVE, CostMap, Mask, Pixel

_FAR = np.iinfo(np.int32).max


class CompiledSearch:
    """Ways from a start, widened only until a target is reached; the next target goes on from there.

    The kernels work on flat arrays with a border of one pixel that counts as done, so that they need not look where
    the slice ends.
    """

    def __init__(self, costs: CostMap, start: Pixel, avoided: Mask) -> None:
        local = np.where(avoided, np.int32(-1), costs.local.astype(np.int32, copy=False))
        self._columns = columns = costs.shape[1] + 2
        self._costs = (
            np.pad(local, 1).reshape(-1),
            np.pad(costs.angle.astype(np.int32, copy=False), 1).reshape(-1),
            np.array([row * columns + column for row, column in NEIGHBOURS], np.int64),
            costs.lengths.astype(np.int64, copy=False),
            costs.turn,
            REPULSIVE,
        )
        self._done = np.pad(np.zeros(costs.shape, np.bool_), 1, constant_values=True).reshape(-1)
        self._distance = np.full(self._done.size, _FAR, np.int32)
        dearest = max(costs.dearest, REPULSIVE if avoided.any() else 0)
        heads = np.full(1 << dearest.bit_length(), -1, np.int32)
        self._queue = heads, np.full(self._done.size, -1, np.int32), np.full(self._done.size, -1, np.int32)
        at = self._flat(start)
        self._distance[at], heads[0] = 0, at
        #: the distance that is worked on, and how many pixels wait
        self._state = np.array([0, 1], np.int64)

    def _flat(self, pixel: Pixel) -> int:
        return (pixel[0] + 1) * self._columns + pixel[1] + 1

    def way(self, start: Pixel, target: Pixel) -> NDArray[np.int64]:
        """The pixels from start to target, (n, 2) as row, column."""
        first, last = self._flat(start), self._flat(target)
        live_wire_kernels.widen(*self._costs, self._distance, self._done, *self._queue, self._state, last)
        way = live_wire_kernels.trace(*self._costs, self._distance, first, last)
        return np.stack(np.divmod(way[::-1], self._columns), axis=1) - 1
