"""Data sets of many cases for training: nnU-Net, BIDS, MONAI, TotalSegmentator, MITK's task lists, in and out.

mlseg dataset list nnUNet_raw/Dataset001_Liver
mlseg dataset export --to nnunet --images ct --segmentations seg -o nnUNet_raw/Dataset001_Liver
mlseg dataset import --from nnunet nnUNet_raw/Dataset001_Liver -o OUT
"""

from __future__ import annotations

import argparse

from .console import Console
from .parts import add_parts, part_module

_PARTS = {
    "export": "write cases as a data set of another layout",
    "import": "read a data set into segmentations of our formats and a list of cases",
    "list": "show the cases of a data set",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg dataset`` and of its parts."""
    add_parts(parser, _PARTS)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Runs one part and returns its exit code."""
    return int(part_module("dataset", arguments.part).run(arguments, console))
