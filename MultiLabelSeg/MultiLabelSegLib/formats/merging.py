"""Several segmentations into one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..core import Group, Segmentation
from ..core.naming import free_value
from ..errors import GeometryError, LossError, Remedy
from .overlap import Strategy, colliding_pairs, describe_pairs, flatten
from .report import Report
from .values import renumbered

_OVERLAP = Remedy("overlap", "choose --overlap priority or combine, or -g for one group each")


def merged(
    parts: Sequence[tuple[Path, Segmentation]],
    *,
    one_group_each: bool,
    overlap: Strategy = "error",
    report: Report | None = None,
) -> Segmentation:
    """One segmentation from several on one grid, the first one's uid and properties kept.

    ``one_group_each`` keeps every input's groups apart (a group without a name takes the file's); otherwise all labels
    go into one group, where overlaps are refused unless ``overlap`` is ``priority`` (earlier wins) or ``combine``.
    A value that is taken already becomes the highest used + 1, as in MITK; each change is noted in the report.

    Raises GeometryError for another grid, LossError for overlaps.
    """
    report = report or Report()
    (first_path, first), *others = parts
    groups = _named(first_path, first, one_group_each)
    used = set(first.values).union(*(group.present_values() for group in groups))
    for path, segmentation in others:
        problems = first.geometry.differences(segmentation.geometry)
        if problems:
            raise GeometryError(f"{path} does not lie on the grid of {first_path}: {'; '.join(problems)}")
        mapping = _free_values(segmentation, used)
        for old, new in mapping.items():
            name = segmentation.label(old).name
            report.note(f"label {old} {name!r} became {new} because {old} is taken", path)
        moved = renumbered(segmentation, mapping) if mapping else segmentation
        used.update(moved.values, *(group.present_values() for group in moved.groups))
        groups.extend(_named(path, moved, one_group_each))
    result = first.with_groups(groups)
    return result if one_group_each else _in_one_group(first_path, result, overlap)


def _named(path: Path, segmentation: Segmentation, named: bool) -> list[Group]:
    """The groups; those without a name take the file's where groups are kept apart."""
    name = path.name.split(".")[0]
    return [
        group if group.name or not named else Group(group.array, group.labels, name, group.properties)
        for group in segmentation.groups
    ]


def _free_values(segmentation: Segmentation, used: set[int]) -> dict[int, int]:
    taken = used | set(segmentation.values)
    mapping: dict[int, int] = {}
    for value in segmentation.values:
        if value in used:
            mapping[value] = free_value(taken)
            taken.add(mapping[value])
    return mapping


def _in_one_group(path: Path, segmentation: Segmentation, overlap: Strategy) -> Segmentation:
    if len(segmentation.groups) == 1:
        return segmentation
    pairs = colliding_pairs(segmentation)
    if pairs and overlap not in ("priority", "combine"):
        raise LossError(path, [*describe_pairs(segmentation, pairs), str(_OVERLAP)]).offering(_OVERLAP)
    return flatten(segmentation, overlap if pairs else "priority").segmentation
