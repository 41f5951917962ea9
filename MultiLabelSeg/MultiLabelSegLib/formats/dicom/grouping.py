"""Few groups for segments that overlap: a colouring of the graph of overlaps.

Method: D. Brelaz, New methods to color the vertices of a graph, 1979 (DSATUR). It is exact where two groups suffice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from .bits import Bytes

#: frames of one segment with their slices
Frames = Sequence[tuple[int, int]]


def overlaps_of(segments: Sequence[Frames], rows: Bytes, spans: Mapping[int, slice]) -> list[set[int]]:
    """For each segment those that share a voxel with it.

    ``rows`` are packed frames, ``spans`` where they are filled.
    """
    found: list[set[int]] = [set() for _ in segments]
    by_slice: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, frames in enumerate(segments):
        for frame, k in frames:
            by_slice[k].append((index, frame))
    for there in by_slice.values():
        for place, (index, frame) in enumerate(there):
            for other, frame_of_other in there[:place]:
                if other not in found[index] and _meet(rows, spans, frame, frame_of_other):
                    found[index].add(other)
                    found[other].add(index)
    return found


def _meet(rows: Bytes, spans: Mapping[int, slice], one: int, other: int) -> bool:
    low = max(spans[one].start, spans[other].start)
    high = min(spans[one].stop, spans[other].stop)
    return low < high and bool((rows[one, low:high] & rows[other, low:high]).any())


def few_groups(overlaps: Sequence[set[int]]) -> list[int]:
    """A group for each segment so that none overlaps another in its group; earlier segments get lower groups."""
    groups = [-1] * len(overlaps)
    taken: list[set[int]] = [set() for _ in overlaps]
    waiting = set(range(len(overlaps)))
    while waiting:
        chosen = max(waiting, key=lambda index: (len(taken[index]), len(overlaps[index]), -index))
        waiting.discard(chosen)
        groups[chosen] = next(group for group in range(len(overlaps)) if group not in taken[chosen])
        for other in overlaps[chosen]:
            taken[other].add(groups[chosen])
    # numbered anew by the first segment of each, so that the first segment is in the first group
    order = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    return [order[group] for group in groups]
