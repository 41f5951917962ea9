"""The history: undo and redo, groups of commands, failures half-way, and the limit of memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core import Box, Event
from MultiLabelSegLib.edit import Command, History, LabelChange, VoxelPatch
from MultiLabelSegLib.edit.operations import add_group, add_label, remove_group, remove_labels, rename_group, set_locked
from MultiLabelSegLib.errors import DuplicateValueError, HistoryError, UnknownLabelError


def a_segmentation() -> Segmentation:
    array = np.zeros((3, 4, 5), np.uint8)
    array[0] = 1
    return Segmentation(Geometry.from_parts((3, 4, 5)), [Group(array, [Label(1, "a"), Label(2, "b")])])


def painted(value: int, k: int = 2) -> Command:
    return Command(f"Paint {value}", (VoxelPatch.of_array(0, 0, Box((k, 0, 0), (k + 1, 4, 5)), value),))


def test_titles_follow_undo_and_redo() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(painted(1))
    history.do(painted(2))
    assert history.undo_titles == ("Paint 2", "Paint 1")
    assert history.undo() == "Paint 2"
    assert segmentation.voxels(1) == 40
    assert (history.undo_titles, history.redo_titles) == (("Paint 1",), ("Paint 2",))
    assert history.redo() == "Paint 2"
    assert segmentation.voxels(2) == 20
    assert (history.can_undo, history.can_redo) == (True, False)


def test_a_new_command_ends_what_could_be_redone() -> None:
    history = History(a_segmentation())
    history.do(painted(1))
    history.undo()
    history.do(painted(2))
    assert not history.can_redo
    with pytest.raises(HistoryError, match="nothing to redo"):
        history.redo()


def test_nothing_to_undo_is_an_error() -> None:
    with pytest.raises(HistoryError, match="nothing to undo"):
        History(a_segmentation()).undo()


def test_a_command_that_changes_nothing_leaves_no_step() -> None:
    history = History(a_segmentation())
    history.do(painted(1))
    history.undo()
    history.do(set_locked(history.segmentation, True))
    assert history.undo_titles == ()
    assert history.can_redo, "nothing was done since"


def test_grouped_commands_are_one_step_and_groups_nest() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    with history.grouped("Stroke"):
        history.do(painted(1))
        with history.grouped("Inner"):
            history.do(painted(2))
            history.do(painted(2, k=1))
        assert not history.can_undo
    assert history.undo_titles == ("Stroke",)
    history.undo()
    assert (segmentation.voxels(1), segmentation.voxels(2)) == (20, 0)
    history.redo()
    assert segmentation.voxels(2) == 40


def test_an_empty_group_of_commands_leaves_no_step() -> None:
    history = History(a_segmentation())
    with history.grouped("Nothing"):
        pass
    assert history.undo_titles == ()


def refused(history: History) -> None:
    """Three commands as one, the last of which must fail."""
    with history.grouped("All"):
        history.do(painted(2))
        history.do(add_label(history.segmentation, name="c"))
        history.do(remove_labels(history.segmentation, 77))


def test_a_failing_group_of_commands_is_taken_back_whole() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(painted(1))
    history.undo()
    with pytest.raises(UnknownLabelError):
        refused(history)
    assert segmentation.values == (1, 2)
    assert segmentation.voxels(2) == 0
    assert history.redo_titles == ("Paint 1",), "what could be redone still can"


def test_a_failing_inner_group_that_is_caught_spares_the_outer() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    with history.grouped("Outer"):
        history.do(painted(1))
        with pytest.raises(UnknownLabelError):
            refused(history)
    assert segmentation.voxels(1) == 40
    history.undo()
    assert segmentation.voxels(1) == 20


@pytest.mark.parametrize("act", [History.undo, History.redo, History.clear], ids=["undo", "redo", "clear"])
def test_within_a_group_of_commands_there_is_no_way_back(act: Callable[[History], object]) -> None:
    history = History(a_segmentation())
    with history.grouped("Open"), pytest.raises(HistoryError, match="within a group"):
        act(history)


def test_a_command_that_fails_half_way_changes_nothing() -> None:
    segmentation = a_segmentation()
    second = Group(np.zeros((3, 4, 5), np.uint8), [Label(9, "nine")])
    segmentation.insert_group(1, second)
    history = History(segmentation)
    command = Command("Broken", (*painted(2).changes, LabelChange(0, 9, Label(9, "x"))))
    with pytest.raises(DuplicateValueError):
        history.do(command)
    assert segmentation.voxels(2) == 0
    assert not history.can_undo


def test_listeners_hear_of_a_command_when_it_is_complete() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    seen: list[tuple[str, tuple[int, ...], int]] = []
    group = segmentation.groups[0]
    segmentation.changed.connect(lambda event: seen.append((event.kind, group.values, group.voxels(1))))
    history.do(remove_labels(segmentation, 1))
    assert seen == [("voxels", (2,), 0), ("labels", (2,), 0)]


def test_a_failing_listener_does_not_cost_the_undo() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    told: list[int] = []
    history.changed.connect(lambda: told.append(1))

    def fail(_event: Event) -> None:
        raise RuntimeError("listener")

    segmentation.changed.connect(fail)
    with pytest.raises(RuntimeError, match="listener"):
        history.do(painted(2))
    assert history.undo_titles == ("Paint 2",)
    assert told == [1]
    segmentation.changed.disconnect(fail)
    history.undo()
    assert segmentation.voxels(2) == 0


def test_a_document_that_was_changed_otherwise_is_noticed() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(add_label(segmentation, name="c"))
    segmentation.drop_label(3)
    with pytest.raises(HistoryError, match="cannot undo 'Add c'"):
        history.undo()
    assert history.undo_titles == ("Add c",)


def noise(seed: int) -> Command:
    values = np.random.default_rng(seed).integers(0, 3, (3, 4, 5), np.uint8)
    return Command(str(seed), (VoxelPatch.of_array(0, 0, Box.whole((3, 4, 5)), values),))


def test_the_oldest_steps_are_forgotten_when_memory_runs_out() -> None:
    segmentation = a_segmentation()
    probe = History(segmentation)
    probe.do(noise(0))
    step = probe.nbytes
    history = History(segmentation, limit_bytes=3 * step)
    for seed in range(1, 8):
        history.do(noise(seed))
    assert history.undo_titles == ("7", "6", "5")
    assert history.nbytes <= 3 * step
    for _ in range(3):
        history.undo()
    assert history.nbytes <= 3 * step
    assert (history.can_undo, len(history.redo_titles)) == (False, 3)
    np.testing.assert_array_equal(segmentation.groups[0].array[0].reshape(-1), noise(4).changes[0].values)


def test_the_newest_step_is_kept_however_big() -> None:
    segmentation = a_segmentation()
    history = History(segmentation, limit_bytes=0)
    history.do(noise(1))
    history.do(noise(2))
    assert history.undo_titles == ("2",)
    history.undo()
    assert history.redo_titles == ("2",)
    history.redo()
    history.undo()
    np.testing.assert_array_equal(segmentation.groups[0].array[0].reshape(-1), noise(1).changes[0].values)
    with pytest.raises(HistoryError, match="negative"):
        History(segmentation, limit_bytes=-1)


def test_a_group_counts_while_it_is_out() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(add_group(segmentation, "G"))
    small = history.nbytes
    history.do(remove_group(segmentation, 1))
    assert history.nbytes > small + segmentation.geometry.voxels
    history.undo()
    assert history.nbytes < 3 * small
    history.clear()
    assert (history.nbytes, history.can_undo, history.can_redo) == (0, False, False)


def test_the_state_has_the_same_name_again_after_undo_and_redo_and_never_after_another_step() -> None:
    segmentation = Segmentation(Geometry.from_parts((1, 2, 3), (1, 1, 1)))
    history = History(segmentation)
    states = [history.state]
    for name in ("a", "b"):
        history.do(rename_group(segmentation, 0, name))
        states.append(history.state)

    assert len(set(states)) == 3
    history.undo()
    assert history.state == states[1]
    history.redo()
    assert history.state == states[2]
    history.undo()
    history.undo()
    assert history.state == states[0]
    history.do(rename_group(segmentation, 0, "c"))
    assert history.state not in states
