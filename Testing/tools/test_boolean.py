"""Union, intersection and difference of labels of one group and of several."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core import Label
from MultiLabelSegLib.errors import ToolError, UnknownLabelError
from MultiLabelSegLib.tools.boolean import Difference, Intersection, Union
from Testing.tools.post_cases import OTHER, A, B, a_document, draft_of, drawn, run


def test_a_union_across_groups_is_a_new_label_in_a_new_group_named_as_mitk_names_it() -> None:
    segmentation = a_document("AB..", "...C")
    command = run(segmentation, Union(labels=("B", OTHER)))
    (value,) = command.values
    assert (value, segmentation.label(value).name, segmentation.group_index_of(value)) == (10, "Union B Other", 2)
    assert (segmentation.mask(value)[0, 0] == [[1, 1, 0, 0], [1, 0, 0, 0]]).all()
    assert drawn(segmentation) == ["AB..", "...C"]


def test_an_intersection_is_what_all_have_and_a_difference_what_the_first_has_alone() -> None:
    segmentation = a_document("ABB.", "BB.C")
    run(segmentation, Intersection(labels=("B", OTHER)))
    run(segmentation, Difference(labels=("B", OTHER, "C")))
    assert segmentation.label(10).name == "Intersection B Other"
    assert segmentation.label(11).name == "Difference B - Other C"
    assert (segmentation.mask(10)[0, 0] == [[0, 0, 0, 0], [1, 0, 0, 0]]).all()
    assert (segmentation.mask(11)[0, 0] == [[0, 1, 1, 0], [0, 1, 0, 0]]).all()


def test_all_frames_or_the_current_one() -> None:
    segmentation = a_document("AB.", frames=2)
    run(segmentation, Union(labels=("A", "B"), frames="current"), t=1)
    run(segmentation, Union(labels=("A", "B")))
    assert [int(segmentation.mask(value).sum()) for value in (10, 11)] == [2, 4]
    assert not segmentation.mask(10)[0].any()


def test_into_a_new_label_of_the_active_group_the_locks_decide() -> None:
    segmentation = a_document("ABB.")
    command = run(segmentation, Union(labels=("B", OTHER), into="new", result_name="Both"))
    assert segmentation.group_index_of(10) == 0
    assert segmentation.label(10).name == "Both"
    assert segmentation.group(0).array[0, 0, 0].tolist() == [A, 10, 10, 0]
    assert command.resolution.protected == {A: 1}
    segmentation = a_document("ABB.")
    run(segmentation, Union(labels=("B", OTHER), into="new", locks="ignore"))
    assert segmentation.group(0).array[0, 0, 0].tolist() == [10, 10, 10, 0]


def test_without_an_active_label_a_new_one_goes_to_the_group_of_the_first() -> None:
    segmentation = a_document("A..", "..C")
    run(segmentation, Union(labels=(OTHER, "C"), into="new"), label=None)
    assert segmentation.group_index_of(10) == 1
    assert segmentation.group(1).array[0, 0].tolist() == [[OTHER, 0, 0], [OTHER, 0, 10]]  # the old label is locked


def test_into_the_active_label_the_result_is_added_or_replaces_it() -> None:
    segmentation = a_document("BB..", ".BA.")
    run(segmentation, Intersection(labels=("B", OTHER), into="active"))
    assert drawn(segmentation) == ["AB..", ".BA."]
    segmentation = a_document("BB..", ".BA.")
    run(segmentation, Intersection(labels=("B", OTHER), into="active", merge="replace"))
    assert drawn(segmentation) == ["AB..", ".B.."]


def test_an_empty_result_says_so_and_replaces_where_that_is_asked_for() -> None:
    segmentation = a_document("AAB")
    draft = draft_of(segmentation, Intersection(labels=("A", "B")))
    assert draft.notes == ("the result is empty",)
    run(segmentation, Intersection(labels=("A", "C"), into="active", merge="replace"))
    assert drawn(segmentation) == ["..B"]


def test_replacing_holds_the_active_label_where_nothing_may_be_written() -> None:
    segmentation = a_document("AAAA", "..B.")
    run(segmentation, Union(labels=("B", "C"), into="active", merge="replace", outside=(OTHER,)))
    assert drawn(segmentation) == ["A...", "..A."]


def test_all_labels_of_a_name_are_one_operand() -> None:
    segmentation = a_document("A.B.")
    segmentation.set_label(0, Label(B, "A"))
    segmentation.set_label(0, Label(7, "Empty"))
    run(segmentation, Difference(labels=("A", "Empty", OTHER)))
    assert segmentation.label(10).name == "Difference A - Empty Other"
    assert np.flatnonzero(segmentation.mask(10)).tolist() == [2]


def test_fewer_than_two_different_labels_are_refused() -> None:
    segmentation = a_document("A.")
    for labels in ((), ("A",), ("A", A)):
        with pytest.raises(ToolError, match="Union takes two different labels at least, found"):
            draft_of(segmentation, Union(labels=labels))
    with pytest.raises(UnknownLabelError, match="no label has the value 77"):
        draft_of(segmentation, Union(labels=(A, 77)))
