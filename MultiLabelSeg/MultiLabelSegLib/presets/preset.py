"""A label set preset: groups of labels with every property, without voxels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..core import Label, Segmentation
from ..core.label import PropertyValue
from ..errors import PresetError

#: the fields of a label that a preset can state, beside its properties
FIELDS = frozenset(Label.__dataclass_fields__) - {"properties"}
#: the texts that files leave out where they are empty
TEXTS = frozenset(("description", "tracking_id", "tracking_uid"))


@dataclass(frozen=True)
class PresetLabel:
    """A label of a preset.

    ``stated`` are the fields that the source says something about; the others of ``label`` are defaults, for labels
    that do not exist yet. Without ``value`` among them the label has no value of its own: it is found by its name, or
    gets the next free value. What ``label.properties`` holds is always stated.
    """

    label: Label
    stated: frozenset[str] = FIELDS

    @classmethod
    def of(cls, label: Label) -> PresetLabel:
        """A label of a segmentation; everything is stated but empty texts, which files cannot tell from absent ones."""
        return cls(label, FIELDS - {text for text in TEXTS if not getattr(label, text)})

    @property
    def value(self) -> int | None:
        """The label's value, None where the preset leaves it open."""
        return self.label.value if "value" in self.stated else None

    def applied_to(self, label: Label, fields: frozenset[str] | None = None) -> Label:
        """An existing label with what is stated here, or with ``fields`` instead; properties not named here stay."""
        names = (self.stated if fields is None else fields) - {"value"}
        properties = {**label.properties, **self.label.properties}
        return label.with_(**{name: getattr(self.label, name) for name in names}, properties=properties)


@dataclass(frozen=True)
class PresetGroup:
    """A group of a preset. ``name`` is empty where the source names none, None where it has no room for names."""

    labels: tuple[PresetLabel, ...] = ()
    name: str | None = ""
    properties: Mapping[str, PropertyValue] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class LabelSetPreset:
    """Groups in their order, and the file that they come from (None: from memory).

    ``is_complete`` says that MITK reads such a source, and takes a field that it does not state for its default; label
    tables, which MITK does not know, are not complete.

    Raises PresetError for a value that occurs twice.
    """

    groups: tuple[PresetGroup, ...] = ()
    source: Path | None = None
    is_complete: bool = True

    def __post_init__(self) -> None:
        places: dict[int, str] = {}
        for index, group in enumerate(self.groups):
            for position, entry in enumerate(group.labels):
                place = f"groups[{index}].labels[{position}] ({entry.label.name!r})"
                if entry.value is not None and places.setdefault(entry.value, place) != place:
                    raise PresetError(
                        f"{self.title}: value {entry.value} occurs twice, in {places[entry.value]} and {place}"
                    )

    @property
    def title(self) -> str:
        """What messages call the preset."""
        return "the preset" if self.source is None else str(self.source)

    @property
    def labels(self) -> tuple[Label, ...]:
        """All labels that have values, group by group."""
        return tuple(entry.label for group in self.groups for entry in group.labels if entry.value is not None)


def from_segmentation(segmentation: Segmentation, source: Path | None = None) -> LabelSetPreset:
    """The preset that a segmentation is an example of: its groups and labels with every property, no voxels."""
    groups = (PresetGroup(_entries(group.labels), group.name, dict(group.properties)) for group in segmentation.groups)
    return LabelSetPreset(tuple(groups), source)


def from_labels(labels: Iterable[Label], source: Path | None = None) -> LabelSetPreset:
    """A preset of one group without a name. Raises PresetError for a value that occurs twice."""
    return LabelSetPreset((PresetGroup(_entries(labels)),), source)


def _entries(labels: Iterable[Label]) -> tuple[PresetLabel, ...]:
    return tuple(PresetLabel.of(label) for label in labels)
