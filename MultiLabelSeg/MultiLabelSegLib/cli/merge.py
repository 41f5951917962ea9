"""Merge files into one segmentation: masks of a case, or the files of several folders, for one case or whole sets.

  mlseg merge liver.nii.gz spleen.nii.gz -o organs.nrrd
  mlseg merge masks_folder -o case.seg.nrrd --schema totalseg.csv
  mlseg merge 'masks/{case}/{label}.nii.gz' -o 'out/{case}.nrrd' -j 4
  mlseg merge organs lesions -o 'out/{case}.nrrd' --into each        two folders, files of one stem go together

A mask (one value, no label table) becomes a label named as {label}, else as its file. Every name gets one value for
the whole set: the schema's, else 1, 2, 3... in the order of the names. --into few makes as few groups as overlaps
allow, one puts all into one group (--conflict says who keeps shared voxels), each makes a group a file.
Exit codes: 0 done, 1 a case failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FormatError, OptionError
from .console import Console, plain

if TYPE_CHECKING:
    from .case_work import Question

DONE, FAILED = 0, 1
_MODULE = "MultiLabelSegLib.cli.merge_case"
_CASE, _LABEL = "{case}", "{label}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg merge``."""
    parser.add_argument("inputs", nargs="+", metavar="IN", help="files, folders, or patterns with {case} and {label}")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="a file; with {case} one for each case")
    parser.add_argument("--into", choices=("few", "one", "each"), default="few", help="groups (few)")
    parser.add_argument("--conflict", choices=("error", "first", "last"), default="error", help="in one group (error)")
    parser.add_argument("--schema", type=Path, metavar="FILE", help="preset or label table with the values of names")
    parser.add_argument("--overwrite", action="store_true", help="replace existing output files")
    how = parser.add_argument_group("how to do it")
    how.add_argument("-j", "--jobs", type=int, metavar="N", help="cases at a time (one for each processor core)")
    how.add_argument("--memory", metavar="SIZE", help="for all cases at work together, such as 8G")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Merges every case; 0, or 1 when a case failed."""
    from .case_work import Bounds, asked
    from .signals import ended_by_signals

    cases = _cases(arguments)
    if _CASE not in arguments.output and len(cases) > 1:
        raise OptionError("output", arguments.output, "a name with {case}, as there are several cases")
    questions = _questions(cases, arguments)
    failed = 0
    with ended_by_signals(), console.progress("merge") as moved:
        for question, answer, reason in asked(_MODULE, questions, Bounds(arguments.jobs or 0, arguments.memory), moved):
            if answer is None:
                failed += 1
                console.error(plain(f"{question.case}: {reason}" if len(questions) > 1 else reason))
                continue
            for note in answer["notes"]:
                console.say(plain(f"note: {note}"))
            console.detail(plain(f"wrote {answer['written']}"))
    told = f"{len(questions) - failed} cases merged" + (f", {failed} failed" if failed else "")
    console.say(told if len(questions) > 1 or failed else f"wrote {questions[0].data['output']}")
    return FAILED if failed else DONE


def _cases(arguments: argparse.Namespace) -> dict[str, list[tuple[str, str]]]:
    """Case -> its files with the names that their labels get where they are masks."""
    from ..batch.templates import find_cases
    from ..datasets.case_files import find_case_files, stem_of
    from ..formats.folder_read import is_described, mask_files

    found: dict[str, list[tuple[str, str]]] = {}
    if _CASE not in arguments.output:
        files: list[tuple[str, str]] = []
        for row in find_cases(arguments.inputs, Path.cwd()):
            path = Path(str(row.cells["input"]))
            inner = mask_files(path) if path.is_dir() and not is_described(path) else [path]
            files += [(str(each), row.fields.get("label", stem_of(each))) for each in inner]
        return {Path(arguments.output).name.split(".")[0]: files}
    for text in arguments.inputs:
        if _LABEL in text:
            for row in find_cases([text], Path.cwd()):
                found.setdefault(row.fields["case"], []).append((str(row.cells["input"]), row.fields["label"]))
            continue
        for case in find_case_files(text):
            inner = mask_files(case.path) if case.is_mask_folder else []
            many = [(str(each), stem_of(each)) for each in inner]
            found.setdefault(case.name, []).extend(many or [(str(case.path), Path(text).name)])
    return found


def _questions(cases: dict[str, list[tuple[str, str]]], arguments: argparse.Namespace) -> list[Question]:
    from ..datasets.mask_merging import numbered
    from ..formats.staging import absolute
    from .case_work import Question

    known = {}
    if arguments.schema is not None:
        from ..presets.any_preset import read_preset

        entries = [entry for group in read_preset(arguments.schema).groups for entry in group.labels]
        known = {entry.label.name: entry.label for entry in entries if entry.value is not None}
    names = sorted({name for files in cases.values() for _, name in files})
    rows = [[label.value, label.name, list(label.color)] for label in numbered(names, known).values()]
    made = []
    for case, files in sorted(cases.items()):
        output = str(absolute(Path(arguments.output.replace(_CASE, case)).expanduser()))
        if output in (str(absolute(Path(path))) for path, _ in files):
            raise FormatError(output, "is an input; inputs are never changed")
        data: dict[str, Any] = {
            "files": [list(pair) for pair in files], "labels": rows, "into": arguments.into,
            "conflict": arguments.conflict, "output": output, "overwrite": arguments.overwrite,
            "schema": None if arguments.schema is None else str(arguments.schema),
        }  # fmt: skip
        made.append(Question(case, data, tuple(path for path, _ in files)))
    return made
