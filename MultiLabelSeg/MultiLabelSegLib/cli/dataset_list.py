"""Show the cases of a data set: nnU-Net, BIDS, MONAI, TotalSegmentator, a task list, or a CSV list of cases.

mlseg dataset list nnUNet_raw/Dataset001_Liver
mlseg dataset list cases.csv --json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..datasets.layout_names import LAYOUTS
from .console import Console, plain

if TYPE_CHECKING:
    from ..datasets.cases.case import CaseSet

DONE, LEFT_OUT = 0, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg dataset list``."""
    parser.add_argument("source", type=Path, metavar="SOURCE", help="folder of a data set, datalist, task list or CSV")
    parser.add_argument("--from", dest="layout", choices=LAYOUTS, help="what it is (found by its files)")
    parser.add_argument("--dataset", type=Path, metavar="FOLDER", help="nnU-Net: what the predictions' model learned")
    parser.add_argument("--json", action="store_true", help="everything as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Prints the cases; 3 when files belong to none."""
    from ..formats.report import Report

    layout, found = _found(arguments)
    if arguments.json:
        answer = {
            "layout": layout,
            "cases": [case.as_json() for case in found.cases],
            "left_out": [str(note) for note in found.left_out],
            "notes": [str(note) for note in found.notes],
        }
        console.out(json.dumps(answer, indent=2, ensure_ascii=False))
        return LEFT_OUT if found.left_out else DONE
    width = max((len(case.id) for case in found.cases), default=4)
    for case in found.cases:
        images = ", ".join(case.images) or "no image"
        mask = "no segmentation" if case.segmentation is None else str(case.segmentation)
        console.out(plain(f"{case.id:<{width}}  {case.split:<5}  {images}  {mask}"))
    console.show(Report(notes=list(found.notes), left_out=list(found.left_out)))
    console.out(f"{len(found.cases)} cases ({layout})")
    return LEFT_OUT if found.left_out else DONE


def _found(arguments: argparse.Namespace) -> tuple[str, CaseSet]:
    from ..datasets.cases.layout import importer, layout_of
    from ..datasets.cases.table import read_case_table

    source = arguments.source
    if arguments.layout is None and source.is_file() and source.suffix.lower() in (".csv", ".tsv"):
        return "list", read_case_table(source)
    layout = arguments.layout or layout_of(source)
    options = {} if arguments.dataset is None else {"dataset": str(arguments.dataset.absolute())}
    return layout, importer(layout).find(source.absolute(), options)
