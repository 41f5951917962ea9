"""What happens in a slice view, in the segmentation's own coordinates; any host makes these from its own events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ...tools.points import Point
from ...tools.slices import Plane


class ViewEventKind(str, Enum):
    """What happened. HOVER is a move without a button; LEAVE comes when the mouse leaves the view."""

    PRESS = "press"
    MOVE = "move"
    RELEASE = "release"
    DOUBLE = "double"
    HOVER = "hover"
    WHEEL = "wheel"
    LEAVE = "leave"


class Button(str, Enum):
    """A mouse button."""

    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"


class Modifier(str, Enum):
    """A key that is held. CTRL is the command key on macOS, where that one takes its part."""

    CTRL = "ctrl"
    SHIFT = "shift"
    ALT = "alt"


@dataclass(frozen=True)
class ViewEvent:
    """One mouse event in one slice view.

    ``view`` names the view ("axial", "coronal", "sagittal", or the host's own name of it). ``plane`` and ``slice``
    say which slice of the document's grid it shows; ``plane`` is None where the view lies oblique to the grid.
    ``point_ijk`` is continuous (voxel centres on whole numbers), on the slice; ``point_lps`` the same in mm.
    ``button`` is the one of PRESS, RELEASE and DOUBLE, and the one that is held during MOVE. ``pixel_mm`` is how
    many millimetres one pixel of the picture shows, ``wheel`` the steps turned (positive: away from the user).
    ``xy`` is where in the picture it was, in pixels to the right and upwards, as far as the host knows.
    """

    kind: ViewEventKind
    view: str
    plane: Plane | None
    slice: int
    point_ijk: Point
    point_lps: Point
    button: Button | None = None
    modifiers: frozenset[Modifier] = frozenset()
    pixel_mm: float = 1.0
    wheel: int = 0
    xy: tuple[float, float] | None = None


class ViewEventHandler(Protocol):
    """Who is asked first about an event of a view."""

    def view_event(self, event: ViewEvent) -> bool:
        """Handles it; False leaves it to the view's own gestures (scroll, pan, zoom, window, crosshair)."""
        ...
