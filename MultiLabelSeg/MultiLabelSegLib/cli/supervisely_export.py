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

from ..datasets.supervisely.exporting import KINDS, export_as, export_items
from ..errors import FormatError
from .console import Console, plain


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
    parser.add_argument("--overwrite", action="store_true", help="replace existing output")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Exports; everything is written and verified, or nothing."""
    for path in arguments.input:
        if path.is_dir() and arguments.output.resolve().is_relative_to(path.resolve()):
            raise FormatError(
                arguments.output, "lies in an input, which is never changed; choose another output folder"
            )
    items = export_items(arguments.input, arguments.image, arguments.images, arguments.dataset)
    with console.progress("export") as progress:
        made = export_as(items, arguments.output, arguments.kind, arguments.overwrite, progress)
    for note in made.notes:
        console.say(f"note: {plain(f'{note.path}: {note.reason}' if note.path else note.reason)}")
    for path in made.paths if console.verbose else ():
        console.say(f"wrote {path}")
    console.say(f"exported {made.volumes} volumes to {arguments.output} ({arguments.kind})")
    return 0
