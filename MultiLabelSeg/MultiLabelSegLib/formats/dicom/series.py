"""The image series that a segmentation belongs to, from a folder of DICOM files; pixels stay unread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...core import Geometry
from ...errors import CorruptFileError, FormatError, Remedy, UnsupportedFormatError
from ..report import Report
from .folder import dicom_files
from .grid import place_frames
from .identity import REQUIRED, SHARED, is_uid
from .image_header import ImageHeader, read_image_header, series_of
from .parse import text_of
from .required import load_pydicom, understood

_SERIES = Remedy("series", "choose with --series, or name one of its files in place of the folder")
#: what is asked of one image for all
_SERIES_TAGS = (
    *SHARED,
    "SpecificCharacterSet",
    "Modality",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)
#: keyword -> what of an image header says it
_OF_IMAGES = {"SOPClassUID": "sop_class", "SOPInstanceUID": "sop_instance"}


class SeriesSlice(NamedTuple):
    """The image of one slice: its file and the frame in it, counted from 0."""

    image: ImageHeader
    frame: int


class References(NamedTuple):
    """What a segmentation refers to: a series and the SOP class and instance of its images."""

    series: str
    images: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """A series: its grid, the image of each slice, ascending along the slices, and a header for all.

    ``path`` is what the user named; ``header`` (a pydicom data set) tells of patient, study and compression.
    """

    path: Path
    geometry: Geometry
    slices: tuple[SeriesSlice, ...]
    header: Any

    @property
    def uid(self) -> str:
        """SeriesInstanceUID."""
        return self.slices[0].image.series

    @property
    def images(self) -> list[ImageHeader]:
        """The files, each once."""
        return list({entry.image.path: entry.image for entry in self.slices}.values())

    @property
    def references(self) -> References:
        """What a segmentation of this series refers to."""
        return References(self.uid, tuple((image.sop_class, image.sop_instance) for image in self.images))

    def missing(self) -> list[str]:
        """Keywords of UIDs that a segmentation needs and the series lacks, or has no UID for."""
        needed = [name for name in REQUIRED if not is_uid(text_of(self.header, name))]
        needed += [] if is_uid(self.uid) else ["SeriesInstanceUID"]
        return needed + [
            name
            for name, field in _OF_IMAGES.items()
            if not all(is_uid(getattr(entry.image, field)) for entry in self.slices)
        ]


def read_series(path: Path, uid: str = "", preferred: Iterable[str] = (), report: Report | None = None) -> Series:
    """The image series in a folder, or the one that a file belongs to: single-frame or multi-frame images.

    ``uid`` chooses one of several in a folder; of those in ``preferred`` the first that is there is taken. Where one
    file was named, those beside it that cannot be understood are noted in the report.
    Raises FormatError when there is none or several, UnsupportedFormatError for slices that form no regular grid,
    CorruptFileError for slices without a place.
    """
    load_pydicom(path)
    found: dict[str, list[ImageHeader]] = defaultdict(list)
    for image in _images(path, report or Report()):
        found[image.series].append(image)
    names = [uid] if uid else [name for name in preferred if name in found][:1] or list(found)
    if len(names) != 1 or names[0] not in found:
        listed = "; ".join(f"{key} ({len(files)} images)" for key, files in sorted(found.items()))
        wanted = f"the series {uid}" if uid else "one"
        ways = f"; {_SERIES}" if len(found) > 1 else ""
        kind = FormatError if found else UnsupportedFormatError
        raise kind(
            path, f"holds {len(found)} image series{': ' if listed else ''}{listed}; expected {wanted}{ways}"
        ).offering(_SERIES)
    return _series(path, found[names[0]])


def _images(path: Path, report: Report) -> list[ImageHeader]:
    """The images in a folder, or those of a file's series in its folder."""
    if path.is_dir():
        return [image for file in dicom_files(path) if (image := read_image_header(file)) is not None]
    if not path.is_file():
        raise FormatError(path, "is no folder and no file; the folder of a DICOM image series is expected")
    named = read_image_header(path)
    if named is None:
        reason = "is no DICOM image; the folder of an image series or one of its files is expected"
        raise UnsupportedFormatError(path, reason)
    if not named.series or len(named.frames) > 1:
        return [named]
    found = [named]
    for file in dicom_files(path.parent):
        if file.samefile(path):
            continue
        try:
            image = read_image_header(file) if series_of(file) == named.series else None
        except FormatError as error:
            report.note(f"is not looked at as a part of the series of {path.name}: {error.reason}", file)
            continue
        found += [] if image is None else [image]
    return found


def _series(path: Path, images: Sequence[ImageHeader]) -> Series:
    sizes = {(image.rows, image.columns) for image in images}
    if len(sizes) > 1:
        raise UnsupportedFormatError(path, f"images of one series have the sizes {sorted(sizes)} (rows, columns)")
    rows, columns = sizes.pop()
    entries = [SeriesSlice(image, number) for image in images for number in range(len(image.frames))]
    frames = [image.frames[number] for image, number in entries]
    geometry, places = place_frames(frames, rows, columns, path, Report())
    if len(set(places)) < len(places):
        raise UnsupportedFormatError(path, "two images of the series lie in the same place (a time series?)")
    if len(places) != geometry.shape[0]:
        raise CorruptFileError(path, f"{len(places)} images, {geometry.shape[0]} slices: the series has gaps")
    slices = tuple(entries[int(place)] for place in np.argsort(places))
    return Series(path, geometry, slices, _header(slices[0].image.path))


def _header(path: Path) -> Any:
    """What one image says for all of its series, as a pydicom data set."""
    pydicom = load_pydicom(path)
    with understood(path, "the header"):
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_SERIES_TAGS))
        for _element in header:
            pass  # pydicom converts values when they are first asked for; what is damaged is found here
        return header
