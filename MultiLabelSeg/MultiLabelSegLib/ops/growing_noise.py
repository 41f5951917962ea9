"""Noise of an image: how strong it is, and a filter that takes it away and keeps edges, before growing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels

Pixels = NDArray[np.float32]
#: voxels at which noise is measured, at most
_SAMPLED = 50_000
#: by how much stronger than measured the noise is taken for, and how much of it is left after a pass
_STRENGTH, _LEFT = 1.5, 0.5
#: axes with voxels longer than this many of the shortest are not filtered along
_COARSE = 2.0


def noise_level(image: NDArray[Any]) -> float:
    """Standard deviation of the noise of an image (k, j, i), from the median of second differences along j and i.

    Edges hardly move a median; air and padding would, so that voxels as dark as the darkest one, and those that are
    no finite number, do not count. 0 for images of fewer than three voxels along j or i.
    """
    if min(image.shape[1:]) < 3:
        return 0.0
    darkest = float(np.nanmin(image)) if np.isfinite(image).any() else 0.0
    every = max(1, -(-image.size // _SAMPLED))
    inner = tuple(max(size - by, 1) for size, by in zip(image.shape, (0, 2, 2), strict=True))
    k, j, i = np.unravel_index(np.arange(0, int(np.prod(inner)), every), inner)
    j, i = j + 1, i + 1
    centre = image[k, j, i].astype(np.float64)
    with np.errstate(invalid="ignore"):
        along_i = image[k, j, i - 1] - 2 * centre + image[k, j, i + 1]
        along_j = image[k, j - 1, i] - 2 * centre + image[k, j + 1, i]
        counts = np.isfinite(along_i) & np.isfinite(along_j) & (centre != darkest)
    found = np.abs(np.concatenate((along_i[counts], along_j[counts])))
    return float(np.median(found)) / 0.6745 / 6.0**0.5 if found.size else 0.0


def without_noise(image: NDArray[Any], spacing: tuple[float, float, float], noise: float, passes: int) -> Pixels:
    """The image (k, j, i) after some passes of the local Wiener filter (Lee 1980) over 3 x 3 x 3 voxels.

    Where the variance around a voxel is that of the noise the mean is taken, at edges the voxel stays as it is. Axes
    much coarser than the finest are left alone. ``spacing`` is in mm (k, j, i). Voxels beside ones that are no number
    stay as they are. A fallback in numpy gives the same numbers as the compiled filter.
    """
    pixels = np.ascontiguousarray(image, np.float32)
    reach = tuple(int(length <= _COARSE * min(spacing)) for length in spacing)
    for _ in range(passes):
        if noise <= 0:
            break
        smoothed = _smoothed(pixels, (reach[0], reach[1], reach[2]), (_STRENGTH * noise) ** 2)
        if image.dtype.kind == "f":
            np.copyto(smoothed, pixels, where=~np.isfinite(smoothed))
        pixels, noise = smoothed, noise * _LEFT
    return pixels


def _smoothed(pixels: Pixels, reach: tuple[int, int, int], noise2: float) -> Pixels:
    out = np.empty_like(pixels)
    if use_kernels(pixels.size * 30):
        from .growing_kernels import smooth_plane

        for plane in range(len(pixels)):
            smooth_plane(pixels, out[plane], plane, reach, noise2)
        return out
    for plane in range(len(pixels)):
        out[plane] = _smooth_plane(pixels, plane, reach, noise2)
    return out


def _smooth_plane(planes: Pixels, at: int, reach: tuple[int, int, int], noise2: float) -> Pixels:
    """One plane of the filter; sums are taken in the order in which the compiled filter takes them."""
    depth, height, width = planes.shape
    sums, squares = np.zeros((height, width)), np.zeros((height, width))
    rows = np.arange(height)
    for dk in range(-reach[0], reach[0] + 1):
        plane = planes[min(max(at + dk, 0), depth - 1)].astype(np.float64)
        for dj in range(-reach[1], reach[1] + 1):
            part = plane[np.clip(rows + dj, 0, height - 1)]
            sums += part
            squares += part * part
    if reach[2]:
        sums, squares = _along_i(sums), _along_i(squares)
    share = 1.0 / ((2 * reach[0] + 1) * (2 * reach[1] + 1) * (2 * reach[2] + 1))
    mean = sums * share
    variance = squares * share - mean * mean
    kept = np.maximum(variance - noise2, 0.0) / np.maximum(variance, 1e-6)
    smoothed: Pixels = (mean + kept * (planes[at].astype(np.float64) - mean)).astype(np.float32)
    return smoothed


def _along_i(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over a voxel and its neighbours along i, the border repeated."""
    padded = np.pad(sums, ((0, 0), (1, 1)), mode="edge")
    total: NDArray[np.float64] = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return total
