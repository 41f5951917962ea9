"""Overlapping groups as one array: every combination of labels that occurs gets a code of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Group
from ...core.label import MAX_VALUE
from ...errors import LabelError

Combination = frozenset[int]


@dataclass(frozen=True, eq=False)
class Combined:
    """``codes`` (t, k, j, i), uint16, and for each code the labels that it stands for; code 0 stands for none."""

    codes: NDArray[np.uint16]
    members: tuple[Combination, ...]

    def counts(self) -> dict[Combination, int]:
        """Voxels of every combination that occurs, but for that of no label."""
        sums = np.zeros(len(self.members), np.int64)
        for t, k in np.ndindex(*self.codes.shape[:2]):
            sums += np.bincount(self.codes[t, k].ravel(), minlength=len(sums))
        return {members: int(sums[code]) for code, members in enumerate(self.members) if members and sums[code]}

    def translated(self, values: Mapping[Combination, int]) -> NDArray[Any]:
        """The array with the value that each combination is given, uint8 where they fit, else uint16."""
        top = max((values.get(members, 0) for members in self.members), default=0)
        table = np.zeros(len(self.members), np.uint8 if top < 256 else np.uint16)
        for code, members in enumerate(self.members):
            table[code] = values.get(members, 0)
        found: NDArray[Any] = table[self.codes]
        return found


def combine(groups: Sequence[Group]) -> Combined:
    """The combinations of labels, by value, over all groups of one shape; slice by slice.

    Values without a label count as unlabelled. Raises LabelError when there are more combinations than 65,535.
    """
    flat = np.zeros(groups[0].shape, np.uint16)
    codes: dict[Combination, int] = {frozenset(): 0}
    members: list[Combination] = [frozenset()]

    def code_of(combination: Combination) -> int:
        if combination not in codes:
            if len(members) > MAX_VALUE:
                raise LabelError(f"the labels overlap in more than {MAX_VALUE} ways")
            codes[combination] = len(members)
            members.append(combination)
        return codes[combination]

    for group in groups:
        table = np.zeros(MAX_VALUE + 1, np.uint16)
        for value in group.values:
            table[value] = code_of(frozenset((value,)))
        for t, k in np.ndindex(*flat.shape[:2]):
            mine = table[group.array[t, k]]
            if not mine.any():
                continue
            under = flat[t, k]
            both = (under != 0) & (mine != 0)
            np.copyto(under, mine, where=under == 0)
            if both.any():
                _join(under, mine, both, members, code_of)
    return Combined(flat, tuple(members))


def _join(
    under: NDArray[np.uint16],
    mine: NDArray[np.uint16],
    both: NDArray[np.bool_],
    members: list[Combination],
    code_of: Any,
) -> None:
    """Where both slices hold a code, the first gets that of their union."""
    keys = under[both].astype(np.uint32) << np.uint32(16) | mine[both]
    pairs, inverse = np.unique(keys, return_inverse=True)
    joined = [code_of(members[key >> 16] | members[key & 0xFFFF]) for key in pairs.tolist()]
    under[both] = np.array(joined, np.uint16)[inverse.reshape(-1)]
