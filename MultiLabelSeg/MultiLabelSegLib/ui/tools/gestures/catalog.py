"""Which gesture belongs to which tool."""

from __future__ import annotations

from ..preview import Previews
from .add_subtract import ContourGesture
from .base import Gesture
from .context import Context
from .fill_erase_close import ClickGesture
from .lasso import LassoGesture
from .live_wire import LiveWireGesture
from .paint_wipe import BrushGesture
from .picking import PickGesture
from .region_growing import RegionGrowingGesture

_GESTURES: dict[str, type[Gesture]] = {
    "add": ContourGesture,
    "subtract": ContourGesture,
    "lasso": LassoGesture,
    "paint": BrushGesture,
    "wipe": BrushGesture,
    "region_growing": RegionGrowingGesture,
    "fill": ClickGesture,
    "erase": ClickGesture,
    "close": ClickGesture,
    "live_wire": LiveWireGesture,
}


def gesture_for(name: str, context: Context, previews: Previews) -> Gesture | None:
    """The gesture of a tool; None for tools that leave mouse and wheel to the view."""
    if name == "pick":
        return PickGesture(context, name, previews)
    kind = _GESTURES.get(name)
    return None if kind is None else kind(context, name)
