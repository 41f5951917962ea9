"""What the tests of label maps, folders and sidecars share: segmentations with everything in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.compare import compare

TURNED = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]])
STRAIGHT = Geometry.from_parts((3, 4, 5), (0.75, 1.5, 2.25), (-12.5, 33.0, 70.25))
OBLIQUE = Geometry.from_parts((3, 4, 5), (0.75, 1.5, 2.25), (-12.5, 33.0, 70.25), TURNED)
#: names that hurt: quotes, separators, numbers, comments, blanks, Unicode, what means "nothing" elsewhere
ODD_NAMES = (
    'say "ah"',
    "it's",
    "a,b;c\td",
    "7 7 7 7",
    "# no comment",
    "//",
    "Lunge rechts_unten",
    "肝臓 🫀 ß",
    "\u2028 line \u2029",
    "NaN",
    "-",
    "name with   blanks",
    " leading",
    "trailing ",
    "'single'",
    "<b>&amp;</b>",
    "\\n",
    "“curly”",
    "label",
    "0",
)


def a_map(geometry: Geometry = OBLIQUE, frames: int = 1) -> Segmentation:
    """One group: 1 and 300 and 65535 with voxels, 7 without; colours of whole bytes."""
    array = np.zeros((frames, *geometry.shape), np.uint16)
    array[:, 0, 1:3, 1:4], array[-1, -1, -1, :], array[0, -1, 0, 2] = 1, 300, 65535
    labels = [
        Label(1, "Liver", (0.2, 0.4, 1.0)),
        Label(7, "empty"),
        Label(300, "Größe 肝臓", (1.0, 0.0, 0.0)),
        Label(65535, "top", (0.0, 0.6, 0.2)),
    ]
    return Segmentation(geometry.with_time(frames), [Group(array, labels)])


def overlapping(folds: int, geometry: Geometry = OBLIQUE, frames: int = 1) -> Segmentation:
    """``folds`` groups that share one voxel all together and others two by two; every label has two values a group."""
    groups = []
    for index in range(folds):
        array = np.zeros((frames, *geometry.shape), np.uint16)
        low, high = 1000 * index + 3, 1000 * index + 900
        array[:, 1, 2, 2] = low
        array.reshape(-1)[index : index + 4] = high
        labels = [Label(low, f"low {index}"), Label(high, f"high {index}", (0.2, 0.4, 0.6), 0.3, False, False)]
        groups.append(Group(array, labels, f"group {index}", {"reviewed": True}))
    return Segmentation(geometry.with_time(frames), groups, uid="1.2.3", unlabeled_locked=True, properties={"n": 2})


def full_label(value: int, name: str) -> Label:
    """A label whose fields all differ from what is usual."""
    return Label(value, name, (0.2, 0.4, 0.6), 0.25, False, False, "t-1", "1.2.3", "läng\nzwei", {"custom": [1, "x"]})


def differing(mine: Segmentation, theirs: Segmentation) -> list[str]:
    """What differs, in words; colours, voxels, names and all flags compared exactly."""
    found = compare(mine, theirs)
    rows = [f"{row.key}: {row.voxels_a}/{row.voxels_b} {row.attributes}" for row in found.labels if not row.identical]
    grid = [] if mine.geometry.full_shape == theirs.geometry.full_shape else ["another shape"]
    places = [
        f"voxels of group {index}"
        for index, (a, b) in enumerate(zip(mine.groups, theirs.groups, strict=False))
        if not np.array_equal(a.array, b.array)
    ]
    return [*grid, *found.only_in_a, *found.only_in_b, *found.document, *rows, *places]


def left_behind(folder: Path) -> list[str]:
    """Hidden names in a folder: nothing may stay of a write, whether it went well or not."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]
