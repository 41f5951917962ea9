"""Shape-based interpolation of labels between key slices (Raya and Udupa 1990), all labels of a group at once.

A slice is key for a label when the label has pixels in it. Between two neighbouring key slices the signed distances
of both are blended in proportion to how near they are; where the blend is not negative, the label is. Distances are
those between pixel centres, positive inside: the boundary lies between -1 and 1, and a tie is foreground, as in MITK.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..errors import ToolError
from .key_slices import Gap, KeySlices, Numbers, gaps, number_type
from .progress import Progress, part_of, parts, told
from .shape_parts import Match, matches

Mask = NDArray[np.bool_]
Distances = NDArray[np.float32]
#: depths nearer to each other than this are equal: rounding must not decide
TOLERANCE = np.float32(1e-4)
#: the distance to nothing
_UNREACHABLE = 1e6


def interpolate(
    stack: NDArray[np.unsignedinteger],
    values: Sequence[int],
    wanted: Collection[int] | None = None,
    spacing: tuple[float, float] = (1.0, 1.0),
    allowed: Callable[[int], Mask] | None = None,
    progress: Progress | None = None,
) -> Numbers:
    """Fills the slices between the key slices of labels, all at once.

    ``stack`` (n, rows, columns) holds label values; its border is that of the image, beyond which nothing is known, so
    a part of an image needs one more pixel around the labels. ``values`` are the labels to interpolate, ``wanted`` the
    slices to fill (None: all). ``spacing`` is the size of a pixel along rows and columns; 1, 1 counts in pixels, as
    MITK does. Returns n + 1 where label n of ``values`` is proposed, else 0: never in pixels that one of the labels
    has, so key slices stay as they are; the deeper label wins where two meet.

    ``allowed`` gives the pixels of a slice (rows, columns) that can be written at all. A slice in which a label, hemmed
    in by others, gets nothing is looked at again with its new neighbours, so that a second run finds nothing to add.
    ``progress`` is called with the share that is done; what it raises ends the work.
    """
    region: Numbers | None = None
    table = np.array([0, *values], np.uint8 if max(values, default=0) < 256 else np.uint16)
    work = stack
    begun = 0.0
    while True:
        end = begun + 0.8 * (1 - begun)  # nobody knows how often it takes; more than twice is rare
        keys = KeySlices(work, values)
        todo = gaps(keys, wanted)
        found = _filled(keys, todo, spacing, part_of(progress, begun, end))
        begun = end
        got = _kept(found, todo, keys, allowed)
        region = found if region is None else np.where(region > 0, region, found)
        if not any(got.values()) or all(gap.number in got[index] for gap in todo for index in gap.wanted):
            return region
        if work is stack:
            work = stack.astype(np.promote_types(stack.dtype, table.dtype))
        for index in got:
            new = found[index] if allowed is None else np.where(allowed(index), found[index], 0)
            np.copyto(work[index], table[new], where=new > 0)


def _kept(
    found: Numbers, todo: Sequence[Gap], keys: KeySlices, allowed: Callable[[int], Mask] | None
) -> dict[int, set[int]]:
    """Takes away what lies in pixels of the labels; says which labels got something in which slices."""
    got: dict[int, set[int]] = {}
    compiled = use_kernels(found.size)
    for index in sorted({index for gap in todo for index in gap.wanted}):
        held = keys.numbered(index)
        there = np.zeros(len(keys.values) + 1, np.bool_)
        if compiled and allowed is None:
            from .interpolation_kernels import keep_free

            keep_free(found[index], np.zeros((0, 0), found.dtype) if held is None else held, there)
        else:
            if held is not None:
                found[index][held > 0] = 0
            new = found[index] if allowed is None else found[index][allowed(index)]
            there = np.bincount(new.reshape(-1), minlength=1) > 0
        got[index] = set(np.flatnonzero(there).tolist()) - {0}
    return got


def _filled(keys: KeySlices, todo: Sequence[Gap], spacing: tuple[float, float], progress: Progress | None) -> Numbers:
    """What the gaps are filled with, before anyone asks what may be written."""
    region: Numbers = np.zeros(keys.stack.shape, number_type(keys.values))
    _, rows, columns = region.shape
    compiled = use_kernels(region.size)
    depths = np.empty((0, rows, columns), np.float32)
    batches = list(_batches(todo))
    weights = [len(batch) for _, _, batch in batches]
    for (low, high, batch), part in parts(batches, progress, weights):
        if len(depths) < high - low:
            depths = np.empty((high - low, rows, columns), np.float32)
        depth = depths[: high - low]
        depth[:] = -2 * TOLERANCE
        for gap in told(batch, part):
            for match in matches(keys.shape(gap.number, gap.lower), keys.shape(gap.number, gap.upper)):
                blended = _blend(match, gap, spacing, (rows, columns), compiled)
                _enter(blended, gap, low, depth, region[low:high], compiled)
    return region


def _batches(todo: Sequence[Gap]) -> Iterator[tuple[int, int, list[Gap]]]:
    """Gaps that share slices, with the first slice and the one behind the last."""
    batch: list[Gap] = []
    low = high = 0
    for gap in sorted(todo, key=lambda gap: gap.wanted[0]):
        if batch and gap.wanted[0] >= high:
            yield low, high, batch
            batch = []
        low = low if batch else gap.wanted[0]
        high = max(high, gap.wanted[-1] + 1)
        batch.append(gap)
    if batch:
        yield low, high, batch


@dataclass(frozen=True, eq=False)
class _Blend:
    """Signed distances of two shapes laid onto each other; per slice the weights of both and the first pixel."""

    lower: Distances
    upper: Distances
    weights: Distances
    places: NDArray[np.int64]


def _blend(match: Match, gap: Gap, spacing: tuple[float, float], shape: tuple[int, int], compiled: bool) -> _Blend:
    """The blend of a match in the place of its lower shape, from which it moves to that of the upper one."""
    lower, upper = match.lower or match.upper, match.upper or match.lower
    if lower is None or upper is None:
        raise ToolError("a match has at least one side")
    firsts: list[tuple[int, int]] = []
    canvas: list[tuple[int, int]] = []
    for axis in (0, 1):
        low, high = lower.place[axis], upper.place[axis] - match.move[axis]
        first = min(low, high) - 1
        end = max(low + lower.parts.shape[axis], high + upper.parts.shape[axis]) + 1
        if match.move == (0, 0):  # space beyond the slice is not background
            first, end = max(first, 0), min(end, shape[axis])
        firsts.append((low - first, high - first))
        canvas.append((first, end - first))
    size = canvas[0][1], canvas[1][1]
    sides = [(each.parts, firsts[0][n], firsts[1][n]) for n, each in enumerate((lower, upper))]
    if match.lower is None or match.upper is None:
        distances = _shrinking(sides[0], size, spacing, compiled)
        distances = distances[::-1] if match.lower is None else distances
    elif compiled:
        from .interpolation_kernels import pair_distances

        distances = np.empty(size, np.float32), np.empty(size, np.float32)
        pair_distances(*sides[0], *sides[1], *spacing, _UNREACHABLE, *distances)
    else:
        masks = [_laid(side, size) for side in sides]
        either = masks[0] | masks[1]
        distances = signed_distance(masks[0], spacing, either, False), signed_distance(masks[1], spacing, either, False)
    ratio = gap.ratio
    places = np.empty((len(ratio), 2), np.int64)
    for axis in (0, 1):
        places[:, axis] = canvas[axis][0]
        if match.move[axis]:
            places[:, axis] += np.floor(ratio * match.move[axis] + 0.5).astype(np.int64)
    return _Blend(*distances, gap.weights, places)


def _laid(side: tuple[NDArray[np.int32], int, int], size: tuple[int, int]) -> Mask:
    """A shape laid onto a canvas: its parts, and row and column of its first pixel."""
    parts, row, column = side
    mask = np.zeros(size, np.bool_)
    mask[row : row + parts.shape[0], column : column + parts.shape[1]] = parts
    return mask


def _shrinking(
    side: tuple[NDArray[np.int32], int, int], size: tuple[int, int], spacing: tuple[float, float], compiled: bool
) -> tuple[Distances, Distances]:
    """Signed distances of a shape, and of the one pixel in its middle that it shrinks to."""
    if compiled:
        from .interpolation_kernels import shrinking_distances

        both = np.empty(size, np.float32), np.empty(size, np.float32)
        shrinking_distances(*side, *spacing, _UNREACHABLE, *both)
        return both
    mask = _laid(side, size)
    found = signed_distance(mask, spacing, mask, False)
    row, column = np.unravel_index(int(found.argmax()), found.shape)
    rows, columns = (
        (np.arange(count) - at) * step for count, at, step in zip(size, (row, column), spacing, strict=True)
    )
    pixel = -np.hypot(rows[:, np.newaxis], columns).astype(np.float32)
    pixel[row, column] = min(spacing)
    return found, pixel


def signed_distance(
    mask: Mask, spacing: tuple[float, float], where: Mask | None = None, compiled: bool | None = None
) -> Distances:
    """Distance to the nearest pixel of the other kind, positive in the mask; (rows, columns), in units of spacing.

    Without a pixel of the other kind it is a million. Outside of ``where`` it is minus a million. ``compiled`` None
    lets the size decide.
    """
    where = np.ones(mask.shape, np.bool_) if where is None else where
    out = np.where(where & mask, np.float32(_UNREACHABLE), np.float32(-_UNREACHABLE))
    if use_kernels(mask.size) if compiled is None else compiled:
        from .interpolation_kernels import signed_distance as kernel

        kernel(mask, where, float(spacing[0]), float(spacing[1]), out)
        return out
    from scipy import ndimage

    if not mask.all() and mask.any():
        inside = ndimage.distance_transform_edt(mask, spacing)
        outside = ndimage.distance_transform_edt(~mask, spacing)
        np.copyto(out, np.where(mask, inside, -outside), where=where, casting="same_kind")
    return out


def _enter(blend: _Blend, gap: Gap, low: int, depth: Distances, region: Numbers, compiled: bool) -> None:
    """Enters a blend into the slices from ``low`` on, where it is deeper than what other labels have there."""
    slices = np.asarray(gap.wanted) - low
    if compiled:
        from .interpolation_kernels import blend as kernel

        kernel(blend.lower, blend.upper, blend.weights, blend.places, slices, TOLERANCE, gap.number, depth, region)
        return
    size = np.array(blend.lower.shape)
    for index, (below, above), place in zip(slices.tolist(), blend.weights, blend.places, strict=True):
        first, end = np.maximum(place, 0), np.minimum(place + size, depth.shape[1:])
        if (end <= first).any():
            continue
        cut = tuple(slice(*ends) for ends in zip(first - place, end - place, strict=True))
        at = (index, *(slice(*ends) for ends in zip(first, end, strict=True)))
        deep = below * blend.lower[cut] + above * blend.upper[cut]
        won = deep > depth[at] + TOLERANCE
        depth[at][won] = deep[won]
        region[at][won] = gap.number
