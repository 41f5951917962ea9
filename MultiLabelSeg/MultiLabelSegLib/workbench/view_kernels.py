"""Compiled drawing of a slice: one pass from voxels to colours, without arrays in between."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

_COLORS = [
    types.boolean(
        types.Array(word, 2, "A", readonly=True),
        types.Array(types.intp, 1, "A", readonly=True),
        types.Array(types.intp, 1, "A", readonly=True),
        types.Array(types.uint32, 1, "C", readonly=True),
        types.Array(types.uint32, 2, "A"),
    )
    for word in (types.uint8, types.uint16)
]


@njit(_COLORS, nogil=True, cache=True)
def draw_colors(
    values: NDArray[Any],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    table: NDArray[np.uint32],
    out: NDArray[np.uint32],
) -> bool:
    """``out[y, x] = table[values[rows[y], columns[x]]]``; returns whether any of the voxels belongs to a label.

    Rows and columns must lie within ``values``, and values within the table: nothing is checked.
    """
    across = columns.astype(np.uint32)  # an index without a sign needs no look whether it counts from the end
    wide, found = across.size, 0
    for y in range(rows.size):
        drawn = out[y]
        if y > 0 and rows[y] == rows[y - 1]:  # enlarged, many lines are equal
            drawn[:] = out[y - 1]
            continue
        taken = values[rows[y]]
        for x in range(wide):
            value = taken[across[x]]
            found |= value
            drawn[x] = table[value]
    return bool(found != 0)


_OUTLINES = [
    types.boolean(
        types.Array(word, 2, "A", readonly=True),
        types.Array(types.intp, 1, "A", readonly=True),
        types.Array(types.intp, 1, "A", readonly=True),
        types.Array(types.uint32, 2, "C", readonly=True),
        types.intp,
        types.intp,
        types.intp,
        types.Array(types.uint32, 2, "A"),
    )
    for word in (types.uint8, types.uint16)
]


@njit(_OUTLINES, nogil=True, cache=True)
def draw_outlines(
    values: NDArray[Any],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    tables: NDArray[np.uint32],
    width: int,
    first_row: int,
    first_column: int,
    out: NDArray[np.uint32],
) -> bool:
    """As ``draw_colors`` with the colours of ``tables[0]``, and of ``tables[1]`` in pixels with another value within
    ``width`` pixels to the left, right, above or below.

    ``rows`` and ``columns`` are those of ``out`` and of what lies around it; its first pixel is at
    ``first_row`` and ``first_column`` of them.
    """
    high, wide = rows.size, columns.size
    across = columns.astype(np.uint32)
    # what lies beyond is what the border has, and differs from nothing that the border does not differ from
    seen = np.empty((high, wide + 2 * width), values.dtype)
    holds = np.zeros(high, np.bool_)
    for y in range(high):
        if y > 0 and rows[y] == rows[y - 1]:
            seen[y] = seen[y - 1]
            holds[y] = holds[y - 1]
            continue
        taken, inner, found = values[rows[y]], seen[y, width : width + wide], 0
        for x in range(wide):
            value = taken[across[x]]
            inner[x] = value
            found |= value
        holds[y] = found != 0
        seen[y, :width] = inner[0]
        seen[y, width + wide :] = inner[wide - 1]
    size = out.shape[1]
    first = first_column + width
    differs = np.empty(size, np.uint8)
    inside, border = tables[0], tables[1]
    for y in range(out.shape[0]):
        at = first_row + y
        lowest, highest = max(at - width, 0), min(at + width, high - 1)
        if not holds[lowest : highest + 1].any():
            out[y] = 0
            continue
        middle = seen[at, first : first + size]
        differs[:] = 0
        for step in range(1, width + 1):
            above = seen[max(at - step, 0), first : first + size]
            below = seen[min(at + step, high - 1), first : first + size]
            left = seen[at, first - step : first - step + size]
            right = seen[at, first + step : first + step + size]
            for x in range(size):  # without branches, so that many pixels are compared at once
                value = middle[x]
                differs[x] |= (value ^ above[x]) | (value ^ below[x]) | (value ^ left[x]) | (value ^ right[x]) != 0
        drawn = out[y]
        for x in range(size):
            value = middle[x]
            drawn[x] = border[value] if differs[x] else inside[value]
    return bool(holds.any())


@njit(
    [types.boolean(types.Array(types.uint32, 2, "C", readonly=True), types.uint32, types.Array(types.uint32, 2, "C"))],
    nogil=True,
    cache=True,
)
def draw_grey(rgba: NDArray[np.uint32], around: int, argb: NDArray[np.uint32]) -> bool:
    """Pixels of VTK, the lowest line first, as those that Qt copies without looking at them, the uppermost line first.

    Clear pixels become ``around``. False, and nothing of use in ``argb``, where a pixel is neither opaque nor clear:
    that is not for this kernel.
    """
    high, wide = argb.shape
    others = np.uint32(0)
    for y in range(high):
        taken, made = rgba[high - 1 - y], argb[y]
        for x in range(wide):  # 32 bits at each step and no branches, so that several pixels are swapped at once
            pixel = taken[x]
            # within an alpha of 0 or 255 every bit is like the next one
            others = np.uint32(others | np.uint32((pixel ^ (pixel >> np.uint32(1))) & np.uint32(0x7F000000)))
            swapped = np.uint32(
                (pixel & np.uint32(0xFF00FF00))
                | (pixel & np.uint32(0xFF)) << np.uint32(16)
                | (pixel >> np.uint32(16) & np.uint32(0xFF))
            )
            made[x] = swapped if pixel >> np.uint32(24) else around
    return bool(others == 0)


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses, as importing does, since their types are said."""
    table, out, one = np.zeros(1, np.uint32), np.zeros((1, 1), np.uint32), np.zeros(1, np.intp)
    for dtype in (np.uint8, np.uint16):
        values = np.zeros((1, 1), dtype)
        draw_colors(values, one, one, table, out)
        draw_outlines(values, one, one, np.zeros((2, 1), np.uint32), 1, 0, 0, out)
    draw_grey(out, 0, out.copy())
