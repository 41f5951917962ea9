"""What ``mlseg convert`` changes about labels on request: a map, a schema, new values; and how it says so."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..core import Segmentation
from ..errors import OptionError
from ..formats.report import Report
from ..formats.values import consecutive_values, declared, renumbered
from .console import plain

#: key of the data set's extras (kept by the sidecar): final value -> the name before the conversion
RENAMED = "renamed_from"
#: old value -> new value, and old value -> (old name, new name)
Values = dict[int, int]
Names = dict[int, tuple[str, str]]


def changed_labels(
    segmentation: Segmentation, arguments: argparse.Namespace, report: Report
) -> tuple[Segmentation, Values, Names]:
    """The segmentation after ``--undeclared``, ``--map``, ``--values``, ``--colors``, ``--codes``; tables of changes.

    Both tables go by the values before the conversion. Raises OptionError, LabelError, PresetError.
    """
    wanted = {option for option in ("values", "colors") if getattr(arguments, option) == "schema"}
    if bool(wanted) != (arguments.schema is not None):
        option = min(wanted, default="values")
        expected = "--values schema (or --colors schema) together with --schema FILE"
        raise OptionError(option, getattr(arguments, option), expected)
    if arguments.undeclared == "label":
        segmentation, added = declared(segmentation)
        for label in added:
            report.note(f"voxels of the value {label.value} had no label; they are {label.name!r} now")
    names: Names = {}
    values: Values = {}
    if arguments.map is not None:
        segmentation, values, names = _mapped(segmentation, arguments.map, report)
    mapping: Values = {}
    if arguments.values == "consecutive":
        mapping = consecutive_values(segmentation)
    elif wanted:
        segmentation, mapping = _as_schema(segmentation, arguments.schema, wanted, report)
    moves = {old: new for old, new in mapping.items() if old != new}
    segmentation = renumbered(segmentation, moves) if moves else segmentation
    if arguments.codes is not None:
        _add_codes(segmentation, arguments.codes, report)
    final = _composed(values, moves)
    if names:
        known = segmentation.extras.get(RENAMED)
        former = {str(final.get(old, old)): before for old, (before, _) in names.items()}
        segmentation.extras[RENAMED] = {**(known if isinstance(known, dict) else {}), **former}
    return segmentation, final, names


def _add_codes(segmentation: Segmentation, source: str, report: Report) -> None:
    from ..presets.codes import add_codes, code_table

    add_codes(segmentation, code_table(None if source == "names" else Path(source), report), report)


def _mapped(segmentation: Segmentation, path: Path, report: Report) -> tuple[Segmentation, Values, Names]:
    from ..presets.value_map import apply_value_map, read_value_map

    mapped = apply_value_map(segmentation, read_value_map(path, report))
    for rule in mapped.unused:
        report.note(f"no label is meant by {rule}", path)
    return mapped.segmentation, mapped.values, mapped.names


def _as_schema(segmentation: Segmentation, path: Path, wanted: set[str], report: Report) -> tuple[Segmentation, Values]:
    """The segmentation in the schema's colours where they are wanted, and the values that it gives where they are."""
    from ..presets.schema import Schema

    schema = Schema.from_file(path, report=report)
    if "colors" in wanted:
        segmentation = schema.recolored(segmentation)
    return segmentation, schema.conform(segmentation) if "values" in wanted else {}


def _composed(first: Mapping[int, int], then: Mapping[int, int]) -> Values:
    """Two renumberings as one; without what ends where it began."""
    after = {new: old for old, new in first.items()}
    both = {old: then.get(new, new) for old, new in first.items()}
    both.update({after.get(old, old): new for old, new in then.items()})
    return {old: new for old, new in both.items() if old != new}


def change_lines(values: Mapping[int, int], names: Mapping[int, tuple[str, str]]) -> Iterator[str]:
    """The table of changes for people, a line each."""
    for old, new in values.items():
        yield f"value {old} -> {new}"
    for old, (before, after) in names.items():
        yield plain(f"name of {old} {before!r} -> {after!r}")
