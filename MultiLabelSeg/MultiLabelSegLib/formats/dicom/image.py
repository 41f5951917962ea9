"""The voxels of an image series: one file a slice or many frames in a file, compressed or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core import Image
from ...errors import CorruptFileError, UnsupportedFormatError
from ..report import Report
from .frames import frame_values
from .image_header import ImageHeader
from .parse import INTERCEPT, SLOPE, parse_image, text_of
from .pixels import decoded_frames
from .required import load_pydicom, understood
from .series import Series, read_series

_KINDS = (np.int16, np.uint16, np.int32)


class _Scaled(NamedTuple):
    """Stored numbers of one frame (rows, columns); they mean ``slope * stored + intercept``."""

    stored: NDArray[Any]
    slope: float
    intercept: float


def read_dicom_image(path: Path, report: Report) -> Image:
    """The image series in a folder, or that a file belongs to: voxels (1, k, j, i), slices ascending along the normal.

    Voxels are whole numbers of 16 or 32 bits, float32 where a slope or intercept is none. Raises as ``read_series``,
    UnsupportedFormatError for colours and for compressions without a decoder.
    """
    series = read_series(path, report=report)
    frames: dict[Path, list[_Scaled]] = {}
    for number, image in enumerate(series.images):
        report.step(number / len(series.images), "reading images")
        frames[image.path] = _read_file(image)
    scaled = [frames[entry.image.path][entry.frame] for entry in series.slices]
    array = np.empty(series.geometry.full_shape, _type_of(scaled))
    for k, one in enumerate(scaled):
        array[0, k] = _meant(one, array.dtype)
    return Image(array, series.geometry, _metadata(series))


def _metadata(series: Series) -> dict[str, str]:
    """What kind of image it is; nothing that names a patient."""
    return {"Modality": text_of(series.header, "Modality"), "SeriesInstanceUID": series.uid}


def _type_of(frames: Sequence[_Scaled]) -> np.dtype[Any]:
    """The smallest type for whole numbers that holds all, float32 for others."""
    if any(not (one.slope.is_integer() and one.intercept.is_integer()) for one in frames):
        return np.dtype(np.float32)
    if any(one.stored.dtype.kind == "f" for one in frames):
        return np.dtype(np.float32)
    ends = [
        int(one.slope) * int(end) + int(one.intercept) for one in frames for end in (one.stored.min(), one.stored.max())
    ]
    for kind in _KINDS:
        if np.iinfo(kind).min <= min(ends) and max(ends) <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.float32)


def _meant(one: _Scaled, kind: np.dtype[Any]) -> NDArray[Any]:
    if kind.kind == "f":
        return (one.stored * one.slope + one.intercept).astype(kind)
    return (one.stored.astype(np.int64) * int(one.slope) + int(one.intercept)).astype(kind)


def _read_file(image: ImageHeader) -> list[_Scaled]:
    """All frames of a file, with the scale of each."""
    pydicom = load_pydicom(image.path)
    with understood(image.path, "the image"):
        header = pydicom.dcmread(image.path)
        samples = int(header.get("SamplesPerPixel") or 1)
        scale = (_number(header, "RescaleSlope", 1.0), _number(header, "RescaleIntercept", 0.0))
    if samples != 1:
        raise UnsupportedFormatError(image.path, f"has {samples} colours a pixel; images of single numbers are read")
    stored = decoded_frames(header, image.path)
    if stored is None:
        return [_Scaled(_decoded_by_itk(image), 1.0, 0.0)]
    count = len(image.frames)
    if stored.shape != (count, image.rows, image.columns):
        raise CorruptFileError(image.path, f"pixels {stored.shape}, expected {(count, image.rows, image.columns)}")
    scales = [scale] * count if not image.is_multi_frame else _scales(image, count, scale)
    return [_Scaled(frame, slope, intercept) for frame, (slope, intercept) in zip(stored, scales, strict=True)]


def _scales(image: ImageHeader, count: int, common: tuple[float, float]) -> list[tuple[float, float]]:
    """Slope and intercept of each frame of a multi-frame image; what it does not say itself is the file's."""
    found = frame_values(parse_image(image.path), count, (SLOPE, INTERCEPT))
    return [(slope[0] if slope else common[0], shift[0] if shift else common[1]) for slope, shift in found]


def _number(header: Any, keyword: str, missing: float) -> float:
    value = header.get(keyword)
    number = missing if value is None or value == "" else float(value)
    if not np.isfinite(number):
        raise ValueError(f"{keyword} is {number}")
    return number


def _decoded_by_itk(image: ImageHeader) -> NDArray[Any]:
    """Voxels of one frame whose compression pydicom has no decoder for, scaled by GDCM, which ITK brings with it."""
    import SimpleITK as sitk

    if len(image.frames) > 1:
        raise UnsupportedFormatError(
            image.path, "several compressed frames, for which pydicom has no decoder installed (pylibjpeg, gdcm)"
        )
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(image.path))
    reader.SetImageIO("GDCMImageIO")
    try:
        array = sitk.GetArrayFromImage(reader.Execute())
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1] if str(error).strip() else "no reason given"
        raise UnsupportedFormatError(
            image.path, f"pydicom has no decoder for its compression installed, GDCM says: {first:.160}"
        ) from None
    return np.asarray(array).reshape(image.rows, image.columns)
