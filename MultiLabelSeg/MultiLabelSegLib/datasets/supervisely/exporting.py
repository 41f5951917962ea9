"""Exporting segmentations of any format, or whole projects, as a volume project or a NIfTI data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ...core import Image, Segmentation
from ...errors import DatasetError, FormatError, OptionError
from ...formats.image_suffixes import READ_SUFFIXES, image_suffix
from ...formats.registry import format_for_reading, read_segmentation
from ...formats.report import ProgressCallback, Report
from ...formats.saving import split_suffix
from .cases import Plane, Remark, stem_of
from .import_targets import VOLUME_SUFFIX
from .nifti_export import export_nifti
from .nifti_item import NiftiItem
from .project_item import ProjectItem
from .project_reader import is_project, read_project
from .project_writer import ProjectWriter

Kind = Literal["project", "nifti-by-name", "nifti-by-plane"]
KINDS: tuple[Kind, ...] = ("project", "nifti-by-name", "nifti-by-plane")


@dataclass(frozen=True)
class ExportItem:
    """One volume to export: its name and data set, and how to read its segmentation and its image.

    Without ``image`` voxels of 0 stand in for the volume.
    """

    source: str
    stem: str
    segmentation: Callable[[], Segmentation]
    image: Path | Callable[[], Image] | None = None
    dataset: str = ""
    plane: Plane = ""


@dataclass(frozen=True)
class Exported:
    """What was written: the paths that a user would open, how many volumes, and what should be known."""

    paths: tuple[Path, ...]
    volumes: int
    notes: tuple[Remark, ...] = ()


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
    of_file = dict(zip(map(id, files), images, strict=False))
    items: list[ExportItem] = []
    for path in inputs:
        if path.is_dir() and is_project(path):
            items += [_of_project(path, item, dataset) for item in read_project(path)]
        else:
            items.append(_of_file(path, of_file.get(id(path)), images_folder, dataset))
    if not items:
        raise DatasetError("there is no volume to export")
    return items


def export_as(
    items: Sequence[ExportItem],
    out: Path,
    kind: Kind = "project",
    overwrite: bool = False,
    progress: ProgressCallback | None = None,
) -> Exported:
    """Writes a project or a NIfTI data set: everything, verified, or nothing; one volume at a time is in memory.

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
    made = export_nifti(drafts, out, layout, overwrite=overwrite, report=report)
    missing = [Remark(item.source, "has no image; voxels of 0 stand in for it") for item in items if item.image is None]
    return Exported(made.paths, len(items), (*made.notes, *missing))


def _as_project(items: Sequence[ExportItem], out: Path, overwrite: bool, report: Report) -> Exported:
    with ProjectWriter(out, overwrite=overwrite, report=report) as writer:
        for done, item in enumerate(items):
            report.step(done / len(items), item.source)
            image = item.image if item.image is None or isinstance(item.image, Path) else item.image()
            try:
                writer.add(item.dataset, item.stem, image, item.segmentation())
            except FormatError as error:
                raise type(error)(error.path or item.source, error.reason) from None
        folder = writer.finish()
    report.step(1.0)
    notes = tuple(Remark("" if note.path is None else str(note.path), note.reason) for note in report.notes)
    return Exported((folder,), len(items), notes)


def _of_project(project: Path, item: ProjectItem, dataset: str) -> ExportItem:
    image = item.image if item.paths.volume.is_file() else None
    source = f"{project.name}/{item.dataset}/{item.name}"
    return ExportItem(source, stem_of(item.name), item.segmentation, image, dataset or item.dataset)


def _of_file(path: Path, image: Path | None, folder: Path | None, dataset: str) -> ExportItem:
    chosen = format_for_reading(path)
    own = split_suffix(path, chosen)[0] if path.is_file() else path.name
    if image is None and folder is not None:
        image = _image_named(folder, own)
    stem = own if image is None else _image_stem(image)

    def segmentation() -> Segmentation:
        return read_segmentation(path)

    return ExportItem(str(path), stem, segmentation, image, dataset)


def _image_of(item: ExportItem) -> Path | Callable[[], Image]:
    if item.image is not None:
        return item.image

    def blank() -> Image:
        geometry = item.segmentation().geometry
        return Image(np.zeros(geometry.full_shape, np.uint8), geometry)

    return blank


def _image_named(folder: Path, stem: str) -> Path:
    """The one image of a folder that is called like a segmentation. Raises DatasetError for none and for several."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such folder of images")
    found = [path for path in sorted(folder.iterdir()) if image_suffix(path) and _image_stem(path) == stem]
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
