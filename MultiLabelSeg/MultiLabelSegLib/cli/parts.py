"""Commands with parts (``mlseg dataset import``): each part is a module, loaded when it is asked for."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib import import_module
from typing import Any


def add_parts(parser: argparse.ArgumentParser, texts: Mapping[str, str]) -> None:
    """The parts of the command that ``parser`` is of, with what ``--help`` says of them.

    The part ``import`` of ``mlseg dataset`` is the module ``dataset_import`` beside this one.
    """
    parts = parser.add_subparsers(dest="part", metavar="PART", required=True, parser_class=_PartParser)
    for name, text in texts.items():
        parts.add_parser(name, help=text, formatter_class=parser.formatter_class, allow_abbrev=False)


def part_module(command: str, part: str) -> Any:
    """The module of a part."""
    return import_module(f".{command}_{part}", __package__)


class _PartParser(argparse.ArgumentParser):
    """The parser of one part, which gets its options when it is asked: each part imports much that others do not."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: D102 - argparse's own
        command, part = self.prog.split(" ")[-2:]
        module = part_module(command, part)
        self.description = (module.__doc__ or "").strip()
        module.add_arguments(self)
        volume = self.add_mutually_exclusive_group()
        hidden = argparse.SUPPRESS  # without a default of their own, so that they may stand before the part, too
        volume.add_argument("-q", "--quiet", action="store_true", default=hidden, help="print errors only")
        volume.add_argument("-v", "--verbose", action="store_true", default=hidden, help="print more: every file")
        return super().parse_known_args(args, namespace)
