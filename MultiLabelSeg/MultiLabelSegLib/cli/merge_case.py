"""One case of ``mlseg merge``: masks by their runs, anything else as whole segmentations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core import Label, Segmentation
from ..datasets.mask_merging import NamedMask, merged_masks
from ..errors import UnsupportedFormatError
from ..formats.map_tables import tables_beside
from ..formats.merging import merged
from ..formats.registry import format_for_reading, read_segmentation
from ..formats.report import Report
from ..formats.saving import write_segmentation
from ..formats.values import renumbered


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What was written, notes, and what was left out. Raises what reading, merging and writing raise."""
    report = Report()
    files = [(Path(path), str(name)) for path, name in question["files"]]
    segmentation = _as_masks(files, question, report)
    if segmentation is None:
        segmentation = _as_segmentations(files, question, report)
    output = Path(question["output"])
    output.parent.mkdir(parents=True, exist_ok=True)
    written = write_segmentation(segmentation, output, overwrite=question["overwrite"], report=report)
    told = {"notes": report.notes, "left_out": report.left_out}
    return {"written": [str(written.main[0])], **{name: list(map(str, found)) for name, found in told.items()}}


def _as_masks(files: list[tuple[Path, str]], question: dict[str, Any], report: Report) -> Segmentation | None:
    """The masks merged; None when a file is a segmentation by itself."""
    if not all(_may_be_mask(path) for path, _ in files):
        return None
    labels = {name: Label(value, name, (color[0], color[1], color[2])) for value, name, color in question["labels"]}
    names = [name for _, name in files]
    if len(set(names)) < len(names):
        return None
    masks = [NamedMask(path, name) for path, name in files]
    mine = {name: labels[name] for name in names}
    try:
        return merged_masks(masks, mine, question["into"], question["conflict"], report)
    except UnsupportedFormatError:
        # one of them holds several values: they are label maps
        return None


def _may_be_mask(path: Path) -> bool:
    return path.is_file() and format_for_reading(path).id == "labelmap" and not tables_beside(path)


def _as_segmentations(files: list[tuple[Path, str]], question: dict[str, Any], report: Report) -> Segmentation:
    parts = [(path, read_segmentation(path, report=report)) for path, _ in files]
    conflict = question["conflict"]
    if conflict == "last":
        parts.reverse()
    overlap: Any = "error" if conflict == "error" else "priority"
    whole = merged(parts, one_group_each=question["into"] != "one", overlap=overlap, report=report)
    if question["schema"] is None:
        return whole
    from ..presets.schema import Schema

    return renumbered(whole, Schema.from_file(Path(question["schema"])).conform(whole))
