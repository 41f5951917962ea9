"""Hypothesis strategies: segmentations with everything that may stand in one."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation

#: quotes, backslashes, line ends, umlauts, emoji and every other character that UTF-8 holds, but NUL: MITK's texts end
#: there (ours go on, see the tests of the label JSON)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10) | st.sampled_from(
    ['Leber "links"', "back\\slash\\n", "two\nlines\r\n", "äöü ß 肝臓 🫀", "a:=b", "type: x", " blank ", "null"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
_NAMES = TEXT | st.sampled_from(
    [
        "value",
        "name",
        "mlseg.x",
        "_file",
        "my.prop",
        "my_prop",
        "DICOM.0010.0010",
        "DICOM_0010_0010",
        "space",
        "modality",
    ]
)
PROPERTIES = st.dictionaries(_NAMES, JSON, max_size=4)
_ROTATIONS = st.sampled_from(
    [
        np.eye(3),
        np.diag([-1.0, 1.0, -1.0]),
        np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]]),
    ]
)
_NUMBERS = st.floats(-1000, 1000, width=32)


@st.composite
def labels(draw: st.DrawFn, value: int) -> Label:
    """A label of a given value with odd names and properties."""
    unit = st.floats(0, 1, width=32)
    return Label(
        value,
        draw(TEXT),
        (draw(unit), draw(unit), draw(unit)),
        draw(unit),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(TEXT),
        draw(TEXT),
        draw(TEXT),
        draw(PROPERTIES),
    )


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """A small grid anywhere, in up to three frames, oblique too."""
    shape = tuple(draw(st.integers(1, 4)) for _ in range(3))
    spacing = tuple(draw(st.floats(0.0625, 16, width=32)) for _ in range(3))
    frames = draw(st.integers(1, 3))
    steps = draw(st.none() | st.lists(st.floats(0.125, 100), min_size=frames, max_size=frames))
    bounds = None if steps is None else np.cumsum([0.5, *steps]).tolist()
    origin = tuple(draw(_NUMBERS) for _ in range(3))
    return Geometry.from_parts(shape, spacing, origin, draw(_ROTATIONS), frames, bounds)


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    """One to three groups of up to three labels each, some of them empty, values up to 65535, voxels without label."""
    geometry = draw(geometries())
    values = draw(st.lists(st.integers(1, 300) | st.integers(1, 65535), unique=True, max_size=9))
    count = draw(st.integers(1, 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    groups: list[Any] = []
    for index in range(count):
        mine = values[index::count]
        undeclared = draw(st.lists(st.integers(1, 65535), max_size=1))
        array = random.choice([0, *mine[:2], *undeclared], geometry.full_shape).astype(np.uint16)
        groups.append(Group(array, [draw(labels(value)) for value in mine], draw(TEXT), draw(PROPERTIES)))
    return Segmentation(geometry, groups, unlabeled_locked=draw(st.booleans()), properties=draw(PROPERTIES))
