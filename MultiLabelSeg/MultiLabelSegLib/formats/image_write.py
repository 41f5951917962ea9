"""Label images in the formats that ITK's world shares, from arrays or from the runs of one label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..core import Geometry
from ..core.runs import paint_runs
from ..errors import FormatError, GeometryError, UnsupportedFormatError
from .codec.intervals import intervals_of_runs
from .codec.run_deflate import EncodedStream, encode_groups, encode_intervals, gzip_mask, gzip_member, zlib_stream
from .gipl import gipl_header, write_gipl_labels
from .image_suffixes import WRITTEN_SUFFIXES, image_suffix
from .meta_image import meta_header
from .nifti import Extension, encode_header, fits_nifti1, has_even_frames, refuse_shear
from .nrrd_image import nrrd_header
from .report import Report
from .staging import Stage
from .voxel_file import label_pieces

_LONGEST_GIPL_AXIS = 65535


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


class LabelImageWriter:
    """Writes label images of one geometry, type and suffix; what they share is prepared and checked once.

    ``like`` is a path with the suffix. ``dtype`` is uint8 or uint16; several frames become a fourth axis.
    ``extensions`` and ``codes`` (qform, sform) are NIfTI's. The report is told what the files cannot say about time.
    Raises UnsupportedFormatError as ``check_target``.
    """

    def __init__(
        self,
        like: Path,
        geometry: Geometry,
        dtype: DTypeLike = np.uint16,
        extensions: Sequence[Extension] = (),
        codes: tuple[int, int] = (1, 1),
        report: Report | None = None,
    ) -> None:
        check_target(like, geometry)
        self._suffix = image_suffix(like) or ""
        self._geometry = geometry
        self._dtype = np.dtype(dtype)
        self._head = b""
        _note_limits(like, geometry, report or Report())
        if self._suffix in (".nii", ".nii.gz"):
            self._head = encode_header(geometry, self._dtype, extensions, codes)
        elif self._suffix == ".nrrd":
            self._head = nrrd_header(geometry, self._dtype)
        elif self._suffix == ".gipl.gz":
            self._head = gipl_header(geometry, self._dtype)

    def write_array(self, stage: Stage, path: Path, array: NDArray[Any]) -> tuple[Path, ...]:
        """Writes values (t, k, j, i) or (k, j, i) through the stage; returns the final paths.

        Raises GeometryError for another shape, FormatError for values that do not fit the type, OSError.
        """
        array = array[np.newaxis] if array.ndim == 3 else array
        if array.shape != self._geometry.full_shape:
            raise GeometryError(f"an array of shape {array.shape} on a grid of {self._geometry.full_shape}")
        if self._dtype.itemsize == 1 and array.dtype.itemsize > 1 and int(array.max()) > 255:
            raise FormatError(path, f"label value {int(array.max())} does not fit {self._dtype}")
        if self._suffix == ".nii":
            with stage.file(path).open("wb") as file:
                file.write(self._head)
                file.writelines(label_pieces(array, self._dtype))
            return (path,)
        if self._suffix in (".gipl", ".gipl.gz"):
            write_gipl_labels(stage.file(path), array, self._geometry, self._dtype)
            return (path,)
        return self._write_stream(stage, path, encode_groups([array], self._dtype.itemsize))

    def write_runs(
        self, stage: Stage, path: Path, start: NDArray[np.int64], stop: NDArray[np.int64], value: int
    ) -> tuple[Path, ...]:
        """Writes a mask: ``value`` in the runs (flat indices of the whole array, half open), 0 elsewhere.

        Costs O(runs) for compressed suffixes. Raises GroupError when value or runs do not fit, OSError.
        """
        total, itemsize = int(np.prod(self._geometry.full_shape)), self._dtype.itemsize
        if self._suffix in (".nii", ".gipl"):
            flat = np.zeros(total, self._dtype)
            paint_runs(flat, start, stop, value)
            return self.write_array(stage, path, flat.reshape(self._geometry.full_shape))
        if self._suffix in (".nii.gz", ".gipl.gz"):
            big = self._suffix == ".gipl.gz"
            with stage.file(path).open("wb") as file:
                file.writelines(gzip_mask(self._head, start, stop, total, value, itemsize, big_endian=big))
            return (path,)
        stream = encode_intervals(intervals_of_runs(start, stop, total, value, itemsize))
        return self._write_stream(stage, path, stream)

    def _write_stream(self, stage: Stage, path: Path, stream: EncodedStream) -> tuple[Path, ...]:
        """Puts compressed voxels where the format has them: behind the header, or in a file of their own."""
        with stage.file(path).open("wb") as file:
            if self._suffix == ".nii.gz":
                file.writelines(gzip_member(stream, self._head))
                return (path,)
            if self._suffix == ".nrrd":
                file.write(self._head)
                file.writelines(gzip_member(stream))
                return (path,)
            parts = zlib_stream(stream)
            voxels = path.with_name(path.name[: -len(".mhd")] + ".zraw") if self._suffix == ".mhd" else None
            named = "LOCAL" if voxels is None else voxels.name
            file.write(meta_header(self._geometry, self._dtype, sum(map(len, parts)), named))
            if voxels is None:
                file.writelines(parts)
                return (path,)
        with stage.file(voxels).open("wb") as file:
            file.writelines(parts)
        return path, voxels


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
    """Writes one label image through the stage; the suffix decides the format. Returns the final paths.

    ``array`` is (t, k, j, i) or (k, j, i) of whole numbers that fit ``dtype`` (uint8 or uint16). See
    ``LabelImageWriter``. Raises UnsupportedFormatError, GeometryError, FormatError.
    """
    return LabelImageWriter(path, geometry, dtype, extensions, codes, report).write_array(stage, path, array)


def _note_limits(path: Path, geometry: Geometry, report: Report) -> None:
    """Notes what an image file cannot say, or not to everyone."""
    nifti = image_suffix(path) in (".nii", ".nii.gz")
    if nifti and not fits_nifti1(geometry):
        report.note("written as NIfTI-2, which ITK does not read: NIfTI-1 cannot hold this grid", path)
    if geometry.time_bounds is None or geometry.time_steps == 1:
        return
    if not nifti:
        report.note("the image format holds no times; frames are plainly numbered in it", path)
    elif not has_even_frames(geometry):
        report.note("NIfTI holds frames of even length only; their mean was written", path)
