"""Region growing: a press sets the seed, a drag changes the range of values, the release writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ....errors import MultiLabelSegError
from ....host.base import Level
from ....tools.base import Draft, propose
from ....tools.region_growing import RegionGrowing
from ....tools.slices import PLANES, Plane, SliceOf
from ...frozen import Latest, StoppedError, stopping
from ..feedback import Patch
from ..view_events import ViewEvent
from .base import NOTHING, Gesture, Shapes
from .context import ADDS, Context, slice_shown

#: for hosts that do not say where in the picture an event was: right and up of a view along the axes, in LPS
_RIGHT = {"axial": (1, 0, 0), "coronal": (1, 0, 0), "sagittal": (0, 1, 0)}
_UP = {"axial": (0, -1, 0), "coronal": (0, 0, 1), "sagittal": (0, 0, 1)}


class RegionGrowingGesture(Gesture):
    """Grows from the seed while the button is held: up takes more values, down fewer, right and left shift them."""

    hints: tuple[str, ...] = ("Drag up: more values, down: fewer, right and left: brighter, darker",)

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context, name)
        self._pressed: ViewEvent | None = None
        self._where: SliceOf | None = None
        self._tool: RegionGrowing | None = None
        self._patch: Patch | None = None
        self._volume = Latest(context.session.run)

    @property
    def is_busy(self) -> bool:
        """Whether a region is being grown."""
        return self._pressed is not None

    def press(self, event: ViewEvent) -> None:
        """Sets the seed and shows its region. Raises ToolError without an active label, image, outside of it."""
        scene = self.context.scene()
        scene.active_label()
        self._where = slice_shown(scene, event.plane, event.slice)
        level = self.context.level_window or (None, None)
        given = {"point_ijk": event.point_ijk, "plane": event.plane}
        self._tool = self.context.tool(self.name, level_lower=level[0], level_upper=level[1], **given)
        self._pressed = event
        self._grow(event)

    def move(self, event: ViewEvent) -> None:
        """Another range of values."""
        if self._pressed is not None:
            self._grow(event)

    def release(self, event: ViewEvent) -> None:
        """Writes the region."""
        if self._pressed is not None:
            self._grow(event)
            self.end()

    def end(self) -> None:
        """Writes the region as it is shown; in the volume it is grown in the background first."""
        tool, where = self._tool, self._where
        self.cancel()
        if tool is None or where is None:
            return
        scene = self.context.scene()
        if not tool.volume:
            self.context.write(tool.propose(scene), where)
            return
        label, document = scene.label, scene.segmentation

        def grown(draft: Any) -> None:
            if self.context.session.document is document and self.context.session.active == label:
                assert isinstance(draft, Draft)
                self.context.write(draft, None)

        self._volume.start(scene, lambda at, progress: propose(tool, at, stopping(progress)), grown, self._failed)
        self.context.say("growing in the volume...")

    def cancel(self) -> None:
        """Drops the region, also one that is still growing in the volume."""
        self._volume.stop()
        self._pressed, self._where, self._tool, self._patch = None, None, None, None

    def shapes(self, view: str, plane: Plane, index: int) -> Shapes:
        """The region in the slice of the seed."""
        del view
        if self._patch is None or self._where is None or (self._where.plane, self._where.index) != (plane, index):
            return NOTHING
        return Shapes(patches=(self._patch,))

    # ---- inside ------------------------------------------------------------------------------------------------
    def _grow(self, event: ViewEvent) -> None:
        assert self._pressed is not None
        assert self._tool is not None
        dx, dy = self._dragged(self._pressed, event)
        self._tool = replace(self._tool, dx=dx, dy=dy)
        scene = self.context.scene()
        box, mask, notes = replace(self._tool, volume=False).region(scene)
        region = self._tool.masked(scene, box, mask) if mask.size else mask
        self._patch = Patch(box, np.asarray(region).view(np.uint8), {1: ADDS}) if region.any() else None
        self.context.say("; ".join(notes))

    def _dragged(self, begun: ViewEvent, event: ViewEvent) -> tuple[float, float]:
        """Pixels of the screen to the right and upwards."""
        if begun.xy is not None and event.xy is not None:
            return float(event.xy[0] - begun.xy[0]), float(event.xy[1] - begun.xy[1])
        way = np.subtract(event.point_lps, begun.point_lps) / max(event.pixel_mm, 1e-9)
        plane = begun.plane or PLANES[0]
        return float(way @ _RIGHT[plane]), float(way @ _UP[plane])

    def _failed(self, error: Exception) -> None:
        if isinstance(error, StoppedError):
            return
        if not isinstance(error, MultiLabelSegError):
            raise error
        self.context.say(str(error))
        self.context.session.tell(Level.WARNING, str(error))
