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
Array = NDArray[Any]


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
    front_keys: Flat,
    heads: Flat,
    fills: Flat,
    blocks: Flat,
    entries: Array,
    after: Flat,
    state: Flat,
    most: int,
) -> bool:
    """Settles voxels by rising distance, at most ``most`` of them; False when there are none left.

    ``fronts`` are the voxels to start from, by their rising keys. Bucket ``(key >> shift) & (ring - 1)`` is a chain
    of chunks: ``heads`` names its first, of which ``fills`` entries are in use, ``after`` the one behind each chunk;
    in memory an entry, a key and a voxel, lies beside others of its bucket. The ring is a power of two, longer than
    the dearest step. ``blocks`` counts the chunks of 64 buckets each, as there may be long ways between entries. An
    entry whose key is no longer that of its voxel is out of date. ``state``: the bucket that is worked on, chunks in
    use, how many fronts are in, the first unused chunk. 28 chunks must be unused; else it answers True and waits for
    more.
    """
    ring, room = heads.size - 1, after.size - 28
    bucket, used, fed, spare = state[0], state[1], state[2], state[3]
    left, ways = most, np.empty(offsets.size + 1, np.int64)
    while left > 0 and used < room and (used > 0 or fed < fronts.size):
        if used == 0:
            bucket = front_keys[fed] >> shift
        while fed < fronts.size and used < room and front_keys[fed] >> shift <= bucket:
            taken = _push(heads, fills, blocks, entries, after, bucket & ring, spare, front_keys[fed], fronts[fed])
            used, spare = used + (taken != spare), taken
            fed += 1
        place = np.uint64(bucket & ring)
        chunk = heads[place]
        if chunk < 0:
            bucket = _next_bucket(blocks, ring, bucket, front_keys[fed] >> shift if fed < fronts.size else FAR)
            continue
        fills[place] -= 1
        key, at = entries[chunk, fills[place], 0], entries[chunk, fills[place], 1]
        if fills[place] == 0:
            heads[place], fills[place] = after[chunk], entries.shape[1]
            after[chunk], spare = spare, chunk
            blocks[place >> np.uint64(6)] -= 1
            used -= 1
        if wide[np.uint64(at)] != key:
            continue
        left -= 1
        for number in range(_improved(wide, values, offsets, costs, key, at, ways)):
            way = ways[number]
            to = at + offsets[way]
            reached = key + costs[way] + abs(values[to] - values[at])
            wide[to] = reached
            taken = _push(heads, fills, blocks, entries, after, (reached >> shift) & ring, spare, reached, to)
            used, spare = used + (taken != spare), taken
    state[0], state[1], state[2], state[3] = bucket, used, fed, spare
    return bool(used > 0 or fed < fronts.size)


@njit(nogil=True, cache=True, inline="always")
def _next_bucket(blocks: Flat, ring: int, bucket: int, front: int) -> int:
    """The bucket to look into after an empty one; not beyond that of the next front, which is not in yet."""
    bucket += 1
    while bucket & 63 == 0 and bucket + 64 <= front and blocks[(bucket & ring) >> 6] == 0:
        bucket += 64
    return bucket


@njit(nogil=True, cache=True, inline="always")
def _improved(wide: Flat, values: Flat, offsets: Flat, costs: Flat, key: int, at: int, ways: Flat) -> Any:
    """Puts into ``ways`` the steps to neighbours that are reached at less than before; how many.

    Without branches, so that the processor waits for the memory of all neighbours at once, and with unsigned indices,
    which need no look at their sign.
    """
    found, value = np.uint64(0), values[at]
    for way in range(offsets.size):
        to = np.uint64(at + offsets[way])
        reached = key + costs[way] + abs(values[to] - value)
        ways[found] = way
        found += np.uint64((reached < wide[to]) & (values[to] < WALL))
    return np.int64(found)


@njit(nogil=True, cache=True, inline="always")
def _push(
    heads: Flat, fills: Flat, blocks: Flat, entries: Array, after: Flat, bucket: int, spare: int, key: int, at: int
) -> int:
    """Adds an entry to a bucket, in a new chunk where the first one is full; returns the next unused chunk."""
    place = np.uint64(bucket)
    if heads[place] < 0 or fills[place] == entries.shape[1]:
        after_spare: int = after[spare]
        after[spare], heads[place], fills[place] = heads[place], spare, 0
        blocks[place >> np.uint64(6)] += 1
        spare = after_spare
    entries[heads[place], fills[place], 0] = key
    entries[heads[place], fills[place], 1] = at
    fills[place] += 1
    return spare


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
