"""Exporting segmentations of any format, or whole projects, as a volume project or a NIfTI data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from ...core import Image, Segmentation
from ...errors import DatasetError, GeometryError, LossError, OptionError
from ...formats.image_suffixes import READ_SUFFIXES, image_suffix
from ...formats.registry import format_for_reading, read_segmentation
from ...formats.report import Note, ProgressCallback, Report
from ...formats.saving import split_suffix
from .discovery.cases import Plane, Remark, stem_of
from .importing.targets import VOLUME_SUFFIX
from .nifti.by_plane import MaskKind
from .nifti.export import export_nifti
from .nifti.item import NiftiItem
from .project.item import ProjectItem
from .project.reader import is_project, read_project
from .project.writer import ProjectWriter

Kind = Literal["project", "nifti-by-name", "nifti-by-plane"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MASK_KINDS: tuple[MaskKind, ...] = get_args(MaskKind)


@dataclass
class Told:
    """What was said when an input was read: what is odd, and what of it could not be read."""

    notes: list[Remark] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)


@dataclass(frozen=True)
class ExportItem:
    """One volume to export: its name and data set, and how to read its segmentation and its image.

    Without ``image`` voxels of 0 stand in for the volume. ``told`` is filled when the segmentation is read.
    """

    source: str
    stem: str
    segmentation: Callable[[], Segmentation]
    image: Path | Callable[[], Image] | None = None
    dataset: str = ""
    plane: Plane = ""
    told: Told = field(default_factory=Told)


@dataclass(frozen=True)
class Exported:
    """What was written: the paths that a user would open, how many volumes, and what should be known.

    ``left_out`` is what of the inputs could not be read, such as damaged masks of a project.
    """

    paths: tuple[Path, ...]
    volumes: int
    notes: tuple[Remark, ...] = ()
    left_out: tuple[Remark, ...] = ()


def export_items(
    inputs: Sequence[Path],
    images: Sequence[Path] = (),
    images_folder: Path | None = None,
    dataset: str = "",
) -> list[ExportItem]:
    """The volumes of inputs: files of any of our formats, and folders of Supervisely projects.

    ``images`` are those of the files, in their order; of a file that none is given for, the image of the same name in
    ``images_folder`` is taken. Only names and the headers of projects are read.
    Raises FormatError, DatasetError, OptionError for images that do not fit the inputs in number.
    """
    files = [path for path in inputs if not (path.is_dir() and is_project(path))]
    if images and len(images) != len(files):
        raise OptionError("image", len(images), f"one for each of the {len(files)} segmentations")
    given = iter(images)
    items: list[ExportItem] = []
    for path in inputs:
        if path.is_dir() and is_project(path):
            items += _of_project(path, dataset)
        else:
            items.append(_of_file(path, next(given, None), images_folder, dataset))
    if not items:
        raise DatasetError("there is no volume to export")
    return items


def export_as(
    items: Sequence[ExportItem],
    out: Path,
    kind: Kind = "project",
    overwrite: bool = False,
    progress: ProgressCallback | None = None,
    masks: MaskKind = "auto",
    ids_in_names: bool = False,
) -> Exported:
    """Writes a project or a NIfTI data set: everything, verified, or nothing; one volume at a time is in memory.

    ``masks`` and ``ids_in_names`` are those of ``export_nifti``, for ``nifti-by-plane``.
    Raises OptionError for another kind, LossError for what Supervisely cannot hold (several frames, voxels without a
    label), FormatError, WriteError, Cancelled.
    """
    if kind not in KINDS:
        raise OptionError("as", kind, KINDS)
    if kind == "project":
        return _as_project(items, out, overwrite, Report(progress))
    report = Report(progress)
    layout: Literal["by-name", "by-plane"] = "by-name" if kind == "nifti-by-name" else "by-plane"
    drafts = [NiftiItem(_image_of(item), item.segmentation, item.stem, item.dataset, item.plane) for item in items]
    made = export_nifti(drafts, out, layout, masks=masks, ids_in_names=ids_in_names, overwrite=overwrite, report=report)
    missing = [Remark(item.source, "has no image; voxels of 0 stand in for it") for item in items if item.image is None]
    return _exported(made.paths, items, (*made.notes, *missing))


def _as_project(items: Sequence[ExportItem], out: Path, overwrite: bool, report: Report) -> Exported:
    with ProjectWriter(out, overwrite=overwrite, report=report) as writer:
        for done, item in enumerate(items):
            report.step(done / len(items), item.source)
            image = item.image if item.image is None or isinstance(item.image, Path) else item.image()
            segmentation = item.segmentation()
            try:
                writer.add(item.dataset, item.stem, image, segmentation)
            except LossError as error:
                raise LossError(item.source, error.losses) from None
            except GeometryError as error:
                raise GeometryError(f"{item.source}: {error}") from None
        folder = writer.finish()
    report.step(1.0)
    notes = tuple(Remark("" if note.path is None else str(note.path), note.reason) for note in report.notes)
    return _exported((folder,), items, notes)


def _exported(paths: tuple[Path, ...], items: Sequence[ExportItem], notes: tuple[Remark, ...]) -> Exported:
    """The answer, with what was said when the inputs were read."""
    told = dict.fromkeys(note for item in items for note in item.told.notes)
    left_out = dict.fromkeys(remark for item in items for remark in item.told.left_out)
    return Exported(paths, len(items), (*told, *notes), tuple(left_out))


def _of_project(folder: Path, dataset: str) -> list[ExportItem]:
    """The volumes of a project; the first one tells what is wrong with the project as a whole."""
    project = read_project(folder)
    items = [_of_item(folder.name, item, dataset) for item in project]
    if items:
        items[0].told.notes.extend(_within(folder.name, project.notes))
        items[0].told.left_out.extend(_within(folder.name, project.left_out))
    return items


def _of_item(project: str, item: ProjectItem, dataset: str) -> ExportItem:
    told = Told()

    def segmentation() -> Segmentation:
        found = item.segmentation()
        told.notes.extend(_within(project, item.notes))
        told.left_out.extend(_within(project, item.left_out))
        return found

    image = item.image if item.paths.volume.is_file() else None
    source = f"{project}/{item.dataset}/{item.name}"
    return ExportItem(source, stem_of(item.name), segmentation, image, dataset or item.dataset, told=told)


def _within(project: str, remarks: Iterable[Remark]) -> list[Remark]:
    return [replace(remark, path=f"{project}/{remark.path}") for remark in remarks]


def _of_file(path: Path, image: Path | None, folder: Path | None, dataset: str) -> ExportItem:
    chosen = format_for_reading(path)
    own = split_suffix(path, chosen)[0] if path.is_file() else path.name
    if image is None and folder is not None:
        image = _image_named(folder, own, path)
    stem = own if image is None else _image_stem(image)

    told = Told()

    def segmentation() -> Segmentation:
        report = Report()
        found = read_segmentation(path, report=report)
        told.notes.extend(_remark(note, path) for note in report.notes)
        told.left_out.extend(_remark(note, path) for note in report.left_out)
        return found

    return ExportItem(str(path), stem, segmentation, image, dataset, told=told)


def _remark(note: Note, path: Path) -> Remark:
    return Remark(str(note.path or path), note.reason, note.line)


def _image_of(item: ExportItem) -> Path | Callable[[], Image]:
    if item.image is not None:
        return item.image

    def blank() -> Image:
        geometry = item.segmentation().geometry
        return Image(np.zeros(geometry.full_shape, np.uint8), geometry)

    return blank


def _image_named(folder: Path, stem: str, segmentation: Path) -> Path:
    """The one image of a folder that is called like a segmentation, which may lie in the same folder.

    Raises DatasetError for none and for several.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such folder of images")
    called = (path for path in sorted(folder.iterdir()) if image_suffix(path) and _image_stem(path) == stem)
    found = [path for path in called if not path.samefile(segmentation)]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise DatasetError(
            f"{folder}: one image called {stem}.* is expected ({', '.join(READ_SUFFIXES)}), found {names}"
        )
    return found[0]


def _image_stem(path: Path) -> str:
    """The name of an image without its suffix, or without the one that imports give to volumes."""
    if path.name.endswith(VOLUME_SUFFIX):
        return path.name[: -len(VOLUME_SUFFIX)]
    suffix = image_suffix(path)
    return path.name[: -len(suffix)] if suffix else path.stem
