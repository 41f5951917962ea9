"""Labels that lie in each other's place: their values, or their names, were exchanged in a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from .findings import Finding
from .names import counterpart_key

Point = NDArray[np.float64]
Places = Mapping[str, Mapping[str, Point]]
_Pair = tuple[str, str]
#: other cases that each case is held against, and how many of them must know a label
_WITNESSES, _FEWEST = 12, 3
#: how much nearer two labels must lie to each other's places: as a share of the distance to their own, and in mm
_NEARER, _LEAST_MM = 0.5, 10.0
#: how much farther than usual in this set labels must lie from their own places, one by itself and two together
_FAR_ALONE, _FAR = 1.5, 3.0


def exchanged_pairs(places: Places, names: Sequence[str]) -> dict[str, list[_Pair]]:
    """Case -> pairs of ``names`` that lie where the other cases have them the other way round.

    ``places`` are positions in LPS mm by case and name. Cases are laid over each other by the median shift of their
    labels; a label's distance from its place is the median over the other cases. How far labels lie from their places
    in the set as a whole says what is much. Pairs of a left and a right label, and cases that are better explained as
    mirrored, are left out.
    """
    shifts = {case: _shifts(case, places, names) for case in places}
    usual = {name: float(np.median([each[name] for each in shifts.values() if name in each] or [0])) for name in names}
    found: dict[str, list[_Pair]] = {}
    for case, mine in shifts.items():
        astray = [name for name, far in mine.items() if far > max(_FAR_ALONE * usual[name], _LEAST_MM / 4)]
        gains: dict[_Pair, float] = {}
        for pair in combinations(astray, 2):
            keep = mine[pair[0]] + mine[pair[1]]
            if keep <= max(_FAR * (usual[pair[0]] + usual[pair[1]]), _LEAST_MM) or _are_sides(pair):
                continue
            swap = _swapped(case, pair, places, names)
            if swap < _NEARER * keep and keep - swap > _LEAST_MM:
                gains[pair] = keep - swap
        chosen: list[_Pair] = []
        for pair in sorted(gains, key=lambda each: -gains[each]):
            if not any(name in other for other in chosen for name in pair):
                chosen.append(pair)
        if chosen and not _is_mirrored(case, chosen, places, names):
            found[case] = sorted(chosen)
    return found


def exchanged_findings(found: Mapping[str, Sequence[_Pair]]) -> list[Finding]:
    """A finding for each pair of ``exchanged_pairs``."""
    return [
        Finding("exchanged", case, first, f"{first!r} and {second!r} lie where the other cases have them exchanged")
        for case, pairs in found.items()
        for first, second in pairs
    ]


def put_right(places: Places, found: Mapping[str, Sequence[_Pair]]) -> dict[str, dict[str, Point]]:
    """The places with exchanged pairs changed back."""
    right = {case: dict(mine) for case, mine in places.items()}
    for case, pairs in found.items():
        for first, second in pairs:
            right[case][first], right[case][second] = places[case][second], places[case][first]
    return right


def _are_sides(pair: _Pair) -> bool:
    (side, rest), (other_side, other_rest) = (counterpart_key(name) for name in pair)
    return bool(side and other_side) and side != other_side and rest == other_rest


def _others(case: str, places: Places) -> list[str]:
    """The cases after this one, round and round."""
    cases = list(places)
    at = cases.index(case)
    return [cases[(at + step) % len(cases)] for step in range(1, min(len(cases), _WITNESSES + 1))]


def _laid_over(case: str, other: str, places: Places, names: Sequence[str]) -> tuple[list[str], Point, Point]:
    """Names that both cases have, and their places: the other's, then this one's laid over them."""
    common = [name for name in names if name in places[case] and name in places[other]]
    if not common:
        return common, np.zeros((0, 3)), np.zeros((0, 3))
    mine, theirs = (np.array([places[each][name] for name in common]) for each in (case, other))
    return common, theirs, mine - np.median(mine - theirs, axis=0)


def _shifts(case: str, places: Places, names: Sequence[str]) -> dict[str, float]:
    """How far labels lie from their places, in mm; none for those that too few other cases know."""
    found: dict[str, list[float]] = {}
    for other in _others(case, places):
        common, theirs, mine = _laid_over(case, other, places, names)
        if len(common) < 2:
            continue
        for name, far in zip(common, np.linalg.norm(mine - theirs, axis=1).tolist(), strict=True):
            found.setdefault(name, []).append(far)
    return {name: float(np.median(far)) for name, far in found.items() if len(far) >= _FEWEST}


def _swapped(case: str, pair: _Pair, places: Places, names: Sequence[str]) -> float:
    """How far two labels lie from each other's places, in mm together."""
    found = []
    for other in _others(case, places):
        common, theirs, mine = _laid_over(case, other, places, names)
        if pair[0] in common and pair[1] in common:
            first, second = common.index(pair[0]), common.index(pair[1])
            far = mine[[first, second]] - theirs[[second, first]]
            found.append(float(np.linalg.norm(far, axis=1).sum()))
    return float(np.median(found)) if len(found) >= _FEWEST else np.inf


def _is_mirrored(case: str, pairs: Sequence[_Pair], places: Places, names: Sequence[str]) -> bool:
    """Whether turning the case over explains its places better than exchanging the pairs does."""
    ways: list[Places] = [put_right(places, {case: pairs})]
    for axis in range(3):
        turn = np.ones(3)
        turn[axis] = -1
        ways.append({**places, case: {name: place * turn for name, place in places[case].items()}})
    left = [0.0] * len(ways)
    for other in _others(case, places):
        for number, way in enumerate(ways):
            _, theirs, mine = _laid_over(case, other, way, names)
            left[number] += float(np.linalg.norm(mine - theirs, axis=1).sum())
    return min(left[1:]) < left[0]
