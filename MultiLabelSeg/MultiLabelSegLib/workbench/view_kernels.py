"""Compiled drawing of a slice's labels: one pass from voxels to colours, without arrays in between.

The types are said, so that importing compiles: there is nothing to warm up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

_SIGNATURES = [
    types.void(
        types.Array(word, 2, "A", readonly=True),
        types.Array(types.intp, 1, "A", readonly=True),
        types.Array(types.intp, 1, "A", readonly=True),
        types.Array(types.uint32, 1, "C", readonly=True),
        types.Array(types.uint32, 2, "A"),
    )
    for word in (types.uint8, types.uint16)
]


@njit(_SIGNATURES, nogil=True, cache=True)
def draw_colors(
    values: NDArray[Any],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    table: NDArray[np.uint32],
    out: NDArray[np.uint32],
) -> None:
    """``out[y, x] = table[values[rows[y], columns[x]]]``; a value beyond the table takes its last entry.

    Rows and columns must lie within ``values``: nothing is checked.
    """
    last = table.size - 1
    for y in range(rows.size):
        row = rows[y]
        if y > 0 and row == rows[y - 1]:  # enlarged, many lines are equal
            for x in range(columns.size):
                out[y, x] = out[y - 1, x]
            continue
        for x in range(columns.size):
            value = int(values[row, columns[x]])
            out[y, x] = table[value if value < last else last]
