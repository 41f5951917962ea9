"""Label images in the formats that ITK's world shares, from arrays or from the runs of one label."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..core import Geometry
from ..errors import FormatError, GeometryError, UnsupportedFormatError
from .codec.byte_source import fast_zlib
from .codec.intervals import Intervals, intervals_of_runs
from .codec.run_deflate import encode_groups, encode_intervals, gzip_member, intervals_of_calm_groups, zlib_stream
from .frame_times import even_frames
from .gipl import gipl_header
from .image_suffixes import WRITTEN_SUFFIXES, image_suffix
from .meta_image import meta_header
from .nifti import Extension, encode_header, fits_nifti1, refuse_shear
from .nrrd_image import nrrd_header
from .report import Report
from .staging import Stage
from .voxel_file import label_pieces

META_SUFFIXES, GIPL_SUFFIXES = (".mha", ".mhd"), (".gipl", ".gipl.gz")
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
    if suffix not in GIPL_SUFFIXES:
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
    ``head`` is what lies before the voxels (MetaImage: empty, as its header states a length).

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
        self.suffix = image_suffix(like) or ""
        self.geometry = geometry
        self.dtype = np.dtype(dtype)
        self.head = b""
        _note_limits(like, geometry, report or Report())
        if self.suffix in (".nii", ".nii.gz"):
            self.head = encode_header(geometry, self.dtype, extensions, codes)
        elif self.suffix == ".nrrd":
            self.head = nrrd_header(geometry, self.dtype)
        elif self.suffix in GIPL_SUFFIXES:
            self.head = gipl_header(geometry, self.dtype)

    def write_array(self, stage: Stage, path: Path, array: NDArray[Any]) -> tuple[Path, ...]:
        """Writes values (t, k, j, i) or (k, j, i) through the stage; returns the final paths.

        Raises GeometryError for another shape, FormatError for values that do not fit the type, OSError.
        """
        array = array[np.newaxis] if array.ndim == 3 else array
        if array.shape != self.geometry.full_shape:
            raise GeometryError(f"an array of shape {array.shape} on a grid of {self.geometry.full_shape}")
        if self.dtype.itemsize == 1 and array.dtype.itemsize > 1 and int(array.max()) > 255:
            raise FormatError(path, f"label value {int(array.max())} does not fit {self.dtype}")
        if self.suffix in META_SUFFIXES:
            return self._put(stage, path, _zlib_of_array(array, self.dtype))
        if self.suffix in (".nii", ".gipl", ".gipl.gz"):
            order = self.dtype if self.suffix == ".nii" else self.dtype.newbyteorder(">")
            pieces = label_pieces(array, order)
            return self._put(stage, path, _gzipped(self.head, pieces) if self.suffix == ".gipl.gz" else pieces)
        stream = encode_groups([array], self.dtype.itemsize)
        return self._put(stage, path, gzip_member(stream, self.head if self.suffix == ".nii.gz" else b""))

    def write_intervals(self, stage: Stage, path: Path, intervals: Intervals) -> tuple[Path, ...]:
        """Writes the content that ``intervals_of_runs`` gave, through the stage; returns the final paths.

        Costs O(runs) for compressed suffixes. Raises OSError.
        """
        if self.suffix in (".nii", ".gipl"):
            flat = np.zeros(intervals.total, self.dtype)
            intervals.paint(0, flat)
            return self.write_array(stage, path, flat.reshape(self.geometry.full_shape))
        if self.suffix in META_SUFFIXES:
            return self._put(stage, path, zlib_stream(intervals))
        head = b"" if self.suffix == ".nrrd" else self.head
        return self._put(stage, path, gzip_member(encode_intervals(intervals), head))

    def intervals_of_runs(self, start: NDArray[np.int64], stop: NDArray[np.int64], value: int) -> Intervals:
        """The content of a mask's file: ``value`` in the runs, 0 elsewhere.

        Runs are flat indices of the whole array, half open. Raises GroupError when value or runs do not fit.
        """
        big = self.suffix in GIPL_SUFFIXES
        return intervals_of_runs(start, stop, prod(self.geometry.full_shape), value, self.dtype.itemsize, big)

    def _put(self, stage: Stage, path: Path, parts: Iterable[bytes | memoryview]) -> tuple[Path, ...]:
        """Writes header and voxels where the format has them; compressed headers are part of ``parts`` already."""
        paths = [path]
        if self.suffix in META_SUFFIXES:
            parts = list(parts)
            length = sum(map(len, parts))
            if self.suffix == ".mhd":
                paths.append(voxel_path(path))
                stage.file(path).write_bytes(meta_header(self.geometry, self.dtype, length, paths[1].name))
            else:
                parts = [meta_header(self.geometry, self.dtype, length, "LOCAL"), *parts]
        with stage.file(paths[-1]).open("wb") as file:
            if self.suffix in (".nii", ".nrrd", ".gipl"):
                file.write(self.head)
            file.writelines(parts)
        return tuple(paths)


def voxel_path(path: Path) -> Path:
    """The file beside an .mhd that takes its voxels."""
    return path.with_name(path.name[: -len(".mhd")] + ".zraw")


def _zlib_of_array(array: NDArray[Any], dtype: np.dtype[Any]) -> list[bytes | memoryview]:
    intervals = intervals_of_calm_groups([array], dtype.itemsize)
    if intervals is not None:
        return zlib_stream(intervals)
    compressor = fast_zlib().compressobj(1, zlib.DEFLATED, 15)
    return [*(compressor.compress(piece) for piece in label_pieces(array, dtype)), compressor.flush()]


def _gzipped(head: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    compressor = fast_zlib().compressobj(1, zlib.DEFLATED, 31)
    yield compressor.compress(head)
    for piece in pieces:
        yield compressor.compress(piece)
    yield compressor.flush()


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
    if even_frames(geometry) is None:
        written = "their mean was written" if nifti else "they are plainly numbered in it"
        report.note(f"the image format holds frames of even length only; {written}", path)
