"""Importing a data set or project: found, read and written volume by volume; whatever is not imported is named."""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath

from ....formats.report import ProgressCallback, Report
from ..archives.inputs import opened_input
from ..discovery.cases import Case, Cases
from .cases import CaseImporter
from .existing_cases import files_beside, find_cases
from .options import LAYOUTS, ImportOptions
from .projects import files_of, import_item, items_of, open_projects, project_roots, source_of
from .report import ImportReport
from .session import Session, is_below
from .targets import FileTarget, ProjectTarget, Target

__all__ = ["LAYOUTS", "FileTarget", "ImportOptions", "ImportReport", "ProjectTarget", "import_data_set"]


def import_data_set(
    source: str | Path, target: Target, options: ImportOptions | None = None, progress: ProgressCallback | None = None
) -> ImportReport:
    """Imports a folder or an archive: a NIfTI data set, a volume project, or folders of both.

    One volume at a time is in memory. What cannot be imported or written is left out with its reason and never stops
    the rest. Raises DatasetError, FormatError and OptionError only for what concerns the input as a whole, WriteError
    when a project cannot be put in place, Cancelled when ``progress`` asks to stop.
    """
    with opened_input(Path(source)) as tree:
        session = Session(tree, target, options or ImportOptions())
        _import(session, Report(progress))
        return session.report


def _import(session: Session, progress: Report) -> None:
    for remark in session.tree.left_out:
        session.report.leave_out(remark.path, remark.reason)
    roots = project_roots(session.tree)
    names = [name for name in session.tree.names if not any(is_below(name, root) for root in roots)]
    cases, mapping = find_cases(session, names)
    items = list(items_of(open_projects(session, roots)))
    importer = CaseImporter(session)
    total = len(cases.cases) + len(items)
    for done, case in enumerate(cases.cases):
        progress.step(done / total, case.source)
        session.guarded(case.source, _files(case), partial(importer.take, case, files_beside(case, mapping)))
    for done, (project, item) in enumerate(items, len(cases.cases)):
        progress.step(done / total, item.name)
        source, files = source_of(project, item), files_of(project, item)
        own = [name for name in files if PurePosixPath(name).parent != PurePosixPath(project.root)]
        session.guarded(source, own, partial(import_item, session, project, item))
    _name_the_rest(session, importer, cases, mapping)
    if session.report.imported:
        session.target.finish()
    progress.step(1.0)


def _name_the_rest(session: Session, importer: CaseImporter, cases: Cases, mapping: str) -> None:
    """Sees to it that every file of the input is in the report."""
    report = session.report
    used = report.used()
    for remark in cases.left_out:
        if remark.path not in used and remark.path != mapping:
            report.leave_out(remark.path, remark.reason)
    report.note(cases.notes)
    importer.name_unused_maps(cases.cases)
    if mapping and mapping not in used:
        report.leave_out(mapping, "none of the annotations that it maps could be imported")
    named = report.names()
    for name in session.tree.names:
        if not _is_named(name, named):
            report.leave_out(name, "no volume that was imported has a use for it")


def _is_named(name: str, named: set[str]) -> bool:
    """Whether the report speaks of a file, or of a folder that it lies in."""
    return name in named or any(str(parent) in named for parent in PurePosixPath(name).parents if parent.name)


def _files(case: Case) -> tuple[str, ...]:
    """What is lost with a case; discovery has noted the tables of volumes without annotations."""
    return (*(mask.path for mask in case.masks), *(case.scores if case.masks else ()))
