"""Tools that reshape labels: where results go, what locks and limits do, several labels and frames at once."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import OptionError, ToolError, UnknownLabelError
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.islands import Islands
from MultiLabelSegLib.tools.margin import Hollow, Margin
from MultiLabelSegLib.tools.morphology import CloseMorphology, Dilate, Erode, FillHoles, Open
from MultiLabelSegLib.tools.smooth import Smooth
from Testing.tools.post_cases import OTHER, A, C, a_document, draft_of, drawn, run


def test_dilating_takes_unlabelled_space_and_unlocked_labels_but_no_locked_ones() -> None:
    segmentation = a_document(".....", "CAB..", ".....")
    command = run(segmentation, Dilate(element="cross"))
    assert drawn(segmentation) == [".A...", "CAA..", ".A..."]
    assert command.resolution.protected == {C: 1}
    assert drawn(segmentation, 1) == ["9....", "9....", "9...."]


def test_locks_are_ignored_when_asked() -> None:
    segmentation = a_document(".....", "CAB..", ".....")
    run(segmentation, Dilate(locks="ignore", element="cross"))
    assert drawn(segmentation) == [".A...", "AAA..", ".A..."]


def test_eroding_gives_voxels_up_also_those_of_a_locked_active_label() -> None:
    segmentation = a_document(".....", ".AAA.", ".AAA.", ".AAA.", ".....")
    run(segmentation, Erode(region="axial"))
    assert drawn(segmentation) == [".....", ".....", "..A..", ".....", "....."]


def test_a_slice_alone_erodes_in_3d_as_if_it_went_on_outside_of_the_image() -> None:
    segmentation = a_document("AAAA", "AAAA", "....")
    run(segmentation, Erode())
    assert drawn(segmentation) == ["AAAA", "....", "...."]


def test_opening_takes_thin_parts_away_and_closing_fills_gaps() -> None:
    segmentation = a_document(".......", ".AAA...", ".AAAAA.", ".AAA...", ".......")
    run(segmentation, Open(region="axial"))
    assert drawn(segmentation) == [".......", ".AAA...", ".AAA...", ".AAA...", "......."]
    segmentation = a_document("......", ".A.A..", "......")
    run(segmentation, CloseMorphology(region="axial"))
    assert drawn(segmentation) == ["......", ".AAA..", "......"]


def test_closing_beside_the_border_is_as_if_the_image_went_on() -> None:
    segmentation = a_document("A.A..", ".....")
    run(segmentation, CloseMorphology(radius=2, region="axial"))
    assert drawn(segmentation)[0] == "AAA.."


def test_a_hole_that_touches_the_border_is_none_and_labels_in_holes_keep_their_locks() -> None:
    segmentation = a_document("AAAAAAA", "A.ACABA", "AAAAAAA", "..AA...", ".A..A..", "..AA...")
    command = run(segmentation, FillHoles(region="axial"))
    assert drawn(segmentation) == ["AAAAAAA", "AAACAAA", "AAAAAAA", "..AA...", ".AAAA..", "..AA..."]
    assert command.resolution.protected == {C: 1}


def test_a_hole_that_is_open_in_the_volume_is_closed_in_its_slice() -> None:
    array = np.zeros((2, 5, 5), np.uint8)
    array[:, 1:4, 1:4], array[0, 2, 2] = A, 0
    segmentation = Segmentation(Geometry.from_parts((2, 5, 5)), [Group(array, [Label(A, "A")])])
    assert not run(segmentation, FillHoles()).changes
    run(segmentation, FillHoles(region="axial"))
    assert segmentation.voxels(A) == 18


def test_millimetres_are_exact_on_an_anisotropic_grid() -> None:
    array = np.zeros((5, 9, 9), np.uint8)
    array[2, 4, 4] = A
    segmentation = Segmentation(Geometry.from_parts((5, 9, 9), (1.0, 1.5, 3.0)), [Group(array, [Label(A, "A")])])
    run(segmentation, Margin(margin_mm=3.0))
    k, j, i = np.ogrid[:5, :9, :9]
    ball = ((k - 2) * 3.0) ** 2 + ((j - 4) * 1.5) ** 2 + (i - 4.0) ** 2 <= 9
    np.testing.assert_array_equal(segmentation.mask(A)[0], ball)
    run(segmentation, Margin(margin_mm=-2.9))
    assert np.argwhere(segmentation.mask(A)[0]).tolist() == [[2, 4, 4]]


def test_dilate_in_mm_and_margin_agree() -> None:
    results = []
    for tool in (Dilate(radius_mm=2.5), Margin(margin_mm=2.5)):
        segmentation = a_document(".......", "...A...", ".......", spacing=(1.0, 2.0, 1.0))
        run(segmentation, tool)
        results.append(drawn(segmentation))
    assert results[0] == results[1] == ["..AAA..", ".AAAAA.", "..AAA.."]


def test_several_labels_grow_until_they_meet() -> None:
    segmentation = a_document(".........", ".A.....B.", ".........")
    draft = draft_of(segmentation, Dilate(radius=8, labels=("A", "B")))
    assert draft.notes == ("27 voxels of frame 0 were wanted by several labels; each went to the nearest",)
    run(segmentation, Dilate(radius=8, labels=("A", "B")))
    assert drawn(segmentation) == ["AAAAABBBB"] * 3


def test_no_label_takes_voxels_that_another_chosen_one_holds() -> None:
    segmentation = a_document("AABB", "AABB")
    assert not run(segmentation, Dilate(labels=("A", "B"))).resolution.written


def test_labels_of_several_groups_are_each_written_to_their_own() -> None:
    segmentation = a_document("...A", "....")
    run(segmentation, Dilate(labels=(A, OTHER), element="cross"))
    assert drawn(segmentation) == ["..AA", "...A"]
    assert drawn(segmentation, 1) == ["99..", "99.."]


def test_a_result_in_a_new_label_leaves_the_old_one_and_bears_mitks_name() -> None:
    segmentation = a_document(".....", "..B..", ".....")
    command = run(segmentation, Dilate(labels=("B",), into="new", element="cross"), label=None)
    made = segmentation.label(command.values[0])
    assert (made.value, made.name) == (10, "Dilate (r=1) B")
    assert segmentation.group_index_of(10) == 0
    assert segmentation.voxels(10) == 5  # B is unlocked
    segmentation = a_document(".....", "..A..", ".....")
    command = run(segmentation, Dilate(into="new"))
    assert (segmentation.voxels(A), segmentation.voxels(command.values[0])) == (1, 8)


def test_results_in_a_new_group_overlap_the_old_labels() -> None:
    segmentation = a_document(".....", ".A.B.", ".....")
    command = run(segmentation, Dilate(labels=("A", "B"), into="group", radius_mm=1.0))
    assert [segmentation.label(value).name for value in command.values] == ["Dilate (r=1 mm) A", "Dilate (r=1 mm) B"]
    assert len(segmentation.groups) == 3
    ten, eleven = command.values
    assert segmentation.group(2).array[0, 0].tolist() == [
        [0, ten, 0, eleven, 0],
        [ten, ten, ten, eleven, eleven],
        [0, ten, 0, eleven, 0],
    ]
    assert drawn(segmentation) == [".....", ".A.B.", "....."]


def test_merging_adds_and_never_takes_away() -> None:
    segmentation = a_document("AAA", "AAA", "AAA")
    assert not run(segmentation, Smooth(merge="merge")).changes
    segmentation = a_document("...", ".A.", "...")
    assert not run(segmentation, Erode(merge="merge", region="axial")).changes
    run(segmentation, Erode(region="axial"))
    assert segmentation.voxels(A) == 0


def test_all_frames_are_worked_on_or_the_current_one() -> None:
    segmentation = a_document(".A.", "...", frames=3)
    run(segmentation, Dilate(frames="current", element="cross"), t=1)
    assert [drawn(segmentation, t=t)[0] for t in range(3)] == [".A.", "AAA", ".A."]
    run(segmentation, Dilate(element="cross"))
    assert [drawn(segmentation, t=t) for t in range(3)] == [["AAA", ".A."], ["AAA", "AAA"], ["AAA", ".A."]]


def test_limits_hold_a_label_as_it_was_where_nothing_may_be_written() -> None:
    segmentation = a_document("AAAA", "AAAA", "AAAA", "....")
    image = Image(np.arange(16, dtype=np.int16).reshape(1, 4, 4), segmentation.geometry)
    tool = Erode(region="axial", intensity_lower=10)
    draft = tool.propose(Scene(segmentation, image, A))
    History(segmentation).do(draft.command(segmentation))
    assert drawn(segmentation) == ["AAAA", "AAAA", "AA..", "...."]
    segmentation = a_document("...C", ".A.B", "....")
    run(segmentation, Dilate(outside=("B",), radius=2))
    assert drawn(segmentation) == ["AAAC", "AAAB", "AAAA"]


def test_a_limit_by_the_image_follows_its_frames() -> None:
    segmentation = a_document(".A.", frames=2)
    pixels = np.zeros((2, 1, 1, 3), np.int16)
    pixels[0, ..., 0], pixels[1, ..., 2] = 5, 5
    draft = Dilate(intensity_lower=1).propose(Scene(segmentation, Image(pixels, segmentation.geometry), A))
    History(segmentation).do(draft.command(segmentation))
    assert [drawn(segmentation, t=t) for t in range(2)] == [["AA."], [".AA"]]


def test_locked_unlabelled_space_is_neither_taken_nor_made() -> None:
    for tool in (Dilate(), Erode(region="axial")):
        segmentation = a_document(".....", ".AAA.", ".AAA.", ".....")
        segmentation.unlabeled_locked = True
        assert not run(segmentation, tool).changes


def test_a_name_means_all_labels_of_that_name() -> None:
    array = np.array([[[1, 0, 0, 0, 2]]], np.uint8)
    group = Group(array, [Label(1, "Node"), Label(2, "Node")])
    segmentation = Segmentation(Geometry.from_parts((1, 1, 5)), [group])
    run(segmentation, Dilate(labels="Node"), label=None)
    assert segmentation.group(0).array[0, 0, 0].tolist() == [1, 1, 0, 2, 2]


def test_what_cannot_be_done_is_said() -> None:
    segmentation = a_document(".A.")
    with pytest.raises(ToolError, match="no label is active"):
        draft_of(segmentation, Dilate(), label=None)
    with pytest.raises(UnknownLabelError, match="Heart"):
        draft_of(segmentation, Dilate(labels=("Heart",)))
    with pytest.raises(OptionError, match="labels"):
        draft_of(segmentation, Dilate(labels=(1.5,)))  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="radius"):
        Dilate(radius=0)
    with pytest.raises(OptionError, match="element"):
        Dilate(element="box")  # type: ignore[arg-type]
    with pytest.raises(ToolError, match="no frame 3"):
        draft_of(segmentation, Dilate(frames="current"), t=3)
    assert draft_of(segmentation, Dilate(labels=("B",))).notes == ("B has no voxels",)
    assert draft_of(segmentation, Dilate(radius_mm=0.5)).notes[0].startswith("a radius of 0.5 mm reaches no other")
    assert draft_of(a_document("...", ".A.", "..."), Erode(region="axial")).notes == ("nothing is left of A",)
    assert draft_of(segmentation, Margin(margin_mm=0.5)).notes == (
        "0.5 mm reach no other voxel on a grid of 1 x 1 x 1 mm",
    )


def test_a_hollow_label_is_its_border() -> None:
    rows = ("......", ".AAAA.", ".AAAA.", ".AAAA.", "......")
    results = []
    for side in ("inside", "outside", "both"):
        segmentation = a_document(*rows)
        run(segmentation, Hollow(thickness_mm=1.0 if side != "both" else 2.0, side=side))  # type: ignore[arg-type]
        results.append(drawn(segmentation))
    assert results[0] == ["......", ".AAAA.", ".A..A.", ".AAAA.", "......"]
    assert results[1] == [".AAAA.", "A....A", "A....A", "A....A", ".AAAA."]
    assert results[2] == [".AAAA.", "AAAAAA", "AA..AA", "AAAAAA", ".AAAA."]


def test_a_shell_thinner_than_the_voxels_is_refused_and_a_missing_wall_is_named() -> None:
    segmentation = a_document(".AAA.", spacing=(2.0, 2.0, 5.0))
    with pytest.raises(ToolError, match="thinner than the voxels of 2 x 2 x 5 mm"):
        draft_of(segmentation, Hollow(thickness_mm=1.5))
    assert draft_of(segmentation, Hollow(thickness_mm=2.0)).notes == (
        "the shell has no wall across k (5 mm): 2 mm are too thin",
    )


def test_smoothing_takes_a_corner_away_and_fills_a_dent() -> None:
    segmentation = a_document(".......", ".AAAAA.", ".AA.AA.", ".AAAAA.", ".......")
    run(segmentation, Smooth())
    assert drawn(segmentation) == [".......", "..AAA..", ".AAAAA.", "..AAA..", "......."]


def test_joint_smoothing_moves_the_border_between_neighbours_without_a_gap() -> None:
    rows = ["AAAABBBB"] * 4 + ["AAAAAABB"] + ["AAAABBBB"] * 4
    segmentation = a_document(*rows)
    run(segmentation, Smooth(method="joint", radius=1.5, labels=("A", "B")))
    assert drawn(segmentation) == ["AAAABBBB"] * 9


def test_joint_smoothing_leaves_locked_labels_unless_they_are_named() -> None:
    rows = ["AAAABBBBCCCC"] * 3 + ["AAAAABBBCCCC"] + ["AAAABBBBBCCC"] + ["AAAABBBBCCCC"] * 4
    segmentation = a_document(*rows)
    run(segmentation, Smooth(method="joint", radius=1.5))
    assert drawn(segmentation) == rows
    with pytest.raises(ToolError, match="all labels are locked"):
        draft_of(segmentation, Smooth(method="joint"), label=OTHER)
    run(segmentation, Smooth(method="joint", radius=1.5, labels=("A", "B", "C")))
    assert "".join(drawn(segmentation)).count(".") == 0
    assert drawn(segmentation) == ["AAAABBBBCCCC"] * 9


def test_joint_smoothing_in_a_new_group_leaves_the_labels() -> None:
    rows = ["AAAABBBB"] * 4 + ["AAAAAABB"] + ["AAAABBBB"] * 4
    segmentation = a_document(*rows)
    command = run(segmentation, Smooth(method="joint", radius=1.5, labels=("A", "B"), into="group"))
    first, second = command.values
    assert drawn(segmentation) == rows
    assert (segmentation.group(2).array[0, 0, 4] == [first] * 4 + [second] * 4).all()


def test_islands_keep_the_largest_or_those_above_a_size() -> None:
    rows = ("AA..A", "AA...", "....A", "..AA.")
    segmentation = a_document(*rows)
    draft = draft_of(segmentation, Islands(connectivity=6))
    assert draft.notes == ("A: islands of 4 voxels are removed",)
    run(segmentation, Islands(connectivity=6))
    assert drawn(segmentation) == ["AA...", "AA...", ".....", "....."]
    segmentation = a_document(*rows)
    run(segmentation, Islands(count=2))
    assert drawn(segmentation) == ["AA...", "AA...", "....A", "..AA."]
    segmentation = a_document(*rows, spacing=(0.5, 1.0, 2.0))
    run(segmentation, Islands(mode="remove_small", minimum_mm3=2.0, connectivity=6))
    assert drawn(segmentation) == ["AA...", "AA...", ".....", "..AA."]
    segmentation = a_document(*rows)
    run(segmentation, Islands(mode="remove_small", minimum_voxels=2, connectivity=26))
    assert drawn(segmentation) == ["AA...", "AA...", "....A", "..AA."]


def test_islands_become_instances_with_values_of_their_own() -> None:
    segmentation = a_document("AA.B.B", "......", "..A..B")
    command = run(segmentation, Islands(mode="split", labels=("A", "B")), label=None)
    assert command.values == (10, 11, 12)
    assert segmentation.group(0).array[0, 0].tolist() == [[1, 1, 0, 2, 0, 11], [0] * 6, [0, 0, 10, 0, 0, 12]]
    assert [label.name for label in segmentation.labels_named("B")] == ["B"] * 3
    assert not run(segmentation, Islands(mode="split")).changes


def test_splitting_refuses_options_that_it_has_no_use_for() -> None:
    segmentation = a_document("A.A", frames=2)
    for tool in (Islands(mode="split", into="group"), Islands(mode="split", inside=("A",))):
        with pytest.raises(OptionError, match="with mode split"):
            draft_of(segmentation, tool)
    with pytest.raises(OptionError, match="frames"):
        draft_of(segmentation, Islands(mode="split", frames="current"))
