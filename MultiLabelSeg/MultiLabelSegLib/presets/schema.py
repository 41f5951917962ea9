"""A schema: the names, values and colours that a project requires, from any preset or label table."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..core import Label, Segmentation
from ..core.label import Color
from ..core.naming import free_value
from ..errors import LabelError, PresetError
from ..formats.report import Report
from .any_preset import read_preset
from .preset import LabelSetPreset

_MOST_SHOWN = 8


@dataclass(frozen=True)
class Violation:
    """One way in which a segmentation departs from its schema.

    ``field`` is ``name``, ``value``, ``color`` or ``missing`` (no label has a name that the schema has); ``value`` is
    the label's, None for a missing one.
    """

    field: str
    value: int | None
    name: str
    found: str
    expected: str

    def __str__(self) -> str:
        who = f"label {self.name!r}" if self.value is None else f"label {self.value} {self.name!r}"
        if self.field == "missing":
            return f"{who} is missing; expected {self.expected}"
        return f"{who}: the {self.field} is {self.found}, expected {self.expected}"


@dataclass(frozen=True)
class Schema:
    """Names with the values and colours that they must have.

    ``values`` has one value a name, or several where the source lists several instances; none means any value.
    ``colors`` likewise. With ``instances`` a name may have more labels than the schema lists; those take any value
    that the schema gives to nobody. ``source`` is named in messages.
    """

    values: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    colors: Mapping[str, tuple[Color, ...]] = field(default_factory=dict)
    source: Path | None = None
    instances: bool = False

    @classmethod
    def from_file(cls, path: Path, *, instances: bool = False, report: Report | None = None) -> Schema:
        """The schema that a preset, a label table or a segmentation states. Raises PresetError."""
        return cls.from_preset(read_preset(path, report), instances=instances)

    @classmethod
    def from_preset(cls, preset: LabelSetPreset, *, instances: bool = False) -> Schema:
        """The schema that a preset states. Raises PresetError for one without labels."""
        values: dict[str, tuple[int, ...]] = {}
        colors: dict[str, tuple[Color, ...]] = {}
        for entry in (entry for group in preset.groups for entry in group.labels):
            name = entry.label.name
            values[name] = values.get(name, ()) + (() if entry.value is None else (entry.value,))
            if "color" in entry.stated:
                colors[name] = (*colors.get(name, ()), entry.label.color)
        if not values:
            raise PresetError(f"{preset.title}: it lists no labels, so it is no schema")
        return cls(values, colors, preset.source, instances)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the schema allows, in the order of its source."""
        return tuple(self.values)

    # ---- judging -------------------------------------------------------------------------------------------------
    def violations_of(self, name: str, value: int | None, color: Color | None) -> list[Violation]:
        """How one label departs from the schema; None stands for a value or colour that is left to the schema."""
        if name not in self.values:
            return [Violation("name", value, name, repr(name), self._nearest(name))]
        found = []
        if value is not None and not self._allows_value(name, value):
            found.append(Violation("value", value, name, str(value), self._expected_value(name)))
        colors = self.colors.get(name, ())
        if color is not None and colors and _bytes(color) not in map(_bytes, colors):
            expected = " or ".join(dict.fromkeys(map(_hex, colors)))
            found.append(Violation("color", value, name, _hex(color), expected))
        return found

    def check_label(self, name: str, value: int | None = None, color: Color | None = None) -> None:
        """Refuses a label that the schema does not allow, for whoever adds or renames labels. Raises LabelError."""
        found = self.violations_of(name, value, color)
        if found:
            raise LabelError(f"{self._title} refuses {'; '.join(map(str, found))}")

    def check(self, segmentation: Segmentation, *, complete: bool = False) -> list[Violation]:
        """All violations of a segmentation, label by label; with ``complete`` also names that no label has."""
        found = [each for label in segmentation.labels for each in self._of_label(label)]
        if complete:
            present = {label.name for label in segmentation.labels}
            absent = (name for name in self.values if name not in present)
            found += [Violation("missing", None, name, "nothing", self._expected_value(name)) for name in absent]
        return found

    def label_for(self, name: str, used: Iterable[int] = ()) -> Label:
        """A new label of a name, with the value and colour that the schema gives it; ``used`` are taken values.

        Raises LabelError for an unknown name, and when all of its values are taken.
        """
        self.check_label(name)
        taken = set(used)
        value = self._next_value(name, taken)
        if value is None:
            raise LabelError(f"{self._title} allows {self._expected_value(name)} for {name!r}, which is taken already")
        colors = self.colors.get(name, ())
        return Label(value, name, colors[0]) if colors else Label(value, name)

    # ---- conforming ----------------------------------------------------------------------------------------------
    def conform(self, segmentation: Segmentation) -> dict[int, int]:
        """Old value -> the value that the schema gives to the label's name, for every label.

        A label that has one of its name's values keeps it, the others of that name get the rest in their order.
        Raises LabelError for names that the schema does not know and for more labels of a name than it allows.
        """
        unknown = [label for label in segmentation.labels if label.name not in self.values]
        if unknown:
            names = ", ".join(f"{label.value} {label.name!r}" for label in unknown)
            listed = ", ".join(map(repr, self.names))
            raise LabelError(f"the schema does not name the labels {names}; it names {listed}")
        mapping = {label.value: label.value for label in segmentation.labels if self._is_listed(label)}
        taken = set(mapping)
        for label in segmentation.labels:
            if label.value in mapping:
                continue
            value = self._next_value(label.name, taken, label.value)
            if value is None:
                values = ", ".join(str(same.value) for same in segmentation.labels_named(label.name))
                reason = f"several labels are named {label.name!r} (values {values}); the schema has"
                raise LabelError(f"{reason} {self._expected_value(label.name)} for this name")
            mapping[label.value] = value
            taken.add(value)
        return mapping

    def recolored(self, segmentation: Segmentation) -> Segmentation:
        """The segmentation with the colours that the schema gives to its names; the same arrays, new groups."""
        groups = []
        for group in segmentation.groups:
            wrong = {each.value for label in group.labels for each in self._of_label(label) if each.field == "color"}
            labels = [
                label.with_(color=self.colors[label.name][0]) if label.value in wrong else label
                for label in group.labels
            ]
            groups.append(type(group)(group.array, labels, group.name, group.properties))
        return segmentation.with_groups(groups)

    # ---- within --------------------------------------------------------------------------------------------------
    def _of_label(self, label: Label) -> list[Violation]:
        return self.violations_of(label.name, label.value, label.color)

    def _is_listed(self, label: Label) -> bool:
        return label.value in self.values[label.name]

    def _allows_value(self, name: str, value: int) -> bool:
        listed = self.values[name]
        return not listed or value in listed or (self.instances and value not in self._reserved)

    def _next_value(self, name: str, taken: set[int], wish: int | None = None) -> int | None:
        """A value for one more label of a name: one that is listed, else a free one where that is allowed."""
        for value in self.values[name]:
            if value not in taken:
                return value
        if self.values[name] and not self.instances:
            return None
        if wish is not None and wish not in taken and wish not in self._reserved:
            return wish
        return free_value(taken | self._reserved)

    @property
    def _reserved(self) -> set[int]:
        return {value for listed in self.values.values() for value in listed}

    @property
    def _title(self) -> str:
        return "the schema" if self.source is None else f"the schema {self.source}"

    def _expected_value(self, name: str) -> str:
        listed = self.values[name]
        if not listed:
            return "any value"
        values = f"the value {listed[0]}" if len(listed) == 1 else f"the values {', '.join(map(str, listed))}"
        return f"{values} or one that is free" if self.instances else values

    def _nearest(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.names, 1, 0.6)
        shown = ", ".join(map(repr, self.names[:_MOST_SHOWN])) + (", ..." if len(self.names) > _MOST_SHOWN else "")
        return (f"perhaps {near[0]!r}, one of " if near else "one of ") + shown


def _bytes(color: Color) -> tuple[int, ...]:
    return tuple(int(round(channel * 255)) for channel in color)


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*_bytes(color))
