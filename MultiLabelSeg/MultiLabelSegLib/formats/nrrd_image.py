"""Plain NRRD images: one number a voxel, no labels in the header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..core import Geometry
from ..errors import FormatError, UnsupportedFormatError
from .frame_times import even_frames, frame_bounds
from .nrrd import (
    NrrdHeader,
    axis_layout,
    format_header,
    geometry_fields,
    geometry_from_header,
    read_header,
    time_axis_step,
    time_unit,
)
from .nrrd.data import open_data
from .report import Report
from .voxel_file import Stream, VoxelFile

#: milliseconds of the units of time that headers name
_MILLISECONDS = {"ms": 1.0, "s": 1000.0, "sec": 1000.0, "us": 0.001, "\u00b5s": 0.001}


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
        geometry=_with_times(geometry_from_header(header, report), header, report or Report()),
        dtype=header.dtype,
        opened=lambda file: open_data(file, header),
        stream=Stream("gzip", header.data_start) if plain else None,
        metadata=dict(header.keyvalues),
    )


def _with_times(geometry: Geometry, header: NrrdHeader, report: Report) -> Geometry:
    """The geometry with the times of its frames, where the header gives them a length other than 1."""
    found = time_axis_step(header)
    if geometry.time_steps == 1 or found is None or found == (0.0, 1.0):
        return geometry
    start, step = found
    unit = time_unit(header)
    bounds = frame_bounds(start, step, geometry.time_steps, _MILLISECONDS.get(unit.lower(), 1.0))
    if bounds is None:
        report.note(f"frames from {start:g} by {step:g} follow no time; they are plainly numbered", header.path)
        return geometry
    if unit.lower() not in _MILLISECONDS:
        named = f"the unit {unit!r} of the time axis is not known" if unit else "the time axis has no unit"
        report.note(f"{named}; its step {step:g} is taken as ms", header.path)
    return geometry.with_time(geometry.time_steps, bounds)


def nrrd_header(geometry: Geometry, dtype: np.dtype[Any]) -> bytes:
    """The header of a gzip-compressed image of uint8 or uint16 labels, three axes, or four with time."""
    names = {1: "unsigned char", 2: "unsigned short"}
    fields = {"type": names[dtype.itemsize], **geometry_fields(geometry, times=even_frames(geometry))}
    return format_header({**fields, "endian": "little", "encoding": "gzip"}, {})
