"""Polygon models and files of the selected labels, from the context menu, made in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import OptionError, UnsupportedFormatError, WriteError
from ...formats.registry import format_for_writing
from ...formats.report import Report
from ...formats.saving import WriteResult
from ...formats.surface_files import WRITTEN_SURFACES, write_surfaces
from ...host.base import Level, Progress
from ...tools.surface import SMOOTHING, polygon_models
from ..field_making import value_field
from ..fields import Field
from ..files.file_work import FileJob, check_writable, only_labels
from ..frozen import stopping
from .items import Action, Chosen, Given

_FILES = ", ".join(WRITTEN_SURFACES)


def _why_not(chosen: Chosen) -> str:
    frame = chosen.session.frame
    document = chosen.document
    has_voxels = any(document.group_of(value).index.voxels(value, frame) for value in chosen.values)
    return "" if has_voxels else "the labels have no voxels in this frame"


def _fields(chosen: Chosen) -> tuple[Field, ...]:
    name = chosen.first.name or chosen.first.title
    rate = chosen.session.effective.decimation_rate
    reduced = f"Share of the triangles that are taken away, 0...0.99; files are {_FILES}."
    return (
        value_field("path", "File", f"{name}.stl", help=f"All surfaces go into one file: {_FILES}.", kind="new path"),
        value_field("decimation", "Fewer triangles", rate, minimum=0.0, maximum=0.99, step=0.05, help=reduced),
        value_field("overwrite", "Replace an existing file", False),
    )


def make_model(chosen: Chosen, given: Given, smoothing: int) -> None:
    """Writes the surfaces of the chosen labels. Raises OptionError for a path that is missing or of another kind."""
    path = _path(given)
    if path.suffix.lower() not in WRITTEN_SURFACES:
        raise UnsupportedFormatError(path, f"surfaces are written as {_FILES}")
    session, frame = chosen.session, chosen.session.frame
    document = only_labels(chosen.document, chosen.values)
    decimation, overwrite = float(given["decimation"]), bool(given["overwrite"])

    def work(progress: Progress) -> Path:
        told = stopping(progress)
        made = polygon_models(
            document, t=frame, smoothing=smoothing, decimation=decimation, progress=lambda done: told(0.9 * done)
        )
        return write_surfaces(made, path, overwrite)

    session.run(work, lambda written: session.tell(Level.INFO, f"Polygon model written to {written}"), can_cancel=True)


def _path(given: Given) -> Path:
    text = str(given.get("path") or "").strip()
    if not text:
        raise OptionError("file", text, "the name of a file")
    return Path(text).expanduser()


def _model(item_id: str, title: str, smoothing: int, **about: Any) -> Action:
    def run(chosen: Chosen, given: Given) -> None:
        make_model(chosen, given, smoothing)

    return Action(item_id, title, run, _fields, _why_not, **about)


def _export_fields(chosen: Chosen) -> tuple[Field, ...]:
    start = f"{chosen.first.name or chosen.first.title}.nrrd"
    path = value_field("path", "File", start, help="The ending of the name decides the format.", kind="new path")
    return path, value_field("overwrite", "Replace an existing file", False)


def export_labels(chosen: Chosen, given: Given) -> None:
    """Writes the chosen labels to a file of any format. Raises OptionError, WriteError, UnsupportedFormatError."""
    session, path = chosen.session, _path(given)
    format_id = format_for_writing(path, None, {}).id
    check_writable(path)
    overwrite = bool(given["overwrite"])
    if path.is_file() and not overwrite:
        raise WriteError(path, "exists already; overwriting must be asked for")
    job, document = FileJob(path, format_id, {}, Report()), only_labels(chosen.document, chosen.values)

    def done(result: WriteResult) -> None:
        for note in (*job.report.left_out, *job.report.notes):
            session.tell(Level.INFO, str(note))
        session.tell(Level.INFO, f"Exported to {', '.join(map(str, result.main))}")

    session.run(lambda progress: job.write(document, overwrite, progress), done)


#: as MITK's menu calls them
FILE_ACTIONS = (
    _model("polygon_model", "Create polygon model...", 0, separator=True),
    _model("smoothed_model", "Create smoothed polygon model...", SMOOTHING),
    Action("export", "Export selected labels...", export_labels, _export_fields),
)
