"""The work of ``mlseg dataset import``: the cases of a data set as segmentations, and their list."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..batch.resume import Journal
from ..datasets.cases.case import Case
from ..datasets.cases.layout import importer, layout_of
from ..datasets.cases.table import case_table_text
from ..datasets.cases.work import FOLDER, Work
from ..errors import DatasetError, FormatError, OptionError
from ..formats.registry import format_by_id
from ..formats.report import Report
from ..formats.staging import Stage
from .console import Console
from .dataset_jobs import (
    CaseRuns,
    check_jobs,
    check_output,
    forget_stale,
    remove_files,
    written_files,
)
from .dataset_report import Rows

DONE, FAILED, LEFT_OUT, INTERRUPTED = 0, 1, 3, 130
TABLE = "cases.csv"
#: what a case is called in each format; the first suffix of others
_SUFFIXES = {"mitk-nrrd": ".nrrd", "slicer-seg-nrrd": ".seg.nrrd", "mitk-stack": ".mitklabel.json", "label-folder": ""}


def import_data_set(arguments: argparse.Namespace, console: Console) -> int:
    """Reads a data set and writes its cases and their list; returns the exit code."""
    check_jobs(arguments)
    chosen = format_by_id(arguments.format)
    if chosen.writer is None:
        raise OptionError("format", arguments.format, "a format that is written")
    layout = arguments.layout or layout_of(arguments.source)
    options = {} if arguments.dataset is None else {"dataset": str(arguments.dataset.absolute())}
    found = importer(layout).find(arguments.source.absolute(), options)
    report = Report(notes=list(found.notes), left_out=list(found.left_out))
    cases = [case for case in found.cases if case.segmentation is not None]
    if not cases:
        console.show(report)
        raise DatasetError(f"{arguments.source}: no case has a segmentation")
    check_output(arguments.output, [arguments.source, *(path for case in cases for path in case.files)], arguments)
    if arguments.dry_run:
        console.show(report)
        for case in cases:
            console.out(f"would import {case.id} ({case.split}): {case.segmentation}")
        return LEFT_OUT if report.left_out else DONE
    suffix = _SUFFIXES.get(chosen.id, chosen.suffixes[0] if chosen.suffixes else "")
    given = {
        "layout": layout,
        "out": str(arguments.output.absolute()),
        "source": str(arguments.source.absolute()),
        "options": options,
        "format": chosen.id,
        "suffix": suffix,
        "images": arguments.place,
        "image_suffix": arguments.image_ending,
    }
    return _imported(arguments, console, cases, [case for case in found.cases if case not in cases], given, report)


def _imported(
    arguments: argparse.Namespace,
    console: Console,
    cases: Sequence[Case],
    images_alone: Sequence[Case],
    given: dict[str, Any],
    report: Report,
) -> int:
    out = arguments.output.absolute()
    work = Work(out / FOLDER)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FormatError(out, f"cannot be made ({error.strerror or error})") from None
    work.begin()
    earlier = written_files(work)
    work.put("options", given)
    for case in cases:
        work.put_case("cases", case.id, case.as_json())
    with Journal(work.journal) as journal, CaseRuns(work, out, arguments, console, journal) as runs:
        try:
            done = runs.run("load", cases)
        except KeyboardInterrupt as stopped:
            console.error("stopped; what is done stays, the same command with --resume goes on")
            return int(getattr(stopped, "code", INTERRUPTED))
        forget_stale(work, out, [case.id for case in done], None if arguments.overwrite else runs, "load")
        remove_files(out, sorted(earlier - written_files(work)))
    told = {case.id: work.get_case("written", case.id) for case in done}
    rows = Rows(report, runs.failed, runs.results, done, told)
    rows.show(console)
    for path in arguments.report:
        rows.write(path)
    if not done:
        raise DatasetError(f"{arguments.source}: no case could be imported")
    listed = [_as_imported(case, told[case.id]) for case in done] + list(images_alone)
    with Stage(out / TABLE) as stage:
        stage.file(out / TABLE).write_text(case_table_text(listed, out), encoding="utf-8", newline="")
        stage.commit()
    labels = sum(entry["labels"] for entry in told.values())
    console.say(f"imported {len(done)} cases with {labels} labels to {arguments.output}; {TABLE} lists them")
    left_out = report.left_out or runs.failed or any(entry["left_out"] for entry in told.values())
    return LEFT_OUT if left_out else DONE


def _as_imported(case: Case, told: dict[str, Any]) -> Case:
    images = {name: Path(path) for name, path in told["images"].items()}
    return Case(case.id, images, Path(told["segmentation"]), case.split)
