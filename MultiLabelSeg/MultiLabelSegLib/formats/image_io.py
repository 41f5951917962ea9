"""Images and label maps in the formats that ITK's world shares: NIfTI, NRRD, MetaImage, GIPL; images of DICOM too.

This module reads, ``image_write`` writes; its names are found here too. Arrays are (t, k, j, i), geometries LPS
millimetres. All of it is code of our own: ITK's readers take truncated GIPL and NIfTI files and damaged MetaImages for
whole ones, and its GIPL writer drops directions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry, Image
from ..core.label import MAX_VALUE
from ..errors import CorruptFileError, FormatError, UnsupportedFormatError
from .codec.codec_errors import VoxelValueError
from .codec.label_values import INTEGRAL_WITHIN, ValueFaults, as_label_values
from .gipl import describe_gipl
from .image_suffixes import READ_SUFFIXES, WRITTEN_SUFFIXES, image_suffix
from .image_write import LabelImageWriter, check_target, write_label_image
from .meta_image import describe_meta_image
from .nifti import describe_nifti
from .nrrd_image import describe_nrrd
from .report import Report
from .voxel_file import VoxelFile

__all__ = [
    "READ_SUFFIXES",
    "WRITTEN_SUFFIXES",
    "LabelImageWriter",
    "check_target",
    "describe_image",
    "image_suffix",
    "labels_from",
    "labels_of",
    "read_geometry",
    "read_image",
    "read_label_array",
    "write_label_image",
]

#: items that are looked at in one piece
_STEP = 1 << 22


def read_image(path: Path, report: Report | None = None, allow_outside: bool = False) -> Image:
    """An image of single numbers: voxels (t, k, j, i) on their geometry.

    Voxels have the file's own type, float64 where its header scales them; 2D images become one slice, a fourth axis is
    time. ``allow_outside`` permits headers that name their voxels' file in another folder. A DICOM file or folder means
    its series, whose voxels are scaled. Raises FormatError (UnsupportedFormatError, CorruptFileError).
    """
    if _is_dicom(path):
        from .dicom.image import read_dicom_image

        return read_dicom_image(path, report or Report())
    described = describe_image(path, report or Report(), allow_outside)
    return Image(described.read_array(), described.geometry, dict(described.metadata))


def read_geometry(path: Path, report: Report | None = None, allow_outside: bool = False) -> Geometry:
    """The geometry of an image, its voxels unread. Raises FormatError as ``read_image``."""
    if _is_dicom(path):
        from .dicom.series import read_series

        return read_series(path, report=report).geometry
    return describe_image(path, report or Report(), allow_outside).geometry


def _is_dicom(path: Path) -> bool:
    if image_suffix(path) is not None:
        return False
    from .dicom.folder import is_dicom_path

    return is_dicom_path(path)


def read_label_array(
    path: Path, report: Report | None = None, allow_outside: bool = False
) -> tuple[NDArray[Any], Geometry]:
    """A label map: values (t, k, j, i), uint8 or uint16, and the geometry.

    Floating-point files are taken when every value lies within 0.001 of a whole number (noted in the report). Raises
    UnsupportedFormatError for probabilities, colours and vectors, CorruptFileError for other voxels that are no label
    values (negative, above 65535, not finite, fractional), naming the first and their count.
    """
    report = report or Report()
    described = describe_image(path, report, allow_outside)
    return labels_of(described, report), described.geometry


def labels_of(described: VoxelFile, report: Report) -> NDArray[Any]:
    """The label values (t, k, j, i), uint8 or uint16, of an image; notes and errors as in ``read_label_array``."""
    path = described.named
    try:
        array = labels_from(described.read_array()) if described.is_scaled else described.read_labels()
    except VoxelValueError as error:
        raise _explained(described, error) from None
    if described.is_scaled:
        report.note(f"voxels are scaled: {described.slope:g} x stored + {described.inter:g}", path)
    elif described.dtype.kind == "f":
        report.note(
            f"voxels of type {described.dtype.name}, all within {INTEGRAL_WITHIN:g} of whole numbers; rounded", path
        )
    return array


def labels_from(array: NDArray[Any]) -> NDArray[Any]:
    """Any numbers as label values, uint8 or uint16, of the same shape. Raises VoxelValueError (no path)."""
    if array.dtype.kind not in "uif" or array.dtype.itemsize > 8:
        raise VoxelValueError(None, f"voxels of type {array.dtype} cannot be labels")
    flat = np.ascontiguousarray(array).reshape(-1)
    faults = ValueFaults()
    pieces = [as_label_values(flat[low : low + _STEP], faults) for low in range(0, flat.size, _STEP)]
    faults.raise_if_any()
    if any(piece.dtype == np.uint16 and piece.size and piece.max() > 255 for piece in pieces):
        return np.concatenate(pieces).astype(np.uint16, copy=False).reshape(array.shape)
    return np.concatenate([piece.astype(np.uint8, copy=False) for piece in pieces]).reshape(array.shape)


def _expect_file(path: Path) -> None:
    if path.is_dir():
        raise FormatError(path, "is a folder without DICOM files; an image file is expected")
    if not path.exists():
        raise FormatError(path, "there is no such file")
    if path.stat().st_size == 0:
        raise CorruptFileError(path, "the file is empty")


def describe_image(path: Path, report: Report, allow_outside: bool = False) -> VoxelFile:
    """Geometry and place of the voxels of an image, which stay unread; the format follows from the suffix.

    Raises FormatError as ``read_image``.
    """
    _expect_file(path)
    suffix = image_suffix(path)
    if suffix in (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz"):
        return describe_nifti(path, report)
    if suffix in (".mha", ".mhd"):
        return describe_meta_image(path, report, allow_outside)
    if suffix in (".gipl", ".gipl.gz"):
        return describe_gipl(path)
    if suffix in (".nrrd", ".nhdr"):
        return describe_nrrd(path, report, allow_outside)
    raise UnsupportedFormatError(path, f"images are read from {', '.join(READ_SUFFIXES)} and DICOM")


def _explained(described: VoxelFile, error: VoxelValueError) -> FormatError:
    """The same error, or one that says that the file holds probabilities."""
    path, array = described.named, described.read_array()
    if array.dtype.kind == "f" and np.isfinite(array).all():
        low, high = float(array.min()), float(array.max())
        if low >= 0.0 and high <= 1.0 + INTEGRAL_WITHIN:
            fractional = int(np.count_nonzero(np.abs(array - np.rint(array)) > INTEGRAL_WITHIN))
            return UnsupportedFormatError(
                path,
                f"a map of probabilities or soft edges ({low:g} to {high:g}, {fractional} voxels between 0 and 1), not "
                f"a label map; expected whole numbers from 0 to {MAX_VALUE}",
            )
    return type(error)(path, error.reason)
