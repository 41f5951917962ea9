"""List the formats and what each can hold."""

from __future__ import annotations

import argparse
import dataclasses
import json
import typing
from typing import Any

from ..formats.base import Format
from ..formats.options import option_title
from ..formats.registry import formats
from .console import Console

_COLUMNS = {
    "overlap": "overlapping groups",
    "time": "3D+t",
    "names": "names",
    "colors": "colours",
    "flags": "locks, visibility, opacity",
    "properties": "label properties",
    "empty_labels": "empty labels",
    "groups": "group names",
    "document": "data set properties",
    "undeclared": "voxels without label",
    "extras": "what else only the sidecar carries",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg formats``."""
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Prints every format with its capabilities and options."""
    rows = [_described(found) for found in formats()]
    if arguments.json:
        console.out(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        ways = " and ".join(way for way in ("read", "written") if row[way])
        console.out(f"{row['id']}  {row['title']} ({ways})")
        console.out(f"    names: {', '.join(row['suffixes']) or 'a folder'}")
        console.out(
            f"    holds: {', '.join(title for key, title in _COLUMNS.items() if row['holds'][key]) or 'voxels'}"
        )
        missing = ", ".join(title for key, title in _COLUMNS.items() if not row["holds"][key])
        if missing:
            console.out(f"    not by itself (kept in the sidecar or refused): {missing}")
        for kind in ("input", "output"):
            for name, choices in row[f"{kind}_options"].items():
                console.out(f"    {kind} option {name!r}: {choices}")
    return 0


def _described(found: Format) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "suffixes": list(found.suffixes),
        "read": found.reader is not None,
        "written": found.writer is not None,
        "holds": dataclasses.asdict(found.capabilities),
        "input_options": _options(found.read_options),
        "output_options": _options(found.write_options),
    }


def _options(cls: type) -> dict[str, str]:
    hints = typing.get_type_hints(cls)
    described = {}
    for field in dataclasses.fields(cls):
        hint = hints[field.name]
        choices = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()
        default = "" if field.default is dataclasses.MISSING else f" (default {field.default!s})"
        shown = " | ".join(map(str, choices)) or getattr(hint, "__name__", str(hint))
        described[option_title(field.name)] = shown + default
    return described
