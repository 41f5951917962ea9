"""The work of ``mlseg dataset export``: which cases, what is planned for them, what is told at the end."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..batch.resume import Journal
from ..datasets.cases.case import Case, CaseSet, distinct_cases
from ..datasets.cases.layout import ExportOptions, WrittenSet, exporter
from ..datasets.cases.pairing import pair_folders
from ..datasets.cases.table import read_case_table
from ..datasets.cases.work import FOLDER, Work
from ..datasets.nnunet.exporting import folder_note
from ..errors import DatasetError, FormatError, OptionError
from ..formats.report import Report
from .console import Console, plain
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


def export(arguments: argparse.Namespace, console: Console) -> int:
    """Looks at all cases, plans, writes, and writes the files of the whole data set; returns the exit code."""
    _check(arguments)
    found, report = _cases(arguments), Report()
    options = _options(arguments)
    report.notes.extend(found.notes)
    report.left_out.extend(found.left_out)
    cases = list(exporter(arguments.to).check(found.cases, options, report))
    if not cases:
        console.show(report)
        raise DatasetError("there is no case to export")
    out = arguments.output
    if arguments.to == "nnunet" and (odd := folder_note(out, options.version)) is not None:
        report.note(odd)
    inputs = [path for path in (arguments.images, arguments.segmentations, arguments.test_images) if path is not None]
    check_output(out, [*inputs, *(path for case in cases for path in case.files)], arguments)
    if arguments.dry_run:
        with tempfile.TemporaryDirectory(prefix="mlseg-dataset-") as folder:
            return _Export(arguments, console, options, Work(Path(folder)), report).dry_run(cases)
    return _Export(arguments, console, options, Work(out.absolute() / FOLDER), report).run(cases)


def _check(arguments: argparse.Namespace) -> None:
    check_jobs(arguments)
    by_folder = [arguments.images, arguments.segmentations, arguments.test_images]
    if (arguments.cases is not None) == any(path is not None for path in by_folder):
        raise OptionError("cases", arguments.cases, "a list of cases, or --images and --segmentations")
    for name in ("schema", "map", "label_table", "preset"):
        path = getattr(arguments, name)
        if path is not None and not path.exists():
            raise FormatError(path, "there is no such file")


def _cases(arguments: argparse.Namespace) -> CaseSet:
    if arguments.cases is not None:
        return read_case_table(arguments.cases)
    channels = {}
    for text in arguments.channel:
        name, equals, suffix = text.partition("=")
        if not name or not equals or name in channels:
            raise OptionError("channel", text, "NAME=SUFFIX, each name once, such as T1=_t1")
        channels[name] = suffix
    given = {"channels": channels, "segmentation_suffix": arguments.segmentation_suffix}
    sets = []
    if arguments.images is not None or arguments.segmentations is not None:
        sets.append(pair_folders(arguments.images, arguments.segmentations, **given))
    if arguments.test_images is not None:
        sets.append(pair_folders(arguments.test_images, None, channels=channels, split="test"))
    distinct = distinct_cases(case for each in sets for case in each.cases)
    return CaseSet(distinct.cases, (*(note for each in sets for note in each.left_out), *distinct.left_out))


def _options(arguments: argparse.Namespace) -> ExportOptions:
    def absolute(path: Path | None) -> str:
        return "" if path is None else str(path.absolute())

    default = "reference" if arguments.to in ("monai", "bids", "tasklist") else "copy"
    return ExportOptions(
        version=arguments.nnunet_version,
        file_ending=arguments.file_ending,
        name=arguments.name,
        folds=arguments.folds,
        images=arguments.place or default,
        label_table=absolute(arguments.label_table),
        map=absolute(arguments.map),
        schema=absolute(arguments.schema),
        ignore=arguments.ignore,
        merge_instances=arguments.instances == "merge",
        resample=arguments.resample,
        undeclared=arguments.undeclared == "label",
        entity=arguments.entity,
        preset=absolute(arguments.preset),
        format_suffix=arguments.result_suffix,
    )


class _Export:
    """One export at work."""

    def __init__(
        self, arguments: argparse.Namespace, console: Console, options: ExportOptions, work: Work, report: Report
    ) -> None:
        self._arguments, self._console, self._options = arguments, console, options
        self._work, self._report, self._layout = work, report, exporter(arguments.to)
        self._out: Path = arguments.output.absolute()
        self._earlier: set[str] = set()

    def dry_run(self, cases: Sequence[Case]) -> int:
        """Looks at the cases and tells what would be written."""
        self._begin(cases)
        with Journal(self._work.journal) as journal, self._runs(journal, self._work.folder) as runs:
            examined, plan = self._planned(runs, cases)
        looked = {case.id: self._work.get_case("examined", case.id) for case in examined}
        self._tell(runs, examined, looked)
        for case in examined:
            found = looked[case.id]["found"] or {}
            self._console.out(plain(f"would write {case.id} ({case.split}): {found.get('verdict') or 'images alone'}"))
        _show_plan(plan, self._console.out)
        return LEFT_OUT if self._report.left_out or runs.failed or _any_left_out(looked) else DONE

    def run(self, cases: Sequence[Case]) -> int:
        """Exports; returns the exit code."""
        try:
            self._out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FormatError(self._out, f"cannot be made ({error.strerror or error})") from None
        self._begin(cases)
        self._earlier = written_files(self._work)
        with Journal(self._work.journal) as journal, self._runs(journal, self._out) as runs:
            try:
                examined, plan = self._planned(runs, cases)
                written = runs.run("write", examined)
            except KeyboardInterrupt as stopped:
                self._console.error("stopped; what is done stays, the same command with --resume goes on")
                return int(getattr(stopped, "code", INTERRUPTED))
            return self._finish(runs, written, plan)

    def _begin(self, cases: Sequence[Case]) -> None:
        self._work.begin()
        given = {"layout": self._arguments.to, "out": str(self._out), "options": asdict(self._options)}
        self._work.put("options", given)
        for case in cases:
            self._work.put_case("cases", case.id, case.as_json())

    def _runs(self, journal: Journal, place: Path) -> CaseRuns:
        return CaseRuns(self._work, place, self._arguments, self._console, journal)

    def _planned(self, runs: CaseRuns, cases: Sequence[Case]) -> tuple[list[Case], Any]:
        """The cases that could be read, and the plan for them. Raises DatasetError."""
        examined = runs.run("examine", cases)
        if not any(case.segmentation is not None for case in examined) and runs.failed:
            self._tell(runs, [])
            raise DatasetError("no case could be read")
        found = {case.id: self._work.get_case("examined", case.id)["found"] for case in examined}
        plan = self._layout.plan(examined, found, self._options, self._report)
        self._work.put("plan", plan)
        return examined, plan

    def _finish(self, runs: CaseRuns, written: Sequence[Case], plan: Any) -> int:
        known = None if self._arguments.overwrite else runs
        for case_id in forget_stale(self._work, self._out, [case.id for case in written], known, "write"):
            self._report.note(f"case {case_id!r} was written earlier and is no longer part; its files were removed")
        if not written:
            self._tell(runs, [])
            raise DatasetError("no case could be exported")
        examined = {case.id: self._work.get_case("examined", case.id)["found"] for case in written}
        told = {case.id: self._work.get_case("written", case.id) for case in written}
        files = self._layout.finish(WrittenSet(written, examined, told, plan, self._options, self._out))
        self._work.put("finished", [path.relative_to(self._out).as_posix() for path in files])
        remove_files(self._out, sorted(self._earlier - written_files(self._work)))
        self._tell(runs, written, told)
        _show_plan(plan, self._console.say)
        self._console.say(f"exported {len(written)} cases to {self._arguments.output} ({self._arguments.to})")
        return LEFT_OUT if self._report.left_out or runs.failed or _any_left_out(told) else DONE

    def _tell(self, runs: CaseRuns, done: Sequence[Case], told: dict[str, Any] | None = None) -> None:
        """Notes, what was left out, and the report."""
        rows = Rows(self._report, runs.failed, runs.results, done, told or {})
        rows.show(self._console)
        for report in () if self._arguments.dry_run else self._arguments.report:
            rows.write(report)


def _any_left_out(told: dict[str, Any]) -> bool:
    return any(entry.get("left_out") for entry in told.values())


def _show_plan(plan: Any, say: Any) -> None:
    """The values of the label maps, for people."""
    for code, names in (plan or {}).get("codes", {}).items():
        say(plain(f"value {code} = {' + '.join(names)}"))
