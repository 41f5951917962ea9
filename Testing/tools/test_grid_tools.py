"""Autocrop, resampling, static and dynamic: one undoable change of the whole grid."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Box, Event, Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import GeometryChange, History
from MultiLabelSegLib.errors import GeometryError, GroupError, OptionError, ToolError
from MultiLabelSegLib.tools.autocrop import Autocrop, crop, crop_image, labelled_box
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.frames import ToDynamic, ToStatic
from MultiLabelSegLib.tools.morphology import Dilate, Erode
from MultiLabelSegLib.tools.resample import Resample, resample, respaced
from Testing.properties.documents import snapshot
from Testing.tools.post_cases import OTHER, A, B, a_document, draft_of, drawn, run

TURN = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])


def an_oblique_document(frames: int = 1) -> Segmentation:
    """Values 1 and 300 in two groups of an oblique 10 x 9 x 8 grid of 0.5 x 0.75 x 2 mm."""
    first, second = np.zeros((frames, 8, 9, 10), np.uint8), np.zeros((frames, 8, 9, 10), np.uint16)
    first[0, 2:5, 3:6, 4:8] = 1
    second[-1, 3:7, 2:4, 5] = 300
    geometry = Geometry.from_parts((8, 9, 10), (0.5, 0.75, 2), (-10, 20, 30), TURN, frames)
    return Segmentation(geometry, [Group(first, [Label(1, "A")]), Group(second, [Label(300, "B")], "Two")])


def test_autocrop_cuts_to_the_labels_of_all_groups_and_frames_and_nothing_moves() -> None:
    segmentation = an_oblique_document(frames=2)
    before = {value: segmentation.centroid_lps(value) for value in (1, 300)}
    run(segmentation, Autocrop(), label=None)
    assert segmentation.geometry.full_shape == (2, 5, 4, 4)
    for value in (1, 300):
        np.testing.assert_allclose(segmentation.centroid_lps(value), before[value], atol=1e-9)
    assert [group.name for group in segmentation.groups] == ["", "Two"]
    assert [group.values for group in segmentation.groups] == [(1,), (300,)]


def test_a_margin_is_cut_at_the_border_and_rounded_up_from_mm() -> None:
    segmentation = an_oblique_document()
    assert labelled_box(segmentation, [1]) == Box((2, 3, 4), (5, 6, 8))
    assert labelled_box(segmentation, [1], 1) == Box((1, 2, 3), (6, 7, 9))
    assert labelled_box(segmentation, [1], 2.0, in_mm=True) == Box((1, 0, 0), (6, 9, 10))
    assert labelled_box(segmentation, [1], 2.1, in_mm=True) == Box((0, 0, 0), (7, 9, 10))
    assert labelled_box(segmentation, [1], 99) == Box((0, 0, 0), (8, 9, 10))


def test_values_without_a_label_are_not_cut_off() -> None:
    array = np.zeros((3, 3, 9), np.uint8)
    array[1, 1, 2], array[1, 1, 6] = 1, 77
    segmentation = Segmentation(Geometry.from_parts((3, 3, 9)), [Group(array, [Label(1, "A")])])
    run(segmentation, Autocrop())
    assert segmentation.group(0).array[0, 0, 0].tolist() == [1, 0, 0, 0, 77]


def test_chosen_labels_cut_others_off_and_say_how_much() -> None:
    segmentation = a_document("A..B", "....", "...B")
    draft = draft_of(segmentation, Autocrop(labels=("A",)))
    assert draft.notes == ("B loses 2 voxels that lie outside", "Other loses 2 voxels that lie outside")
    run(segmentation, Autocrop(labels=("A",)))
    assert drawn(segmentation) == ["A"]


def test_nothing_to_crop_is_said() -> None:
    segmentation = a_document("A..", "..B")
    assert draft_of(segmentation, Autocrop()).notes == ("the segmentation is as small as that already",)
    with pytest.raises(ToolError, match="nothing to crop to"):
        draft_of(segmentation, Autocrop(labels=("C",)))
    with pytest.raises(OptionError, match="margin"):
        Autocrop(margin=-1)
    with pytest.raises(GeometryError, match="beyond the grid"):
        crop(segmentation, Box((0, 0, 0), (1, 2, 9)))


def test_an_image_is_cropped_alike() -> None:
    segmentation = an_oblique_document()
    pixels = np.arange(720, dtype=np.int16).reshape(1, 8, 9, 10)
    image = Image(pixels, segmentation.geometry, {"key": "text"})
    box = labelled_box(segmentation)
    small = crop_image(image, box)
    History(segmentation).do(crop(segmentation, box))
    assert small.geometry == segmentation.geometry
    np.testing.assert_array_equal(small.array[0], pixels[0][box.slices])
    assert small.metadata == {"key": "text"}
    assert not np.shares_memory(small.array, pixels)


def test_a_change_of_the_grid_tells_its_listeners_once_and_counts_its_memory() -> None:
    segmentation = an_oblique_document()
    heard: list[Event] = []
    segmentation.changed.connect(heard.append)
    history = History(segmentation)
    history.do(crop(segmentation, labelled_box(segmentation)))
    assert heard == [Event("geometry")]
    assert history.nbytes > 8 * 9 * 10 * 3
    history.undo()
    assert heard == [Event("geometry")] * 2


def test_edits_before_and_after_a_crop_are_undone_and_redone_in_turn() -> None:
    segmentation = an_oblique_document()
    history, states = History(segmentation), [snapshot(segmentation)]
    for tool in (Dilate(), Autocrop(margin=2), Dilate(), Resample(spacing=(0.5, 0.5, 0.5)), Erode()):
        history.do(draft_of(segmentation, tool, 1).command(segmentation))
        states.append(snapshot(segmentation))
    assert len(history.undo_titles) == 5
    for state in reversed(states[:-1]):
        history.undo()
        assert snapshot(segmentation) == state
    for state in states[1:]:
        history.redo()
        assert snapshot(segmentation) == state


def test_arrays_that_fit_neither_groups_nor_grid_change_nothing() -> None:
    segmentation = an_oblique_document()
    before = snapshot(segmentation), segmentation.geometry
    small = segmentation.geometry.cropped((0, 0, 0), (1, 1, 1))
    one = np.zeros((1, 1, 1, 1), np.uint8)
    for arrays in ([one], [one, np.zeros((1, 2, 1, 1), np.uint8)], [one, one - 1.5], [one, np.full(one.shape, -1)]):
        with pytest.raises(GroupError):
            History(segmentation).do(mls.edit.Command("?", (GeometryChange(small, arrays),)))
        assert (snapshot(segmentation), segmentation.geometry) == before


def test_resampling_agrees_with_simpleitk_on_an_oblique_grid() -> None:
    segmentation = an_oblique_document()
    target = Geometry.from_parts((7, 12, 11), (0.61, 0.47, 1.83), (-9.7, 20.3, 31.1), np.eye(3))
    reference = mls.to_sitk(Segmentation(target))
    expected = [
        sitk.GetArrayFromImage(sitk.Resample(mls.to_sitk(segmentation, group), reference, sitk.Transform(), 1))
        for group in (0, 1)
    ]
    History(segmentation).do(resample(segmentation, target))
    for group in (0, 1):
        np.testing.assert_array_equal(segmentation.group(group).array[0], expected[group])
        assert expected[group].any()


def test_resampling_to_a_spacing_keeps_the_space_and_the_volumes() -> None:
    segmentation = an_oblique_document(frames=2)
    geometry = respaced(segmentation.geometry, (0.25, 0.25, 0.5))
    assert geometry.full_shape == (2, 32, 27, 20)
    np.testing.assert_allclose(geometry.lps_from_ijk([-0.5] * 3), segmentation.geometry.lps_from_ijk([-0.5] * 3))
    before = segmentation.voxels(1)
    run(segmentation, Resample(spacing=(0.25, 0.25, 0.5)))
    assert segmentation.voxels(1) == before * 2 * 3 * 4
    assert segmentation.group(1).index.values(0) == ()
    run(segmentation, Resample(spacing=(0.5, 0.75, 2.0), method="smooth"))
    assert segmentation.voxels(1) == before


def test_resampling_onto_the_image_takes_its_grid_and_keeps_the_frames() -> None:
    segmentation = an_oblique_document(frames=2)
    geometry = Geometry.from_parts((6, 6, 6), (1, 1, 2), (-10, 20, 30), TURN)
    image = Image(np.zeros((6, 6, 6), np.int16), geometry)
    draft = Resample().propose(Scene(segmentation, image))
    History(segmentation).do(draft.command(segmentation))
    assert segmentation.geometry == geometry.with_time(2)
    again = Resample().propose(Scene(segmentation, image))
    assert again.notes == ("the segmentation is on that grid already",)
    assert not again.command(segmentation).changes


def test_resampling_needs_to_know_where_to() -> None:
    segmentation = an_oblique_document()
    with pytest.raises(ToolError, match="a spacing, or an image"):
        draft_of(segmentation, Resample(), 1)
    for spacing in ((1.0, 1.0), (1.0, 0.0, 1.0), (1.0, float("nan"), 1.0)):
        with pytest.raises(OptionError, match="spacing"):
            draft_of(segmentation, Resample(spacing=spacing), 1)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="method"):
        resample(segmentation, segmentation.geometry, "cubic")  # type: ignore[arg-type]


@pytest.mark.parametrize("spacing", [(1e-5, 1e-5, 1e-5), (1e-300, 1, 1)])
def test_a_spacing_that_no_memory_could_hold_is_refused(spacing: tuple[float, float, float]) -> None:
    with pytest.raises(OptionError, match="a coarser spacing"):
        respaced(Geometry.from_parts((12, 20, 24), (1, 1.5, 3)), spacing)


def test_a_static_segmentation_becomes_dynamic_and_static_again() -> None:
    segmentation = a_document("A.B")
    run(segmentation, ToDynamic(count=3, bounds=(0.0, 10.0, 30.0, 70.0)))
    assert segmentation.geometry.time_bounds == (0.0, 10.0, 30.0, 70.0)
    assert [drawn(segmentation, t=t) for t in range(3)] == [["A.B"]] * 3
    draft = draft_of(segmentation, ToStatic(), t=1)
    assert draft.notes == ("6 labelled voxels of other frames are dropped",)
    run(segmentation, ToStatic(frame=2))
    assert segmentation.geometry.time_bounds == (0.0, 70.0)
    assert drawn(segmentation) == ["A.B"]
    assert (segmentation.voxels(A), segmentation.voxels(B), segmentation.voxels(OTHER)) == (1, 1, 1)


def test_the_frames_of_the_image_are_taken_unless_others_are_given() -> None:
    segmentation = a_document("A.B")
    geometry = Geometry(segmentation.geometry.shape, segmentation.geometry.ijk_to_lps, 4, (0, 2, 4, 6, 9))
    image = Image(np.zeros(geometry.full_shape, np.int16), geometry)
    draft = ToDynamic().propose(Scene(segmentation, image))
    History(segmentation).do(draft.command(segmentation))
    assert segmentation.geometry == geometry


def test_frames_that_cannot_be_are_refused() -> None:
    static, dynamic = a_document("A"), a_document("A", frames=2)
    with pytest.raises(ToolError, match="how many frames"):
        draft_of(static, ToDynamic())
    with pytest.raises(ToolError, match="dynamic already"):
        draft_of(dynamic, ToDynamic(count=3))
    with pytest.raises(GeometryError, match="time bounds"):
        draft_of(static, ToDynamic(count=3, bounds=(0.0, 1.0)))
    with pytest.raises(GeometryError, match="rising"):
        draft_of(static, ToDynamic(bounds=(0.0, 2.0, 1.0)))
    with pytest.raises(ToolError, match="static already"):
        draft_of(static, ToStatic())
    with pytest.raises(ToolError, match="no frame 2"):
        draft_of(dynamic, ToStatic(frame=2))
