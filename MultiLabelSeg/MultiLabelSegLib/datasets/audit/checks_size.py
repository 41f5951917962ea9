"""Volumes that stand out, and pieces away from their label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .facts import Column, LabelFacts
from .findings import Finding

#: cases that robust statistics need
_FEWEST = 6
#: how far from the median a logarithm of a volume may lie, in robust standard deviations, and the least factor
_FAR, _FACTOR = 5.0, 2.5
#: the standard deviation of normally distributed numbers by their median absolute deviation
_BY_MAD = 1.4826
#: the share of a label that pieces beside it may have to be taken for dirt
_DIRT, _DIRT_ALONE = 0.2, 0.01
#: other cases that must agree on how many pieces a label has
_AGREEING = 3


def volume_findings(columns: Mapping[str, Column]) -> list[Finding]:
    """Volumes (of all labels of a name) far from the median of the other cases, on a logarithmic scale.

    Median and median absolute deviation, as outliers move neither (Iglewicz and Hoaglin 1993).
    """
    found = []
    for name, column in columns.items():
        volumes = {case: column.ml(case) for case in column.cases if column.ml(case) > 0}
        if len(volumes) < _FEWEST:
            continue
        logs = np.log(np.fromiter(volumes.values(), np.float64))
        middle = float(np.median(logs))
        deviation = _BY_MAD * float(np.median(np.abs(logs - middle)))
        limit = max(_FAR * deviation, float(np.log(_FACTOR)))
        for (case, ml), place in zip(volumes.items(), logs.tolist(), strict=True):
            if abs(place - middle) > limit:
                factor = float(np.exp(abs(place - middle)))
                way = "times" if place > middle else "times less than"
                usual = f"the median {np.exp(middle):,.3g} ml of {len(volumes)} cases"
                text = f"{ml:,.3g} ml is {factor:.1f} {way} {usual}"
                found.append(Finding("volume", case, name, text))
    return found


def island_findings(columns: Mapping[str, Column]) -> list[Finding]:
    """Labels in more pieces than in the other cases; in sets too small for that, crumbs beside a label."""
    found = []
    for name, column in columns.items():
        pieces = {case: max(label.pieces for label in labels) for case, labels in column.cases.items()}
        for case, labels in column.cases.items():
            others = [count for other, count in pieces.items() if other != case and count]
            for label in labels:
                usual = _usual(label, others)
                if usual is not None:
                    beside = f"{label.beside:,} of {label.voxels:,} voxels lie outside of the largest"
                    far = f", up to {label.apart_mm:.1f} mm away" if label.apart_mm else ""
                    text = f"{label.pieces:,} pieces; {beside}{far}{usual}"
                    found.append(Finding("islands", case, name, text))
    return found


def _usual(label: LabelFacts, others: list[int]) -> str | None:
    """What is usual, as the end of a sentence, when the label has too many pieces; None when it has not."""
    if label.pieces < 2:
        return None
    share = label.beside / label.voxels
    if len(others) < _AGREEING:
        return "" if share <= _DIRT_ALONE else None
    low, high = min(others), max(others)
    if low == high:
        odd = label.pieces > high and (share <= _DIRT if high == 1 else len(others) >= _FEWEST - 1)
        return f"; the {len(others)} other cases have {high}" if odd else None
    return f"; the {len(others)} other cases have {low} to {high}" if label.pieces > 2 * high else None
