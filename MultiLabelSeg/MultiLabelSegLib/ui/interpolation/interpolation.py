"""The interpolation box: off, 2D or 3D; what is suggested, confirming it, the list of contours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...core.label import Color
from ...core.surface import Surface
from ...errors import MultiLabelSegError, OptionError, ToolError
from ...host.base import Level
from ...tools.confirm import ConfirmOptions, confirm
from ...tools.contour_record import AnyPlane, StoredContour
from ...tools.contour_store import remove_contours
from ...tools.interpolate_2d import Interpolate2D, SliceState
from ...tools.slices import PLANES, Plane
from ..messages import counted
from ..session import Session
from ..tools.feedback import Polyline
from ..tools.gestures.base import NOTHING, Shapes
from ..tools.view_events import ViewEvent
from ..topics import Changed, Emit, Topic
from .contour_recorder import ContourRecorder
from .suggestions_2d import Suggestion2D, Suggestions2D
from .surface_3d import Surface3D

Mode = Literal["off", "2d", "3d"]
_MODES = ("off", "2d", "3d")
_BLACK: Color = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class ContourItem:
    """One line of the list of contours; ``id`` is its place in the list.

    What is not stored is the border of a slice that stands apart from others, as long as no contour is stored.
    """

    id: int
    title: str
    label: int
    plane: AnyPlane
    slice: int | None
    frame: int
    contour: StoredContour
    is_stored: bool = True


class Interpolation:
    """What the panel and the views need of the interpolation. Nothing is written before it is confirmed.

    ``reason`` says why the slice that was asked about last has no suggestion, or why there is no surface.
    """

    def __init__(self, session: Session, emit: Emit, recorder: ContourRecorder) -> None:
        self._session, self._emit, self._recorder = session, emit, recorder
        self.mode: Mode = "off"
        self.contours_visible = True
        #: says whether something is being drawn: then suggestions wait for its end
        self.is_drawing: Callable[[], bool] = lambda: False
        self._suggestions = Suggestions2D(session, self._told, lambda: self.is_drawing())
        self._surface = Surface3D(session, self._told)
        #: where each view is, and the one that the mouse was in last
        self._views: dict[str, tuple[Plane, int]] = {}
        self._used = ""

    # ---- mode --------------------------------------------------------------------------------------------------
    def set_mode(self, mode: Mode) -> None:
        """Off, 2D or 3D; one at a time. Raises OptionError."""
        if mode not in _MODES:
            raise OptionError("mode", mode, _MODES)
        if mode == self.mode:
            return
        self.mode = mode
        self._suggestions.is_on = mode == "2d"
        self._suggestions.forget()
        self._surface.is_on = self._recorder.is_on = mode == "3d"
        if mode != "3d":
            self._surface.drop()
        self._surface.renew()
        self._told()

    @property
    def all_labels(self) -> bool:
        """Whether 2D interpolation suggests for every label, not for the active one alone."""
        return self._suggestions.all_labels

    def set_all_labels(self, wanted: bool) -> None:
        """Suggests for every label, or for the active one alone."""
        if wanted != self._suggestions.all_labels:
            self._suggestions.all_labels = wanted
            self._suggestions.forget()
            self._told()

    # ---- slices ------------------------------------------------------------------------------------------------
    @property
    def plane(self) -> Plane:
        """The plane of the view that was used last; what ``confirm_all`` goes along."""
        last = self._last
        return "axial" if last is None else last[0]

    @property
    def _last(self) -> tuple[Plane, int] | None:
        """The slice of the view that was used last, or of the first that is known."""
        return self._views.get(self._used) or next(iter(self._views.values()), None)

    def view_used(self, event: ViewEvent) -> None:
        """The mouse is in a view."""
        place = event.plane, event.slice
        if event.plane is not None and (event.view != self._used or self._views.get(event.view) != place):
            self._used = event.view
            self.slice_changed(event.view, event.plane, event.slice)

    def slice_changed(self, view: str, plane: Plane | None, index: int) -> None:
        """A view shows another slice."""
        if plane is None:
            self._views.pop(view, None)
            return
        self._views[view] = plane, index
        if self.mode == "2d":
            self.suggestion(plane, index)
            if view == self._used or len(self._views) == 1:
                self._emit(Topic.INTERPOLATION)

    def states(self, plane: Plane | None = None) -> tuple[SliceState, ...]:
        """For every slice of a plane whether it is key, suggested or neither, and why. Raises ToolError."""
        return self._suggestions.states(plane or self.plane)

    def key_slices(self, plane: Plane | None = None) -> tuple[int, ...]:
        """The slices that hold the active label and stay as they are; none without an active label."""
        try:
            return tuple(state.index for state in self.states(plane) if state.kind == "key")
        except MultiLabelSegError:
            return ()

    def suggestion(self, plane: Plane, index: int) -> Suggestion2D | None:
        """What is suggested in a slice; None in another mode, and while it is worked out."""
        if self.mode != "2d" or not 0 <= index < self._depth(plane):
            return None
        return self._suggestions.get(plane, index)

    @property
    def reason(self) -> str:
        """Why there is nothing to confirm; empty where there is, or while it is worked out."""
        if self.mode == "3d":
            return self._surface.reason
        last = self._last
        if self.mode == "off" or last is None:
            return ""
        found = self.suggestion(*last)
        return "" if found is None else found.reason

    @property
    def is_busy(self) -> bool:
        """Whether a surface is being worked out."""
        return self._surface.is_busy

    def confirm_slice(self, plane: Plane | None = None, index: int | None = None) -> str:
        """Writes the suggestion of one slice (by default the one that was looked at last) as one step.

        Returns what was done in words. Raises ToolError when there is nothing to write.
        """
        last = self._last
        if index is None:
            if last is None:
                raise ToolError("no slice is shown; scroll to the slice that is meant")
            plane, index = last
        return self._confirm_2d(Interpolate2D(plane=plane or self.plane, slices=index, labels=self._labels()))

    def confirm_all(self, plane: Plane | None = None) -> str:
        """Writes the suggestions of all slices of a plane as one step. Raises ToolError when there are none."""
        return self._confirm_2d(Interpolate2D(plane=plane or self.plane, labels=self._labels()))

    def _confirm_2d(self, tool: Interpolate2D) -> str:
        if self.mode != "2d":
            raise ToolError("2D interpolation is off")
        self._session.collect()
        opened = self._session.need()
        draft = tool.propose(self._session.scene())
        if not draft.stages:
            raise ToolError("; ".join(draft.notes) or "there is nothing to interpolate")
        command = opened.history.do(draft.command(opened.document))
        self._told()
        return self._said(command)

    # ---- contours and surface ----------------------------------------------------------------------------------
    def contours(self) -> list[ContourItem]:
        """The stored contours of the active label, all frames; without any those that the surface was made from.

        Raises ToolError for senseless ones.
        """
        store, active = self._session.contours, self._session.active
        if store is None or active is None:
            return []
        is_dynamic = self._session.need().document.geometry.time_steps > 1
        stored, preview = store.of_label(active), self._surface.preview
        is_fresh = self.mode == "3d" and preview is not None and not self._surface.is_busy
        used = [each for each in preview.contours if each.label == active] if preview is not None and is_fresh else []
        found = []
        for number, each in enumerate(stored or used):
            where = "free plane" if each.slice is None else f"{each.plane} {each.slice}"
            title = f"{where}, frame {each.t}" if is_dynamic else where
            item = ContourItem(number, title, each.label, each.plane, each.slice, each.t, each, bool(stored))
            found.append(item)
        return found

    def contour_lines(self) -> list[Polyline]:
        """What the 3D view draws black: the polygons of this frame's contours, while they are visible."""
        if self.mode != "3d" or not self.contours_visible:
            return []
        frame = self._session.frame
        return [
            Polyline(np.asarray(polygon), _BLACK, True, "stored")
            for item in self.contours()
            if item.frame == frame
            for polygon in item.contour.polygons_ijk
        ]

    def set_contours_visible(self, wanted: bool) -> None:
        """Shows or hides the contours."""
        if wanted != self.contours_visible:
            self.contours_visible = wanted
            self._told()

    def jump_to_contour(self, item_id: int) -> None:
        """Views go to a contour. Raises ToolError for one that there is not."""
        i, j, k = self._item(item_id).contour.point_ijk
        last = self._session.need().document.geometry.size
        at = (min(max(round(place), 0), room - 1) for place, room in zip((i, j, k), last, strict=True))
        self._emit(Topic.JUMP, tuple(at))

    def delete_contour(self, *item_ids: int) -> None:
        """Deletes contours from the list; voxels stay. Raises ToolError for one that there is not, or is not stored."""
        items = [self._item(each) for each in item_ids]
        if not all(item.is_stored for item in items):
            raise ToolError("this is the border of a drawn slice, not a stored contour; erase the slice instead")
        gone: Sequence[StoredContour] = [item.contour for item in items]
        self._session.do_made(lambda document: remove_contours(document, gone))
        self._told()

    def surface(self) -> Surface | None:
        """The surface through the contours, for the 3D view; None while there is none."""
        return self._surface.surface if self.mode == "3d" else None

    def confirm_3d(self) -> str:
        """Writes what the surface encloses as one step, and switches the interpolation off. Raises ToolError."""
        if self.mode != "3d":
            raise ToolError("3D interpolation is off")
        if self._surface.is_busy:
            raise ToolError("the surface is still being worked out")
        preview = self._surface.preview
        if preview is None:
            raise ToolError(self._surface.reason or "there is no surface to confirm")
        self._session.collect()
        opened, scene = self._session.need(), self._session.scene()
        command = opened.history.do(confirm(scene, preview, ConfirmOptions()).command)
        self.set_mode("off")
        return self._said(command)

    # ---- for the views -----------------------------------------------------------------------------------------
    def shapes(self, view: str, plane: Plane, index: int) -> Shapes:
        """The suggestion of a slice, or its stored contours."""
        self._views[view] = plane, index
        if self.mode == "2d":
            found = self.suggestion(plane, index)
            return NOTHING if found is None else Shapes(lines=tuple(self._suggested(found)))
        if self.mode == "3d" and self.contours_visible:
            return Shapes(lines=tuple(self._stored(plane, index)))
        return NOTHING

    def _suggested(self, found: Suggestion2D) -> list[Polyline]:
        document = self._session.need().document
        return [
            Polyline(polygon, document.label(value).color, True, "suggestion")
            for value, polygons in found.contours.items()
            if value in document
            for polygon in polygons
        ]

    def _stored(self, plane: Plane, index: int) -> list[Polyline]:
        frame = self._session.frame
        return [
            Polyline(np.asarray(polygon), _BLACK, True, "stored")
            for item in self.contours()
            if (item.plane, item.slice, item.frame) == (plane, index, frame)
            for polygon in item.contour.polygons_ijk
        ]

    def on_changed(self, changed: Changed) -> None:
        """Another label, frame or document has other suggestions; a step that is whole may have another surface."""
        if changed.topic is Topic.HISTORY:
            self._surface.settled()
        if changed.topic not in (Topic.ACTIVE, Topic.FRAME, Topic.DOCUMENT):
            return
        self._suggestions.forget()
        if changed.topic is Topic.DOCUMENT:
            self._views.clear()
        if self.mode == "3d":
            self._surface.drop()
            self._surface.renew()
        if self.mode != "off":
            self._told()

    # ---- inside ------------------------------------------------------------------------------------------------
    def _said(self, command: Any) -> str:
        """Says what a confirmation wrote, and what locks kept."""
        text = counted(self._session.need().document, command.resolution.written, command.resolution.protected)
        self._session.tell(Level.INFO, f"{command.title}: {text}")
        return text

    def _labels(self) -> Any:
        return "all" if self.all_labels else "active"

    def _item(self, item_id: int) -> ContourItem:
        found = self.contours()
        if not 0 <= item_id < len(found):
            raise ToolError(f"there is no contour {item_id}; the list has {len(found)}")
        return found[item_id]

    def _depth(self, plane: Plane) -> int:
        document = self._session.document
        return 0 if document is None else document.geometry.shape[PLANES.index(plane)]

    def _told(self) -> None:
        self._emit(Topic.INTERPOLATION)
        self._emit(Topic.FEEDBACK)
