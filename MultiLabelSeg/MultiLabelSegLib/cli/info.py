"""Show geometry, groups and labels of a file.

mlseg info seg.nrrd
mlseg info seg.nrrd --json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..core.describe import describe
from ..formats.registry import format_by_reader, format_for_reading, read_segmentation
from ..formats.report import Report
from .console import Console, plain, swatch
from .option_text import parse_option_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg info``."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("-r", "--reader", metavar="READER", help="which reader to use, by id or by MITK's name")
    parser.add_argument("--input-options", nargs="+", default=[], metavar="OPTION", help="JSON or pairs name=value")
    parser.add_argument("--allow-outside", action="store_true", help="follow paths in a file that leave its folder")
    parser.add_argument("--json", action="store_true", help="everything as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Prints the description of one file; 0, or 3 when the reader had to leave something out."""
    report = Report()
    chosen = format_by_reader(arguments.reader) if arguments.reader else format_for_reading(arguments.file)
    segmentation = read_segmentation(
        arguments.file,
        format_id=chosen.id,
        options=parse_option_text("input-options", arguments.input_options),
        allow_outside=arguments.allow_outside,
        report=report,
    )
    described = describe(segmentation, str(arguments.file), chosen.id)
    if arguments.json:
        console.out(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        _print_table(described, chosen.title, console)
        console.show(report)
    return 3 if report.left_out else 0


def _print_table(described: dict[str, Any], title: str, console: Console) -> None:
    geometry = described["geometry"]
    console.out(f"{plain(described['path'])}  ({title})")
    frames = f" x {geometry['time_steps']} frames" if geometry["time_steps"] > 1 else ""
    console.out(f"size {' x '.join(map(str, geometry['size']))}{frames}")
    console.out(f"spacing {_numbers(geometry['spacing'])} mm, origin {_numbers(geometry['origin'])} mm (LPS)")
    for row, axes in zip(geometry["direction"], ("direction", "", ""), strict=True):
        console.out(f"{axes:<9} {_numbers(row)}")
    console.out(f"unlabelled voxels are {'locked' if described['unlabeled_locked'] else 'not locked'}")
    for group in described["groups"]:
        console.out()
        console.out(f"group {group['index']}  {plain(group['name']) or '(no name)'}")
        for line in _label_rows(group["labels"]):
            console.out(line)
        if group.get("undeclared_values"):
            console.out(f"  voxels without a label: values {', '.join(map(str, group['undeclared_values']))}")


def _label_rows(labels: list[dict[str, Any]]) -> list[str]:
    if not labels:
        return ["  no labels"]
    names = [plain(label["name"]) for label in labels]
    width = min(max(map(len, names)), 48)
    rows = [f"  {'value':>6}  {'name':<{width}}  {'voxels':>12}  {'ml':>10}  flags"]
    for name, label in zip(names, labels, strict=True):
        red, green, blue = (round(channel * 255) for channel in label["color"])
        flags = ("locked" if label["locked"] else "") + ("" if label["visible"] else " hidden")
        rows.append(
            f"  {label['value']:>6}  {name:<{width}}  {label['voxels']:>12,}"
            f"  {label['volume_mm3'] / 1000:>10,.2f}  {swatch((red, green, blue))}{flags.strip()}"
        )
    return rows


def _numbers(values: list[float]) -> str:
    return " ".join(f"{value:.6g}" for value in values)
