"""The case that every benchmark measures: a synthetic chest CT with 104 organs and 10 lesion labels.

Organs are ellipsoids in a warped, slightly rough space and compete for voxels; about 45 % of the volume is labelled.
Lesions (40 of them, in 10 labels) overlap the organs and therefore live in a second group. Everything follows from one
seed; the arrays are made once and kept in the folder for temporary files.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SHAPES = {"big": (300, 512, 512), "small": (150, 256, 256), "tiny": (40, 64, 64)}
#: spacing (i, j, k) in mm
SPACINGS = {"big": (0.8, 0.8, 1.5), "small": (1.6, 1.6, 3.0), "tiny": (6.4, 6.4, 11.0)}
ORGANS, LESIONS, LESION_LABELS = 104, 40, 10
_LABELLED = 0.45


@dataclass(frozen=True)
class Body:
    """What the seed decides: organs, the warp of space, intensities; positions run from 0 to 1 as (k, j, i)."""

    centers: np.ndarray
    radii: np.ndarray
    warps: np.ndarray
    roughness: np.ndarray
    intensities: np.ndarray


def make_body(seed: int = 7) -> Body:
    """Random organs within the body's ellipse, a few of them big."""
    rng = np.random.default_rng(seed)
    inside: list[np.ndarray] = []
    while len(inside) < ORGANS:
        center = rng.random(3)
        if ((center[2] - 0.5) / 0.40) ** 2 + ((center[1] - 0.5) / 0.32) ** 2 < 1:
            inside.append(center)
    radii = np.exp(rng.normal(np.log(0.085), 0.45, (ORGANS, 1))) * np.exp(rng.normal(0, 0.25, (ORGANS, 3)))
    radii[:12] *= 1.8
    return Body(
        np.array(inside),
        radii,
        rng.normal(size=(3, 9, 9, 9)).astype(np.float32),
        rng.normal(size=(60, 60, 60)).astype(np.float32),
        np.append(20.0, rng.uniform(-80, 300, ORGANS)),
    )


def _weights(grid: int, size: int, low: int, high: int) -> np.ndarray:
    """Rows of linear interpolation from ``grid`` nodes to the voxel centres ``low`` to ``high`` of ``size``."""
    at = (np.arange(low, high) + 0.5) / size * (grid - 1.001)
    node = at.astype(int)
    rows = np.zeros((high - low, grid), np.float32)
    rows[np.arange(high - low), node] = 1 - (at - node)
    rows[np.arange(high - low), node + 1] = at - node
    return rows


def _interpolate(grid: np.ndarray, shape: tuple[int, int, int], low: int, high: int) -> np.ndarray:
    """Trilinear interpolation of a small grid onto the slices ``low`` to ``high``: separable, so three products."""
    part = np.tensordot(_weights(grid.shape[0], shape[0], low, high), grid, (1, 0))
    part = np.matmul(_weights(grid.shape[1], shape[1], 0, shape[1]), part)
    return np.matmul(part, _weights(grid.shape[2], shape[2], 0, shape[2]).T)


