"""Write cases as a data set: nnU-Net, BIDS, MONAI, TotalSegmentator's training layout, or MITK's task list.

  mlseg dataset export --to nnunet --images ct --segmentations seg -o nnUNet_raw/Dataset001_Liver
  mlseg dataset export --to nnunet --images mr --channel T1=_t1 --channel T2=_t2 --segmentations seg -o OUT
  mlseg dataset export --to bids --cases cases.csv -o derivatives/multilabelseg

A list of cases is CSV with the columns case, image (or image:T1, image:T2), segmentation and split (train, val, test).
Labels are classes by name over all cases; nothing is renumbered without the map being stored. Grids that differ
from the image's by more than rounding, padding or cropping are refused unless --resample is given.
Exit codes: 0 all is in, 3 cases were left out and named, 1 nothing was exported, 2 wrong usage.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..datasets.layout_names import LAYOUTS
from .console import Console
from .dataset_options import add_job_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg dataset export``."""
    parser.add_argument("--to", choices=LAYOUTS, required=True, help="what to write")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="folder to write to")
    cases = parser.add_argument_group("cases")
    cases.add_argument("--cases", type=Path, metavar="CSV", help="a list of cases")
    cases.add_argument("--images", type=Path, metavar="DIR", help="folder of images; names pair them")
    cases.add_argument("--segmentations", type=Path, metavar="DIR", help="folder of segmentations, any format")
    cases.add_argument("--channel", action="append", default=[], metavar="NAME=SUFFIX", help="such as T1=_t1")
    cases.add_argument("--segmentation-suffix", default="", metavar="SUFFIX", help="such as _seg")
    cases.add_argument("--test-images", type=Path, metavar="DIR", help="images of cases for testing")
    labels = parser.add_argument_group("labels")
    labels.add_argument("--schema", type=Path, metavar="FILE", help="preset or table: the only names, in their order")
    labels.add_argument("--map", type=Path, metavar="CSV", help="from_name,from_value,to_name,to_value, for every case")
    labels.add_argument("--label-table", type=Path, metavar="FILE", help="names for label maps that have none")
    labels.add_argument("--ignore", default="", metavar="NAME", help="label whose voxels are not to be learned from")
    labels.add_argument("--instances", choices=("error", "merge"), default="error", help="labels of one name in a case")
    labels.add_argument("--undeclared", choices=("error", "label"), default="error", help="voxels without a label")
    grid = parser.add_argument_group("grids and images")
    grid.add_argument("--resample", action="store_true", help="by the nearest voxel, where no rule fits")
    grid.add_argument(
        "--place", choices=("copy", "link", "reference"), help="images: copied, hard-linked, or only named (MONAI)"
    )
    grid.add_argument("--file-ending", default=".nii.gz", choices=(".nii.gz", ".nrrd", ".mha"), help="(.nii.gz)")
    more = parser.add_argument_group("the data set")
    more.add_argument("--name", default="", metavar="TEXT", help="its name in its description")
    more.add_argument("--nnunet-version", type=int, choices=(1, 2), default=2, help="(2)")
    more.add_argument("--folds", type=int, default=0, metavar="N", help="folds to validate across (as splits say)")
    more.add_argument("--entity", choices=("desc", "seg"), default="desc", help="BIDS: which entity names the group")
    more.add_argument("--preset", type=Path, metavar="FILE", help="task list: MITK's label set preset of all tasks")
    more.add_argument("--result-suffix", default=".nrrd", metavar="SUFFIX", help="task list: format of results (.nrrd)")
    add_job_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Exports; see the exit codes above."""
    # loaded when it is needed, for help is to be quick
    from .dataset_exporting import export

    return export(arguments, console)
