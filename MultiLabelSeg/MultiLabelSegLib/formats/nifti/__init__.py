"""NIfTI-1 and NIfTI-2, read and written."""

from .encode import encode_header, fits_nifti1, refuse_shear
from .extensions import Extension
from .geometry import geometry_of
from .header import NiftiHeader, parse_header
from .reading import describe_nifti, read_extensions, read_geometry, read_header

__all__ = [
    "Extension",
    "NiftiHeader",
    "describe_nifti",
    "encode_header",
    "fits_nifti1",
    "geometry_of",
    "parse_header",
    "read_extensions",
    "read_geometry",
    "read_header",
    "refuse_shear",
]
