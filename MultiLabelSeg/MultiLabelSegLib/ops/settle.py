"""Who gets a voxel that several masks want: the one that holds it, else the nearest, else the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .distance import ROUNDING, squared_distances_at
from .progress import Progress, part_of, parts, told

Mask = NDArray[np.bool_]
Corner = tuple[int, int, int]
#: claims from which they are all settled in one block: looking for blocks that lie apart is quadratic
_MANY = 512


@dataclass(frozen=True, eq=False)
class Claim:
    """What one mask wants and what it held before, both (k, j, i), in a frame from the voxel ``lower`` on."""

    lower: Corner
    wanted: Mask
    held: Mask

    @property
    def upper(self) -> Corner:
        """Where it ends, exclusive."""
        k, j, i = (first + size for first, size in zip(self.lower, self.wanted.shape, strict=True))
        return k, j, i


@dataclass(frozen=True, eq=False)
class Settled:
    """A block of a frame: ``region`` (k, j, i) holds n + 1 where the voxel goes to claim ``members[n]``, else 0.

    ``contested`` counts the voxels that several wanted.
    """

    lower: Corner
    region: NDArray[np.unsignedinteger]
    members: tuple[int, ...]
    contested: int


def settle(claims: Sequence[Claim], spacing: Sequence[float], progress: Progress | None = None) -> list[Settled]:
    """Blocks of a frame that do not meet, each with the claims that do. ``spacing`` is mm along k, j, i.

    A voxel that several claims want goes to the one that held it, else to the one whose nearest held voxel is nearest
    in mm, else to the first of them.
    """
    clusters = _clusters(claims)
    weights = [len(members) for members in clusters]
    return [_settled(claims, members, spacing, part) for members, part in parts(clusters, progress, weights)]


def _clusters(claims: Sequence[Claim]) -> list[tuple[int, ...]]:
    """Indices of claims whose boxes meet, directly or by their common boxes."""
    if len(claims) > _MANY:
        return [tuple(range(len(claims)))]
    clusters: list[tuple[Corner, Corner, tuple[int, ...]]] = []
    for index, claim in enumerate(claims):
        lower, upper = claim.lower, claim.upper
        members: tuple[int, ...] = (index,)
        apart = []
        while clusters:
            low, high, others = clusters.pop()
            if any(high[axis] <= lower[axis] or upper[axis] <= low[axis] for axis in range(3)):
                apart.append((low, high, others))
                continue
            lower = (min(lower[0], low[0]), min(lower[1], low[1]), min(lower[2], low[2]))
            upper = (max(upper[0], high[0]), max(upper[1], high[1]), max(upper[2], high[2]))
            members = others + members
            clusters += apart  # the common box may meet those that the single one missed
            apart = []
        clusters = [*apart, (lower, upper, members)]
    return [tuple(sorted(members)) for _, _, members in clusters]


def _settled(
    claims: Sequence[Claim], members: tuple[int, ...], spacing: Sequence[float], progress: Progress | None
) -> Settled:
    low = _corner(np.min([claims[index].lower for index in members], axis=0))
    high = np.max([claims[index].upper for index in members], axis=0)
    dtype = np.uint8 if len(members) < 256 else np.uint16
    region: NDArray[np.unsignedinteger] = np.zeros(_corner(high - low), dtype)
    contested = np.zeros(region.shape, np.bool_) if len(members) > 1 else None
    numbered = list(enumerate(members, 1))
    for number, index in told(numbered, part_of(progress, 0, 0.3)):
        claim = claims[index]
        part = region[_place(claim, low)]
        if contested is not None:
            contested[_place(claim, low)] |= claim.wanted & (part != 0)
        part[claim.wanted & (part == 0)] = number
    count = 0 if contested is None else int(np.count_nonzero(contested))
    if contested is not None and count:
        _decide(claims, members, spacing, low, region, contested, part_of(progress, 0.3, 1))
    return Settled(low, region, members, count)


def _decide(
    claims: Sequence[Claim],
    members: tuple[int, ...],
    spacing: Sequence[float],
    low: Corner,
    region: NDArray[np.unsignedinteger],
    contested: Mask,
    progress: Progress | None,
) -> None:
    """Gives the contested voxels to those that hold them, then the others to the nearest. ``contested`` is used up."""
    numbered = list(enumerate(members, 1))
    for number, index in told(numbered, part_of(progress, 0, 0.3)):
        claim, where = claims[index], _place(claims[index], low)
        mine = contested[where] & claim.wanted
        mine &= claim.held
        region[where][mine] = number
        contested[where] &= ~mine
    places = np.flatnonzero(contested)  # few: distances are looked for at these alone
    nearest = np.full(len(places), np.inf, np.float32)
    owner = np.zeros(len(places), region.dtype)
    for number, index in told(numbered, part_of(progress, 0.3, 1)):
        claim, where = claims[index], _place(claims[index], low)
        asked = np.nonzero(contested[where] & claim.wanted)
        if not len(asked[0]):
            continue
        flat = np.ravel_multi_index([at + part.start for at, part in zip(asked, where, strict=True)], region.shape)
        at = np.searchsorted(places, flat)
        distance = squared_distances_at(claim.held, asked, spacing)
        closer = distance * (1 + ROUNDING) < nearest[at]
        nearest[at[closer]] = distance[closer]
        owner[at[closer]] = number
    won = owner > 0
    region.reshape(-1)[places[won]] = owner[won]


def _corner(numbers: NDArray[Any]) -> Corner:
    k, j, i = numbers.tolist()
    return k, j, i


def _place(claim: Claim, low: Corner) -> tuple[slice, ...]:
    ends = zip(claim.lower, claim.upper, low, strict=True)
    return tuple(slice(first - base, last - base) for first, last, base in ends)
