"""A map for ``mlseg convert --map`` that mends names and values over the whole set."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from ...presets.value_map import COLUMNS
from .examined import ExaminedSet
from .facts import CaseFacts, LabelFacts

_Key = tuple[str, int]


@dataclass(frozen=True)
class ProposedMap:
    """``rules``: (name, value) as found -> (name, value) as it should be; ``open`` says what no map can mend."""

    rules: Mapping[_Key, _Key]
    open: tuple[str, ...] = ()

    def as_csv(self) -> str:
        """The map's text; every field is quoted, so that no name is taken for a comment or a separator."""
        stream = io.StringIO(newline="")
        csv.writer(stream, lineterminator="\n").writerow(COLUMNS)
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for (name, value), (new_name, new_value) in self.rules.items():
            writer.writerow([name, value, new_name, new_value])
        return stream.getvalue()


def proposed_map(examined: ExaminedSet) -> ProposedMap:
    """Rules for every label, by name and value, whose name or value should be another one.

    A rule that would give two labels of a case one value, or a name that a map cannot tell, is left out and named.
    """
    rules: dict[_Key, _Key] = {}
    left_open: list[str] = []
    for case in examined.cases:
        for label in _mappable(case):
            key = (label.name, label.value)
            target = _target(label, examined)
            if target != key and key not in rules:
                if _is_writable(label.name) and _is_writable(target[0]):
                    rules[key] = target
                else:
                    left_open.append(f"the name {label.name!r} cannot stand in a map")
    while (clash := _clash(examined, rules)) is not None:
        where, blamed, value = clash
        left_open.append(f"{blamed[0]!r} ({blamed[1]}) cannot become {value}: another label of case {where} has it")
        name, _ = rules.pop(blamed)
        if name != blamed[0]:
            rules[blamed] = (name, blamed[1])
    return ProposedMap(dict(sorted(rules.items())), tuple(dict.fromkeys(left_open)))


def _mappable(case: CaseFacts) -> list[LabelFacts]:
    return [label for label in case.labels if label.declared and case.named]


def _target(label: LabelFacts, examined: ExaminedSet) -> _Key:
    name = examined.spellings.chosen.get(label.name, label.name)
    return name, examined.values.get(name, label.value)


def _is_writable(name: str) -> bool:
    """Whether a name survives the table: no line breaks, and not empty."""
    return bool(name.strip()) and name.isprintable()


def _clash(examined: ExaminedSet, rules: Mapping[_Key, _Key]) -> tuple[str, _Key, int] | None:
    """The first case in which two labels would get one value, with a rule that is to blame."""
    for case in examined.cases:
        taken: dict[int, _Key] = {}
        for label in case.labels:
            key = (label.name, label.value)
            value = rules[key][1] if key in rules and case.named else label.value
            blamed = [each for each in (key, taken.get(value, key)) if each in rules and rules[each][1] != each[1]]
            if value in taken and blamed:
                return case.case, blamed[0], value
            taken[value] = key
    return None
