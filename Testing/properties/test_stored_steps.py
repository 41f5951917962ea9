"""Steps stored with a document undo it exactly after it was loaded; for another document they are not given."""

from __future__ import annotations

import copy
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.edit import Command, GeometryChange, History, PropertyChange, VoxelPatch
from MultiLabelSegLib.edit.stored_steps import steps_bytes, steps_from
from MultiLabelSegLib.errors import HistoryError, MultiLabelSegError
from Testing.properties.documents import segmentations, snapshot
from Testing.properties.test_edit_properties import any_command, engine


def loaded(segmentation: Segmentation) -> Segmentation:
    """The same document as a file brings it back: other objects, the smallest type that holds its values."""
    groups = [
        Group(
            group.array.astype(np.uint8 if group.array.max(initial=0) < 256 else np.uint16),
            group.labels,
            group.name,
            copy.deepcopy(group.properties),
        )
        for group in segmentation.groups
    ]
    return Segmentation(
        segmentation.geometry,
        groups,
        uid=segmentation.uid,
        unlabeled_locked=segmentation.unlabeled_locked,
        properties=segmentation.properties,
        extras=segmentation.extras,
    )


@settings(deadline=None)
@given(st.booleans(), st.data())
def test_stored_steps_take_a_loaded_document_back_and_forth(compiled: bool, data: st.DataObject) -> None:
    with engine(compiled):
        first = data.draw(segmentations())
        history = History(first)
        states = [snapshot(first)]
        for _ in range(data.draw(st.integers(1, 5))):
            before = len(history.undo_titles)
            with suppress(MultiLabelSegError):
                history.do(any_command(data.draw, first))
            if len(history.undo_titles) > before:
                states.append(snapshot(first))
        undone = data.draw(st.integers(0, len(history.undo_titles)))
        for _ in range(undone):
            history.undo()
        kept = steps_bytes(first, history.steps())

        second = loaded(first)
        steps = steps_from(kept, second)
        assert steps is not None
        again = History(second)
        again.resume(steps)
        assert (again.undo_titles, again.redo_titles) == (history.undo_titles, history.redo_titles)
        assert again.state == history.state
        place = len(states) - 1 - undone
        for expected in states[:place][::-1]:
            again.undo()
            assert snapshot(second) == expected
        for expected in states[1:]:
            again.redo()
            assert snapshot(second) == expected
        assert not again.can_redo


def a_document() -> Segmentation:
    voxels = np.zeros((1, 2, 3, 4), np.uint8)
    voxels[0, 1, 1, 1:3] = 5
    return Segmentation(Geometry((2, 3, 4), np.eye(4)), [Group(voxels, [Label(5, "Liver")])])


def painted(document: Segmentation, times: int = 1) -> History:
    history = History(document)
    for number in range(times):
        box = Box((0, 0, number), (1, 1, number + 1))
        history.do(Command(f"Paint {number}", [VoxelPatch.of_array(0, 0, box, 5)]))
    return history


def test_another_document_does_not_get_them() -> None:
    document = a_document()
    kept = steps_bytes(document, painted(document).steps())
    assert steps_from(kept, loaded(document)) is not None
    assert steps_from(kept, a_document()) is None


def test_the_newest_are_kept_when_not_all_fit() -> None:
    document = a_document()
    steps = painted(document, 4).steps()
    kept = steps_from(steps_bytes(document, steps, sum(step.nbytes for step in steps.undo[-2:])), document)
    assert kept is not None
    assert [step.title for step in kept.undo] == ["Paint 2", "Paint 3"]


def test_a_new_grid_and_properties_come_back_too() -> None:
    document = a_document()
    history = History(document)
    former = document.geometry
    history.do(
        Command("Crop", [GeometryChange(former.cropped((1, 1, 1), (1, 1, 2)), [np.full((1, 1, 1, 2), 5, np.uint8)])])
    )
    history.do(Command("Note", [PropertyChange(None, "extras", {"contours": [1, {"ü": None}]})]))
    steps = steps_from(steps_bytes(document, history.steps()), document)
    assert steps is not None
    again = History(document)
    again.resume(steps)
    again.undo()
    assert document.extras == {}
    again.undo()
    assert document.geometry == former
    np.testing.assert_array_equal(document.group(0).array, a_document().group(0).array)


def test_only_a_history_without_steps_goes_on_with_others() -> None:
    document = a_document()
    history = painted(document)
    with pytest.raises(HistoryError, match="without steps"):
        history.resume(history.steps())


@given(st.data())
def test_damage_is_an_error_and_never_a_wrong_step(data: st.DataObject) -> None:
    document = a_document()
    kept = bytearray(steps_bytes(document, painted(document, 2).steps()))
    at = data.draw(st.integers(0, len(kept) - 1))
    kept[at] ^= data.draw(st.integers(1, 255))
    whole = snapshot(document)
    with suppress(HistoryError):
        steps = steps_from(bytes(kept), document)
        if steps is not None:
            again = History(document)
            again.resume(steps)
            while again.can_undo:
                again.undo()
            while again.can_redo:
                again.redo()
            assert snapshot(document) == whole


def test_cut_short_is_an_error() -> None:
    document = a_document()
    kept = steps_bytes(document, painted(document).steps())
    for length in (0, 10, len(kept) // 2, len(kept) - 1):
        with pytest.raises(HistoryError, match="damaged"):
            steps_from(kept[:length], document)
