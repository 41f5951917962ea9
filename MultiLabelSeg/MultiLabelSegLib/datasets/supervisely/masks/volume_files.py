"""Volumes as Supervisely keeps them: NRRD files in the space right-anterior-superior, written and verified."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core import Geometry, Image
from ....errors import FormatError, GeometryError, UnsupportedFormatError, WriteError
from ....formats.codec.byte_source import fast_zlib
from ....formats.nifti import refuse_shear
from ....formats.nrrd import format_header
from ....formats.nrrd_image import describe_nrrd
from ....formats.staging import Stage
from ....formats.voxel_file import named_errors, take
from .alignment import ras_reordering

#: NRRD's names of the types of voxels
NRRD_TYPES = {
    "u1": "unsigned char", "i1": "signed char", "u2": "unsigned short", "i2": "short", "u4": "unsigned int",
    "i4": "int", "u8": "unsigned long long", "i8": "long long", "f4": "float", "f8": "double",
}  # fmt: skip
#: bytes that are brought into order, compressed and compared at a time
_STEP_BYTES = 4 << 20
_GZIP = 31


def write_volume_nrrd(path: Path, image: Image) -> Path:
    """Writes a volume as ``stage_volume_nrrd`` does and puts it in place; an old file is replaced. Returns the path.

    Raises FormatError (WriteError, UnsupportedFormatError), GeometryError.
    """
    with Stage(path) as stage:
        stage_volume_nrrd(stage, path, image)
        stage.commit()
    return path


def stage_volume_nrrd(stage: Stage, path: Path, image: Image) -> None:
    """Writes a volume through the stage as gzip-compressed NRRD with the axes and the space R, A, S, and reads it back.

    ``image`` has one frame of any numbers and lies anywhere; axes are permuted and flipped as needed. Booleans become
    bytes and half precision single. Never holds a second volume: voxels are ordered, compressed and compared some
    megabytes at a time.

    Raises UnsupportedFormatError (several frames, complex numbers), GeometryError (axes that are not at right angles),
    WriteError when the file cannot be written or does not read back as what was written.
    """
    if image.geometry.time_steps > 1:
        raise UnsupportedFormatError(path, f"{image.geometry.time_steps} frames; a volume has one")
    refuse_shear(image.geometry)
    reordering = ras_reordering(image.geometry)
    array, geometry = reordering.array(image.array)[0], reordering.geometry(image.geometry)
    dtype = _stored_type(path, array.dtype)
    header = format_header(ras_fields(geometry, dtype), {})
    staged = stage.file(path)
    compressor = fast_zlib().compressobj(1, zlib.DEFLATED, _GZIP)
    with staged.open("wb") as file:
        file.write(header)
        for piece in _pieces(array, dtype):
            file.write(compressor.compress(piece))
        file.write(compressor.flush())
    wrong = _difference(staged, header, array, dtype, geometry)
    if wrong:
        raise WriteError(path, f"verification failed, nothing was replaced: {wrong}")


def ras_fields(geometry: Geometry, dtype: np.dtype[Any]) -> dict[str, str]:
    """The fields of a volume's header, in RAS millimetres; numbers are the shortest that read back as the same."""
    affine = geometry.ijk_to_ras + 0.0
    return {
        "type": NRRD_TYPES[dtype.str[1:]],
        "dimension": "3",
        "space": "right-anterior-superior",
        "sizes": " ".join(map(str, geometry.size)),
        "space directions": " ".join(_vector(affine[:3, axis]) for axis in range(3)),
        "kinds": "domain domain domain",
        "endian": "little",
        "encoding": "gzip",
        "space origin": _vector(affine[:3, 3]),
    }


def _vector(numbers: NDArray[np.float64]) -> str:
    return "(" + ",".join(repr(number).removesuffix(".0") for number in numbers.tolist()) + ")"


def _stored_type(path: Path, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The little-endian type that voxels are written as."""
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype.kind == "f" and dtype.itemsize == 2:
        return np.dtype("<f4")
    found = dtype.newbyteorder("<")
    if found.str[1:] not in NRRD_TYPES:
        raise UnsupportedFormatError(path, f"voxels of type {dtype}; expected numbers of 8 to 64 bits")
    return found


def _pieces(array: NDArray[Any], dtype: np.dtype[Any]) -> Iterator[NDArray[np.uint8]]:
    """The bytes of voxels (k, j, i) in C order, some slices at a time."""
    slices = max(_STEP_BYTES // (array[0].size * dtype.itemsize), 1)
    for low in range(0, len(array), slices):
        piece = np.ascontiguousarray(array[low : low + slices], dtype)
        yield piece.reshape(-1).view(np.uint8)


def _difference(
    staged: Path, header: bytes, array: NDArray[Any], dtype: np.dtype[Any], geometry: Geometry
) -> str | None:
    """What a file holds other than what was meant, in words; None when it holds exactly that."""
    try:
        described = describe_nrrd(staged)
        if described.geometry != geometry:
            return f"it lies at {described.geometry} instead of {geometry}"
        with named_errors(staged), staged.open("rb") as file:
            if file.read(len(header)) != header:
                return "the header differs"
            source = described.opened(file)
            for piece in _pieces(array, dtype):
                if not np.array_equal(np.frombuffer(take(source, piece.size), np.uint8), piece):
                    return "the voxels differ"
            return "there are more voxels than were written" if source.read(1) else None
    except (FormatError, GeometryError) as error:
        return f"it cannot be read back: {error}"
