"""Read a data set into segmentations of our formats, with a list of the cases (cases.csv) beside them.

  mlseg dataset import --from nnunet nnUNet_raw/Dataset001_Liver -o OUT
  mlseg dataset import --from nnunet PREDICTIONS --dataset nnUNet_raw/Dataset001_Liver -o OUT
  mlseg dataset import derivatives/multilabelseg -o OUT --format slicer-seg-nrrd

Names, values, colours, locks and groups come back exactly where the data set was exported by `mlseg dataset export`;
else they are those that the data set states. Images stay where they are (cases.csv names them) unless --place says
otherwise. Exit codes: 0 all is in, 3 something was left out and named, 1 nothing was imported, 2 wrong usage.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..datasets.layout_names import LAYOUTS
from .console import Console
from .dataset_options import add_job_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg dataset import``."""
    parser.add_argument("source", type=Path, metavar="SOURCE", help="folder of a data set, datalist or task list")
    parser.add_argument("--from", dest="layout", choices=LAYOUTS, help="what it is (found by its files)")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="folder to write to")
    parser.add_argument("--format", metavar="ID", default="mitk-nrrd", help="of the segmentations, see mlseg formats")
    parser.add_argument("--dataset", type=Path, metavar="FOLDER", help="nnU-Net: what the predictions' model learned")
    parser.add_argument(
        "--place", choices=("copy", "link", "reference"), default="reference", help="images: only named, or put beside"
    )
    parser.add_argument("--image-ending", default="", metavar="SUFFIX", help="format of images that are put beside")
    add_job_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Imports; see the exit codes above."""
    # loaded when it is needed, for help is to be quick
    from .dataset_importing import import_data_set

    return import_data_set(arguments, console)
