"""The document: exclusive groups, values that differ everywhere, and what listeners hear."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core import Event
from MultiLabelSegLib.errors import DuplicateValueError, GroupError, LabelError, UnknownLabelError


def a_segmentation() -> Segmentation:
    first, second = np.zeros((2, 2, 3, 4), np.uint8), np.zeros((2, 2, 3, 4), np.uint16)
    first[0, 0, 0, :2] = 5
    first[1, 1, 2, 3] = 5
    second[0, 1, 1, 1] = 600
    groups = [
        Group(first, [Label(5, "Liver"), Label(6, "Lesion")], "organs"),
        Group(second, [Label(600, "Lesion")], "lesions"),
    ]
    return Segmentation(Geometry.from_parts((2, 3, 4), (2.0, 3.0, 4.0), (100.0, 0.0, 0.0), time_steps=2), groups)


def test_there_is_always_a_group() -> None:
    empty = Segmentation(Geometry.from_parts((2, 3, 4), time_steps=2))
    assert [group.shape for group in empty.groups] == [(2, 2, 3, 4)]
    assert empty.free_value() == 1
    with pytest.raises(GroupError, match="last group"):
        empty.take_group(0)


def test_labels_are_found_by_value_and_by_name() -> None:
    segmentation = a_segmentation()
    assert segmentation[5].name == "Liver"
    assert segmentation["Liver"].value == 5
    assert segmentation[np.uint16(600)].value == 600
    assert segmentation.group_index_of(600) == 1
    assert [label.value for label in segmentation.labels_named("Lesion")] == [6, 600]
    assert "Liver" in segmentation
    assert "liver" not in segmentation
    assert 600 in segmentation
    assert 7 not in segmentation


def test_questions_without_an_answer_name_what_there_is() -> None:
    segmentation = a_segmentation()
    with pytest.raises(UnknownLabelError, match="value 7; there are 5, 6, 600"):
        segmentation.label(7)
    with pytest.raises(UnknownLabelError, match="'Spleen'; there are 'Liver'"):
        segmentation.label("Spleen")
    with pytest.raises(LabelError, match=r"values 6, 600"):
        segmentation.label("Lesion")
    with pytest.raises(LabelError, match="by value or name"):
        segmentation.label(2.5)  # type: ignore[arg-type]
    with pytest.raises(GroupError, match="no group 2"):
        segmentation.group(2)


def test_counts_masks_and_centroids() -> None:
    segmentation = a_segmentation()
    assert (segmentation.voxels(5), segmentation.voxels(6), segmentation.voxels(600)) == (3, 0, 1)
    assert np.argwhere(segmentation.mask("Liver")).tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 2, 3]]
    assert segmentation.centroid_lps(600) == (102, 3, 4)
    assert segmentation.centroid_lps(6) is None
    assert segmentation.free_value() == 601


def test_values_differ_over_all_groups() -> None:
    segmentation = a_segmentation()
    with pytest.raises(DuplicateValueError, match="600 is taken in group 1"):
        segmentation.set_label(0, Label(600, "x"))
    with pytest.raises(DuplicateValueError, match="600"):
        segmentation.insert_group(0, Group(np.zeros((2, 2, 3, 4), np.uint8), [Label(600, "x")]))
    assert segmentation.values == (5, 6, 600)


def test_a_group_must_have_the_geometrys_shape() -> None:
    with pytest.raises(GroupError, match=r"\(1, 2, 3, 4\), the geometry \(2, 2, 3, 4\)"):
        a_segmentation().insert_group(0, Group(np.zeros((2, 3, 4), np.uint8)))


def test_a_group_cannot_be_in_it_twice() -> None:
    segmentation = Segmentation(Geometry.from_parts((2, 3, 4)))
    with pytest.raises(GroupError, match="already"):
        segmentation.insert_group(1, segmentation.groups[0])


def test_every_change_is_told() -> None:
    segmentation = a_segmentation()
    heard: list[Event] = []
    segmentation.changed.connect(heard.append)
    segmentation.set_label(0, Label(5, "LIVER"))
    segmentation.drop_label(6)
    segmentation.reorder_labels(0, [5])
    segmentation.reorder_groups([1, 0])
    taken = segmentation.take_group(0)
    segmentation.insert_group(1, taken)
    assert [(event.kind, event.group, event.values) for event in heard] == [
        ("labels", 0, (5,)),
        ("labels", 0, (6,)),
        ("labels", 0, (5,)),
        ("groups", None, ()),
        ("groups", 0, (600,)),
        ("groups", 1, (600,)),
    ]


def test_groups_are_reordered_by_their_present_indices() -> None:
    segmentation = a_segmentation()
    segmentation.reorder_groups([1, 0])
    assert [group.name for group in segmentation.groups] == ["lesions", "organs"]
    for wrong in ([0], [0, 0], [1, 2]):
        with pytest.raises(GroupError, match="once"):
            segmentation.reorder_groups(wrong)


def test_a_copy_is_independent() -> None:
    segmentation = a_segmentation()
    twin = segmentation.copy()
    twin.groups[0].writable()[...] = 0
    twin.drop_label(5)
    twin.properties["k"] = 1
    assert twin.uid == segmentation.uid
    assert segmentation.voxels(5) == 3
    assert segmentation.properties == {}


def test_notebooks_see_names_escaped() -> None:
    segmentation = a_segmentation()
    segmentation.set_label(0, Label(5, "<b>Liver</b>"))
    table = segmentation._repr_html_()
    assert "&lt;b&gt;Liver" in table
    assert "organs" in table
    assert "locked" in table
