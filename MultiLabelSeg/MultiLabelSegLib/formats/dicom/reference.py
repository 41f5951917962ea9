"""Which image series a DICOM segmentation says it was drawn on."""

from __future__ import annotations

from pathlib import Path

from .folder import segmentation_in
from .parse import parse, text_of
from .required import understood


def referenced_series(path: Path) -> list[str]:
    """The SeriesInstanceUIDs that a segmentation file, or the only one in a folder, refers to; [] for other objects.

    Raises CorruptFileError, FormatError (several segmentations in a folder, none).
    """
    file = segmentation_in(path) if path.is_dir() else path
    with understood(file, "the referenced series"):
        items = parse(file).header.get("ReferencedSeriesSequence") or []
        return [text_of(item, "SeriesInstanceUID") for item in items]
