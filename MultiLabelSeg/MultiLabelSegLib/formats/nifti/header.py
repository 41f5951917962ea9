"""The header of a NIfTI file: parsed and checked, its numbers as the file states them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import CorruptFileError, UnsupportedFormatError
from .fields import (
    HEADER_BYTES,
    NUMPY_TYPES,
    REFUSED_TYPES,
    SINGLE_FILE_MAGIC,
    TWO_FILES_MAGIC,
    ByteOrder,
    header_type,
)

#: an offset beyond this is a lie: extensions are not that long
_MOST_HEADER_BYTES = 1 << 28


@dataclass(frozen=True, eq=False)
class NiftiHeader:
    """What a NIfTI-1 or NIfTI-2 header says.

    ``dims`` are the sizes along i, j, k, t (always four), ``ndim`` how many of them the file declares. ``pixdim`` holds
    the eight numbers of the file, ``srow`` the sform's 3x4 (RAS), ``quatern`` and ``qoffset`` the qform's. ``slope`` is
    1 and ``inter`` 0 where the file does not scale. ``vox_offset`` counts bytes from the start of the file with the
    voxels, which is this one when ``is_single``, else the .img file beside it.
    """

    version: int
    byteorder: ByteOrder
    dims: tuple[int, int, int, int]
    ndim: int
    dtype: np.dtype[Any]
    vox_offset: int
    slope: float
    inter: float
    pixdim: NDArray[np.float64]
    xyzt_units: int
    toffset: float
    qform_code: int
    sform_code: int
    quatern: NDArray[np.float64]
    qoffset: NDArray[np.float64]
    srow: NDArray[np.float64]
    descrip: str
    is_single: bool

    @property
    def is_scaled(self) -> bool:
        """Whether voxels mean ``slope * stored + inter``."""
        return (self.slope, self.inter) != (1.0, 0.0)


def header_bytes_needed(start: bytes) -> int | None:
    """How long the header is that begins with these four bytes; None when they begin no NIfTI header."""
    for version, size in HEADER_BYTES.items():
        if int.from_bytes(start[:4], "little") == size or int.from_bytes(start[:4], "big") == size:
            return HEADER_BYTES[version]
    return None


def parse_header(raw: bytes) -> NiftiHeader:
    """A header from its 348 (NIfTI-1) or 540 (NIfTI-2) bytes, of either byte order.

    Raises CorruptFileError (no path) for what contradicts itself, UnsupportedFormatError for colours, complex numbers,
    vectors and Analyze 7.5.
    """
    size = header_bytes_needed(raw)
    if size is None or len(raw) < size:
        found = raw[:4].hex(" ") or "nothing"
        raise CorruptFileError(None, f"not a NIfTI file: it begins with {found}, expected a header size of 348 or 540")
    version = 1 if size == HEADER_BYTES[1] else 2
    byteorder: ByteOrder = "little" if int.from_bytes(raw[:4], "little") == size else "big"
    fields = np.frombuffer(raw, header_type(version, byteorder), 1)[0]
    is_single = _is_single(version, bytes(fields["magic"]))
    ndim, dims = _sizes([int(size) for size in fields["dim"]])
    slope, inter = _scaling(float(fields["scl_slope"]), float(fields["scl_inter"]))
    return NiftiHeader(
        version=version,
        byteorder=byteorder,
        dims=dims,
        ndim=ndim,
        dtype=_item_type(int(fields["datatype"]), int(fields["bitpix"]), byteorder),
        vox_offset=_voxel_offset(float(fields["vox_offset"]), size, is_single),
        slope=slope,
        inter=inter,
        pixdim=_doubles(fields["pixdim"]),
        xyzt_units=int(fields["xyzt_units"]),
        toffset=float(fields["toffset"]),
        qform_code=int(fields["qform_code"]),
        sform_code=int(fields["sform_code"]),
        quatern=_doubles(fields["quatern"]),
        qoffset=_doubles(fields["qoffset"]),
        srow=_doubles(fields["srow"]),
        descrip=bytes(fields["descrip"]).split(b"\0")[0].decode("utf-8", "replace"),
        is_single=is_single,
    )


def _doubles(numbers: Any) -> NDArray[np.float64]:
    """Numbers of the header as they are; numpy warns of a signalling NaN, which is refused later like any other."""
    with np.errstate(invalid="ignore"):
        return np.asarray(numbers, np.float64)


def _is_single(version: int, magic: bytes) -> bool:
    """Whether header and voxels are one file. Raises where the magic text is another."""
    if magic == SINGLE_FILE_MAGIC[version].rstrip(b"\0"):
        return True
    if magic == TWO_FILES_MAGIC[version].rstrip(b"\0"):
        return False
    if version == 1 and not magic:
        reason = "an Analyze 7.5 header, which does not say where left and right are; a NIfTI file is expected"
        raise UnsupportedFormatError(None, reason)
    expected = SINGLE_FILE_MAGIC[version]
    raise CorruptFileError(None, f"not a NIfTI-{version} file: its magic text is {magic!r}, expected {expected!r}")


def _sizes(dim: list[int]) -> tuple[int, tuple[int, int, int, int]]:
    """How many axes there are, and the sizes of the first four. Raises when an axis beyond the fourth is in use."""
    ndim = dim[0]
    if not 1 <= ndim <= 7:
        raise CorruptFileError(None, f"{ndim} axes (dim[0]); expected 1 to 7")
    sizes = dim[1 : ndim + 1] + [1] * (7 - ndim)
    for axis, size in enumerate(sizes[:ndim], 1):
        if size < 1:
            raise CorruptFileError(None, f"dim[{axis}] is {size}; expected a size of at least 1")
    if prod(sizes[4:]) > 1:
        shape = " x ".join(str(size) for size in sizes[:ndim])
        raise UnsupportedFormatError(None, f"vectors or more than four axes ({shape}); expected one number a voxel")
    return min(ndim, 4), (sizes[0], sizes[1], sizes[2], sizes[3])


def _item_type(code: int, bits: int, byteorder: ByteOrder) -> np.dtype[Any]:
    if code not in NUMPY_TYPES:
        found = REFUSED_TYPES.get(code, "voxels of a type that NIfTI does not know")
        raise UnsupportedFormatError(None, f"{found} (datatype {code}); expected one number a voxel")
    dtype = np.dtype(NUMPY_TYPES[code])
    # some writers leave bitpix empty; another number contradicts the type
    if bits not in (0, 8 * dtype.itemsize):
        raise CorruptFileError(None, f"{bits} bits a voxel (bitpix) where datatype {code} has {8 * dtype.itemsize}")
    return dtype.newbyteorder("<" if byteorder == "little" else ">")


def _scaling(slope: float, inter: float) -> tuple[float, float]:
    """The standard's rule: a slope of 0 means no scaling; writers also leave NaN there."""
    if slope == 0.0 or not np.isfinite(slope):
        return 1.0, 0.0
    if not np.isfinite(inter):
        raise CorruptFileError(None, f"voxels are scaled by {slope} but shifted by {inter} (scl_inter)")
    return slope, inter


def _voxel_offset(offset: float, header_size: int, is_single: bool) -> int:
    """Where the voxels start; 0 in a single file means right behind the header and its four extension bytes."""
    first = header_size + 4 if is_single else 0
    if offset == 0:
        return first
    if not header_size * is_single <= offset <= _MOST_HEADER_BYTES or offset != int(offset):
        raise CorruptFileError(None, f"the voxels start at byte {offset} (vox_offset); expected {first} or more")
    return int(offset)
