"""Where in a slice labels may be, by their boxes: a picture needs to be drawn no farther."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Group
from .view_sampling import Rect, Sampling

#: labels whose boxes are looked at before a picture
_FEW = 1024


class ShownBoxes:
    """The boxes of some labels of a group as one array, made again when the voxels changed."""

    def __init__(self, group: Group, values: Sequence[int]) -> None:
        self._group, self._values = group, values
        self._known: object = None
        #: (labels, 2, 3): lower and upper corners (k, j, i)
        self._corners: NDArray[np.intp] = np.zeros((0, 2, 3), np.intp)

    def rect(self, sampling: Sampling, t: int) -> Rect:
        """The part of a picture in which these labels may be seen, empty for none.

        All of it where that is not known without looking at voxels.
        """
        index = self._group.index
        if not self._values:
            return Rect(0, 0, 0, 0)
        if len(self._values) > _FEW or not index.is_scanned(t):
            return sampling.whole
        if self._known != (index.version, t):
            boxes = (index.loose_box(value, t) for value in self._values)
            found = [box for box in boxes if box is not None]
            self._corners = np.array(found, np.intp).reshape(-1, 2, 3)
            self._known = (index.version, t)
        axis, at = 2 - sampling.frame.grid.axis, sampling.frame.slice
        lower, upper = self._corners[:, 0], self._corners[:, 1]
        met = (lower[:, axis] <= at) & (at < upper[:, axis])
        if not met.any():
            return Rect(0, 0, 0, 0)
        if sampling.rows.ndim != 1:
            return sampling.whole
        (k0, j0, i0), (k1, j1, i1) = lower[met].min(axis=0).tolist(), upper[met].max(axis=0).tolist()
        return sampling.rect_of(Box((k0, j0, i0), (k1, j1, i1)))
