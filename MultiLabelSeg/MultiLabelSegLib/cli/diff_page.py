"""The comparison of two sets as one HTML page: a summary with plots, then every case."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from ..datasets.compare import CaseComparison, LabelMetrics, LabelSummary, summaries
from ..datasets.compare.summary import Spread, figure
from ..reports.page import page, paragraph, section, table, verdict
from ..reports.strip_plot import strip_plot

_FIGURES = (
    ("dice", "Dice", 4),
    ("surface_dice", "surface Dice", 4),
    ("hd95_mm", "HD95 mm", 2),
    ("mean_distance_mm", "distance mm", 2),
    ("volume_difference", "volume ml", 2),
)
_MOST_ROWS = 5000


def comparison_page(cases: Sequence[CaseComparison], settings: dict[str, Any]) -> str:
    """A self-contained page; all text of files is escaped."""
    failed = [case for case in cases if case.error]
    rows = summaries(cases)
    lead = f"{len(cases)} cases, {len(rows)} labels matched by {settings['match']}; first {settings['a']}, "
    lead += f"second {settings['b']}; surface Dice at {settings['tolerance_mm']:g} mm; volumes are second - first"
    sections = []
    if failed:
        listed = [[escape(case.case), verdict(False, "failed"), escape(case.error)] for case in failed]
        sections.append(section(f"Not compared: {len(failed)}", table(("case", "", "reason"), listed)))
    sections.append(section("Labels: mean (median) over the cases", _summary(rows)))
    sections.append(section("Plots: one mark a case", *_plots(cases, rows)))
    sections.append(section("Cases", _all(cases)))
    return page("Comparison", lead, sections)


def _summary(rows: Sequence[LabelSummary]) -> str:
    heads = ("label", "cases", *(title for _, title, _ in _FIGURES))
    cells = [
        [escape(row.key), str(row.cases), *(_spread(row.figures[name], digits) for name, _, digits in _FIGURES)]
        for row in rows
    ]
    return table(heads, cells, range(1, len(heads)))


def _spread(found: Spread | None, digits: int) -> str:
    return "" if found is None else f"{figure(found.mean, digits)} ({figure(found.median, digits)})"


def _plots(cases: Sequence[CaseComparison], rows: Sequence[LabelSummary]) -> list[str]:
    parts = []
    for name, title, _ in _FIGURES[:4]:
        marks: dict[str, list[tuple[str, float]]] = {row.key: [] for row in rows}
        for case in cases:
            for label in case.labels:
                value = getattr(label, name)
                if value is not None:
                    marks[label.key].append((case.case, value))
        if any(marks.values()):
            parts.append(strip_plot(title, marks, (0.0, 1.0) if "dice" in name else None))
    return parts or [paragraph("There is nothing to plot.")]


def _all(cases: Sequence[CaseComparison]) -> str:
    heads = ("case", "label", "", *(title for _, title, _ in _FIGURES))
    rows = [_row(case.case, label) for case in cases for label in case.labels]
    note = "" if len(rows) <= _MOST_ROWS else paragraph(f"The first {_MOST_ROWS} of {len(rows)} rows; CSV has all.")
    return note + table(heads, rows[:_MOST_ROWS], range(3, len(heads)))


def _row(case: str, label: LabelMetrics) -> list[str]:
    figures = []
    for name, _, digits in _FIGURES:
        value = getattr(label, name)
        figures.append("" if value is None else figure(value, digits))
    state = "" if label.state == "both" else verdict(label.state == "empty", label.state)
    return [escape(case), escape(label.key), state, *figures]
