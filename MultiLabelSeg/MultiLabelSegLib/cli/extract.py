"""Take label maps and masks out of a segmentation as images, with a table of what their values mean.

  mlseg extract seg.nrrd -o masks                            one mask a label, its voxels hold the label's value
  mlseg extract seg.nrrd -o masks --binary --labels Liver 7  only these, 0 and 1
  mlseg extract seg.nrrd -o masks --crop-mm 10               each cut to its label's box with a margin
  mlseg extract seg.nrrd -o maps --as classes                one map a group, a value for each name of labels
  mlseg extract seg.nrrd -o maps --as instances              one map a group with the labels' own values

OUT is a folder. Its labels.json tells for each file which value means which label.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from ..core import Segmentation
from ..errors import FormatError, OptionError
from ..formats.image_file import SUFFIXES, save_image
from ..formats.mask_names import name_key, safe_name
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..formats.staging import Stage, new_folder
from ..tools.extract import Extract, class_maps, cropped_mask, instance_maps, masks
from .console import Console, plain
from .inputs import refuse_inputs
from .label_choice import labels_meant

_TABLE = "labels.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg extract``."""
    parser.add_argument("file", type=Path, metavar="SEG")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="the folder to write to")
    parser.add_argument(
        "--as",
        dest="kind",
        choices=("masks", "classes", "instances"),
        default="masks",
        help="a mask for each label, or for each group a map of its classes or of its instances",
    )
    parser.add_argument("--labels", nargs="+", metavar="LABEL", help="by value or by name; all unless given")
    parser.add_argument("--binary", action="store_true", help="masks hold 1 instead of the label's value")
    parser.add_argument("--crop-mm", type=float, metavar="X", help="cut masks to the label's box and so much around")
    parser.add_argument("--suffix", choices=SUFFIXES, default=".nii.gz", help="the format of the images (.nii.gz)")
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Reads and writes; 0, or 3 when the reader or a format had to leave something out."""
    if arguments.kind != "masks" and (arguments.binary or arguments.crop_mm is not None):
        raise OptionError("as", arguments.kind, "masks, with --binary or --crop-mm")
    report = Report()
    segmentation = read_segmentation(arguments.file, report=report)
    values = _values(segmentation, arguments)
    table = arguments.output / _TABLE
    if table.exists() and not arguments.overwrite:
        raise FormatError(table, "exists already; overwriting must be asked for (--overwrite)")
    with new_folder(arguments.output), console.progress("extract") as moved, Stage(table) as stage:
        written: dict[str, list[dict[str, object]]] = {}
        count = len(values) if arguments.kind == "masks" else len(segmentation.groups)
        for extract in _extracts(segmentation, values, arguments, report):
            name = _file_name(extract, written, arguments.suffix)
            _write(extract, arguments.output / name, stage, arguments, report)
            written[name] = [row.as_json() for row in extract.table]
            moved(len(written) / max(count, 1), plain(extract.name))
        text = json.dumps({"files": written}, indent=1, ensure_ascii=False) + "\n"
        stage.file(table).write_text(text, encoding="utf-8")
        stage.commit()
    console.show(report)
    console.say(f"wrote {len(written)} images and {_TABLE} to {arguments.output}")
    return 3 if report.left_out else 0


def _write(extract: Extract, target: Path, stage: Stage, arguments: argparse.Namespace, report: Report) -> None:
    """Stages one image, so that all of them come into place together or none. Raises FormatError naming the target."""
    refuse_inputs((target,), (arguments.file,))
    if target.exists() and not arguments.overwrite:
        raise FormatError(target, "exists already; overwriting must be asked for (--overwrite)")
    found = Report()
    try:
        save_image(extract.image, stage.file(target), report=found)
    except FormatError as error:
        raise type(error)(target, error.reason) from None
    for note in found.notes:
        report.note(note.reason, target)


def _values(segmentation: Segmentation, arguments: argparse.Namespace) -> tuple[int, ...]:
    if arguments.labels is None:
        return segmentation.values
    found = (value for text in arguments.labels for value in labels_meant(segmentation, text))
    return tuple(dict.fromkeys(found))


def _extracts(
    segmentation: Segmentation, values: tuple[int, ...], arguments: argparse.Namespace, report: Report
) -> Iterator[Extract]:
    """The images one after the other, so that only one of them is in memory."""
    if not values:
        return
    if arguments.kind == "classes":
        yield from class_maps(segmentation, values)
    elif arguments.kind == "instances":
        yield from instance_maps(segmentation, values)
    elif arguments.crop_mm is None:
        yield from masks(segmentation, values, binary=arguments.binary)
    else:
        for value in values:
            if segmentation.voxels(value):
                yield cropped_mask(segmentation, value, arguments.crop_mm, in_mm=True, binary=arguments.binary)
            else:
                report.leave_out(f"label {value} {segmentation.label(value).name!r} has no voxels to crop to")


def _file_name(extract: Extract, taken: dict[str, list[dict[str, object]]], suffix: str) -> str:
    """A name of letters, digits, blanks and -_. that no other image has, allowed on every file system."""
    plain = "".join(mark if mark.isalnum() or mark in " -_." else "_" for mark in extract.name)
    name = safe_name(plain) or "label"
    known = {name_key(file) for file in taken}
    found, number = name, extract.table[0].value
    while name_key(f"{found}{suffix}") in known:
        found, number = f"{name}_{number}", number + 1
    return f"{found}{suffix}"
