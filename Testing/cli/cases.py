"""The segmentation that the command line is tried on."""

from __future__ import annotations

import numpy as np

import MultiLabelSegLib as mls


def a_segmentation(overlapping: bool = True) -> mls.Segmentation:
    """Two groups on an oblique 6x5x4 grid: Liver 3 (green, unlocked), Empty 40, "Tumör" 700; they share two voxels."""
    organs, lesions = np.zeros((4, 5, 6), np.uint16), np.zeros((4, 5, 6), np.uint16)
    organs[1:3, 1:4, 1:5] = 3
    lesions[2, 3, 3:5] = 700
    if not overlapping:
        organs[lesions > 0] = 0
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    return mls.Segmentation(
        mls.Geometry.from_parts((4, 5, 6), (0.5, 0.75, 2), (-10, 20.5, 30), turn),
        [
            mls.Group(organs, [mls.Label(3, "Liver", (0, 0.5, 0), locked=False), mls.Label(40, "Empty")], "Organs"),
            mls.Group(lesions, [mls.Label(700, "Tumör", (1, 0, 0), description='say "ah"')], "Lesions"),
        ],
    )
