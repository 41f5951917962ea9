"""DICOM segmentations (SEG): BINARY, FRACTIONAL and LABELMAP, one file or the folder that holds one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..core import Segmentation
from ..errors import CorruptFileError, GroupError, LabelError, OptionError
from .base import EVERYTHING, Format, ReadRequest
from .dicom.folder import holds_dicom, segmentation_in
from .dicom.parse import is_dicom, parse
from .dicom.reading import read_file
from .dicom.required import silenced

SUFFIX = ".dcm"


@dataclass(frozen=True)
class DicomReadOptions:
    """``threshold``: the least fraction, above 0 and up to 1, that counts as inside in fractional segmentations."""

    threshold: float = 0.5


def matches(path: Path, head: bytes) -> bool:
    """Files by their signature or suffix, folders that hold DICOM files. Raises OSError."""
    if path.is_dir():
        return holds_dicom(path)
    return is_dicom(head) or path.name.lower().endswith(SUFFIX)


def read(request: ReadRequest) -> Segmentation:
    """Reads a file, or the only segmentation in a folder.

    Raises CorruptFileError, UnsupportedFormatError (no segmentation, tiles, a missing decoder), FormatError (several
    in one folder), OptionError.
    """
    options = request.options if isinstance(request.options, DicomReadOptions) else DicomReadOptions()
    if not 0 < options.threshold <= 1:
        raise OptionError("threshold", options.threshold, "a fraction above 0 and up to 1")
    path = segmentation_in(request.path) if request.path.is_dir() else request.path
    with silenced():
        try:
            return read_file(parse(path), options.threshold, request.reference, request.report)
        except (LabelError, GroupError) as error:
            raise CorruptFileError(path, str(error)) from None


FORMAT = Format(
    id="dicom-seg",
    title="DICOM segmentation",
    suffixes=(SUFFIX,),
    capabilities=replace(EVERYTHING, time=False, undeclared=False, extras=True),
    matches=matches,
    reader=read,
    read_options=DicomReadOptions,
    reader_names=("DICOM Segmentation",),
)
