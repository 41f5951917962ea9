"""The constants of DEFLATE (RFC 1951, section 3.2.5 to 3.2.7) as arrays."""

from __future__ import annotations

import numpy as np

#: least length of the symbols 257 to 285, and the extra bits that follow them
LENGTH_BASE = np.array(
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258],
    np.int64,
)
LENGTH_BITS = np.array([0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0], np.int64)
#: least distance of the distance symbols 0 to 29, and the extra bits that follow them
DISTANCE_BITS = np.array([0, 0, *(bits for bits in range(14) for _ in range(2))], np.int64)
DISTANCE_BASE = 1 + np.concatenate([np.zeros(1, np.int64), np.cumsum(np.left_shift(1, DISTANCE_BITS))[:-1]])
#: order in which the lengths of the code length code are stored
CODE_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15], np.int64)
#: code lengths of the fixed literal and length code
FIXED_LENGTHS = np.array([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8, np.int64)
LONGEST_MATCH, END_OF_BLOCK = 258, 256
#: an empty stored block, but for its first three bits (all 0) that the writer of the block before appends
ALIGNMENT = b"\x00\x00\xff\xff"
#: an empty block with the final bit
FINAL_BLOCK = b"\x03\x00"

_lengths = np.arange(LONGEST_MATCH + 1)
_rows = np.maximum(np.searchsorted(LENGTH_BASE, _lengths, side="right") - 1, 0)
#: for each length 3 to 258: its symbol, how many extra bits, and which
LENGTH_SYMBOL = (257 + _rows).astype(np.int64)
LENGTH_EXTRA_BITS = LENGTH_BITS[_rows]
LENGTH_EXTRA = np.maximum(_lengths - LENGTH_BASE[_rows], 0).astype(np.int64)
