"""DICOM segmentations (SEG): BINARY, FRACTIONAL and LABELMAP, one file or the folder that holds one."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from ..core import Segmentation
from ..core.identity import new_uuid, present
from ..errors import CorruptFileError, GroupError, LabelError, OptionError, Remedy
from .base import EVERYTHING, Format, ReadRequest, WriteRequest
from .dicom.signature import Encoding, is_dicom
from .verify import differences

SUFFIX = ".dcm"

_SOURCE = Remedy("source", "together with the option source (--source)")


@dataclass(frozen=True)
class DicomReadOptions:
    """``threshold``: the least fraction, above 0 and up to 1, that counts as inside in fractional segmentations."""

    threshold: float = 0.5


@dataclass(frozen=True)
class DicomWriteOptions:
    """How and for which image to write.

    ``source``: the folder of the image series that was segmented; ``series``: which one of several in there (its
    SeriesInstanceUID). ``synthetic``: make up patient, study and frame of reference, or with ``source`` only what its
    images lack. ``encoding``: ``labelmap`` (one
    number a voxel), ``binary`` (one bit a voxel and label), or ``auto``, a label map unless labels overlap.
    ``per_group``: one file a group, as MITK writes them.
    """

    source: str = ""
    series: str = ""
    synthetic: bool = False
    encoding: Encoding = "auto"
    per_group: bool = False


def matches(path: Path, head: bytes) -> bool:
    """Files by their signature or suffix, folders that hold DICOM files. Raises OSError."""
    if path.is_dir():
        from .dicom.folder import holds_dicom

        return holds_dicom(path)
    return is_dicom(head) or path.name.lower().endswith(SUFFIX)


def read(request: ReadRequest) -> Segmentation:
    """Reads a file, or the only segmentation in a folder.

    Raises CorruptFileError, UnsupportedFormatError (no segmentation, tiles, a missing decoder), FormatError (several
    in one folder), OptionError.
    """
    # every file is asked whether it is one of these, so what reads them is loaded when one is
    from .dicom.folder import segmentation_in
    from .dicom.parts import read_parts
    from .dicom.required import silenced

    options = request.options if isinstance(request.options, DicomReadOptions) else DicomReadOptions()
    if not 0 < options.threshold <= 1:
        raise OptionError("threshold", options.threshold, "a fraction above 0 and up to 1")
    path = segmentation_in(request.path) if request.path.is_dir() else request.path
    with silenced():
        try:
            return read_parts(path, options.threshold, request.reference, request.report)
        except (LabelError, GroupError) as error:
            raise CorruptFileError(path, str(error)) from None


def write(request: WriteRequest) -> Path:
    """Writes one file, or one a group; returns the first.

    Raises FormatError when it is not known whose image was segmented (saying what is missing) and when the series is
    another one, LossError for time and for a label map of overlapping labels, OptionError.
    """
    from .dicom.required import silenced
    from .dicom.source import find_source
    from .dicom.writing import expect_writable, outputs, write_file

    options = request.options if isinstance(request.options, DicomWriteOptions) else DicomWriteOptions()
    if options.series and not options.source:
        raise OptionError("series", options.series, f"{_SOURCE}, the folder it is in").offering(_SOURCE)
    expect_writable(request.segmentation, request.path)
    files = outputs(request.segmentation, request.path, options.per_group)
    with silenced():
        source = find_source(
            request.segmentation, request.path, options.source, options.series, options.synthetic, request.report
        )
        when = present().astimezone()
        series_uid = f"2.25.{new_uuid(when.isoformat()).int}"
        checksums = {}
        for number, output in enumerate(files):
            request.report.step(number / len(files), "writing")
            checksums[output.path] = write_file(
                output, request.stage, source, options.encoding, series_uid, when, request.report
            )
    request.made = checksums
    return request.path


def verify(request: WriteRequest, written: Path) -> list[str]:
    """Sentences about what differs: in the bytes on disk, then in what they mean when read again."""
    for path, checksum in request.made.items():
        if zlib.crc32(request.stage.staged(path).read_bytes()) != checksum:
            return [f"{path.name} holds other bytes than were written"]
    found = read(ReadRequest(request.stage.staged(written)))
    return differences(request.segmentation, found, FORMAT.capabilities)


FORMAT = Format(
    id="dicom-seg",
    title="DICOM segmentation",
    suffixes=(SUFFIX,),
    capabilities=replace(EVERYTHING, time=False, undeclared=False, extras=True),
    matches=matches,
    reader=read,
    writer=write,
    verifier=verify,
    read_options=DicomReadOptions,
    write_options=DicomWriteOptions,
    reader_names=("DICOM Segmentation",),
)
