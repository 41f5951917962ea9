"""Supervisely's NIfTI data sets and volume projects, in and out.

mlseg supervisely import DATASET.zip -o OUT --format mitk-nrrd
mlseg supervisely export seg.nrrd --image ct.nii.gz -o PROJECT
mlseg supervisely upload PROJECT --server https://app.supervisely.com --token-env SLY_TOKEN
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from .console import Console

_PARTS = {
    "import": "import a NIfTI data set, an archive of one, or a volume project",
    "export": "export segmentations as a volume project or a NIfTI data set",
    "upload": "upload a volume project to a server, through Supervisely's SDK",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg supervisely`` and of its parts."""
    parts = parser.add_subparsers(dest="part", metavar="PART", required=True, parser_class=_PartParser)
    for name, text in _PARTS.items():
        parts.add_parser(name, help=text, formatter_class=parser.formatter_class, allow_abbrev=False)


class _PartParser(argparse.ArgumentParser):
    """The parser of one part, which gets its options when it is asked: each part imports much that others do not."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: D102 - argparse's own
        module = _module(self.prog.rsplit(" ", 1)[1])
        self.description = (module.__doc__ or "").strip()
        module.add_arguments(self)
        volume = self.add_mutually_exclusive_group()
        hidden = argparse.SUPPRESS  # without a default of their own, so that they may stand before the part, too
        volume.add_argument("-q", "--quiet", action="store_true", default=hidden, help="print errors only")
        volume.add_argument("-v", "--verbose", action="store_true", default=hidden, help="print more: every file")
        return super().parse_known_args(args, namespace)


def _module(part: str) -> Any:
    return import_module(f".supervisely_{part}", __package__)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Runs one part and returns its exit code."""
    return int(_module(arguments.part).run(arguments, console))
