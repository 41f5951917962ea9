"""One kind of field for everything that a form shows: options of tools and formats, of confirming, preferences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

#: what a form makes of a field: a check box, spin boxes, a drop-down, a line, a path with a button (of a file that is
#: there, or of one to be written), a colour button, several of some choices, a list of numbers or points that is shown
#: and not typed, a drop-down that can be typed in
FieldKind = Literal["bool", "int", "float", "choice", "text", "path", "new path", "color", "several", "shown", "typed"]


@dataclass(frozen=True)
class Choice:
    """One of the values that a field may have."""

    value: Any
    title: str


@dataclass(frozen=True)
class Field:
    """One line of a form.

    ``optional`` fields may be None (off). ``unit`` follows the number ("mm", "pixels"). ``reason`` says why a field
    that is not ``enabled`` cannot be set now.
    """

    name: str
    title: str
    kind: FieldKind
    value: Any
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    help: str = ""
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    enabled: bool = True
    reason: str = ""
    advanced: bool = False
