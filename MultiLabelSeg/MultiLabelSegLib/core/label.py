"""One label instance: a value with its name, look, lock and properties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import LabelError

UNLABELLED = 0
MAX_VALUE = 65535
DEFAULT_OPACITY = 0.6
#: what a property may hold: JSON, with MITK's typed form ``{"type": "DoubleProperty", "value": 1.5}``
PropertyValue = str | int | float | bool | list[Any] | dict[str, Any] | None
Color = tuple[float, float, float]
#: fields that may hold anything that is true or false
_FLAGS = {"visible", "locked"}


def shortest_float(value: float) -> float:
    """The shortest number with the same single precision value: MITK's 0.6000000238418579 is 0.6.

    MITK stores colours and opacities in single precision; without this every round trip would look like a change.
    """
    with np.errstate(over="ignore"):
        return float(str(np.float32(value)))


@dataclass(frozen=True)
class Label:
    """One label instance. Immutable: a change makes a new one (``with_``) that replaces the old in its group.

    ``value`` is 1...65535 and unique over the whole segmentation. ``color`` holds red, green, blue within 0...1,
    ``properties`` everything else that files know about the label; unknown keys survive every path.
    Treat ``properties`` as read-only.

    Raises LabelError for a value, name, colour or opacity that is impossible.
    """

    value: int
    name: str
    color: Color = (1.0, 1.0, 1.0)
    opacity: float = DEFAULT_OPACITY
    visible: bool = True
    locked: bool = True
    tracking_id: str = ""
    tracking_uid: str = ""
    description: str = ""
    properties: Mapping[str, PropertyValue] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if isinstance(self.value, bool) or not isinstance(self.value, (int, np.integer)):
            raise LabelError(f"label value {self.value!r} is not a whole number")
        if not UNLABELLED < self.value <= MAX_VALUE:
            raise LabelError(f"label value {self.value} is not within 1...{MAX_VALUE}")
        for text in ("name", "tracking_id", "tracking_uid", "description"):
            if not isinstance(getattr(self, text), str):
                raise LabelError(f"label {self.value}: {text} must be text, found {getattr(self, text)!r}")
        color = self._numbers("color", self.color)
        if len(color) != 3 or not all(0.0 <= channel <= 1.0 for channel in color):
            raise LabelError(f"label {self.value}: color must be three numbers within 0...1, found {self.color!r}")
        (opacity,) = self._numbers("opacity", (self.opacity,))
        if not np.isfinite(opacity):
            raise LabelError(f"label {self.value}: opacity must be a finite number, found {self.opacity!r}")
        if not isinstance(self.properties, Mapping):
            raise LabelError(f"label {self.value}: properties must be a mapping, found {self.properties!r}")
        object.__setattr__(self, "value", int(self.value))
        object.__setattr__(self, "color", color)
        object.__setattr__(self, "opacity", opacity)
        object.__setattr__(self, "properties", dict(self.properties))

    def _numbers(self, name: str, values: Iterable[float]) -> tuple[float, ...]:
        try:
            return tuple(shortest_float(float(value)) for value in values)
        except (TypeError, ValueError):
            raise LabelError(f"label {self.value}: {name} must be given as numbers, found {values!r}") from None

    def with_(self, **changes: Any) -> Label:
        """A copy with some fields changed. Raises LabelError as the constructor does."""
        if changes.keys() <= _FLAGS:  # nothing to check again: a folder of thousands of labels is locked at once
            made = object.__new__(type(self))
            made.__dict__.update(self.__dict__, properties=dict(self.properties), **changes)
            return made
        return replace(self, **changes)

    @property
    def color_bytes(self) -> tuple[int, int, int]:
        """Red, green, blue as 0...255, rounded."""
        red, green, blue = (int(round(channel * 255)) for channel in self.color)
        return red, green, blue

    @property
    def hex_color(self) -> str:
        """The colour as ``#rrggbb``."""
        return "#{:02x}{:02x}{:02x}".format(*self.color_bytes)
