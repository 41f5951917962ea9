"""Seeded growing of several labels at once: every voxel gets the label of the seed with the cheapest way to it.

A step from a voxel to one of its 26 neighbours costs the difference of their intensities, and ``penalty`` a mm: the
measure of Fast GrowCut (Zhu et al. 2014), as MITK and 3D Slicer have it. Of ways that cost the same the smaller label
wins, so that there is one result: it depends neither on the order of the work nor on whether it was reached in one
run or in many. Before growing, noise is taken off the image (``growing_noise``); without that the measure is theirs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..errors import ToolError
from .growing_graph import Graph, Spacing, graph_of
from .growing_noise import noise_level, without_noise
from .growing_plain import PlainGrowing
from .progress import Progress

if TYPE_CHECKING:
    from .growing_compiled import CompiledGrowing

#: what growing a voxel costs, as one of the voxels for which ``use_kernels`` is asked
_WORK = 60
Labels = NDArray[np.unsignedinteger]


class Limits(NamedTuple):
    """A box of voxels: ``lower`` to ``upper`` (exclusive), both (k, j, i)."""

    lower: tuple[int, int, int]
    upper: tuple[int, int, int]

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """To index a (k, j, i) array."""
        k, j, i = (slice(low, high) for low, high in zip(self.lower, self.upper, strict=True))
        return k, j, i


class SeededGrowing:
    """Growing on one image; ``run`` after every change of the seeds costs what the change affects.

    ``image`` is an array of scalars (k, j, i), ``spacing`` in mm (k, j, i), ``labels`` the values that count as seeds.
    ``closed`` voxels can be neither entered nor crossed, and no seed in them counts; likewise voxels that are no
    finite number. Only ``box`` is worked on, or what lies within ``margin_mm`` of the box around the seeds, or all.
    With ``background`` the faces of that box that are inside of the image are seeds of the background, which is 0 in
    the result. ``penalty`` is in intensity units per mm, ``passes`` how often the noise filter runs.

    The image and ``closed`` must not change while this object is used. Raises ToolError for arrays that do not fit.
    """

    def __init__(
        self,
        image: NDArray[Any],
        spacing: Spacing,
        labels: Iterable[int],
        *,
        closed: NDArray[np.bool_] | None = None,
        box: Limits | None = None,
        margin_mm: float | None = None,
        background: bool = False,
        penalty: float = 0.0,
        passes: int = 2,
    ) -> None:
        self._labels = tuple(sorted({int(label) for label in labels if label}))
        _check(image, spacing, self._labels, closed, box)
        self._image, self._closed, self._box = image, closed, box
        k, j, i = (float(length) for length in spacing)
        self._spacing = k, j, i
        self._margin, self._background, self._penalty, self._passes = margin_mm, background, penalty, passes
        #: the box that was worked on, after the first run
        self.box: Limits | None = None
        #: whether the last run went on from the one before
        self.incremental = False
        self.reset()

    def reset(self) -> None:
        """Forgets everything; the next run starts anew."""
        self._engine: CompiledGrowing | PlainGrowing | None = None
        self._extent = _SeedExtent(self._image.shape)
        self._held: Labels = np.zeros(0, np.uint8)
        self._grown: Labels = self._held
        self.box = None

    def run(self, seeds: Labels, progress: Progress | None = None) -> Labels:
        """The labels (k, j, i) that grow from ``seeds`` (k, j, i), uint8 or uint16; 0 where none comes.

        The array is this object's own and is brought up to date by the next run: copy it to keep it. ``progress`` is
        called with the fraction done; what it raises ends the run, and the next one starts anew. Raises ToolError
        when there are no seeds in the box, or ``background`` has no face to start from.
        """
        _check_seeds(seeds, self._image.shape)
        try:
            return self._run(seeds, progress)
        except BaseException:
            self.reset()
            raise

    def _run(self, seeds: Labels, progress: Progress | None) -> Labels:
        table = self._table(seeds.dtype)
        if self._engine is None or seeds.dtype != self._held.dtype:
            self.reset()
            rows = _all_rows(seeds)
        else:
            rows = np.argwhere(_differs(seeds, self._held))
        ids = table[seeds[rows[:, 0], rows[:, 1]]]
        box = self._wanted_box(rows, ids)
        self.incremental = self._engine is not None and box == self.box
        if not self.incremental:
            rows = _all_rows(seeds)
            ids = table[seeds.reshape(-1, seeds.shape[2])]
            self._start(box, seeds.dtype)
            self._held, self._grown = seeds.copy(), np.zeros(seeds.shape, seeds.dtype)
        else:
            self._held[rows[:, 0], rows[:, 1]] = seeds[rows[:, 0], rows[:, 1]]
        engine: Any = self._engine
        engine.exchange(*self._rows_in_box(box, rows, ids))
        engine.grow(progress)
        engine.read(self._grown[box.slices])
        return self._grown

    def _wanted_box(self, rows: NDArray[np.int64], ids: Labels) -> Limits:
        """The box that these seeds ask for."""
        shape = self._image.shape
        self._extent.note(rows, ids)
        found = self._extent.box()
        if found is None:
            raise ToolError("there are no seeds to grow from")
        if self._box is not None:
            return self._box
        if self._margin is None:
            return Limits((0, 0, 0), (shape[0], shape[1], shape[2]))
        by = [math.ceil(self._margin / length) for length in self._spacing]
        lower = [max(0, low - more) for low, more in zip(found.lower, by, strict=True)]
        upper = [min(size, high + more) for high, more, size in zip(found.upper, by, shape, strict=True)]
        return Limits((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))

    def _start(self, box: Limits, dtype: Any) -> None:
        """Prepares the image within the box, with nothing grown yet."""
        if self._background and not self._faces(box):
            raise ToolError("automatic background needs a region of interest with room around it inside of the image")
        graph = self._graph(box)
        table = np.zeros(1 << graph.bits, dtype)
        fitting = [label for label in self._labels if label <= np.iinfo(dtype).max]
        table[1 : len(fitting) + 1] = fitting
        self.box = box
        if use_kernels(graph.values.size * _WORK):
            from .growing_compiled import CompiledGrowing

            self._engine = CompiledGrowing(graph, table)
        else:
            self._engine = PlainGrowing(graph, table)

    def _graph(self, box: Limits) -> Graph:
        image = self._image[box.slices]
        closed = None if self._closed is None else self._closed[box.slices]
        pixels = image
        if self._passes:
            pixels = without_noise(image, self._spacing, noise_level(image), self._passes)
        whole = image.dtype.kind in "uib"
        return graph_of(pixels, self._spacing, len(self._labels) + 1, closed, self._penalty, whole)

    def _table(self, dtype: np.dtype[Any]) -> Labels:
        """Number of the label, from 1 on, for every value that seeds may have; 0 for values that are no seed's."""
        table: Labels = np.zeros(np.iinfo(dtype).max + 1, np.uint8 if len(self._labels) < 255 else np.uint16)
        fitting = [label for label in self._labels if label < table.size]
        table[fitting] = np.arange(1, len(fitting) + 1)
        return table

    def _rows_in_box(self, box: Limits, rows: NDArray[np.int64], ids: Labels) -> tuple[NDArray[np.int64], Labels]:
        """The part of some rows in the box, with seeds of the background and none in closed voxels."""
        (k0, j0, i0), (k1, j1, i1) = box
        inside = (rows[:, 0] >= k0) & (rows[:, 0] < k1) & (rows[:, 1] >= j0) & (rows[:, 1] < j1)
        if not inside.all():
            rows, ids = rows[inside], ids[inside]
        ids = ids[:, i0:i1]
        if self._background:
            ids = self._with_background(box, rows, ids)
        closed = self._without_seeds(rows, i0, i1)
        if closed is not None:
            ids = np.where(closed, ids.dtype.type(0), ids)
        return rows - np.array((k0, j0)), ids

    def _without_seeds(self, rows: NDArray[np.int64], i0: int, i1: int) -> NDArray[np.bool_] | None:
        """Where in some rows no seed counts: in closed voxels and ones that are no number; None for nowhere."""
        at = rows[:, 0], rows[:, 1]
        closed = None if self._closed is None else self._closed[at][:, i0:i1]
        if self._image.dtype.kind == "f":
            unknown = ~np.isfinite(self._image[at][:, i0:i1])
            closed = unknown if closed is None else closed | unknown
        return closed

    def _faces(self, box: Limits) -> list[tuple[int, int]]:
        """The faces of the box that are inside of the image: axis, and index of the plane."""
        found = []
        for axis, (low, high, size) in enumerate(zip(box.lower, box.upper, self._image.shape, strict=True)):
            found += [(axis, low)] if low > 0 else []
            found += [(axis, high - 1)] if high < size else []
        return found

    def _with_background(self, box: Limits, rows: NDArray[np.int64], ids: Labels) -> Labels:
        """With the faces of the box as seeds of the background, wherever there is no other seed."""
        number = len(self._labels) + 1
        face = np.zeros(ids.shape, np.bool_)
        for axis, plane in self._faces(box):
            if axis < 2:
                face[rows[:, axis] == plane] = True
            else:
                face[:, plane - box.lower[2]] = True
        wide: Labels = ids.astype(np.uint16 if number > 255 else np.uint8)
        wide[face & (ids == 0)] = number
        return wide


