"""One case of ``mlseg diff`` over two sets: reads both sides and measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..datasets.compare import compared
from ..formats.registry import read_segmentation
from ..formats.report import Report


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The comparison as JSON. Raises what reading and comparing raise."""
    report = Report()
    a, b = (read_segmentation(Path(question[side]), report=report) for side in ("a", "b"))
    found = compared(
        question["case"], a, b, question["match"], question["tolerance"], distances=question["distances"]
    )  # fmt: skip
    return found.to_json()
