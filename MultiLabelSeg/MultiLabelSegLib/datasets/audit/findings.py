"""What an audit finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

#: kind -> what it means, in the order in which reports show them
KINDS = {
    "unreadable": "files that cannot be read",
    "values": "voxels that are no whole label values",
    "geometry": "grids that differ from their images'",
    "duplicate": "the same voxels in several cases",
    "empty case": "cases without any labelled voxel",
    "frames": "other numbers of frames than most",
    "undeclared": "voxels whose value no label names",
    "spelling": "one label under several names",
    "value": "one name with several values",
    "missing": "labels that a case should have",
    "empty": "labels without voxels that others have",
    "unexpected": "labels that a case should not have",
    "overlap": "masks of a case that share voxels",
    "side": "left and right exchanged",
    "exchanged": "labels in each other's place",
    "mirrored": "whole cases that lie mirrored",
    "volume": "volumes that stand out",
    "islands": "pieces away from their label",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or suspicious: kind, case, label (empty: the whole case), and a sentence about it."""

    kind: str
    case: str
    label: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


def in_order(findings: list[Finding]) -> list[Finding]:
    """By kind as in ``KINDS``, then by case and label."""
    order = {kind: number for number, kind in enumerate(KINDS)}
    return sorted(findings, key=lambda found: (order[found.kind], found.case, found.label, found.text))
