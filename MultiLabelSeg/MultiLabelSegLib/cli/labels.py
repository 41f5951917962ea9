"""List the labels of a segmentation, or change them and write the result to another file.

  mlseg labels seg.nrrd
  mlseg labels seg.nrrd -o out.nrrd add Liver
  mlseg labels seg.nrrd -o out.nrrd rename 3 "Left kidney"
  mlseg labels seg.nrrd -o out.nrrd merge Lungs "Lung 2" "Lung 3" --remove
  mlseg labels seg.nrrd -o out.nrrd split Lesion --minimum 10
  mlseg labels seg.nrrd -o out.nrrd set --in-folder Bones --lock --color ivory

Labels are named by value or by name. The input file is never changed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..core import Segmentation
from ..core.describe import describe
from ..core.folders import folder_of
from ..core.naming import display_names, group_title
from ..edit import Command
from ..errors import OptionError
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..formats.saving import write_segmentation
from ..presets.schema import Schema
from ..presets.schema_history import SchemaHistory
from .console import Console, plain, swatch
from .dicom_flags import writer_options
from .inputs import refuse_inputs
from .label_edits import commands_of
from .label_parts import add_output, add_parts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg labels`` and of its parts."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="the list as JSON")
    parser.add_argument("--allow-outside", action="store_true", help="follow paths in a file that leave its folder")
    add_output(parser)
    add_parts(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Lists or changes the labels of one file; 0, or 3 when something was left out and named."""
    report = Report()
    if (arguments.part is None) != (arguments.output is None):
        expected = "a path (-o OUT)" if arguments.output is None else "what to change, such as add or rename"
        raise OptionError("output", None if arguments.output is None else str(arguments.output), expected)
    if arguments.part is not None:
        refuse_inputs((arguments.output,), (arguments.file, arguments.schema, arguments.dicom_source))
    segmentation = read_segmentation(arguments.file, allow_outside=arguments.allow_outside, report=report)
    if arguments.part is None:
        _list(segmentation, arguments, console)
    else:
        _change(segmentation, arguments, console, report)
    console.show(report)
    return 3 if report.left_out else 0


def _change(segmentation: Segmentation, arguments: argparse.Namespace, console: Console, report: Report) -> None:
    schema = None if arguments.schema is None else Schema.from_file(arguments.schema, report=report)
    history = SchemaHistory(segmentation, schema, limit_bytes=0)
    done = [_said(segmentation, history.do(command)) for command in commands_of(segmentation, arguments, schema)]
    result = write_segmentation(
        segmentation,
        arguments.output,
        format_id=arguments.format,
        options=writer_options(arguments, report, (arguments.file,)),
        overwrite=arguments.overwrite,
        report=report,
    )
    for line in filter(None, done):
        console.say(plain(line))
    if not any(done):
        console.say("nothing had to be changed")
    for path in result.main:
        console.say(f"wrote {path}: {len(segmentation.groups)} groups, {len(segmentation.labels)} labels")


def _said(segmentation: Segmentation, command: Command) -> str:
    """What a command did, on one line; empty when it did nothing."""
    if not command.changes:
        return ""
    line = command.title
    if command.resolution.written:
        line += f": {command.resolution.written:,} voxels written"
    for value, voxels in command.resolution.protected.items():
        owner = repr(segmentation.label(value).name) if value else "unlabelled space"
        line += f", {voxels:,} protected by the lock of {owner}"
    return line


def _list(segmentation: Segmentation, arguments: argparse.Namespace, console: Console) -> None:
    rows = _rows(segmentation)
    if arguments.json:
        console.out(json.dumps({"path": str(arguments.file), "labels": rows}, indent=2, ensure_ascii=False))
        return
    for index, group in enumerate(segmentation.groups):
        console.out(("\n" if index else "") + f"group {index}  {plain(group_title(group.name, index))}")
        mine = [row for row in rows if row["group"] == index]
        width = min(max([4, *(len(plain(row["shown_as"])) for row in mine)]), 48)
        for row in mine:
            console.out(_line(row, width))
        if not mine:
            console.out("  no labels")


def _rows(segmentation: Segmentation) -> list[dict[str, Any]]:
    """All labels as ``mlseg info --json`` describes them, with group, folder and the name that is shown."""
    found = []
    for index, described in enumerate(describe(segmentation)["groups"]):
        group = segmentation.groups[index]
        shown = display_names(group.labels)
        for label, row in zip(group.labels, described["labels"], strict=True):
            found.append({**row, "group": index, "folder": folder_of(label), "shown_as": shown[label.value]})
    return found


def _line(row: dict[str, Any], width: int) -> str:
    red, green, blue = (round(channel * 255) for channel in row["color"])
    flags = [word for word, on in (("locked", row["locked"]), ("hidden", not row["visible"])) if on]
    folder = f"  in {plain(row['folder'])}" if row["folder"] else ""
    text = (
        f"  {row['value']:>6}  #{red:02x}{green:02x}{blue:02x} {swatch((red, green, blue))}"
        f" {plain(row['shown_as']):<{width}}  {row['voxels']:>12,}  {' '.join(flags)}{folder}"
    )
    return text.rstrip()
