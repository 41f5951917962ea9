"""A whole set held against itself and a schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...presets.schema import Schema
from .checks_case import case_findings
from .checks_names import name_findings
from .checks_place import place_findings
from .checks_size import island_findings, volume_findings
from .facts import CaseFacts, Column, LabelFacts, columns_of
from .findings import Finding, in_order
from .spelling import Spellings, merged_columns, spellings, usual_values


@dataclass(frozen=True)
class ExaminedSet:
    """What an audit knows: ``columns`` are the names as they should be, ``values`` what each should have."""

    cases: tuple[CaseFacts, ...]
    findings: tuple[Finding, ...]
    columns: Mapping[str, Column]
    spellings: Spellings
    values: Mapping[str, int]
    schema: Schema | None = None

    def state(self, case: CaseFacts, name: str) -> str:
        """``present``, ``empty``, ``missing`` or ``unread`` for a case and a name of ``columns``."""
        if case.error:
            return "unread"
        if case.case not in self.columns[name].cases:
            return "missing"
        return "present" if self.columns[name].voxels(case.case) else "empty"


def examine(
    cases: Sequence[CaseFacts], schema: Schema | None = None, names: Mapping[int, str] | None = None
) -> ExaminedSet:
    """Everything that is wrong or suspicious in a set of cases.

    ``schema`` says which names and values are right; ``names`` what the values of files without names are called, and
    that there are no others.
    """
    known = {} if schema is None else {name: tuple(schema.values[name]) for name in schema.names}
    resolved = _with_names(cases, known, names or {})
    read = [case for case in resolved if not case.error]
    raw = columns_of(read)
    named = spellings(raw, tuple(known))
    columns = merged_columns(raw, named.chosen)
    for name in known:
        columns.setdefault(name, Column(name))
    values = usual_values(columns, known)
    findings = case_findings(resolved)
    findings += name_findings(read, columns, named, values, known)
    findings += volume_findings(columns)
    findings += island_findings(columns)
    findings += place_findings(columns)
    return ExaminedSet(tuple(resolved), tuple(in_order(findings)), columns, named, values, schema)


def _with_names(
    cases: Sequence[CaseFacts], schema: Mapping[str, tuple[int, ...]], known: Mapping[int, str]
) -> list[CaseFacts]:
    """Cases without names get those of the schema, those that are known, or those that other cases give to values."""
    names = {value: name for name, values in schema.items() for value in values} or dict(known)
    if not names:
        votes: dict[int, Counter[str]] = {}
        for case in cases:
            for label in case.labels if case.named else ():
                if label.declared:
                    votes.setdefault(label.value, Counter())[label.name] += 1
        names = {value: counts.most_common(1)[0][0] for value, counts in votes.items()}
    return [case if case.named else _named(case, names) for case in cases]


def _named(case: CaseFacts, names: Mapping[int, str]) -> CaseFacts:
    def label(found: LabelFacts) -> LabelFacts:
        if not names:
            return replace(found, name=f"value {found.value}")
        return replace(found, name=names.get(found.value, ""), declared=found.value in names)

    return replace(case, labels=tuple(map(label, case.labels)))
