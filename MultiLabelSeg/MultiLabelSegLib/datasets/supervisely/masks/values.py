"""The voxels of a mask as codes of 16 bits at most, whatever numbers the file holds.

Supervisely sets no bounds: values may be negative, beyond 65535, or whole numbers in a file of floats. Where they all
lie within 0...65535 they are their own codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core.label import MAX_VALUE
from ....errors import CorruptFileError, UnsupportedFormatError
from ....formats.codec.codec_errors import StreamError
from ....formats.codec.gzip_stream import read_into
from ....formats.codec.intervals import Intervals
from ....formats.codec.label_values import INTEGRAL_WITHIN
from ....formats.codec.sparse_inflate import Inflater
from ....formats.voxel_file import VoxelFile, named_errors

#: doubles tell whole numbers apart up to here
_MOST_EXACT = float(1 << 53)


@dataclass(frozen=True, eq=False)
class MaskValues:
    """The codes of a mask, 0 being the background: as intervals in C order, or as an array (k, j, i).

    ``values`` gives the number in the file for every code; where it is None codes are the numbers themselves.
    ``notes`` are sentences about what was odd.
    """

    intervals: Intervals | None = None
    codes: NDArray[np.unsignedinteger] | None = None
    values: dict[int, int] | None = None
    notes: tuple[str, ...] = ()

    def value_of(self, code: int) -> int:
        """The number in the file."""
        return code if self.values is None else self.values[code]

    def array(self, shape: tuple[int, int, int]) -> NDArray[np.unsignedinteger]:
        """The codes as an array (k, j, i)."""
        if self.codes is not None:
            return self.codes
        assert self.intervals is not None
        return self.intervals.array(0).reshape(shape)


class MaskReader:
    """Reads masks one after the other; keeps a buffer between them. One for each thread."""

    def __init__(self) -> None:
        self._inflater = Inflater()

    @contextmanager
    def read(self, image: VoxelFile) -> Iterator[MaskValues]:
        """What a mask of one frame holds, in the order of the file; valid within the ``with`` block only.

        Not a number is background, which is noted. Raises UnsupportedFormatError for fractions and infinities (a map
        of probabilities), and for more than 65535 different numbers; CorruptFileError for truncated and damaged files.
        """
        found = self._stream(image)
        try:
            yield found or _ordinary(image)
        finally:
            self._inflater.clear()

    def _stream(self, image: VoxelFile) -> MaskValues | None:
        """Compressed numbers of one or two bytes by way of their runs or around their zeros; None for other files.

        Damaged files give None too: the ordinary way says what is wrong with them.
        """
        data = image.stream_bytes()
        if data is None or image.stream is None:
            return None
        intervals = image.decode_intervals(data)
        if intervals is not None:
            return MaskValues(intervals)
        size, offset = image.dtype.itemsize, image.stream.header_bytes
        if image.stream.container != "gzip" or not image.dtype.isnative or offset % size:
            return None
        shape = image.geometry.shape
        try:
            content = self._inflater.inflate(data, offset + prod(shape) * size)
        except StreamError:
            return None
        if content.size != offset + prod(shape) * size:
            return None
        return _own_codes(content.buffer[offset : content.size].view(image.dtype).reshape(shape))


def _own_codes(array: NDArray[Any]) -> MaskValues | None:
    """Numbers of one or two bytes as their own codes; None where one is negative."""
    if array.dtype.kind == "i" and array.min() < 0:
        return None
    return MaskValues(codes=array.view(f"u{array.dtype.itemsize}"))


def _ordinary(image: VoxelFile) -> MaskValues:
    """The codes of any file."""
    if not image.is_scaled and image.dtype.kind in "ui" and image.dtype.itemsize <= 2:
        found = _own_codes(image.read_array()[0])
        if found is not None:
            return found
    direct = _Coder(image)
    if direct.read():
        return MaskValues(codes=direct.codes.reshape(image.geometry.shape), notes=direct.notes())
    table = _Coder(image, {})
    table.read()
    values = {code: value for value, code in table.known.items()}
    return MaskValues(codes=table.codes.reshape(image.geometry.shape), values=values, notes=table.notes())


class _Coder:
    """Turns the numbers of a file into codes, some at a time: numbers of 8 bytes never lie in memory all at once.

    Without ``known`` numbers are their own codes; with it they get codes as they come, which it then holds.
    """

    def __init__(self, image: VoxelFile, known: dict[int, int] | None = None) -> None:
        self._image = image
        self._assign = known is not None
        self.known = {} if known is None else known
        self.codes: NDArray[np.unsignedinteger] = np.zeros(0, np.uint8)
        self._not_numbers = 0
        self._rounded = 0
        self._fits = True

    def read(self) -> bool:
        """Reads the file to its end; False when a number cannot be its own code."""
        image = self._image
        with named_errors(image.named), image.path.open("rb") as file:
            source = image.opened(file)
            items = source.items or image.dtype
            total = prod(image.geometry.shape)
            if source.limit is not None and total * items.itemsize > source.limit:
                reason = f"the header announces {total * items.itemsize} bytes, the file can hold {source.limit}"
                raise CorruptFileError(image.named, reason)
            self.codes = np.zeros(total, np.uint8)

            def put(offset: int, piece: bytes) -> None:
                numbers = np.frombuffer(piece, items)
                if self._fits and (image.is_scaled or numbers.view(np.uint8).any()):
                    self._put(offset // items.itemsize, self._whole(numbers))

            read_into(source, total * items.itemsize, put, items.itemsize)
        return self._fits

    def _put(self, start: int, numbers: NDArray[Any]) -> None:
        """Codes of whole numbers from voxel ``start`` on."""
        low, high = int(numbers.min()), int(numbers.max())
        if self._assign:
            numbers = self._assigned(numbers)
            high = int(numbers.max())
        elif low < 0 or high > MAX_VALUE:
            self._fits = False
            return
        if high > np.iinfo(self.codes.dtype).max:
            self.codes = self.codes.astype(np.uint16)
        np.copyto(self.codes[start : start + numbers.size], numbers, casting="unsafe")

    def _assigned(self, numbers: NDArray[Any]) -> NDArray[np.uint16]:
        """Codes of numbers, new ones for those that were not met before. Looks at every run once."""
        begin = np.append(0, np.flatnonzero(numbers[1:] != numbers[:-1]) + 1)
        distinct, which = np.unique(numbers[begin], return_inverse=True)
        codes = np.zeros(distinct.size, np.uint16)
        for row, value in enumerate(distinct.tolist()):
            number = int(value)
            if number != 0:
                codes[row] = self.known.setdefault(number, min(len(self.known) + 1, MAX_VALUE))
        if len(self.known) > MAX_VALUE:
            reason = f"holds more than {MAX_VALUE} different values; is it an image rather than a mask?"
            raise UnsupportedFormatError(self._image.named, reason)
        return np.repeat(codes[which.reshape(-1)], np.diff(begin, append=numbers.size))

    def _whole(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """Stored numbers as what they mean, scaled and rounded. Raises UnsupportedFormatError for fractions."""
        image = self._image
        if image.is_scaled:
            numbers = numbers.astype(np.float64) * image.slope + image.inter
        if numbers.dtype.kind != "f":
            return numbers
        missing = np.isnan(numbers)
        if missing.any():
            self._not_numbers += int(np.count_nonzero(missing))
            numbers = np.where(missing, numbers.dtype.type(0), numbers)
        whole = np.rint(numbers)
        with np.errstate(invalid="ignore"):  # inf - inf
            away = np.abs(numbers - whole)
            faulty = ~(away <= INTEGRAL_WITHIN) | (np.abs(whole) > _MOST_EXACT)
        if faulty.any():
            first = float(numbers[faulty][0])
            kind = "fractions" if np.isfinite(first) and abs(first) <= _MOST_EXACT else "numbers beyond all bounds"
            reason = f"holds {kind} (first: {first:g}), as maps of probabilities do; a mask holds whole numbers"
            raise UnsupportedFormatError(image.named, reason)
        self._rounded += int(np.count_nonzero(away))
        return whole

    def notes(self) -> tuple[str, ...]:
        """What the user should know about the numbers."""
        found = []
        if self._image.is_scaled:
            found.append(f"values are scaled: {self._image.slope:g} x stored + {self._image.inter:g}")
        if self._not_numbers:
            found.append(f"{self._not_numbers} voxels are not a number (NaN); taken as background")
        if self._rounded:
            found.append(f"{self._rounded} voxels lie within {INTEGRAL_WITHIN:g} of whole numbers; rounded")
        return tuple(found)
