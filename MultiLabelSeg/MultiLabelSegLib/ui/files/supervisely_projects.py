"""Supervisely's volume projects in the panel: a volume is opened with its image, a segmentation exported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core import Image, Segmentation
from ...errors import DatasetError, OptionError
from ...host.base import Level, Progress
from ..field_making import choice_field, value_field
from ..fields import Field
from ..menus.items import Action, Chosen, Given
from .file_work import only_labels

if TYPE_CHECKING:
    from ...datasets.supervisely.project.item import ProjectItem

_META = "meta.json"
_ANNOTATIONS = "ann"
#: what can be written, as the command line calls it, and in words
_KINDS = (
    ("project", "volume project"),
    ("nifti-by-name", "NIfTI data set, masks by volume name"),
    ("nifti-by-plane", "NIfTI data set by plane"),
)


@dataclass(frozen=True, eq=False)
class ProjectVolume:
    """A volume of a project: its name without the suffix, its segmentation, its image where the project has voxels.

    ``notes`` are what the user should know.
    """

    name: str
    segmentation: Segmentation
    image: Image | None
    notes: tuple[str, ...] = ()


def project_of(path: Path) -> Path | None:
    """The project's folder that a path means: itself, its meta.json, a volume's annotation; None for others."""
    from ...datasets.supervisely.project.reader import is_project

    if path.is_dir():
        return path if is_project(path) else None
    if path.name == _META:
        return path.parent if is_project(path.parent) else None
    if path.suffix == ".json" and path.parent.name == _ANNOTATIONS:
        outer = path.parent.parent.parents
        return next((folder for folder in outer if (folder / _META).is_file() and is_project(folder)), None)
    return None


def read_volume(project: Path, path: Path) -> ProjectVolume:
    """The volume that a path means. Raises DatasetError for a project of several, FormatError."""
    item = _item_of(project, path)
    image = item.image() if item.paths.volume.is_file() else None
    segmentation = item.segmentation()
    notes = tuple(f"{remark.path}: {remark.reason}" for remark in (*item.left_out, *item.notes))
    return ProjectVolume(Path(item.name).stem, segmentation, image, notes)


def _item_of(project: Path, path: Path) -> ProjectItem:
    from ...datasets.supervisely.project.reader import read_project

    items = list(read_project(project))
    if path.parent.name == _ANNOTATIONS and path.is_file():
        items = [item for item in items if item.paths.annotation.resolve() == path.resolve()]
    if len(items) == 1:
        return items[0]
    if not items:
        raise DatasetError(f"{path}: no volume of the project {project.name} belongs to it")
    shown = ", ".join(f"{item.dataset}/{item.name}" for item in items[:5])
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    raise DatasetError(
        f"{project}: the project has {len(items)} volumes ({shown}{more}); load the annotation of one of them, "
        f"a file in its folder {_ANNOTATIONS}"
    )


# ---- the other way -----------------------------------------------------------------------------------------------
def _fields(chosen: Chosen) -> tuple[Field, ...]:
    return (
        value_field("path", "Folder", "supervisely", help="A new folder; nothing is sent anywhere.", kind="new path"),
        choice_field("kind", "As", "project", _KINDS),
        value_field("name", "Name of the volume", _stem(chosen)),
        value_field("overwrite", "Replace an existing folder", False),
    )


def _stem(chosen: Chosen) -> str:
    name = chosen.session.need().name
    return name[: -len("-labels")] if name.endswith("-labels") else name


def _export(chosen: Chosen, given: Given) -> None:
    """Writes the whole segmentation with its image. Raises OptionError for a folder that is not named."""
    from ...datasets.supervisely.exporting import ExportItem, export_as

    text = str(given.get("path") or "").strip()
    if not text:
        raise OptionError("folder", text, "the name of a folder")
    session, out, kind = chosen.session, Path(text).expanduser(), str(given["kind"])
    document, image = only_labels(chosen.document, None), session.image
    stem, overwrite = str(given["name"]).strip() or "volume", bool(given["overwrite"])
    item = ExportItem(stem, stem, lambda: document, None if image is None else (lambda: image))

    def work(progress: Progress) -> Any:
        return export_as([item], out, kind, overwrite, lambda done, _text: not progress(done))  # type: ignore[arg-type]

    def done(made: Any) -> None:
        for remark in made.notes:
            session.tell(Level.INFO, f"{remark.path}: {remark.reason}")
        session.tell(Level.INFO, f"Exported to {out}")

    session.run(work, done, can_cancel=True)


EXPORT = Action("supervisely", "Export to Supervisely...", _export, _fields)
