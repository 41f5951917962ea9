"""What must hold for every post-processing tool on any document: undo, locks, other groups and frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.tools.autocrop import Autocrop
from MultiLabelSegLib.tools.base import Draft, Scene
from MultiLabelSegLib.tools.boolean import Difference, Intersection, Union
from MultiLabelSegLib.tools.frames import ToDynamic, ToStatic
from MultiLabelSegLib.tools.islands import Islands
from MultiLabelSegLib.tools.margin import Hollow, Margin
from MultiLabelSegLib.tools.morphology import CloseMorphology, Dilate, Erode, FillHoles, Open
from MultiLabelSegLib.tools.resample import Resample
from MultiLabelSegLib.tools.smooth import Smooth
from Testing.properties.documents import check_invariants, segmentations, snapshot

RESHAPING: list[Callable[..., Any]] = [
    lambda **how: Dilate(radius=2, element="cross", **how),
    lambda **how: Dilate(radius_mm=1.2, **how),
    lambda **how: Erode(region="axial", **how),
    lambda **how: Open(**how),
    lambda **how: CloseMorphology(radius=2, **how),
    lambda **how: FillHoles(**how),
    lambda **how: Margin(margin_mm=1.0, **how),
    lambda **how: Margin(margin_mm=-0.6, **how),
    lambda **how: Hollow(thickness_mm=2.0, side="both", **how),
    lambda **how: Smooth(**how),
    lambda **how: Smooth(method="gaussian", radius_mm=0.8, **how),
    lambda **how: Smooth(method="joint", **how),
    lambda **how: Islands(connectivity=6, **how),
    lambda **how: Islands(mode="remove_small", minimum_mm3=2.5, **how),
]
ANY_WAY = {
    "into": st.sampled_from(["same", "new", "group"]),
    "merge": st.sampled_from(["replace", "merge"]),
    "locks": st.sampled_from(["regard", "ignore"]),
    "frames": st.sampled_from(["all", "current"]),
}


def voxels_of_locked(segmentation: Segmentation, but: set[int]) -> dict[int, bytes]:
    """Where each locked label is that is not among ``but``."""
    return {
        label.value: segmentation.mask(label.value).tobytes()
        for label in segmentation.labels
        if label.locked and label.value not in but
    }


def done_and_taken_back(segmentation: Segmentation, draft: Draft) -> None:
    """Does a draft, undoes it and does it again, comparing everything."""
    before, geometry = snapshot(segmentation), segmentation.geometry
    history = History(segmentation)
    history.do(draft.command(segmentation))
    check_invariants(segmentation)
    after = snapshot(segmentation)
    if history.can_undo:
        history.undo()
        assert (snapshot(segmentation), segmentation.geometry) == (before, geometry)
        check_invariants(segmentation)
        history.redo()
    assert snapshot(segmentation) == after


@given(segmentations(), st.sampled_from(RESHAPING), st.fixed_dictionaries(ANY_WAY), st.data())
def test_reshaping_undoes_exactly_and_spares_locked_labels_other_groups_and_frames(
    segmentation: Segmentation, make: Callable[..., Any], how: dict[str, Any], data: Any
) -> None:
    values = data.draw(st.lists(st.sampled_from(segmentation.values), min_size=1, max_size=3, unique=True))
    t = data.draw(st.integers(0, segmentation.geometry.time_steps - 1))
    groups = [group.array.copy() for group in segmentation.groups]
    homes = {segmentation.group_index_of(value) for value in values}
    locked = voxels_of_locked(segmentation, set(values))
    space = [array == 0 for array in groups]
    draft = make(labels=tuple(values), **how).propose(Scene(segmentation, None, None, t))
    assert all((group.array == array).all() for group, array in zip(segmentation.groups, groups, strict=True))
    done_and_taken_back(segmentation, draft)
    for index, array in enumerate(groups):
        now = segmentation.group(index).array
        if how["into"] == "group" or index not in homes:
            np.testing.assert_array_equal(now, array)
        if how["frames"] == "current":
            others = [frame for frame in range(len(array)) if frame != t]
            np.testing.assert_array_equal(now[others], array[others])
        if how["locks"] == "regard" and segmentation.unlabeled_locked:
            np.testing.assert_array_equal((now == 0), space[index])
    if how["locks"] == "regard":
        made = {value for value in segmentation.values if value not in locked} - set(values)
        assert voxels_of_locked(segmentation, set(values) | made) == locked


@given(segmentations(), st.sampled_from([Union, Intersection, Difference]), st.data())
def test_booleans_are_those_of_the_masks_and_undo_exactly(
    segmentation: Segmentation, kind: Callable[..., Any], data: Any
) -> None:
    if len(segmentation.values) < 2:
        return
    values = data.draw(st.lists(st.sampled_from(segmentation.values), min_size=2, max_size=4, unique=True))
    masks = [segmentation.mask(value) for value in values]
    join = {Union: np.logical_or, Intersection: np.logical_and, Difference: lambda a, b: a & ~b}[kind]
    expected = masks[0]
    for mask in masks[1:]:
        expected = join(expected, mask)
    draft = kind(labels=tuple(values)).propose(Scene(segmentation))
    done_and_taken_back(segmentation, draft)
    np.testing.assert_array_equal(segmentation.groups[-1].array > 0, expected)


@given(segmentations(), st.sampled_from(["regard", "ignore"]), st.sampled_from(["merge", "replace"]), st.data())
def test_booleans_into_labels_spare_locked_ones(segmentation: Segmentation, locks: Any, merge: Any, data: Any) -> None:
    if len(segmentation.values) < 2:
        return
    values = data.draw(st.lists(st.sampled_from(segmentation.values), min_size=2, max_size=3, unique=True))
    active = data.draw(st.sampled_from(segmentation.values))
    into = data.draw(st.sampled_from(["new", "active"]))
    locked = voxels_of_locked(segmentation, {active} if into == "active" else set())
    tool = Union(labels=tuple(values), into=into, locks=locks, merge=merge)
    done_and_taken_back(segmentation, tool.propose(Scene(segmentation, None, active)))
    if locks == "regard":
        made = {value for value in segmentation.values if value not in locked}
        assert voxels_of_locked(segmentation, made) == locked


@given(segmentations(), st.integers(0, 2), st.data())
def test_what_changes_the_grid_undoes_exactly(segmentation: Segmentation, margin: int, data: Any) -> None:
    tools = [
        Autocrop(margin=margin),
        Resample(spacing=(0.4, 1.3, 2.0)),
        Resample(spacing=(0.7, 1.0, 1.5), method="smooth"),
        ToDynamic(count=3),
        ToStatic(frame=0),
        Islands(mode="split", labels="all", minimum_voxels=2),
    ]
    labels, counts = segmentation.labels, {value: segmentation.voxels(value) for value in segmentation.values}
    tool = data.draw(st.sampled_from(tools))
    try:
        draft = tool.propose(Scene(segmentation))
    except ToolError:
        assert tool.name in ("autocrop", "to_dynamic", "to_static")
        return
    done_and_taken_back(segmentation, draft)
    assert segmentation.labels[: len(labels)] == labels or tool.name == "islands"
    if tool.name == "autocrop":
        assert {value: segmentation.voxels(value) for value in segmentation.values} == counts


@given(segmentations(), st.sampled_from(RESHAPING))
def test_all_labels_of_any_document_are_reshaped_at_once(segmentation: Segmentation, make: Callable[..., Any]) -> None:
    tool = make(labels="all")
    if getattr(tool, "method", "") == "joint" and all(label.locked for label in segmentation.labels):
        with pytest.raises(ToolError, match="all labels are locked"):
            tool.propose(Scene(segmentation))
        return
    done_and_taken_back(segmentation, tool.propose(Scene(segmentation)))
