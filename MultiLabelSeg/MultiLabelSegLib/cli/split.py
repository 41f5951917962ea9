"""Split segmentations into a file for each label, class or group, for one case or whole sets.

  mlseg split seg.nrrd -o 'masks/{label}.nii.gz'
  mlseg split labels -o 'masks/{case}/{label}.nii.gz' -j 4
  mlseg split 'labels/{case}/seg.nrrd' -o 'out/{case}_{group}.nrrd' --by group

Masks of labels and classes (all instances of a name) hold 1, or with --keep-values the label's value. Groups are
written as segmentations of their own in the format of their name. Templates: {case}, {label}, {value}, {group}.
With {case} the cases are a batch: their results are kept in a journal, and --resume goes on after an interruption.
Exit codes: 0 done, 1 a case failed, 2 wrong usage, 130 stopped and resumable.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .console import Console
from .job_options import add_job_options

if TYPE_CHECKING:
    from .case_jobs import WrittenCase


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg split``."""
    parser.add_argument("inputs", nargs="+", metavar="IN", help="files, folders of cases, or patterns with {case}")
    parser.add_argument("-o", "--output", required=True, metavar="TEMPLATE", help="the files' names, with {label}...")
    parser.add_argument("--by", choices=("label", "class", "group"), default="label", help="what makes a file (label)")
    parser.add_argument("--keep-values", action="store_true", help="masks of labels hold the label's value, not 1")
    parser.add_argument("--overwrite", action="store_true", help="replace existing output files")
    add_job_options(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Splits every case; 0, or 1 when a case failed."""
    from ..errors import OptionError
    from .case_jobs import CASE_FIELDS, do_cases

    cases = _cases(arguments.inputs)
    if len(cases) > 1 and not any(field in arguments.output for field in CASE_FIELDS):
        raise OptionError("output", arguments.output, "a template with {case}, as there are several cases")
    written = _written(cases, arguments)
    if arguments.overwrite:
        _refuse_other_inputs(written)
    return do_cases("split", written, arguments.output, arguments, console)


def _written(cases: list[tuple[str, Path]], arguments: argparse.Namespace) -> list[WrittenCase]:
    from ..datasets.splitting import traces_of
    from ..formats.staging import absolute
    from .case_jobs import WrittenCase

    made = []
    for name, path in cases:
        data = {
            "case": name, "path": str(absolute(path)), "template": str(absolute(Path(arguments.output).expanduser())),
            "by": arguments.by, "keep_values": arguments.keep_values,
        }  # fmt: skip
        made.append(WrittenCase(name, data, (str(absolute(path)),), *traces_of(arguments.output, name)))
    return made


def _refuse_other_inputs(cases: list[WrittenCase]) -> None:
    """Raises FormatError where files of one case may replace what another is made of."""
    from fnmatch import fnmatchcase

    from ..errors import FormatError

    folders: dict[str, list[str]] = {}
    for case in cases:
        for pattern in case.several:
            folders.setdefault(str(Path(pattern).parent), []).append(pattern)
    for case in cases:
        for folder, patterns in folders.items():
            if fnmatchcase(str(Path(case.inputs[0]).parent), folder):
                for pattern in patterns:
                    if fnmatchcase(case.inputs[0], pattern):
                        reason = f"is an input, and files named {pattern} may replace it"
                        raise FormatError(case.inputs[0], reason)


def _cases(inputs: list[str]) -> list[tuple[str, Path]]:
    """The cases with their names; two of one name are refused. Raises DatasetError, FormatError."""
    from ..datasets.case_files import find_case_files, stem_of
    from ..errors import DatasetError, FormatError
    from ..formats.folder_read import is_described
    from ..formats.image_suffixes import is_file_or_broken_link

    found: dict[str, Path] = {}
    for text in inputs:
        path = Path(text)
        if is_file_or_broken_link(path) or (path.is_dir() and is_described(path)):
            mine = [(stem_of(path), path)]
        elif not path.exists() and not any(mark in text for mark in ("{", "*", "?")):
            raise FormatError(path, "there is no such file or folder")
        else:
            mine = [(case.name, case.path) for case in find_case_files(text)]
        for name, place in mine:
            if name in found and found[name] != place:
                raise DatasetError(f"two cases are named {name!r}: {found[name]} and {place}")
            found[name] = place
    return sorted(found.items())
