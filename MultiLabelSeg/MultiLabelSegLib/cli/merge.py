"""Merge files into one segmentation: masks of a case, or the files of several folders, for one case or whole sets.

  mlseg merge liver.nii.gz spleen.nii.gz -o organs.nrrd
  mlseg merge masks_folder -o case.seg.nrrd --schema totalseg.csv
  mlseg merge 'masks/{case}/{label}.nii.gz' -o 'out/{case}.nrrd' -j 4
  mlseg merge organs lesions -o 'out/{case}.nrrd' --into each        two folders, files of one stem go together

A mask (one value, no label table) becomes a label named as {label}, else as its file. Every name gets one value for
the whole set: the schema's, else 1, 2, 3... in the order of the names. --into few makes as few groups as overlaps
allow, one puts all into one group (--conflict says who keeps shared voxels), each makes a group a file.
With {case} the cases are a batch: their results are kept in a journal, and --resume goes on after an interruption.
Exit codes: 0 done, 1 a case failed, 2 wrong usage, 130 stopped and resumable.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FormatError, OptionError
from .console import Console
from .job_options import add_job_options

if TYPE_CHECKING:
    from .case_jobs import WrittenCase

_CASE, _LABEL = "{case}", "{label}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg merge``."""
    parser.add_argument("inputs", nargs="+", metavar="IN", help="files, folders, or patterns with {case} and {label}")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="a file; with {case} one for each case")
    parser.add_argument("--into", choices=("few", "one", "each"), default="few", help="groups (few)")
    parser.add_argument("--conflict", choices=("error", "first", "last"), default="error", help="in one group (error)")
    parser.add_argument("--schema", type=Path, metavar="FILE", help="preset or label table with the values of names")
    parser.add_argument("--overwrite", action="store_true", help="replace existing output files")
    add_job_options(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Merges every case; 0, or 1 when a case failed."""
    from .case_jobs import do_cases

    cases = _cases(arguments)
    if _CASE not in arguments.output and len(cases) > 1:
        raise OptionError("output", arguments.output, "a name with {case}, as there are several cases")
    return do_cases("merge", _written(cases, arguments), arguments.output, arguments, console)


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


def _written(cases: dict[str, list[tuple[str, str]]], arguments: argparse.Namespace) -> list[WrittenCase]:
    """The cases as they are written, with one value for each name. Raises FormatError: an output is an input."""
    from ..batch.jobs_build import path_key
    from ..datasets.mask_merging import numbered
    from ..formats.staging import absolute
    from .case_jobs import WrittenCase

    known = {}
    if arguments.schema is not None:
        from ..presets.any_preset import read_preset

        entries = [entry for group in read_preset(arguments.schema).groups for entry in group.labels]
        known = {entry.label.name: entry.label for entry in entries if entry.value is not None}
    names = sorted({name for files in cases.values() for _, name in files})
    labels = numbered(names, known)
    read = {path_key(str(absolute(Path(path)))) for files in cases.values() for path, _ in files}
    made = []
    for case, files in sorted(cases.items()):
        output = str(absolute(Path(arguments.output.replace(_CASE, case)).expanduser()))
        if path_key(output) in read:
            raise FormatError(output, "is an input; inputs are never changed")
        mine = [labels[name] for name in dict.fromkeys(name for _, name in files)]
        data: dict[str, Any] = {
            "files": [[str(absolute(Path(path))), name] for path, name in files],
            "labels": [[label.value, label.name, list(label.color)] for label in mine],
            "into": arguments.into, "conflict": arguments.conflict, "output": output,
            "schema": None if arguments.schema is None else str(absolute(arguments.schema)),
        }  # fmt: skip
        paths = [path for path, _ in data["files"]]
        made.append(WrittenCase(case, data, (*paths, *([data["schema"]] if data["schema"] else [])), output))
    return made
