"""Left and right, exchanged labels, cases that lie mirrored; positions are LPS mm, so the left has the larger x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .checks_exchange import exchanged_findings, exchanged_pairs, put_right
from .facts import Column
from .findings import Finding
from .names import counterpart_key

Point = NDArray[np.float64]
_AXES = ("left and right", "front and back", "head and feet")
#: labels of a case, and other cases, that must say how a body lies
_FEWEST_LABELS, _FEWEST_CASES = 3, 3
#: mm by which labels must lie apart to say so
_APART = 5.0
_OPPOSITE = -0.8
#: other cases that each case is held against
_WITNESSES = 24
#: mm beyond the midline at which a label without its counterpart is on the wrong side
_BEYOND = 15.0


def place_findings(columns: Mapping[str, Column]) -> list[Finding]:
    """Left labels to the right of right ones, labels in each other's place, and whole cases turned over."""
    places = _places(columns)
    single = [name for name, column in columns.items() if all(len(labels) == 1 for labels in column.cases.values())]
    exchanged = exchanged_pairs(places, single)
    mirrored = _mirrored(columns, put_right(places, exchanged))
    turned = {finding.case for finding in mirrored if finding.text.startswith(_AXES[0])}
    sides = [finding for case in places if case not in turned for finding in _sides(case, places[case])]
    return exchanged_findings(exchanged) + mirrored + sides


def _places(columns: Mapping[str, Column]) -> dict[str, dict[str, Point]]:
    """Case -> name -> mean position of all voxels of the name."""
    found: dict[str, dict[str, Point]] = {}
    for name, column in columns.items():
        for case, labels in column.cases.items():
            known = [(label.voxels, label.centroid) for label in labels if label.centroid is not None]
            if known:
                total = sum(voxels for voxels, _ in known)
                middle = sum((voxels * np.array(place) for voxels, place in known), np.zeros(3)) / total
                found.setdefault(case, {})[name] = middle
    return found


def _sides(case: str, places: Mapping[str, Point]) -> list[Finding]:
    pairs, lonely, plain = _by_side(places)
    swapped = [(left, right) for left, right in pairs if places[left][0] < places[right][0]]
    found = []
    for left, right in swapped:
        apart = places[right][0] - places[left][0]
        every = "; so do all pairs: the mask may be mirrored" if len(swapped) == len(pairs) > 1 else ""
        text = f"{left!r} lies {apart:.1f} mm to the patient's right of {right!r}{every}"
        found.append(Finding("side", case, left, text))
    middle = _midline(pairs, plain, places)
    if middle is None or swapped:
        return found
    for name, side in lonely:
        beyond = (middle - places[name][0]) if side == "left" else (places[name][0] - middle)
        if beyond > _BEYOND:
            text = f"{name!r} lies {beyond:.1f} mm beyond the midline, on the other side"
            found.append(Finding("side", case, name, text))
    return found


def _by_side(names: Mapping[str, Point]) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[str]]:
    """(left, right) pairs, labels of a side without their counterpart, and labels without a side."""
    sides: dict[str, dict[str, str]] = {}
    plain = []
    for name in names:
        side, rest = counterpart_key(name)
        if side:
            sides.setdefault(rest, {})[side] = name
        else:
            plain.append(name)
    pairs = [(both["left"], both["right"]) for both in sides.values() if len(both) == 2]
    lonely = [(name, side) for both in sides.values() if len(both) == 1 for side, name in both.items()]
    return pairs, lonely, plain


def _midline(pairs: Sequence[tuple[str, str]], plain: Sequence[str], places: Mapping[str, Point]) -> float | None:
    """The x of the body's midline in mm: between the sides of pairs, else amid labels that have no side."""
    if pairs:
        return float(np.median([(places[left][0] + places[right][0]) / 2 for left, right in pairs]))
    if len(plain) >= _FEWEST_LABELS:
        return float(np.median([places[name][0] for name in plain]))
    return None


def _mirrored(columns: Mapping[str, Column], places: Mapping[str, Mapping[str, Point]]) -> list[Finding]:
    """Cases whose labels (those without a side) lie the other way round than in most other cases."""
    names = [name for name in columns if not counterpart_key(name)[0]]
    found = []
    cases = list(places)
    for number, (case, mine) in enumerate(places.items()):
        others = [places[cases[(number + step) % len(cases)]] for step in range(1, min(len(cases), _WITNESSES + 1))]
        for axis, words in enumerate(_AXES):
            votes = [_likeness(mine, theirs, names, axis) for theirs in others]
            known = [vote for vote in votes if vote is not None]
            against = sum(vote < _OPPOSITE for vote in known)
            if len(known) >= _FEWEST_CASES and against > 0.6 * len(known):
                text = f"{words} are exchanged against {against} of {len(known)} other cases: the mask may be mirrored"
                found.append(Finding("mirrored", case, "", text))
    return found


def _likeness(mine: Mapping[str, Point], theirs: Mapping[str, Point], names: Sequence[str], axis: int) -> float | None:
    """How alike labels lie along an axis, from 1 to -1 (mirrored); None when they do not say."""
    common = [name for name in names if name in mine and name in theirs]
    if len(common) < _FEWEST_LABELS:
        return None
    first, second = (np.array([each[name][axis] for name in common]) for each in (mine, theirs))
    first, second = first - first.mean(), second - second.mean()
    lengths = float(np.sqrt(np.mean(np.square(first)))), float(np.sqrt(np.mean(np.square(second))))
    if min(lengths) < _APART:
        return None
    return float(np.mean(first * second) / (lengths[0] * lengths[1]))
