"""Masks merged by their runs hold what numpy makes of the same arrays; splitting is the inverse."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import MultiLabelSegLib as mls
from MultiLabelSegLib.datasets.mask_merging import NamedMask, merged_masks, numbered
from MultiLabelSegLib.datasets.splitting import parts_of, write_parts
from MultiLabelSegLib.errors import LossError, OptionError
from MultiLabelSegLib.formats.image_io import read_label_array
from MultiLabelSegLib.formats.image_write import write_label_image
from MultiLabelSegLib.formats.staging import Stage

GRID = mls.Geometry.from_parts((3, 4, 5), (1, 2, 3))


def write_masks(arrays: list[np.ndarray], folder: Path) -> list[NamedMask]:
    masks = [NamedMask(folder / f"m{number}.nii.gz", f"m{number}") for number in range(len(arrays))]
    with Stage(folder / "x") as stage:
        for mask, array in zip(masks, arrays, strict=True):
            write_label_image(stage, mask.path, array.astype(np.uint8), GRID, np.uint8)
        stage.commit()
    return masks


@given(st.integers(0, 2**31), st.integers(1, 5), st.sampled_from([0.1, 0.4, 0.8]))
@settings(max_examples=25)
def test_every_grouping_holds_what_numpy_makes_of_the_masks(seed: int, count: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    arrays = list(rng.random((count, *GRID.shape)) < density)
    with tempfile.TemporaryDirectory() as place:
        masks = write_masks(arrays, Path(place))
        labels = numbered([mask.name for mask in masks])
        first, last = np.zeros((2, *GRID.shape), int)
        for value, array in enumerate(arrays, 1):
            last[array] = value
        for value, array in reversed(list(enumerate(arrays, 1))):
            first[array] = value
        for conflict, expected in (("first", first), ("last", last)):
            found = merged_masks(masks, labels, "one", conflict)
            np.testing.assert_array_equal(found.groups[0].array[0], expected)
            assert found.values == tuple(range(1, count + 1))
        for grouping in ("few", "each"):
            found = merged_masks(masks, labels, grouping)
            for value, array in enumerate(arrays, 1):
                np.testing.assert_array_equal(found.mask(value)[0], array)
            if grouping == "each":
                assert [group.name for group in found.groups] == [mask.name for mask in masks]
        overlapping = (np.sum(arrays, axis=0) > 1).any()
        if overlapping:
            with pytest.raises(LossError, match="which 'm"):
                merged_masks(masks, labels, "one")
        else:
            np.testing.assert_array_equal(merged_masks(masks, labels, "one").groups[0].array[0], first)


@given(st.integers(0, 2**31), st.sampled_from([".nii.gz", ".nrrd", ".mha", ".nii"]))
@settings(max_examples=15)
def test_a_split_gives_every_label_and_class_back(seed: int, suffix: str) -> None:
    rng = np.random.default_rng(seed)
    array = rng.choice([0, 1, 2, 300], GRID.shape).astype(np.uint16)
    labels = [mls.Label(1, "A"), mls.Label(2, "A"), mls.Label(300, "B/ü"), mls.Label(9, "none")]
    whole = mls.Segmentation(GRID, [mls.Group(array, labels)])
    with tempfile.TemporaryDirectory() as place:
        parts = parts_of(whole, f"{place}/{{case}}/{{label}}{suffix}", "case 1")
        assert [part.path.name for part in parts] == [f"{name}{suffix}" for name in ("A_1", "A_2", "B_ü", "none")]
        write_parts(whole, parts, keep_values=True)
        for part, value in zip(parts, (1, 2, 300, 9), strict=True):
            found, geometry = read_label_array(part.path)
            np.testing.assert_array_equal(found[0], np.where(array == value, value, 0))
            assert geometry.is_congruent(GRID)
        classes = parts_of(whole, f"{place}/c_{{label}}{suffix}", "x", "class")
        write_parts(whole, classes)
        np.testing.assert_array_equal(read_label_array(classes[0].path)[0][0], np.isin(array, (1, 2)))


def test_names_have_one_value_in_a_whole_set_and_known_ones_keep_theirs() -> None:
    known = {"B": mls.Label(1, "B", (1, 0, 0)), "Z": mls.Label(2, "Z")}
    found = numbered(["A", "B", "C", "A"], known)
    assert {name: label.value for name, label in found.items()} == {"B": 1, "A": 3, "C": 4}
    assert found["B"].color == (1, 0, 0)


def test_a_template_without_fields_or_with_unknown_ones_is_refused_or_told_apart() -> None:
    whole = mls.Segmentation(GRID, [mls.Group(np.zeros(GRID.shape, np.uint8), [mls.Label(1, "A"), mls.Label(2, "B")])])
    assert [part.path.name for part in parts_of(whole, "out.nrrd", "c")] == ["out_1.nrrd", "out_2.nrrd"]
    with pytest.raises(OptionError, match="fields"):
        parts_of(whole, "{nonsense}.nrrd", "c")
