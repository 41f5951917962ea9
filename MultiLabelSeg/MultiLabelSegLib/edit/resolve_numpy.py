"""Resolving with numpy: brush dabs and small boxes, and everything where no compiled kernel is at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..core.tally import tally
from .rules import Found, Rules, Work, as_counts
from .values import Labels, compact, spread

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
        for count, more in zip(counts, (part.gained, part.lost, part.protected), strict=True):
            count.update(as_counts(more))
    gained = counts[0]
    values = next(iter(gained)) if len(gained) == 1 else np.concatenate([_spread(part) for part in parts])
    return Found(np.concatenate([part.mask for part in parts]), values, gained, counts[1], counts[2])


def _spread(part: Found) -> Labels:
    if isinstance(part.values, int):
        return np.full(part.written, part.values, np.min_scalar_type(part.values))
    return spread(part.values)


def _resolve_planes(work: Work, rules: Rules, first: int, last: int) -> Found:
    region, old = work.planes(first, last)
    if rules.clears is None and len(rules.mapping) == 1:
        return _resolve_one(region, old, rules)
    wanted = rules.targets(region.dtype)[region]
    other = (wanted >= 0) & (wanted != old)
    changed = other & rules.writable.take(old)
    blocked: Mapping[int, int] | Labels = old[other & ~changed]
    if rules.clears is not None:
        empty = rules.clears.take(old) * (region == 0)
        cleared = empty == Rules.CLEAR
        wanted[cleared] = 0
        changed |= cleared
        kept = int(np.count_nonzero(empty == Rules.BLOCKED))
        blocked = Counter(as_counts(blocked)) + Counter({0: kept})
    new = wanted[changed].astype(np.uint8 if rules.top < 256 else np.uint16)
    gained = tally(new)
    return Found(_packed(changed), compact(new, gained), gained, old[changed], blocked)


def _resolve_one(region: Labels, old: Labels, rules: Rules) -> Found:
    """One value, nothing to clear: what a brush does, in half the calls."""
    ((source, target),) = rules.mapping.items()
    old = np.ascontiguousarray(old)
    other = region == source
    other &= old != target
    changed = other & rules.writable.take(old)
    lost = old[changed]
    return Found(_packed(changed), target, {target: lost.size} if lost.size else {}, lost, old[other ^ changed])


def _packed(changed: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.packbits(changed, axis=2, bitorder="little")
