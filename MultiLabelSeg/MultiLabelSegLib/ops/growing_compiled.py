"""Seeded growing with compiled kernels: what is known is kept, so that the next run starts from there.

Keys are relaxed row by row in sweeps over the volume (``growing_kernels``). Images need 8 to 15 sweeps; labyrinths,
where the cheapest paths turn again and again, need as many as there are turns, and are handed over to a bucket queue
(``growing_bucket_kernels``). Both find the same keys: the smallest ones there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import growing_bucket_kernels as buckets
from . import growing_kernels as kernels
from .growing_graph import Graph, neighbours
from .growing_tables import FAR, FREE, WALL
from .progress import Progress

#: sweeps after which the bucket queue takes over
_SWEEPS = 48
#: how often a row is relaxed on the average of all rows before the bucket queue takes over; images need 30 to 45, noise
#: without any structure needs 500
_EFFORT = 150
_NOWHERE = np.zeros(0, np.int64)
#: most buckets in the ring, entries of a chunk, and chunks to begin with
_RING, _CHUNK, _CHUNKS = 1 << 16, 16, 1 << 13
#: voxels that are settled between two reports of progress
_BATCH = 1 << 19


class CompiledGrowing:
    """Keys of a graph for seeds that change. ``table`` is the label of each key's low bits; 0 is that of no label."""

    def __init__(self, graph: Graph, table: NDArray[np.unsignedinteger]) -> None:
        self._graph, self._table = graph, table
        shape = graph.values.shape
        rows = shape[:2]
        self._key = np.full(shape, FREE, np.int32)
        self._seed = np.zeros(shape, np.uint8 if graph.bits <= 8 else np.uint16)
        self._versions, self._seen = np.zeros(rows, np.int32), np.zeros((*rows, 8), np.int32)
        self._plane_versions, self._plane_seen = np.zeros(shape[0], np.int32), np.zeros((shape[0], 3), np.int32)
        self._forced, self._dirty = np.zeros(rows, np.uint8), np.zeros(rows, np.uint8)
        self._unreached = np.ones(rows, np.uint8)
        self._removed = _NOWHERE
        self._opened = _NOWHERE, _NOWHERE
        #: flat places and keys' low bits of voxels that are too far from their seed for 32 bits
        self._beyond = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._state = (self._versions, self._seen, self._forced, self._dirty, self._plane_versions, self._plane_seen)

    def exchange(self, rows: NDArray[np.int64], ids: NDArray[np.unsignedinteger]) -> None:
        """Puts the seeds of some rows, as numbers of labels (rows, i), in place; ``rows`` are their (k, j)."""
        at = rows[:, 0] + 1, rows[:, 1] + 1
        held = self._seed[at][:, 1:-1]
        number, place = np.nonzero((held != ids) & (held != 0))
        _, height, width = self._seed.shape
        self._removed = (at[0][number] * height + at[1][number]) * width + place + 1
        changed = (held != ids).any(axis=1)
        at = at[0][changed], at[1][changed]
        self._seed[at[0], at[1], 1:-1] = ids[changed]
        self._opened = at

    def grow(self, progress: Progress | None = None, sweeps: int = _SWEEPS) -> None:
        """Grows from the seeds as they are now. After ``progress`` has raised, this object is of no more use."""
        graph, key = self._graph, self._key
        if self._removed.size:
            marks = self._forced, self._dirty, self._seen, self._plane_seen
            kernels.release(key, graph.values, graph.step, self._removed, self._seed, *marks)
        self._plant()
        self._dirty.reshape(-1)[self._beyond[0] // key.shape[2]] = 1
        self._beyond = _NOWHERE, _NOWHERE
        finished = self._sweep(progress, sweeps)
        kernels.note_unreached(key, graph.values, self._dirty, self._unreached)
        if not finished or kernels.is_cut_off(key, graph.values, self._unreached):
            self._settle(progress)

    def read(self, out: NDArray[np.unsignedinteger]) -> None:
        """Brings the labels (k, j, i) up to date, where they have changed since they were read last."""
        kernels.read_labels(self._key, self._dirty, self._table, (1 << self._graph.bits) - 1, out)
        places, numbers = self._beyond
        k, j, i = np.unravel_index(places, self._key.shape)
        out[k - 1, j - 1, i - 1] = self._table[numbers]

    def _plant(self) -> None:
        """Gives the seeds of the changed rows their keys and opens those rows."""
        at = self._opened
        seeds = self._seed[at].astype(np.int32)
        self._key[at] = np.where(seeds != 0, seeds, self._key[at])
        self._forced[at] = np.maximum(self._forced[at], 1)
        self._dirty[at] = 1
        self._versions[at] += 1
        np.add.at(self._plane_versions, at[0], 1)

    def _sweep(self, progress: Progress | None, sweeps: int) -> bool:
        """Sweeps as long as that is the quicker way; whether all keys are final."""
        effort, most = 0, _EFFORT * self._forced.size
        for _ in range(sweeps):
            if progress is not None:
                progress(min(0.9, 3 * effort / most))
            done = kernels.sweep(self._key, self._graph.values, self._graph.step, *self._state)
            if done == 0:
                return True
            effort += done
            if effort > most:
                break
        return False

    def _settle(self, progress: Progress | None) -> None:
        """Makes all keys final with the bucket queue, from where the sweeps have left them."""
        graph, keys = self._graph, self._key.reshape(-1)
        values, (offsets, costs) = graph.values.reshape(-1), neighbours(graph)
        wide, marks = np.empty(keys.size, np.int64), np.zeros(keys.size, np.bool_)
        buckets.widen(keys, wide)
        buckets.find_fronts(wide, values, offsets, costs, marks)
        fronts = np.flatnonzero(marks)
        fronts = fronts[np.argsort(wide[fronts], kind="stable")]
        front_keys = wide[fronts]
        queue = _Queue(int(values[values < WALL].max(initial=0)) + int(costs.max()), graph.bits)
        room = max(int(np.count_nonzero(values < WALL)), 1)
        settled = 0
        while buckets.settle(
            wide, values, offsets, costs, queue.shift, fronts, front_keys, *queue.arrays, queue.state, _BATCH
        ):
            settled += _BATCH
            queue.widen()
            if progress is not None:
                progress(0.9 + 0.1 * min(1.0, settled / room))
        if buckets.narrow(wide, keys, self._dirty.reshape(-1), self._key.shape[2]):
            places = np.flatnonzero((wide >= FREE) & (wide < FAR))
            self._beyond = places, wide[places] & ((1 << graph.bits) - 1)
        self._note_final()

    def _note_final(self) -> None:
        """Notes that no row has anything new to look at."""
        self._forced[:] = 0
        high, wide = self._versions.shape
        sides = [(k, j) for k in range(3) for j in range(3) if (k, j) != (1, 1)]
        for which, (k, j) in enumerate(sides):
            self._seen[1:-1, 1:-1, which] = self._versions[k : high - 2 + k, j : wide - 2 + j]
        for which in range(3):
            self._plane_seen[1:-1, which] = self._plane_versions[which : high - 2 + which]


class _Queue:
    """The bucket queue's arrays, see ``settle``; there are more chunks when it is nearly full."""

    def __init__(self, dearest: int, bits: int) -> None:
        """``dearest`` is what the dearest step costs, shifted as keys are."""
        # 16 parts of a level share a bucket: neighbours are often worked on together then, which memory likes
        self.shift = bits + 4
        while (dearest >> self.shift) + 2 > _RING:
            self.shift += 1
        ring = max(64, 1 << ((dearest >> self.shift) + 2).bit_length())
        self._ring = np.full(ring, -1, np.int64), np.zeros(ring, np.int64), np.zeros(ring // 64, np.int64)
        self._entries, self._after = np.empty((_CHUNKS, _CHUNK, 2), np.int64), np.arange(1, _CHUNKS + 1)
        self.arrays = *self._ring, self._entries, self._after
        self.state = np.zeros(4, np.int64)

    def widen(self) -> None:
        """Twice as many chunks when less than a quarter of them is left."""
        many = len(self._after)
        if 4 * int(self.state[1]) > 3 * many - 128:
            entries = np.empty((2 * many, _CHUNK, 2), np.int64)
            entries[:many] = self._entries
            self._entries, self._after = entries, np.concatenate((self._after, np.arange(many + 1, 2 * many + 1)))
            self.arrays = *self._ring, self._entries, self._after
