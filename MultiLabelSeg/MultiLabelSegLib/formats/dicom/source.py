"""Whose image a segmentation is written for: an image series, the identity that it carries, or a made-up one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Segmentation
from ...errors import FormatError, Remedy
from ..report import Report
from .frame_groups import SourceImage
from .identity import REQUIRED, SHARED, identity_from_properties
from .inherited import inherited_identity, inherited_images, inherited_references, segmentation_of
from .series import References, Series, SeriesSlice, read_series

#: how far, in voxels of the series, a labelled voxel's centre may lie outside of its images
_OUTSIDE = 0.51

_MADE_UP = Remedy("synthetic", "the option synthetic (--synthetic) beside the source makes up what is missing")
_IDENTITY = Remedy(
    "source",
    "Give the folder of the image series as the option source (--source FOLDER), or choose the option synthetic "
    "(--synthetic) for a made-up identity",
)


@dataclass(frozen=True)
class Source:
    """Identity by keyword, the image of each slice (None: unknown) and the series that are referred to."""

    identity: dict[str, Any]
    images: list[SourceImage | None]
    references: tuple[References, ...] = ()
    lossy: dict[str, Any] = field(default_factory=dict)


def find_source(
    segmentation: Segmentation, path: Path, folder: str, series_uid: str, synthetic: bool, report: Report
) -> Source:
    """What a file says about the image that was segmented.

    Its series comes first, or an earlier segmentation of it (``synthetic`` then makes up only what these lack), then a
    made-up identity where asked for, then what the segmentation carries from the DICOM file that it was read from.
    Raises FormatError, saying what is missing, when there is none of them, and when labels lie outside of the series.
    """
    nothing: list[SourceImage | None] = [None] * segmentation.geometry.shape[0]
    earlier = segmentation_of(Path(folder)) if folder else None
    if earlier is not None:
        return _of_segmentation(segmentation, earlier, synthetic, report)
    if folder:
        series = read_series(Path(folder), series_uid, report=report)
        missing = series.missing()
        if missing and not synthetic:
            raise FormatError(
                series.path,
                f"the image series lacks {', '.join(missing)}, which a segmentation needs; {_MADE_UP}",
            ).offering(_MADE_UP)
        return _of_series(segmentation, series, missing, report)
    carried = identity_from_properties(segmentation.properties)
    if synthetic:
        report.note("patient, study and frame of reference are made up: the file fits no image of an archive", path)
        return Source(_made_up(segmentation.uid), nothing)
    missing = [f"{name} ({tag.replace('.', ',')})" for name, tag in REQUIRED.items() if name not in carried]
    if missing:
        raise FormatError(
            path,
            f"a DICOM segmentation belongs to an image; unknown are {', '.join(missing)}. {_IDENTITY}",
        ).offering(_IDENTITY)
    report.note("patient and study are those of the file that was read; its images are not referenced", path)
    return Source(dict(carried), nothing)


def _of_segmentation(segmentation: Segmentation, path: Path, synthetic: bool, report: Report) -> Source:
    """Patient, study and referenced images of an earlier segmentation."""
    identity, file = inherited_identity(path)
    missing = [name for name in REQUIRED if name not in identity]
    if missing and not synthetic:
        raise FormatError(
            path,
            f"this source of a segmentation lacks {', '.join(missing)}; {_MADE_UP}",
        ).offering(_MADE_UP)
    identity = {**{name: text for name, text in _made_up(segmentation.uid).items() if name in missing}, **identity}
    references = inherited_references(file)
    images = inherited_images(file, segmentation.geometry)
    listed = {pair for reference in references for pair in reference.images}
    known = [image if image is not None and image[:2] in listed else None for image in images]
    report.note("patient, study and the images that are referred to are those of this segmentation", path)
    return Source(identity, known, tuple(references))


def _made_up(uid: str) -> dict[str, Any]:
    """An identity that follows from the document's uid, so that its files belong together."""
    identity: dict[str, Any] = {"PatientName": "UNKNOWN", "PatientID": "UNKNOWN", "StudyID": "1"}
    seed = uid.encode("utf-8", "replace").decode("utf-8")
    for keyword in REQUIRED:
        identity[keyword] = f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{keyword} {seed}').int}"
    return identity


def _of_series(segmentation: Segmentation, series: Series, missing: list[str], report: Report) -> Source:
    first = series.header
    identity = {keyword: first.get(keyword) for keyword in SHARED if first.get(keyword) is not None}
    _refuse_outside(segmentation, series)
    if missing:
        made_up = {keyword: value for keyword, value in _made_up(segmentation.uid).items() if keyword in missing}
        report.note(f"the images lack {', '.join(missing)}: they are made up or left out", series.path)
        identity.update(made_up)
    if set(missing) - set(REQUIRED):
        return Source(identity, [None] * segmentation.geometry.shape[0])
    images = _images(segmentation, series)
    unknown = images.count(None)
    if unknown:
        report.note(f"{unknown} of {len(images)} slices lie on no image of the series; they refer to none", series.path)
    keywords = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
    lossy = {keyword: first.get(keyword) for keyword in keywords if first.get(keyword)}
    was_lossy = len(lossy) == len(keywords) and lossy["LossyImageCompression"] == "01"
    return Source(identity, images, (series.references,), lossy if was_lossy else {})


def _images(segmentation: Segmentation, series: Series) -> list[SourceImage | None]:
    """The image in whose plane each slice lies."""
    mine, theirs = segmentation.geometry, series.geometry
    turned = np.cross(*mine.direction.T[:2]) @ np.cross(*theirs.direction.T[:2])
    j, i = (mine.shape[1] - 1) / 2, (mine.shape[2] - 1) / 2
    images: list[SourceImage | None] = []
    for k in range(mine.shape[0]):
        place = float(theirs.ijk_from_lps(mine.lps_from_ijk([i, j, k]))[2])
        nearest = round(place)
        fits = abs(abs(turned) - 1) < 1e-4 and abs(place - nearest) < 0.01 and 0 <= nearest < len(series.slices)
        images.append(_source_image(series.slices[nearest]) if fits else None)
    return images


def _source_image(entry: SeriesSlice) -> SourceImage:
    image = entry.image
    return SourceImage(image.sop_class, image.sop_instance, entry.frame + 1 if image.is_multi_frame else 0)


def _refuse_outside(segmentation: Segmentation, series: Series) -> None:
    """Raises FormatError when labelled voxels lie outside of the images: the series is another one."""
    extents = [group.extent(value) for group in segmentation.groups for value in group.values]
    boxes = [extent.box for extent in extents if extent is not None]
    if not boxes:
        return
    low = np.min([box.lower for box in boxes], axis=0)[::-1]
    high = np.max([box.upper for box in boxes], axis=0)[::-1] - 1
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    found = series.geometry.ijk_from_lps(segmentation.geometry.lps_from_ijk(corners))
    beyond = np.maximum(-found, found - (np.array(series.geometry.size) - 1))
    if beyond.max() > _OUTSIDE:
        axis = "ijk"[int(beyond.max(axis=0).argmax())]
        raise FormatError(
            series.path,
            f"labelled voxels lie up to {beyond.max():.4g} voxels outside of the images along {axis}; is this what "
            f"was segmented? It has {series.geometry}, the segmentation {segmentation.geometry}",
        )
