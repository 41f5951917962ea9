"""Which gesture belongs to which tool."""

from __future__ import annotations

from ..preview import Previews
from .base import Gesture
from .context import Context
from .paint_wipe import BrushGesture


def gesture_for(name: str, context: Context, previews: Previews) -> Gesture | None:
    """The gesture of a tool; None for tools that leave mouse and wheel to the view."""
    del previews
    return BrushGesture(context, name) if name in ("paint", "wipe") else None
