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
) -> Numbers:
    """Fills the slices between the key slices of labels, all at once.

    ``stack`` (n, rows, columns) holds label values; its border is that of the image, beyond which nothing is known, so
    a part of an image needs one more pixel around the labels. ``values`` are the labels to interpolate, ``wanted`` the
    slices to fill (None: all). ``spacing`` is the size of a pixel along rows and columns; 1, 1 counts in pixels, as
    MITK does. Returns n + 1 where label n of ``values`` is proposed, else 0: never in pixels that one of the labels
    has, so key slices stay as they are; the deeper label wins where two meet.

    ``allowed`` gives the pixels of a slice (rows, columns) that can be written at all. A slice in which a label, hemmed
    in by others, gets nothing is looked at again with its new neighbours, so that a second run finds nothing to add.
    """
    region: Numbers | None = None
    table = np.array([0, *values], np.uint8 if max(values, default=0) < 256 else np.uint16)
    work = stack
    while True:
        keys = KeySlices(work, values)
        todo = gaps(keys, wanted)
        found = _filled(keys, todo, spacing)
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
    for index in sorted({index for gap in todo for index in gap.wanted}):
        held = keys.numbered(index)
        if held is not None:
            found[index][held > 0] = 0
        new = found[index] if allowed is None else found[index][allowed(index)]
        got[index] = set(np.flatnonzero(np.bincount(new.reshape(-1))).tolist()) - {0}
    return got


def _filled(keys: KeySlices, todo: Sequence[Gap], spacing: tuple[float, float]) -> Numbers:
    """What the gaps are filled with, before anyone asks what may be written."""
    region: Numbers = np.zeros(keys.stack.shape, number_type(keys.values))
    _, rows, columns = region.shape
    compiled = use_kernels(region.size)
    for low, high, batch in _batches(todo):
        depth = np.full((high - low, rows, columns), -2 * TOLERANCE, np.float32)
        for gap in batch:
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
    move = np.asarray(match.move, np.int64)
    lower, upper = match.lower or match.upper, match.upper or match.lower
    if lower is None or upper is None:
        raise ToolError("a match has at least one side")
    firsts = np.array([lower.place, upper.place - move])
    ends = firsts + [lower.parts.shape, upper.parts.shape]
    first, end = firsts.min(axis=0) - 1, ends.max(axis=0) + 1
    if not move.any():  # space beyond the slice is not background
        first, end = np.maximum(first, 0), np.minimum(end, shape)
    masks = []
    for each, at in zip((lower, upper), firsts - first, strict=True):
        mask = np.zeros(end - first, np.bool_)
        row, column = at.tolist()
        mask[row : row + each.parts.shape[0], column : column + each.parts.shape[1]] = each.parts
        masks.append(mask)
    distances = _distances(match, masks, spacing, compiled)
    ratio = (np.asarray(gap.wanted) - gap.lower) / (gap.upper - gap.lower)
    weights = np.stack((1 - ratio, ratio), axis=1).astype(np.float32)
    places = first + np.floor(np.outer(ratio, move) + 0.5).astype(np.int64)
    return _Blend(distances[0], distances[1], weights, places)


def _distances(
    match: Match, masks: Sequence[Mask], spacing: tuple[float, float], compiled: bool
) -> tuple[Distances, Distances]:
    """Signed distances of both sides, where either is; a side that is missing is one pixel in the middle of the other.

    Where neither is, the blend is negative anyway.
    """
    if match.lower is not None and match.upper is not None:
        either = masks[0] | masks[1]
        lower, upper = (signed_distance(mask, spacing, either, compiled) for mask in masks)
        return lower, upper
    found = signed_distance(masks[0], spacing, masks[0], compiled)
    row, column = np.unravel_index(int(found.argmax()), found.shape)
    rows, columns = (
        (np.arange(size) - at) * step for size, at, step in zip(found.shape, (row, column), spacing, strict=True)
    )
    pixel = -np.hypot(rows[:, np.newaxis], columns).astype(np.float32)
    pixel[row, column] = min(spacing)
    return (pixel, found) if match.lower is None else (found, pixel)


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
