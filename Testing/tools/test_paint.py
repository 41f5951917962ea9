"""Paint and Wipe: what a stroke changes, what locks keep, balls and mm, masking, refusals, undo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import OptionError, ToolError, UnknownLabelError
from MultiLabelSegLib.ops.brush import disk_pixels
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.paint import Paint, Wipe
from Testing.tools.slice_cases import (
    KIDNEY,
    LIVER,
    SHAPE,
    SPLEEN,
    TUMOUR,
    a_scene,
    as_text,
    chest,
    drawn,
    empty,
    lies_outside,
    run,
)


def columns() -> np.ndarray:
    """Four columns of values in every slice: unlabelled, liver, spleen (unlocked), kidney (locked), five each."""
    frame = empty()
    for number in range(4):
        frame[:, :, 5 * number : 5 * number + 5] = number
    return frame


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
def test_a_dab_paints_mitks_pixels_in_one_slice(size: int) -> None:
    scene = a_scene()
    _, new = run(scene, Paint(stroke_ijk=((9.4, 7.6, 2),), diameter=size))
    mask, below = disk_pixels(size)
    expected = empty()
    expected[2, 8 - below : 8 - below + size, 9 - below : 9 - below + size] = mask
    np.testing.assert_array_equal(new, expected * LIVER)


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_every_plane_is_painted_in_its_own_two_axes(plane: str) -> None:
    _, new = run(a_scene(), Paint(stroke_ijk=((9, 7, 3),), diameter=3, plane=plane))
    across = ("axial", "coronal", "sagittal").index(plane)
    found = np.argwhere(new == LIVER)
    extent = np.ptp(found, axis=0).tolist()
    assert extent == [0 if axis == across else 2 for axis in range(3)]
    assert found.mean(axis=0).tolist() == [3, 7, 9]


def test_painting_takes_unlabelled_and_unlocked_voxels_and_leaves_locked_ones() -> None:
    scene = a_scene(columns())
    command, new = run(scene, Paint(stroke_ijk=((0, 8, 1), (19, 8, 1)), diameter=1))
    assert as_text(new[1])[8] == "111111111111111" + "33333"
    assert command.resolution.written == 10
    assert command.resolution.protected == {KIDNEY: 5}
    assert set(command.resolution.touched) == {LIVER, SPLEEN}
    assert command.title == "Paint Liver"


def test_wiping_takes_the_active_label_alone_or_every_unlocked_one() -> None:
    stroke = ((0, 8, 1), (19, 8, 1))
    _, new = run(a_scene(columns()), Wipe(stroke_ijk=stroke, diameter=1))
    assert as_text(new[1])[8] == "..........2222233333"
    command, new = run(a_scene(columns()), Wipe(stroke_ijk=stroke, diameter=1, erase="unlocked"))
    assert as_text(new[1])[8] == "...............33333"
    assert command.resolution.protected == {KIDNEY: 5}


def test_a_locked_active_label_is_painted_and_wiped_all_the_same() -> None:
    scene = a_scene(columns(), label=KIDNEY)
    _, new = run(scene, Paint(stroke_ijk=((12, 8, 0),), diameter=1))
    assert new[0, 8, 12] == KIDNEY
    _, new = run(scene, Wipe(stroke_ijk=((17, 8, 0),), diameter=1))
    assert new[0, 8, 17] == 0


def test_locked_unlabelled_space_is_not_painted() -> None:
    scene = a_scene(columns(), unlabeled_locked=True)
    command, new = run(scene, Paint(stroke_ijk=((0, 8, 1), (12, 8, 1)), diameter=1))
    assert as_text(new[1])[8] == ".....11111111" + "22" + "33333"
    assert command.resolution.protected == {0: 5}


def test_a_size_in_mm_is_round_in_mm_in_every_plane() -> None:
    scene = a_scene(shape=(15, 31, 61))
    for plane, across in (("axial", 0), ("coronal", 1), ("sagittal", 2)):
        _, new = run(a_scene(shape=(15, 31, 61)), Paint(stroke_ijk=((30, 15, 7),), diameter_mm=9, plane=plane))
        k, j, i = np.ogrid[:15, :31, :61]
        away = ((k - 7) * 2.0) ** 2 + ((j - 15) * 1.0) ** 2 + ((i - 30) * 0.5) ** 2
        flat = (k == 7, j == 15, i == 30)[across]
        np.testing.assert_array_equal(new == LIVER, (away <= 4.5**2) & flat)
    assert scene.geometry.spacing == (0.5, 1.0, 2.0)


def test_a_ball_is_round_in_mm_in_the_volume() -> None:
    _, new = run(a_scene(shape=(15, 31, 61)), Paint(stroke_ijk=((30, 15, 7),), diameter_mm=9, ball=True))
    k, j, i = np.ogrid[:15, :31, :61]
    away = ((k - 7) * 2.0) ** 2 + ((j - 15) * 1.0) ** 2 + ((i - 30) * 0.5) ** 2
    np.testing.assert_array_equal(new == LIVER, away <= 4.5**2)
    _, wiped = run(a_scene(new), Wipe(stroke_ijk=((30, 15, 7),), diameter_mm=9, ball=True))
    assert not wiped.any()


def test_points_in_mm_are_those_of_the_grid() -> None:
    scene = a_scene()
    points = [(3.0, 4.0, 2.0), (15.0, 9.0, 2.0)]
    lps = tuple(map(tuple, scene.geometry.lps_from_ijk(points).tolist()))
    _, expected = run(a_scene(), Paint(stroke_ijk=tuple(points)))
    _, found = run(scene, Paint(stroke_lps=lps))
    np.testing.assert_array_equal(found, expected)


def test_the_slice_can_be_named_apart_from_the_points() -> None:
    _, new = run(a_scene(), Paint(stroke_ijk=((5, 5, 0),), slice=4, diameter=1))
    assert np.argwhere(new).tolist() == [[4, 5, 5]]


def test_a_quick_stroke_has_no_gaps_and_is_cut_at_the_border() -> None:
    _, new = run(a_scene(), Paint(stroke_ijk=((-5, 2, 0), (24, 13, 0)), diameter=3))
    assert (new[0] == LIVER).any(axis=0).all()
    assert not new[1:].any()


def test_masking_limits_painting_by_intensity_and_labels() -> None:
    image = np.zeros(SHAPE)
    image[:, :, 8:14] = 100
    stroke = ((0, 8, 1), (19, 8, 1))
    scene = a_scene(columns(), image)
    _, new = run(scene, Paint(stroke_ijk=stroke, diameter=1, intensity_lower=50))
    assert as_text(new[1])[8] == ".....11111" + "1111" + "2" + "33333"
    _, new = run(a_scene(columns()), Paint(stroke_ijk=stroke, diameter=1, inside=("Spleen",)))
    assert as_text(new[1])[8] == "....." + "1" * 10 + "33333"
    _, new = run(a_scene(columns()), Paint(stroke_ijk=stroke, diameter=1, outside=(SPLEEN,)))
    assert as_text(new[1])[8] == "1" * 10 + "2222233333"
    _, new = run(a_scene(columns(), image), Wipe(stroke_ijk=stroke, diameter=1, intensity_upper=50))
    assert as_text(new[1])[8] == "........11" + "2222233333"


def test_a_label_of_another_group_masks_too() -> None:
    _, new = run(a_scene(), Paint(stroke_ijk=((0, 1, 1), (19, 1, 1)), diameter=1, inside=("Tumour",)))
    tumour = a_scene().segmentation.mask(TUMOUR)[0]
    np.testing.assert_array_equal(new == LIVER, tumour & (np.indices(SHAPE)[0] == 1) & (np.indices(SHAPE)[1] == 1))


@pytest.mark.parametrize("tool", [Paint, Wipe])
def test_what_cannot_be_done_is_refused_and_changes_nothing(tool: type) -> None:
    cases = [
        ({}, "a stroke needs points"),
        ({"stroke_ijk": ((1, 1, 1),), "stroke_lps": ((1, 1, 1),)}, "one of them"),
        ({"stroke_ijk": ((1, 1),)}, "three finite numbers"),
        ({"stroke_ijk": ((1, 1, float("nan")),)}, "three finite numbers"),
        ({"stroke_ijk": (("1", 1, 1),)}, "three finite numbers"),
        ({"stroke_ijk": ((1, 1, 6),)}, r"axial slice 6 is outside of the image, which has 0...5"),
        ({"stroke_ijk": ((1, 1, -1),)}, "outside of the image"),
        ({"stroke_ijk": ((80, 1, 1),)}, r"outside of the image of \[20, 16, 6\] voxels"),
        ({"stroke_ijk": ((80, 1, 1), (90, 1, 1))}, "outside of the image"),
        ({"stroke_ijk": ((1, 1, 90),), "ball": True}, "outside of the image"),
        ({"stroke_ijk": ((1, 1, 1),), "intensity_lower": 3.0}, "needs the image"),
    ]
    for given_fields, said in cases:
        with pytest.raises(ToolError, match=said):
            tool(**given_fields).propose(a_scene())
    with pytest.raises(ToolError, match="no label is active"):
        tool(stroke_ijk=((1, 1, 1),)).propose(a_scene(label=None))
    with pytest.raises(ToolError, match="active label 77 is no label"):
        tool(stroke_ijk=((1, 1, 1),)).propose(a_scene(label=77))
    with pytest.raises(UnknownLabelError):
        tool(stroke_ijk=((1, 1, 1),), inside=("Bone",)).propose(a_scene())


def test_impossible_parameters_are_refused_by_name() -> None:
    for fields, name in (
        ({"diameter": 0}, "diameter"),
        ({"diameter": 2.5}, "diameter"),
        ({"diameter_mm": -1.0}, "diameter_mm"),
        ({"plane": "oblique"}, "plane"),
        ({"ball": 1}, "ball"),
    ):
        with pytest.raises(OptionError) as caught:
            Paint(**fields)
        assert caught.value.option == name


def test_another_frame_is_painted_alone() -> None:
    scene = a_scene(columns())
    later = Scene(scene.segmentation, None, LIVER, t=1)
    _, new = run(later, Paint(stroke_ijk=((5, 5, 1),), diameter=3))
    assert (new == LIVER).sum() == 9
    with pytest.raises(ToolError, match="no frame 2"):
        Paint(stroke_ijk=((5, 5, 1),)).propose(Scene(scene.segmentation, None, LIVER, t=2))


def test_many_dabs_can_be_one_step() -> None:
    scene = a_scene(columns())
    before = scene.segmentation.group(0).array.copy()
    history = History(scene.segmentation)
    with history.grouped("Paint Liver"):
        for i in range(0, 20, 3):
            history.do(Paint(stroke_ijk=((i, 5, 2),), diameter=4).propose(scene).command(scene.segmentation))
    assert history.undo_titles == ("Paint Liver",)
    history.undo()
    np.testing.assert_array_equal(scene.segmentation.group(0).array, before)


def test_painting_where_the_label_is_already_leaves_no_step() -> None:
    command, _ = run(a_scene(columns()), Paint(stroke_ijk=((7, 8, 1),), diameter=3))
    assert (command.resolution.written, command.resolution.protected) == (0, {})


POINT = st.tuples(st.floats(-3, 22), st.floats(-3, 18), st.floats(0, 5))


@given(
    st.integers(0, 2**32 - 1),
    st.lists(POINT, min_size=1, max_size=4),
    st.integers(1, 12),
    st.sampled_from([LIVER, SPLEEN, KIDNEY, TUMOUR]),
    st.sampled_from(["active", "unlocked", None]),
    st.booleans(),
)
def test_whatever_is_painted_locks_hold_and_undo_is_exact(
    seed: int, points: list[tuple[float, float, float]], size: int, label: int, erase: str | None, ball: bool
) -> None:
    frame = np.random.default_rng(seed).integers(0, 4, SHAPE).astype(np.uint8)
    scene = a_scene(frame, label=label)
    slice_of_first = None if ball else int(np.floor(points[0][2] + 0.5))
    fields = {"stroke_ijk": tuple(points), "diameter": size, "ball": ball, "slice": slice_of_first}
    tool = Paint(**fields) if erase is None else Wipe(**fields, erase=erase)
    if lies_outside(scene, tool):
        return
    old = scene.values().copy()
    _, new = run(scene, tool)
    changed = new != old
    assert not (new[changed] != (label if erase is None else 0)).any()
    if erase == "active":
        assert (old[changed] == label).all()


@pytest.mark.parametrize("plane", ["axial", "sagittal"])
def test_on_a_real_chest_a_brush_of_30_mm_is_round_in_mm(plane: str) -> None:
    scene, before = chest("right lung"), chest("right lung").values().copy()
    at, steps = np.array([20, 66, 84]), np.array(scene.geometry.spacing[::-1])
    stroke = (tuple(at[::-1].astype(float).tolist()),)
    _, wiped = run(scene, Wipe(stroke_ijk=stroke, diameter_mm=30, plane=plane))
    lost = np.argwhere(before != wiped)
    away = np.linalg.norm((lost - at) * steps, axis=1)
    assert 15 - steps.min() < away.max() <= 15 + 1e-6
    assert np.ptp(lost, axis=0)[("axial", "coronal", "sagittal").index(plane)] == 0
    disk = np.argwhere(np.linalg.norm((np.indices(before.shape).reshape(3, -1).T - at) * steps, axis=1) <= 15)
    assert len(lost) <= len(disk)
    # painted again, within the range of air, everything is back, and tissue, ribs and spine were never touched
    _, painted = run(scene, Paint(stroke_ijk=stroke, diameter_mm=30, plane=plane, intensity_upper=1e4))
    np.testing.assert_array_equal(painted, before)


def test_on_a_real_chest_only_air_is_painted_and_the_locked_lung_protected() -> None:
    scene = chest("tissue")
    stroke = ((84.0, 66.0, 20.0), (60.0, 60.0, 20.0))
    command, new = run(scene, Paint(stroke_ijk=stroke, diameter_mm=40, intensity_upper=-500))
    lung = scene.segmentation.label("right lung").value
    assert command.resolution.protected[lung] > 200
    changed = new != chest("tissue").values()
    assert (scene.pixels()[changed] <= -500).all()


def test_a_slice_written_by_hand_is_painted_as_expected() -> None:
    frame = empty((1, 5, 8))
    frame[0] = drawn(["........", ".22..33.", ".22..33.", ".22..33.", "........"])
    _, new = run(a_scene(frame, time_steps=1), Paint(stroke_ijk=((1, 2, 0), (6, 2, 0)), diameter=2))
    assert as_text(new[0]) == ["........", ".22..33.", ".1111331", ".1111331", "........"]


def test_a_stroke_over_several_slices_needs_the_slice_or_a_ball() -> None:
    stroke = ((4.0, 5.0, 1.0), (9.0, 6.0, 3.0))
    with pytest.raises(ToolError, match=r"the points lie in axial slices 1\.\.\.3"):
        Paint(stroke_ijk=stroke, diameter=3).propose(a_scene())
    for tool, slices in (
        (Paint(stroke_ijk=stroke, diameter=3, slice=2), [2]),
        (Paint(stroke_ijk=stroke, ball=True), None),
    ):
        _, new = run(a_scene(), tool)
        held = np.flatnonzero(new.any(axis=(1, 2))).tolist()
        assert held == slices if slices else {1, 2, 3} <= set(held)
