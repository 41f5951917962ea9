"""Figures over all cases of a comparison, and its tables as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .measuring import CaseComparison, LabelMetrics

METRICS = ("dice", "surface_dice", "hd95_mm", "mean_distance_mm", "volume_difference", "relative_difference")
COLUMNS = ("case", "label", "state", "voxels_a", "voxels_b", "ml_a", "ml_b", *METRICS, "error")


@dataclass(frozen=True)
class Spread:
    """Mean, median, smallest, largest and sample standard deviation over ``count`` cases where a figure is known."""

    count: int
    mean: float
    median: float
    minimum: float
    maximum: float
    deviation: float


@dataclass(frozen=True)
class LabelSummary:
    """One label over all cases; a figure without any known value is None. Cases where it is empty in both count."""

    key: str
    cases: int
    figures: dict[str, Spread | None]


def figure(value: float, digits: int) -> str:
    """A number for people, with so many digits behind the point; a small negative one is no "-0.00"."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def summaries(cases: Sequence[CaseComparison]) -> list[LabelSummary]:
    """One row a label, in the order in which labels first come."""
    by_key: dict[str, list[LabelMetrics]] = {}
    for case in cases:
        for row in case.labels:
            by_key.setdefault(row.key, []).append(row)
    return [
        LabelSummary(key, len(rows), {name: spread([getattr(row, name) for row in rows]) for name in METRICS})
        for key, rows in by_key.items()
    ]


def spread(values: Sequence[float | None]) -> Spread | None:
    """The spread of the values that are known; None when there are none. A single one has the deviation 0."""
    known = np.array([value for value in values if value is not None], np.float64)
    if not len(known):
        return None
    deviation = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    return Spread(
        len(known), float(known.mean()), float(np.median(known)), float(known.min()), float(known.max()), deviation
    )


def metrics_json(cases: Sequence[CaseComparison], settings: dict[str, Any]) -> str:
    """Everything as JSON: settings, one entry a label with its spreads, one a case with its labels."""
    data = {
        "settings": settings,
        "labels": [asdict(row) for row in summaries(cases)],
        "cases": [case.to_json() for case in cases],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def metrics_csv(cases: Sequence[CaseComparison]) -> str:
    """One row for each label of each case, and one for each case that could not be compared."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for case in cases:
        if case.error:
            writer.writerow([as_text(case.case), *[""] * (len(COLUMNS) - 2), as_text(case.error)])
        for row in case.labels:
            fields = asdict(row)
            fields.update(case=as_text(case.case), label=as_text(row.key), error="")
            writer.writerow(["" if fields[name] is None else fields[name] for name in COLUMNS])
    return "\ufeff" + stream.getvalue()


def as_text(value: str) -> str:
    """Text that a spreadsheet would take for a formula, marked as text by an apostrophe."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
