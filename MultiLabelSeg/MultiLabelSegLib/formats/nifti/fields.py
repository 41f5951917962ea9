"""Layout of the NIfTI-1 and NIfTI-2 headers, field by field (nifti.nimh.nih.gov, nifti1.h and nifti2.h)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

ByteOrder = Literal["little", "big"]

_NIFTI1 = [
    ("sizeof_hdr", "i4"), ("data_type", "S10"), ("db_name", "S18"), ("extents", "i4"), ("session_error", "i2"),
    ("regular", "S1"), ("dim_info", "u1"), ("dim", "i2", 8), ("intent_p", "f4", 3), ("intent_code", "i2"),
    ("datatype", "i2"), ("bitpix", "i2"), ("slice_start", "i2"), ("pixdim", "f4", 8), ("vox_offset", "f4"),
    ("scl_slope", "f4"), ("scl_inter", "f4"), ("slice_end", "i2"), ("slice_code", "u1"), ("xyzt_units", "u1"),
    ("cal_max", "f4"), ("cal_min", "f4"), ("slice_duration", "f4"), ("toffset", "f4"), ("glmax", "i4"),
    ("glmin", "i4"), ("descrip", "S80"), ("aux_file", "S24"), ("qform_code", "i2"), ("sform_code", "i2"),
    ("quatern", "f4", 3), ("qoffset", "f4", 3), ("srow", "f4", (3, 4)), ("intent_name", "S16"), ("magic", "S4"),
]  # fmt: skip
_NIFTI2 = [
    ("sizeof_hdr", "i4"), ("magic", "S8"), ("datatype", "i2"), ("bitpix", "i2"), ("dim", "i8", 8),
    ("intent_p", "f8", 3), ("pixdim", "f8", 8), ("vox_offset", "i8"), ("scl_slope", "f8"), ("scl_inter", "f8"),
    ("cal_max", "f8"), ("cal_min", "f8"), ("slice_duration", "f8"), ("toffset", "f8"), ("slice_start", "i8"),
    ("slice_end", "i8"), ("descrip", "S80"), ("aux_file", "S24"), ("qform_code", "i4"), ("sform_code", "i4"),
    ("quatern", "f8", 3), ("qoffset", "f8", 3), ("srow", "f8", (3, 4)), ("slice_code", "i4"),
    ("xyzt_units", "i4"), ("intent_code", "i4"), ("intent_name", "S16"), ("dim_info", "u1"), ("unused", "S15"),
]  # fmt: skip

#: bytes of a header by version
HEADER_BYTES = {1: 348, 2: 540}
#: what the field ``magic`` holds where header and voxels are one file
SINGLE_FILE_MAGIC = {1: b"n+1", 2: b"n+2\0\r\n\x1a\n"}
#: ... and where the voxels lie in an .img file of their own
TWO_FILES_MAGIC = {1: b"ni1", 2: b"ni2\0\r\n\x1a\n"}

#: data type codes that hold one number a voxel
NUMPY_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
#: the same by numpy's names: uint8 is 2
CODE_OF_TYPE = {np.dtype(name).name: code for code, name in NUMPY_TYPES.items()}
#: data types that are no label maps, by what they are
REFUSED_TYPES = {
    0: "voxels of unknown type", 1: "one-bit voxels", 32: "complex numbers", 128: "colours (RGB)",
    1536: "128-bit floats", 1792: "complex numbers", 2048: "complex numbers", 2304: "colours (RGBA)",
}  # fmt: skip


def header_type(version: int, byteorder: ByteOrder) -> np.dtype[Any]:
    """The structured type of a header of version 1 or 2."""
    layout = np.dtype(_NIFTI1 if version == 1 else _NIFTI2)
    return layout.newbyteorder("<" if byteorder == "little" else ">")
