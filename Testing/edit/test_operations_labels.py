"""Operations on labels: add, remove, rename, revalue, look; each undoable."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.edit import operations as ops
from MultiLabelSegLib.errors import (
    DuplicateValueError,
    GroupError,
    LabelError,
    UnknownLabelError,
    ValueSpaceFullError,
)


def a_segmentation() -> Segmentation:
    """Two frames; group 0 holds 1, 2 and undeclared 50, group 1 holds 300."""
    first, second = np.zeros((2, 1, 2, 6), np.uint8), np.zeros((2, 1, 2, 6), np.uint16)
    first[0, 0, 0] = [1, 1, 2, 0, 50, 0]
    first[1, 0, 1] = [2, 0, 0, 1, 0, 0]
    second[0, 0, 0] = [300, 0, 300, 0, 0, 300]
    groups = [
        Group(first, [Label(1, "Label 1"), Label(2, "Lung", properties={"side": "left", "n": 1})], "organs"),
        Group(second, [Label(300, "Lung", locked=False)], "lesions"),
    ]
    return Segmentation(Geometry.from_parts((1, 2, 6), time_steps=2), groups)


def test_a_new_label_is_named_colored_and_numbered() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    command = history.do(ops.add_label(segmentation))
    assert command.values == (301,)
    label = segmentation.label(301)
    assert (label.name, label.color_bytes, label.locked) == ("Label 2", (190, 0, 50), True)
    assert segmentation.group_index_of(301) == 0
    history.undo()
    assert segmentation.values == (1, 2, 300)


def test_a_new_instance_keeps_all_of_its_template() -> None:
    segmentation = a_segmentation()
    command = ops.add_label(segmentation, 0, label=segmentation.label(2), value=9, position=0, locked=False)
    History(segmentation).do(command)
    assert segmentation.groups[0].values == (9, 1, 2)
    assert segmentation.label(9) == segmentation.label(2).with_(value=9, locked=False)


def test_values_are_never_renumbered_silently() -> None:
    segmentation = a_segmentation()
    with pytest.raises(DuplicateValueError, match="300 is taken in group 1"):
        ops.add_label(segmentation, 0, value=300)
    with pytest.raises(DuplicateValueError, match="voxels of group 0 hold 50"):
        ops.add_label(segmentation, 0, value=50)
    with pytest.raises(LabelError, match="65535"):
        ops.add_label(segmentation, 0, value=65536)
    with pytest.raises(GroupError):
        ops.add_label(segmentation, 2)


def test_a_full_space_of_values_is_an_error() -> None:
    group = Group(np.zeros((1, 1, 1), np.uint8), [Label(value, "x") for value in range(1, 65536)])
    segmentation = Segmentation(Geometry.from_parts((1, 1, 1)), [group])
    with pytest.raises(ValueSpaceFullError):
        ops.add_label(segmentation)


def test_new_values_avoid_voxels_without_a_label() -> None:
    array = np.array([[[1, 4, 0]]], np.uint8)
    segmentation = Segmentation(Geometry.from_parts((1, 1, 3)), [Group(array, [Label(3, "a")])])
    assert ops.new_value(segmentation, 0) == 5


def test_removing_takes_the_voxels_of_all_frames_whatever_the_lock() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    command = history.do(ops.remove_labels(segmentation, [1, 300]))
    assert segmentation.values == (2,)
    assert segmentation.groups[0].present_values() == (2, 50)
    assert not segmentation.groups[1].array.any()
    assert command.resolution.written == 6
    history.undo()
    assert segmentation.values == (1, 2, 300)
    assert (segmentation.voxels(1), segmentation.voxels(300)) == (3, 3)


def test_names_and_colors_of_several_labels() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.rename_labels(segmentation, [2, 300], "Nodule", (0, 0, 1)))
    assert [label.value for label in segmentation.labels_named("Nodule")] == [2, 300]
    assert segmentation.label(300).color == (0.0, 0.0, 1.0)
    assert history.undo_titles == ("Rename 2 labels to Nodule",)
    history.do(ops.rename_labels(segmentation, 2, "  "))
    assert segmentation.label(2).name == "Unnamed"
    history.undo()
    history.undo()
    assert segmentation.label(2).name == "Lung"


def test_locks_for_one_for_a_group_and_for_all() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)

    def locks() -> list[bool]:
        return [label.locked for label in segmentation.labels]

    history.do(ops.set_locked(segmentation, False, 2))
    assert locks() == [True, False, False]
    history.do(ops.set_locked(segmentation, True))
    assert locks() == [True, True, True]
    history.do(ops.set_locked(segmentation, False, group=0))
    assert locks() == [False, False, True]
    for _ in range(3):
        history.undo()
    assert locks() == [True, True, False]
    assert history.redo_titles[0] == "Unlock Lung"


def test_thousands_of_labels_are_locked_as_one_by_one_and_keep_all_else() -> None:
    labels = [Label(value, f"l{value}", opacity=0.3, properties={"n": value}) for value in range(1, 5001)]
    segmentation = Segmentation(Geometry.from_parts((1, 1, 1)), [Group(np.zeros((1, 1, 1, 1), np.uint16), labels)])
    command = ops.set_locked(segmentation, False)
    assert len(command.changes) == 5000
    history = History(segmentation)
    history.do(command)
    assert segmentation.labels == tuple(Label(**{**vars(label), "locked": False}) for label in labels)
    assert segmentation.label(7).properties is not labels[6].properties
    assert not ops.set_locked(segmentation, False).changes
    history.undo()
    assert segmentation.labels == tuple(labels)


def test_visibility_opacity_and_color() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.set_visible(segmentation, False, [1, 2]))
    history.do(ops.set_opacity(segmentation, 0.25, group=1))
    history.do(ops.set_color(segmentation, (0, 1, 0), 1))
    history.do(ops.change_labels(segmentation, [1], tracking_id="T", description="d"))
    assert [label.visible for label in segmentation.labels] == [False, False, True]
    assert [label.opacity for label in segmentation.labels] == [0.6, 0.6, 0.25]
    assert segmentation.label(1).color == (0.0, 1.0, 0.0)
    assert (segmentation.label(1).tracking_id, segmentation.label(1).description) == ("T", "d")
    assert history.undo_titles[0] == "Change tracking_id and description of Label 1"


@pytest.mark.parametrize(
    "fields", [{"value": 3}, {"nonsense": 1}, {}, {"opacity": "x"}, {"color": (2, 0, 0)}, {"name": 5}], ids=str
)
def test_fields_that_cannot_be_set(fields: dict) -> None:
    segmentation = a_segmentation()
    with pytest.raises(LabelError):
        ops.change_labels(segmentation, 1, **fields)


def test_opacity_lies_within_0_and_1() -> None:
    with pytest.raises(LabelError, match="0...1"):
        ops.set_opacity(a_segmentation(), 1.5)


def test_properties_are_set_and_removed_and_others_stay() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.set_label_properties(segmentation, 2, {"n": 2, "new": [1]}, remove=["side", "absent"]))
    assert segmentation.label(2).properties == {"n": 2, "new": [1]}
    history.undo()
    assert segmentation.label(2).properties == {"side": "left", "n": 1}


def test_labels_in_another_order() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.reorder_labels(segmentation, 0, [2, 1]))
    assert segmentation.groups[0].values == (2, 1)
    history.do(ops.reorder_labels(segmentation, 0, [2, 1]))
    assert len(history.undo_titles) == 1
    with pytest.raises(GroupError):
        history.do(ops.reorder_labels(segmentation, 0, [1]))


def test_values_change_all_at_once_with_their_voxels() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    before = [group.array.copy() for group in segmentation.groups]
    history.do(ops.change_values(segmentation, {1: 300, 300: 1, 2: 700}))
    assert [group.values for group in segmentation.groups] == [(300, 700), (1,)]
    assert [label.name for label in segmentation.labels] == ["Label 1", "Lung", "Lung"]
    assert segmentation.groups[0].array[0, 0, 0].tolist() == [300, 300, 700, 0, 50, 0]
    assert segmentation.groups[1].array[0, 0, 0].tolist() == [1, 0, 1, 0, 0, 1]
    history.undo()
    assert [group.values for group in segmentation.groups] == [(1, 2), (300,)]
    for group, array in zip(segmentation.groups, before, strict=True):
        np.testing.assert_array_equal(group.array, array)


@pytest.mark.parametrize(
    ("mapping", "error", "what"),
    [
        ({1: 2}, DuplicateValueError, "2 is taken in group 0"),
        ({1: 300}, DuplicateValueError, "300 is taken in group 1"),
        ({1: 50}, DuplicateValueError, "hold 50 without a label"),
        ({1: 9, 2: 9}, DuplicateValueError, r"\[9\] are each wanted"),
        ({77: 9}, UnknownLabelError, "77"),
        ({1: 0}, LabelError, "1...65535"),
        ({1: 70000}, LabelError, "65535"),
    ],
)
def test_values_that_are_taken_or_impossible(mapping: dict[int, int], error: type[Exception], what: str) -> None:
    with pytest.raises(error, match=what):
        ops.change_values(a_segmentation(), mapping)


@pytest.mark.parametrize(
    "make",
    [
        lambda s: ops.remove_labels(s, [1, 77]),
        lambda s: ops.clear_labels(s, 77),
        lambda s: ops.rename_labels(s, 77, "x"),
        lambda s: ops.set_locked(s, True, 77),
        lambda s: ops.set_label_properties(s, [77], {}),
    ],
)
def test_unknown_labels_are_named(make) -> None:
    with pytest.raises(UnknownLabelError, match="77; there are 1, 2, 300"):
        make(a_segmentation())
