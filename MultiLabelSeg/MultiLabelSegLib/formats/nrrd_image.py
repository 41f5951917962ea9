"""Plain NRRD images: one number a voxel, no labels in the header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import DTypeLike, NDArray

from ..core import Geometry
from ..errors import FormatError, UnsupportedFormatError
from .nrrd import axis_layout, geometry_fields, geometry_from_header, read_header, write_nrrd
from .nrrd.data import open_data
from .report import Report
from .voxel_file import VoxelFile


def describe_nrrd(path: Path, report: Report | None = None, allow_outside: bool = False) -> VoxelFile:
    """Geometry and place of the voxels of a NRRD image (.nrrd, .nhdr); the voxels stay unread.

    Raises FormatError (CorruptFileError; UnsupportedFormatError for vectors, colours and several groups).
    """
    header = read_header(path, allow_outside=allow_outside)
    layout = axis_layout(header)
    values = layout.groups(header)
    if values != 1:
        reason = f"{values} numbers a voxel (colours, vectors, or a segmentation of several groups); expected one"
        raise UnsupportedFormatError(path, reason)
    if header.data_path is None:
        raise FormatError(path, "the header does not say where the voxels are")
    geometry = geometry_from_header(header, report)
    metadata = dict(header.keyvalues)
    return VoxelFile(
        path, header.data_path, geometry, header.dtype, lambda file: open_data(file, header), metadata=metadata
    )


def write_nrrd_labels(path: Path, array: NDArray[Any], geometry: Geometry, dtype: DTypeLike) -> None:
    """Writes label values (t, k, j, i) as a compressed image of three axes, or four with time.

    Raises UnsupportedFormatError, OSError.
    """
    write_nrrd(path, geometry_fields(geometry), {}, [array], dtype)  # type: ignore[arg-type]
