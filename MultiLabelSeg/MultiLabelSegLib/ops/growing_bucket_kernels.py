"""Compiled shortest paths in order of distance, with a ring of buckets (Dial 1969): for seeded growing in labyrinths.

Arrays are flat, of volumes padded by one voxel all around. Keys have 64 bits here, so that paths may be of any length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .growing_tables import FAR, FREE, WALL

Flat = NDArray[Any]


@njit(nogil=True, cache=True)
def widen(keys: Flat, wide: Flat) -> None:
    """32-bit keys as 64-bit ones."""
    for at in range(keys.size):
        wide[at] = keys[at] if keys[at] < FREE else FAR


@njit(nogil=True, cache=True)
def find_fronts(wide: Flat, values: Flat, offsets: Flat, costs: Flat, fronts: Flat) -> None:
    """Marks in ``fronts`` (bool) the labelled voxels from which a neighbour can be reached at less than its key."""
    for at in range(wide.size):
        key = wide[at]
        if key >= FAR:
            continue
        value = values[at]
        for way in range(offsets.size):
            to = at + offsets[way]
            if values[to] < WALL and key + abs(values[to] - value) + costs[way] < wide[to]:
                fronts[at] = True
                break


@njit(nogil=True, cache=True)
def settle(
    wide: Flat,
    values: Flat,
    offsets: Flat,
    costs: Flat,
    shift: int,
    fronts: Flat,
    heads: Flat,
    blocks: Flat,
    pool_keys: Flat,
    pool_places: Flat,
    pool_after: Flat,
    state: Flat,
    most: int,
) -> bool:
    """Settles voxels by rising distance, at most ``most`` of them; False when there are none left.

    ``fronts`` are the voxels to start from, by rising keys. ``heads[(key >> shift) & (ring - 1)]`` begins a chain of
    entries of the pool; the ring is a power of two, longer than the dearest step. ``blocks`` counts the entries of 64
    buckets each, as there may be long ways between entries. An entry whose key is no longer that of its voxel is out
    of date. ``state``: the bucket that is worked on, entries that wait, how many fronts are
    in, the first unused entry. The pool must have room for 26 more; False is answered only when nothing waits.
    """
    ring = heads.size - 1
    bucket, waiting, fed, spare = state[0], state[1], state[2], state[3]
    room = pool_keys.size - 27
    left, ways = most, np.empty(offsets.size + 1, np.int64)
    while left > 0 and waiting < room and (waiting > 0 or fed < fronts.size):
        if waiting == 0:
            bucket = wide[fronts[fed]] >> shift
        while fed < fronts.size and waiting < room and wide[fronts[fed]] >> shift <= bucket:
            place = bucket & ring
            spare = _push(pool_keys, pool_places, pool_after, heads, place, spare, wide[fronts[fed]], fronts[fed])
            blocks[place >> 6] += 1
            waiting += 1
            fed += 1
        entry = heads[bucket & ring]
        if entry < 0:
            bucket = _next_bucket(blocks, ring, bucket, wide[fronts[fed]] >> shift if fed < fronts.size else FAR)
            continue
        key, at = pool_keys[entry], pool_places[entry]
        heads[bucket & ring] = pool_after[entry]
        blocks[(bucket & ring) >> 6] -= 1
        pool_after[entry], spare = spare, entry
        waiting -= 1
        if wide[at] != key:
            continue
        left -= 1
        for number in range(_improved(wide, values, offsets, costs, key, at, ways)):
            way = ways[number]
            to = at + offsets[way]
            reached = key + costs[way] + abs(values[to] - values[at])
            wide[to] = reached
            place = (reached >> shift) & ring
            spare = _push(pool_keys, pool_places, pool_after, heads, place, spare, reached, to)
            blocks[place >> 6] += 1
            waiting += 1
    state[0], state[1], state[2], state[3] = bucket, waiting, fed, spare
    return bool(waiting > 0 or fed < fronts.size)


@njit(nogil=True, cache=True, inline="always")
def _next_bucket(blocks: Flat, ring: int, bucket: int, front: int) -> int:
    """The bucket to look into after an empty one; not beyond that of the next front, which is not in yet."""
    bucket += 1
    while bucket & 63 == 0 and bucket + 64 <= front and blocks[(bucket & ring) >> 6] == 0:
        bucket += 64
    return bucket


@njit(nogil=True, cache=True, inline="always")
def _improved(wide: Flat, values: Flat, offsets: Flat, costs: Flat, key: int, at: int, ways: Flat) -> int:
    """Puts into ``ways`` the steps to neighbours that are reached at less than before; how many.

    Without branches, so that the processor waits for the memory of all neighbours at once.
    """
    found, value = 0, values[at]
    for way in range(offsets.size):
        to = at + offsets[way]
        reached = key + costs[way] + abs(values[to] - value)
        ways[found] = way
        found += (reached < wide[to]) & (values[to] < WALL)
    return found


@njit(nogil=True, cache=True, inline="always")
def _push(
    pool_keys: Flat, pool_places: Flat, pool_after: Flat, heads: Flat, place: int, spare: int, key: int, at: int
) -> int:
    """Puts an entry in front of a chain; returns the next unused one."""
    following: int = pool_after[spare]
    pool_keys[spare], pool_places[spare], pool_after[spare] = key, at, heads[place]
    heads[place] = spare
    return following


@njit(nogil=True, cache=True)
def narrow(wide: Flat, keys: Flat, changed: Flat, row: int) -> int:
    """64-bit keys as 32-bit ones; marks in ``changed`` (one a row of ``row`` voxels) where that changes something.

    Returns how many voxels are labelled, but too far away for 32 bits.
    """
    beyond = 0
    for line in range(changed.size):
        for at in range(line * row, (line + 1) * row):
            key = min(wide[at], FREE)
            beyond += FREE <= wide[at] < FAR
            if key != keys[at]:
                keys[at] = key
                changed[line] = 1
    return beyond


def warm_up() -> None:
    """Compiles everything for the types that are used."""
    from .growing_kernels import warm_up as warm_up_growing

    warm_up_growing()
