"""Whose image a segmentation belongs to, from an earlier segmentation of it: patient, study and the images it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...core import Geometry
from ..report import Report
from .folder import dicom_files
from .frame_groups import SourceImage
from .frame_items import Pattern, Tags
from .frames import read_frames
from .identity import REQUIRED, SHARED, is_uid
from .parse import DicomFile, count_of, is_segmentation, parse_with, text_of
from .required import understood
from .series import References

_IMAGE = (0x00089124, 0x00082112)
_CLASS, _INSTANCE, _FRAME = (*_IMAGE, 0x00081150), (*_IMAGE, 0x00081155), (*_IMAGE, 0x00081160)
#: how far from a slice, in slices, a frame may lie
_OFF = 0.01


def segmentation_of(path: Path) -> Path | None:
    """The segmentation that is named, or the only one in a folder without images; None for everything else.

    Raises OSError.
    """
    if path.is_file():
        return path if is_segmentation(path) else None
    files = dicom_files(path) if path.is_dir() else []
    return files[0] if len(files) == 1 and is_segmentation(files[0]) else None


def inherited_identity(path: Path) -> tuple[dict[str, str], DicomFile]:
    """Patient and study of a segmentation, by keyword, and the file. Raises FormatError as ``parse``."""
    file = parse_with(path, (_CLASS, _INSTANCE, _FRAME))
    with understood(path, "the identity"):
        texts = {name: text for name in SHARED if (text := text_of(file.header, name))}
        return {name: text for name, text in texts.items() if name not in REQUIRED or is_uid(text)}, file


def inherited_images(file: DicomFile, geometry: Geometry) -> list[SourceImage | None]:
    """The image of each slice of a grid, as far as the frames of an earlier segmentation name it."""
    count = count_of(file, "NumberOfFrames", 1)
    frames = read_frames(file, count, needs_segment=False, report=Report())
    images: list[SourceImage | None] = [None] * geometry.shape[0]
    for frame, item in zip(frames, file.frame_items, strict=False):
        row, column = np.array(frame.orientation).reshape(2, 3)
        straight = abs(abs(np.cross(row, column) @ np.cross(*geometry.direction.T[:2])) - 1) < 1e-4
        place = float(geometry.ijk_from_lps(frame.position)[2])
        nearest = round(place)
        if not straight or abs(place - nearest) > _OFF or not 0 <= nearest < len(images):
            continue
        sop_class, instance, number = (_text(file, item, tags) for tags in (_CLASS, _INSTANCE, _FRAME))
        if is_uid(sop_class) and is_uid(instance):
            # several frames of one image are named with a backslash between them; the first is as good
            first = number.split("\\")[0].strip()
            images[nearest] = SourceImage(sop_class, instance, int(first) if first.isdigit() else 0)
    return images


def inherited_references(file: DicomFile) -> list[References]:
    """The series that a segmentation refers to, with the images that it lists of each."""
    found: list[References] = []
    with understood(file.path, "the referenced series"):
        for series in file.header.get("ReferencedSeriesSequence") or []:
            listed: list[Any] = series.get("ReferencedInstanceSequence") or []
            images = [
                (text_of(one, "ReferencedSOPClassUID"), text_of(one, "ReferencedSOPInstanceUID")) for one in listed
            ]
            complete = [pair for pair in images if all(map(is_uid, pair))]
            if is_uid(text_of(series, "SeriesInstanceUID")) and complete:
                found.append(References(text_of(series, "SeriesInstanceUID"), tuple(complete)))
    return found


def _text(file: DicomFile, item: tuple[Pattern, int], tags: Tags) -> str:
    pattern, at = item
    place = pattern.places.get(tags)
    if place is None:
        return ""
    return file.stream.data[at + place[0] : at + place[1]].strip(b" \0").decode("ascii", "replace")
