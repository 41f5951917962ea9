"""What the tests of stacks share: a segmentation with everything in it, and short ways to write and read stacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.formats.base import ReadRequest, WriteRequest
from MultiLabelSegLib.formats.mitk_stack import FORMAT
from MultiLabelSegLib.formats.options import make_options
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.staging import Stage

SHAPE = (4, 5, 6)
GEOMETRY = Geometry.from_parts(SHAPE, (0.8, 1.5, 2.25), (-12.5, 33.0, 70.25))


def first_array() -> np.ndarray:
    """(k, j, i) with 1 in two slices, 300 in one row, 40 in one voxel."""
    array = np.zeros(SHAPE, np.uint16)
    array[0:2, 1:3, 1:4], array[3, 4, :], array[2, 0, 5] = 1, 300, 40
    return array


def second_array() -> np.ndarray:
    """(k, j, i) with 65535 in all of a slice and 7 in the very last voxel; overlaps the first."""
    array = np.zeros(SHAPE, np.uint16)
    array[1], array[3, 4, 5] = 65535, 7
    return array


def a_segmentation(frames: int = 1, geometry: Geometry = GEOMETRY) -> Segmentation:
    """Five groups: labels with all that labels have, overlaps, an empty label, groups without labels and voxels."""
    bone = Label(1, 'B "ü" \\ 骨', (1.0, 0.25, 0.0), 0.3, False, False, "t-1", "1.2.3", "läng\nzwei", {"custom": "x"})
    first = (bone, Label(300, "Vein", locked=False), Label(40, "Vein", (0.0, 0.5, 1.0)), Label(5, "empty"))
    second = (Label(65535, "top"), Label(7, "last voxel", properties={"n": 3, "f": 1.5, "b": True, "list": [1, 2]}))
    arrays = [first_array(), second_array(), np.zeros(SHAPE, np.uint8)]
    stacked = [np.stack([np.roll(array, t, axis=0) for t in range(frames)]) for array in arrays]
    groups = [
        Group(stacked[0], first, "Größe / 1", {"reviewed": True, "by": "me"}),
        Group(stacked[1], second, "second"),
        Group(stacked[2].copy(), (), "no labels"),
        Group(stacked[2].copy(), ()),
        Group(stacked[2].copy(), (Label(9, "all empty"),), "no voxels"),
    ]
    modality = {"type": "TemporoSpatialStringProperty", "value": {"values": [{"t": 0, "value": "SEG", "z": 0}]}}
    properties = {"DICOM.0008.0060": modality, "note": "kept", "n": 2}
    placed = geometry.with_time(frames, geometry.time_bounds if frames == geometry.time_steps else None)
    return Segmentation(placed, groups, uid="uid-1", unlabeled_locked=True, properties=properties)


def write_stack(segmentation: Segmentation, path: Path, report: Report | None = None, **options: Any) -> Path:
    """Writes, verifies and puts in place, as the common path does; returns the JSON's path."""
    with Stage(path) as stage:
        made = make_options(FORMAT.write_options, options)
        request = WriteRequest(segmentation, path, stage, made, report or Report())
        written = FORMAT.writer(request)
        assert FORMAT.verifier(request, written) == []
        stage.commit()
    return written


def read_stack(path: Path, report: Report | None = None, allow_outside: bool = False) -> Segmentation:
    return FORMAT.reader(ReadRequest(path, report=report or Report(), allow_outside=allow_outside))


def assert_same(mine: Segmentation, theirs: Segmentation, with_times: bool = True) -> None:
    """Everything that a stack holds is the same; the grid within the rounding of a header."""
    assert theirs.geometry.is_congruent(mine.geometry)
    if with_times:
        assert theirs.geometry.time_bounds == mine.geometry.time_bounds
    assert (theirs.uid, theirs.unlabeled_locked) == (mine.uid, mine.unlabeled_locked)
    assert theirs.properties == mine.properties
    assert len(theirs.groups) == len(mine.groups)
    for group, other in zip(mine.groups, theirs.groups, strict=True):
        assert (other.name, other.properties, other.labels) == (group.name, group.properties, group.labels)
        assert np.array_equal(other.array, group.array)


def save_image(path: Path, array: np.ndarray, geometry: Geometry = GEOMETRY) -> Path:
    """An image by SimpleITK, in the type of the array."""
    image = sitk.GetImageFromArray(array, isVector=False)
    if array.ndim == 3:
        image.SetSpacing(geometry.spacing)
        image.SetOrigin(geometry.origin)
        image.SetDirection(geometry.direction.ravel().tolist())
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path), True)
    return path


def write_json(folder: Path, groups: Any, **top: Any) -> Path:
    """A stack's JSON by hand; ``top`` replaces keys of the outermost object, None removes them."""
    data = {"type": "org.mitk.multilabel.segmentation.stack", "version": 3, "groups": groups, **top}
    path = folder / "s.mitklabel.json"
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not None}), encoding="utf-8")
    return path
