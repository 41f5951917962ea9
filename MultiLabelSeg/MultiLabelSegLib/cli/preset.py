"""Save, apply and show label set presets.

  mlseg preset save seg.nrrd -o organs.mitklabel.json
  mlseg preset apply organs.lsetp -i seg.nrrd -o seg2.nrrd
  mlseg preset show organs.lsetp

A preset is a file of MITK's (.mitklabel.json, .lsetp), any segmentation, or any label table. Voxels are not changed
unless --mode mitk asks for it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..formats.label_json import label_to_json
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..formats.saving import write_segmentation
from ..presets.any_preset import read_preset, write_preset
from ..presets.apply import MODES, apply_preset
from ..presets.preset import LabelSetPreset, PresetLabel
from .console import Console, plain, swatch
from .dicom_flags import add_dicom_flags, writer_options
from .inputs import refuse_inputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg preset`` and of its three parts."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="save | apply | show")
    save = _part(parts, parser, "save", "save the groups and labels of a segmentation, or another preset, as a preset")
    save.add_argument("source", type=Path, metavar="SEG", help="segmentation, preset or label table")
    save.add_argument("-o", "--output", type=Path, metavar="PRESET", required=True, help=".mitklabel.json or .lsetp")
    save.add_argument("--overwrite", action="store_true", help="replace an existing file")
    apply = _part(parts, parser, "apply", "give the labels of a preset to a segmentation")
    apply.add_argument("preset", type=Path, metavar="PRESET", help="preset, segmentation or label table")
    apply.add_argument("-i", "--input", type=Path, metavar="SEG", required=True)
    apply.add_argument("-o", "--output", type=Path, metavar="OUT", required=True)
    apply.add_argument(
        "--mode",
        choices=MODES,
        default="keep",
        help="a label that is in another group than the preset says: it stays there (keep), the job is refused "
        "(refuse), or it is moved and its voxels are deleted (mitk)",
    )
    apply.add_argument("--format", metavar="ID", help="output format, where the name does not say it")
    apply.add_argument("--overwrite", action="store_true", help="replace existing output files")
    apply.add_argument("--allow-outside", action="store_true", help="follow paths in a file that leave its folder")
    add_dicom_flags(apply)
    show = _part(parts, parser, "show", "show the groups and labels of a preset")
    show.add_argument("preset", type=Path, metavar="PRESET", help="preset, segmentation or label table")
    show.add_argument("--json", action="store_true", help="everything as JSON")


def _part(parts: Any, parser: argparse.ArgumentParser, name: str, text: str) -> argparse.ArgumentParser:
    """A part with the options that every command has, so that they may stand behind its name too."""
    part: argparse.ArgumentParser = parts.add_parser(
        name, help=text, description=text, formatter_class=parser.formatter_class, allow_abbrev=False
    )
    volume = part.add_mutually_exclusive_group()
    hidden = argparse.SUPPRESS
    volume.add_argument("-q", "--quiet", action="store_true", default=hidden, help="print errors only")
    volume.add_argument("-v", "--verbose", action="store_true", default=hidden, help="print more")
    return part


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Does one part; 0, or 3 when something was left out and named."""
    report = Report()
    parts = {"save": _save, "apply": _apply, "show": _show}
    parts[arguments.part](arguments, console, report)
    console.show(report)
    return 3 if report.left_out else 0


def _save(arguments: argparse.Namespace, console: Console, report: Report) -> None:
    refuse_inputs((arguments.output,), (arguments.source,))
    preset = read_preset(arguments.source, report)
    write_preset(preset, arguments.output, overwrite=arguments.overwrite, report=report)
    console.say(f"wrote {arguments.output}: {len(preset.groups)} groups, {len(preset.labels)} labels")


def _apply(arguments: argparse.Namespace, console: Console, report: Report) -> None:
    refuse_inputs((arguments.output,), (arguments.input, arguments.preset, arguments.dicom_source))
    preset = read_preset(arguments.preset, report)
    segmentation = read_segmentation(arguments.input, allow_outside=arguments.allow_outside, report=report)
    application = apply_preset(segmentation, preset, arguments.mode)
    lines = list(application.lines())
    for change in application.command.changes:
        change.apply(segmentation)
    result = write_segmentation(
        segmentation,
        arguments.output,
        format_id=arguments.format,
        options=writer_options(arguments, report, (arguments.input,)),
        overwrite=arguments.overwrite,
        report=report,
    )
    for line in lines:
        console.say(plain(line))
    for path in result.main:
        console.say(f"wrote {path}")


def _show(arguments: argparse.Namespace, console: Console, report: Report) -> None:
    preset = read_preset(arguments.preset, report)
    if arguments.json:
        console.out(json.dumps(_described(preset), indent=2, ensure_ascii=False))
        return
    console.out(f"{plain(str(arguments.preset))}  {len(preset.groups)} groups")
    for index, group in enumerate(preset.groups):
        console.out(f"\ngroup {index}  {plain(group.name or '') or '(no name)'}")
        for line in map(_row, group.labels):
            console.out(line)
        if not group.labels:
            console.out("  no labels")


def _row(entry: PresetLabel) -> str:
    label = entry.label
    value = "next" if entry.value is None else str(entry.value)
    flags = [word for word, on in (("locked", label.locked), ("hidden", not label.visible)) if on]
    color = label.hex_color if "color" in entry.stated else "-------"
    text = f"  {value:>6}  {color} {swatch(label.color_bytes)} {plain(label.name)}  {' '.join(flags)}".rstrip()
    return text + (f"  ({plain(label.description)})" if label.description else "")


def _described(preset: LabelSetPreset) -> dict[str, Any]:
    groups = []
    for group in preset.groups:
        labels = []
        for entry in group.labels:
            described = label_to_json(entry.label)
            labels.append({**described, "value": entry.value, "stated": sorted(entry.stated)})
        groups.append({"name": group.name, "properties": dict(group.properties), "labels": labels})
    return {"source": None if preset.source is None else str(preset.source), "groups": groups}
