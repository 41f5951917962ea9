"""The figures of one case: every label of two segmentations on one grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...core import Segmentation
from ...core.box import Box
from ...core.compare import Match
from ...errors import GeometryError, OptionError
from ...ops.mask_metrics import BorderDistances, border_distances, dice, pooled

State = Literal["both", "only a", "only b", "empty", "missing in a", "missing in b"]
#: label values by group index; the voxels of a key are those of all
_Owned = dict[int, set[int]]


@dataclass(frozen=True)
class LabelMetrics:
    """One label (or class of labels) of one case.

    ``state`` says where it has voxels: ``both``; ``only a`` or ``only b`` (there is a label there too, but empty);
    ``missing in a`` or ``missing in b`` (there is no such label); ``empty`` in both. A label that is missing counts as
    an empty one. Distances in mm are None unless it is in both. Volumes are ml; ``volume_difference`` is b - a in ml,
    ``relative_difference`` that by the volume of a (None where a is empty).
    """

    key: str
    state: State
    voxels_a: int
    voxels_b: int
    ml_a: float
    ml_b: float
    dice: float
    surface_dice: float | None
    hd95_mm: float | None
    mean_distance_mm: float | None
    volume_difference: float
    relative_difference: float | None


@dataclass(frozen=True)
class CaseComparison:
    """One case of both sets; ``error`` says why it could not be compared (no labels then)."""

    case: str
    labels: tuple[LabelMetrics, ...] = ()
    error: str = ""
    identical: bool = False

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CaseComparison:
        """What ``to_json`` gave."""
        labels = tuple(LabelMetrics(**row) for row in data["labels"])
        return cls(data["case"], labels, data["error"], data["identical"])


def compared(
    case: str,
    a: Segmentation,
    b: Segmentation,
    match: Match = "value",
    tolerance_mm: float | None = 1.0,
    distances: bool = True,
) -> CaseComparison:
    """Every label of ``a`` and ``b``, matched by value or by name (instances of a name count together).

    ``tolerance_mm`` is that of the surface Dice (None leaves it out), ``distances`` measures borders at all. The work
    is done in the box of each label. Raises GeometryError for different grids, OptionError for a negative tolerance.
    """
    if tolerance_mm is not None and not tolerance_mm >= 0:
        raise OptionError("tolerance", tolerance_mm, "0 mm or more")
    problems = a.geometry.differences(b.geometry, 1e-3, 1e-5)
    if problems:
        raise GeometryError("the segmentations lie on different grids: " + "; ".join(problems))
    mine, theirs = _by_key(a, match), _by_key(b, match)
    keys = sorted({*mine, *theirs}, key=lambda key: (isinstance(key, str), key))
    measure = _Measure(a, b, tolerance_mm if distances else None, distances)
    rows = [measure.row(str(key), mine.get(key), theirs.get(key)) for key in keys]
    same = all(row.dice == 1.0 and not row.state.startswith("missing") for row in rows)
    return CaseComparison(case, tuple(rows), identical=same)


def _by_key(segmentation: Segmentation, match: Match) -> dict[int | str, _Owned]:
    found: dict[int | str, _Owned] = {}
    for index, group in enumerate(segmentation.groups):
        for label in group.labels:
            key: int | str = label.value if match == "value" else label.name
            found.setdefault(key, {}).setdefault(index, set()).add(label.value)
    return found


class _Measure:
    """Measures labels of two segmentations on one grid."""

    def __init__(self, a: Segmentation, b: Segmentation, tolerance: float | None, distances: bool) -> None:
        self._a, self._b = a, b
        self._tolerance, self._distances = tolerance, distances
        self._spacing = a.geometry.spacing[::-1]

    def row(self, key: str, mine: _Owned | None, theirs: _Owned | None) -> LabelMetrics:
        """The figures of one key; None stands for a label that is missing."""
        count_a = count_b = common = 0
        borders: list[BorderDistances] = []
        for t in range(self._a.geometry.time_steps):
            box = _union(_box(self._a, mine, t), _box(self._b, theirs, t))
            if box is None:
                continue
            first, second = _mask(self._a, mine, t, box), _mask(self._b, theirs, t, box)
            count_a += int(np.count_nonzero(first))
            count_b += int(np.count_nonzero(second))
            common += int(np.count_nonzero(first & second))
            if self._distances:
                borders.append(border_distances(first, second, self._spacing))
        found = pooled(borders)
        ml = self._a.geometry.voxel_volume_mm3 / 1000
        measured = self._distances
        return LabelMetrics(
            key,
            _state(mine, theirs, count_a, count_b),
            count_a,
            count_b,
            count_a * ml,
            count_b * ml,
            dice(common, count_a, count_b),
            found.share_within(self._tolerance) if measured and self._tolerance is not None else None,
            found.percentile(95) if measured else None,
            found.mean() if measured else None,
            (count_b - count_a) * ml,
            (count_b - count_a) / count_a if count_a else None,
        )


def _state(mine: _Owned | None, theirs: _Owned | None, count_a: int, count_b: int) -> State:
    if mine is None:
        return "missing in a"
    if theirs is None:
        return "missing in b"
    if count_a and count_b:
        return "both"
    return "only a" if count_a else "only b" if count_b else "empty"


def _box(segmentation: Segmentation, owned: _Owned | None, t: int) -> Box | None:
    found: Box | None = None
    for index, values in (owned or {}).items():
        for value in values:
            found = _union(found, segmentation.groups[index].index.box(value, t))
    return found


def _union(first: Box | None, second: Box | None) -> Box | None:
    if first is None or second is None:
        return first or second
    return first.union(second)


def _mask(segmentation: Segmentation, owned: _Owned | None, t: int, box: Box) -> NDArray[np.bool_]:
    mask = np.zeros(box.shape, np.bool_)
    for index, values in (owned or {}).items():
        part = segmentation.groups[index].array[t][box.slices]
        if len(values) == 1:
            mask |= part == next(iter(values))
        else:
            mask |= np.isin(part, np.fromiter(values, part.dtype, len(values)))
    return mask
