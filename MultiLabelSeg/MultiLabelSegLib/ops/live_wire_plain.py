"""The search of live wires without compiled kernels: scipy's Dijkstra in a window of the slice that is large enough."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .live_wire import NEIGHBOURS, CostMap, Mask, Pixel, steps_of

#: pixels around start and target that the first window has at least
_ROOM = 12


@dataclass(frozen=True, eq=False)
class _Window:
    """A part of the slice from the pixel ``first`` on: the steps of its pixels and their distances from the start."""

    first: Pixel
    steps: list[NDArray[np.int64]]
    distance: NDArray[np.float64]
    #: no pixel outside is nearer to the start than this
    beyond: float

    def knows(self, target: Pixel) -> bool:
        """Whether all cheapest ways to a target lie within."""
        row, column = target[0] - self.first[0], target[1] - self.first[1]
        rows, columns = self.distance.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return False
        return bool(self.distance[row, column] < self.beyond)


class PlainSearch:
    """Ways from a start. The window of the last target serves the next one where it is large enough."""

    def __init__(self, costs: CostMap, start: Pixel, avoided: Mask) -> None:
        self._costs, self._start, self._avoided = costs, start, avoided
        self._window: _Window | None = None

    def way(self, start: Pixel, target: Pixel) -> NDArray[np.int64]:
        """Back from the target, always by the first neighbour that lies on a cheapest way."""
        window = self._window
        room = max(_ROOM, max(abs(start[0] - target[0]), abs(start[1] - target[1])) // 4)
        limit = np.inf
        while window is None or not window.knows(target):
            window = self._searched(target, room, limit)
            row, column = target[0] - window.first[0], target[1] - window.first[1]
            limit = min(limit, float(window.distance[row, column]))  # no way that is dearer is of interest
            room *= 3
        self._window = window
        return _back(window, start, target)

    def _searched(self, target: Pixel, room: int, limit: float) -> _Window:
        """The window with some room around start and target, searched up to a distance."""
        ends = sorted((self._start[0], target[0])), sorted((self._start[1], target[1]))
        low = [max(end[0] - room, 0) for end in ends]
        high = [min(end[1] + room + 1, size) for end, size in zip(ends, self._costs.shape, strict=True)]
        cut = slice(low[0], high[0]), slice(low[1], high[1])
        part = replace(
            self._costs,
            local=self._costs.local[cut],
            angle=self._costs.angle[cut],
            strength=self._costs.strength[cut],
            edges=self._costs.edges[cut],
        )
        steps = [steps_of(part, self._avoided[cut], way) for way in range(8)]
        distance = _distances(steps, (self._start[0] - low[0], self._start[1] - low[1]), limit)
        beyond = np.inf
        for axis in (0, 1):
            lines = np.moveaxis(distance, axis, 0)
            if low[axis] > 0:
                beyond = min(beyond, float(lines[0].min()))
            if high[axis] < self._costs.shape[axis]:
                beyond = min(beyond, float(lines[-1].min()))
        return _Window((low[0], low[1]), steps, distance, beyond)


def _distances(steps: list[NDArray[np.int64]], start: Pixel, limit: float) -> NDArray[np.float64]:
    """The distance of every pixel from the start, infinite beyond the limit."""
    from scipy import sparse
    from scipy.sparse.csgraph import dijkstra

    rows, columns = steps[0].shape
    wide = columns + 2  # a border of pixels that no way leads to, so that every pixel has eight neighbours
    count = (rows + 2) * wide
    cost = np.full((rows + 2, wide, 8), np.inf)
    cost[1:-1, 1:-1] = np.stack(steps, axis=-1)
    cost[cost == 0] = np.inf  # the border of the slice, where there is no step
    offsets = np.array([row * wide + column for row, column in NEIGHBOURS])
    ends = np.clip(np.arange(count)[:, np.newaxis] + offsets, 0, count - 1).astype(np.int32)
    heads = np.arange(0, 8 * count + 1, 8, dtype=np.int32)
    graph = sparse.csr_matrix((cost.reshape(-1), ends.reshape(-1), heads), shape=(count, count))
    found = dijkstra(graph, indices=(start[0] + 1) * wide + start[1] + 1, limit=limit)
    distance: NDArray[np.float64] = np.asarray(found).reshape(rows + 2, wide)[1:-1, 1:-1]
    return distance


def _back(window: _Window, start: Pixel, target: Pixel) -> NDArray[np.int64]:
    rows, columns = window.distance.shape
    first = start[0] - window.first[0], start[1] - window.first[1]
    at = target[0] - window.first[0], target[1] - window.first[1]
    way = [at]
    while at != first:
        for steps, (down, right) in zip(window.steps, NEIGHBOURS, strict=True):
            row, column = at[0] - down, at[1] - right
            if not (0 <= row < rows and 0 <= column < columns):
                continue
            if window.distance[row, column] + steps[row, column] == window.distance[at]:
                at = row, column
                break
        way.append(at)
    return np.array(way[::-1], np.int64) + window.first
