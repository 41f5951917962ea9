"""Maps that rename and renumber labels in one go: CSV ``from_name,from_value,to_name,to_value``."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..core import Group, Label, Segmentation
from ..core.label import UNLABELLED
from ..errors import FormatError, LabelError, PresetError
from ..formats.label_tables.text import load_text, parse_value
from ..formats.report import Report
from ..formats.values import renumbered

COLUMNS = ("from_name", "from_value", "to_name", "to_value")


@dataclass(frozen=True)
class Rule:
    """A line of a map: which labels it means, and what they become. None stands for an empty field."""

    line: int
    from_name: str | None
    from_value: int | None
    to_name: str | None
    to_value: int | None

    def means(self, label: Label) -> bool:
        """Whether the rule is about a label: all of its from fields fit; blanks around its name do not count."""
        return self.from_name in (None, label.name, label.name.strip()) and self.from_value in (None, label.value)

    def __str__(self) -> str:
        parts = (None if self.from_value is None else str(self.from_value), self.from_name and repr(self.from_name))
        return f"line {self.line} ({' '.join(filter(None, parts))})"


@dataclass
class MappedLabels:
    """The segmentation after a map, with the changes: ``values`` old -> new, ``names`` old value -> (old, new)."""

    segmentation: Segmentation
    values: dict[int, int] = field(default_factory=dict)
    names: dict[int, tuple[str, str]] = field(default_factory=dict)
    unused: list[Rule] = field(default_factory=list)


def read_value_map(path: Path, report: Report | None = None) -> tuple[Rule, ...]:
    """The rules of a map, line by line.

    The first line may name the columns, in any order; otherwise they are the four in their order. Comma, semicolon or
    tab separate, blanks around cells, blank lines and lines that begin with ``#`` do not count. Either from field may
    be empty, and either to field (that then stays as it is). Raises PresetError naming line and field.
    """
    try:
        text = load_text(path, report or Report())
    except FormatError as error:
        raise PresetError(str(error)) from None
    header: Sequence[str] = COLUMNS
    rules: list[Rule] = []
    # a semicolon may be a separator here, so only # begins a comment
    lines = [(number, line) for number, line in enumerate(text.lines, 1) if line.strip()]
    lines = [(number, line) for number, line in lines if not line.lstrip().startswith("#")]
    separator = _separator(lines[0][1]) if lines else ","
    for line, content in lines:
        cells = _cells(content, separator, f"{path}, line {line}")
        if not any(cells):
            continue
        names = [cell.lower().replace(" ", "_") for cell in cells]
        if not rules and header is COLUMNS and set(names) & set(COLUMNS):
            header = _checked_header(names, f"{path}, line {line}")
            continue
        rules.append(_rule(line, cells, header, path))
    if not rules and header is COLUMNS:  # a header alone is a map that changes nothing, such as an audit may propose
        raise PresetError(f"{path}: the map has no lines; expected {','.join(COLUMNS)}")
    return tuple(rules)


def _separator(line: str) -> str:
    """What separates the cells: whatever the first line has most of."""
    return max(",;\t", key=line.count)


def _cells(line: str, separator: str, where: str) -> list[str]:
    try:
        rows = list(csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise PresetError(f"{where}: {error}; expected {','.join(COLUMNS)}") from None
    return [cell.strip() for cell in rows[0]] if rows else []


def _checked_header(names: list[str], where: str) -> list[str]:
    unknown = [name for name in names if name and name not in COLUMNS]
    if unknown or len(set(filter(None, names))) < len(list(filter(None, names))):
        raise PresetError(f"{where}: the columns are {', '.join(names)}, expected each of {', '.join(COLUMNS)} once")
    return names


def _rule(line: int, cells: list[str], header: Sequence[str], path: Path) -> Rule:
    where = f"{path}, line {line}"
    if any(cells[len(header) :]):
        raise PresetError(f"{where}: found {len(cells)} fields, expected {len(header)} ({', '.join(header)})")
    found = {name: cell for name, cell in zip(header, cells, strict=False) if name and cell}
    rule = Rule(
        line,
        found.get("from_name"),
        _value(found, "from_value", where),
        found.get("to_name"),
        _value(found, "to_value", where),
    )
    if rule.from_name is None and rule.from_value is None:
        raise PresetError(f"{where}: from_name and from_value are both empty, one must say which label is meant")
    if rule.to_name is None and rule.to_value is None:
        raise PresetError(f"{where}: to_name and to_value are both empty, one must say what the label becomes")
    return rule


def _value(cells: Mapping[str, str], name: str, where: str) -> int | None:
    if name not in cells:
        return None
    try:
        value = parse_value(cells[name])
    except ValueError as error:
        raise PresetError(f"{where}: {name}: {error}") from None
    if value == UNLABELLED:
        raise PresetError(f"{where}: {name}: 0 stands for unlabelled voxels, expected a label value")
    return value


def apply_value_map(segmentation: Segmentation, rules: Sequence[Rule]) -> MappedLabels:
    """The segmentation with labels renamed and renumbered, all at once: swaps are safe, voxels follow their labels.

    Labels that no rule means stay as they are; rules that mean no label are listed as ``unused``. Raises LabelError
    when two rules mean one label, and when labels would share a value.
    """
    chosen: dict[int, Rule] = {}
    for label in segmentation.labels:
        meant = [rule for rule in rules if rule.means(label)]
        if len(meant) > 1:
            listed = " and ".join(map(str, meant))
            raise LabelError(f"the map's {listed} both mean the label {label.value} {label.name!r}")
        if meant:
            chosen[label.value] = meant[0]
    values: dict[int, int] = {}
    names: dict[int, tuple[str, str]] = {}
    for old, rule in chosen.items():
        name = segmentation.label(old).name
        if rule.to_value is not None and rule.to_value != old:
            values[old] = rule.to_value
        if rule.to_name is not None and rule.to_name != name:
            names[old] = (name, rule.to_name)
    _refuse_shared(segmentation, values, chosen)
    changed = _renamed(segmentation, names) if names else segmentation
    changed = renumbered(changed, values) if values else changed
    unused = [rule for rule in rules if rule not in chosen.values()]
    return MappedLabels(changed, values, names, unused)


def _refuse_shared(segmentation: Segmentation, moves: Mapping[int, int], chosen: Mapping[int, Rule]) -> None:
    owners: dict[int, Label] = {}
    for label in segmentation.labels:
        value = moves.get(label.value, label.value)
        if value in owners:
            both = [owners[value], label]
            by = " and ".join(dict.fromkeys(str(chosen[each.value]) for each in both if each.value in chosen))
            listed = " and ".join(f"{each.value} {each.name!r}" for each in both)
            raise LabelError(f"the map's {by} would give the value {value} to both {listed}")
        owners[value] = label


def _renamed(segmentation: Segmentation, names: Mapping[int, tuple[str, str]]) -> Segmentation:
    groups = []
    for group in segmentation.groups:
        labels = [label.with_(name=names[label.value][1]) if label.value in names else label for label in group.labels]
        groups.append(Group(group.array, labels, group.name, group.properties))
    return segmentation.with_groups(groups)
