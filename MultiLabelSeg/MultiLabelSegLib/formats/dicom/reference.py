"""Which image series a DICOM segmentation says it was drawn on."""

from __future__ import annotations

from pathlib import Path

from .folder import segmentation_in
from .parse import text_of
from .required import load_pydicom, understood


def referenced_series(path: Path) -> list[str]:
    """The SeriesInstanceUIDs that a segmentation file, or the only one in a folder, refers to; [] for other objects.

    Raises CorruptFileError, FormatError (several segmentations in a folder, none).
    """
    file = segmentation_in(path) if path.is_dir() else path
    pydicom = load_pydicom(file)
    with understood(file, "the referenced series"):
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["ReferencedSeriesSequence"])
        return [text_of(item, "SeriesInstanceUID") for item in header.get("ReferencedSeriesSequence") or []]
