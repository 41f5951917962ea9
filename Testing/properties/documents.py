"""Strategies for documents of every odd kind, and snapshots to compare them by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from MultiLabelSegLib import Geometry, Group, Label, Segmentation

#: values at the edges of bytes and of the value space come up often
VALUES = st.one_of(st.integers(1, 9), st.sampled_from([254, 255, 256, 257, 65534, 65535]), st.integers(1, 65535))
#: (t, k, j, i), odd sizes and rows beyond whole bytes and words
SHAPES = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 4), st.sampled_from([1, 2, 3, 7, 8, 9, 17]))


@st.composite
def segmentations(draw: Callable[..., Any], shape: tuple[int, ...] | None = None) -> Segmentation:
    """One to three groups, some values without a label, some labels without voxels, any locks, index warm or cold."""
    shape = draw(SHAPES) if shape is None else shape
    values = draw(st.lists(VALUES, min_size=1, max_size=7, unique=True))
    count = draw(st.integers(1, 3))
    homes = [draw(st.integers(0, count - 1)) for _ in values]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    groups = []
    for index in range(count):
        mine = [value for value, home in zip(values, homes, strict=True) if home == index]
        stray = [value for value in draw(st.lists(VALUES, max_size=1)) if value not in values]
        labels = [Label(value, f"L{value % 4}", locked=draw(st.booleans())) for value in mine]
        array = rng.choice(np.array([0, 0, *mine, *stray], np.uint16), shape)
        if max((0, *mine, *stray)) < 256 and draw(st.booleans()):
            array = array.astype(np.uint8)
        groups.append(Group(array, labels, draw(st.sampled_from(["", "G"]))))
    geometry = Geometry.from_parts(shape[1:], (0.5, 1.0, 2.0), time_steps=shape[0])
    made = Segmentation(geometry, groups, unlabeled_locked=draw(st.booleans()))
    for group in groups:
        if draw(st.booleans()):
            group.present_values()
    return made


def snapshot(segmentation: Segmentation) -> Any:
    """Everything that undo must bring back; voxels by value, whatever their dtype."""
    groups = [
        (group.name, dict(group.properties), group.labels, group.array.astype(np.uint16).tobytes())
        for group in segmentation.groups
    ]
    return groups, segmentation.unlabeled_locked, dict(segmentation.properties), segmentation.uid


def check_invariants(segmentation: Segmentation) -> None:
    """Values differ over all groups, and every index tells what a fresh scan finds."""
    assert len(set(segmentation.values)) == len(segmentation.values)
    assert segmentation.groups
    for group in segmentation.groups:
        fresh = Group(group.array.copy())
        assert group.shape == segmentation.geometry.full_shape
        for t in range(group.shape[0]):
            assert group.index.values(t) == fresh.index.values(t)
            for value in fresh.index.values(t):
                loose, exact = group.index.loose_box(value, t), fresh.index.box(value, t)
                assert loose is not None
                assert exact is not None
                assert loose.contains(exact)
                assert group.index.extent(value, t) == fresh.index.extent(value, t)
