"""Resolving with numpy: brush dabs and small boxes, and everything where no compiled kernel is at hand."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ..core.tally import tally
from .rules import Found, Labels, Rules, Work, uniform_or_compact

#: voxels that are looked at together, so that the temporaries stay small
_STEP = 1 << 21


def resolve_numpy(work: Work, rules: Rules) -> Found:
    """The new values within the box, a few planes at a time (see ``policy``)."""
    size_k, size_j, size_i = work.box.shape
    planes = max(1, _STEP // (size_j * size_i))
    if planes >= size_k:
        return _resolve_planes(work, rules, 0, size_k)
    parts = [_resolve_planes(work, rules, first, first + planes) for first in range(0, size_k, planes)]
    counts: list[Counter[int]] = [Counter(), Counter(), Counter()]
    for part in parts:
        for count, more in zip(counts, (part.lost, part.gained, part.protected), strict=True):
            count.update(more)
    lost, gained, protected = counts
    values = next(iter(gained)) if len(gained) == 1 else np.concatenate([_spread(part) for part in parts])
    return Found(np.concatenate([part.mask for part in parts]), values, lost, gained, protected)


def _spread(part: Found) -> Labels:
    if isinstance(part.values, int):
        return np.full(part.written, part.values, np.min_scalar_type(part.values))
    return part.values


def _resolve_planes(work: Work, rules: Rules, first: int, last: int) -> Found:
    region, old = work.planes(first, last)
    wanted = rules.target[region]
    free = rules.writable[old]
    hit = wanted >= 0
    other = hit & (wanted != old)
    changed = other & free
    blocked = tally(old[other & ~free])
    lost_to_clear = None
    if rules.clears.any():
        empty = rules.clears[old] * (region == 0)
        lost_to_clear = empty == Rules.CLEAR
        wanted[lost_to_clear] = 0
        changed |= lost_to_clear
        kept = int(np.count_nonzero(empty == Rules.BLOCKED))
        if kept:
            blocked[0] = blocked.get(0, 0) + kept
    new = wanted[changed].astype(np.uint16)
    gained = tally(new)
    mask = np.packbits(changed, axis=2, bitorder="little")
    return Found(mask, uniform_or_compact(new, gained), tally(old[changed]), gained, blocked)
