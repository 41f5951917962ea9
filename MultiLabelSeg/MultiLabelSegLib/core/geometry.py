"""Where the voxels of a segmentation are: shape, affine and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import GeometryError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: MITK's tolerances: coordinates in mm, directions as plain numbers
COORDINATE_TOLERANCE_MM = 1e-4
DIRECTION_TOLERANCE = 1e-6
_FLIP_XY = np.diag([-1.0, -1.0, 1.0, 1.0])


def ras_from_lps(affine: ArrayLike) -> NDArray[np.float64]:
    """A 4x4 affine into LPS millimetres as one into RAS millimetres."""
    return _FLIP_XY @ np.asarray(affine, np.float64)


def lps_from_ras(affine: ArrayLike) -> NDArray[np.float64]:
    """A 4x4 affine into RAS millimetres as one into LPS millimetres."""
    return _FLIP_XY @ np.asarray(affine, np.float64)


@dataclass(frozen=True, eq=False)
class Geometry:
    """Shape, position and time of an image; immutable.

    ``shape`` is ``(k, j, i)``, the slowest axis first, as numpy holds a frame. ``ijk_to_lps`` is a 4x4 affine from
    ``(i, j, k, 1)`` to LPS millimetres; the origin is the centre of the first voxel. ``time_bounds`` are the
    ``time_steps + 1`` borders of the frames in ms, or None where each frame simply lasts 1 (MITK's proportional time).

    Raises GeometryError for sizes below 1, values that are not finite, and a singular affine.
    """

    shape: tuple[int, int, int]
    ijk_to_lps: NDArray[np.float64] = field(repr=False)
    time_steps: int = 1
    time_bounds: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        shape = tuple(self.shape)
        if len(shape) != 3 or not all(_is_count(size) for size in shape):
            raise GeometryError(f"shape (k, j, i) must be three whole sizes of at least 1, found {self.shape}")
        affine = _finite(self.ijk_to_lps, (4, 4), "the affine")
        with np.errstate(over="ignore"):
            spacing = np.linalg.norm(affine[:3, :3], axis=0)
        if spacing.min() <= 0 or abs(np.linalg.det(affine[:3, :3] / spacing)) < 1e-6:
            raise GeometryError(f"the affine is singular: {affine.tolist()}")
        affine[3] = (0.0, 0.0, 0.0, 1.0)
        affine.flags.writeable = False
        if not _is_count(self.time_steps):
            raise GeometryError(f"time steps must be a whole number of at least 1, found {self.time_steps}")
        object.__setattr__(self, "shape", tuple(int(size) for size in shape))
        object.__setattr__(self, "time_steps", int(self.time_steps))
        object.__setattr__(self, "ijk_to_lps", affine)
        if self.time_bounds is not None:
            object.__setattr__(self, "time_bounds", self._checked_bounds(self.time_bounds))

    def _checked_bounds(self, bounds: Sequence[float]) -> tuple[float, ...] | None:
        values = tuple(_finite(bounds, (self.time_steps + 1,), "time bounds, one more than frames,").tolist())
        if (np.diff(values) <= 0).any():
            raise GeometryError(f"{self.time_steps} frames need {self.time_steps + 1} rising time bounds: {values}")
        return None if values == tuple(float(t) for t in range(self.time_steps + 1)) else values

    @classmethod
    def from_parts(
        cls,
        shape: Sequence[int],
        spacing: Sequence[float] = (1.0, 1.0, 1.0),
        origin: Sequence[float] = (0.0, 0.0, 0.0),
        direction: ArrayLike = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        time_steps: int = 1,
        time_bounds: Sequence[float] | None = None,
    ) -> Geometry:
        """From ITK's parts: ``shape`` (k, j, i); spacing and origin along x, y, z in LPS mm; direction as ITK.

        Raises GeometryError as the constructor does, and for a spacing that is not positive.
        """
        steps = _finite(spacing, (3,), "spacing")
        if steps.min() <= 0:
            raise GeometryError(f"spacing must be three positive numbers, found {tuple(spacing)}")
        axes = np.ravel(direction)
        affine = np.eye(4)
        affine[:3, :3] = _finite(axes, (9,), "direction").reshape(3, 3) * steps
        affine[:3, 3] = _finite(origin, (3,), "origin")
        bounds = None if time_bounds is None else tuple(time_bounds)
        sizes: Any = tuple(shape)
        return cls(sizes, affine, time_steps, bounds)

    @property
    def size(self) -> tuple[int, int, int]:
        """Voxels along i, j, k (x, y, z of ITK)."""
        return self.shape[2], self.shape[1], self.shape[0]

    @property
    def full_shape(self) -> tuple[int, int, int, int]:
        """Shape of a group's array: (t, k, j, i)."""
        return (self.time_steps, *self.shape)

    @property
    def voxels(self) -> int:
        """Voxels of one frame."""
        return self.shape[0] * self.shape[1] * self.shape[2]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between voxel centres along i, j, k."""
        x, y, z = np.linalg.norm(self.ijk_to_lps[:3, :3], axis=0).tolist()
        return x, y, z

    @property
    def origin(self) -> tuple[float, float, float]:
        """LPS mm of the centre of the first voxel."""
        x, y, z = self.ijk_to_lps[:3, 3].tolist()
        return x, y, z

    @property
    def direction(self) -> NDArray[np.float64]:
        """3x3, the columns are the unit vectors of the axes i, j, k in LPS."""
        return np.asarray(self.ijk_to_lps[:3, :3] / np.linalg.norm(self.ijk_to_lps[:3, :3], axis=0))

    @property
    def ijk_to_ras(self) -> NDArray[np.float64]:
        """The affine into RAS mm (nibabel's and Slicer's)."""
        return ras_from_lps(self.ijk_to_lps)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in cubic millimetres."""
        return float(abs(np.linalg.det(self.ijk_to_lps[:3, :3])))

    @property
    def is_sheared(self) -> bool:
        """Whether the axes are not at right angles (beyond rounding of single precision)."""
        direction = self.direction
        return bool(np.abs(direction.T @ direction - np.eye(3)).max() > 1e-4)

    @property
    def bounds(self) -> tuple[float, ...]:
        """The borders of the frames in ms: ``time_steps + 1`` rising numbers."""
        return self.time_bounds or tuple(float(t) for t in range(self.time_steps + 1))

    def lps_from_ijk(self, points_ijk: ArrayLike) -> NDArray[np.float64]:
        """LPS mm of continuous indices ``(..., 3)`` in the order i, j, k."""
        return np.asarray(points_ijk, np.float64) @ self.ijk_to_lps[:3, :3].T + self.ijk_to_lps[:3, 3]

    def ijk_from_lps(self, points_lps: ArrayLike) -> NDArray[np.float64]:
        """Continuous indices ``(..., 3)`` in the order i, j, k of points in LPS mm."""
        moved = np.asarray(points_lps, np.float64) - self.ijk_to_lps[:3, 3]
        return np.asarray(moved @ self._lps_to_ijk)

    @cached_property
    def _lps_to_ijk(self) -> NDArray[np.float64]:
        """3x3, for rows of points; views ask for it with every move of the mouse."""
        return np.asarray(np.linalg.inv(self.ijk_to_lps[:3, :3]).T)

    def with_time(self, time_steps: int, time_bounds: Sequence[float] | None = None) -> Geometry:
        """The same place with another number of frames."""
        bounds = None if time_bounds is None else tuple(time_bounds)
        return Geometry(self.shape, self.ijk_to_lps, time_steps, bounds)

    def differences(
        self,
        other: Geometry,
        tolerance_mm: float = COORDINATE_TOLERANCE_MM,
        direction_tolerance: float = DIRECTION_TOLERANCE,
        check_time: bool = True,
    ) -> tuple[str, ...]:
        """In which fields two geometries differ beyond the tolerances, each as a sentence with both values."""
        found = []
        if self.shape != other.shape:
            found.append(f"size {self.size} against {other.size}")
        for name in ("spacing", "origin"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if np.abs(np.subtract(mine, theirs)).max() > tolerance_mm:
                found.append(f"{name} {_numbers(mine)} against {_numbers(theirs)} mm")
        if np.abs(self.direction - other.direction).max() > direction_tolerance:
            found.append(f"direction {_numbers(self.direction)} against {_numbers(other.direction)}")
        if check_time and self.time_steps != other.time_steps:
            found.append(f"{self.time_steps} against {other.time_steps} time steps")
        return tuple(found)

    def is_congruent(
        self,
        other: Geometry,
        tolerance_mm: float = COORDINATE_TOLERANCE_MM,
        direction_tolerance: float = DIRECTION_TOLERANCE,
        check_time: bool = True,
    ) -> bool:
        """Whether both describe the same grid, within MITK's tolerances unless others are given."""
        return not self.differences(other, tolerance_mm, direction_tolerance, check_time)

    def offset_of(self, part: Geometry, tolerance_voxels: float = 1e-3) -> tuple[int, int, int] | None:
        """Where ``part`` starts in this grid, as (k, j, i) voxels, when it is a box of the same lattice; else None.

        The offset may be negative or reach beyond this grid; the caller checks what it allows.
        """
        relative = np.linalg.solve(self.ijk_to_lps, part.ijk_to_lps)
        reach = np.array([*part.size, 1.0])
        if np.abs((relative[:3, :3] - np.eye(3)) * reach[:3]).max() > tolerance_voxels:
            return None
        start = np.rint(relative[:3, 3])
        if np.abs(relative[:3, 3] - start).max() > tolerance_voxels:
            return None
        return int(start[2]), int(start[1]), int(start[0])

    def cropped(self, start_kji: Sequence[int], shape: Sequence[int]) -> Geometry:
        """The box of ``shape`` (k, j, i) that starts at voxel ``start_kji`` of this grid (may reach beyond it)."""
        affine = np.array(self.ijk_to_lps)
        affine[:3, 3] = self.lps_from_ijk([start_kji[2], start_kji[1], start_kji[0]])
        sizes = (int(shape[0]), int(shape[1]), int(shape[2]))
        return Geometry(sizes, affine, self.time_steps, self.time_bounds)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Geometry):
            return NotImplemented
        same = self.full_shape == other.full_shape and self.time_bounds == other.time_bounds
        return same and bool(np.array_equal(self.ijk_to_lps, other.ijk_to_lps))

    def __hash__(self) -> int:
        return hash((self.full_shape, self.ijk_to_lps.tobytes(), self.time_bounds))

    def __str__(self) -> str:
        frames = f" x {self.time_steps} frames" if self.time_steps > 1 else ""
        size = " x ".join(str(voxels) for voxels in self.size)
        return f"{size}{frames}, spacing {_numbers(self.spacing)} mm, origin {_numbers(self.origin)} mm"


def _is_count(size: object) -> bool:
    return isinstance(size, (int, np.integer)) and not isinstance(size, bool) and int(size) >= 1


def _finite(values: ArrayLike, shape: tuple[int, ...], what: str) -> NDArray[np.float64]:
    """A new array of finite numbers of this shape. Raises GeometryError."""
    try:
        found = np.array(values, np.float64)
    except (TypeError, ValueError):
        raise GeometryError(f"{what} must be numbers, found {values!r}") from None
    if found.shape != shape:
        raise GeometryError(f"{what} must be {' x '.join(map(str, shape))} numbers, found the shape {found.shape}")
    if not np.isfinite(found).all():
        raise GeometryError(f"{what} must be finite, found {found.tolist()}")
    return found


def _numbers(values: ArrayLike) -> str:
    flat = np.asarray(values, np.float64).ravel()
    return "(" + ", ".join(f"{value:.7g}" for value in flat) + ")"
