"""The header of a DICOM segmentation: everything before frames and pixels."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ... import __version__
from ...core import Geometry, Label, Segmentation
from .document import add_document
from .frame_groups import decimal_string
from .frames_write import FrameList
from .parse import LABEL_MAP_SEGMENTATION, SEGMENTATION
from .segments import segment_item
from .source import Source

#: what must be there, if only empty
_MAY_BE_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
    "AccessionNumber", "ReferringPhysicianName", "PositionReferenceIndicator",
)  # fmt: skip
_SERIES_NUMBER = 300


@dataclass(frozen=True)
class Content:
    """What one file holds. ``number_of`` gives the segment number of each label value."""

    segmentation: Segmentation
    number_of: Mapping[int, int]
    frames: FrameList
    is_label_map: bool
    overlaps: bool
    part: tuple[int, int] = (0, 1)


def header_bytes(content: Content, source: Source, series_uid: str, when: datetime) -> bytes:
    """Preamble, file meta information and header, explicit and little endian, up to the shared functional groups."""
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset

    header = Dataset()
    _add_identity(header, content, source, series_uid, when)
    _add_image(header, content, source)
    _add_dimensions(header, content.is_label_map)
    _add_references(header, source)
    labels = sorted(content.segmentation.labels, key=lambda label: content.number_of[label.value])
    header.SegmentSequence = [_segment(label, content.number_of) for label in labels]
    values = {number: value for value, number in content.number_of.items()}
    add_document(header, content.segmentation, values, content.part)
    header.SharedFunctionalGroupsSequence = [_shared(content.segmentation.geometry)]
    header.file_meta = FileMetaDataset()
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    header.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    header.file_meta.ImplementationVersionName = "MULTILABELSEG"
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, header, enforce_file_format=True)
    return buffer.getvalue()


def _segment(label: Label, number_of: Mapping[int, int]) -> Any:
    return segment_item(label, number_of[label.value])


def _add_identity(header: Any, content: Content, source: Source, series_uid: str, when: datetime) -> None:
    from pydicom.uid import generate_uid

    header.SpecificCharacterSet = "ISO_IR 192"
    header.ImageType = ["DERIVED", "PRIMARY"]
    header.SOPClassUID = LABEL_MAP_SEGMENTATION if content.is_label_map else SEGMENTATION
    header.SOPInstanceUID = generate_uid()
    for keyword in _MAY_BE_EMPTY:
        setattr(header, keyword, "")
    for keyword, value in source.identity.items():
        setattr(header, keyword, value)
    header.Modality = "SEG"
    header.SeriesInstanceUID = series_uid
    header.SeriesNumber = _SERIES_NUMBER
    header.SeriesDescription = "Segmentation"
    header.InstanceNumber = content.part[0] + 1
    date, time = when.strftime("%Y%m%d"), when.strftime("%H%M%S")
    header.SeriesDate = header.ContentDate = header.InstanceCreationDate = date
    header.SeriesTime = header.ContentTime = header.InstanceCreationTime = time
    header.Manufacturer = header.ManufacturerModelName = "MultiLabelSeg"
    header.DeviceSerialNumber, header.SoftwareVersions = "0", __version__
    header.ContentLabel, header.ContentDescription, header.ContentCreatorName = "SEGMENTATION", "", ""


def _add_image(header: Any, content: Content, source: Source) -> None:
    bits = content.frames.bits
    header.Rows, header.Columns = content.segmentation.geometry.shape[1:]
    header.NumberOfFrames = len(content.frames.numbers)
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated = header.BitsStored = bits
    header.HighBit, header.PixelRepresentation = bits - 1, 0
    header.LossyImageCompression = "00"
    for keyword, value in source.lossy.items():
        setattr(header, keyword, value)
    header.SegmentationType = "LABELMAP" if content.is_label_map else "BINARY"
    header.SegmentsOverlap = "YES" if content.overlaps else "NO"
    if content.is_label_map:
        header.PixelPaddingValue = 0


def _add_dimensions(header: Any, is_label_map: bool) -> None:
    """Frames are sorted by segment (where they have one), then by position."""
    from pydicom.dataset import Dataset
    from pydicom.uid import generate_uid

    uid = generate_uid()
    organization = Dataset()
    organization.DimensionOrganizationUID = uid
    header.DimensionOrganizationSequence = [organization]
    indices = []
    for pointer, group, label in (
        (0x0062000B, 0x0062000A, "ReferencedSegmentNumber"),
        (0x00200032, 0x00209113, "ImagePositionPatient"),
    ):
        if is_label_map and pointer == 0x0062000B:
            continue
        index = Dataset()
        index.DimensionOrganizationUID = uid
        index.DimensionIndexPointer, index.FunctionalGroupPointer = pointer, group
        index.DimensionDescriptionLabel = label
        indices.append(index)
    header.DimensionIndexSequence = indices


def _add_references(header: Any, source: Source) -> None:
    from pydicom.dataset import Dataset

    listed = []
    for reference in source.references:
        instances = []
        for sop_class, sop_instance in reference.images:
            instance = Dataset()
            instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = sop_class, sop_instance
            instances.append(instance)
        series = Dataset()
        series.SeriesInstanceUID = reference.series
        series.ReferencedInstanceSequence = instances
        listed.append(series)
    if listed:
        header.ReferencedSeriesSequence = listed


def _shared(geometry: Geometry) -> Any:
    """Directions and distances, which all frames share."""
    from pydicom.dataset import Dataset

    orientation, measures, shared = Dataset(), Dataset(), Dataset()
    cosines: Sequence[float] = geometry.direction.T[:2].reshape(-1).tolist()
    orientation.ImageOrientationPatient = [decimal_string(part) for part in cosines]
    i, j, _k = geometry.spacing
    normal = np.cross(*geometry.direction.T[:2])
    between = decimal_string(abs(float(geometry.ijk_to_lps[:3, 2] @ normal)))
    measures.PixelSpacing = [decimal_string(j), decimal_string(i)]
    measures.SliceThickness = measures.SpacingBetweenSlices = between
    shared.PlaneOrientationSequence = [orientation]
    shared.PixelMeasuresSequence = [measures]
    return shared
