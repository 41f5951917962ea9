"""The image series that a segmentation belongs to, from a folder of DICOM files; pixels stay unread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Geometry
from ...errors import CorruptFileError, FormatError, UnsupportedFormatError
from ..report import Report
from .folder import dicom_files
from .frames import Frame
from .grid import place_frames
from .identity import REQUIRED, SHARED
from .parse import STORAGE_CLASSES, text_of
from .required import load_pydicom, understood

#: what is asked of every image
_SLICE_TAGS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "NumberOfFrames",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SpacingBetweenSlices",
    "Rows",
    "Columns",
)
#: what is asked of one image for all
_SERIES_TAGS = (
    *_SLICE_TAGS,
    *SHARED,
    "SpecificCharacterSet",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)


@dataclass(frozen=True)
class Series:
    """A series: its grid, one header (a pydicom data set) a slice, ascending along the slices.

    Only the first header tells of patient and study.
    """

    path: Path
    geometry: Geometry
    headers: tuple[Any, ...]

    @property
    def uid(self) -> str:
        """SeriesInstanceUID."""
        return text_of(self.headers[0], "SeriesInstanceUID")

    def missing(self) -> list[str]:
        """Keywords that a segmentation needs and the series lacks."""
        first = self.headers[0]
        needed = [name for name in (*REQUIRED, "SeriesInstanceUID") if not text_of(first, name)]
        return needed + [
            name for name in ("SOPClassUID", "SOPInstanceUID") if not all(text_of(one, name) for one in self.headers)
        ]


def read_series(folder: Path, uid: str = "") -> Series:
    """The series of single-frame images in a folder; ``uid`` chooses one of several.

    Raises FormatError when there is none or several, UnsupportedFormatError for multi-frame images and for slices that
    form no regular grid, CorruptFileError for slices without a place.
    """
    load_pydicom(folder)
    if not folder.is_dir():
        raise FormatError(folder, "is no folder; the folder of a DICOM image series is expected")
    found: dict[str, list[tuple[Path, Any]]] = defaultdict(list)
    for path in dicom_files(folder):
        header = _header(path, _SLICE_TAGS)
        with understood(path, "the header"):
            if text_of(header, "SOPClassUID") not in STORAGE_CLASSES and header.get("Rows"):
                found[text_of(header, "SeriesInstanceUID")].append((path, header))
    if uid:
        found = defaultdict(list, {uid: found[uid]} if found.get(uid) else {})
    if len(found) != 1:
        listed = "; ".join(f"{key} ({len(files)} images)" for key, files in sorted(found.items()))
        raise FormatError(folder, f"holds {len(found)} image series{': ' if listed else ''}{listed}; expected one")
    return _series(folder, next(iter(found.values())))


def _series(folder: Path, files: Sequence[tuple[Path, Any]]) -> Series:
    frames = [_frame(path, header) for path, header in files]
    sizes = {(header.Rows, header.Columns) for _path, header in files}
    if len(sizes) > 1:
        raise UnsupportedFormatError(folder, f"images of one series have the sizes {sorted(sizes)} (rows, columns)")
    rows, columns = sizes.pop()
    report = Report()
    geometry, slices = place_frames(frames, int(rows), int(columns), folder, report)
    if len(set(slices)) < len(slices):
        raise UnsupportedFormatError(folder, "two images of the series lie in the same place (a time series?)")
    if len(slices) != geometry.shape[0]:
        raise CorruptFileError(folder, f"{len(slices)} images, {geometry.shape[0]} slices: the series has gaps")
    order = [int(place) for place in np.argsort(slices)]
    first = _header(files[order[0]][0], _SERIES_TAGS)
    return Series(folder, geometry, (first, *(files[place][1] for place in order[1:])))


def _header(path: Path, tags: Sequence[str]) -> Any:
    """These elements of a file as a pydicom data set."""
    pydicom = load_pydicom(path)
    with understood(path, "the header"):
        return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(tags))


def _frame(path: Path, header: Any) -> Frame:
    if int(header.get("NumberOfFrames") or 1) > 1:
        raise UnsupportedFormatError(path, "multi-frame images are not read as a series; expected one file a slice")
    values = []
    for name, count in (("ImagePositionPatient", 3), ("ImageOrientationPatient", 6), ("PixelSpacing", 2)):
        with understood(path, name):
            found = header.get(name)
            numbers = tuple(float(part) for part in found) if found is not None else ()
        if len(numbers) != count or not np.isfinite(numbers).all():
            raise CorruptFileError(path, f"{name}: found {numbers}, expected {count} numbers")
        values.append(numbers)
    with understood(path, "SpacingBetweenSlices"):
        between = header.get("SpacingBetweenSlices")
        distance = None if between is None else abs(float(between))
    return Frame(values[0], values[1], values[2], distance, ())
