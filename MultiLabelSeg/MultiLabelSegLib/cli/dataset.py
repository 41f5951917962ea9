"""Data sets of many cases for training: nnU-Net, BIDS, MONAI, TotalSegmentator, MITK's task lists, in and out.

mlseg dataset list nnUNet_raw/Dataset001_Liver
mlseg dataset export --to nnunet --images ct --segmentations seg -o nnUNet_raw/Dataset001_Liver
mlseg dataset import --from nnunet nnUNet_raw/Dataset001_Liver -o OUT
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from .console import Console

_PARTS = {
    "export": "write cases as a data set of another layout",
    "import": "read a data set into segmentations of our formats and a list of cases",
    "list": "show the cases of a data set",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg dataset`` and of its parts."""
    parts = parser.add_subparsers(dest="part", metavar="PART", required=True, parser_class=_PartParser)
    for name, text in _PARTS.items():
        parts.add_parser(name, help=text, formatter_class=parser.formatter_class, allow_abbrev=False)


class _PartParser(argparse.ArgumentParser):
    """The parser of one part, which gets its options when it is asked."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: D102 - argparse's own
        module = _module(self.prog.rsplit(" ", 1)[1])
        self.description = (module.__doc__ or "").strip()
        module.add_arguments(self)
        volume = self.add_mutually_exclusive_group()
        hidden = argparse.SUPPRESS  # without a default of their own, so that they may stand before the part, too
        volume.add_argument("-q", "--quiet", action="store_true", default=hidden, help="print errors only")
        volume.add_argument("-v", "--verbose", action="store_true", default=hidden, help="print more: every case")
        return super().parse_known_args(args, namespace)


def _module(part: str) -> Any:
    return import_module(f".dataset_{part}", __package__)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Runs one part and returns its exit code."""
    return int(_module(arguments.part).run(arguments, console))
