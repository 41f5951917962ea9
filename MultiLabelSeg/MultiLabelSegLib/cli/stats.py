"""Measure labels: voxels, volume, place, surface area, and intensities where an image is given; in every frame.

  mlseg stats seg.nrrd
  mlseg stats seg.nrrd --image ct.nii.gz --csv labels.csv
  mlseg stats seg.nrrd --image ct.nii.gz --labels Liver 7 --percentiles 10 90 --json -

Volumes are in ml (and mm3), areas in mm2, positions in voxels and in LPS mm.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from ..errors import FormatError
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..formats.staging import Stage
from ..tools.statistics import QUARTILES, LabelStatistics, StatisticsTable, statistics
from .console import Console, plain
from .fitting_image import fitting_image
from .inputs import refuse_inputs
from .label_choice import labels_meant

_STANDARD_OUTPUT = Path("-")
_NAME = 40
#: title on the terminal -> field of the intensities
_INTENSITIES = {"mean": "mean", "sd": "deviation", "min": "minimum", "median": "median", "max": "maximum"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg stats``."""
    parser.add_argument("file", type=Path, metavar="SEG")
    parser.add_argument("-i", "--image", type=Path, metavar="IMG", help="the image whose intensities are measured")
    parser.add_argument("--labels", nargs="+", metavar="LABEL", help="by value or by name; all unless given")
    parser.add_argument("--frame", type=int, metavar="N", help="one frame, counted from 0; all unless given")
    parser.add_argument(
        "--percentiles", nargs="*", type=float, default=list(QUARTILES), metavar="P", help="per cent (5 25 75 95)"
    )
    parser.add_argument("--no-surface", action="store_true", help="leave the surface area out, which takes longest")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--csv", type=Path, metavar="FILE", help="write everything as CSV; - is the standard output")
    kind.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON; - is the standard output")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output file")
    parser.add_argument("--allow-outside", action="store_true", help="follow paths in a file that leave its folder")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Measures and prints or writes; 0, or 3 when the reader had to leave something out."""
    output = arguments.csv or arguments.json
    if output is not None and output != _STANDARD_OUTPUT and output.exists() and not arguments.overwrite:
        raise FormatError(output, "exists already; overwriting must be asked for (--overwrite)")
    if output is not None and output != _STANDARD_OUTPUT:
        refuse_inputs((output,), (arguments.file, arguments.image))
    report = Report()
    segmentation = read_segmentation(arguments.file, allow_outside=arguments.allow_outside, report=report)
    image = None if arguments.image is None else fitting_image(arguments.image, segmentation.geometry, report)
    labels = None
    if arguments.labels is not None:
        labels = [value for text in arguments.labels for value in labels_meant(segmentation, text)]
    with console.progress("measure") as moved:
        table = statistics(
            segmentation,
            image,
            labels,
            "all" if arguments.frame is None else arguments.frame,
            arguments.percentiles,
            not arguments.no_surface,
            lambda done: moved(done, ""),
        )
    if output is None:
        _print(table, console)
    elif output == _STANDARD_OUTPUT:
        console.out(_text(table, arguments).rstrip("\n"))
    else:
        _write(output, _text(table, arguments))
        console.say(f"wrote {output}: {len(table.rows)} rows")
    if output != _STANDARD_OUTPUT:
        for note in table.notes:
            console.say(f"note: {plain(note)}")
        console.show(report)
    return 3 if report.left_out else 0


def _text(table: StatisticsTable, arguments: argparse.Namespace) -> str:
    return table.as_csv() if arguments.csv is not None else table.as_json()


def _write(path: Path, text: str) -> None:
    with Stage(path) as stage:
        stage.file(path).write_text(text, encoding="utf-8", errors="replace", newline="")
        stage.commit()


def _print(table: StatisticsTable, console: Console) -> None:
    """The main figures as a table, group by group and frame by frame."""
    if not table.rows:
        console.out("there are no labels")
        return
    names = [plain(row.name)[:_NAME] for row in table.rows]
    width = max(4, *map(len, names))
    columns = _columns(table)
    head = f"  {'value':>6}  {'name':<{width}}" + "".join(f"  {title:>{wide}}" for title, wide, _ in columns)
    several = len({row.t for row in table.rows}) > 1
    before = None
    for name, row in zip(names, table.rows, strict=True):
        if (row.t, row.group) != before:
            title = f"group {row.group}  {plain(row.group_name)}" + (f", frame {row.t}" if several else "")
            console.out(("\n" if before else "") + title)
            console.out(head)
            before = row.t, row.group
        cells = "".join(f"  {text(row):>{wide}}" for _, wide, text in columns)
        console.out(f"  {row.value:>6}  {name:<{width}}{cells}".rstrip())


def _columns(table: StatisticsTable) -> list[tuple[str, int, Callable[[LabelStatistics], str]]]:
    """Title, width and text of the columns that the terminal shows."""
    columns: list[tuple[str, int, Callable[[LabelStatistics], str]]] = [
        ("voxels", 12, lambda row: f"{row.voxels:,}"),
        ("ml", 10, lambda row: f"{row.volume_ml:,.3f}"),
    ]
    if table.with_area:
        columns.append(("mm2", 10, lambda row: "" if row.surface_area_mm2 is None else f"{row.surface_area_mm2:,.1f}"))
    if table.with_intensities:
        columns += [(title, 10, _intensity(field)) for title, field in _INTENSITIES.items()]
    return columns


def _intensity(field: str) -> Callable[[LabelStatistics], str]:
    return lambda row: "" if row.intensities is None else f"{getattr(row.intensities, field):,.6g}"
