"""Options as the shells of the world hand them over."""

from __future__ import annotations

import pytest

from MultiLabelSegLib.cli.option_text import parse_option_text
from MultiLabelSegLib.errors import OptionError

BOTH = {"Save strategy": "instance", "Instance value": "original"}


@pytest.mark.parametrize(
    "words",
    [
        ['{"Save strategy": "instance", "Instance value": "original"}'],
        # quotes eaten, and the rest cut at blanks, as older PowerShells do
        ["{Save strategy: instance, Instance value: original}"],
        ["{Save", "strategy:", "instance,", "Instance", "value:", "original}"],
        # the guide's line for bash pasted into cmd.exe, which knows no single quotes
        ["'{Save strategy:", "instance,", "Instance value:", "original}'"],
        # quotes escaped for a shell that passes them on as they are
        [r"{\"Save strategy\": \"instance\", \"Instance value\": \"original\"}"],
        # pasted from a page or a document that made them round
        ["{“Save strategy”: “instance”, “Instance value”: “original”}"],
        ["“Save strategy”=“instance”", "‘Instance value’=‘original’"],
        # bash leaves of "Save strategy"="instance" only this
        ["Save strategy=instance", "Instance value=original"],
        ["Save", "strategy=instance", "Instance", "value=original"],
        ["'Save strategy'='instance'", '"Instance value"="original"'],
    ],
)
def test_every_shells_quoting_means_the_same(words: list[str]) -> None:
    assert parse_option_text("output-options", words) == BOTH


def test_json_keeps_its_types() -> None:
    assert parse_option_text("o", ['{"a": true, "b": 3, "c": "x=y"}']) == {"a": True, "b": 3, "c": "x=y"}


@pytest.mark.parametrize(
    "words", [["a=1", "a=2"], ['{"a": 1, "a": 2}'], ["{a: 1, a: 2}"]], ids=["pairs", "JSON", "JSON without quotes"]
)
def test_a_name_that_is_given_twice_is_refused(words: list[str]) -> None:
    with pytest.raises(OptionError, match="each name once"):
        parse_option_text("o", words)


def test_no_words_are_no_options() -> None:
    assert parse_option_text("o", []) == {}


@pytest.mark.parametrize("words", [["group"], ["=group"], ['{"a": [1]}'], ['{"a": null}'], ["{a: {b: c}}"], ["{a"]])
def test_anything_else_is_refused(words: list[str]) -> None:
    with pytest.raises(OptionError, match="output-options"):
        parse_option_text("output-options", words)
