"""What a label table says: values with names, colours and more, whatever the dialect."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ...core.label import DEFAULT_OPACITY, Color, Label, PropertyValue
from ...core.naming import lut_color


@dataclass(frozen=True)
class TableEntry:
    """One row. None stands for what the dialect or the row does not say.

    ``value`` is 0...65535 (0: the background), ``color`` red, green, blue within 0...1, ``opacity`` within 0...1.
    ``properties`` are those of a label; codes of a terminology use MITK's keys
    (``segmented_property_type.value``, ``.scheme``, ``.meaning``).
    """

    value: int
    name: str
    color: Color | None = None
    opacity: float | None = None
    visible: bool | None = None
    description: str = ""
    properties: Mapping[str, PropertyValue] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, label: Label) -> TableEntry:
        """The row of a label; lock and tracking ids have no place in tables."""
        opacity = min(max(label.opacity, 0.0), 1.0)
        return cls(label.value, label.name, label.color, opacity, label.visible, label.description, label.properties)

    @property
    def color_bytes(self) -> tuple[int, int, int]:
        """Red, green, blue as 0...255; MITK's colour of the value where the row says none."""
        red, green, blue = (int(round(channel * 255)) for channel in self.color or lut_color(self.value))
        return red, green, blue

    @property
    def hex_color(self) -> str:
        """The colour as ``#rrggbb``."""
        return "#{:02x}{:02x}{:02x}".format(*self.color_bytes)

    def to_label(self) -> Label:
        """The label of this row: MITK's colour of the value and our defaults where the row says nothing."""
        return Label(
            self.value,
            self.name,
            self.color if self.color is not None else lut_color(self.value),
            DEFAULT_OPACITY if self.opacity is None else self.opacity,
            visible=self.visible is not False,
            description=self.description,
            properties=self.properties,
        )


@dataclass(frozen=True)
class LabelTable:
    """Rows in their order, values 1...65535 and unique; ``background`` is the row of value 0, if there was one.

    ``is_general`` says that the file is one of the long lists for all images, such as FreeSurfer's 1,300 rows, most of
    which say nothing about one image.
    """

    entries: tuple[TableEntry, ...] = ()
    background: TableEntry | None = None
    is_general: bool = False

    @classmethod
    def of(cls, labels: Iterable[Label]) -> LabelTable:
        """The table of labels, in their order."""
        return cls(tuple(TableEntry.of(label) for label in labels))

    @property
    def values(self) -> tuple[int, ...]:
        """The values of all rows but the background's, in the order of the rows."""
        return tuple(entry.value for entry in self.entries)

    def to_labels(self, values: Collection[int] | None = None) -> tuple[Label, ...]:
        """A label for each row, or for those rows alone whose value is among ``values``."""
        return tuple(entry.to_label() for entry in self.entries if values is None or entry.value in values)