def make_slab(
    body: Body, shape: tuple[int, int, int], low: int, high: int, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Organ labels (uint8) and the mask of the body, both (k, j, i), of the slices ``low`` to ``high``.

    ``reach`` is the squared distance, in radii, up to which an organ claims voxels.
    """
    rough = _interpolate(body.roughness, shape, low, high)
    axes = [np.arange(low, high), np.arange(shape[1]), np.arange(shape[2])]
    plain = [((axis + 0.5) / size).astype(np.float32) for axis, size in zip(axes, shape, strict=True)]
    elliptic = ((plain[2] - 0.5) / 0.44) ** 2 + (((plain[1] - 0.5) / 0.36) ** 2)[:, None] + 0.04 * rough
    warped = [
        plain[n].reshape([-1 if axis == n else 1 for axis in range(3)])
        + 0.035 * _interpolate(body.warps[n], shape, low, high)
        + 0.012 * rough
        for n in range(3)
    ]
    nearest = np.full(rough.shape, reach, np.float32)
    labels = np.zeros(rough.shape, np.uint8)
    for organ in range(ORGANS):
        box = []
        for n in range(3):  # the warp moves a point by less than 0.17
            margin = body.radii[organ, n] * np.sqrt(reach) + 0.17
            ends = np.searchsorted(plain[n], body.centers[organ, n] + np.array([-margin, margin]))
            box.append(slice(int(ends[0]), int(ends[1])))
        part = tuple(box)
        distance = sum(((warped[n][part] - body.centers[organ, n]) * (1 / body.radii[organ, n])) ** 2 for n in range(3))
        closer = distance < nearest[part]
        nearest[part][closer] = distance[closer]
        labels[part][closer] = organ + 1
    labels[elliptic >= 0.95] = 0
    return labels, elliptic < 1


def _find_reach(body: Body) -> float:
    shape, low, high = (50, 86, 86), 0.05, 6.0
    for _ in range(10):
        middle = (low + high) / 2
        labels, _ = make_slab(body, shape, 0, shape[0], middle)
        low, high = (middle, high) if np.count_nonzero(labels) < _LABELLED * labels.size else (low, middle)
    return (low + high) / 2


def _make_lesions(body: Body, shape: tuple[int, int, int], reach: float) -> np.ndarray:
    rng = np.random.default_rng(11)
    probe, _ = make_slab(body, (75, 128, 128), 0, 75, reach)
    places = (np.argwhere(probe) + 0.5) / probe.shape
    lesions = np.zeros(shape, np.uint8)
    for lesion in range(LESIONS):
        center, radius = places[rng.integers(len(places))], rng.uniform(0.012, 0.045, 3)
        low = np.maximum(0, ((center - radius) * shape).astype(int) - 1)
        high = np.minimum(shape, ((center + radius) * shape).astype(int) + 2)
        grid = np.ogrid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        distance = sum(((grid[n] + 0.5) / shape[n] - center[n]) ** 2 / radius[n] ** 2 for n in range(3))
        part = lesions[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        part[distance + rng.normal(0, 0.06, part.shape) < 1] = 1 + lesion % LESION_LABELS
    return lesions


def _make_ct(body: Body, labels: np.ndarray, within: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal(labels.shape, np.float32) * 18
    return (np.where(within | (labels > 0), body.intensities[labels], -1000.0) + noise).astype(np.int16)


def make(name: str, folder: Path) -> None:
    """Makes ``organs.npy``, ``lesions.npy`` (uint8) and ``ct.npy`` (int16) of the case ``name`` in a folder."""
    body, shape = make_body(), SHAPES[name]
    reach = _find_reach(body)
    organs, ct = np.empty(shape, np.uint8), np.empty(shape, np.int16)
    rng = np.random.default_rng(13)
    for low in range(0, shape[0], 10):
        high = min(shape[0], low + 10)
        organs[low:high], within = make_slab(body, shape, low, high, reach)
        ct[low:high] = _make_ct(body, organs[low:high], within, rng)
    lesions = _make_lesions(body, shape, reach)
    ct[lesions > 0] += 40
    folder.mkdir(parents=True, exist_ok=True)
    for what, array in (("organs", organs), ("lesions", lesions), ("ct", ct)):
        part = folder / f"{what}.part.npy"
        np.save(part, array)
        part.replace(folder / f"{what}.npy")


def load(name: str, what: str) -> np.ndarray:
    """``organs``, ``lesions`` (uint8) or ``ct`` (int16) of the case ``name`` as (k, j, i), made on first use."""
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"multilabelseg-case-{version}" / name
    if not (folder / f"{what}.npy").exists():
        make(name, folder)
    return np.load(folder / f"{what}.npy")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or ["big", "small"]:
        array = load(chosen, "organs")
        counts = np.bincount(array.reshape(-1), minlength=ORGANS + 1)
        print(
            f"{chosen}: {array.shape}, {counts[0] / array.size:.1%} unlabelled, "
            f"{np.count_nonzero(counts[1:])} organs of {counts[1:].min()} to {counts[1:].max()} voxels "
            f"(median {np.median(counts[1:]):.0f}), "
            f"{np.count_nonzero(load(chosen, 'lesions'))} voxels of lesions"
        )
