"""Seeded growing in numpy, for machines without numba: the same labels, slower, and from the start at every run.

An image of 10 million voxels takes about twenty times as long as with compiled kernels. There is no bucket queue:
labyrinths take a round over the volume for every few turns of the way, which may be minutes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .growing_graph import Graph
from .growing_tables import FAR, WALL
from .progress import Progress

Keys = NDArray[np.int64]


class PlainGrowing:
    """Keys of a graph for seeds that change; see ``growing_compiled.CompiledGrowing``, which this stands in for."""

    def __init__(self, graph: Graph, table: NDArray[np.unsignedinteger]) -> None:
        self._graph, self._table = graph, table
        self._seed = np.zeros(graph.shape, np.uint16)
        values = graph.values.astype(np.int64)
        # two closed voxels side by side differ by nothing, but their keys stay FAR all the same
        self._values = np.where(values >= WALL, 2 * FAR, values)
        self._key = np.full(values.shape, FAR, np.int64)

    def exchange(self, rows: NDArray[np.int64], ids: NDArray[np.unsignedinteger]) -> None:
        """Puts the seeds of some rows, as numbers of labels (rows, i), in place; ``rows`` are their (k, j)."""
        self._seed[rows[:, 0], rows[:, 1]] = ids

    def grow(self, progress: Progress | None = None) -> None:
        """Grows from the seeds as they are now: planes are relaxed from their neighbours, along each axis in turn."""
        self._key[:] = FAR
        inner = self._key[1:-1, 1:-1, 1:-1]
        inner[self._seed != 0] = self._seed[self._seed != 0]
        axes = [_Axis(self._key, self._values, self._graph.step, axis) for axis in range(3)]
        rounds = 0
        while any([axis.sweep(axes) for axis in axes]):
            rounds += 1
            if progress is not None:
                progress(rounds / (rounds + 8))

    def read(self, out: NDArray[np.unsignedinteger]) -> None:
        """Brings the labels (k, j, i) up to date."""
        key = self._key[1:-1, 1:-1, 1:-1]
        low = (1 << self._graph.bits) - 1
        out[:] = self._table[np.where(key < FAR, key & low, 0)]


class _Axis:
    """Planes across one axis: each is relaxed from the plane before it, there and back."""

    def __init__(self, key: Keys, values: Keys, step: NDArray[np.int32], axis: int) -> None:
        self._key, self._values = np.moveaxis(key, axis, 0), np.moveaxis(values, axis, 0)
        self._axis, self._costs = axis, _costs_across(step, axis)
        size = len(self._key)
        self._changes = 1
        #: the number of the change that a plane had last, and of those of its neighbours that were looked at last
        self.changed, self._seen = np.ones(size, np.int64), np.zeros((size, 2), np.int64)

    def sweep(self, axes: list[_Axis]) -> bool:
        """Relaxes all planes there and back; whether anything changed."""
        last = len(self._key) - 2
        any_changed = False
        for side, planes in enumerate((range(1, last + 1), range(last, 0, -1))):
            for plane in planes:
                before = plane - 1 + 2 * side
                if self._seen[plane, side] != self.changed[before]:
                    self._seen[plane, side] = self.changed[before]
                    changed = self._relax(plane, before)
                    if changed is not None:
                        any_changed = True
                        self._note(axes, plane, changed)
        return any_changed

    def _relax(self, plane: int, before: int) -> NDArray[np.bool_] | None:
        """Relaxes a plane from the nine voxels beside each of its own; where that changed it, if anywhere."""
        keys, values = self._key[plane, 1:-1, 1:-1], self._values[plane, 1:-1, 1:-1]
        rows, columns = keys.shape
        best = keys.copy()
        for row in range(3):
            for column in range(3):
                part = slice(row, row + rows), slice(column, column + columns)
                reached = np.abs(self._values[before][part] - values)
                reached += self._key[before][part]
                reached += self._costs[row, column]
                np.minimum(best, reached, out=best)
        changed: NDArray[np.bool_] = best != keys
        if not changed.any():
            return None
        keys[...] = best
        return changed

    def _note(self, axes: list[_Axis], plane: int, changed: NDArray[np.bool_]) -> None:
        """Notes for all axes which of their planes a change of this one has touched."""
        touched: list[Any] = [np.flatnonzero(changed.any(axis=1)) + 1, np.flatnonzero(changed.any(axis=0)) + 1]
        touched.insert(self._axis, plane)
        for axis, planes in zip(axes, touched, strict=True):
            axis._changes += 1
            axis.changed[planes] = axis._changes


def _costs_across(step: NDArray[np.int32], axis: int) -> NDArray[np.int64]:
    """The costs (3, 3) of the nine steps from one plane across an axis to the next, both ways alike."""
    whole = np.concatenate((step[:, :, 1:], step), axis=2).astype(np.int64)  # i from -1 to 1
    costs: NDArray[np.int64] = np.moveaxis(whole, axis, 0)[0]
    return costs
