"""Images and label maps in the formats that ITK's world shares: NIfTI, NRRD, MetaImage, GIPL.

Arrays are (t, k, j, i); geometries are LPS millimetres. All are read and written by code of our own: ITK's readers take
truncated GIPL and NIfTI files and damaged MetaImages for whole ones, and its GIPL writer drops directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..core import Geometry, Image
from ..core.label import MAX_VALUE
from ..errors import CorruptFileError, FormatError, GeometryError, UnsupportedFormatError
from .codec.codec_errors import VoxelValueError
from .codec.label_values import INTEGRAL_WITHIN, ValueFaults, as_label_values
from .gipl import describe_gipl, write_gipl_labels
from .meta_image import describe_meta_image, write_meta_labels
from .nifti import Extension, describe_nifti, fits_nifti1, has_even_frames, refuse_shear, write_labels
from .nrrd_image import describe_nrrd, write_nrrd_labels
from .report import Report
from .staging import Stage
from .voxel_file import VoxelFile

#: suffixes that label images are written with
WRITTEN_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".gipl.gz", ".gipl")
#: suffixes that images are read from
READ_SUFFIXES = (*WRITTEN_SUFFIXES, ".nhdr", ".hdr", ".img")
_LONGEST_GIPL_AXIS = 65535
#: items that are looked at in one piece
_STEP = 1 << 22


def image_suffix(path: Path) -> str | None:
    """The suffix of an image that we read, in lower case, or None: ``.nii.gz`` of ``a.b.NII.GZ``."""
    name = path.name.lower()
    return next((suffix for suffix in READ_SUFFIXES if name.endswith(suffix)), None)


def read_image(path: Path, report: Report | None = None, allow_outside: bool = False) -> Image:
    """An image of single numbers: voxels (t, k, j, i) on their geometry.

    Voxels have the file's own type, float64 where its header scales them; 2D images become one slice, a fourth axis is
    time. ``allow_outside`` permits headers that name their voxels' file in another folder.
    Raises FormatError (UnsupportedFormatError, CorruptFileError).
    """
    _expect_file(path)
    described = _described(path, report or Report(), allow_outside)
    return Image(described.read_array(), described.geometry, dict(described.metadata))


def read_geometry(path: Path, report: Report | None = None, allow_outside: bool = False) -> Geometry:
    """The geometry of an image, its voxels unread. Raises FormatError as ``read_image``."""
    _expect_file(path)
    return _described(path, report or Report(), allow_outside).geometry


def read_label_array(
    path: Path, report: Report | None = None, allow_outside: bool = False
) -> tuple[NDArray[Any], Geometry]:
    """A label map: values (t, k, j, i), uint8 or uint16, and the geometry.

    Floating-point files are taken when every value lies within 0.001 of a whole number (noted in the report). Raises
    UnsupportedFormatError for probabilities, colours and vectors, CorruptFileError for other voxels that are no label
    values (negative, above 65535, not finite, fractional), naming the first and their count.
    """
    _expect_file(path)
    report = report or Report()
    described = _described(path, report, allow_outside)
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
    return array, described.geometry


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


def check_target(path: Path, geometry: Geometry) -> None:
    """Whether a label image of this name can hold the geometry.

    Raises UnsupportedFormatError: a suffix that we do not write, axes that are not at right angles, GIPL for anything
    but one frame along L, P, S.
    """
    suffix = image_suffix(path)
    if suffix not in WRITTEN_SUFFIXES:
        raise UnsupportedFormatError(path, f"images are written as {', '.join(WRITTEN_SUFFIXES)}")
    try:
        refuse_shear(geometry)
    except GeometryError as error:
        raise UnsupportedFormatError(path, str(error)) from None
    if suffix not in (".gipl", ".gipl.gz"):
        return
    if max(geometry.size) > _LONGEST_GIPL_AXIS:
        raise UnsupportedFormatError(
            path, f"GIPL counts up to {_LONGEST_GIPL_AXIS} voxels an axis; found {geometry.size}"
        )
    if geometry.time_steps > 1:
        raise UnsupportedFormatError(path, f"GIPL is written as one volume; there are {geometry.time_steps} frames")
    if np.abs(geometry.direction - np.eye(3)).max() > 1e-6:
        raise UnsupportedFormatError(path, "GIPL has no directions: its axes are L, P, S, unlike this grid's")


def write_label_image(
    stage: Stage,
    path: Path,
    array: NDArray[Any],
    geometry: Geometry,
    dtype: DTypeLike = np.uint16,
    extensions: Sequence[Extension] = (),
    codes: tuple[int, int] = (1, 1),
    report: Report | None = None,
) -> tuple[Path, ...]:
    """Writes label values (t, k, j, i) or (k, j, i) as uint8 or uint16 through the stage; returns the final paths.

    The suffix decides the format; several frames become a fourth axis. ``extensions`` and ``codes`` (qform, sform) are
    NIfTI's. Values must fit ``dtype``. Raises UnsupportedFormatError as ``check_target``, WriteError.
    """
    check_target(path, geometry)
    report = report or Report()
    kind = np.dtype(dtype)
    if kind.itemsize == 1 and array.dtype.itemsize > 1 and int(array.max(initial=0)) > np.iinfo(kind).max:
        raise FormatError(path, f"label value {int(array.max())} does not fit {kind}")
    array = array[np.newaxis] if array.ndim == 3 else array
    if array.shape != geometry.full_shape:
        raise GeometryError(f"an array of shape {array.shape} on a grid of {geometry.full_shape}")
    note_time(path, geometry, report)
    suffix = image_suffix(path)
    if suffix in (".nii", ".nii.gz"):
        if not fits_nifti1(geometry):
            report.note("written as NIfTI-2, which ITK does not read: NIfTI-1 cannot hold this grid", path)
        write_labels(stage.file(path), array, geometry, kind, extensions, codes)
    elif suffix == ".nrrd":
        write_nrrd_labels(stage.file(path), array, geometry, kind)
    elif suffix == ".mha":
        write_meta_labels(stage.file(path), None, array, geometry, kind)
    elif suffix == ".mhd":
        voxels = path.with_name(path.name[: -len(".mhd")] + ".zraw")
        write_meta_labels(stage.file(path), stage.file(voxels), array, geometry, kind)
        return path, voxels
    else:
        write_gipl_labels(stage.file(path), array, geometry, kind)
    return (path,)


def note_time(path: Path, geometry: Geometry, report: Report) -> None:
    """Notes what an image file cannot say about the frames."""
    if geometry.time_bounds is None or geometry.time_steps == 1:
        return
    if image_suffix(path) not in (".nii", ".nii.gz"):
        report.note("the image format holds no times; frames are plainly numbered in it", path)
    elif not has_even_frames(geometry):
        report.note("NIfTI holds frames of even length only; their mean was written", path)


def _expect_file(path: Path) -> None:
    if path.is_dir():
        raise FormatError(path, "is a folder; an image file is expected")
    if not path.exists():
        raise FormatError(path, "there is no such file")
    if path.stat().st_size == 0:
        raise CorruptFileError(path, "the file is empty")


def _described(path: Path, report: Report, allow_outside: bool) -> VoxelFile:
    """Geometry and place of the voxels, by the suffix. Raises FormatError."""
    suffix = image_suffix(path)
    if suffix in (".nii", ".nii.gz", ".hdr", ".img"):
        return describe_nifti(path, report)
    if suffix in (".mha", ".mhd"):
        return describe_meta_image(path, allow_outside)
    if suffix in (".gipl", ".gipl.gz"):
        return describe_gipl(path)
    if suffix in (".nrrd", ".nhdr"):
        return describe_nrrd(path, report, allow_outside)
    raise UnsupportedFormatError(path, f"images are read from {', '.join(READ_SUFFIXES)}")


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
