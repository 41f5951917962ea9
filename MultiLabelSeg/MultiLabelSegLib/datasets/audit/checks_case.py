"""What can be seen in a case by itself, or by the voxels of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .facts import CaseFacts
from .findings import Finding

_MOST_NAMED = 6


def case_findings(cases: Sequence[CaseFacts]) -> list[Finding]:
    """Unreadable files, bad voxels, grids, empty and double cases, frames, undeclared values, overlaps."""
    found: list[Finding] = []
    for case in cases:
        found += _of_one(case)
    return found + _frames(cases) + _duplicates(cases)


def _of_one(case: CaseFacts) -> list[Finding]:
    if case.error:
        return [Finding("values" if case.bad_values else "unreadable", case.case, "", case.error)]
    found = [Finding("geometry", case.case, "", fault) for fault in case.image_faults]
    if case.rounded:
        text = f"{case.rounded:,} voxels are no whole numbers, though within 0.001 of them"
        found.append(Finding("values", case.case, "", text))
    if case.is_empty:
        found.append(Finding("empty case", case.case, "", "no voxel is labelled"))
    for label in case.labels:
        if not label.declared and label.voxels:
            text = f"{label.voxels:,} voxels hold {label.value}, which no label names"
            found.append(Finding("undeclared", case.case, str(label.value), text))
    names = {label.value: label.name for label in case.labels}
    for first, second, voxels in case.overlaps:
        text = f"{names[first]!r} and {names[second]!r} share {voxels:,} voxels"
        found.append(Finding("overlap", case.case, names[first], text))
    return found


def _frames(cases: Sequence[CaseFacts]) -> list[Finding]:
    read = [case for case in cases if not case.error]
    counts = Counter(case.frames for case in read)
    if len(counts) < 2:
        return []
    usual, agreeing = counts.most_common(1)[0]
    return [
        Finding("frames", case.case, "", f"{case.frames} frames; {agreeing} of {len(read)} cases have {usual}")
        for case in read
        if case.frames != usual
    ]


def _duplicates(cases: Sequence[CaseFacts]) -> list[Finding]:
    same: dict[str, list[str]] = {}
    for case in cases:
        if case.content:
            same.setdefault(case.content, []).append(case.case)
    found = []
    for names in same.values():
        if len(names) < 2:
            continue
        for name in names:
            others = [other for other in names if other != name]
            more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
            text = f"has the same voxels as {', '.join(others[:_MOST_NAMED])}{more}"
            found.append(Finding("duplicate", name, "", text))
    return found
