"""Suggest names of labels for what is typed, with colours and codes.

mlseg suggest liv
mlseg suggest "kidney left" --json
mlseg suggest lesion --suggestions my_names.json --extend --used seg.nrrd
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..errors import OptionError
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..presets.suggestion_json import load_suggestions
from ..presets.suggestions import Suggestion, SuggestionRules, used_names
from .console import Console, plain, swatch

_CODE = "segmented_property_type"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg suggest``."""
    parser.add_argument("text", metavar="TEXT", help="the beginning of a name or of words in it; '' for all")
    parser.add_argument("--suggestions", type=Path, metavar="FILE", help="own list of names (JSON) in place of ours")
    parser.add_argument("--extend", action="store_true", help="own names in addition to ours")
    parser.add_argument("--used", type=Path, metavar="SEG", help="leave out names that this segmentation has already")
    parser.add_argument("--unlimited", action="store_true", help="with --used: only limits of the list itself count")
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many")
    parser.add_argument("--json", action="store_true", help="everything as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Prints the suggestions, the best first; 0, also when there are none."""
    if arguments.limit is not None and arguments.limit < 1:
        raise OptionError("limit", arguments.limit, "1 or more")
    report = Report()
    rules = SuggestionRules(suggest_once=not arguments.unlimited)
    suggestions = load_suggestions(arguments.suggestions, extend=arguments.extend, rules=rules)
    used = None if arguments.used is None else used_names(read_segmentation(arguments.used, report=report))
    found = suggestions.complete(arguments.text, used, most=arguments.limit)
    if arguments.json:
        console.out(json.dumps([_described(entry) for entry in found], indent=2, ensure_ascii=False))
    else:
        for entry in found:
            console.out(_line(entry))
        if not found:
            console.say(f"none of {len(suggestions)} names fits {plain(arguments.text)!r}")
    console.show(report)
    return 3 if report.left_out else 0


def _described(entry: Suggestion) -> dict[str, Any]:
    return {
        "name": entry.name,
        "color": None if entry.color is None else list(entry.color),
        "max_instances": entry.max_instances,
        "group": entry.group,
        "properties": dict(entry.properties),
        **entry.fields,
    }


def _line(entry: Suggestion) -> str:
    color = "-------"
    shown = ""
    if entry.color is not None:
        red, green, blue = (round(channel * 255) for channel in entry.color)
        color, shown = f"#{red:02x}{green:02x}{blue:02x}", swatch((red, green, blue))
    scheme, code = (entry.properties.get(f"{_CODE}.{part}") for part in ("scheme", "value"))
    coded = f"  {scheme} {code}" if code else ""
    return plain(f"{color} ") + shown + plain(f"{entry.name:<32}{coded}").rstrip()
