"""Views follow a document: at once where the user works, a moment later elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy import QtCore

from ..core import Event, Segmentation
from .canvas_surfaces import SurfaceMaker
from .slice_view import SliceView
from .view_state import ViewState

#: ms that other views wait for the next change of a stroke
PAUSE = 60


class DocumentFollower:
    """Tells views what changed; ``regrid`` is called when the document has another grid.

    The view under the mouse is the one of the stroke. Without a mouse in any view, all follow at once.
    """

    def __init__(
        self,
        state: ViewState,
        views: Sequence[SliceView],
        surfaces: SurfaceMaker,
        regrid: Callable[[], None],
    ) -> None:
        self._state, self._views, self._surfaces, self._regrid = state, views, surfaces, regrid
        self._waiting: dict[SliceView, list[Event]] = {}
        self._timer = QtCore.QTimer()
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._catch_up)
        self._soon = QtCore.QTimer()
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._relabel)

    def follow(self, document: Segmentation | None) -> None:
        """Another document; None for none."""
        if self._state.document is not None:
            self._state.document.changed.disconnect(self._on_event)
        self._waiting.clear()
        self._timer.stop()
        self._soon.stop()
        self._state.document = document
        if document is not None:
            document.changed.connect(self._on_event)

    def follow_others(self, documents: Sequence[Segmentation]) -> None:
        """Other documents that are seen as well; views draw all labels anew when one of them changes."""
        for other in self._state.others:
            other.changed.disconnect(self._on_other)
        self._state.others = tuple(documents)
        for other in self._state.others:
            other.changed.connect(self._on_other)

    def _on_other(self, _event: Event) -> None:
        if not self._soon.isActive():
            self._soon.start(0)

    def _on_event(self, event: Event) -> None:
        if event.kind == "geometry":
            self._surfaces.note_voxels(())
            self._regrid()
        elif event.kind == "voxels":
            self._voxels(event)
        elif not self._soon.isActive():
            # a folder of 104 labels tells 104 times; one new table of colours is enough
            self._soon.start(0)

    def _voxels(self, event: Event) -> None:
        self._surfaces.note_voxels(event.values, event.t)
        under = next((view for view in self._views if view.underMouse()), None)
        for view in self._views:
            if under is None or view is under:
                view.voxels_changed(event)
            else:
                self._waiting.setdefault(view, []).append(event)
        if self._waiting:
            self._timer.start(PAUSE)

    def _catch_up(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for view, events in waiting.items():
            for event in events:
                view.voxels_changed(event)

    def _relabel(self) -> None:
        for view in self._views:
            view.labels_changed()
        if self._state.document is not None:
            self._surfaces.restyle(self._state.document)
