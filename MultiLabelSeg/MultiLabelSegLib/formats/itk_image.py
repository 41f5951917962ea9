"""Images by way of SimpleITK: reading NRRD, writing NRRD, MetaImage and GIPL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..bridges.sitk import array_from_sitk, geometry_from_sitk, sitk_from_array
from ..core import Geometry, Image
from ..errors import CorruptFileError, GeometryError, UnsupportedFormatError, WriteError
from .codec.byte_source import DEFLATE_EXPANSION
from .voxel_file import inside_folder, named_errors

if TYPE_CHECKING:
    import SimpleITK as sitk

#: a NRRD header with the labels of a large segmentation may be long, but not longer
_MOST_HEADER_BYTES = 1 << 26


def read_nrrd_image(path: Path, allow_outside: bool = False) -> Image:
    """A plain NRRD image: voxels (t, k, j, i) of the file's own type on their geometry.

    Raises FormatError (CorruptFileError; UnsupportedFormatError for vectors, colours and several groups).
    """
    with _reader(path, allow_outside) as reader:
        image = reader.Execute()
        array = array_from_sitk(image)
        return Image(array, _geometry(path, image), {key: image.GetMetaData(key) for key in image.GetMetaDataKeys()})


def read_nrrd_geometry(path: Path, allow_outside: bool = False) -> Geometry:
    """The geometry of a plain NRRD image, its voxels unread. Raises FormatError as ``read_nrrd_image``."""
    with _reader(path, allow_outside) as reader:
        return _geometry(path, reader)


def write_itk_image(path: Path, array: NDArray[Any], geometry: Geometry) -> None:
    """Writes voxels (k, j, i), or (t, k, j, i) as 4D, compressed. Raises WriteError."""
    import SimpleITK

    try:
        with _quiet():
            SimpleITK.WriteImage(sitk_from_array(array, geometry), str(path), True)
    except RuntimeError as error:
        raise WriteError(path, f"SimpleITK could not write it ({_last_line(error)})") from None


@contextmanager
def _reader(path: Path, allow_outside: bool) -> Iterator[sitk.ImageFileReader]:
    """A reader that knows the header of a file whose voxels can really be there."""
    import SimpleITK

    with named_errors(path), _quiet():
        most = _most_voxel_bytes(path, allow_outside)
        reader = SimpleITK.ImageFileReader()
        reader.SetFileName(str(path))
        try:
            reader.ReadImageInformation()
            _check(path, reader, most)
            yield reader
        except (RuntimeError, MemoryError) as error:
            raise CorruptFileError(path, f"cannot be read ({_last_line(error)})") from None


def _check(path: Path, reader: sitk.ImageFileReader, most: int | None) -> None:
    components = reader.GetNumberOfComponents()
    if components != 1:
        reason = f"{components} numbers a voxel (vectors, colours, or a segmentation of several groups); expected one"
        raise UnsupportedFormatError(path, reason)
    needed = prod(reader.GetSize())
    if most is not None and needed > most:
        raise CorruptFileError(path, f"the header announces {needed} voxels, the file can hold {most} at most")


def _most_voxel_bytes(path: Path, allow_outside: bool) -> int | None:
    """How many bytes of voxels can be there; None where the encoding sets no limit.

    Also refuses a header that names its voxels' file outside of the folder.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        if magic != b"NRRD":
            raise CorruptFileError(path, f"not a NRRD file: it begins with {magic!r}")
        header = re.split(rb"\r?\n\r?\n", magic + file.read(_MOST_HEADER_BYTES), maxsplit=1)[0].decode("latin-1")
    fields = dict(re.findall(r"^([a-z ]+): *(.*?)\r?$", header, re.MULTILINE))
    name = fields.get("data file") or fields.get("datafile")
    voxels = path
    if name:
        if name.startswith("LIST") or "%" in name:
            raise UnsupportedFormatError(path, f"the voxels lie in a list of files ({name}); expected one file")
        voxels = inside_folder(path, name, allow_outside)
    encoding = fields.get("encoding", "raw")
    factor = {"raw": 1, "gzip": DEFLATE_EXPANSION, "gz": DEFLATE_EXPANSION}.get(encoding)
    return None if factor is None else voxels.stat().st_size * factor


def _geometry(path: Path, image: sitk.Image | sitk.ImageFileReader) -> Geometry:
    try:
        return geometry_from_sitk(image)
    except GeometryError as error:
        raise UnsupportedFormatError(path, str(error)) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps ITK's warnings off the terminal; what matters becomes an error or a note."""
    import SimpleITK

    shown = SimpleITK.ProcessObject.GetGlobalWarningDisplay()
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        yield
    finally:
        SimpleITK.ProcessObject.SetGlobalWarningDisplay(shown)


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
