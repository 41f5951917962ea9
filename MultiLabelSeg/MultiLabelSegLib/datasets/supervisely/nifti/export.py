"""Volumes and segmentations as a NIfTI data set for Supervisely: by volume name or by plane.

Supervisely's own importer and ours read back the same objects and classes and, by plane, colours and scores. Whatever
NIfTI has no place for goes into a sidecar beside the volume (``nifti_sidecar``), or is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ....core import Geometry, Group, Image, Segmentation
from ....core.runs import RunTable, scan
from ....errors import OVERWRITE, DatasetError, FormatError, GeometryError, LossError, OptionError, WriteError
from ....formats.codec.intervals import Intervals, intervals_of_valued_runs
from ....formats.image_verify import content_difference
from ....formats.image_write import LabelImageWriter
from ....formats.nifti_image import nifti_image_difference, write_nifti_image
from ....formats.report import Report
from ....formats.sidecar import content_hash
from ....formats.staging import Stage
from ..discovery.cases import Remark
from ..masks.alignment import Reordering, ras_reordering
from ..tables.color_map import ClassColor, color_map_text, read_color_map
from ..tables.score_table import ByFrame, read_scores, score_table_text, two_decimals
from .by_name import layout_by_name
from .by_plane import MaskKind, layout_by_plane
from .changes import as_written
from .item import Draft, NiftiItem, draft_of
from .layout import Layout
from .names import SUFFIX, score_name
from .sidecar import nifti_sidecar_text, sidecar_of

NiftiLayout = Literal["by-name", "by-plane"]
LAYOUTS: tuple[NiftiLayout, ...] = ("by-name", "by-plane")
SIDECARS = ("auto", "always", "never")
COLOR_MAP = "cls_color_map.txt"
#: files that an import would take for part of the data set
_TAKEN_UP = (".nii", ".gz", ".csv", ".txt")


@dataclass(frozen=True)
class NiftiExport:
    """What was written: all files, the classes by number, and what the user should know (``path`` is the item's)."""

    paths: tuple[Path, ...]
    classes: dict[int, ClassColor]
    notes: tuple[Remark, ...]


def export_nifti(
    items: Iterable[NiftiItem],
    out: Path,
    layout: NiftiLayout = "by-name",
    *,
    masks: MaskKind = "auto",
    ids_in_names: bool = False,
    sidecar: str = "auto",
    overwrite: bool = False,
    report: Report | None = None,
) -> NiftiExport:
    """Writes a data set into the folder ``out``: everything, verified by reading it back, or nothing.

    Volumes and masks are turned toward R, A, S by permuting and flipping, so that the n-th layer of a table is the n-th
    slice of the file; a segmentation may have its axes in another order than its volume. Volumes keep their type of
    voxels, masks are uint8 or uint16 as their values need. ``masks`` and ``ids_in_names`` (UUIDs in front of the names,
    by which Supervisely attaches scores to several items of one plane) are those of ``layout_by_plane``. ``sidecar`` is
    ``auto`` (where something does not fit), ``always`` or ``never`` (then what does not fit is refused). Frames of time
    and voxels without a label are always refused.

    Raises OptionError, LossError, DatasetError (nothing to export; other data in ``out``), GeometryError for a
    segmentation that is not on its volume's grid, FormatError, WriteError.
    """
    if layout not in LAYOUTS:
        raise OptionError("layout", layout, LAYOUTS)
    if sidecar not in SIDECARS:
        raise OptionError("sidecar", sidecar, SIDECARS)
    report = report or Report()
    drafts = [draft_of(item) for item in items]
    if not drafts:
        raise DatasetError(f"{out}: there is no volume to export")
    plan = (
        layout_by_name(drafts, out.name)
        if layout == "by-name"
        else layout_by_plane(drafts, out.name, masks, ids_in_names)
    )
    for draft in drafts:
        if draft.beside and sidecar == "never":
            raise LossError(draft.item.shown, draft.beside)
    target = out / COLOR_MAP if out.is_dir() else out
    target.parent.mkdir(parents=True, exist_ok=True)
    with Stage(target) as stage:
        for number, draft in enumerate(drafts):
            report.step(number / len(drafts), draft.item.shown)
            beside = as_written(draft, plan.classes) if draft.beside or sidecar == "always" else None
            _write_item(draft, out, stage, beside, report)
        if plan.classes:
            _write_text(stage, out / COLOR_MAP, color_map_text(plan.classes, out / COLOR_MAP))
            if read_color_map(stage.staged(out / COLOR_MAP)).classes != plan.classes:
                raise WriteError(out / COLOR_MAP, "verification failed: the classes read back differ")
        paths = stage.commit(lambda: _refuse_mixing(out, stage.paths, overwrite))
    report.step(1.0)
    return NiftiExport(paths, plan.classes, _all_notes(plan, report))


def _refuse_mixing(out: Path, paths: tuple[Path, ...], overwrite: bool) -> None:
    """Raises unless ``out`` is free of what an import would mix with the new files."""
    existing = [path for path in paths if path.exists()]
    if existing and not overwrite:
        raise FormatError(existing[0], f"exists already; {OVERWRITE}").offering(OVERWRITE)
    ours = {os.path.abspath(path) for path in paths}  # noqa: PTH100 - as Stage names them
    for folder, _, names in os.walk(out):
        for name in names:
            path = Path(folder) / name
            hidden = any(part.startswith(".mlseg-") for part in path.relative_to(out).parts)
            if not hidden and name.lower().endswith(_TAKEN_UP) and os.path.abspath(path) not in ours:  # noqa: PTH100
                raise DatasetError(f"{path} is not of this export, but would be imported with it; choose a new folder")


def _all_notes(plan: Layout, report: Report) -> tuple[Remark, ...]:
    for note in plan.notes:
        report.note(f"{note.path}: {note.reason}" if note.path else note.reason)
    return tuple(plan.notes)


def _write_text(stage: Stage, path: Path, text: str) -> None:
    try:
        stage.file(path).write_bytes(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise LossError(path, ["text that UTF-8 cannot hold"]) from None


def _write_item(
    draft: Draft, out: Path, stage: Stage, beside: dict[int, dict[str, Any]] | None, report: Report
) -> None:
    """Stages volume, masks and table of one item, and reads each of them back.

    ``beside`` is what the sidecar says of the other files; None: there is no sidecar.
    """
    folder = out / draft.folder if draft.folder else out
    image = draft.item.read_volume()
    turn = ras_reordering(image.geometry)
    geometry = turn.geometry(image.geometry)
    turned = Image(turn.array(image.array), geometry, image.metadata)
    volume = write_nifti_image(stage, folder / (draft.stem + SUFFIX), turned, report)
    _expect_same(volume, nifti_image_difference(stage.staged(volume), turned))
    segmentation = draft.item.read_segmentation()
    if segmentation is None:
        return
    mask_turn = ras_reordering(segmentation.geometry)
    grid = mask_turn.geometry(segmentation.geometry)
    if not grid.is_congruent(geometry, check_time=False):
        differences = "; ".join(grid.differences(geometry, check_time=False))
        raise GeometryError(f"{draft.item.shown}: the segmentation is not on the volume's grid: {differences}")
    del image, turned
    _write_masks(draft, folder, stage, segmentation, mask_turn, geometry)
    if draft.table is not None:
        _write_table(stage, folder / score_name(draft.stem), *draft.table)
    if beside is not None:
        hashes = {
            name: content_hash(stage.staged(folder / name)) for name in {name for name, _ in draft.files.values()}
        }
        text = nifti_sidecar_text(segmentation, draft.files, dict(sorted(hashes.items())), beside)
        _write_text(stage, sidecar_of(folder, draft.stem), text)


def _write_table(stage: Stage, path: Path, scores: ByFrame, comments: ByFrame) -> None:
    _write_text(stage, path, score_table_text(scores, comments))
    found = read_scores(stage.staged(path))
    meant = {number: {frame: two_decimals(text) for frame, text in part.items()} for number, part in scores.items()}
    same = found.scores == {number: part for number, part in meant.items() if part} and found.comments == comments
    _expect_same(path, None if same else "the scores read back differ")


def _write_masks(
    draft: Draft, folder: Path, stage: Stage, segmentation: Segmentation, turn: Reordering, geometry: Geometry
) -> None:
    """Stages every mask of an item from the runs of its labels; no mask is ever an array of voxels."""
    tables = {index: _scanned(group, turn) for index, group in enumerate(segmentation.groups) if group.labels}
    owned: dict[str, list[tuple[RunTable, int, int]]] = {name: [] for name in draft.empty_files}
    for value, (name, voxel) in draft.files.items():
        owned.setdefault(name, []).append((tables[segmentation.group_index_of(value)], value, voxel))
    writer_of = _writers(folder, geometry)
    for name, objects in owned.items():
        path = folder / name
        writer = writer_of(max((voxel for _, _, voxel in objects), default=1))
        content = _content(objects, geometry.voxels, writer.dtype.itemsize)
        writer.write_intervals(stage, path, content)
        _expect_same(path, content_difference(writer, stage.staged(path), content))


def _scanned(group: Group, turn: Reordering) -> RunTable:
    return scan(group.array if turn.is_identity else np.ascontiguousarray(turn.array(group.array)))


def _writers(folder: Path, geometry: Geometry) -> Callable[[int], LabelImageWriter]:
    """Gives the writer for a mask by its highest value; there are two at most."""
    known: dict[bool, LabelImageWriter] = {}

    def writer_of(highest: int) -> LabelImageWriter:
        wide = highest > 255
        if wide not in known:
            known[wide] = LabelImageWriter(folder / f"mask{SUFFIX}", geometry, np.uint16 if wide else np.uint8)
        return known[wide]

    return writer_of


def _content(objects: list[tuple[RunTable, int, int]], total: int, itemsize: int) -> Intervals:
    """The voxels of a mask: of each object, in the run table of its group by its value, as the value in the file."""
    none = np.zeros(0, np.int64)
    runs = [(*table.runs_of(value), voxel) for table, value, voxel in objects]
    start = np.concatenate([none, *(part[0] for part in runs)])
    stop = np.concatenate([none, *(part[1] for part in runs)])
    values = np.repeat([voxel for _, _, voxel in runs] or none, [len(part[0]) for part in runs] or none)
    order = np.argsort(start, kind="stable")
    return intervals_of_valued_runs(start[order], stop[order], values[order].astype(np.int64), total, itemsize)


def _expect_same(path: Path, difference: str | None) -> None:
    if difference is not None:
        raise WriteError(path, f"verification failed, nothing was written: {difference}")
