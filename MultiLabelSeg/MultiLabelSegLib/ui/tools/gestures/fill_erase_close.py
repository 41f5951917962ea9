"""Fill, Erase and Close: a click, carried out at the release."""

from __future__ import annotations

from ..view_events import ViewEvent
from .base import Gesture, inverts
from .context import Context, slice_shown

_OTHER = {"fill": "erase", "erase": "fill"}


class ClickGesture(Gesture):
    """Acts on the region under the mouse where the button is released. CTRL makes Fill erase and Erase fill."""

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context, name)
        self.hints = (f"CTRL: {_OTHER[name]}",) if name in _OTHER else ()
        self._is_pressed = False

    @property
    def is_busy(self) -> bool:
        """Whether the button is held."""
        return self._is_pressed

    def press(self, event: ViewEvent) -> None:
        """Waits for the release. Raises ToolError without an active label."""
        del event
        self.context.scene().active_label()
        self._is_pressed = True

    def release(self, event: ViewEvent) -> None:
        """Acts on the region. Raises ToolError outside of the image, LockedError for a locked region."""
        if not self._is_pressed:
            return
        self._is_pressed = False
        scene = self.context.scene()
        where = slice_shown(scene, event.plane, event.slice)
        name = _OTHER.get(self.name, self.name) if inverts(event) else self.name
        tool = self.context.tool(name, point_ijk=event.point_ijk, plane=where.plane)
        self.context.write(tool.propose(scene), where)

    def end(self) -> None:
        """A release that was lost is no click."""
        self._is_pressed = False

    def cancel(self) -> None:
        """The release will do nothing."""
        self._is_pressed = False
