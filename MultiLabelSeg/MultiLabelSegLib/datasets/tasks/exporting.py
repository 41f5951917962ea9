"""Export to a MITK Segmentation Task List: a task a case, whose segmentation is what work begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import DatasetError, OptionError
from ...formats.registry import formats
from ...formats.report import Report
from ..cases.case import Case
from ..cases.layout import ExportOptions, WrittenSet
from ..cases.table import relative_path
from ..task_list import Task, TaskList
from ..task_list_json import write_task_list

NAME, RESULTS = "tasks.json", "results"


class TaskListExporter:
    """Writes ``tasks.json``; files are named where they are, results belong into ``results``."""

    def check(self, cases: Sequence[Case], options: ExportOptions, report: Report) -> Sequence[Case]:
        """See ``Exporter``."""
        endings = sorted({ending for known in formats() if known.writer for ending in known.suffixes})
        if options.format_suffix not in endings:
            raise OptionError("result-suffix", options.format_suffix, endings)
        kept = []
        for case in cases:
            if not case.images:
                report.leave_out(f"case {case.id!r}: it has no image, which a task needs")
                continue
            others = list(case.images)[1:]
            if others:
                report.leave_out(f"case {case.id!r}: a task has one image; {', '.join(others)} are not in the list")
            kept.append(case)
        return kept

    def examine(self, case: Case, options: ExportOptions, report: Report) -> Any:  # noqa: ARG002 - nothing is read
        """See ``Exporter``."""
        return None

    def plan(self, cases: Sequence[Case], examined: Mapping[str, Any], options: ExportOptions, report: Report) -> Any:  # noqa: ARG002
        """See ``Exporter``."""
        return {}

    def write(self, case: Case, plan: Any, options: ExportOptions, out: Path, report: Report) -> Mapping[str, Any]:  # noqa: ARG002
        """See ``Exporter``. The list itself is all that is written."""
        return {"grid": "", "files": [], "images": {}, "label_map": None}

    def finish(self, made: WrittenSet) -> Sequence[Path]:
        """See ``Exporter``."""
        tasks = [_task(case, made.options, made.out) for case in made.cases]
        preset = relative_path(Path(made.options.preset), made.out) if made.options.preset else None
        listed = TaskList(made.out / NAME, tuple(tasks), made.options.name, Task(preset=preset))
        try:
            (made.out / RESULTS).mkdir(exist_ok=True)
        except OSError as error:
            raise DatasetError(f"{made.out / RESULTS}: {error.strerror or error}") from None
        write_task_list(listed, overwrite=True)
        return (made.out / NAME,)


def _task(case: Case, options: ExportOptions, out: Path) -> Task:
    return Task(
        name=case.id,
        image=relative_path(next(iter(case.images.values())), out),
        result=f"{RESULTS}/{case.id}{options.format_suffix}",
        segmentation=None if case.segmentation is None else relative_path(case.segmentation, out),
    )


EXPORTER = TaskListExporter()
