"""Values, names and colours of new labels: MITK's choices, without its wrap-around."""

from __future__ import annotations

import pytest

from MultiLabelSegLib import Label
from MultiLabelSegLib.core.naming import (
    LUT_COLORS,
    display_names,
    free_value,
    free_values,
    group_title,
    lut_color,
    next_color,
    next_name,
)
from MultiLabelSegLib.errors import ValueSpaceFullError


def test_free_value_is_above_the_highest() -> None:
    assert free_value(()) == 1
    assert free_value((1, 2, 9)) == 10


def test_free_value_fills_the_lowest_gap_once_65535_is_taken() -> None:
    assert free_value((65535, 1, 2)) == 3
    assert free_value(set(range(1, 65536)) - {777}) == 777


def test_a_full_space_raises() -> None:
    with pytest.raises(ValueSpaceFullError, match="65535"):
        free_value(range(1, 65536))


def test_names_count_on_from_the_highest_number() -> None:
    assert next_name(()) == "Label 1"
    assert next_name(("Label 7", "Liver", "Label 2")) == "Label 8"
    assert next_name(("Label 07", "Label", " Label 9", "Label 4 ", "Label 5\n", "label 6")) == "Label 1"


def test_colors_are_taken_in_the_tables_order() -> None:
    labels: list[Label] = []
    for value in range(1, 25):
        labels.append(Label(value, "x", next_color(labels)))
    assert [label.color for label in labels] == [Label(1, "x", color).color for color in LUT_COLORS[:24]]
    assert labels[0].color_bytes == (190, 0, 50)


def test_a_color_that_looks_the_same_counts_as_used() -> None:
    assert next_color([Label(1, "x", (190 / 255, 0, 50 / 255))]) == LUT_COLORS[1]


def test_when_all_are_used_the_number_of_labels_decides() -> None:
    labels = [Label(value, "x", LUT_COLORS[(value - 1) % 24]) for value in range(1, 31)]
    assert next_color(labels) == lut_color(30) == (1.0, 0.5, 0.0)


def test_the_table_starts_black_and_repeats_from_26_on() -> None:
    assert lut_color(0) == (0.0, 0.0, 0.0)
    assert lut_color(25) == (0.984, 0.894, 0.149)
    assert lut_color(36) == (1.0, 0.0, 0.0)
    assert lut_color(26) == lut_color(38)


def test_several_free_values_are_those_that_come_one_after_the_other() -> None:
    assert free_values([], 3) == (1, 2, 3)
    assert free_values([7, 2], 2) == (8, 9)
    assert free_values([65534, 2], 3) == (65535, 1, 3)
    assert free_values([65535, 1, 3], 2) == (2, 4)
    assert free_values([5], 0) == ()
    with pytest.raises(ValueSpaceFullError, match="3 label values are needed, only 2 of 1...65535 are free"):
        free_values(range(1, 65534), 3)


def test_instances_of_a_class_are_shown_with_their_values() -> None:
    labels = [Label(3, "Lesion"), Label(9, ""), Label(40, "Lesion"), Label(7, "lesion")]
    assert display_names(labels) == {3: "Lesion [3]", 9: "Unnamed", 40: "Lesion [40]", 7: "lesion"}


def test_groups_without_a_name_are_counted_from_one() -> None:
    assert [group_title("", 0), group_title("Organs", 4)] == ["Group 1", "Organs"]
