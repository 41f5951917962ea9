"""One stored contour of the 3D interpolation, and how it stands in the segmentation's extras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry
from ..core.label import MAX_VALUE
from ..errors import ToolError
from .slices import PLANES, Plane, SliceOf

#: a plane of the grid, or any other
AnyPlane = Literal["axial", "coronal", "sagittal", "free"]
Polygon = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StoredContour:
    """The closed polygons of one label in one plane of one frame.

    ``polygons_ijk`` are (n, 3) points (i, j, k) each, a polygon within another being a hole. ``slice`` is the index of
    a plane of the grid, None for a free plane.
    """

    label: int
    t: int
    plane: AnyPlane
    slice: int | None
    polygons_ijk: tuple[Polygon, ...]
    #: the entry of the extras that it was read from: what did not change is not written anew
    _entry: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def point_ijk(self) -> tuple[float, float, float]:
        """Where to look at the contour: the middle of its largest polygon, (i, j, k)."""
        largest = max(self.polygons_ijk, key=lambda polygon: float(np.ptp(polygon, axis=0).sum()))
        i, j, k = ((largest.min(axis=0) + largest.max(axis=0)) / 2).tolist()
        return i, j, k

    def polygons_lps(self, geometry: Geometry) -> list[Polygon]:
        """The polygons in LPS mm."""
        return [geometry.lps_from_ijk(polygon) for polygon in self.polygons_ijk]

    def where(self, geometry: Geometry) -> SliceOf | None:
        """The slice that it lies in; None for a free plane."""
        if self.plane == "free" or self.slice is None:
            return None
        return SliceOf(geometry, self.plane, self.slice)

    def shares_plane(self, other: StoredContour, geometry: Geometry) -> bool:
        """Whether both are of the same label and frame, and in the same plane: within half a voxel everywhere."""
        if (self.label, self.t) != (other.label, other.t):
            return False
        if self.slice is not None and other.slice is not None:
            return self.plane == other.plane and self.slice == other.slice
        mine, theirs = (np.concatenate(each.polygons_lps(geometry)) for each in (self, other))
        near = 0.5 * min(geometry.spacing)
        return _off(mine, theirs) <= near and _off(theirs, mine) <= near

    def moved(self, old: Geometry, new: Geometry) -> StoredContour:
        """The same contour on another grid: in a slice of it where both share their voxels, else in a free plane."""
        start = old.offset_of(new)
        if start is not None:
            by = np.array(start[::-1], np.float64)
            polygons = tuple(polygon - by for polygon in self.polygons_ijk)
            index = None if self.plane == "free" or self.slice is None else self.slice - start[PLANES.index(self.plane)]
            if index is not None and 0 <= index < new.shape[PLANES.index(_named(self.plane))]:
                return StoredContour(self.label, self.t, self.plane, index, polygons)
        else:
            polygons = tuple(new.ijk_from_lps(polygon) for polygon in self.polygons_lps(old))
        return StoredContour(self.label, self.t, "free", None, polygons)

    def as_json(self) -> dict[str, Any]:
        """For the extras. A polygon is one text of numbers: column and row of the slice, doubled so that halves are
        whole; of a free plane i, j, k."""
        if self._entry is not None:
            return self._entry
        told: dict[str, Any] = {"label": self.label, "t": self.t, "plane": self.plane}
        if self.plane == "free" or self.slice is None:
            told["polygons"] = [_text(np.round(polygon, 3)) for polygon in self.polygons_ijk]
            return told
        told["slice"] = self.slice
        across = 2 - PLANES.index(self.plane)
        told["polygons"] = [_text(np.rint(2 * np.delete(each, across, axis=1))) for each in self.polygons_ijk]
        return told

    @classmethod
    def from_json(cls, entry: Any, place: str) -> StoredContour:
        """From the extras. Raises ToolError that names the place and what is wrong there."""
        if not isinstance(entry, dict):
            raise ToolError(f"{place}: expected an object, found {entry!r:.60}")
        label = _whole(entry, "label", place, 1, MAX_VALUE)
        t = _whole(entry, "t", place, 0, 2**31)
        plane = entry.get("plane")
        if plane not in (*PLANES, "free"):
            raise ToolError(f"{place}: 'plane' is {plane!r:.60}, expected {', '.join(PLANES)} or free")
        texts = entry.get("polygons")
        if not isinstance(texts, list) or not texts:
            raise ToolError(f"{place}: 'polygons' is {texts!r:.60}, expected a list of texts")
        if plane == "free":
            return cls(label, t, "free", None, tuple(_numbers(text, 3, place) for text in texts), entry)
        index, across = _whole(entry, "slice", place, 0, 2**31), 2 - PLANES.index(plane)
        polygons = (np.insert(_numbers(text, 2, place) / 2, across, index, axis=1) for text in texts)
        return cls(label, t, plane, index, tuple(polygons), entry)


def in_slice(label: int, t: int, where: SliceOf, polygons: Sequence[Polygon]) -> StoredContour:
    """A contour from polygons (n, 2) of points (column, row) of a slice."""
    across = 2 - where.axis
    lifted = tuple(np.insert(np.asarray(polygon, np.float64), across, where.index, axis=1) for polygon in polygons)
    return StoredContour(label, t, where.plane, where.index, lifted)


def _named(plane: AnyPlane) -> Plane:
    if plane == "free":
        raise ToolError("a free plane is no plane of the grid")
    return plane


def _off(points: Polygon, others: Polygon) -> float:
    """The largest distance of points from the plane of others."""
    middle = others.mean(axis=0)
    normal = np.linalg.svd(others - middle, full_matrices=False)[2][2]
    return float(np.abs((points - middle) @ normal).max())


def _text(numbers: NDArray[Any]) -> str:
    return " ".join(f"{number:.12g}" for number in numbers.reshape(-1).tolist())


@lru_cache(maxsize=2048)
def _parsed(text: str) -> Polygon:
    """The numbers of a polygon's text; every edit reads all contours again, most of which are the same."""
    numbers = np.array([float(word) for word in text.split()])
    numbers.flags.writeable = False
    return numbers


def _numbers(text: Any, columns: int, place: str) -> Polygon:
    try:
        numbers = _parsed(text)
    except (AttributeError, TypeError, ValueError):
        raise ToolError(f"{place}: a polygon is a text of numbers, found {text!r:.60}") from None
    if len(numbers) % columns or len(numbers) < 3 * columns or not np.isfinite(numbers).all():
        raise ToolError(f"{place}: a polygon is at least three finite points of {columns} numbers, found {text!r:.60}")
    return numbers.reshape(-1, columns)


def _whole(entry: Mapping[str, Any], key: str, place: str, least: int, most: int) -> int:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ToolError(f"{place}: {key!r} is {value!r:.60}, expected a whole number from {least} to {most}")
    return value
