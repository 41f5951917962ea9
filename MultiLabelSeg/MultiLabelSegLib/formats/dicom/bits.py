"""Frames of one bit a pixel, packed without gaps: a frame need not begin on a byte."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def packed_size(pixels: int) -> int:
    """Bytes that hold this many bits."""
    return (pixels + 7) // 8


def split_frames(stream: Bytes, pixels: int, count: int) -> Bytes:
    """One row of packed bits a frame, (count, ceil(pixels / 8)), from bits that follow each other without gaps.

    The first pixel is the lowest bit. A view where frames begin on bytes. ``stream`` is long enough.
    """
    if pixels % 8 == 0:
        return stream[: count * (pixels // 8)].reshape(count, pixels // 8)
    rows = np.empty((count, packed_size(pixels)), np.uint8)
    for frame in range(count):
        first = frame * pixels
        piece = np.unpackbits(stream[first >> 3 : packed_size(first + pixels)], bitorder="little")
        rows[frame] = np.packbits(piece[first & 7 : (first & 7) + pixels], bitorder="little")
    return rows


def joined_frames(rows: Bytes, pixels: int) -> bytes:
    """The inverse: bits of all frames one after the other, ended on an even number of bytes."""
    if pixels % 8 == 0:
        data = rows.tobytes()
    else:
        bits = [np.unpackbits(row, bitorder="little")[:pixels] for row in rows]
        data = np.packbits(np.concatenate(bits), bitorder="little").tobytes() if bits else b""
    return data + b"\0" * (len(data) % 2)


def filled_span(row: Bytes) -> slice:
    """The bytes of a packed row from the first to the last that is not 0; empty when all are."""
    filled = row != 0
    low = int(filled.argmax())  # the first; several times faster than listing all
    if not filled[low]:
        return slice(0, 0)
    return slice(low, len(row) - int(filled[::-1].argmax()))


def paint(target: NDArray[np.unsignedinteger], row: Bytes, span: slice, value: int) -> None:
    """Sets the pixels of a flat, C-ordered target whose bits are set within a span of bytes; they must be 0 before."""
    low, high = span.start, span.stop
    part = target[low * 8 : high * 8]
    bits = np.unpackbits(row[low:high], bitorder="little")[: len(part)]
    part |= bits if value == 1 and part.dtype == np.uint8 else bits * part.dtype.type(value)


def values_present(flat: NDArray[np.unsignedinteger]) -> list[int]:
    """The values that occur, ascending, from where they begin: counting all voxels takes several times longer."""
    begins = flat[1:][flat[1:] != flat[:-1]]
    found = np.flatnonzero(np.bincount(np.append(begins, flat[:1]), minlength=1))
    return [int(value) for value in found] if flat.size else []
