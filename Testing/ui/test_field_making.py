"""Form fields made from what they set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import pytest

from MultiLabelSegLib.formats.registry import formats
from MultiLabelSegLib.tools.catalog import tool_class, tool_names
from MultiLabelSegLib.tools.parameters import parameter
from MultiLabelSegLib.ui.field_making import label_choices, option_fields_of, parameter_fields, sentence
from MultiLabelSegLib.ui.fields import Choice
from Testing.ui.panel_cases import a_document


@dataclass(frozen=True)
class Options:
    """How to write.

    ``layer``: which one (0, 1, ...); ``all`` means all. ``way`` of the file: how it goes, with
    a long text; ``label_table``: its path.
    """

    layer: int = -1
    way: Literal["auto", "by_hand"] = "auto"
    label_table: str = ""
    scale: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Tool:
    name: ClassVar[str] = "tool"
    radius: int = parameter(2, help="how far", minimum=1, maximum=9, unit="voxels")
    radius_mm: float | None = parameter(None, help="the same in mm", unit="mm")
    labels: tuple[int, ...] = parameter((), help="which")
    locks: Literal["regard", "ignore"] = parameter("regard", help="whether locks count")


def test_options_of_a_format_take_kind_choices_and_help_from_the_dataclass() -> None:
    layer, way, table, scale = option_fields_of(Options, {"layer": 3})

    assert (layer.kind, layer.value, layer.default) == ("int", 3, -1)
    assert layer.help == "Which one (0, 1, ...); all means all."
    assert (way.kind, [choice.title for choice in way.choices]) == ("choice", ["Auto", "By hand"])
    assert way.help == "How it goes, with a long text."
    assert (table.kind, table.help, scale.kind, scale.help) == ("path", "Its path.", "float", "")


def test_parameters_of_a_tool_take_range_unit_and_labels() -> None:
    choices = (Choice(1, "Liver (1)"),)
    radius, in_mm, labels, locks = parameter_fields(Tool, {"radius": 5}, labels=choices, advanced=("locks",))

    assert (radius.kind, radius.value, radius.minimum, radius.maximum, radius.unit) == ("int", 5, 1, 9, "voxels")
    assert (in_mm.title, in_mm.kind, in_mm.optional, in_mm.value) == ("Radius in mm", "float", True, None)
    assert (labels.kind, labels.choices) == ("several", choices)
    assert (locks.advanced, locks.choices[0].title, locks.help) == (True, "keep their voxels", "Whether locks count.")


@pytest.mark.parametrize("name", tool_names())
def test_every_parameter_of_every_tool_has_a_title_and_help(name: str) -> None:
    fields = parameter_fields(tool_class(name))

    assert all(field.title and field.help.endswith((".", "?", "!")) for field in fields)
    assert len({field.title for field in fields}) == len(fields)


@pytest.mark.parametrize("chosen", formats(), ids=lambda chosen: chosen.id)
def test_every_value_that_a_form_of_a_format_shows_first_is_a_possible_one(chosen) -> None:
    for kind in (chosen.read_options, chosen.write_options):
        assert kind(**{field.name: field.value for field in option_fields_of(kind)}) == kind()


def test_labels_are_told_apart_by_value_and_group() -> None:
    titles = [choice.title for choice in label_choices(a_document())]

    assert titles == [
        "Liver (1) - Group 1",
        "Rib [2] (2) - Group 1",
        "Rib [3] (3) - Group 1",
        "Spleen (4) - Group 1",
        "Tumör (7) - Lesions",
    ]
    assert label_choices(None) == ()


def test_sentences_begin_large_and_end() -> None:
    assert sentence("what ``it`` is,") == "What it is."
    assert sentence("") == ""
