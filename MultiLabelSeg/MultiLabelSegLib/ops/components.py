"""Connected components of a mask, and the island at a voxel.

Compiled: the runs of each row are joined with those of the rows before by union-find, so that the cost follows the
runs. Otherwise ``scipy.ndimage.label`` does it. Both number components by their first voxel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..errors import OptionError
from .threshold import extent_of

Indices = NDArray[np.int64]

#: how many neighbours a voxel has: over faces, over faces and edges, over corners too
CONNECTIVITIES = (6, 18, 26)


@dataclass(frozen=True, eq=False)
class Components:
    """The components of a mask of ``shape`` (k, j, i), numbered from 0 by their first voxel in C order.

    ``start`` and ``stop`` are the flat positions of the runs, none beyond the end of a row, in rising order;
    ``component`` has one entry a run, ``voxels`` one a component.
    """

    shape: tuple[int, int, int]
    start: Indices
    stop: Indices
    component: Indices
    voxels: Indices

    def at(self, k: int, j: int, i: int) -> int:
        """The component of a voxel; -1 where the mask is not."""
        flat = (k * self.shape[1] + j) * self.shape[2] + i
        run = int(np.searchsorted(self.start, flat, "right")) - 1
        return int(self.component[run]) if run >= 0 and flat < self.stop[run] else -1

    def mask_of(self, wanted: Iterable[int]) -> NDArray[np.bool_]:
        """Where any of these components is: a new array of the mask's shape."""
        table = np.zeros(len(self.voxels), np.bool_)
        table[list(wanted)] = True
        runs = table[self.component]
        out = np.zeros(math.prod(self.shape), np.uint8)
        if use_kernels(out.size):
            from . import components_kernels

            components_kernels.paint(out, self.start, self.stop, runs)
        else:
            steps = np.zeros(out.size + 1, np.int8)
            steps[self.start[runs]] = 1
            steps[self.stop[runs]] -= 1
            np.cumsum(steps[:-1], out=out.view(np.int8))
        return out.view(np.bool_).reshape(self.shape)


def components(mask: NDArray[np.bool_], connectivity: int = 6) -> Components:
    """The components of a mask (k, j, i). Raises OptionError for a connectivity other than 6, 18 and 26."""
    if connectivity not in CONNECTIVITIES:
        raise OptionError("connectivity", connectivity, CONNECTIVITIES)
    k, j, i = mask.shape
    start, stop = _runs(np.ascontiguousarray(mask).reshape(-1), i)
    if use_kernels(mask.size):
        component, count = _compiled((k, j, i), start, stop, connectivity)
    else:
        component, count = _plain(mask, start, connectivity)
    voxels = np.bincount(component, stop - start, count).astype(np.int64)
    return Components((k, j, i), start, stop, component, voxels)


def island_at(
    values: NDArray[np.unsignedinteger], seed: tuple[int, int, int], connectivity: int = 6
) -> tuple[tuple[int, int, int], NDArray[np.bool_]]:
    """The voxels of the same value that are joined to a seed (k, j, i) of an array (k, j, i), uint8 or uint16.

    Returns where the island begins, and its mask over the smallest box that holds it. Raises OptionError as
    ``components``.
    """
    if connectivity not in CONNECTIVITIES:
        raise OptionError("connectivity", connectivity, CONNECTIVITIES)
    found = components(values == values[seed], connectivity)
    out = found.mask_of((found.at(*seed),))
    lower, upper = extent_of(out)
    where = tuple(slice(low, high) for low, high in zip(lower, upper, strict=True))
    return lower, np.ascontiguousarray(out[where])


def _runs(flat: NDArray[np.bool_], columns: int) -> tuple[Indices, Indices]:
    """Starts and stops of the runs of a flat mask, cut at the ends of rows."""
    change = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    ends = np.concatenate([np.flatnonzero(flat[:1]), change, np.flatnonzero(flat[-1:]) + flat.size])
    start, stop = ends[0::2], ends[1::2]
    row = start // columns
    rows = (stop - 1) // columns - row + 1
    if (rows == 1).all():
        return start, stop
    run = np.repeat(np.arange(len(start)), rows)
    row = row[run] + np.arange(len(run)) - np.repeat(np.cumsum(rows) - rows, rows)
    return np.maximum(start[run], row * columns), np.minimum(stop[run], (row + 1) * columns)


def _compiled(shape: tuple[int, int, int], start: Indices, stop: Indices, connectivity: int) -> tuple[Indices, int]:
    from . import components_kernels

    k, j, i = shape
    component = np.empty(len(start), np.int64)
    first = np.searchsorted(start, np.arange(k * j + 1) * i)
    return component, int(components_kernels.join_rows(first, start, stop, j, i, connectivity, component))


def _plain(mask: NDArray[np.bool_], start: Indices, connectivity: int) -> tuple[Indices, int]:
    from scipy import ndimage

    near = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])
    labelled, count = ndimage.label(mask, near)
    return labelled.reshape(-1)[start].astype(np.int64) - 1, int(count)
