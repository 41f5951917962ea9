"""Plain NRRD images: one number a voxel, no labels in the header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..core import Geometry
from ..errors import FormatError, UnsupportedFormatError
from .nrrd import axis_layout, format_header, geometry_fields, geometry_from_header, read_header
from .nrrd.data import open_data
from .report import Report
from .voxel_file import Stream, VoxelFile


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
    plain = header.encoding == "gzip" and header.line_skip == header.byte_skip == 0
    return VoxelFile(
        named=path,
        path=header.data_path,
        geometry=geometry_from_header(header, report),
        dtype=header.dtype,
        opened=lambda file: open_data(file, header),
        stream=Stream("gzip", header.data_start) if plain else None,
        metadata=dict(header.keyvalues),
    )


def nrrd_header(geometry: Geometry, dtype: np.dtype[Any]) -> bytes:
    """The header of a gzip-compressed image of uint8 or uint16 labels, three axes, or four with time."""
    fields = {"type": {1: "unsigned char", 2: "unsigned short"}[dtype.itemsize], **geometry_fields(geometry)}
    return format_header({**fields, "endian": "little", "encoding": "gzip"}, {})
