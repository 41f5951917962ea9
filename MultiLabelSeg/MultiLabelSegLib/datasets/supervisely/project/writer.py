"""Writes a Supervisely volume project, one volume at a time; it appears on disk as a whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ....core import Geometry, Image, Segmentation
from ....core.runs import scan
from ....errors import DatasetError, GeometryError, LossError, WriteError
from ....formats.base import EVERYTHING
from ....formats.image_io import read_image
from ....formats.image_suffixes import image_suffix
from ....formats.image_write import GIPL_SUFFIXES, META_SUFFIXES
from ....formats.json_text import compact_json
from ....formats.losses import refused_losses
from ....formats.many_files import expect_files
from ....formats.mask_names import safe_name
from ....formats.nifti import refuse_shear
from ....formats.report import Report
from ..key_ids import KeyIds, key_of
from ..masks.alignment import ROUNDING_VOXELS, ras_reordering
from ..masks.volume_files import write_volume_nrrd
from ..masks.volumes import read_volume
from .annotation import VOLUME, AnnotationBuilder, WrittenObject, figure_of, object_of
from .folder import FolderStage
from .masks import MaskWriter
from .meta import ClassTable, TagTable, meta_json
from .names import (
    ANNOTATIONS,
    KEY_ID_MAP,
    META,
    NESTED,
    PROJECT_SIDECAR,
    VOLUMES,
    ItemPaths,
    TakenNames,
    dataset_folder,
    dataset_parts,
)
from .sidecar import project_text, sidecar_text

#: one frame, and every voxel has a label; all else is held by project and sidecar together
CAPABILITIES = replace(EVERYTHING, time=False, undeclared=False, extras=True)
VOLUME_SUFFIX = ".nrrd"


@dataclass(frozen=True)
class WrittenVolume:
    """Where a volume went: data set and name in the project, and the final path of its file."""

    dataset: str
    name: str
    path: Path


class ProjectWriter:
    """A project in the making. Use as a context manager; without ``finish`` nothing stays.

    Raises FormatError when the folder exists: ``overwrite`` replaces it if it is a project. WriteError when it cannot
    be written. The report is told of data sets that had to be renamed, and of volumes made up of nothing.
    """

    def __init__(self, folder: Path, *, overwrite: bool = False, report: Report | None = None) -> None:
        self.folder = folder
        self.report = report or Report()
        self._stage = FolderStage(folder, overwrite)
        self._ids = KeyIds()
        self._classes, self._tags = ClassTable(), TagTable()
        self._datasets: dict[str, tuple[str, ...]] = {}
        self._dataset_names = TakenNames()
        self._names: dict[tuple[str, ...], TakenNames] = {}
        self._volumes = 0
        if NESTED in self._stage.final.parts:
            reason = (
                f"a folder above is called {NESTED!r}: Supervisely's SDK takes its own part of the path for the name"
            )
            self.report.note(f"{reason} of data sets; move the project before it is uploaded", folder)

    def __enter__(self) -> ProjectWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stage.discard()

    def add(self, dataset: str, stem: str, volume: Image | Path | None, segmentation: Segmentation) -> WrittenVolume:
        """Adds a volume with its labels to a data set, as ``<stem>.nrrd``; a name that is taken gets ``_01``.

        ``dataset`` may name a nested one (``a/b``). ``volume`` is an image, the path of one, or None: then voxels of 0
        stand in for it. Image and segmentation may differ in the order of their axes, not in their grid.

        Raises LossError (several frames, voxels without a label), GeometryError (other grid, sheared axes) and
        FormatError; whatever it raises, the volume is left out and the project can go on.
        """
        parts = self._parts(dataset)
        paths = ItemPaths(dataset_folder(self._stage.folder, parts), "")
        mark = self._ids.mark()
        try:
            paths = self._place(parts, safe_name(stem) or "volume")
            lost = refused_losses(segmentation, CAPABILITIES)
            if lost:
                raise LossError(self._final(paths.volume), lost)
            self._write(paths, volume, segmentation)
        except BaseException as error:
            self._remove(paths)
            self._ids.back_to(mark)
            if isinstance(error, OSError):
                raise WriteError(self._final(paths.volume), error.strerror or str(error)) from error
            raise
        self._names[parts].take(paths.name.removesuffix(VOLUME_SUFFIX))
        self._volumes += 1
        return WrittenVolume("/".join(parts), paths.name, self._final(paths.volume))

    def finish(self) -> Path:
        """Writes what all volumes share and puts the project in place; returns its folder.

        Raises DatasetError when nothing was added: no program opens an empty project. WriteError.
        """
        if not self._volumes:
            raise DatasetError(f"{self.folder}: a project needs a volume; none was added")
        meta = meta_json(self._classes, self._tags)
        root = self._stage.folder
        try:
            _write_text(root / META, compact_json(meta, self.folder / META))
            _write_text(root / KEY_ID_MAP, compact_json(self._ids.as_json(), self.folder / KEY_ID_MAP))
            _write_text(root / PROJECT_SIDECAR, project_text(meta, self.folder / PROJECT_SIDECAR))
        except OSError as error:
            raise WriteError(self.folder, error.strerror or str(error)) from error
        self._stage.commit()
        return self._stage.final

    # ---- one volume --------------------------------------------------------------------------------------------
    def _parts(self, dataset: str) -> tuple[str, ...]:
        """The name that a data set gets, always the same one and no other's; another one than its own is noted."""
        known = dataset.strip("/") or "ds0"
        if known not in self._datasets:
            name = self._dataset_names.free("/".join(dataset_parts(known)))
            self._dataset_names.take(name)
            self._datasets[known] = tuple(name.split("/"))
            if name != known:
                reason = "Supervisely or a disk would not see it, or take it for another one, otherwise"
                self.report.note(f"data set {known!r} is called {name!r}: {reason}")
        return self._datasets[known]

    def _place(self, parts: tuple[str, ...], stem: str) -> ItemPaths:
        """Makes the folders of a data set and of those that it lies in, and finds a name for a volume."""
        for depth in range(1, len(parts) + 1):
            folder = dataset_folder(self._stage.folder, parts[:depth])
            for name in (VOLUMES, ANNOTATIONS):  # the SDK warns of a data set without them, also of an empty one
                (folder / name).mkdir(parents=True, exist_ok=True)
        names = self._names.setdefault(parts, TakenNames())
        return ItemPaths(dataset_folder(self._stage.folder, parts), names.free(stem) + VOLUME_SUFFIX)

    def _write(self, paths: ItemPaths, volume: Image | Path | None, segmentation: Segmentation) -> None:
        image = _read(volume) if isinstance(volume, Path) else volume
        geometry = self._ras_geometry(paths, image, segmentation)
        masks = MaskWriter(geometry)
        if image is None:
            masks.write(paths.volume, masks.empty)
            self.report.note("there is no image for it; voxels of 0 stand in", self._final(paths.volume))
        else:
            write_volume_nrrd(paths.volume, image)
        objects = self._objects(paths, segmentation, masks)
        found = segmentation.properties.get(VOLUME)
        known: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        key = key_of(segmentation.uid, "volume")
        builder = AnnotationBuilder(self._ids, self._tags, geometry)
        annotation = builder.annotation(key, paths.name, _window(image), objects, known)
        keys = {entry.label.value: entry.key for entry in objects}
        _write_text(paths.annotation, compact_json(annotation, self._final(paths.annotation)))
        _write_text(paths.sidecar, sidecar_text(segmentation, keys, self._final(paths.sidecar)))
        for entry in objects:
            self._classes.add(entry.label)

    def _ras_geometry(self, paths: ItemPaths, image: Image | None, segmentation: Segmentation) -> Geometry:
        """The grid of volume and masks, the axes along R, A, S. Raises GeometryError when the two do not agree."""
        mine = ras_reordering(segmentation.geometry).geometry(segmentation.geometry)
        if image is None:
            refuse_shear(mine)
            return Geometry(mine.shape, mine.ijk_to_lps)
        if image.geometry.time_steps > 1:
            frames = image.geometry.time_steps
            raise LossError(self._final(paths.volume), [f"{frames - 1} of {frames} time steps of the image"])
        theirs = ras_reordering(image.geometry).geometry(image.geometry)
        if theirs.shape != mine.shape or theirs.offset_of(mine, ROUNDING_VOXELS) != (0, 0, 0):
            found = "; ".join(theirs.differences(mine)) or "axes that are turned"
            raise GeometryError(f"{paths.name}: the labels do not lie on the image's grid: {found}")
        return theirs

    def _objects(self, paths: ItemPaths, segmentation: Segmentation, masks: MaskWriter) -> list[WrittenObject]:
        """Every label as an object, its mask written; the runs of a group are found in one pass."""
        labels = len(segmentation.labels)
        expect_files(labels, segmentation.geometry.voxels, written=True)
        reordering = ras_reordering(segmentation.geometry)
        objects: list[WrittenObject] = []
        if labels:
            paths.masks.mkdir(parents=True)
        for group in segmentation.groups:
            if not group.labels:
                continue
            table = scan(np.ascontiguousarray(reordering.array(group.array)))
            for label in group.labels:
                entry = object_of(label, segmentation.uid, self._ids)
                content = masks.content(*table.runs_of(label.value))
                if content.items.any():
                    entry.figure = figure_of(entry, self._ids)
                    if masks.fills(content):
                        entry.figure = replace(entry.figure, data=masks.as_json(content))
                    else:
                        masks.write(paths.masks / f"{entry.figure.key}.nrrd", content)
                objects.append(entry)
                self.report.step(len(objects) / labels, f"{paths.name}: {len(objects)} of {labels} masks")
        return objects

    def _remove(self, paths: ItemPaths) -> None:
        if not paths.name:
            return
        for path in (paths.volume, paths.annotation, paths.sidecar):
            path.unlink(missing_ok=True)
        shutil.rmtree(paths.masks, ignore_errors=True)

    def _final(self, staged: Path) -> Path:
        return self._stage.final / staged.relative_to(self._stage.folder)


def _read(path: Path) -> Image:
    """A volume of any image format. Raises FormatError."""
    return read_image(path) if image_suffix(path) in (*META_SUFFIXES, *GIPL_SUFFIXES) else read_volume(path)


def _window(image: Image | None) -> tuple[float, float]:
    """The lowest and the highest grey value; numbers that are none do not count."""
    if image is None:
        return 0.0, 0.0
    array = image.array
    low, high = float(array.min()), float(array.max())
    if not np.isfinite(low) or not np.isfinite(high):
        finite = array[np.isfinite(array)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return low, high


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
