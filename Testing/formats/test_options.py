"""Options come as MITK's phrases, field names, JSON values or text, and wrong ones are named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from MultiLabelSegLib.errors import OptionError
from MultiLabelSegLib.formats.options import NoOptions, make_options


@dataclass(frozen=True)
class SampleOptions:
    save_strategy: Literal["instance", "group"] = "instance"
    version: Literal["auto", 3, 4] = "auto"
    crop: bool = False
    level: int = 1


def test_mitk_phrases_and_field_names_are_the_same() -> None:
    assert make_options(SampleOptions, {"Save strategy": "group"}) == SampleOptions(save_strategy="group")
    assert make_options(SampleOptions, {"save-strategy": "GROUP"}) == SampleOptions(save_strategy="group")


@pytest.mark.parametrize("given", [True, "true", "1", "yes"])
def test_text_becomes_the_fields_type(given: object) -> None:
    assert make_options(SampleOptions, {"crop": given, "level": "7", "version": "3"}) == SampleOptions(
        crop=True, level=7, version=3
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"Save strategy": "both"}, "instance, group"),
        ({"crop": "perhaps"}, "true, false"),
        ({"level": "high"}, "int"),
        ({"Colour": "red"}, "Save strategy"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_allowed(given: dict[str, str], text: str) -> None:
    with pytest.raises(OptionError, match=text):
        make_options(SampleOptions, given)


def test_a_format_without_options_says_so() -> None:
    with pytest.raises(OptionError, match="no options"):
        make_options(NoOptions, {"anything": 1})
