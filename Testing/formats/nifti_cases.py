"""What the tests of NIfTI share: a phantom that shows every mirror, and ways to write and to look."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.formats.image_io import write_label_image
from MultiLabelSegLib.formats.staging import Stage

SHAPE = (4, 5, 6)  # k, j, i
SPACING, ORIGIN = (0.8, 1.5, 2.25), (-12.5, 33.0, 70.25)


SFORM = np.array([[2.0, 0, 0, 7], [0, 3, 0, 8], [0, 0, 4, 9], [0, 0, 0, 1]])


def phantom() -> np.ndarray:
    """An L that no rotation and no mirror maps onto itself: (k, j, i) with values 1, 2 and 300."""
    array = np.zeros(SHAPE, np.uint16)
    array[0:3, 0, 0] = 1
    array[0, 0:4, 0] = 2
    array[0, 0, 1:6] = 300
    return array


def write_labels(
    path: Path, array: np.ndarray, geometry: Geometry, extensions: list[tuple[int, bytes]] | None = None
) -> None:
    with Stage(path) as stage:
        write_label_image(stage, path, array, geometry, np.uint16, extensions or [])
        stage.commit()
