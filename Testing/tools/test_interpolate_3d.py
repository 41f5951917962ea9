"""3D interpolation as a tool: where contours come from, what is confirmed, own label only, a real chest CT."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core import Box, Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.confirm import ConfirmOptions, confirm
from MultiLabelSegLib.tools.contour_store import ContourStore, update_from_slice
from MultiLabelSegLib.tools.interpolate_3d import Interpolate3D
from MultiLabelSegLib.tools.slices import PLANES, SliceOf

SHAPE = (14, 44, 44)
SPACING = (1.0, 1.0, 3.0)


def ball(radius: float = 16.0) -> np.ndarray:
    k, j, i = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    return ((k - 7) * 3.0) ** 2 + (j - 22.0) ** 2 + (i - 22.0) ** 2 <= radius**2


def document(array: np.ndarray, locked: bool = True, time_steps: int = 1) -> Segmentation:
    affine = Geometry.from_parts(SHAPE, SPACING, (10.0, -20.0, 5.0), time_steps=time_steps)
    labels = [Label(1, "ball"), Label(2, "other", locked=locked)]
    frames = np.zeros(affine.full_shape, np.uint8)
    frames[-1] = array
    return Segmentation(affine, [Group(frames, labels)])


def drawn(body: np.ndarray, *slices: tuple[int, int]) -> np.ndarray:
    """Only these slices (axis, index) of a body."""
    array = np.zeros(SHAPE, np.uint8)
    for axis, index in slices:
        where = (slice(None),) * axis + (index,)
        array[where] |= body[where].astype(np.uint8)
    return array


CROSS = ((0, 5), (0, 9), (1, 22), (2, 18), (2, 26))


def store_all(segmentation: Segmentation, *slices: tuple[int, int], t: int = 0) -> None:
    history, scene = History(segmentation), Scene(segmentation, label=1, t=t)
    for axis, index in slices:
        command = update_from_slice(scene, SliceOf(segmentation.geometry, PLANES[axis], index))
        assert command is not None
        history.do(command)


def dice(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(2 * np.count_nonzero(found & wanted) / (np.count_nonzero(found) + np.count_nonzero(wanted)))


def confirmed(segmentation: Segmentation, tool: Interpolate3D, **options: object) -> History:
    history, scene = History(segmentation), Scene(segmentation, label=1)
    history.do(confirm(scene, tool.propose(scene), ConfirmOptions(**options)).command)  # type: ignore[arg-type]
    return history


@pytest.mark.parametrize("source", ["stored", "slices"])
def test_a_ball_comes_back_from_five_slices_of_three_planes_and_undo_is_exact(source: str) -> None:
    array = drawn(ball(), *CROSS)
    segmentation = document(array)
    store_all(segmentation, *CROSS)
    history = confirmed(segmentation, Interpolate3D(source=source))  # type: ignore[arg-type]
    assert dice(segmentation.groups[0].array[0] == 1, ball()) > 0.95
    history.undo()
    assert np.array_equal(segmentation.groups[0].array[0], array)


def test_nothing_changes_before_it_is_confirmed_and_notes_say_what_was_used() -> None:
    array = drawn(ball(), *CROSS)
    segmentation = document(array)
    preview = Interpolate3D().propose(Scene(segmentation, label=1))
    assert np.array_equal(segmentation.groups[0].array[0], array)
    assert preview.notes == ("from 5 contours, 5 polygons",)
    assert {(each.plane, each.slice) for each in preview.contours} == {
        ("axial", 5), ("axial", 9), ("coronal", 22), ("sagittal", 18), ("sagittal", 26),
    }  # fmt: skip


def test_drawn_slices_stay_as_they_were_drawn_also_when_the_label_is_replaced() -> None:
    array = drawn(ball(), *CROSS)
    array[5, 22, 36:40] = 1  # a spike that no smooth surface follows
    for merge in ("merge", "replace"):
        segmentation = document(array.copy())
        confirmed(segmentation, Interpolate3D(), merge=merge)
        found = segmentation.groups[0].array[0]
        for axis, index in CROSS[:2]:
            assert np.array_equal(found.take(index, axis), array.take(index, axis))


def test_a_locked_label_keeps_its_voxels_and_is_not_asked_what_is_inside() -> None:
    array = drawn(ball(), *CROSS)
    array[(array == 0) & ball(8.0)] = 2
    alone = document(np.where(array == 1, array, 0).astype(np.uint8))
    expected = Interpolate3D(keep_drawn=False).propose(Scene(alone, label=1)).frames[0]
    segmentation = document(array.copy())
    found = Interpolate3D(keep_drawn=False).propose(Scene(segmentation, label=1)).frames[0]
    assert np.array_equal(found.region, expected.region)
    confirmed(segmentation, Interpolate3D())
    after = segmentation.groups[0].array[0]
    assert np.array_equal(after == 2, array == 2)
    assert dice(after > 0, ball()) > 0.95


def test_contours_as_parameters_in_any_planes_need_no_voxels() -> None:
    segmentation = document(np.zeros(SHAPE, np.uint8))
    centre = segmentation.geometry.lps_from_ijk((22, 22, 7))
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    contours = []
    for tilt in (0.3, 1.3, 2.4):
        right, down = np.array([np.cos(tilt), np.sin(tilt), 0.0]), np.array([0.0, 0.0, 1.0])
        contours.append((centre + 16 * (np.outer(np.cos(angles), right) + np.outer(np.sin(angles), down))).tolist())
    flat = np.stack((22 + 16 * np.cos(angles), 22 + 16 * np.sin(angles), np.full(40, 7.0)), axis=1)
    lps = tuple(contours) + (segmentation.geometry.lps_from_ijk(flat).tolist(),)
    ijk = tuple(segmentation.geometry.ijk_from_lps(contour).tolist() for contour in lps)
    by_lps = Interpolate3D(contours_lps=lps).propose(Scene(segmentation, label=1))
    by_ijk = Interpolate3D(contours_ijk=ijk).propose(Scene(segmentation, label=1))
    found = np.zeros(SHAPE, bool)
    found[by_lps.frames[0].box.slices] = by_lps.frames[0].region > 0
    assert dice(found, ball()) > 0.95
    assert np.count_nonzero(by_ijk.frames[0].region) == pytest.approx(np.count_nonzero(found), rel=1e-3)


def test_a_given_contour_within_another_of_its_plane_is_a_hole() -> None:
    segmentation = document(np.zeros(SHAPE, np.uint8))
    contours = []
    for k in (4.0, 7.0, 10.0):
        for low, high in ((10.0, 34.0), (18.0, 26.0)):
            contours.append(((low, low, k), (high, low, k), (high, high, k), (low, high, k)))
    preview = Interpolate3D(contours_ijk=tuple(contours)).propose(Scene(segmentation, label=1))
    found = np.zeros(SHAPE, bool)
    found[preview.frames[0].box.slices] = preview.frames[0].region > 0
    assert preview.notes[0] == "from 3 contours, 6 polygons"
    assert not found[5:9, 21:24, 21:24].any()
    assert found[5:9, 14, 14:30].all()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_contours_of_one_plane_fill_that_slice_alone_and_say_so(axis: int) -> None:
    index = (7, 22, 22)[axis]
    array = drawn(ball(), (axis, index))
    segmentation = document(array)
    preview = Interpolate3D(keep_drawn=False).propose(Scene(segmentation, label=1))
    assert "one plane" in preview.notes[1]
    found = np.zeros(SHAPE, bool)
    found[preview.frames[0].box.slices] = preview.frames[0].region > 0
    others = tuple(other for other in range(3) if other != axis)
    assert found.any(axis=others).nonzero()[0].tolist() == [index]
    assert dice(found, array > 0) > 0.95


def test_the_preview_has_a_closed_surface_in_lps_around_the_body() -> None:
    pytest.importorskip("vtk")
    segmentation = document(drawn(ball(), *CROSS))
    points, triangles = Interpolate3D().propose(Scene(segmentation, label=1)).surface()
    centre = segmentation.geometry.lps_from_ijk((22, 22, 7))
    distances = np.linalg.norm(points - centre, axis=1)
    assert np.abs(distances - 16).max() < 3
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    assert set(np.unique(edges, axis=0, return_counts=True)[1].tolist()) == {2}


def test_the_frame_and_its_contours_are_its_own_and_masking_limits_the_region() -> None:
    segmentation = document(drawn(ball(), *CROSS), time_steps=2)
    store_all(segmentation, *CROSS, t=1)
    assert len(ContourStore.of(segmentation).of_label(1, 1)) == 5
    with pytest.raises(ToolError, match="no contours of ball are stored"):
        Interpolate3D(source="stored").propose(Scene(segmentation, label=1, t=0))
    pixels = np.zeros((2, *SHAPE), np.int16)
    pixels[:, :, :22] = 100
    scene = Scene(segmentation, Image(pixels, segmentation.geometry), 1, 1)
    preview = Interpolate3D(intensity_lower=50).propose(scene)
    assert set(preview.frames) == {1}
    box, region = preview.frames[1].box, preview.frames[1].region
    assert region.any()
    assert not region[:, 22 - box.lower[1] :].any()


def test_slices_of_one_plane_can_be_asked_for() -> None:
    segmentation = document(drawn(ball(), (0, 3), (0, 5), (0, 7), (0, 9), (0, 11)))
    confirmed(segmentation, Interpolate3D(source="slices", plane="axial"))
    assert dice(segmentation.groups[0].array[0] == 1, ball()) > 0.93


def test_what_cannot_be_interpolated_is_refused() -> None:
    segmentation = document(np.zeros(SHAPE, np.uint8))
    scene = Scene(segmentation, label=1)
    with pytest.raises(ToolError, match="ball has no contours"):
        Interpolate3D().propose(scene)
    with pytest.raises(ToolError, match="no label is active"):
        Interpolate3D().propose(Scene(segmentation))
    square = ((1, 1, 2), (5, 1, 2), (5, 5, 2), (1, 5, 2))
    with pytest.raises(ToolError, match="one of them"):
        Interpolate3D(contours_ijk=(square,), contours_lps=(square,)).propose(scene)
    with pytest.raises(ToolError, match="at least 3 points"):
        Interpolate3D(contours_ijk=(square[:2],)).propose(scene)
    with pytest.raises(ToolError, match="beside a plane"):
        Interpolate3D(contours_ijk=((*square, (3, 3, 9)),)).propose(scene)
    with pytest.raises(OptionError, match="source"):
        Interpolate3D(source="file")  # type: ignore[arg-type]
    solid = document(np.ones(SHAPE, np.uint8))
    with pytest.raises(ToolError, match="no slices stand apart"):
        Interpolate3D().propose(Scene(solid, label=1))


def test_lung_of_a_real_chest_ct_from_twenty_slices_of_three_planes() -> None:
    pytest.importorskip("slicerio")
    from MultiLabelSegLib.datasets.demo import sample_folder
    from MultiLabelSegLib.formats.registry import read_segmentation

    real = read_segmentation(sample_folder() / "Segmentation.seg.nrrd")
    lung = real.label("right lung")
    truth = real.groups[0].array[0] == lung.value
    box: Box | None = real.groups[0].index.box(lung.value, 0)
    assert box is not None
    sparse = np.zeros(truth.shape, np.uint8)
    slices = [
        (axis, int(index))
        for axis, count in enumerate((7, 7, 6))
        for index in np.linspace(box.lower[axis] + 1, box.upper[axis] - 2, count).round()
    ]
    for axis, index in slices:
        where = (slice(None),) * axis + (index,)
        sparse[where][truth[where]] = lung.value
    segmentation = Segmentation(real.geometry, [Group(sparse.copy(), real.labels)])
    history, scene = History(segmentation), Scene(segmentation, label=lung.value)
    for axis, index in slices:
        command = update_from_slice(scene, SliceOf(real.geometry, PLANES[axis], index))
        assert command is not None
        history.do(command)
    history.do(confirm(scene, Interpolate3D().propose(scene)).command)
    assert dice(segmentation.groups[0].array[0] == lung.value, truth) > 0.93
    history.undo()
    assert np.array_equal(segmentation.groups[0].array[0], sparse)
