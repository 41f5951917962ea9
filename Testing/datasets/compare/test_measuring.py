"""Cases measured label by label: what is missing or empty, frames, instances, pairs, tables."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.datasets.case_files import Case
from MultiLabelSegLib.datasets.compare import (
    CaseComparison,
    compared,
    metrics_csv,
    metrics_json,
    paired_cases,
    summaries,
)
from MultiLabelSegLib.datasets.compare.summary import figure
from MultiLabelSegLib.errors import DatasetError, GeometryError, OptionError

GRID = mls.Geometry.from_parts((4, 6, 8), (1.0, 1.0, 2.0))


def a_case(
    boxes: dict[int, tuple[slice, ...]], labels: dict[int, str], geometry: mls.Geometry = GRID
) -> mls.Segmentation:
    array = np.zeros(geometry.full_shape, np.uint8)
    for value, box in boxes.items():
        array[(..., *box)] = value
    return mls.Segmentation(geometry, [mls.Group(array, [mls.Label(v, n) for v, n in labels.items()])])


LEFT, RIGHT = np.s_[1:3, 1:5, 1:3], np.s_[1:3, 1:5, 5:7]


def rows_of(found: CaseComparison) -> dict[str, object]:
    return {row.key: row for row in found.labels}


def test_each_state_of_a_label_has_its_defined_figures() -> None:
    names = {1: "both", 2: "only a", 3: "empty"}
    a = a_case({1: LEFT, 2: RIGHT}, {**names, 4: "not in b"})
    b = a_case({1: LEFT, 5: RIGHT}, {**names, 5: "not in a"})
    rows = rows_of(compared("x", a, b))
    assert {key: row.state for key, row in rows.items()} == {
        "1": "both", "2": "only a", "3": "empty", "4": "missing in b", "5": "missing in a"
    }  # fmt: skip
    assert (rows["1"].dice, rows["1"].surface_dice, rows["1"].hd95_mm, rows["1"].relative_difference) == (1, 1, 0, 0)
    assert (rows["2"].dice, rows["2"].surface_dice, rows["2"].hd95_mm) == (0, 0, None)
    assert (rows["3"].dice, rows["3"].surface_dice, rows["3"].mean_distance_mm) == (1, 1, None)
    assert rows["5"].volume_difference == pytest.approx(16 * 2 / 1000)
    assert rows["5"].relative_difference is None


def test_instances_of_a_name_count_together_and_values_may_differ() -> None:
    a = a_case({1: LEFT, 2: RIGHT}, {1: "Lesion", 2: "Lesion"})
    b = a_case({7: LEFT, 9: RIGHT}, {7: "Lesion", 9: "Lesion"})
    found = compared("x", a, b, "name")
    assert found.identical
    assert [row.key for row in found.labels] == ["Lesion"]
    assert not compared("x", a, b, "value").identical


def test_groups_may_overlap_and_frames_count_together() -> None:
    grid = GRID.with_time(2)
    one, two = np.zeros((2, *grid.full_shape), np.uint8)
    one[(0, *LEFT)] = 1
    one[(1, *RIGHT)] = 1
    two[(slice(None), *LEFT)] = 2
    a = mls.Segmentation(grid, [mls.Group(one, [mls.Label(1, "A")]), mls.Group(two, [mls.Label(2, "B")])])
    flipped = one[::-1].copy()
    b = mls.Segmentation(grid, [mls.Group(flipped, [mls.Label(1, "A")]), mls.Group(two, [mls.Label(2, "B")])])
    rows = rows_of(compared("x", a, b))
    assert (rows["1"].dice, rows["1"].hd95_mm) == (0.0, 4.0)
    assert rows["2"].dice == 1.0


def test_other_grids_and_tolerances_below_zero_are_refused() -> None:
    a = a_case({1: LEFT}, {1: "A"})
    moved = a_case({1: LEFT}, {1: "A"}, mls.Geometry.from_parts(GRID.shape, (1.0, 1.0, 2.0), (5, 0, 0)))
    with pytest.raises(GeometryError, match="origin"):
        compared("x", a, moved)
    with pytest.raises(OptionError, match="tolerance"):
        compared("x", a, a, tolerance_mm=-1)


def test_summaries_leave_out_what_is_not_known_and_tables_have_every_row() -> None:
    a, b = a_case({1: LEFT}, {1: "=A", 2: "B"}), a_case({1: LEFT, 2: RIGHT}, {1: "=A", 2: "B"})
    cases = [compared("one", a, b, "name"), compared("two", a, a, "name"), CaseComparison("three", error="broken")]
    found = {row.key: row.figures for row in summaries(cases)}
    assert (found["B"]["dice"].mean, found["B"]["dice"].count, found["B"]["hd95_mm"]) == (0.5, 2, None)
    rows = list(csv.DictReader(io.StringIO(metrics_csv(cases).lstrip("\ufeff"))))
    assert [row["case"] for row in rows] == ["one", "one", "two", "two", "three"]
    assert rows[0]["label"] == "'=A"
    assert rows[4]["error"] == "broken"
    data = json.loads(metrics_json(cases, {"match": "name"}))
    assert [CaseComparison.from_json(case) for case in data["cases"]] == cases


def test_figures_for_people_have_no_negative_nothing() -> None:
    assert [figure(value, 2) for value in (-0.001, 0.0, -0.006, 12.345)] == ["0.00", "0.00", "-0.01", "12.35"]


def test_cases_go_together_by_name_and_lonely_ones_stay() -> None:
    first = [Case("a", Path("1/a")), Case("b", Path("1/b"))]
    second = [Case("b", Path("2/b")), Case("c", Path("2/c"))]
    pairs = paired_cases(first, second)
    assert [(pair.case, pair.a is None, pair.b is None) for pair in pairs] == [
        ("a", False, True), ("b", False, False), ("c", True, False)
    ]  # fmt: skip
    with pytest.raises(DatasetError, match="no case is in both"):
        paired_cases(first[:1], second)
