"""Picking: clicks mark islands, the preview shows them."""

from __future__ import annotations

import numpy as np

from ....core.label import Color
from ....tools.base import Scene
from ....tools.points import voxel_of
from ....tools.slices import PLANES, Plane
from ..feedback import Handle
from ..preview import Previews
from ..view_events import ViewEvent
from .base import Gesture, Shapes
from .context import Context, slice_shown

_MARK: Color = (1.0, 0.9, 0.1)


class PickGesture(Gesture):
    """Each click picks the island under the mouse; Delete takes the last pick back, Escape all of them."""

    hints: tuple[str, ...] = ("Click: pick, Delete: take the last back, Enter: confirm",)

    def __init__(self, context: Context, name: str, previews: Previews) -> None:
        super().__init__(context, name)
        self._previews = previews
        self._pressed: ViewEvent | None = None

    def press(self, event: ViewEvent) -> None:
        """Waits for the release. Raises ToolError without an active label."""
        self.context.scene().active_label()
        self._pressed = event

    def release(self, event: ViewEvent) -> None:
        """Picks what is under the mouse. Raises ToolError outside of the image and on unlabelled background."""
        if self._pressed is None:
            return
        self._pressed = None
        scene = self.context.scene()
        slice_shown(scene, event.plane, event.slice)
        i, j, k = voxel_of(scene, event.point_ijk, None)
        if not scene.values()[k, j, i]:
            self.context.say(_nothing(scene, (k, j, i)))
            return
        self._previews.picks.add((float(i), float(j), float(k)))
        count = len(self._previews.picks.points_ijk)
        self.context.say(f"{count} pick{'s' if count > 1 else ''}")
        self._previews.picked()

    def key(self, name: str) -> bool:
        """Delete and Escape take picks back, Enter confirms. Raises ToolError as confirming does."""
        picks = self._previews.picks
        if name in ("Delete", "Backspace") and picks.remove_last() is not None:
            self._previews.picked()
            return True
        if name == "Escape" and picks.points_ijk:
            picks.reset()
            self._previews.picked()
            return True
        return False

    def end(self) -> None:
        """A release that was lost is no click."""
        self._pressed = None

    def cancel(self) -> None:
        """The release will pick nothing."""
        self._pressed = None

    def shapes(self, view: str, plane: Plane, index: int) -> Shapes:
        """A mark at each pick of the slice."""
        del view
        across = 2 - PLANES.index(plane)
        points = [point for point in self._previews.picks.points_ijk if int(np.floor(point[across] + 0.5)) == index]
        return Shapes(handles=tuple(Handle(point, _MARK) for point in points))


def _nothing(scene: Scene, at: tuple[int, int, int]) -> str:
    """Why nothing is picked at an index (k, j, i) where the active label's group has no label."""
    document = scene.segmentation
    values = (int(group.array[(scene.t, *at)]) for group in document.groups)
    names = [document.label(value).name for value in values if value in document]
    if not names:
        return "there is nothing to pick: unlabelled background"
    return f"there is nothing to pick in the group of the active label; {' and '.join(names)} is in another one"
