"""GIPL images (Guy's Image Processing Library; .gipl, .gipl.gz), read and written without ITK.

ITK's reader fills what a truncated file lacks with whatever it likes, which must not pass as labels. The header is 256
bytes, big endian; it holds sizes, spacing and an origin, but no directions: the axes are L, P, S.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Geometry
from ..errors import CorruptFileError, GeometryError, UnsupportedFormatError
from .codec.byte_source import open_source
from .voxel_file import Stream, VoxelFile, is_gzip, named_errors, take, voxels_at

HEADER_BYTES = 256
_MAGIC = (719555000, 4026526128)
_TYPES = {7: "i1", 8: "u1", 15: "i2", 16: "u2", 31: "u4", 32: "i4", 64: "f4", 65: "f8"}
_OTHER_TYPES = {1: "one-bit voxels", 144: "complex numbers", 160: "complex numbers", 192: "surfaces", 193: "polygons"}


def describe_gipl(path: Path) -> VoxelFile:
    """Geometry and place of the voxels of a GIPL image of up to four axes (the fourth is time); voxels stay unread.

    Raises FormatError (CorruptFileError, UnsupportedFormatError).
    """
    with named_errors(path):
        encoding = "gzip" if is_gzip(path) else "raw"
        with path.open("rb") as file:
            raw = take(open_source(file, encoding), HEADER_BYTES)
        if len(raw) < HEADER_BYTES:
            raise CorruptFileError(path, f"the file ends within the header, after {len(raw)} of {HEADER_BYTES} bytes")
        magic = struct.unpack_from(">I", raw, 252)[0]
        if magic not in _MAGIC:
            raise CorruptFileError(path, f"not a GIPL image: its magic number is {magic}, expected {_MAGIC[0]}")
        stream = Stream("gzip", header_bytes=HEADER_BYTES) if encoding == "gzip" else None
        opened = voxels_at(encoding, skip=HEADER_BYTES)
        return VoxelFile(path, path, _geometry(raw), _item_type(raw), opened, stream=stream)


def _geometry(raw: bytes) -> Geometry:
    i, j, k, t = (max(size, 1) for size in struct.unpack_from(">4H", raw, 0))
    # single precision numbers as the shortest decimals that round to them: 0.8 stays 0.8
    spacing = [float(str(step)) or 1.0 for step in np.abs(np.frombuffer(raw, ">f4", 3, 10)).astype(np.float32)]
    origin = struct.unpack_from(">3d", raw, 204)
    try:
        return Geometry.from_parts((k, j, i), spacing, origin, time_steps=t)
    except GeometryError as error:
        raise CorruptFileError(None, f"the header describes no grid: {error}") from None


def _item_type(raw: bytes) -> np.dtype[np.generic]:
    code = struct.unpack_from(">H", raw, 8)[0]
    if code not in _TYPES:
        found = _OTHER_TYPES.get(code, "voxels of a type that GIPL does not know")
        raise UnsupportedFormatError(None, f"{found} (type {code}); an image of single numbers is expected")
    return np.dtype(_TYPES[code]).newbyteorder(">")


def gipl_header(geometry: Geometry, dtype: np.dtype[Any]) -> bytes:
    """The header of one volume of uint8 or uint16 labels; the caller has checked that the axes are L, P, S."""
    header = bytearray(HEADER_BYTES)
    code = {1: 8, 2: 16}[dtype.itemsize]
    struct.pack_into(">5H4f", header, 0, *geometry.size, 1, code, *geometry.spacing, 1.0)
    struct.pack_into(">4d", header, 204, *geometry.origin, 0.0)
    struct.pack_into(">I", header, 252, _MAGIC[1])
    return bytes(header)
