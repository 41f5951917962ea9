"""Headers of the images that we write: no scaling, sform = qform, millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ...core import Geometry
from ...core.geometry import ras_from_lps
from ...errors import GeometryError
from .extensions import Extension, extension_bytes
from .fields import CODE_OF_TYPE, HEADER_BYTES, SINGLE_FILE_MAGIC, header_type

#: NIfTI-1 counts voxels along an axis with 16 bits
_LONGEST_AXIS = 32767
#: single precision may move a corner of the grid by this many voxels
_MOST_MOVED_VOXELS = 1e-3
#: NIFTI_XFORM_SCANNER_ANAT: programs (ITK) trust such an sform most
SCANNER = 1
_MM, _SECONDS, _MILLISECONDS = 2, 8, 16


def encode_header(
    geometry: Geometry,
    dtype: DTypeLike,
    extensions: Sequence[Extension] = (),
    codes: tuple[int, int] = (SCANNER, SCANNER),
    frames_axis: bool | None = None,
) -> bytes:
    """Everything of a file that lies before its voxels; the same bytes serve every mask of a geometry.

    ``dtype`` is a type of ``CODE_OF_TYPE`` (labels: uint8 or uint16), voxels follow in C order (t, k, j, i), little
    endian. ``codes`` are those of qform and sform. With several frames (or ``frames_axis``) the image has four axes,
    else three. NIfTI-1 unless an axis is longer than 32767 voxels or single precision would move the grid by more than
    a thousandth of a voxel: then NIfTI-2.

    Raises GeometryError for axes that are not at right angles, which the qform and ITK's programs do not have.
    """
    refuse_shear(geometry)
    version = 1 if fits_nifti1(geometry) else 2
    fields = np.zeros((), header_type(version, "little"))
    name = np.dtype(dtype).name
    extra = extension_bytes(extensions)
    fields["sizeof_hdr"] = HEADER_BYTES[version]
    fields["magic"] = SINGLE_FILE_MAGIC[version]
    fields["datatype"] = CODE_OF_TYPE[name]
    fields["bitpix"] = 8 * np.dtype(dtype).itemsize
    fields["vox_offset"] = HEADER_BYTES[version] + len(extra)
    fields["scl_slope"] = 1.0
    if version == 1:
        fields["regular"] = b"r"
    _put_time(fields, geometry, geometry.time_steps > 1 if frames_axis is None else frames_axis)
    _put_place(fields, geometry, codes)
    return fields.tobytes() + extra


def refuse_shear(geometry: Geometry) -> None:
    """Raises GeometryError when the axes are not at right angles."""
    if geometry.is_sheared:
        between = geometry.direction.T @ geometry.direction
        worst = float(np.degrees(np.arccos(np.clip(np.abs(between - np.diag(np.diag(between))).max(), 0, 1))))
        raise GeometryError(f"the axes of the grid meet at {worst:.3f} degrees; ITK's image formats need right angles")


def fits_nifti1(geometry: Geometry) -> bool:
    """Whether a NIfTI-1 header holds the geometry: sizes of 16 bits, coordinates in single precision."""
    if max(*geometry.size, geometry.time_steps) > _LONGEST_AXIS:
        return False
    with np.errstate(over="ignore"):
        rounded = geometry.ijk_to_lps.astype(np.float32).astype(np.float64)
    if not np.isfinite(rounded).all():
        return False
    i, j, k = geometry.size
    corners = np.array([[a, b, c, 1] for a in (0, i) for b in (0, j) for c in (0, k)], np.float64)
    moved = np.linalg.solve(geometry.ijk_to_lps, (rounded - geometry.ijk_to_lps) @ corners.T)
    return bool(np.abs(moved[:3]).max() <= _MOST_MOVED_VOXELS)


def _put_time(fields: NDArray[Any], geometry: Geometry, four: bool) -> None:
    i, j, k = geometry.size
    fields["dim"] = [4 if four else 3, i, j, k, geometry.time_steps, 1, 1, 1]
    fields["pixdim"] = [1.0, *geometry.spacing, 1.0, 1.0, 1.0, 1.0]
    fields["xyzt_units"] = _MM | _SECONDS
    if geometry.time_bounds is not None and four:
        first, last = geometry.time_bounds[0], geometry.time_bounds[-1]
        fields["pixdim"][4] = (last - first) / geometry.time_steps
        fields["toffset"] = first
        fields["xyzt_units"] = _MM | _MILLISECONDS


def _put_place(fields: NDArray[Any], geometry: Geometry, codes: tuple[int, int]) -> None:
    affine = ras_from_lps(geometry.ijk_to_lps) + 0.0
    rotation = affine[:3, :3] / np.asarray(geometry.spacing)
    if np.linalg.det(rotation) < 0:
        rotation[:, 2] *= -1
        fields["pixdim"][0] = -1.0
    fields["quatern"] = _quaternion(rotation)[1:]
    fields["qoffset"] = affine[:3, 3]
    fields["srow"] = affine[:3]
    fields["qform_code"], fields["sform_code"] = codes


def _quaternion(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """The unit quaternion (a, b, c, d), a >= 0, of the rotation nearest to a matrix (Bar-Itzhack 2000: the eigenvector
    of the largest eigenvalue of a symmetric 4x4 matrix made of the elements)."""
    r = rotation
    matrix = np.array(
        [
            [r[0, 0] + r[1, 1] + r[2, 2], r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]],
            [r[2, 1] - r[1, 2], r[0, 0] - r[1, 1] - r[2, 2], r[0, 1] + r[1, 0], r[0, 2] + r[2, 0]],
            [r[0, 2] - r[2, 0], r[0, 1] + r[1, 0], r[1, 1] - r[0, 0] - r[2, 2], r[1, 2] + r[2, 1]],
            [r[1, 0] - r[0, 1], r[0, 2] + r[2, 0], r[1, 2] + r[2, 1], r[2, 2] - r[0, 0] - r[1, 1]],
        ]
    )
    vector = np.linalg.eigh(matrix)[1][:, -1]
    vector = np.where(np.abs(vector) < 1e-12, 0.0, vector)
    return np.asarray(vector * (-1.0 if vector[0] < 0 else 1.0))
