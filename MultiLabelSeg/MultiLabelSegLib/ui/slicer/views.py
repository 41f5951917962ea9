"""Mouse events of MRML slice views, Slicer's own or any other with a VTK interactor, as events of ours.

Nothing here imports Slicer or VTK: it is given their objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry
from ...core.geometry import lps_from_ras
from ..tools.slice_pointer import SlicePointer
from ..tools.view_events import Button, Modifier, ViewEvent, ViewEventHandler, ViewEventKind

#: before every observer of the view itself, which scrolls, pans and changes the window
PRIORITY = 100.0

_BUTTONS = {"Left": Button.LEFT, "Middle": Button.MIDDLE, "Right": Button.RIGHT}
_KINDS = {
    "ButtonPressEvent": ViewEventKind.PRESS,
    "ButtonReleaseEvent": ViewEventKind.RELEASE,
    "ButtonDoubleClickEvent": ViewEventKind.DOUBLE,
}
_OTHER = {
    "MouseMoveEvent": (ViewEventKind.HOVER, 0),
    "LeaveEvent": (ViewEventKind.LEAVE, 0),
    "MouseWheelForwardEvent": (ViewEventKind.WHEEL, 1),
    "MouseWheelBackwardEvent": (ViewEventKind.WHEEL, -1),
}


def matrix_of(matrix: Any) -> NDArray[np.float64]:
    """A vtkMatrix4x4 as an array (4, 4)."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


class SliceViewEvents:
    """Asks a handler first about each mouse event of one slice view; what it handles the view itself never sees.

    ``slice_node`` is the view's vtkMRMLSliceNode, ``interactor`` its vtkRenderWindowInteractor, ``geometry`` tells
    the grid of the document that is worked on, or None.
    """

    def __init__(
        self,
        slice_node: Any,
        interactor: Any,
        geometry: Callable[[], Geometry | None],
        handler: ViewEventHandler,
    ) -> None:
        self._node, self._interactor = slice_node, interactor
        self._geometry, self._handler = geometry, handler
        self._held: Button | None = None
        self._tags: list[int] = []
        for name in _BUTTONS:
            for event in _KINDS:
                self._observe(name + event)
        for name in _OTHER:
            self._observe(name)

    @property
    def name(self) -> str:
        """The view's name: "Red", for example."""
        return str(self._node.GetLayoutName() or self._node.GetName() or "")

    def pointer(self) -> SlicePointer | None:
        """Where the view's pixels lie in the document; None without a document."""
        geometry = self._geometry()
        if geometry is None:
            return None
        return SlicePointer(geometry, lps_from_ras(matrix_of(self._node.GetXYToRAS())))

    def detach(self) -> None:
        """Leaves the view to itself."""
        for tag in self._tags:
            self._interactor.RemoveObserver(tag)
        self._tags.clear()

    def _observe(self, name: str) -> None:
        place = len(self._tags)  # the observer's number is known only when there is an observer
        self._tags.append(self._interactor.AddObserver(name, lambda *_: self._on_event(name, place), PRIORITY))

    def _on_event(self, name: str, place: int) -> None:
        command = self._interactor.GetCommand(self._tags[place])
        command.SetAbortFlag(0)
        event = self._event(name)
        if event is not None and self._handler.view_event(event):
            command.SetAbortFlag(1)

    def _event(self, name: str) -> ViewEvent | None:
        pointer = self.pointer()
        if pointer is None:
            return None
        kind, button, wheel = self._described(name)
        x, y = self._interactor.GetEventPosition()[:2]
        return ViewEvent(
            kind,
            self.name,
            pointer.plane,
            pointer.slice,
            pointer.point_ijk(x, y),
            pointer.point_lps(x, y),
            button,
            self._modifiers(),
            pointer.pixel_mm,
            wheel,
            (float(x), float(y)),
        )

    def _described(self, name: str) -> tuple[ViewEventKind, Button | None, int]:
        for prefix, button in _BUTTONS.items():
            if name.startswith(prefix):
                kind = _KINDS[name[len(prefix) :]]
                if kind is not ViewEventKind.RELEASE:
                    self._held = self._held or button
                elif self._held is button:
                    self._held = None
                return kind, button, 0
        kind, wheel = _OTHER[name]
        if kind is ViewEventKind.HOVER and self._held is not None:
            return ViewEventKind.MOVE, self._held, 0
        return kind, None, wheel

    def _modifiers(self) -> frozenset[Modifier]:
        held = {
            Modifier.CTRL: self._interactor.GetControlKey(),
            Modifier.SHIFT: self._interactor.GetShiftKey(),
            Modifier.ALT: self._interactor.GetAltKey(),
        }
        return frozenset(modifier for modifier, is_held in held.items() if is_held)
