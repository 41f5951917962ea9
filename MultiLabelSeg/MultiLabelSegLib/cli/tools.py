"""List the tools and their parameters.

mlseg tools              all tools
mlseg tools otsu         one tool with its parameters
mlseg tools --json       everything as JSON
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..external.catalog import PROGRAM_TOOLS, program_class
from ..tools.catalog import described, described_class, tool_names
from .console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg tools``."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="one tool")
    parser.add_argument("--json", action="store_true", help="names, titles, scopes and parameters as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Prints; an unknown name is an error that names the nearest tool."""
    names = [arguments.name] if arguments.name else [*tool_names(), *PROGRAM_TOOLS]
    found = [described_class(program_class(name)) if name in PROGRAM_TOOLS else described(name) for name in names]
    if arguments.json:
        console.out(json.dumps(found, indent=1))
        return 0
    for tool in found:
        if arguments.name:
            _show(tool, console)
        else:
            console.out(f"{tool['name']:<18} {tool['title']:<24} {_first_line(tool['help'])}")
    return 0


def _show(tool: dict[str, Any], console: Console) -> None:
    console.out(f"{tool['name']} ({tool['title']}, {tool['scope']})\n\n{tool['help']}\n")
    for entry in tool["parameters"]:
        console.out(f"  {entry['name']:<18} {_kind(entry):<28} {entry['help']}")


def _kind(entry: dict[str, Any]) -> str:
    """Type, range, unit and default on one line."""
    text = "|".join(map(str, entry["choices"])) if "choices" in entry else str(entry["type"])
    low, high = entry["minimum"], entry["maximum"]
    if low is not None or high is not None:
        text += f" {'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"
    if entry["unit"]:
        text += f" {entry['unit']}"
    if entry.get("required"):
        return f"{text}, required"
    default = entry["default"]
    return text if default is None or default == () else f"{text} = {default}"


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""
