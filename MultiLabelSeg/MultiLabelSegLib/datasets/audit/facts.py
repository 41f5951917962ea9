"""What is measured of one case; plain data that goes between processes as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class LabelFacts:
    """One label of a case.

    ``centroid`` is LPS mm (None without voxels). ``pieces`` counts connected components (corners touch), ``beside`` are
    the voxels outside of the largest one, ``apart_mm`` the largest gap between the box of a piece and that of the
    largest. ``declared`` is False for voxels that no label names.
    """

    value: int
    name: str
    voxels: int
    ml: float
    group: int = 0
    centroid: tuple[float, float, float] | None = None
    pieces: int = 0
    beside: int = 0
    apart_mm: float = 0.0
    declared: bool = True


@dataclass(frozen=True)
class CaseFacts:
    """One case.

    ``error`` says why it could not be read, and ``bad_values`` that its voxels are no label values. ``named`` is False
    where no table gives names. ``overlaps`` are (value, value, voxels) between files of a case; ``image_faults`` say
    how its grid differs from its image's; ``rounded`` counts voxels that are not whole numbers, within 0.001.
    ``content`` is a hash of the voxels. ``picture`` is a PNG in base64, put in by whoever draws.
    """

    case: str
    path: str
    error: str = ""
    bad_values: bool = False
    named: bool = True
    frames: int = 1
    grid: str = ""
    labels: tuple[LabelFacts, ...] = ()
    overlaps: tuple[tuple[int, int, int], ...] = ()
    image_faults: tuple[str, ...] = ()
    rounded: int = 0
    content: str = ""
    picture: str = ""

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CaseFacts:
        """What ``to_json`` gave, perhaps through JSON text."""
        labels = tuple(_label(each) for each in data["labels"])
        overlaps = tuple((each[0], each[1], each[2]) for each in data["overlaps"])
        return cls(**{**data, "labels": labels, "overlaps": overlaps, "image_faults": tuple(data["image_faults"])})

    @property
    def is_empty(self) -> bool:
        """Whether it was read and no voxel is labelled."""
        return not self.error and not any(label.voxels for label in self.labels)


@dataclass(frozen=True)
class Column:
    """A name over all cases: case -> its labels of that name (several where there are instances)."""

    name: str
    cases: dict[str, tuple[LabelFacts, ...]] = field(default_factory=dict)

    def voxels(self, case: str) -> int:
        """Voxels of all labels of the name in a case; 0 where it has none."""
        return sum(label.voxels for label in self.cases.get(case, ()))

    def ml(self, case: str) -> float:
        """Their volume."""
        return sum(label.ml for label in self.cases.get(case, ()))


def _label(data: Mapping[str, Any]) -> LabelFacts:
    place = data["centroid"]
    return LabelFacts(**{**data, "centroid": None if place is None else (place[0], place[1], place[2])})


def columns_of(cases: list[CaseFacts]) -> dict[str, Column]:
    """The declared labels of all cases by their names, in the order of their smallest value."""
    found: dict[str, dict[str, list[LabelFacts]]] = {}
    first: dict[str, int] = {}
    for case in cases:
        for label in case.labels:
            if label.declared:
                found.setdefault(label.name, {}).setdefault(case.case, []).append(label)
                first[label.name] = min(first.get(label.name, label.value), label.value)
    ordered = sorted(found, key=lambda name: (first[name], name))
    return {name: Column(name, {case: tuple(rows) for case, rows in found[name].items()}) for name in ordered}
