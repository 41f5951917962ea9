"""Label maps on another grid: by the nearest voxel, or smoothly, each label weighed against the others.

A grid is given by where its voxels lie in the old one: ``matrix`` (3 x 3) and ``offset`` lead from an index (k, j, i)
of the new array to a position (k, j, i) in the old one, in voxels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .progress import Progress, told
from .smoothing import JointSmoothing, blurred, gaussian_reach

Floats = NDArray[np.float64]
Labels = NDArray[np.unsignedinteger]
Shape = tuple[int, int, int]
Corners = tuple[tuple[int, int, int], tuple[int, int, int]]
#: voxels by which positions may be wrong; half way between two voxels the later one is taken, whatever the rounding
_ROUNDING = 1e-6


def nearest(frame: Labels, matrix: Floats, offset: Floats, shape: Shape) -> Labels:
    """The values (k, j, i) of the nearest voxels, 0 outside of the old array. Axes that stay along theirs are quick."""
    if np.abs(matrix - np.diag(np.diag(matrix))).max() * max(shape) < _ROUNDING:
        return _along_axes(frame, np.diag(matrix), offset, shape)
    from scipy import ndimage

    moved: Labels = ndimage.affine_transform(
        frame, matrix, offset + _ROUNDING, shape, order=0, mode="grid-constant", cval=0, prefilter=False
    )
    return moved


def _along_axes(frame: Labels, steps: Floats, offset: Floats, shape: Shape) -> Labels:
    result = np.zeros(shape, frame.dtype)
    sources, targets = [], []
    for size, new, step, first in zip(frame.shape, shape, steps.tolist(), offset.tolist(), strict=True):
        index = np.floor(np.arange(new) * step + first + 0.5 + _ROUNDING).astype(np.int64)
        inside = np.flatnonzero((index >= 0) & (index < size))
        sources.append(index[inside])
        targets.append(inside)
    if all(len(target) for target in targets):
        # what is inside lies together, as positions rise or fall steadily
        where = tuple(slice(int(target[0]), int(target[-1]) + 1) for target in targets)
        part = frame
        for axis in np.argsort([len(target) / size for target, size in zip(targets, frame.shape, strict=True)]):
            part = np.take(part, sources[axis], axis=int(axis))
        result[where] = part
    return result


def smooth(
    frame: Labels,
    boxes: Mapping[int, Corners],
    matrix: Floats,
    offset: Floats,
    shape: Shape,
    progress: Progress | None = None,
) -> Labels:
    """Each voxel gets the value that weighs most there, or 0: masks are interpolated linearly, one label at a time.

    ``boxes`` holds the corners (k, j, i; stop exclusive) of each value of the frame. Where the new grid is coarser,
    masks are blurred first (standard deviation of half the excess of its step over a voxel). The background weighs what
    the labels leave; outside of the old array all is background.
    """
    joint = JointSmoothing(shape)
    values = sorted(boxes)
    coarser = np.linalg.norm(matrix, axis=1)
    sigma = np.maximum(0.0, (coarser - 1.0) / 2.0).tolist()
    for number, value in told(list(enumerate(values, 1)), progress, _voxels(boxes, values)):
        low, high = _source_box(boxes[value], gaussian_reach(sigma), frame.shape)
        start, stop = _target_box(low, high, matrix, offset, shape)
        if any(first >= last for first, last in zip(start, stop, strict=True)):
            continue
        source = frame[tuple(slice(first, last) for first, last in zip(low, high, strict=True))] == value
        weights = _interpolated(source, sigma, matrix, offset + matrix @ np.array(start) - low, start, stop)
        joint.add(number, weights, tuple(slice(first, last) for first, last in zip(start, stop, strict=True)))
    table = np.array([0, *values], frame.dtype)
    return table[joint.winners()]


def _voxels(boxes: Mapping[int, Corners], values: list[int]) -> list[float]:
    """How many voxels the box of each value has: how much work it is."""
    return [float(np.prod(np.subtract(boxes[value][1], boxes[value][0]))) for value in values]


def _interpolated(
    mask: NDArray[np.bool_], sigma: list[float], matrix: Floats, offset: Floats, start: Shape, stop: Shape
) -> NDArray[np.float32]:
    from scipy import ndimage

    weights = blurred(mask, sigma) if any(sigma) else mask.astype(np.float32)
    shape = tuple(last - first for first, last in zip(start, stop, strict=True))
    moved: NDArray[np.float32] = ndimage.affine_transform(
        weights, matrix, offset, shape, order=1, mode="grid-constant", cval=0.0, prefilter=False
    )
    return moved


def _source_box(box: Corners, reach: Shape, shape: tuple[int, ...]) -> Corners:
    """The box with a margin, as far as the array goes."""
    low = [max(0, first - by) for first, by in zip(box[0], reach, strict=True)]
    high = [min(size, last + by) for last, by, size in zip(box[1], reach, shape, strict=True)]
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _target_box(low: Shape, high: Shape, matrix: Floats, offset: Floats, shape: Shape) -> Corners:
    """Indices of the new array between which a box of the old one, and a voxel around it, lies."""
    ends = np.array([[first - 1, last] for first, last in zip(low, high, strict=True)], np.float64)
    corners: Any = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3)
    found = np.linalg.solve(matrix, (corners - offset).T).T
    start = np.clip(np.floor(found.min(axis=0)), 0, shape).astype(int).tolist()
    stop = np.clip(np.ceil(found.max(axis=0)) + 1, 0, shape).astype(int).tolist()
    return (start[0], start[1], start[2]), (stop[0], stop[1], stop[2])
