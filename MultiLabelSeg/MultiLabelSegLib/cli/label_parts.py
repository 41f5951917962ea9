"""The parts of ``mlseg labels`` that change something: their options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..core.annotations import REVIEW_STATUSES
from ..core.run_components import CONNECTIVITIES
from ..edit.operations import SmallParts
from .dicom_flags import add_dicom_flags
from .label_choice import add_choice

_HIDDEN = argparse.SUPPRESS


def add_parts(parser: argparse.ArgumentParser) -> None:
    """All parts, each with its options and with those of the command, which may stand before or behind its name."""
    parts = parser.add_subparsers(dest="part", metavar="PART", title="what to change (mlseg labels FILE PART --help)")
    for name, (text, add_options) in _PARTS.items():
        part = parts.add_parser(
            name, help=text, description=text, formatter_class=parser.formatter_class, allow_abbrev=False
        )
        add_options(part)
        add_output(part, _HIDDEN, _HIDDEN)
        volume = part.add_mutually_exclusive_group()
        volume.add_argument("-q", "--quiet", action="store_true", default=_HIDDEN, help="print errors only")
        volume.add_argument("-v", "--verbose", action="store_true", default=_HIDDEN, help="print more")


def add_output(parser: argparse.ArgumentParser, missing: Any = None, off: Any = False) -> None:
    """The options of what is written; ``missing`` and ``off`` are what they are when they are not given."""
    output = parser.add_argument_group("output")
    output.add_argument("-o", "--output", type=Path, metavar="OUT", default=missing)
    output.add_argument("--overwrite", action="store_true", default=off, help="replace existing output files")
    output.add_argument("--format", metavar="ID", default=missing, help="output format, where the name does not say it")
    output.add_argument(
        "--schema", type=Path, metavar="FILE", default=missing, help="names, values and colours that are allowed"
    )
    add_dicom_flags(parser, missing)


def _add(part: argparse.ArgumentParser) -> None:
    part.add_argument("name", nargs="?", metavar="NAME", help="without it the next 'Label N'")
    part.add_argument("--group", metavar="GROUP", default="0", help="index (from 0) or name of the group")
    part.add_argument("--value", type=int, metavar="N", help="without it the highest value + 1")
    part.add_argument("--color", metavar="COLOR", help="#rrggbb or a CSS name; without it that of the suggestion")
    part.add_argument("--folder", metavar="PATH", help="display folder such as Bones/Spine")
    part.add_argument("--instance-of", metavar="LABEL", help="another instance of this label's class, in its group")
    _suggestions(part)


def _suggestions(part: argparse.ArgumentParser) -> None:
    names = part.add_argument_group("colours and codes that come with a name")
    names.add_argument("--suggestions", type=Path, metavar="FILE", help="own list of names (JSON) in place of ours")
    names.add_argument("--extend", action="store_true", help="own names in addition to ours")
    names.add_argument("--enforce", action="store_true", help="refuse names that are not in the list")
    names.add_argument("--plain", action="store_true", help="nothing comes with the name")


def _add_group(part: argparse.ArgumentParser) -> None:
    part.add_argument("name", nargs="?", default="", metavar="NAME")
    part.add_argument("--before", metavar="GROUP", help="place it before this group instead of at the end")


def _rename(part: argparse.ArgumentParser) -> None:
    part.add_argument("labels", nargs="+", metavar="LABEL", help="by value (leaves its class), or by name")
    part.add_argument("name", metavar="NAME", help="the new name")
    part.add_argument("--color", metavar="COLOR", help="#rrggbb or a CSS name")
    part.add_argument("--class", dest="whole_class", action="store_true", help="all instances of the labels' classes")
    part.set_defaults(all=False, in_group=None, in_folder=None, but=False)
    _suggestions(part)


def _rename_group(part: argparse.ArgumentParser) -> None:
    _group(part)
    part.add_argument("name", metavar="NAME")


def _group(part: argparse.ArgumentParser) -> None:
    part.add_argument("group", metavar="GROUP", help="index (from 0) or name")


def _groups(part: argparse.ArgumentParser) -> None:
    part.add_argument("groups", nargs="+", metavar="GROUP", help="these come first, in this order")


def _clear(part: argparse.ArgumentParser) -> None:
    add_choice(part)
    part.add_argument("--frame", type=int, metavar="T", help="only this frame, counted from 0")


def _merge(part: argparse.ArgumentParser) -> None:
    part.add_argument("target", metavar="TARGET", help="label that gets the voxels")
    part.add_argument("labels", nargs="+", metavar="SOURCE", help="labels whose voxels it gets, by value or name")
    part.add_argument("--remove", action="store_true", help="remove the sources afterwards")
    _locks(part)


def _locks(part: argparse.ArgumentParser) -> None:
    part.add_argument("--ignore-locks", action="store_true", help="write over voxels of locked labels too")


def _split(part: argparse.ArgumentParser) -> None:
    add_choice(part)
    part.add_argument("--connectivity", type=int, choices=CONNECTIVITIES, default=26, help="neighbours of a voxel")
    size = part.add_mutually_exclusive_group()
    size.add_argument("--minimum", type=int, default=1, metavar="VOXELS", help="smaller parts are no instances")
    size.add_argument("--minimum-mm3", type=float, metavar="VOLUME", help="the same in cubic millimetres")
    small = tuple(choice.value for choice in SmallParts)
    part.add_argument("--small", choices=small, default=small[0], help="what smaller parts join: the largest, or one")


def _move(part: argparse.ArgumentParser) -> None:
    add_choice(part)
    part.add_argument("--to", metavar="GROUP", required=True, help="index (from 0) or name")
    _locks(part)


def _copy(part: argparse.ArgumentParser) -> None:
    add_choice(part)
    where = part.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", metavar="GROUP", help="index (from 0) or name")
    where.add_argument("--new-group", metavar="NAME", help="a new group at the end, one for all")
    _locks(part)


def _set(part: argparse.ArgumentParser) -> None:
    add_choice(part)
    look = part.add_argument_group("look and lock")
    look.add_argument("--color", metavar="COLOR", help="#rrggbb or a CSS name")
    look.add_argument("--opacity", type=float, metavar="0...1")
    visible = look.add_mutually_exclusive_group()
    visible.add_argument("--show", dest="visible", action="store_true", default=None)
    visible.add_argument("--hide", dest="visible", action="store_false", default=None)
    visible.add_argument("--show-only", action="store_true", help="show them and hide all others")
    locked = look.add_mutually_exclusive_group()
    locked.add_argument("--lock", dest="locked", action="store_true", default=None)
    locked.add_argument("--unlock", dest="locked", action="store_false", default=None)
    known = part.add_argument_group("what is known about them")
    known.add_argument("--folder", metavar="PATH", help="display folder such as Bones/Spine; '' takes them out")
    known.add_argument("--description", metavar="TEXT")
    known.add_argument("--tracking-id", metavar="TEXT")
    known.add_argument("--tracking-uid", metavar="UID")
    known.add_argument("--review", choices=REVIEW_STATUSES)
    known.add_argument("--reviewer", metavar="NAME")
    known.add_argument("--notes", metavar="TEXT")
    known.add_argument("--tool", metavar="NAME", help="who made them; with the next two")
    known.add_argument("--model", metavar="NAME")
    known.add_argument("--model-version", metavar="TEXT")
    known.add_argument("--property", action="append", default=[], metavar="KEY=VALUE", help="VALUE is JSON or text")
    known.add_argument("--remove-property", action="append", default=[], metavar="KEY")


def _revalue(part: argparse.ArgumentParser) -> None:
    part.add_argument("values", nargs="+", metavar="OLD=NEW", help="all at once: 1=2 2=1 swaps")


def _renumber(part: argparse.ArgumentParser) -> None:
    add_choice(part)
    part.add_argument("--first", type=int, default=1, metavar="N", help="values that others have are left out")


#: name -> (what it does, its options)
_PARTS = {
    "add": ("add an empty label", _add),
    "rename": ("rename labels; colour and codes come with a name that is known", _rename),
    "remove": ("remove labels with their voxels", add_choice),
    "clear": ("make the voxels of labels unlabelled; the labels stay", _clear),
    "merge": ("give the voxels of labels to another label", _merge),
    "split": ("split labels into instances, one a connected part", _split),
    "set": ("set colour, lock, visibility, folder and what is known about labels", _set),
    "move": ("move labels with their voxels to another group", _move),
    "copy": ("copy labels with their voxels to another group; the copies get new values", _copy),
    "order": ("put labels first in their groups, in this order", add_choice),
    "revalue": ("give labels other values, voxels included", _revalue),
    "renumber": ("give labels consecutive values in their order", _renumber),
    "add-group": ("add an empty group", _add_group),
    "rename-group": ("rename a group", _rename_group),
    "remove-group": ("remove a group with its labels and voxels", _group),
    "order-groups": ("put groups first, in this order", _groups),
}
