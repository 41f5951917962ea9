"""Suggestions of the 2D interpolation for the slices that are shown: made in the background, kept until they change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core import Event
from ...errors import MultiLabelSegError
from ...host.base import Progress
from ...tools.base import Scene
from ...tools.interpolate_2d import SliceState, suggestion_contours, suggestion_state
from ...tools.slices import PLANES, Plane, SliceOf
from ..frozen import Latest, StoppedError
from ..session import Session

Polygon = NDArray[np.float64]
#: slices whose suggestions are kept
_KEPT = 64


@dataclass(frozen=True, eq=False)
class Suggestion2D:
    """What is suggested in one slice: label value -> closed polygons (n, 3) as i, j, k. ``reason`` says why nothing."""

    plane: Plane
    slice: int
    contours: dict[int, tuple[Polygon, ...]] = field(default_factory=dict)
    reason: str = ""


Key = tuple[Plane, int]
_Found = tuple[list[Suggestion2D], dict[Plane, tuple[SliceState, ...]]]


class Suggestions2D:
    """Asked for a slice, gives what is known at once and else nothing, and calls ``told`` when it is known.

    Only changes of a label that is interpolated, or of the frame, make it ask anew; not while ``waits`` says so.
    """

    def __init__(self, session: Session, told: Callable[[], None], waits: Callable[[], bool]) -> None:
        self._session, self._told, self._waits = session, told, waits
        self.all_labels = False
        self.is_on = False
        self._known: OrderedDict[Key, Suggestion2D] = OrderedDict()
        self._states: dict[Plane, tuple[SliceState, ...]] = {}
        self._wanted: list[Key] = []
        self._work = Latest(session.host.run)
        session.events.connect(self._on_event)

    def get(self, plane: Plane, index: int) -> Suggestion2D | None:
        """The suggestion of a slice, None while it is worked out."""
        key = plane, index
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        if self.is_on and key not in self._wanted and not self._waits():
            self._wanted = [*self._wanted[-2:], key]  # a view that is scrolled on does not wait for what it left
            self._start()
        return None

    def states(self, plane: Plane) -> tuple[SliceState, ...]:
        """For every slice of a plane whether it is key for the active label. Raises ToolError without one."""
        if plane not in self._states:
            self._states[plane] = suggestion_state(self._session.scene(), plane)
        return self._states[plane]

    def forget(self) -> None:
        """Everything may be different."""
        self._known.clear()
        self._states.clear()
        self._wanted = []
        self._work.stop()

    # ---- inside ------------------------------------------------------------------------------------------------
    def _on_event(self, event: Event) -> None:
        active = self._session.active
        if event.kind == "voxels" and not self.all_labels and active is not None and active not in event.values:
            return
        if event.kind == "properties":
            return
        self.forget()

    def _start(self) -> None:
        try:
            scene = self._session.scene()
            scene.active_label()
        except MultiLabelSegError as error:
            for key in self._wanted:
                self._known[key] = Suggestion2D(*key, reason=str(error))
            self._wanted = []
            return
        wanted, every = tuple(self._wanted), self.all_labels

        def work(at: Scene, progress: Progress) -> _Found:
            found = []
            states = {plane: suggestion_state(at, plane) for plane in dict.fromkeys(plane for plane, _ in wanted)}
            for number, (plane, index) in enumerate(wanted):
                if not progress(number / len(wanted)):
                    raise StoppedError
                contours = suggestion_contours(at, plane, index, "all" if every else "active")
                reason = "" if contours else states[plane][index].reason
                where = SliceOf(at.geometry, plane, index)
                found.append(Suggestion2D(plane, index, _lifted(contours, where), reason))
            return found, states

        self._work.start(scene, work, self._done, self._failed)

    def _done(self, answer: _Found) -> None:
        found, states = answer
        self._states.update(states)
        for each in found:
            self._known[each.plane, each.slice] = each
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        self._wanted = [key for key in self._wanted if key not in self._known]
        self._told()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, StoppedError):
            return
        if not isinstance(error, MultiLabelSegError):
            raise error
        for key in self._wanted:
            self._known[key] = Suggestion2D(*key, reason=str(error))
        self._wanted = []
        self._told()


def _lifted(contours: dict[int, list[Polygon]], where: SliceOf) -> dict[int, tuple[Polygon, ...]]:
    """Polygons of (column, row) as i, j, k."""
    across = 2 - PLANES.index(where.plane)
    return {
        value: tuple(np.insert(np.asarray(polygon, np.float64), across, where.index, axis=1) for polygon in polygons)
        for value, polygons in contours.items()
    }
