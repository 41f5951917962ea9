"""Export segmentations as a volume project or a NIfTI data set of Supervisely.

  mlseg supervisely export seg.nrrd --image ct.nii.gz -o PROJECT
  mlseg supervisely export *.nrrd --images FOLDER -o DATASET --as nifti-by-name
  mlseg supervisely export PROJECT -o DATASET --as nifti-by-plane

Inputs are files of any of our formats, or folders of projects. What Supervisely has no place for (values, groups, locks
and more) is kept in sidecars, from which `mlseg supervisely import` takes it back.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..datasets.supervisely.exporting import KINDS, MASK_KINDS, export_as, export_items
from ..errors import FormatError
from .console import Console, plain
from .remarks import line_of

DONE, LEFT_OUT = 0, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg supervisely export``."""
    parser.add_argument("input", nargs="+", type=Path, metavar="IN", help="segmentations, or projects")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="folder to write to")
    parser.add_argument("--as", dest="kind", choices=KINDS, default="project", help="what to write (project)")
    parser.add_argument(
        "--image", nargs="+", action="extend", default=[], type=Path, metavar="IMG", help="their images"
    )
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="folder with images of the same names")
    parser.add_argument(
        "--dataset", default="", metavar="NAME", help="data set of the project, folder of the NIfTI set"
    )
    parser.add_argument(
        "--masks",
        choices=MASK_KINDS,
        default="auto",
        help="by plane: one mask for all (semantic, as auto), or one a class (instance), whose objects may overlap",
    )
    parser.add_argument(
        "--ids-in-names", action="store_true", help="by plane: UUIDs in names instead of a folder for each item"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing output")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Exports; everything is written and verified, or nothing. 3 when something of an input could not be read."""
    _refuse_inside(arguments)
    items = export_items(arguments.input, arguments.image, arguments.images, arguments.dataset)
    with console.progress("export") as progress:
        made = export_as(
            items,
            arguments.output,
            arguments.kind,
            arguments.overwrite,
            progress,
            arguments.masks,
            arguments.ids_in_names,
        )
    for note in made.notes:
        console.say(f"note: {plain(line_of(note))}")
    for remark in made.left_out:
        console.warn(f"left out: {plain(line_of(remark))}")
    for path in made.paths if console.verbose else ():
        console.say(f"wrote {path}")
    console.say(f"exported {made.volumes} volumes to {arguments.output} ({arguments.kind})")
    return LEFT_OUT if made.left_out else DONE


def _refuse_inside(arguments: argparse.Namespace) -> None:
    """Inputs are never changed: nothing is written into them, and no folder is replaced that they lie in."""
    output = arguments.output.resolve()
    inputs = [path.resolve() for path in (*arguments.input, *arguments.image)]
    for path in inputs:
        if path.is_dir() and output.is_relative_to(path):
            raise FormatError(arguments.output, "lies in an input, which is never changed; choose another folder")
        if arguments.overwrite and path.is_relative_to(output):
            raise FormatError(arguments.output, f"may be replaced, but the input {path.name} lies in it")
