"""One case of ``mlseg split``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..datasets.splitting import parts_of, write_groups, write_parts
from ..errors import FormatError
from ..formats.registry import read_segmentation


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The files that were written. Raises what reading and writing raise."""
    path = Path(question["path"])
    segmentation = read_segmentation(path)
    parts = parts_of(segmentation, question["template"], question["case"], question["by"])
    for part in parts:
        if part.path.exists() and part.path.samefile(path):
            raise FormatError(part.path, "is the input itself; inputs are never changed")
    if not parts:
        raise FormatError(path, "has no labels to split")
    overwrite = question["overwrite"]
    if question["by"] == "group":
        written = write_groups(segmentation, parts, overwrite=overwrite)
    else:
        written = write_parts(segmentation, parts, keep_values=question["keep_values"], overwrite=overwrite)
    return {"written": [str(each) for each in written]}
