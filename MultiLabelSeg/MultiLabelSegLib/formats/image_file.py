"""Images of any plain numbers written to a file: staged, read back, compared, then put in place."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..core import Image
from ..errors import OVERWRITE, FormatError, GeometryError, UnsupportedFormatError, WriteError
from .codec.byte_source import fast_zlib
from .frame_times import even_frames
from .image_suffixes import image_suffix
from .nifti import refuse_shear
from .nifti_image import nifti_image_difference, write_nifti_image
from .nrrd import format_header, geometry_fields
from .report import Report
from .staging import Stage
from .voxel_file import label_pieces

#: suffixes that images are written with
SUFFIXES = (".nrrd", ".nii.gz", ".nii", ".mha")
_NIFTI = (".nii", ".nii.gz")
_NRRD_TYPES = {
    "uint8": "uint8",
    "int8": "int8",
    "uint16": "uint16",
    "int16": "int16",
    "uint32": "uint32",
    "int32": "int32",
    "uint64": "uint64",
    "int64": "int64",
    "float32": "float",
    "float64": "double",
}


def check_image_target(path: Path) -> None:
    """Raises UnsupportedFormatError for a name that does not end in one of ``SUFFIXES``."""
    if image_suffix(path) not in SUFFIXES:
        raise UnsupportedFormatError(path, f"images are written as {', '.join(SUFFIXES)}")


def save_image(image: Image, path: Path, *, overwrite: bool = False, report: Report | None = None) -> Path:
    """Writes an image in its own type of numbers; the suffix decides the format. Returns the path.

    NRRD keeps ``metadata``. The report hears what the format cannot hold. Raises UnsupportedFormatError for a suffix or
    a type of numbers that is not written and for axes that are not at right angles, FormatError when the file exists,
    WriteError when it does not read back as what was written; then the old file is untouched.
    """
    check_image_target(path)
    if path.exists() and not overwrite:
        raise FormatError(path, f"exists already; {OVERWRITE}").offering(OVERWRITE)
    dtype = image.array.dtype.newbyteorder("=")
    if dtype.name not in _NRRD_TYPES:
        raise UnsupportedFormatError(path, f"voxels of type {dtype}; expected one of {', '.join(_NRRD_TYPES)}")
    report = report or Report()
    with Stage(path) as stage:
        suffix = image_suffix(path)
        if suffix in _NIFTI:
            write_nifti_image(stage, path, image, report)
        elif suffix == ".nrrd":
            _write_nrrd(stage, path, image)
        else:
            _write_with_itk(stage, path, image)
        if image.geometry.time_bounds is not None and even_frames(image.geometry) is None and suffix not in _NIFTI:
            report.note("the times of the frames are not kept by this format", path)
        wrong = nifti_image_difference(stage.file(path), image)
        if wrong:
            raise WriteError(path, f"verification failed, nothing was replaced: {wrong}")
        stage.commit()
    return path


def _write_nrrd(stage: Stage, path: Path, image: Image) -> None:
    dtype = image.array.dtype
    fields = {"type": _NRRD_TYPES[dtype.name], **geometry_fields(image.geometry, times=even_frames(image.geometry))}
    order = {} if dtype.itemsize == 1 else {"endian": "little"}
    head = format_header({**fields, **order, "encoding": "gzip"}, image.metadata)
    with stage.file(path).open("wb") as file:
        file.write(head)
        file.writelines(_gzipped(image))


def _gzipped(image: Image) -> Iterator[bytes]:
    coder = fast_zlib().compressobj(1, zlib.DEFLATED, 31)
    for piece in label_pieces(image.array, image.array.dtype.newbyteorder("<")):
        yield coder.compress(piece)
    yield coder.flush()


def _write_with_itk(stage: Stage, path: Path, image: Image) -> None:
    import SimpleITK

    from ..bridges.sitk import sitk_from_array

    try:
        refuse_shear(image.geometry)
        array = image.array if image.geometry.time_steps > 1 else image.array[0]
        made = sitk_from_array(np.ascontiguousarray(array), image.geometry)
        times = even_frames(image.geometry)
        if times is not None:
            made.SetOrigin((*made.GetOrigin()[:3], times[0]))
            made.SetSpacing((*made.GetSpacing()[:3], times[1]))
        SimpleITK.WriteImage(made, str(stage.file(path)), useCompression=True)
    except (GeometryError, RuntimeError) as error:
        raise UnsupportedFormatError(path, f"cannot be written: {' '.join(str(error).split())}") from None
