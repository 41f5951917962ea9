"""Parameters of tools: what a catalog tells, what is refused, tools made from recipes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import pytest

from MultiLabelSegLib.errors import OptionError
from MultiLabelSegLib.tools.contour import Add
from MultiLabelSegLib.tools.paint import Paint
from MultiLabelSegLib.tools.parameters import check_ranges, made_from, parameter, parameters_of


@dataclass(frozen=True, kw_only=True)
class Example:
    """A tool of every kind of parameter."""

    size: int = parameter(3, help="a size", minimum=1, maximum=9, unit="voxels")
    share: float = parameter(0.5, help="a share", minimum=0, maximum=1)
    mode: Literal["a", "b"] = parameter("a", help="a choice")
    wanted: bool = parameter(False, help="a switch")
    title: str = parameter("x", help="a text")
    limit: float | None = parameter(None, help="a limit", unit="mm")
    key: int | str = parameter(1, help="a label")
    points: tuple[int, ...] = parameter((), help="points")
    made: tuple[int, ...] = parameter(help="made anew", factory=lambda: (1, 2))
    hidden: int = 5

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, kw_only=True)
class Needy:
    """A tool with a parameter that must be given."""

    point: tuple[float, ...] = parameter(help="where")

    def __post_init__(self) -> None:
        check_ranges(self)


def test_what_is_told_of_parameters() -> None:
    told = {info.name: info for info in parameters_of(Example)}
    assert [(name, info.type) for name, info in told.items()] == [
        ("size", "integer"),
        ("share", "number"),
        ("mode", "choice"),
        ("wanted", "boolean"),
        ("title", "text"),
        ("limit", "number"),
        ("key", "integer or text"),
        ("points", "list"),
        ("made", "list"),
    ]
    assert told["size"].as_json() == {
        "name": "size",
        "type": "integer",
        "default": 3,
        "minimum": 1,
        "maximum": 9,
        "unit": "voxels",
        "help": "a size",
    }
    assert told["mode"].as_json()["choices"] == ["a", "b"]
    assert told["made"].default == (1, 2)
    assert "required" not in told["size"].as_json()
    assert parameters_of(Needy)[0].as_json()["required"] is True


@pytest.mark.parametrize("kind", [Paint, Add, Example])
def test_what_is_told_is_json(kind: type) -> None:
    listed = [info.as_json() for info in parameters_of(kind)]
    assert json.loads(json.dumps(listed))[0]["name"] == listed[0]["name"]
    assert all(info["help"] for info in listed)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"size": 0}, "1 to 9 voxels"),
        ({"size": 10}, "1 to 9 voxels"),
        ({"size": 2.0}, "a whole number"),
        ({"size": True}, "a whole number"),
        ({"share": 1.5}, "0 to 1"),
        ({"share": float("nan")}, "a number"),
        ({"share": "half"}, "a number"),
        ({"mode": "c"}, "a, b"),
        ({"wanted": 1}, "true or false"),
        ({"title": 3}, "text"),
        ({"limit": float("inf")}, "a number"),
    ],
)
def test_values_that_are_not_allowed_are_refused_with_what_is(fields: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError) as caught:
        Example(**fields)
    assert caught.value.option == next(iter(fields))
    assert said in str(caught.value)


def test_values_at_the_ends_and_whole_numbers_for_numbers_are_allowed() -> None:
    made = Example(size=9, share=1, limit=None, mode="b", wanted=True)
    assert (made.size, made.share) == (9, 1)


def test_tools_are_made_from_recipes_with_tuples_for_lists() -> None:
    made = made_from(Paint, {"stroke_ijk": [[1, 2, 3], [4, 5, 6]], "diameter_mm": 6, "plane": "axial"})
    assert made == Paint(stroke_ijk=((1, 2, 3), (4, 5, 6)), diameter_mm=6)


def test_unknown_parameters_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(OptionError, match="did you mean 'diameter_mm'"):
        made_from(Paint, {"diametr_mm": 3})
    with pytest.raises(OptionError, match="did you mean 'confirm'"):
        made_from(Paint, {"confrm": {}}, known=("confirm", "label"))
    with pytest.raises(OptionError) as caught:
        made_from(Paint, {"qqqq": 1})
    assert "did you mean" not in str(caught.value)
    with pytest.raises(OptionError, match="hidden"):
        made_from(Example, {"hidden": 3})


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(OptionError, match="where") as caught:
        made_from(Needy, {})
    assert caught.value.option == "point"
    assert made_from(Needy, {"point": [1.0, 2.0]}).point == (1.0, 2.0)
