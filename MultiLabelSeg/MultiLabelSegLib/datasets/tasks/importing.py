"""Import of a MITK Segmentation Task List: results where they are done, else interim work, else what it began with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...core import Segmentation
from ...errors import DatasetError
from ...formats.mask_names import safe_name
from ...formats.registry import read_segmentation
from ...formats.report import Note, Report
from ..cases.case import ONE_CHANNEL, Case, CaseSet, distinct_cases
from ..task_list import TaskList, interim_candidates
from ..task_list_json import is_task_list, read_task_list
from .exporting import NAME


class TaskListImporter:
    """Reads a list, or the folder of ``tasks.json``."""

    def matches(self, source: Path) -> bool:
        """See ``Importer``."""
        path = source / NAME if source.is_dir() else source
        return path.is_file() and path.suffix.lower() == ".json" and is_task_list(path)

    def find(self, source: Path, options: Mapping[str, str]) -> CaseSet:  # noqa: ARG002 - other layouts have options
        """See ``Importer``."""
        path = source / NAME if source.is_dir() else source
        if not path.is_file():
            raise DatasetError(f"{path}: there is no such task list")
        tasks = read_task_list(path, allow_outside=True, check_files=False)
        cases, left_out, notes = [], [], []
        for index in range(len(tasks.tasks)):
            found, what = _segmentation(tasks, index)
            title = tasks.title_of(index)
            image = tasks.task(index).image
            images = {} if image is None else {ONE_CHANNEL: tasks.resolve(image)}
            absent = [str(each) for each in images.values() if not each.exists()]
            if absent:
                left_out.append(Note(f"task {index + 1} {title!r}: there is no {absent[0]}", path))
                continue
            if found is None:
                left_out.append(Note(f"task {index + 1} {title!r}: nothing is segmented yet", path))
            elif what:
                notes.append(Note(f"task {index + 1} {title!r}: its result is not there; {what} is taken", path))
            cases.append(Case(safe_name(title) or f"task {index + 1}", images, found))
        distinct = distinct_cases(cases)
        return CaseSet(distinct.cases, (*left_out, *distinct.left_out), tuple(notes))

    def load(self, source: Path, case: Case, options: Mapping[str, str], report: Report) -> Segmentation:  # noqa: ARG002
        """See ``Importer``."""
        assert case.segmentation is not None
        return read_segmentation(case.segmentation, report=report)


def _segmentation(tasks: TaskList, index: int) -> tuple[Path | None, str]:
    """The best segmentation that a task has, and what it is where it is no result."""
    result = tasks.result_path(index)
    if result.exists():
        return result, ""
    interim = next((path for path in interim_candidates(result) if path.exists()), None)
    if interim is not None:
        return interim, "interim work"
    begun = tasks.task(index).segmentation
    path = None if begun is None else tasks.resolve(begun)
    return (path, "what it began with") if path is not None and path.exists() else (None, "")


IMPORTER = TaskListImporter()
