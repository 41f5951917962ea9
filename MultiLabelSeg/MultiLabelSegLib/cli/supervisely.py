"""Supervisely's NIfTI data sets and volume projects, in and out.

mlseg supervisely import DATASET.zip -o OUT --format mitk-nrrd
mlseg supervisely export seg.nrrd --image ct.nii.gz -o PROJECT
mlseg supervisely upload PROJECT --server https://app.supervisely.com --token-env SLY_TOKEN
"""

from __future__ import annotations

import argparse

from . import supervisely_export, supervisely_import, supervisely_upload
from .console import Console

_PARTS = {"import": supervisely_import, "export": supervisely_export, "upload": supervisely_upload}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg supervisely`` and of its parts."""
    parts = parser.add_subparsers(dest="part", metavar="PART", required=True)
    for name, module in _PARTS.items():
        text = (module.__doc__ or "").strip()
        part = parts.add_parser(
            name,
            help=text.splitlines()[0].rstrip("."),
            description=text,
            formatter_class=parser.formatter_class,
            allow_abbrev=False,
        )
        module.add_arguments(part)
        volume = part.add_mutually_exclusive_group()
        hidden = argparse.SUPPRESS  # without a default of their own, so that they may stand before the part, too
        volume.add_argument("-q", "--quiet", action="store_true", default=hidden, help="print errors only")
        volume.add_argument("-v", "--verbose", action="store_true", default=hidden, help="print more: every file")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Runs one part and returns its exit code."""
    return int(_PARTS[arguments.part].run(arguments, console))
