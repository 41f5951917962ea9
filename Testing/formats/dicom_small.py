"""A small segmentation of two slices of 15 pixels, as another program might write it."""

from __future__ import annotations

import numpy as np

from Testing.formats.dicom_cases import SegFile

ROWS, COLUMNS = 3, 5


def mask(*pixels: tuple[int, int]) -> np.ndarray:
    """Pixels (row, column) that are set in a frame of 3 x 5."""
    found = np.zeros((ROWS, COLUMNS), np.uint8)
    for row, column in pixels:
        found[row, column] = 1
    return found


def two_slices(**options) -> SegFile:
    """Segment 1 in two slices, segment 2 beside it in the second; 15 pixels, so that frames end within bytes."""
    first, second, other = mask((0, 0), (2, 4)), mask((0, 1)), mask((2, 3), (2, 4))
    return SegFile([(1, (0, 0, 0), first), (1, (0, 0, 3), second), (2, (0, 0, 3), other)], **options)


EXPECTED = np.stack([mask((0, 0), (2, 4)), mask((0, 1)) + 2 * mask((2, 3), (2, 4))])
