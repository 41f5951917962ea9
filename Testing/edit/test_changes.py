"""Changes beside voxels: each returns its inverse, and refuses what does not fit without changing anything."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core import Event
from MultiLabelSegLib.edit import Change, GroupChange, LabelChange, OrderChange, PropertyChange
from MultiLabelSegLib.errors import DuplicateValueError, GroupError, HistoryError, UnknownLabelError


def a_segmentation() -> Segmentation:
    groups = [
        Group(np.zeros((2, 2, 2), np.uint8), [Label(1, "a"), Label(2, "b"), Label(3, "c")], "first", {"k": 1}),
        Group(np.zeros((2, 2, 2), np.uint8), [Label(4, "d")], "second"),
        Group(np.zeros((2, 2, 2), np.uint8), [], "third"),
    ]
    return Segmentation(Geometry.from_parts((2, 2, 2)), groups, properties={"p": 1})


def state(segmentation: Segmentation) -> object:
    groups = [(group.name, dict(group.properties), group.labels) for group in segmentation.groups]
    return groups, dict(segmentation.properties), segmentation.unlabeled_locked, segmentation.uid, segmentation.extras


NEW = Group(np.zeros((2, 2, 2), np.uint8), [Label(9, "n")], "new")
CASES: dict[str, tuple[Callable[[], Change], Callable[[Segmentation], bool]]] = {
    "a new label in its place": (
        lambda: LabelChange(0, 9, Label(9, "n"), 1),
        lambda s: s.groups[0].values == (1, 9, 2, 3),
    ),
    "a new label at the end": (lambda: LabelChange(1, 9, Label(9, "n")), lambda s: s.groups[1].values == (4, 9)),
    "a label replaced": (lambda: LabelChange(0, 2, Label(2, "B")), lambda s: s.groups[0].labels[1].name == "B"),
    "a label taken out": (lambda: LabelChange(0, 2, None), lambda s: s.groups[0].values == (1, 3)),
    "a group in the middle": (lambda: GroupChange(1, NEW.copy()), lambda s: s.groups[1].name == "new"),
    "a group taken out": (lambda: GroupChange(0, None), lambda s: [g.name for g in s.groups] == ["second", "third"]),
    "labels in another order": (lambda: OrderChange(0, (3, 1, 2)), lambda s: s.groups[0].values == (3, 1, 2)),
    "groups in another order": (
        lambda: OrderChange(None, (2, 0, 1)),
        lambda s: [g.name for g in s.groups] == ["third", "first", "second"],
    ),
    "a group's name": (lambda: PropertyChange(1, "name", "N"), lambda s: s.groups[1].name == "N"),
    "a group's properties": (
        lambda: PropertyChange(0, "properties", {"q": 2}),
        lambda s: s.groups[0].properties == {"q": 2},
    ),
    "the unlabelled lock": (lambda: PropertyChange(None, "unlabeled_locked", True), lambda s: s.unlabeled_locked),
    "properties of the data": (lambda: PropertyChange(None, "properties", {}), lambda s: s.properties == {}),
    "extras": (lambda: PropertyChange(None, "extras", {"x": [1]}), lambda s: s.extras == {"x": [1]}),
    "the uid": (lambda: PropertyChange(None, "uid", "u"), lambda s: s.uid == "u"),
}


@pytest.mark.parametrize("case", CASES)
def test_there_and_back_and_there(case: str) -> None:
    make, holds = CASES[case]
    segmentation = a_segmentation()
    heard: list[Event] = []
    segmentation.changed.connect(heard.append)
    before = state(segmentation)
    change = make()
    assert change.nbytes > 0
    inverse = change.apply(segmentation)
    assert holds(segmentation)
    assert len(heard) == 1
    after = state(segmentation)
    again = inverse.apply(segmentation)
    assert state(segmentation) == before
    again.apply(segmentation)
    assert state(segmentation) == after


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (LabelChange(0, 4, None), UnknownLabelError),
        (LabelChange(0, 4, Label(4, "x")), DuplicateValueError),
        (LabelChange(5, 9, Label(9, "x")), GroupError),
        (GroupChange(9, None), GroupError),
        (GroupChange(9, NEW.copy()), GroupError),
        (GroupChange(0, Group(np.zeros((1, 2, 2), np.uint8))), GroupError),
        (GroupChange(0, Group(np.zeros((2, 2, 2), np.uint8), [Label(1, "x")])), DuplicateValueError),
        (OrderChange(0, (1, 2)), GroupError),
        (OrderChange(None, (0, 0, 1)), GroupError),
        (PropertyChange(None, "name", "x"), HistoryError),
        (PropertyChange(0, "uid", "x"), HistoryError),
        (PropertyChange(7, "name", "x"), GroupError),
    ],
)
def test_what_does_not_fit_changes_nothing(change: Change, error: type[Exception]) -> None:
    segmentation = a_segmentation()
    before = state(segmentation)
    with pytest.raises(error):
        change.apply(segmentation)
    assert state(segmentation) == before


def test_dictionaries_are_not_shared_with_the_giver() -> None:
    segmentation, given = a_segmentation(), {"q": 1}
    PropertyChange(None, "properties", given).apply(segmentation)
    given["q"] = 2
    assert segmentation.properties == {"q": 1}
