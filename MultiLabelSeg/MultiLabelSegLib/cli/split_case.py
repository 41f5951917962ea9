"""One case of ``mlseg split``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..datasets.splitting import parts_of, write_groups, write_parts
from ..errors import FormatError
from ..formats.registry import read_segmentation
from ..formats.report import Report


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The files that were written, notes, and what was left out. Raises what reading and writing raise."""
    path, report = Path(question["path"]), Report()
    segmentation = read_segmentation(path, report=report)
    parts = parts_of(segmentation, question["template"], question["case"], question["by"])
    for part in parts:
        if part.path.exists() and part.path.samefile(path):
            raise FormatError(part.path, "is the input itself; inputs are never changed")
    if not parts:
        raise FormatError(path, "has no labels to split")
    overwrite = question["overwrite"]
    if question["by"] == "group":
        written = write_groups(segmentation, parts, overwrite=overwrite, report=report)
    else:
        written = write_parts(
            segmentation, parts, keep_values=question["keep_values"], overwrite=overwrite, report=report
        )  # fmt: skip
    told = {"notes": report.notes, "left_out": report.left_out}
    return {"written": [str(each) for each in written], **{name: list(map(str, found)) for name, found in told.items()}}
