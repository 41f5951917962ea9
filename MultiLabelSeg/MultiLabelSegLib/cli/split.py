"""Split segmentations into a file for each label, class or group, for one case or whole sets.

  mlseg split seg.nrrd -o 'masks/{label}.nii.gz'
  mlseg split labels -o 'masks/{case}/{label}.nii.gz' -j 4
  mlseg split 'labels/{case}/seg.nrrd' -o 'out/{case}_{group}.nrrd' --by group

Masks of labels and classes (all instances of a name) hold 1, or with --keep-values the label's value. Groups are
written as segmentations of their own in the format of their name. Templates: {case}, {label}, {value}, {group}.
Exit codes: 0 done, 1 a case failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from .console import Console, plain

DONE, FAILED = 0, 1
_MODULE = "MultiLabelSegLib.cli.split_case"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg split``."""
    parser.add_argument("inputs", nargs="+", metavar="IN", help="files, folders of cases, or patterns with {case}")
    parser.add_argument("-o", "--output", required=True, metavar="TEMPLATE", help="the files' names, with {label}...")
    parser.add_argument("--by", choices=("label", "class", "group"), default="label", help="what makes a file (label)")
    parser.add_argument("--keep-values", action="store_true", help="masks of labels hold the label's value, not 1")
    parser.add_argument("--overwrite", action="store_true", help="replace existing output files")
    how = parser.add_argument_group("how to do it")
    how.add_argument("-j", "--jobs", type=int, metavar="N", help="cases at a time (one for each processor core)")
    how.add_argument("--memory", metavar="SIZE", help="for all cases at work together, such as 8G")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Splits every case; 0, or 1 when a case failed."""
    from ..errors import OptionError
    from .case_work import Bounds, Question, asked
    from .signals import ended_by_signals

    cases = _cases(arguments.inputs)
    if len(cases) > 1 and not any(field in arguments.output for field in ("{case}", "{stem}")):
        raise OptionError("output", arguments.output, "a template with {case}, as there are several cases")
    settings = {
        "template": arguments.output, "by": arguments.by, "keep_values": arguments.keep_values,
        "overwrite": arguments.overwrite,
    }  # fmt: skip
    questions = [Question(name, {"case": name, "path": str(path), **settings}, (str(path),)) for name, path in cases]
    failed = files = 0
    with ended_by_signals(), console.progress("split") as moved:
        for question, answer, reason in asked(_MODULE, questions, Bounds(arguments.jobs or 0, arguments.memory), moved):
            if answer is None:
                failed += 1
                console.error(plain(f"{question.case}: {reason}" if len(questions) > 1 else reason))
                continue
            files += len(answer["written"])
            for path in answer["written"]:
                console.detail(plain(f"wrote {path}"))
    told = f"wrote {files} files of {len(questions) - failed} cases"
    console.say(told + (f", {failed} failed" if failed else ""))
    return FAILED if failed else DONE


def _cases(inputs: list[str]) -> list[tuple[str, Path]]:
    """The cases with their names; two of one name are refused. Raises DatasetError, FormatError."""
    from ..datasets.case_files import find_case_files, stem_of
    from ..errors import DatasetError, FormatError
    from ..formats.folder_read import is_described

    found: dict[str, Path] = {}
    for text in inputs:
        path = Path(text)
        if path.is_file() or (path.is_dir() and is_described(path)):
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
