"""Volumes and masks of a data set as files: which are taken, where they lie, and their voxels in the order R, A, S.

A file counts by what it holds, NIfTI or NRRD, not by its name. ``volume_write`` writes volumes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core import Geometry, Image
from ....errors import CorruptFileError, FormatError, GeometryError, UnsupportedFormatError
from ....formats.dicom.folder import is_dicom_path
from ....formats.nifti import describe_nifti, refuse_shear
from ....formats.nifti import read_header as read_nifti_header
from ....formats.nrrd import axis_layout
from ....formats.nrrd import read_header as read_nrrd_header
from ....formats.nrrd_image import describe_nrrd
from ....formats.report import Report
from ....formats.voxel_file import VoxelFile, named_errors
from .alignment import ras_reordering
from .volume_files import stage_volume_nrrd, write_volume_nrrd

__all__ = [
    "describe_volume",
    "read_volume",
    "read_volume_geometry",
    "stage_volume_nrrd",
    "write_volume_nrrd",
]

#: voxels that are scaled in one piece
_STEP = 1 << 20


def describe_volume(path: Path, report: Report | None = None) -> VoxelFile:
    """Geometry (axes as in the file) and place of the voxels of a volume or mask; the voxels stay unread.

    Raises FormatError for what is no volume: neither NIfTI nor NRRD by its content, 2D, several frames, axes that are
    not at right angles, no orientation at all, and a header that promises more than the file can hold. ITK and nibabel
    place a NIfTI file whose sform and qform codes are both 0 differently, so no guess is made.
    """
    report = report or Report()
    start = _first_bytes(path)
    described = describe_nrrd(path, report) if start == b"NRRD" else describe_nifti(path, report)
    axes = _nrrd_axes(path) if start == b"NRRD" else _nifti_axes(path)
    if axes < 3:
        raise UnsupportedFormatError(path, f"an image of {axes} axes; a volume has three")
    geometry = described.geometry
    if geometry.time_steps > 1:
        size = " x ".join(map(str, geometry.size))
        reason = f"4D: {size} voxels in {geometry.time_steps} frames; a volume of three axes is expected"
        raise UnsupportedFormatError(path, reason)
    try:
        refuse_shear(geometry)
    except GeometryError as error:
        raise UnsupportedFormatError(path, f"sheared: {error}") from None
    with named_errors(path):
        described.check_size()
    return described


def _first_bytes(path: Path) -> bytes:
    """Four bytes. Raises FormatError for what is not there, is a folder, or is empty."""
    if path.is_dir():
        raise FormatError(path, "is a folder; a volume is expected")
    with named_errors(path), path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise CorruptFileError(path, "the file is empty")
    return start


def _nrrd_axes(path: Path) -> int:
    """How many axes of space a NRRD file declares. Raises FormatError where it has no place in space."""
    header = read_nrrd_header(path)
    if header.space not in ("LPS", "RAS", "LAS") or header.space_directions is None or header.space_origin is None:
        reason = (
            "the header does not say where the volume lies in the patient; expected space (such as "
            "right-anterior-superior), space directions and space origin"
        )
        raise UnsupportedFormatError(path, reason)
    return len(axis_layout(header).spatial)


def _nifti_axes(path: Path) -> int:
    """How many axes of space a NIfTI file declares. Raises FormatError where it has no place in space."""
    header = read_nifti_header(_header_file(path))
    if header.sform_code <= 0 and header.qform_code <= 0:
        reason = (
            f"the header gives no orientation (sform code {header.sform_code}, qform code {header.qform_code}): "
            "programs disagree about left and right in such a file; set a code to have it imported"
        )
        raise UnsupportedFormatError(path, reason)
    return min(header.ndim, 3)


def _header_file(path: Path) -> Path:
    """The file with the header: of a pair .hdr and .img the former."""
    for voxels, head in ((".img", ".hdr"), (".img.gz", ".hdr.gz")):
        if path.name.lower().endswith(voxels):
            return path.with_name(path.name[: -len(voxels)] + head)
    return path


def read_volume_geometry(path: Path, report: Report | None = None) -> Geometry:
    """Where a volume lies, its axes brought to R, A, S; voxels unread. Raises FormatError as ``describe_volume``."""
    if is_dicom_path(path):
        from ....formats.image_io import read_geometry

        geometry = read_geometry(path, report)
    else:
        geometry = describe_volume(path, report).geometry
    return ras_reordering(geometry).geometry(geometry)


def read_volume(path: Path, report: Report | None = None) -> Image:
    """A volume with the axes R, A, S: voxels (1, k, j, i), a view of them as the file has them, and the geometry.

    Nothing is resampled. Voxels keep the file's type; where its header scales them they are float32 (of stored
    integers up to 16 bits and of float32, as in ITK), else float64. A DICOM file or folder means its series. Raises
    FormatError as ``describe_volume``, and CorruptFileError for truncated and damaged voxels.
    """
    if is_dicom_path(path):
        from ....formats.image_io import read_image

        image = read_image(path, report)
        reordering = ras_reordering(image.geometry)
        return Image(reordering.array(image.array), reordering.geometry(image.geometry), dict(image.metadata))
    described = describe_volume(path, report)
    reordering = ras_reordering(described.geometry)
    array = _voxels(described)
    return Image(reordering.array(array), reordering.geometry(described.geometry), dict(described.metadata))


def _voxels(described: VoxelFile) -> NDArray[Any]:
    """Voxels (1, k, j, i) in the order of the file, scaled piece by piece so that no second volume of doubles lies
    in memory."""
    stored = replace(described, slope=1.0, inter=0.0).read_array()
    if not described.is_scaled:
        return stored
    narrow = stored.dtype.itemsize <= 2 or stored.dtype == np.float32
    scaled = np.empty(stored.shape, np.float32 if narrow else np.float64)
    flat, out = stored.reshape(-1), scaled.reshape(-1)
    with np.errstate(over="ignore"):
        for low in range(0, flat.size, _STEP):
            out[low : low + _STEP] = flat[low : low + _STEP].astype(np.float64) * described.slope + described.inter
    return scaled
