"""Compiled relaxation for seeded growing: whole rows at a time, with the vector instructions of the processor.

Arrays are padded by one voxel all around. ``key`` and ``val`` are int32 (k, j, i); rows run along i. ``versions``
(k, j) counts the changes of a row and ``seen`` (k, j, 8) which version of each neighbouring row was last looked at;
``plane_versions`` (k) and ``plane_seen`` (k, 3) are the same for planes, so that a sweep skips what has nothing new
beside it. ``forced`` (k, j) marks rows to relax along themselves, ``dirty`` (k, j) rows whose labels are to be read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .growing_tables import FREE, WALL

Array = NDArray[Any]
_i32 = np.int32


@njit(nogil=True, cache=True, inline="never")
def _pull(keys: Array, values: Array, other_keys: Array, other_values: Array, straight: int, diagonal: int) -> Any:
    """Relaxes a row from a neighbouring one, whose two more voxels begin one to the left; not 0 when it changed."""
    changed = _i32(0)
    for at in range(keys.size):
        value = values[at]
        old = keys[at]
        by = _i32(other_values[at + 1] - value)
        middle = _i32(other_keys[at + 1] + _i32(max(by, _i32(-by)) + straight))
        by = _i32(other_values[at] - value)
        left = _i32(other_keys[at] + _i32(max(by, _i32(-by)) + diagonal))
        by = _i32(other_values[at + 2] - value)
        right = _i32(other_keys[at + 2] + _i32(max(by, _i32(-by)) + diagonal))
        best = min(min(middle, left), min(right, old))
        changed |= _i32(best ^ old)
        keys[at] = best
    return changed


@njit(nogil=True, cache=True, inline="never")
def _run_along(keys: Array, values: Array, costs: Array, ahead: Array, back: Array, step: int) -> None:
    """Relaxes a row, with its two rim voxels, along itself in both directions; the last three are room to work in."""
    count = ahead.size
    for at in range(count + 1):
        by = _i32(values[at + 1] - values[at])
        costs[at] = _i32(max(by, _i32(-by)) + step)
    forth, other = keys[0], keys[count + 1]
    for at in range(count):
        forth = min(_i32(forth + costs[at]), keys[at + 1])
        ahead[at] = forth
        last = count - 1 - at
        other = min(_i32(other + costs[last + 1]), keys[last + 1])
        back[last] = other
    for at in range(count):
        keys[at + 1] = min(ahead[at], back[at])


@njit(nogil=True, cache=True)
def _pull_all(key: Array, val: Array, versions: Array, seen: Array, step: Array, k: int, j: int) -> Any:
    """Relaxes a row from those of its eight neighbours that changed; whether it changed, and how many there were."""
    changed, pulled, which = _i32(0), 0, 0
    end = key.shape[2] - 1
    for dk in range(-1, 2):
        for dj in range(-1, 2):
            if dk == 0 and dj == 0:
                continue
            version = versions[k + dk, j + dj]
            if version != seen[k, j, which]:
                seen[k, j, which] = version
                pulled += 1
                straight, diagonal = step[dk + 1, dj + 1, 0], step[dk + 1, dj + 1, 1]
                row, values = key[k, j, 1:end], val[k, j, 1:end]
                changed |= _pull(row, values, key[k + dk, j + dj], val[k + dk, j + dj], straight, diagonal)
            which += 1
    return changed, pulled


@njit(nogil=True, cache=True)
def _is_idle(plane_versions: Array, plane_seen: Array, k: int) -> bool:
    """Whether nothing changed in a plane and its two neighbours since it was last asked; takes note of them."""
    idle = True
    for dk in range(3):
        version = plane_versions[k + dk - 1]
        if version != plane_seen[k, dk]:
            plane_seen[k, dk] = version
            idle = False
    return idle


@njit(nogil=True, cache=True)
def sweep(
    key: Array,
    val: Array,
    step: Array,
    versions: Array,
    seen: Array,
    forced: Array,
    dirty: Array,
    plane_versions: Array,
    plane_seen: Array,
) -> int:
    """One sweep down and up the volume; returns how often a row was relaxed, 0 when all keys are final."""
    planes, rows, count = key.shape[0] - 2, key.shape[1] - 2, key.shape[2] - 2
    costs, ahead, back = np.empty(count + 1, np.int32), np.empty(count, np.int32), np.empty(count, np.int32)
    done = 0
    for half in range(2):
        for plane in range(planes):
            k = planes - plane if half else plane + 1
            if _is_idle(plane_versions, plane_seen, k):
                continue
            for turn in range(2):
                for row in range(rows):
                    j = rows - row if turn else row + 1
                    changed, pulled = _pull_all(key, val, versions, seen, step, k, j)
                    done += pulled
                    if changed != 0 or forced[k, j] != 0:
                        _run_along(key[k, j], val[k, j], costs, ahead, back, step[1, 1, 1])
                        forced[k, j] = 0
                        dirty[k, j] = 1
                        versions[k, j] += 1
                        plane_versions[k] += 1
                        done += 1
    return done


@njit(nogil=True, cache=True)
def _reopen(forced: Array, dirty: Array, seen: Array, plane_seen: Array, k: int, j: int) -> None:
    """Marks a row to be relaxed from all sides again; ``forced`` 2 says that it is marked already."""
    if forced[k, j] != 2:
        forced[k, j] = 2
        dirty[k, j] = 1
        seen[k, j] = -1
        plane_seen[k] = -1


@njit(nogil=True, cache=True)
def _longer(array: Array) -> Array:
    grown = np.empty(2 * array.size, array.dtype)
    grown[: array.size] = array
    return grown


@njit(nogil=True, cache=True)
def release(
    key: Array,
    val: Array,
    step: Array,
    removed: Array,
    seed: Array,
    forced: Array,
    dirty: Array,
    seen: Array,
    plane_seen: Array,
) -> int:
    """Frees the voxels whose cheapest path may come from a removed seed (flat indices), and no others; how many.

    All keys must be final: then a path from a seed is one of steps of which each costs exactly what it adds.
    """
    rows, row = key.shape[1], key.shape[2]
    keys, values, seeds = key.reshape(-1), val.reshape(-1), seed.reshape(-1)
    stack, held = np.empty(1 << 12, np.int64), np.empty(1 << 12, np.int32)
    freed = 0
    for first in removed:
        stack[0], held[0], top = first, keys[first], 1
        keys[first] = FREE
        while top > 0:
            top -= 1
            at, before = stack[top], held[top]
            freed += 1
            _reopen(forced, dirty, seen, plane_seen, at // (rows * row), at // row % rows)
            if top + 26 > stack.size:
                stack, held = _longer(stack), _longer(held)
            for dk in range(-1, 2):
                for dj in range(-1, 2):
                    for di in range(-1, 2):
                        to = at + (dk * rows + dj) * row + di
                        if keys[to] >= FREE or seeds[to] != 0:
                            continue
                        cost = step[1, 1, 1] if dk == 0 and dj == 0 else step[dk + 1, dj + 1, abs(di)]
                        if keys[to] == before + abs(values[to] - values[at]) + cost:
                            stack[top], held[top] = to, keys[to]
                            keys[to] = FREE
                            top += 1
    return freed


@njit(nogil=True, cache=True)
def note_unreached(key: Array, val: Array, dirty: Array, unreached: Array) -> None:
    """Says in ``unreached`` (k, j) of each dirty row whether it has open voxels that no label has reached."""
    for k in range(1, key.shape[0] - 1):
        for j in range(1, key.shape[1] - 1):
            if dirty[k, j] != 0:
                keys, values = key[k, j], val[k, j]
                missed = 0
                for at in range(1, keys.size - 1):
                    missed |= (keys[at] >= FREE) & (values[at] < WALL)
                unreached[k, j] = missed


@njit(nogil=True, cache=True)
def is_cut_off(key: Array, val: Array, unreached: Array) -> bool:
    """Whether a voxel without a label has a labelled neighbour: its path is longer than 32 bits can tell."""
    for k in range(1, key.shape[0] - 1):
        for j in range(1, key.shape[1] - 1):
            if unreached[k, j] == 0:
                continue
            for i in range(1, key.shape[2] - 1):
                if key[k, j, i] >= FREE and val[k, j, i] < WALL:
                    for dk in range(-1, 2):
                        for dj in range(-1, 2):
                            for di in range(-1, 2):
                                if key[k + dk, j + dj, i + di] < FREE:
                                    return True
    return False


@njit(nogil=True, cache=True)
def read_labels(key: Array, dirty: Array, table: Array, low: int, out: Array) -> None:
    """Writes the labels of the dirty rows into ``out`` (k, j, i, not padded) and clears their marks."""
    end = key.shape[2] - 1
    for k in range(1, key.shape[0] - 1):
        for j in range(1, key.shape[1] - 1):
            if dirty[k, j] != 0:
                dirty[k, j] = 0
                keys, labels = key[k, j, 1:end], out[k - 1, j - 1]
                for at in range(keys.size):
                    labels[at] = table[keys[at] & low] if keys[at] < FREE else table[0]


@njit(nogil=True, cache=True)
def smooth_plane(planes: Array, out: Array, at: int, reach: tuple[int, int, int], noise2: float) -> None:
    """Local Wiener filter of one plane (j, i) of ``planes`` (k, j, i), see ``growing_noise``; float32 in and out."""
    depth, height, width = planes.shape
    sums, squares = np.empty(width + 2, np.float64), np.empty(width + 2, np.float64)
    share = 1.0 / ((2 * reach[0] + 1) * (2 * reach[1] + 1) * (2 * reach[2] + 1))
    for j in range(height):
        sums[:] = 0.0
        squares[:] = 0.0
        for dk in range(-reach[0], reach[0] + 1):
            for dj in range(-reach[1], reach[1] + 1):
                row = planes[min(max(at + dk, 0), depth - 1), min(max(j + dj, 0), height - 1)]
                for i in range(width):
                    value = np.float64(row[i])
                    sums[i + 1] += value
                    squares[i + 1] += value * value
        sums[0], sums[width + 1], squares[0], squares[width + 1] = sums[1], sums[width], squares[1], squares[width]
        centre, result = planes[at, j], out[j]
        for i in range(width):
            total, square = sums[i + 1], squares[i + 1]
            if reach[2]:
                total = sums[i] + total + sums[i + 2]
                square = squares[i] + square + squares[i + 2]
            mean = total * share
            variance = square * share - mean * mean
            kept = max(variance - noise2, 0.0) / max(variance, 1e-6)
            result[i] = np.float32(mean + kept * (centre[i] - mean))


def warm_up() -> None:
    """Compiles everything for the types that are used."""
    from .growing_compiled import CompiledGrowing
    from .growing_graph import graph_of

    planes = np.zeros((3, 3, 3), np.float32)
    smooth_plane(planes, np.zeros((3, 3), np.float32), 1, (1, 1, 1), 1.0)
    rows = np.argwhere(np.ones((3, 3), np.bool_))
    for many, dtype in ((2, np.uint8), (300, np.uint16), (300, np.uint8)):
        graph = graph_of(planes, (1.0, 1.0, 1.0), many)
        growing = CompiledGrowing(graph, np.arange(1 << graph.bits).astype(dtype))
        ids = np.zeros((9, 3), np.uint16)
        ids[0, 0] = 1
        growing.exchange(rows, ids)
        growing.grow()
        growing.read(np.zeros((3, 3, 3), dtype))
        ids[0, 0], ids[8, 2] = 0, 2
        growing.exchange(rows, ids)
        growing.grow(sweeps=0)
