"""The panel inside 3D Slicer: the host on its scene, its slice views, its timer. Slicer's objects are given, not found.

Slicer's names are in its own style: ``sliceViewNames``, ``sliceWidget``, ``scheduleRender``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Geometry
from ...host.base import Message
from ...host.mrml import MrmlHost
from ...host.settings import SettingsPreferences
from ..presenter import Presenter
from ..slicer.overlay import SliceOverlay
from ..slicer.views import SliceViewEvents
from ..topics import Changed, Topic
from .binding import connect, qt
from .errors import guarded
from .panel import Panel

#: how often answers of background work are fetched
_POLL_MS = 25
_IMAGE, _SEGMENTATION = "ReferenceImage", "Segmentation"


@dataclass(eq=False)
class _View:
    """One slice view of Slicer's layout, while the panel is entered."""

    events: SliceViewEvents
    overlay: SliceOverlay
    widget: Any

    def leave(self) -> None:
        self.events.detach()
        self.overlay.remove()
        self.widget.sliceView().scheduleRender()


class SlicerPanel:
    """Composes host, presenter and panel. ``layout_manager`` is None where Slicer has no main window.

    ``settings`` is a QSettings, ``parameter_node`` gives the module's parameter node of the scene as it is now. The
    module's widget calls ``enter``, ``exit`` and ``close``; ``widget`` is what it adds to its layout.
    """

    def __init__(
        self,
        scene: Any,
        layout_manager: Any | None,
        settings: Any,
        parameter_node: Callable[[], Any],
        tell: Callable[[Message], None],
        parent: Any = None,
        journal_folder: Path | None = None,
    ) -> None:
        self._layout_manager, self._parameter_node = layout_manager, parameter_node
        self.host = MrmlHost(scene, SettingsPreferences(settings), tell, self._wake)
        self.presenter = Presenter(self.host, journal_folder=journal_folder)
        self.panel = Panel(self.presenter, parent, True)
        self.widget = self.panel.widget
        self._views: list[_View] = []
        self._is_entered = False
        self._timer = qt.QTimer()
        self._timer.setInterval(_POLL_MS)
        connect(self._timer, "timeout()", self._pump)
        self._timer.start()
        if layout_manager is not None:
            connect(layout_manager, "layoutChanged(int)", self._on_layout)
        self._tags = [
            scene.AddObserver(scene.StartSaveEvent, lambda *_: guarded(self.host.keep)),
            scene.AddObserver(scene.EndImportEvent, lambda *_: guarded(self._restore)),
        ]
        self.presenter.changed.connect(self._on_changed)

    def enter(self) -> None:
        """The module is shown: its keys live, and its tools hear the slice views."""
        self._is_entered = True
        self._restore()
        self.panel.enter()
        self._attach()

    def exit(self) -> None:
        """Another module is shown: Slicer's views and keys are its own again."""
        self._is_entered = False
        self.presenter.tools.leave()
        self.panel.exit()
        self._detach()

    def close(self) -> None:
        """Nothing of the scene or of the views is observed any more; nodes stay as they are."""
        self.exit()
        self._timer.stop()
        for tag in self._tags:
            self.host.scene.RemoveObserver(tag)
        self._tags.clear()
        self.panel.close()
        self.host.close()

    # ---- slice views -------------------------------------------------------------------------------------------
    def _attach(self) -> None:
        self._detach()
        if self._layout_manager is None:
            return
        for name in self._layout_manager.sliceViewNames():
            widget = self._layout_manager.sliceWidget(name)
            view = widget.sliceView()
            events = SliceViewEvents(widget.mrmlSliceNode(), view.interactor(), self._geometry, self)
            overlay = SliceOverlay(view.renderWindow().GetRenderers().GetFirstRenderer())
            self._views.append(_View(events, overlay, widget))
        self._draw()

    def _detach(self) -> None:
        for view in self._views:
            view.leave()
        self._views.clear()

    def _on_layout(self) -> None:
        if self._is_entered:
            self._attach()

    def view_event(self, event: Any) -> bool:
        """See ``ViewEventHandler``: tools first, and what lies under the mouse is shown whatever they say."""
        return bool(guarded(self.presenter.tools.view_event, event))

    def _geometry(self) -> Geometry | None:
        document = self.presenter.session.document
        return None if document is None else document.geometry

    def _draw(self, name: str = "") -> None:
        """In all views, or in the one of this name and those that show the same slice."""
        pointers = [(view, view.events.pointer()) for view in self._views]
        place = next((_place(pointer) for view, pointer in pointers if view.events.name == name), None)
        for view, pointer in pointers:
            if place is not None and _place(pointer) != place:
                continue
            feedback = None
            if pointer is not None:
                feedback = self.presenter.tools.feedback(view.events.name, pointer.plane, pointer.slice)
            view.overlay.show(feedback, pointer)
            view.widget.sliceView().scheduleRender()

    def _jump(self, point_ijk: tuple[int, ...]) -> None:
        geometry = self._geometry()
        if geometry is None or len(point_ijk) != 3:
            return
        right, front, up = np.asarray(geometry.lps_from_ijk([point_ijk])[0]) * (-1, -1, 1)
        for view in self._views:
            view.widget.mrmlSliceNode().JumpSliceByCentering(float(right), float(front), float(up))

    # ---- the scene ---------------------------------------------------------------------------------------------
    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in (Topic.FEEDBACK, Topic.PREVIEW, Topic.TOOL, Topic.INTERPOLATION):
            self._draw(changed.view)
        elif changed.topic is Topic.JUMP:
            self._jump(changed.values)
        elif changed.topic in (Topic.DOCUMENT, Topic.IMAGE):
            self._remember()

    def _remember(self) -> None:
        """What is chosen goes into the scene, so that it is chosen again when the scene is loaded."""
        node = self._parameter_node()
        if node is None:
            return
        shown: Any = self.presenter.session.view
        node.SetNodeReferenceID(_IMAGE, self.presenter.session.image_id or None)
        node.SetNodeReferenceID(_SEGMENTATION, None if shown is None else shown.node.GetID())

    def _restore(self) -> None:
        """Takes up what the scene says was chosen, unless something is open already."""
        node = self._parameter_node()
        if node is None or self.presenter.session.document is not None:
            return
        image, segmentation = node.GetNodeReferenceID(_IMAGE), node.GetNodeReferenceID(_SEGMENTATION)
        if segmentation and self.host.scene.GetNodeByID(segmentation) is not None:
            self.presenter.data.select_segmentation(segmentation)
        # after the segmentation, which chooses its own image when it is taken over
        if image and self.host.scene.GetNodeByID(image) is not None:
            self.presenter.data.select_image(image)

    # ---- time --------------------------------------------------------------------------------------------------
    def _wake(self) -> None:
        qt.QTimer.singleShot(0, self._pump)

    def _pump(self) -> None:
        guarded(self.host.pump)


def _place(pointer: Any) -> tuple[Any, int] | None:
    """Plane and slice that a view shows; None without a document."""
    return None if pointer is None else (pointer.plane, pointer.slice)
