"""Label images that were just written, held against what they were made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FormatError
from .codec.intervals import Intervals
from .codec.run_deflate import intervals_of_calm_groups
from .codec.run_inflate import difference
from .image_io import read_geometry, read_label_array
from .image_write import GIPL_SUFFIXES, META_SUFFIXES, LabelImageWriter, voxel_path
from .meta_image import meta_header

#: single precision headers move a corner by less than this many voxels
_CORNER_VOXELS = 1e-3
_META_END = b"ElementDataFile = LOCAL\n"


def grid_difference(writer: LabelImageWriter, path: Path) -> str | None:
    """How the grid of an image, as its header is read, differs from the writer's; None when it does not."""
    try:
        found = read_geometry(path)
    except FormatError as error:
        return f"it cannot be read back: {error.reason}"
    expected = writer.geometry
    if expected.full_shape == found.full_shape and expected.offset_of(found, _CORNER_VOXELS) == (0, 0, 0):
        return None
    return f"it lies at {found} instead of {expected}"


def content_difference(writer: LabelImageWriter, path: Path, content: Intervals) -> str | None:
    """What an image holds other than the content, in words; None when it holds exactly that.

    Header and voxels are compared to the last byte, checksums included; costs O(runs) for compressed suffixes.
    """
    if writer.suffix not in (".nii", ".gipl"):
        return _stream_difference(writer, path, content)
    expected = np.zeros(writer.geometry.full_shape, writer.dtype)
    content.paint(0, expected.reshape(-1))
    return array_difference(writer, path, expected)


def array_difference(writer: LabelImageWriter, path: Path, array: NDArray[Any]) -> str | None:
    """What an image holds other than the values (t, k, j, i), in words; None when it holds exactly these."""
    if writer.suffix not in (".nii", *GIPL_SUFFIXES):
        intervals = intervals_of_calm_groups([array], writer.dtype.itemsize)
        if intervals is not None:
            return _stream_difference(writer, path, intervals)
    moved = grid_difference(writer, path)
    if moved is not None:
        return moved
    if writer.suffix in (".nii", ".gipl") and not _begins_with(path, writer.head):
        return "the header differs"
    try:
        found, _ = read_label_array(path)
    except FormatError as error:
        return f"it cannot be read back: {error.reason}"
    same = all(np.array_equal(found[t, k], array[t, k]) for t, k in np.ndindex(*array.shape[:2]))
    return None if same else "the voxels differ"


def _begins_with(path: Path, head: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(head)) == head


def _stream_difference(writer: LabelImageWriter, path: Path, intervals: Intervals) -> str | None:
    data, head = memoryview(path.read_bytes()), writer.head
    if writer.suffix in (".nii.gz", ".gipl.gz"):
        return difference(data, intervals, head)
    if writer.suffix in META_SUFFIXES:
        return _meta_difference(writer, path, data, intervals)
    if data[: len(head)] != head:
        return "the header differs"
    return difference(data[len(head) :], intervals)


def _meta_difference(writer: LabelImageWriter, path: Path, data: memoryview, intervals: Intervals) -> str | None:
    if writer.suffix == ".mhd":
        voxels = memoryview(voxel_path(path).read_bytes())
        expected = meta_header(writer.geometry, writer.dtype, len(voxels), voxel_path(path).name)
        return "the header differs" if data != expected else difference(voxels, intervals, container="zlib")
    end = bytes(data[:4096]).find(_META_END) + len(_META_END)
    if data[:end] != meta_header(writer.geometry, writer.dtype, len(data) - end, "LOCAL"):
        return "the header differs"
    return difference(data[end:], intervals, container="zlib")
