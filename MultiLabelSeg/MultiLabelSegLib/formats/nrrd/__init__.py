"""NRRD files, byte by byte: header text both ways, geometry, and voxels from and to the arrays of groups.

Our own because headers of MITK and Slicer hold UTF-8 and escaped text that other Python readers lose.
"""

from .data import WrittenNrrd, nrrd_difference, read_groups, write_nrrd
from .geometry import AxisLayout, axis_layout, geometry_fields, geometry_from_header, time_axis_step, time_unit
from .header import NrrdHeader
from .parse import format_header, parse_header, read_header

__all__ = [
    "AxisLayout",
    "NrrdHeader",
    "WrittenNrrd",
    "axis_layout",
    "format_header",
    "geometry_fields",
    "geometry_from_header",
    "nrrd_difference",
    "parse_header",
    "read_groups",
    "read_header",
    "time_axis_step",
    "time_unit",
    "write_nrrd",
]
