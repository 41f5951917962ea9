"""NIfTI images of any plain numbers, such as the volumes beside a segmentation, written as they are and verified."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Image
from ..errors import FormatError, GeometryError, UnsupportedFormatError
from .codec.byte_source import fast_zlib
from .image_io import read_image
from .nifti import encode_header, fits_nifti1
from .nifti.fields import CODE_OF_TYPE
from .report import Report
from .staging import Stage
from .verify import geometry_differences
from .voxel_file import label_pieces


def write_nifti_image(stage: Stage, path: Path, image: Image, report: Report | None = None) -> Path:
    """Writes voxels of their own type (two-valued ones as uint8) through the stage; the suffix is .nii or .nii.gz.

    NIfTI-2 where NIfTI-1 cannot hold the grid (noted). Returns the final path. Raises UnsupportedFormatError for
    numbers that NIfTI programs do not read (half and extended precision, complex) and for axes that are not at right
    angles.
    """
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        raise UnsupportedFormatError(path, "the name of a NIfTI image ends in .nii or .nii.gz")
    dtype = np.dtype(np.uint8) if image.array.dtype == np.bool_ else image.array.dtype.newbyteorder("=")
    if dtype.name not in CODE_OF_TYPE:
        raise UnsupportedFormatError(path, f"voxels of type {dtype}; expected one of {', '.join(sorted(CODE_OF_TYPE))}")
    try:
        head = encode_header(image.geometry, dtype)
    except GeometryError as error:
        raise UnsupportedFormatError(path, str(error)) from None
    if report is not None and not fits_nifti1(image.geometry):
        report.note("written as NIfTI-2, which ITK does not read: NIfTI-1 cannot hold this grid", path)
    with stage.file(path).open("wb") as file:
        if path.name.lower().endswith(".gz"):
            coder = fast_zlib().compressobj(1, zlib.DEFLATED, 31)
            file.write(coder.compress(head))
            file.writelines(coder.compress(piece) for piece in label_pieces(image.array, dtype))
            file.write(coder.flush())
        else:
            file.write(head)
            file.writelines(label_pieces(image.array, dtype))
    return path


def nifti_image_difference(staged: Path, image: Image) -> str | None:
    """What a written image holds other than what was meant, in words; None when it holds exactly that."""
    try:
        found = read_image(staged)
    except FormatError as error:
        return f"it cannot be read back: {error.reason}"
    moved = geometry_differences(image.geometry, found.geometry)
    if moved:
        return moved[0]
    same = all(_same_bytes(found.array[t, k], image.array[t, k]) for t, k in np.ndindex(*image.array.shape[:2]))
    return None if same else "the voxels differ"


def _same_bytes(first: Any, second: Any) -> bool:
    """Whether two slices hold the same numbers; NaN is the same as NaN."""
    return bool(np.array_equal(first, second, equal_nan=first.dtype.kind == "f"))
