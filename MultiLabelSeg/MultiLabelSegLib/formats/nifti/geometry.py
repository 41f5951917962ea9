"""Where a NIfTI image lies: sform, qform and units to LPS millimetres and back.

The header speaks of RAS. The sform is preferred while its code is above 0, then the qform; with neither, the standard's
"method 1" leaves only the spacing, and the axes are taken as ITK takes them: along L, P, S with the first voxel at 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry
from ...core.geometry import lps_from_ras
from ...errors import CorruptFileError, GeometryError
from ..report import Report
from .header import NiftiHeader

#: millimetres of a spatial unit; 0 is unknown and meant as mm by everyone
_MILLIMETRES = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_UNIT_NAMES = {1: "metres", 3: "micrometres"}
#: milliseconds of a unit of time; 0 is unknown
_MILLISECONDS = {0: 1.0, 8: 1000.0, 16: 1.0, 24: 0.001}
#: where sform and qform differ more than single precision explains
_DIRECTION_NOTE, _VOXELS_NOTE = 2e-3, 0.1


def geometry_of(header: NiftiHeader, report: Report | None = None) -> Geometry:
    """The geometry of an image in LPS mm. Notes go to ``report``: units, a missing or contradicting orientation, shear.

    Raises CorruptFileError (no path) when the header describes no grid.
    """
    report = report or Report()
    # numbers of a hostile header overflow or are not finite; the geometry refuses what comes of it
    with np.errstate(all="ignore"):
        spacing = _spacing(header, report)
        affine = lps_from_ras(_affine_ras(header, spacing, report))
    unit = header.xyzt_units & 7
    scale = _MILLIMETRES.get(unit, 1.0)
    if scale != 1.0:
        affine[:3] *= scale
        report.note(f"coordinates are in {_UNIT_NAMES[unit]}; turned into mm")
    i, j, k, t = header.dims
    try:
        geometry = Geometry((k, j, i), affine + 0.0, t, _time_bounds(header))
    except GeometryError as error:
        raise CorruptFileError(None, f"the header describes no grid: {error}") from None
    if geometry.is_sheared:
        report.note("the axes of the grid are not at right angles; most formats and programs refuse such a grid")
    return geometry


def _affine_ras(header: NiftiHeader, spacing: NDArray[np.float64], report: Report) -> NDArray[np.float64]:
    if header.sform_code > 0:
        affine = _sform(header, spacing)
        if header.qform_code > 0:
            _note_disagreement(header, affine, spacing, report)
        return affine
    if header.qform_code > 0:
        return _qform(header, spacing)
    report.note("the header gives no orientation (sform and qform codes are 0): axes are taken as L, P, S from 0")
    return lps_from_ras(np.diag([*spacing, 1.0]))


def _spacing(header: NiftiHeader, report: Report) -> NDArray[np.float64]:
    """Voxel sizes, positive: negative ones count by their size, missing ones as 1 (as nibabel mends them)."""
    spacing = np.abs(_shortest(header, header.pixdim[1:4]))
    for axis in range(3):
        if spacing[axis] > 0:
            continue
        spacing[axis] = 1.0
        if axis < header.ndim and header.sform_code <= 0:
            report.note(f"the voxel size along {'ijk'[axis]} is {header.pixdim[axis + 1]:g}; taken as 1")
    return spacing


def _sform(header: NiftiHeader, spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    affine = np.vstack([_shortest(header, header.srow), [0.0, 0.0, 0.0, 1.0]])
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    missing = [axis for axis in range(3) if lengths[axis] == 0]
    if len(missing) == 1 and header.dims[missing[0]] == 1:  # writers of 2D images leave the third axis out
        axis = missing[0]
        normal = np.cross(affine[:3, (axis + 1) % 3], affine[:3, (axis + 2) % 3])
        affine[:3, axis] = normal / (np.linalg.norm(normal) or 1.0) * spacing[axis]
        lengths[axis] = spacing[axis]
    # oblique columns carry the voxel size with rounding errors; pixdim states it exactly
    close = (lengths > 0) & (np.abs(lengths - spacing) <= 1e-6 * spacing)
    affine[:3, :3][:, close] *= spacing[close] / lengths[close]
    return affine


def _qform(header: NiftiHeader, spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation of a unit quaternion (nifti1.h, METHOD 2); ``pixdim[0]`` below 0 turns the third axis round."""
    b, c, d = header.quatern
    rest = 1.0 - (b * b + c * c + d * d)
    if rest < 1e-7:  # a rotation by 180 degrees: the real part is only rounding
        b, c, d = np.array([b, c, d]) / (np.sqrt(b * b + c * c + d * d) or 1.0)
        rest = 0.0
    a = np.sqrt(rest)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    affine = np.eye(4)
    affine[:3, :3] = rotation * spacing
    if header.pixdim[0] < 0:
        affine[:3, 2] *= -1
    affine[:3, 3] = _shortest(header, header.qoffset)
    return affine


def _note_disagreement(
    header: NiftiHeader, sform: NDArray[np.float64], spacing: NDArray[np.float64], report: Report
) -> None:
    qform = _qform(header, spacing)
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(sform[:3, :3], axis=0)
        turned = np.abs(sform[:3, :3] / lengths - qform[:3, :3] / spacing).max()
        moved = np.abs(sform[:3, 3] - qform[:3, 3]).max() / spacing.min()
        resized = np.abs(lengths / spacing - 1).max()
    if turned > _DIRECTION_NOTE or moved > _VOXELS_NOTE or resized > _DIRECTION_NOTE:
        report.note(
            f"sform (code {header.sform_code}) and qform (code {header.qform_code}) describe different places; "
            "the sform was used"
        )


def _time_bounds(header: NiftiHeader) -> tuple[float, ...] | None:
    """Borders of the frames in ms. ``1 s`` is what writers put in when nobody said anything: plain numbered frames."""
    frames, step = header.dims[3], abs(float(_shortest(header, header.pixdim[4:5])[0]))
    unit = header.xyzt_units & 56
    if frames == 1 or unit not in _MILLISECONDS or not np.isfinite(step) or step == 0:
        return None
    scale = _MILLISECONDS[unit]
    start = float(_shortest(header, np.array([header.toffset]))[0])
    if not np.isfinite(start) or (step == 1.0 and start == 0.0 and unit in (0, 8)):
        return None
    bounds = tuple((start + step * frame) * scale for frame in range(frames + 1))
    return bounds if (np.diff(bounds) > 0).all() else None


def _shortest(header: NiftiHeader, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Single precision numbers as the shortest decimals that round to them: 0.8 comes back as 0.8.

    Both are equally true to the file, and the short one is nearly always what was meant.
    """
    if header.version != 1:
        return numbers.copy()
    single = numbers.astype(np.float32)
    return np.array([float(str(number)) for number in single.flat], np.float64).reshape(numbers.shape)
