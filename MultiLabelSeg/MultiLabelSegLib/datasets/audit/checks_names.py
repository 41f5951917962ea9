"""Names and values: spellings, clashes, and which labels cases have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .facts import CaseFacts, Column
from .findings import Finding
from .names import words_of
from .spelling import Spellings

#: cases that a set must have before its own habits count as a rule
_FEWEST = 4
#: the share of cases that may be the exception of a rule
_EXCEPTIONS = 0.1


def name_findings(
    read: Sequence[CaseFacts],
    columns: Mapping[str, Column],
    named: Spellings,
    values: Mapping[str, int],
    schema: Mapping[str, tuple[int, ...]],
) -> list[Finding]:
    """Spellings, values and presence of the labels of the cases that could be read."""
    found = _spellings(read, named) + _values(columns, values, schema)
    return found + _presence([case.case for case in read if not case.is_empty], columns, schema)


def _spellings(read: Sequence[CaseFacts], named: Spellings) -> list[Finding]:
    found = []
    for case in read:
        for name in dict.fromkeys(label.name for label in case.labels if label.declared):
            if name in named.reason:
                text = f"{name!r} should be {named.chosen[name]!r}: it {named.reason[name]}"
                found.append(Finding("spelling", case.case, name, text))
    return found


def _values(
    columns: Mapping[str, Column], values: Mapping[str, int], schema: Mapping[str, tuple[int, ...]]
) -> list[Finding]:
    found = []
    for name, column in columns.items():
        allowed = schema.get(name) or ((values[name],) if name in values else ())
        if not allowed:
            continue
        expected = " or ".join(map(str, allowed))
        right = sum(all(label.value in allowed for label in labels) for labels in column.cases.values())
        source = "in the schema" if name in schema else f"in {right} of {len(column.cases)} cases"
        for case, labels in column.cases.items():
            for label in labels:
                if label.value not in allowed:
                    text = f"{label.name!r} has the value {label.value}; it is {expected} {source}"
                    found.append(Finding("value", case, label.name, text))
    return found


def _presence(
    cases: Sequence[str], columns: Mapping[str, Column], schema: Mapping[str, tuple[int, ...]]
) -> list[Finding]:
    found = []
    few = max(1, int(_EXCEPTIONS * len(cases)))
    enough = len(cases) >= _FEWEST
    for name, column in columns.items():
        absent = [case for case in cases if case not in column.cases]
        there = [case for case in cases if case in column.cases]
        empty = [case for case in there if not column.voxels(case)]
        if name in schema:
            found += [Finding("missing", case, name, f"there is no {name!r}, which the schema has") for case in absent]
        elif schema:
            found += [Finding("unexpected", case, name, f"{name!r} is not in the schema") for case in there]
        elif enough and there and len(absent) <= few:
            have = f"{len(there)} of {len(cases)} cases have it"
            found += [Finding("missing", case, name, f"there is no {name!r}; {have}") for case in absent]
        elif enough and len(there) <= few and not _is_of_a_series(column, columns, few):
            others = f"no other of {len(cases)} cases" if len(there) == 1 else f"{len(there)} of {len(cases)} cases"
            verb = "has" if len(there) == 1 else "have"
            text = f"{name!r} stands out: {others} {verb} it"
            found += [Finding("unexpected", case, name, text) for case in there]
        if enough and 0 < len(empty) <= few and len(there) > len(empty) + 1:
            filled = f"{len(there) - len(empty)} other cases have voxels of it"
            found += [Finding("empty", case, name, f"{name!r} has no voxels; {filled}") for case in empty]
    return found


def _is_of_a_series(column: Column, columns: Mapping[str, Column], few: int) -> bool:
    """Whether a name is another one but for its number, and that is no exception: ``node 3`` beside ``node 1``."""
    if column.name in {f"value {label.value}" for labels in column.cases.values() for label in labels}:
        return False  # no name, but what values without one are called here
    kind, number = _without_number(column.name)
    return number and any(
        len(other.cases) > few and _without_number(name) == (kind, True)
        for name, other in columns.items()
        if name != column.name
    )


def _without_number(name: str) -> tuple[tuple[str, ...], bool]:
    """The words of a name with its side but without numbers, and whether it has one."""
    words = words_of(name)
    kept = tuple(word for word in words.narrow if not word.isdigit())
    return (words.side, *kept), len(kept) < len(words.narrow)
