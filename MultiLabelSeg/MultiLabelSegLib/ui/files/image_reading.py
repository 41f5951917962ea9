"""Reference images from any file: volumes, DICOM folders, and pictures of several numbers a voxel."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ...core import Image
from ...errors import FormatError, UnsupportedFormatError
from ...formats.image_channels import read_channels
from ...formats.image_io import read_image
from ...formats.image_suffixes import image_suffix
from ...formats.report import Report

#: files that SimpleITK reads beside those that we read ourselves
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
_COLORS = {2: ("first", "second"), 3: ("red", "green", "blue"), 4: ("red", "green", "blue", "opacity")}


class ReadImage(NamedTuple):
    """What a file holds: one image, or one for each of the numbers that its voxels have, with their names."""

    title: str
    images: tuple[Image, ...]
    channels: tuple[str, ...] = ()


class SeriesChoice(NamedTuple):
    """One of several series in a folder: a file of it, and how many files there are."""

    path: Path
    uid: str
    files: int


def is_image_name(path: Path) -> bool:
    """Whether a file's name is that of an image."""
    return image_suffix(path) is not None or path.suffix.lower() in PICTURES


def channel_names(count: int) -> tuple[str, ...]:
    """What the numbers of a voxel are called."""
    return _COLORS.get(count, tuple(f"channel {number}" for number in range(1, count + 1)))


def series_in(path: Path) -> tuple[SeriesChoice, ...]:
    """The DICOM image series in a folder, by their UIDs; none for anything else. Raises FormatError."""
    from ...formats.dicom.folder import dicom_files
    from ...formats.dicom.image_header import series_of

    if not path.is_dir():
        return ()
    found: dict[str, list[Path]] = {}
    try:
        for file in dicom_files(path):
            uid = series_of(file)
            if uid is not None:
                found.setdefault(uid, []).append(file)
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})") from None
    return tuple(SeriesChoice(files[0], uid, len(files)) for uid, files in sorted(found.items()))


def read_any_image(path: Path, report: Report) -> ReadImage:
    """The image of a file or of a folder of DICOM images.

    Files whose voxels are several numbers, such as photographs, give an image for each of them. Raises FormatError
    (UnsupportedFormatError, CorruptFileError).
    """
    title = path.name if path.is_dir() else _stem(path)
    if path.suffix.lower() in PICTURES:
        return _of_channels(title, read_channels(path))
    try:
        return ReadImage(title, (read_image(path, report),))
    except UnsupportedFormatError as error:
        if path.is_file() and image_suffix(path) is not None:
            channels = read_channels(path)
            if len(channels) > 1:
                return _of_channels(title, channels)
        raise error


def _stem(path: Path) -> str:
    suffix = image_suffix(path) or path.suffix
    return path.name[: len(path.name) - len(suffix)] or path.name


def _of_channels(title: str, images: tuple[Image, ...]) -> ReadImage:
    return ReadImage(title, images, channel_names(len(images)) if len(images) > 1 else ())
