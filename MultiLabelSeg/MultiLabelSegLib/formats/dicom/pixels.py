"""The pixels of all frames: packed bits or numbers, compressed or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import CorruptFileError, UnsupportedFormatError
from .bits import Bytes, packed_size, split_frames
from .parse import DicomFile, count_of
from .required import load_pydicom, understood

#: pixels of all frames together: more would be a lie of the header rather than a segmentation
_MOST_PIXELS = 1 << 38


def binary_frames(file: DicomFile, count: int) -> Bytes:
    """Packed rows, one a frame, of a file with one bit a pixel.

    Raises CorruptFileError for missing pixels, UnsupportedFormatError for a compression that cannot be undone here.
    """
    pixels = count_of(file, "Rows") * count_of(file, "Columns")
    if not file.is_native:
        array = _decoded(file).reshape(count, -1)
        return np.packbits(array != 0, axis=1, bitorder="little")
    data = _native(file, packed_size(pixels * count))
    if not file.stream.is_little and file.pixels is not None and file.pixels.vr == b"OW":
        data = data[: len(data) // 2 * 2].view(np.uint16).byteswap().view(np.uint8)
    return split_frames(data, pixels, count)


def number_frames(file: DicomFile, count: int) -> NDArray[np.unsignedinteger]:
    """Numbers (count, rows, columns), 8 or 16 bit, of a file of fractions or of a label map. Errors as above."""
    rows, columns, bits = (count_of(file, name) for name in ("Rows", "Columns", "BitsAllocated"))
    if bits not in (8, 16):
        raise CorruptFileError(file.path, f"BitsAllocated: found {bits}, expected 8 or 16")
    if not file.is_native:
        return _decoded(file).reshape(count, rows, columns)
    data = _native(file, count * rows * columns * bits // 8)
    if bits == 8:
        if not file.stream.is_little and file.pixels is not None and file.pixels.vr == b"OW":
            data = data[: len(data) // 2 * 2].view(np.uint16).byteswap().view(np.uint8)
        return data[: count * rows * columns].reshape(count, rows, columns)
    words = data[: count * rows * columns * 2].view("<u2" if file.stream.is_little else ">u2")
    return words.astype(np.uint16, copy=False).reshape(count, rows, columns)


def _native(file: DicomFile, expected: int) -> Bytes:
    if file.pixels is None:
        raise CorruptFileError(file.path, "(7FE0,0010) Pixel Data is missing")
    found = file.pixels.stop - file.pixels.start
    if file.pixels.is_open or found < expected:
        raise CorruptFileError(file.path, f"{found} bytes of pixels, expected {expected}")
    return np.frombuffer(file.stream.data, np.uint8, found, file.pixels.start)


def _decoded(file: DicomFile) -> NDArray[Any]:
    """All frames of a compressed file, by pydicom's decoders."""
    pydicom = load_pydicom(file.path)
    if file.pixels is None:
        raise CorruptFileError(file.path, "(7FE0,0010) Pixel Data is missing")
    count, rows, columns = (count_of(file, name, 1) for name in ("NumberOfFrames", "Rows", "Columns"))
    if count * rows * columns > _MOST_PIXELS:
        raise CorruptFileError(file.path, f"{count} frames of {columns} x {rows} pixels cannot be meant")
    syntax = pydicom.uid.UID(file.syntax)
    with understood(file.path, "the compressed pixels"):
        data_set = file.data_set()
        data_set.add_new(0x7FE00010, "OB", file.stream.value(file.pixels))
        data_set["PixelData"].is_undefined_length = file.pixels.is_open
        data_set.file_meta = pydicom.dataset.FileMetaDataset()
        data_set.file_meta.TransferSyntaxUID = syntax
        decoder = pydicom.pixels.get_decoder(syntax) if syntax in _decodable(pydicom) else None
        if decoder is not None and decoder.is_available:
            array: NDArray[Any] = decoder.as_array(data_set, raw=True, view_only=False)[0]
            if array.size != count * rows * columns or array.dtype.kind not in "ui":
                raise CorruptFileError(file.path, f"decoded pixels have the shape {array.shape} and type {array.dtype}")
            return array
    raise UnsupportedFormatError(
        file.path,
        f"pixels are compressed as {syntax.name}; pydicom has no decoder for that installed (pylibjpeg, gdcm)",
    )


def decoded_frames(image: Any, path: Path) -> NDArray[Any] | None:
    """The stored numbers (count, rows, columns) of an image, compressed or not; None without a decoder for them.

    Bits above those that are stored (overlays in old images) are taken off. Raises CorruptFileError.
    """
    pydicom = load_pydicom(path)
    with understood(path, "the pixels"):
        syntax = pydicom.uid.UID(str(image.file_meta.TransferSyntaxUID))
        decoder = pydicom.pixels.get_decoder(syntax) if syntax in _decodable(pydicom) else None
        if decoder is None or not decoder.is_available:
            return None
        array: NDArray[Any] = decoder.as_array(image, raw=True, view_only=False)[0]
        array = array.reshape(-1, int(image.Rows), int(image.Columns))
        unused = int(image.BitsAllocated) - int(image.BitsStored)
        if array.dtype.kind in "iu" and unused > 0 and not syntax.is_encapsulated:
            above = int(image.BitsAllocated) - 1 - int(image.HighBit)
            array = (array << above) >> unused
        return array


def _decodable(pydicom: Any) -> frozenset[str]:
    known = pydicom.pixels.decoders.base._PIXEL_DATA_DECODERS
    return frozenset(str(uid) for uid in known)
