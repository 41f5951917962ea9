"""Compiled search of live wires: Dijkstra's with a ring of buckets, as costs are small whole numbers (Dial, 1969).

Arrays are flat, with a border of one pixel around the slice; ``local`` is -1 where a pixel repels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Flat = NDArray[Any]
_FAR = np.iinfo(np.int32).max


@njit(nogil=True, cache=True, inline="always")
def _step(local: Flat, angle: Flat, length: int, turn: int, repulsive: int, here: int, there: int) -> int:
    """Cost of the step from one pixel to a neighbour, as ``live_wire.steps_of``; a circle has 256 steps."""
    entered = local[there]
    if entered < 0:
        return repulsive
    one, other = angle[here], angle[there]
    turned = 64
    if one >= 0 and other >= 0:
        turned = abs(one - other)
        turned = min(turned, 256 - turned)
    return int(max((length * (entered + ((turn * turned) >> 7))) >> 8, 1))


@njit(nogil=True, cache=True)
def widen(
    local: Flat,
    angle: Flat,
    offsets: Flat,
    lengths: Flat,
    turn: int,
    repulsive: int,
    distance: Flat,
    done: Flat,
    heads: Flat,
    after: Flat,
    before: Flat,
    state: Flat,
    target: int,
) -> None:
    """Settles pixels by rising distance until ``target`` is settled; ``state`` and the queues go on from there.

    ``heads[d & (ring - 1)]`` starts a chain, linked both ways by ``after`` and ``before``, of the pixels at distance
    d; the ring is a power of two that is longer than the dearest step.
    """
    ring = len(heads) - 1
    now, waiting = state[0], state[1]
    while waiting > 0 and not done[target]:
        pixel = heads[now & ring]
        if pixel < 0:
            now += 1
            continue
        follower = after[pixel]
        heads[now & ring] = follower
        if follower >= 0:
            before[follower] = -1
        waiting -= 1
        done[pixel] = True
        for way in range(8):
            other = pixel + offsets[way]
            if done[other]:
                continue
            reached = now + _step(local, angle, lengths[way], turn, repulsive, pixel, other)
            known = distance[other]
            if reached >= known:
                continue
            if known == _FAR:
                waiting += 1
            else:
                _unlink(heads, after, before, known & ring, other)
            distance[other] = reached
            head = heads[reached & ring]
            after[other], before[other] = head, -1
            if head >= 0:
                before[head] = other
            heads[reached & ring] = other
    state[0], state[1] = now, waiting


@njit(nogil=True, cache=True, inline="always")
def _unlink(heads: Flat, after: Flat, before: Flat, bucket: int, pixel: int) -> None:
    following, leading = after[pixel], before[pixel]
    if leading >= 0:
        after[leading] = following
    else:
        heads[bucket] = following
    if following >= 0:
        before[following] = leading


@njit(nogil=True, cache=True)
def trace(
    local: Flat,
    angle: Flat,
    offsets: Flat,
    lengths: Flat,
    turn: int,
    repulsive: int,
    distance: Flat,
    start: int,
    target: int,
) -> Flat:
    """The pixels of the way, from the target back to the start; of ways of one cost as ``PlainSearch.way``.

    A pixel that is not settled is never on the way: what is known of its distance is more than the target's.
    """
    way = np.empty(len(local), np.int64)
    way[0], count, at = target, 1, target
    while at != start:
        for by in range(8):
            one = at - offsets[by]
            known = distance[one]
            step = _step(local, angle, lengths[by], turn, repulsive, one, at)
            if known != _FAR and known + step == distance[at]:
                at = one
                break
        way[count] = at
        count += 1
    return way[:count].copy()


def warm_up() -> None:
    """Compiles everything for the types that are used."""
    from .live_wire import cost_map
    from .live_wire_compiled import CompiledSearch

    costs = cost_map(np.arange(12).reshape(3, 4), (1.0, 1.0))
    CompiledSearch(costs, (0, 0), np.zeros(costs.shape, np.bool_)).way((0, 0), (2, 3))
