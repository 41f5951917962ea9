"""The grid on which frames lie: from their positions, never from the thickness of slices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry
from ...errors import CorruptFileError, GeometryError, UnsupportedFormatError
from ..report import Report
from .frames import Frame

#: positions along the normal that differ by less lie in one slice (mm): headers round to a few digits
_SAME_SLICE_MM = 1e-3
#: how far from a whole number of steps a slice may lie, as a part of the step
_STEP_TOLERANCE = 0.02
_DIRECTION_TOLERANCE = 1e-4
#: a grid this much larger than its frames is an error in a position, not a sparse segmentation
_MOST_SLICES, _MOST_SLICES_A_FRAME = 4096, 64


def place_frames(
    frames: Sequence[Frame], rows: int, columns: int, path: Path, report: Report, known: Geometry | None = None
) -> tuple[Geometry, list[int]]:
    """The geometry, its slices ascending along the normal of the frames, and the slice of each frame.

    ``known`` (the file's own record or the reference) is taken where every frame lies on one of its slices; slices
    without frames are then kept at the ends too. Raises UnsupportedFormatError for frames of several directions or
    irregular distances, CorruptFileError for impossible numbers.
    """
    first = frames[0]
    _expect_alike(frames, path)
    axes = np.array(first.orientation, np.float64).reshape(2, 3)
    lengths = np.linalg.norm(axes, axis=1)
    if np.abs(lengths - 1).max() > 0.01 or abs(axes[0] @ axes[1]) > 0.01 or min(first.pixel_spacing) <= 0:
        raise CorruptFileError(
            path, f"ImageOrientationPatient {first.orientation} with PixelSpacing {first.pixel_spacing} spans no plane"
        )
    axes /= lengths[:, None]  # cosines of a few digits would change the spacing
    positions = np.array([frame.position for frame in frames], np.float64)
    plane = np.stack([axes[0] * first.pixel_spacing[1], axes[1] * first.pixel_spacing[0]], axis=1)
    if known is not None:
        slices = slices_on(known, positions, plane, rows, columns)
        if slices is not None:
            return known, slices
    normal = np.cross(axes[0], axes[1])
    step, origin, slices = _stack(positions, normal, first.between_slices, path, report)
    affine = np.eye(4)
    affine[:3, :2], affine[:3, 2], affine[:3, 3] = plane, step, origin
    try:
        return Geometry((max(slices) + 1, rows, columns), affine), slices
    except GeometryError as error:
        raise CorruptFileError(path, str(error)) from None


def slices_on(
    known: Geometry, positions: NDArray[np.float64], plane: NDArray[np.float64], rows: int, columns: int
) -> list[int] | None:
    """On which slice of a grid each frame lies; None when one lies elsewhere or the frames are not its slices."""
    if known.shape[1:] != (rows, columns):
        return None
    reach = np.array([columns, rows])
    if np.abs((known.ijk_to_lps[:3, :2] - plane) * reach).max() > 0.01 * min(known.spacing):
        return None
    found = known.ijk_from_lps(positions)
    nearest = np.rint(found)
    on_grid = np.abs(found - nearest).max() <= 0.01 and not nearest[:, :2].any()
    inside = nearest[:, 2].min() >= 0 and nearest[:, 2].max() < known.shape[0]
    return [int(k) for k in nearest[:, 2]] if on_grid and inside else None


def _expect_alike(frames: Sequence[Frame], path: Path) -> None:
    """Raises UnsupportedFormatError when frames have other directions or pixel sizes than the first."""
    first = frames[0]
    checked = {(first.orientation, first.pixel_spacing)}
    for number, frame in enumerate(frames):
        key = (frame.orientation, frame.pixel_spacing)
        if key in checked:
            continue
        turned = np.abs(np.subtract(frame.orientation, first.orientation)).max() > _DIRECTION_TOLERANCE
        scaled = np.abs(np.subtract(frame.pixel_spacing, first.pixel_spacing)).max() > _DIRECTION_TOLERANCE
        if turned or scaled:
            raise UnsupportedFormatError(
                path,
                f"frame {number + 1} has the orientation {frame.orientation} and pixel spacing {frame.pixel_spacing}, "
                f"the first {first.orientation} and {first.pixel_spacing}; they do not lie on one grid",
            )
        checked.add(key)


def _stack(
    positions: NDArray[np.float64], normal: NDArray[np.float64], between: float | None, path: Path, report: Report
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[int]]:
    """The step from slice to slice, the first slice's origin and the slice of each position."""
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    new = np.diff(heights[order]) > _SAME_SLICE_MM
    rank = np.empty(len(order), np.int64)
    rank[order] = np.concatenate([[0], np.cumsum(new)])
    representative = order[np.concatenate([[True], new])]
    levels = heights[representative]
    if len(levels) == 1:
        return _single(between, path, report) * normal, positions[representative[0]], [0] * len(positions)
    spacing = _spacing(np.diff(levels), between, path)
    numbers = np.rint((levels - levels[0]) / spacing).astype(np.int64)
    most = max(_MOST_SLICES, _MOST_SLICES_A_FRAME * len(levels))
    if numbers[-1] >= most:
        raise CorruptFileError(path, f"{numbers[-1] + 1} slices for {len(levels)} positions of frames: one is wrong")
    low, high = positions[representative[0]], positions[representative[-1]]
    step = (high - low) / numbers[-1]
    expected = low + numbers[rank][:, None] * step
    off = float(np.abs(positions - expected).max())
    if off > max(_STEP_TOLERANCE * spacing, 2 * _SAME_SLICE_MM):
        raise UnsupportedFormatError(path, f"frames lie up to {off:.4g} mm beside a straight stack of slices")
    missing = int(numbers[-1]) + 1 - len(levels)
    if missing:
        report.note(f"{missing} slices between the first and the last have no frame; they are empty", path)
    return step, low, [int(k) for k in numbers[rank]]


def _single(between: float | None, path: Path, report: Report) -> float:
    if between is not None and between > 0:
        return between
    report.note(
        "a single slice whose distance to others the file does not say; 1 mm is assumed (a reference tells more)", path
    )
    return 1.0


def _spacing(gaps: NDArray[np.float64], between: float | None, path: Path) -> float:
    """The largest distance of which all gaps are multiples; the file's own statement is preferred where it fits.

    Slices may be missing everywhere, so the smallest gap itself may be two or more steps.
    """
    smallest = float(gaps.min())
    candidates = [] if between is None or between <= 0 else [float(between)]
    candidates += [smallest / parts for parts in range(1, 6)]
    for spacing in candidates:
        numbers = np.rint(gaps / spacing)
        if numbers.min() >= 1 and np.abs(gaps / spacing - numbers).max() <= _STEP_TOLERANCE * max(1.0, numbers.min()):
            span = float(gaps.sum())
            return span / float(numbers.sum())
    raise UnsupportedFormatError(
        path, f"slices lie at irregular distances ({gaps.min():.6g} to {gaps.max():.6g} mm); they form no regular grid"
    )
