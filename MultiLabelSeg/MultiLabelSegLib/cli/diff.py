"""Compare two segmentations label by label.

  mlseg diff a.nrrd b.seg.nrrd
  mlseg diff manual.nrrd automatic.nii.gz --match name --json

Exit codes: 0 the same, 1 different, 4 could not be compared.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..core.compare import Comparison, compare
from ..formats.registry import read_segmentation
from ..formats.report import Report
from .console import Console, plain

SAME, DIFFERENT, FAILED = 0, 1, 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg diff``."""
    parser.add_argument("a", type=Path, metavar="A")
    parser.add_argument("b", type=Path, metavar="B")
    parser.add_argument("--match", choices=("value", "name"), default="value", help="which labels belong together")
    parser.add_argument("--voxels-only", action="store_true", help="ignore names, colours, locks and other attributes")
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Prints what differs; 0 the same, 1 different (errors: 4)."""
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
