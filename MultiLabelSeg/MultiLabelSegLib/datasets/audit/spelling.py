"""Which names of a set mean one label, and the name that it should have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .facts import Column
from .names import near_words, same_words

#: cases that must agree on a value's name before another name of the value is taken for the same label
_AGREEING = 3


@dataclass
class Spellings:
    """``chosen`` is the name that each name should be, ``reason`` says why two are taken for one."""

    chosen: dict[str, str] = field(default_factory=dict)
    reason: dict[str, str] = field(default_factory=dict)


def spellings(columns: Mapping[str, Column], required: Collection[str] = ()) -> Spellings:
    """Names that mean one label; the schema's (``required``) come first, then those of most cases.

    Names that differ in capitals, blanks, accents or the order of their words are one always; abbreviations, slips,
    and other names of the same value only where no case has both. Two names of the schema are never one.
    """
    names = sorted(columns, key=lambda name: (name not in required, -len(columns[name].cases), name))
    names += [name for name in sorted(required) if name not in columns]
    names.sort(key=lambda name: name not in required)
    found = Spellings()
    kept: list[str] = []
    for name in names:
        match = None if name in required else _match(name, kept, columns)
        if match is None:
            kept.append(name)
            found.chosen[name] = name
        else:
            found.chosen[name], found.reason[name] = match
    return found


def _match(name: str, kept: list[str], columns: Mapping[str, Column]) -> tuple[str, str] | None:
    for other in kept:
        if same_words(name, other):
            return other, "differs in writing alone"
    mine = columns[name]
    apart = [other for other in kept if other not in columns or columns[other].cases.keys().isdisjoint(mine.cases)]
    for other in apart:
        if near_words(name, other):
            return other, "looks like an abbreviation or a slip"
    values = {label.value for labels in mine.cases.values() for label in labels}
    for other in apart:
        if other in columns and len(values) == 1:
            (value,) = values
            agreeing = sum(all(label.value == value for label in labels) for labels in columns[other].cases.values())
            if agreeing >= _AGREEING and agreeing > 2 * max(len(mine.cases), len(columns[other].cases) - agreeing):
                return other, f"has the value {value}, as in {agreeing} other cases"
    return None


def merged_columns(columns: Mapping[str, Column], chosen: Mapping[str, str]) -> dict[str, Column]:
    """The columns under their chosen names."""
    found: dict[str, Column] = {}
    for name, column in columns.items():
        target = found.setdefault(chosen[name], Column(chosen[name]))
        for case, labels in column.cases.items():
            target.cases[case] = (*target.cases.get(case, ()), *labels)
    return found


def usual_values(columns: Mapping[str, Column], schema: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """The value that each name should have: the schema's, else that of most cases; none for names with instances."""
    found: dict[str, int] = {}
    taken = {value for values in schema.values() for value in values}
    for name, column in columns.items():
        if name in schema:
            if len(schema[name]) == 1:
                found[name] = schema[name][0]
            continue
        if any(len(labels) > 1 for labels in column.cases.values()):
            continue
        counts = Counter(labels[0].value for labels in column.cases.values())
        value, _ = min(counts.items(), key=lambda pair: (pair[0] in taken, -pair[1], pair[0]))
        found[name] = value
    return found
