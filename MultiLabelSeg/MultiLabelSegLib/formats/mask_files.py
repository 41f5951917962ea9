"""Masks of a folder as runs: which voxels each has, and which of a group are taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry
from ..core.runs import paint_runs, scan
from ..errors import FormatError, UnsupportedFormatError
from .base import ReadRequest
from .image_io import describe_image
from .label_scatter import LabelScatter
from .voxel_file import VoxelFile

_ROUNDING_VOXELS = 1e-3
Indices = NDArray[np.int64]


class MaskFiles:
    """Reads masks of one grid, one after the other; keeps the array that they are put into."""

    def __init__(self, geometry: Geometry, request: ReadRequest) -> None:
        self.geometry = geometry
        self._request = request
        self._scatter = LabelScatter()
        self._frame: NDArray[np.uint8] | None = None

    def runs_of(self, path: Path) -> tuple[Indices, Indices]:
        """Starts and stops of the runs of a mask's voxels: flat indices of the whole array, half open, ascending.

        Raises UnsupportedFormatError for several values, FormatError for another grid and for files that are damaged.
        """
        image = describe_image(path, self._request.report, self._request.allow_outside)
        found, geometry = image.geometry, self.geometry
        if found.full_shape != geometry.full_shape or geometry.offset_of(found, _ROUNDING_VOXELS) != (0, 0, 0):
            differences = "; ".join(geometry.differences(found)) or "a turned or shifted grid"
            raise FormatError(path, f"does not lie on the grid of the other masks: {differences}")
        data = image.stream_bytes()
        intervals = None if data is None else image.decode_intervals(data)
        if intervals is None:
            return self._scattered(image)
        table = intervals.table(0, geometry.full_shape)
        _refuse_several(path, table.values.tolist())
        return table.start, table.stop

    def _scattered(self, image: VoxelFile) -> tuple[Indices, Indices]:
        """The runs of a mask that was not written as runs: it is put into an array of zeros, which is then scanned."""
        if self._frame is None:
            self._frame = np.zeros(self.geometry.full_shape, np.uint8)
        value = 1
        counts = self._scatter.place(image, self._frame, {value: 1}, self._request.report)
        _refuse_several(image.named, list(counts))
        if counts and value not in counts:
            (value,) = counts
            self._scatter.place(image, self._frame, {value: 1}, self._request.report)
        if not counts:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        table = scan(self._frame)
        paint_runs(self._frame.reshape(-1), table.start, table.stop, 0)
        return table.start, table.stop


def _refuse_several(path: Path, values: list[int]) -> None:
    if len(values) > 1:
        shown = ", ".join(map(str, values[:8]))
        reason = f"holds the values {shown}, a mask has one; is it a label map, to be read by itself?"
        raise UnsupportedFormatError(path, reason)


class Occupied:
    """The voxels of a group that are taken, as runs: flat indices, half open, ascending and apart."""

    def __init__(self) -> None:
        self._start: NDArray[np.int64] = np.zeros(0, np.int64)
        self._stop: NDArray[np.int64] = np.zeros(0, np.int64)

    def is_free(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> bool:
        """Whether runs of the same kind meet none of those that are taken; costs O(runs), whatever the volume."""
        ended = np.searchsorted(self._stop, start, side="right")
        begun = np.searchsorted(self._start, stop, side="left")
        return bool((ended == begun).all())

    def add(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> None:
        """Takes runs that are free."""
        # two rising sequences: the stable sort merges them in one pass
        self._start = np.sort(np.concatenate((self._start, start)), kind="stable")
        self._stop = np.sort(np.concatenate((self._stop, stop)), kind="stable")
