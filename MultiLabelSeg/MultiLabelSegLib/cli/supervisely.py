"""Supervisely's NIfTI data sets and volume projects, in and out.

mlseg supervisely import DATASET.zip -o OUT --format mitk-nrrd
mlseg supervisely export seg.nrrd --image ct.nii.gz -o PROJECT
mlseg supervisely upload PROJECT --server https://app.supervisely.com --token-env SLY_TOKEN
"""

from __future__ import annotations

import argparse

from .console import Console
from .parts import add_parts, part_module

_PARTS = {
    "import": "import a NIfTI data set, an archive of one, or a volume project",
    "export": "export segmentations as a volume project or a NIfTI data set",
    "upload": "upload a volume project to a server, through Supervisely's SDK",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg supervisely`` and of its parts."""
    add_parts(parser, _PARTS)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Runs one part and returns its exit code."""
    return int(part_module("supervisely", arguments.part).run(arguments, console))
