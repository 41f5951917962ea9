"""Slices of a segmentation in three planes, as colour arrays; numpy only.

Pictures follow radiological habit: axial with the patient's right on the left side and anterior on top, coronal and
sagittal with the head on top. Oblique grids are shown along their own axes, named by the nearest body axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Image, Segmentation
from ..core.geometry import Geometry

Plane = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
#: letters at left, top of each plane
EDGES: dict[Plane, tuple[str, str]] = {"axial": ("R", "A"), "coronal": ("R", "S"), "sagittal": ("A", "S")}
_FILL = 0.30
_BACKGROUND = (24, 26, 30)


@dataclass(frozen=True)
class BodyView:
    """How the axes of a geometry map to the body's: ``order`` and ``flips`` bring (k, j, i) to (S, P, L)."""

    order: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    spacing: tuple[float, float, float]

    def array(self, frame: NDArray[Any]) -> NDArray[Any]:
        """A view of a frame (k, j, i) with the axes superior, posterior, left."""
        turned = frame.transpose(self.order)
        return turned[tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]

    def original_index(self, axis: int, index: int, shape: tuple[int, int, int]) -> int:
        """The index along the original axis of a slice of the turned array of ``shape``."""
        return shape[axis] - 1 - index if self.flips[axis] else index


def body_view(geometry: Geometry) -> BodyView:
    """The nearest axis order and flips of a geometry, each body axis taken once."""
    strength = np.abs(geometry.direction)
    order = [0, 0, 0]
    for _ in range(3):
        world, axis = np.unravel_index(int(np.argmax(strength)), (3, 3))
        order[int(world)] = int(axis)
        strength[world, :] = -1
        strength[:, axis] = -1
    flips = [bool(geometry.direction[world, order[world]] < 0) for world in range(3)]
    spacing = [geometry.spacing[axis] for axis in order]
    kji = tuple(2 - axis for axis in reversed(order))
    return BodyView((kji[0], kji[1], kji[2]), (flips[2], flips[1], flips[0]), (spacing[2], spacing[1], spacing[0]))


@dataclass(frozen=True)
class Picture:
    """One drawn slice: ``pixels`` (rows, columns, 3) uint8, which plane, and the index along the original axis."""

    plane: Plane
    index: int
    axis: str
    pixels: NDArray[np.uint8]


def busiest_slices(segmentation: Segmentation, plane: Plane, count: int = 1, t: int = 0) -> list[int]:
    """Slices (of the turned array) that show most: labels first, then labelled area; spread out, ascending."""
    view = body_view(segmentation.geometry)
    axis = PLANES.index(plane)
    frames = [view.array(group.array[t]) for group in segmentation.groups]
    size = frames[0].shape[axis]
    score = np.zeros(size)
    for index in range(size):
        for frame in frames:
            cut = frame.take(index, axis)
            values = np.unique(cut)
            score[index] += np.count_nonzero(values) + np.count_nonzero(cut) / cut.size
    chosen: list[int] = []
    gap = max(1, size // (3 * count))
    for index in np.argsort(-score, kind="stable").tolist():
        if all(abs(index - other) >= gap for other in chosen):
            chosen.append(index)
        if len(chosen) == count:
            break
    return sorted(chosen)


def draw_slice(
    segmentation: Segmentation, plane: Plane, index: int, image: Image | None = None, t: int = 0, height: int = 360
) -> Picture:
    """One slice with every visible label filled faintly and outlined in its colour over the image (or a dark ground).

    ``index`` counts along the turned axis. ``height`` is about how many pixels the longer side gets.
    """
    view = body_view(segmentation.geometry)
    axis = PLANES.index(plane)
    shape = view.array(segmentation.groups[0].array[t]).shape
    spacing = [step for number, step in enumerate(view.spacing) if number != axis]
    rows, columns = _grid([size for number, size in enumerate(shape) if number != axis], spacing, height)
    if plane != "axial":
        rows = rows[::-1]
    pixels = _ground(image, view, axis, index, rows, columns, t)
    for group in segmentation.groups:
        colors = {label.value: label.color_bytes for label in group.labels if label.visible}
        cut = view.array(group.array[t]).take(index, axis)[np.ix_(rows, columns)]
        _paint(pixels, cut, colors)
    letter = "kji"[view.order[axis]]
    return Picture(plane, view.original_index(axis, index, shape), letter, pixels.round().astype(np.uint8))


def _grid(sizes: list[int], spacing: list[float], height: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which row and column each pixel shows, so that millimetres are square."""
    extents = [size * step for size, step in zip(sizes, spacing, strict=True)]
    scale = height / max(extents)
    picked = []
    for size, extent in zip(sizes, extents, strict=True):
        pixels = max(8, round(extent * scale))
        picked.append(np.minimum(((np.arange(pixels) + 0.5) * size / pixels).astype(np.intp), size - 1))
    return picked[0], picked[1]


def _ground(
    image: Image | None,
    view: BodyView,
    axis: int,
    index: int,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    t: int,
) -> NDArray[np.float64]:
    if image is None:
        return np.full((len(rows), len(columns), 3), _BACKGROUND, np.float64)
    frame = view.array(image.array[min(t, image.array.shape[0] - 1)])
    low, high = window(image.array)
    gray = np.clip((frame.take(index, axis).astype(np.float64) - low) / max(high - low, 1e-9), 0, 1) * 255
    return np.repeat(gray[np.ix_(rows, columns)][:, :, np.newaxis], 3, axis=2)


def window(array: NDArray[Any]) -> tuple[float, float]:
    """Lowest and highest shown intensity: soft tissue for CT (air is there), else the 1st to the 99th percentile."""
    sample = array.reshape(-1)[:: max(1, array.size // 200_000)]
    if sample.size and float(sample.min()) < -500 and float(sample.max()) < 10_000:
        return -160.0, 240.0
    low, high = np.percentile(sample, (1, 99))
    return float(low), float(high)


def _paint(pixels: NDArray[np.float64], cut: NDArray[Any], colors: dict[int, tuple[int, int, int]]) -> None:
    """Fills and outlines the labels of one group in place."""
    edge = np.zeros(cut.shape, bool)
    for axis in (0, 1):
        step = np.diff(cut.astype(np.int32), axis=axis) != 0
        if axis == 0:
            edge[:-1] |= step
            edge[1:] |= step
        else:
            edge[:, :-1] |= step
            edge[:, 1:] |= step
    for value in np.unique(cut).tolist():
        if value not in colors:
            continue
        inside = cut == value
        color = np.array(colors[value], np.float64)
        pixels[inside] = (1 - _FILL) * pixels[inside] + _FILL * color
        pixels[inside & edge] = color
