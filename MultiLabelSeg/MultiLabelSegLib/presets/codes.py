"""Codes for labels that have none, from a table of names: a preset, a segmentation, or our own list (SNOMED CT)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..core import Label, Segmentation
from ..core.label import PropertyValue
from ..formats.report import Report
from .any_preset import read_preset
from .suggestion_json import builtin_suggestions

#: properties that say what a label shows, in code
CODE_PROPERTIES = ("segmented_property_", "anatomic_region", "primary_anatomic_structure")
_TYPE = "segmented_property_type.value"
_LISTED = 5

Codes = Mapping[str, PropertyValue]


class CodeTable:
    """Names with their codes. A name is found whatever its case, its underscores and the order of its words."""

    def __init__(self, entries: Iterable[tuple[str, Codes]]) -> None:
        self._by_name: dict[tuple[str, ...], Codes | None] = {}
        for name, properties in entries:
            codes = {key: value for key, value in properties.items() if key.startswith(CODE_PROPERTIES)}
            if codes.get(_TYPE):
                key = _key(name)
                known = self._by_name.setdefault(key, codes)
                # two meanings of one name: neither is taken
                self._by_name[key] = codes if known == codes else None

    def codes(self, name: str) -> Codes | None:
        """The codes of a name; None for one that is not listed, or with two meanings."""
        return self._by_name.get(_key(name))


def code_table(path: Path | None = None, report: Report | None = None) -> CodeTable:
    """The codes of a preset or segmentation, without a path those of our own list of names. Raises PresetError."""
    if path is None:
        return CodeTable((entry.name, entry.properties) for entry in builtin_suggestions())
    preset = read_preset(path, report)
    return CodeTable((label.name, label.properties) for label in preset.labels)


def add_codes(segmentation: Segmentation, table: CodeTable, report: Report) -> None:
    """Gives codes to the labels that have none and whose name the table lists; says for which it has none."""
    unknown = []
    for group in segmentation.groups:
        for label in group.labels:
            if label.properties.get(_TYPE):
                continue
            codes = table.codes(label.name)
            if codes is None:
                unknown.append(label.name)
            else:
                group.set_label(_coded(label, codes))
    if unknown:
        more = f" and {len(unknown) - _LISTED} more" if len(unknown) > _LISTED else ""
        report.note(f"no codes are listed for {', '.join(unknown[:_LISTED])}{more}")


def _coded(label: Label, codes: Codes) -> Label:
    """The label with these codes in place of incomplete ones."""
    kept = {key: value for key, value in label.properties.items() if not key.startswith(CODE_PROPERTIES)}
    return label.with_(properties={**kept, **codes})


def _key(name: str) -> tuple[str, ...]:
    return tuple(sorted(name.replace("_", " ").casefold().split()))
