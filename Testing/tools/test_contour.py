"""Add, Subtract and Lasso on contours: what they change, in every plane, in mm, cut at borders, refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.ops.contour import outlines
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.contour import Add, Subtract
from MultiLabelSegLib.tools.lasso import Lasso
from Testing.tools.slice_cases import (
    KIDNEY,
    LIVER,
    SHAPE,
    SPLEEN,
    a_scene,
    as_text,
    chest,
    drawn,
    empty,
    lies_outside,
    run,
)

PICTURE = ["." * 20, "." * 20, *["....111222333......."] * 4, *["." * 20] * 10]
BOX = ((2, 1, 2), (14, 1, 2), (14, 4, 2), (2, 4, 2))


def picture() -> np.ndarray:
    frame = empty()
    frame[2] = drawn(PICTURE)
    return frame


def test_add_takes_unlabelled_and_unlocked_and_leaves_locked() -> None:
    command, new = run(a_scene(picture()), Add(contour_ijk=BOX))
    assert as_text(new[2])[:6] == [
        "....................",
        "..1111111111111.....",
        "..11111111333" + "11" + ".....",
        "..11111111333" + "11" + ".....",
        "..11111111333" + "11" + ".....",
        "....111222333.......",
    ]
    assert command.resolution.protected == {KIDNEY: 9}
    assert (command.title, command.resolution.touched) == ("Add to Liver", (LIVER, SPLEEN))


def test_subtract_takes_the_active_label_alone() -> None:
    command, new = run(a_scene(picture()), Subtract(contour_ijk=BOX))
    assert as_text(new[2])[1:6] == ["." * 20, *[".......222333......."] * 3, "....111222333......."]
    assert (command.title, command.resolution.written, command.resolution.protected) == ("Subtract from Liver", 9, {})


def test_the_modifier_makes_each_the_other() -> None:
    for plain, inverted in ((Add, Subtract), (Subtract, Add)):
        _, one = run(a_scene(picture()), plain(contour_ijk=BOX))
        _, other = run(a_scene(picture()), inverted(contour_ijk=BOX, invert=True))
        np.testing.assert_array_equal(one, other)


def test_the_lasso_adds_and_subtracts_by_the_same_rules() -> None:
    for mode, kind in (("add", Add), ("subtract", Subtract)):
        _, one = run(a_scene(picture()), Lasso(contour_ijk=BOX, mode=mode))
        _, other = run(a_scene(picture()), kind(contour_ijk=BOX))
        np.testing.assert_array_equal(one, other)


def test_a_locked_active_label_can_be_drawn_and_subtracted() -> None:
    scene = a_scene(picture(), label=KIDNEY)
    _, new = run(scene, Add(contour_ijk=BOX))
    assert as_text(new[2])[1:3] == ["..3333333333333.....", "..33111333333" + "33" + "....."]
    _, new = run(a_scene(picture(), label=KIDNEY), Subtract(contour_ijk=BOX))
    assert (new[2] == KIDNEY).sum() == 3


def test_locked_unlabelled_space_is_not_added_to() -> None:
    command, new = run(a_scene(picture(), unlabeled_locked=True), Add(contour_ijk=BOX))
    assert as_text(new[2])[2] == "....111111333......."
    assert command.resolution.protected == {0: 25, KIDNEY: 9}


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_contours_are_drawn_in_every_plane(plane: str) -> None:
    axis = ("axial", "coronal", "sagittal").index(plane)
    lower, upper = [1.0, 2.0, 3.0], [4.0, 6.0, 9.0]
    lower[axis] = upper[axis] = 3.0
    rows, columns = (n for n in range(3) if n != axis)
    corners = []
    for row, column in ((lower, lower), (lower, upper), (upper, upper), (upper, lower)):
        kji = [3.0, 3.0, 3.0]
        kji[rows], kji[columns] = row[rows], column[columns]
        corners.append(tuple(kji[::-1]))
    _, new = run(a_scene(), Add(contour_ijk=tuple(corners), plane=plane))
    expected = empty()
    expected[tuple(slice(int(a), int(b) + 1) for a, b in zip(lower, upper, strict=True))] = LIVER
    np.testing.assert_array_equal(new, expected)


def test_a_contour_in_mm_is_that_of_the_grid() -> None:
    scene = a_scene(picture())
    lps = tuple(map(tuple, scene.geometry.lps_from_ijk(BOX).tolist()))
    _, one = run(scene, Add(contour_lps=lps))
    _, other = run(a_scene(picture()), Add(contour_ijk=BOX))
    np.testing.assert_array_equal(one, other)


def test_the_slice_may_be_named() -> None:
    _, new = run(a_scene(), Add(contour_ijk=BOX, slice=5))
    assert np.flatnonzero(new.any(axis=(1, 2))).tolist() == [5]


def test_points_of_several_slices_are_taken_to_the_one_that_is_named_and_half_a_slice_does_not_matter() -> None:
    near = tuple((i, j, k + shift) for (i, j, k), shift in zip(BOX, (0.4, -0.4, 0.5, -0.5), strict=True))
    far = tuple((i, j, k + shift) for (i, j, k), shift in zip(BOX, (3, -1, 0, 2), strict=True))
    _, expected = run(a_scene(), Add(contour_ijk=BOX))
    for tool in (Add(contour_ijk=near), Add(contour_ijk=far, slice=BOX[0][2])):
        np.testing.assert_array_equal(run(a_scene(), tool)[1], expected)


def test_contours_are_cut_at_the_borders_of_the_slice() -> None:
    far = ((-50, -50, 1), (6, -50, 1), (6, 3, 1), (-50, 3, 1))
    _, new = run(a_scene(), Add(contour_ijk=far))
    expected = empty()
    expected[1, :4, :7] = LIVER
    np.testing.assert_array_equal(new, expected)


def test_a_contour_that_crosses_itself_is_filled_by_the_even_odd_rule() -> None:
    eight = ((0, 0, 0), (8, 8, 0), (8, 0, 0), (0, 8, 0))
    _, new = run(a_scene(), Add(contour_ijk=eight))
    assert new[0, 4, 0] == LIVER == new[0, 4, 8]
    assert new[0, 0, 4] == 0


def test_a_contour_around_no_centre_says_so() -> None:
    tiny = ((1.2, 1.2, 1), (1.7, 1.2, 1), (1.5, 1.8, 1))
    assert Add(contour_ijk=tiny).propose(a_scene()).notes == ("no voxel centre lies within; nothing was changed",)
    _, new = run(a_scene(), Add(contour_ijk=tiny))
    assert not new.any()


def test_masking_limits_contours() -> None:
    image = np.zeros(SHAPE, np.float32)
    image[:, 3] = 7
    _, new = run(a_scene(picture(), image), Add(contour_ijk=BOX, intensity_lower=5, intensity_upper=7))
    assert as_text(new[2])[1:4] == [PICTURE[1], PICTURE[2], "..11111111333" + "11" + "....."]
    _, new = run(a_scene(picture()), Subtract(contour_ijk=BOX, outside=("Liver",)))
    np.testing.assert_array_equal(new, picture())


@pytest.mark.parametrize("tool", [Add, Subtract, Lasso])
def test_contours_that_cannot_be_are_refused(tool: type) -> None:
    cases = [
        ({}, "a contour needs points"),
        ({"contour_ijk": BOX, "contour_lps": BOX}, "one of them"),
        ({"contour_ijk": BOX[:2]}, "at least 3 points, found 2"),
        ({"contour_ijk": ((1, 1), (2, 2), (3, 1))}, "three finite numbers"),
        ({"contour_ijk": (*BOX, (1, float("nan"), 2))}, "three finite numbers"),
        ({"contour_ijk": (*BOX, (4, 4, 4))}, r"the points lie in axial slices 2\.\.\.4; expected those of one slice"),
        ({"contour_ijk": BOX, "slice": 6}, r"axial slice 6 is outside of the image, which has 0...5"),
        ({"contour_ijk": tuple((i + 90, j, k) for i, j, k in BOX)}, "the contour is outside of the image"),
        ({"contour_ijk": BOX, "intensity_lower": 1.0}, "needs the image"),
    ]
    for fields, said in cases:
        with pytest.raises(ToolError, match=said):
            tool(**fields).propose(a_scene(picture()))
    with pytest.raises(ToolError, match="no label is active"):
        tool(contour_ijk=BOX).propose(a_scene(label=None))
    with pytest.raises(OptionError):
        tool(contour_ijk=BOX, plane="oblique")


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.floats(-5, 25), st.floats(-5, 25)), min_size=3, max_size=8),
    st.sampled_from(["axial", "coronal", "sagittal"]),
    st.sampled_from([LIVER, SPLEEN, KIDNEY]),
    st.booleans(),
)
def test_whatever_is_drawn_locks_hold_and_undo_is_exact(
    seed: int, flat: list[tuple[float, float]], plane: str, label: int, subtract: bool
) -> None:
    frame = np.random.default_rng(seed).integers(0, 4, SHAPE).astype(np.uint8)
    scene = a_scene(frame, label=label)
    order = {"axial": lambda x, y: (x, y, 4), "coronal": lambda x, y: (x, 4, y), "sagittal": lambda x, y: (4, x, y)}
    contour = tuple(order[plane](x, y) for x, y in flat)
    tool = (Subtract if subtract else Add)(contour_ijk=contour, plane=plane)
    if lies_outside(scene, tool):
        return
    _, new = run(scene, tool)
    changed = new != frame
    assert (new[changed] == (0 if subtract else label)).all()
    across = ("axial", "coronal", "sagittal").index(plane)
    assert set(np.argwhere(changed)[:, across].tolist()) <= {4}
    if subtract:
        assert (frame[changed] == label).all()


@pytest.mark.parametrize("plane", ["axial", "sagittal"])
def test_on_a_real_chest_the_outline_of_a_lung_subtracts_and_adds_exactly_the_lung(plane: str) -> None:
    scene = chest("right lung")
    before, lung = scene.values().copy(), scene.label
    where = (20, slice(None), slice(None)) if plane == "axial" else (slice(None), slice(None), 84)
    largest = max(outlines(before[where] == lung), key=len)
    if plane == "axial":
        contour = tuple((x, y, 20.0) for x, y in largest.tolist())
    else:
        contour = tuple((84.0, x, y) for x, y in largest.tolist())
    _, without = run(scene, Subtract(contour_ijk=contour, plane=plane))
    assert np.count_nonzero(before != without) > 100
    assert (before[before != without] == lung).all()
    _, again = run(scene, Add(contour_ijk=contour, plane=plane))
    # what was unlabelled within the lung (vessels) becomes lung too; locked tissue, ribs and spine never
    assert (again[before == lung] == lung).all()
    assert (before[again != before] == 0).all()


def test_other_scenes_of_the_same_document_see_the_change() -> None:
    scene = a_scene(picture())
    run(scene, Add(contour_ijk=BOX))
    _, new = run(Scene(scene.segmentation, None, SPLEEN), Add(contour_ijk=BOX))
    assert (new[2, 2:5, 4:10] == LIVER).all(), "the liver is locked by now"
