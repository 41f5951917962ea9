"""What MITK's own tests of slices, contours and tools say, re-expressed on arrays that can be checked by eye."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.ops.iso_contours import iso_contours
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.contour import Add, Subtract
from MultiLabelSegLib.tools.contour_store import ContourStore, do_with_contours
from MultiLabelSegLib.tools.fill import Fill
from MultiLabelSegLib.tools.paint import Paint
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf


def document(frames: int = 1) -> Segmentation:
    """Labels 1 and 2, both unlocked, in 12 x 10 x 8 anisotropic voxels whose values are their own pattern."""
    geometry = Geometry.from_parts((8, 10, 12), (0.5, 1.0, 3.0), (4, -5, 6), time_steps=frames)
    array = (np.indices((8, 10, 12)).sum(axis=0) % 3).astype(np.uint8)
    labels = [Label(1, "a", locked=False), Label(2, "b", locked=False)]
    return Segmentation(geometry, [Group(np.stack([array] * frames), labels)])


@pytest.mark.parametrize("plane", PLANES)
def test_a_volume_written_slice_by_slice_from_its_own_slices_is_the_same(plane: Plane) -> None:
    geometry, frame = document().geometry, document().group(0).array[0]
    again = np.full_like(frame, 9)
    for index in range(frame.shape[("axial", "coronal", "sagittal").index(plane)]):
        where = SliceOf(geometry, plane, index)
        again[where.box.slices] = where.thick(where.take(frame))
    np.testing.assert_array_equal(again, frame)


@pytest.mark.parametrize("plane", PLANES)
def test_one_changed_pixel_lands_at_its_voxel(plane: Plane) -> None:
    segmentation = document()
    before = segmentation.group(0).array.copy()
    i, j, k = 7, 4, 3
    assert before[0, k, j, i] == 2
    paint = Paint(plane=plane, stroke_ijk=((i, j, k),), diameter=1)
    History(segmentation).do(paint.propose(Scene(segmentation, label=1)).command(segmentation))
    changed = np.argwhere(segmentation.group(0).array != before)
    assert changed.tolist() == [[0, k, j, i]]
    assert segmentation.group(0).array[0, k, j, i] == 1


def test_add_draws_in_the_chosen_frame_alone_and_subtract_takes_it_back() -> None:
    segmentation = document(frames=3)
    segmentation = segmentation.with_groups([Group(np.zeros((3, 8, 10, 12), np.uint8), segmentation.labels)])
    square = ((2, 2, 5), (6, 2, 5), (6, 6, 5), (2, 6, 5))
    scene = Scene(segmentation, label=1, t=1)
    history = History(segmentation)
    history.do(Add(contour_ijk=square).propose(scene).command(segmentation))
    expected = np.zeros((3, 8, 10, 12), np.uint8)
    expected[1, 5, 2:7, 2:7] = 1
    np.testing.assert_array_equal(segmentation.group(0).array, expected)
    history.do(Subtract(contour_ijk=square).propose(scene).command(segmentation))
    assert not segmentation.group(0).array.any()


def test_contours_of_a_slice_are_those_of_the_chosen_value() -> None:
    pixels = np.zeros((9, 9), np.uint8)
    pixels[1:3, 1:3], pixels[5:8, 5:8], pixels[1:3, 6:8] = 1, 1, 2
    assert len(iso_contours(pixels == 1)) == 2
    assert len(iso_contours(pixels == 2)) == 1
    assert iso_contours(pixels == 4) == []
    assert iso_contours(np.zeros((9, 9), bool)) == []


def test_three_planes_are_stored_of_four_edits_of_which_two_are_of_one_plane() -> None:
    geometry = Geometry.from_parts((8, 10, 12), time_steps=2)
    labels = [Label(1, "a", locked=False), Label(2, "b", locked=False)]
    segmentation = Segmentation(geometry, [Group(np.zeros(geometry.full_shape, np.uint8), labels)])
    history = History(segmentation)

    def dab(label: int, plane: Plane, point: tuple[int, int, int], t: int = 0) -> None:
        scene = Scene(segmentation, label=label, t=t)
        where = SliceOf(geometry, plane, point[2 - PLANES.index(plane)])
        draft = Paint(plane=plane, stroke_ijk=(point,), diameter=3).propose(scene)
        do_with_contours(history, scene, draft.command(segmentation), where)

    def stored(label: int, t: int) -> int:
        return sum((each.label, each.t) == (label, t) for each in ContourStore.of(segmentation).contours)

    dab(1, "axial", (3, 3, 2))
    dab(1, "axial", (3, 3, 6))
    dab(1, "coronal", (8, 7, 4))
    dab(1, "axial", (4, 4, 2))
    assert stored(1, 0) == 3
    dab(2, "axial", (9, 2, 5))
    dab(1, "axial", (3, 3, 3), t=1)
    assert (stored(1, 0), stored(2, 0), stored(1, 1)) == (3, 1, 1)


@pytest.mark.parametrize("plane", PLANES)
def test_contours_of_a_region_fill_it_again(plane: Plane) -> None:
    """As ContourModelSetToImage: outlines, one with a hole in it, become the voxels that they came from."""
    geometry = Geometry.from_parts((8, 8, 8), (0.5, 1.0, 3.0))
    segmentation = Segmentation(geometry, [Group(np.zeros((1, 8, 8, 8), np.uint8), [Label(1, "a", locked=False)])])
    where = SliceOf(geometry, plane, 4)
    drawn = np.zeros((8, 8), bool)
    drawn[1:7, 1:7] = True
    drawn[3:5, 3:5] = False
    history = History(segmentation)
    for outline in sorted(iso_contours(drawn), key=len, reverse=True):
        points = tuple(where.point_ijk(float(x), float(y)) for x, y in outline)
        outer = np.ptp(outline[:, 0]) > 3
        tool = (Add if outer else Subtract)(plane=plane, contour_ijk=points)
        history.do(tool.propose(Scene(segmentation, label=1)).command(segmentation))
    expected = np.zeros((8, 8, 8), np.uint8)
    expected[{"axial": np.s_[4], "coronal": np.s_[:, 4], "sagittal": np.s_[:, :, 4]}[plane]] = drawn
    np.testing.assert_array_equal(segmentation.group(0).array[0], expected)
    hole = where.point_ijk(3.0, 3.0)
    history.do(Fill(plane=plane, point_ijk=hole).propose(Scene(segmentation, label=1)).command(segmentation))
    assert segmentation.voxels(1) == 36
