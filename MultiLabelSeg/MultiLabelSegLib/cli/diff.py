"""Compare two segmentations, or two sets of them, label by label.

  mlseg diff a.nrrd b.seg.nrrd
  mlseg diff manual.nrrd automatic.nii.gz --match name --json
  mlseg diff manual automatic --match name -j 4 --report agreement.html --report agreement.csv
  mlseg diff 'truth/{case}.nii.gz' 'out/{case}_pred.nii.gz' --tolerance 2
  mlseg diff a.nrrd b.nrrd --metrics                            Dice, surface Dice, HD95, volumes of one case
  mlseg diff masks_a masks_b --as-one                           two folders with one mask a label

Two folders or patterns are sets: their cases go together by name (the file's stem, or {case}). --report and --metrics
measure borders too. Exit codes: 0 the same, 1 different, 4 could not be compared.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..core.compare import Comparison, compare
from ..errors import FormatError
from ..formats.registry import read_segmentation
from ..formats.report import Report
from .console import Console, plain
from .job_options import add_bounds

SAME, DIFFERENT, FAILED = 0, 1, 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg diff``."""
    parser.add_argument("a", type=Path, metavar="A")
    parser.add_argument("b", type=Path, metavar="B")
    parser.add_argument("--match", choices=("value", "name"), default="value", help="which labels belong together")
    parser.add_argument("--voxels-only", action="store_true", help="ignore names, colours, locks and other attributes")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    many = parser.add_argument_group("figures, and sets of cases")
    many.add_argument("--metrics", action="store_true", help="Dice, surface Dice, HD95, volumes; always done for sets")
    many.add_argument("--report", type=Path, action="append", default=[], metavar="FILE", help=".html, .csv or .json")
    many.add_argument("--tolerance", type=float, default=1.0, metavar="MM", help="of the surface Dice (1)")
    many.add_argument("--no-distances", action="store_true", help="leave out borders, which take longest")
    many.add_argument("--as-one", action="store_true", help="two folders are one segmentation each, of masks")
    add_bounds(many)
    many.add_argument("--resume", type=Path, metavar="FOLDER", help="keep the figures of each case there, and go on")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Prints what differs; 0 the same, 1 different (errors: 4)."""
    for path in (arguments.a, arguments.b):
        if not path.exists() and not any(mark in str(path) for mark in ("{case}", "*", "?")):
            raise FormatError(path, "there is no such file or folder")
    if arguments.metrics or arguments.report or _may_be_sets(arguments):
        from .diff_many import are_sets, diff_many

        if arguments.metrics or arguments.report or are_sets(arguments):
            return diff_many(arguments, console)
    report = Report()
    first = read_segmentation(arguments.a, report=report)
    second = read_segmentation(arguments.b, report=report)
    found = compare(first, second, arguments.match)
    if arguments.voxels_only:
        found.document = []
        for row in found.labels:
            row.attributes = {}
    if arguments.json:
        console.out(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
    elif not console.quiet:
        _print(found, console)
    return SAME if found.identical else DIFFERENT


def _may_be_sets(arguments: argparse.Namespace) -> bool:
    """Whether both are no plain files, looked at before anything larger is loaded."""
    return not any(path.is_file() for path in (arguments.a, arguments.b))


def _print(found: Comparison, console: Console) -> None:
    if found.identical:
        console.say(f"identical: {len(found.labels)} labels")
        return
    for sentence in found.document:
        console.out(plain(sentence))
    for name, keys in (("first", found.only_in_a), ("second", found.only_in_b)):
        if keys:
            console.out(f"only in the {name}: {plain(', '.join(keys))}")
    same = sum(row.identical for row in found.labels)
    console.out(f"{same} of {len(found.labels)} common labels are identical")
    for row in found.labels:
        if row.identical and not console.verbose:
            continue
        shift = "" if row.centroid_shift_mm is None else f", centroid moved {row.centroid_shift_mm:.3f} mm"
        console.out(
            f"{found.match} {plain(row.key)}: {row.voxels_a} / {row.voxels_b} voxels, Dice {row.dice:.4f}{shift}"
        )
        for attribute, (mine, theirs) in row.attributes.items():
            console.out(f"    {attribute}: {mine!r} against {theirs!r}")
