"""One label: what is possible, what is refused, and numbers that survive MITK's single precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib import Label
from MultiLabelSegLib.core.label import shortest_float
from MultiLabelSegLib.errors import LabelError


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"value": 0}, "1...65535"),
        ({"value": 65536}, "1...65535"),
        ({"value": -1}, "1...65535"),
        ({"value": 3.0}, "whole number"),
        ({"value": "3"}, "whole number"),
        ({"value": True}, "whole number"),
        ({"name": None}, "name must be text"),
        ({"tracking_id": 5}, "tracking_id must be text"),
        ({"color": (0, 0)}, "three numbers"),
        ({"color": (0, 0, 1.01)}, "within 0...1"),
        ({"color": (0, 0, float("nan"))}, "within 0...1"),
        ({"color": "red"}, "numbers"),
        ({"color": None}, "numbers"),
        ({"opacity": float("nan")}, "finite"),
        ({"opacity": 1e60}, "finite"),
        ({"opacity": None}, "numbers"),
        ({"opacity": "much"}, "numbers"),
        ({"properties": 3}, "mapping"),
    ],
)
def test_impossible_fields_are_refused(fields: dict[str, Any], what: str) -> None:
    with pytest.raises(LabelError, match=what):
        Label(**{"value": 7, "name": "Liver", **fields})


def test_defaults_are_those_of_mitk() -> None:
    label = Label(np.uint16(7), "")
    assert (label.value, type(label.value)) == (7, int)
    assert (label.locked, label.visible, label.opacity, label.color) == (True, True, 0.6, (1.0, 1.0, 1.0))


def test_single_precision_does_not_look_like_a_change() -> None:
    assert Label(1, "a", opacity=0.6000000238418579) == Label(1, "a", opacity=0.6)
    assert Label(1, "a", color=(0.7450000047683716, 0, 1)).color == (0.745, 0.0, 1.0)


@given(st.floats(-(2.0**100), 2.0**100, width=32))
def test_shortest_float_keeps_the_single_precision_value(value: float) -> None:
    assert np.float32(shortest_float(value)) == np.float32(value)


def test_with_makes_another_label_and_checks_it() -> None:
    label = Label(1, "a", properties={"k": 1})
    other = label.with_(name="b", locked=False)
    assert (label.name, other.name, other.locked, other.properties) == ("a", "b", False, {"k": 1})
    with pytest.raises(LabelError):
        label.with_(value=0)


def test_properties_are_the_labels_own() -> None:
    mine = {"k": 1}
    label = Label(1, "a", properties=mine)
    mine["k"] = 2
    assert label.properties == {"k": 1}


def test_colors_in_bytes_are_rounded() -> None:
    label = Label(1, "a", color=(0.745, 0.0, 0.196))
    assert label.color_bytes == (190, 0, 50)
    assert label.hex_color == "#be0032"
