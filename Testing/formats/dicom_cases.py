"""Small DICOM segmentations made with pydicom alone, as other programs might write them, and image series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def item(**values: Any) -> Dataset:
    """A data set with these values."""
    data_set = Dataset()
    for keyword, value in values.items():
        setattr(data_set, keyword, value)
    return data_set


def code(value: str, meaning: str, scheme: str = "SCT") -> Dataset:
    """An item of a code sequence."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def segment(number: int, **values: Any) -> Dataset:
    """A segment with the fewest values that the standard asks for."""
    return _with(
        item(
            SegmentNumber=number,
            SegmentLabel=f"S{number}",
            SegmentAlgorithmType="MANUAL",
            SegmentedPropertyCategoryCodeSequence=[code("85756007", "Tissue")],
            SegmentedPropertyTypeCodeSequence=[code("10200004", "Liver")],
        ),
        values,
    )


def _with(data_set: Dataset, values: dict[str, Any]) -> Dataset:
    for keyword, value in values.items():
        setattr(data_set, keyword, value)
    return data_set


@dataclass
class SegFile:
    """What to write: ``frames`` are (segment number, position, pixels (rows, columns))."""

    frames: list[tuple[int, Sequence[float], NDArray[Any]]]
    kind: str = "BINARY"
    segments: list[Dataset] = field(default_factory=list)
    orientation: Sequence[float] = AXIAL
    pixel_spacing: Sequence[float] = (2.0, 1.0)
    measures: dict[str, Any] = field(default_factory=dict)
    syntax: str = ExplicitVRLittleEndian
    header: dict[str, Any] = field(default_factory=dict)
    open_lengths: bool = False
    bits: int = 8

    def data_set(self) -> Dataset:
        """The data set, before it is encoded."""
        pixels = np.stack([frame[2] for frame in self.frames])
        sop = LABEL_MAP if self.kind == "LABELMAP" else SEGMENTATION
        data_set = item(SOPClassUID=sop, SOPInstanceUID=generate_uid(), Modality="SEG", SegmentationType=self.kind)
        data_set.SpecificCharacterSet = "ISO_IR 192"
        data_set.PatientID, data_set.StudyInstanceUID = "P1", "1.2.3"
        data_set.FrameOfReferenceUID = "1.2.3.4"
        data_set.NumberOfFrames, data_set.Rows, data_set.Columns = pixels.shape
        bits = 1 if self.kind == "BINARY" else self.bits
        data_set.BitsAllocated = data_set.BitsStored = bits
        data_set.HighBit, data_set.PixelRepresentation = bits - 1, 0
        data_set.SamplesPerPixel, data_set.PhotometricInterpretation = 1, "MONOCHROME2"
        numbers = sorted({frame[0] for frame in self.frames if frame[0]})
        data_set.SegmentSequence = self.segments or [segment(number) for number in numbers]
        measures = item(PixelSpacing=list(self.pixel_spacing), SliceThickness=9.0, **self.measures)
        orientation = item(ImageOrientationPatient=list(self.orientation))
        data_set.SharedFunctionalGroupsSequence = [
            item(PixelMeasuresSequence=[measures], PlaneOrientationSequence=[orientation])
        ]
        data_set.PerFrameFunctionalGroupsSequence = [self._groups(*frame[:2]) for frame in self.frames]
        for keyword, value in self.header.items():
            setattr(data_set, keyword, value)
        data_set.PixelData = self._encoded(pixels)
        data_set["PixelData"].VR = "OB"
        return data_set

    def _groups(self, number: int, position: Sequence[float]) -> Dataset:
        groups = item(PlanePositionSequence=[item(ImagePositionPatient=[float(part) for part in position])])
        if self.kind != "LABELMAP":
            groups.SegmentIdentificationSequence = [item(ReferencedSegmentNumber=number)]
        if self.open_lengths:
            groups["PlanePositionSequence"].is_undefined_length = True
            groups.PlanePositionSequence[0].is_undefined_length_sequence_item = True
        return groups

    def _encoded(self, pixels: NDArray[Any]) -> bytes:
        if self.kind == "BINARY":
            data = np.packbits(pixels.astype(bool).ravel(), bitorder="little").tobytes()
        else:
            data = pixels.astype(f"u{self.bits // 8}").tobytes()
        return data + b"\0" * (len(data) % 2)

    def write(self, path: Path) -> Path:
        """Writes the file; big endian words of pixels are swapped as the standard wants them."""
        data_set = self.data_set()
        data_set.file_meta = FileMetaDataset()
        data_set.file_meta.MediaStorageSOPClassUID = data_set.SOPClassUID
        data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
        data_set.file_meta.TransferSyntaxUID = self.syntax
        if self.open_lengths:
            data_set["PerFrameFunctionalGroupsSequence"].is_undefined_length = True
        if self.syntax == pydicom.uid.ExplicitVRBigEndian and self.kind != "BINARY" and self.bits == 16:
            data_set.PixelData = np.frombuffer(data_set.PixelData, "<u2").astype(">u2").tobytes()
        if pydicom.uid.UID(self.syntax).is_compressed and not pydicom.uid.UID(self.syntax).is_deflated:
            data_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            data_set.compress(self.syntax, generate_instance_uid=False)
        data_set.save_as(path, enforce_file_format=True)
        return path


