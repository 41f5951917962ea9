"""Numbers that seeded growing and its compiled kernels share.

A key is one number per voxel: the distance to its seed, shifted left, and the number of the seed's label in the low
bits. The smaller of two keys is the nearer seed, and of equally near ones the smaller label.
"""

from __future__ import annotations

#: key of a voxel that no label has reached; 32-bit keys of labelled voxels lie below it
FREE = 1 << 28
#: intensity of closed voxels and of the rim: a step to or from it costs more than ``FREE``
WALL = 1 << 29
#: the largest intensity, shifted left of the label's bits
BRIGHTEST = 1 << 27
#: most intensity levels that are told apart; integers of fewer levels are taken as they are
LEVELS = 8191
#: parts of a level in which distances are counted
FINE = 64
#: what a step to the next voxel costs at least, in levels
LEAST = 5 / 64
#: key of a voxel that no label has reached, where keys have 64 bits
FAR = 1 << 58
#: most bits that the number of a label may take
MOST_BITS = 14