def grow(
    image: NDArray[Any], seeds: Labels, spacing: Spacing, *, progress: Progress | None = None, **options: Any
) -> Labels:
    """One run of ``SeededGrowing`` with all values of ``seeds`` as labels; ``options`` are its own."""
    _check_seeds(seeds, image.shape)
    labels = np.flatnonzero(np.bincount(seeds.reshape(-1)))
    return SeededGrowing(image, spacing, labels.tolist(), **options).run(seeds, progress)


class _SeedExtent:
    """Where seeds are, row by row, so that the box around them costs no look at the volume."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._first = np.full(shape[:2], shape[2], np.int64)
        self._last = np.full(shape[:2], -1, np.int64)

    def note(self, rows: NDArray[np.int64], ids: Labels) -> None:
        """Takes note of the seeds (rows, i) of some rows."""
        hit = ids != 0
        width, found = hit.shape[1], hit.any(axis=1)
        at = rows[:, 0], rows[:, 1]
        self._first[at] = np.where(found, hit.argmax(axis=1), width)
        self._last[at] = np.where(found, width - 1 - hit[:, ::-1].argmax(axis=1), -1)

    def box(self) -> Limits | None:
        """The box around all seeds; None when there are none."""
        k, j = np.nonzero(self._last >= 0)
        if not k.size:
            return None
        lower = int(k.min()), int(j.min()), int(self._first.min())
        return Limits(lower, (int(k.max()) + 1, int(j.max()) + 1, int(self._last.max()) + 1))


def _all_rows(seeds: Labels) -> NDArray[np.int64]:
    return np.argwhere(np.ones(seeds.shape[:2], np.bool_))


def _differs(seeds: Labels, held: Labels) -> NDArray[np.bool_]:
    """The rows (k, j) in which two arrays differ; compared as bytes, eight of them at once where that is possible."""
    if seeds.flags.c_contiguous and seeds.shape[2] * seeds.itemsize % 8 == 0:
        seeds, held = seeds.view(np.uint64), held.view(np.uint64)
    differs: NDArray[np.bool_] = (seeds != held).any(axis=2)
    return differs


def _check(
    image: NDArray[Any],
    spacing: Sequence[float],
    labels: tuple[int, ...],
    closed: NDArray[Any] | None,
    box: Limits | None,
) -> None:
    if image.ndim != 3 or not image.size or image.dtype.kind not in "uifb":
        raise ToolError(f"growing needs an image of scalars (k, j, i), found {image.dtype} of shape {image.shape}")
    if len(spacing) != 3 or not all(math.isfinite(length) and length > 0 for length in spacing):
        raise ToolError(f"spacing is three lengths in mm above 0, found {tuple(spacing)}")
    if not labels or labels[0] < 0 or labels[-1] > 65535:
        raise ToolError(f"growing needs labels with values within 1...65535, found {list(labels[:5])}")
    if closed is not None and (closed.shape != image.shape or closed.dtype != np.bool_):
        raise ToolError(f"closed voxels are a mask of shape {image.shape}, found {closed.dtype} of {closed.shape}")
    if box is not None and not all(
        0 <= low < high <= size for low, high, size in zip(box.lower, box.upper, image.shape, strict=True)
    ):
        raise ToolError(f"the region of interest {tuple(box)} is empty or outside of the image of shape {image.shape}")


def _check_seeds(seeds: Labels, shape: tuple[int, ...]) -> None:
    if seeds.shape != shape or seeds.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        raise ToolError(f"seeds are uint8 or uint16 of shape {shape}, found {seeds.dtype} of shape {seeds.shape}")