def write_series(
    folder: Path,
    shape: tuple[int, int, int],
    affine: NDArray[np.float64],
    descending: bool = False,
    **changes: Any,
) -> Path:
    """A CT series of one file a slice whose voxels lie as the affine (i, j, k to LPS mm) says; SliceThickness lies."""
    folder.mkdir(parents=True, exist_ok=True)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    axes = affine[:3, :3] / spacing
    for k in range(shape[0]):
        data_set = item(SOPClassUID=CTImageStorage, SOPInstanceUID=generate_uid(), Modality="CT")
        data_set.StudyInstanceUID, data_set.SeriesInstanceUID, data_set.FrameOfReferenceUID = study, series, frame
        data_set.PatientName, data_set.PatientID, data_set.PatientBirthDate = "Müller^Anna", "P7", ""
        data_set.SpecificCharacterSet, data_set.PatientSex, data_set.StudyID = "ISO_IR 192", "F", "1"
        data_set.StudyDate, data_set.StudyTime, data_set.AccessionNumber = "20260101", "120000", ""
        data_set.ReferringPhysicianName, data_set.Manufacturer, data_set.PositionReferenceIndicator = "", "m", ""
        data_set.SeriesNumber, data_set.InstanceNumber = 1, (shape[0] - k if descending else k + 1)
        data_set.ImagePositionPatient = [format_number(part) for part in affine[:3] @ [0, 0, k, 1]]
        data_set.ImageOrientationPatient = [format_number(part) for part in (*axes[:, 0], *axes[:, 1])]
        data_set.PixelSpacing = [format_number(spacing[1]), format_number(spacing[0])]
        data_set.SliceThickness = 9.0
        data_set.Rows, data_set.Columns = shape[1], shape[2]
        data_set.BitsAllocated = data_set.BitsStored = 16
        data_set.HighBit, data_set.PixelRepresentation = 15, 1
        data_set.SamplesPerPixel, data_set.PhotometricInterpretation = 1, "MONOCHROME2"
        data_set.RescaleIntercept, data_set.RescaleSlope, data_set.ImageType = 0, 1, ["ORIGINAL", "PRIMARY", "AXIAL"]
        data_set.PixelData = np.zeros(shape[1:], np.int16).tobytes()
        for keyword, value in changes.items():
            setattr(data_set, keyword, value)
        data_set.file_meta = FileMetaDataset()
        data_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data_set.file_meta.MediaStorageSOPClassUID = CTImageStorage
        data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID or generate_uid()
        number = shape[0] - k if descending else k
        data_set.save_as(folder / f"{number:03d}.dcm", enforce_file_format=True)
    return folder


def format_number(value: float) -> str:
    """A number as a decimal string of DICOM, 16 characters at most."""
    return str(pydicom.valuerep.DSfloat(float(value), auto_format=True))


def write_enhanced(
    folder: Path, shape: tuple[int, int, int], affine: NDArray[np.float64], voxels: NDArray[Any] | None = None
) -> Path:
    """The same series as one multi-frame file, its frames from the last slice to the first; the rescale is a frame's.

    Stored numbers are those of ``voxels`` + 1000, said by RescaleIntercept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    single = pydicom.dcmread(next(write_series(folder / "one", (1, *shape[1:]), affine).iterdir()))
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    axes = affine[:3, :3] / spacing
    data_set = pydicom.dcmread(folder / "one" / "000.dcm")
    (folder / "one" / "000.dcm").unlink()
    (folder / "one").rmdir()
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(data_set, keyword)
    del data_set.RescaleIntercept, data_set.RescaleSlope
    data_set.SOPClassUID = data_set.file_meta.MediaStorageSOPClassUID = pydicom.uid.EnhancedCTImageStorage
    data_set.SOPInstanceUID = single.SOPInstanceUID
    data_set.NumberOfFrames = shape[0]
    orientation = item(ImageOrientationPatient=[format_number(part) for part in (*axes[:, 0], *axes[:, 1])])
    measures = item(PixelSpacing=[format_number(spacing[1]), format_number(spacing[0])], SliceThickness=9.0)
    data_set.SharedFunctionalGroupsSequence = [
        item(PlaneOrientationSequence=[orientation], PixelMeasuresSequence=[measures])
    ]
    order = list(reversed(range(shape[0])))
    data_set.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[
                item(ImagePositionPatient=[format_number(part) for part in affine[:3] @ [0, 0, k, 1]])
            ],
            PixelValueTransformationSequence=[item(RescaleIntercept=-1000, RescaleSlope=1, RescaleType="HU")],
        )
        for k in order
    ]
    stored = np.zeros(shape, np.int16) if voxels is None else voxels.astype(np.int16) + 1000
    data_set.PixelData = np.ascontiguousarray(stored[order]).tobytes()
    data_set.save_as(folder / "enhanced.dcm", enforce_file_format=True)
    return folder
