"""The canvas of the workbench: three linked slice views and a 3D view on one MRML scene.

Slices are cut out, windowed and coloured by Slicer's own slice logic (``vtkMRMLSliceLogic``, ``vtkMRMLSliceNode``) of
the host's scene, on the processor, so that slice views need no OpenGL. Labels are drawn over them from the document's
arrays by colour table: Slicer's displayable manager cuts out every segment again for each picture. The segmentation
node of the scene stays what other users of the scene see; ``host.MrmlHost`` keeps it.

How to use it::

    from MultiLabelSegLib.host.mrml import MrmlHost
    from MultiLabelSegLib.host.mrml_images import volume_from_image
    from MultiLabelSegLib.workbench.canvas import Canvas
    from MultiLabelSegLib.workbench.canvas_display import check_qt
    from MultiLabelSegLib.workbench.render_scene import RenderScene

    check_qt()                                  # before QApplication: HostError in one line where there is no display
    place = RenderScene()                       # makes an MRML scene with its logics; keep it
    host = MrmlHost(place.scene, preferences, tell, wake)
    canvas = Canvas(host, parent, place)        # a QWidget; without ``place`` one is made for ``host.scene``
    volume = volume_from_image(place.scene, image, "CT")
    canvas.set_image(volume.GetID())
    canvas.show_document(host.show(document, history, image_id=volume.GetID()))
    canvas.set_handler(presenter)               # .view_event(event) -> bool is asked before the canvas's own gestures
    ...
    canvas.close_canvas()                       # before host.close(), place.close()

Whoever owns the host has a timer that calls ``host.pump()`` while ``host.is_busy``: surfaces arrive by it.

Methods, all in Qt's thread:

- ``set_image(image_id)`` (``""``: none), ``image_id``, ``show_document(view)`` (a ``DocumentView`` or None),
  ``show_others(documents)`` (seen below it),
  ``document``; views lie along the document's grid, without a document along the image's. ``set_frame(t)`` and the time
  slider (``frame_changed``); ``volume_of_frame`` may be set to a function t -> ID of the volume of that frame.
- ``view(name)``: a ``SliceView`` ("axial", "coronal", "sagittal"), ``views``, ``volume`` (the ``VolumeView``).
  ``view.set_feedback(ui.tools.feedback.Feedback(...))`` draws circles, lines, handles, previews and the text of a tool;
  ``canvas.set_feedback(feedback, view=None)`` does so in one view or all; ``set_tool_text(lines)`` in every corner.
- ``set_drawing(on)``: a 2D tool is on; crosshair, window/level and the double click rest, scroll, pan and zoom stay.
- ``set_style("filled" | "outlined" | "both")``, ``set_opacity(0...1)``, ``set_overlay_visible(on)``,
  ``toggle_overlay()`` (key H), ``overlay_toggled``. Labels' own colour, opacity and visibility come from the document.
- ``jump_to(lps, center=False)``, ``jump_to_ijk(ijk, center=True)``, ``crosshair``, ``crosshair_moved``,
  ``set_crosshair_visible(on)``, ``reset_views()``, ``window_level()``, ``set_window_level(window, level)``.
- ``set_layout(name)`` with names of ``canvas_layouts.LAYOUTS``, ``layout_name``, ``maximise(pane or None)``,
  ``maximised``, ``layout_changed``.
- ``request_surfaces(values=None)``, ``cancel_surfaces()``, ``set_contours(polygons_lps)`` (black in 3D).
- ``set_theme("dark" | "light")``, ``hovered`` (view, (i, j, k) or None, ((value, name), ...)).

Signals are ``MultiLabelSegLib.signal.Signal``. Gestures are listed in ``view_gestures``. A dab is drawn at once in the
view that it was made in; other views follow 60 ms after the last change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy import QtCore, QtGui, QtWidgets

from ..core import Geometry, Segmentation
from ..errors import HostError, OptionError
from ..host.base import DocumentView
from ..host.mrml import MrmlHost
from ..host.mrml_images import geometry_of_volume
from ..signal import Signal
from ..ui.tools.feedback import Feedback
from ..ui.tools.view_events import ViewEventHandler
from .canvas_following import DocumentFollower
from .canvas_panes import Panes
from .canvas_surfaces import SurfaceMaker
from .canvas_theme import THEMES, Theme
from .render_scene import RenderScene
from .render_slice import SlicePicture, fit_window
from .slice_view import SliceView
from .view_geometry import SLICE_VIEWS, Triple, ViewName, flat_view
from .view_labels import LABEL_STYLES, LabelStyle
from .view_state import ViewState
from .volume_view import VolumeView


class Canvas(QtWidgets.QWidget):
    """Four linked views; the module's text says how to use it."""

    def __init__(self, host: MrmlHost, parent: Any = None, place: RenderScene | None = None) -> None:
        super().__init__(parent)
        self._host, self._owns_place = host, place is None
        self._place = RenderScene(host.scene) if place is None else place
        self.state = ViewState()
        self.frame_changed, self.overlay_toggled, self.layout_changed = Signal(), Signal(), Signal()
        self.volume_of_frame: Callable[[int], str] | None = None
        self._image_id = ""
        self._shown: DocumentView | None = None
        self._views = {name: self._make_view(name) for name in SLICE_VIEWS}
        self.volume = VolumeView(self.state.colors, self)
        self._surfaces = SurfaceMaker(host, self.volume)
        self._panes = Panes(self._views, self.volume, self)
        self._follower = DocumentFollower(self.state, self.views, self._surfaces, self._on_geometry)
        self._connect()
        self.set_theme("dark")

    # ---- what is shown -----------------------------------------------------------------------------------------
    @property
    def document(self) -> Segmentation | None:
        """The document that is shown."""
        return self.state.document

    @property
    def image_id(self) -> str:
        """The ID of the volume node that is shown; empty for none."""
        return self._image_id

    @property
    def frame(self) -> int:
        """The frame that is shown."""
        return self.state.t

    @property
    def views(self) -> tuple[SliceView, ...]:
        """Axial, coronal, sagittal."""
        return tuple(self._views.values())

    def view(self, name: ViewName) -> SliceView:
        """A slice view. Raises OptionError for a name that there is not."""
        if name not in self._views:
            raise OptionError("view", name, SLICE_VIEWS)
        return self._views[name]

    def set_image(self, image_id: str) -> None:
        """Shows a volume node of the scene below the labels; none with "". Raises HostError for an unknown ID.

        A window is chosen for it unless its display node has one that somebody chose.
        """
        if image_id and self._place.scene.GetNodeByID(image_id) is None:
            raise HostError(f"the scene has no volume {image_id!r}")
        self._image_id = image_id
        for view in self.views:
            view.picture.set_volume(image_id)
        fit_window(self._views["axial"].picture.volume)
        self._set_geometry()

    def show_document(self, shown: DocumentView | None) -> None:
        """Shows a document of the host instead of the one before; None shows the image alone."""
        self._shown = shown
        self._surfaces.clear()
        self._follower.follow(None if shown is None else shown.document)
        self.state.t = 0 if shown is None else shown.frame
        self._set_geometry()
        for view in self.views:
            view.labels_changed()

    def show_others(self, documents: Sequence[Segmentation]) -> None:
        """Documents whose labels are seen below those of the current one, where they lie on the same grid."""
        self._follower.follow_others(documents)
        for view in self.views:
            view.labels_changed()

    def set_frame(self, t: int) -> None:
        """Shows another frame of a document with several. Raises HostError for one that there is not."""
        if self._shown is None or t == self.state.t:
            return
        self._shown.set_frame(t)
        self.state.t = t
        if self.volume_of_frame is not None:
            self._image_id = self.volume_of_frame(t)
            for view in self.views:
                view.picture.set_volume(self._image_id)
        for view in self.views:
            view.labels_changed()
        self._surfaces.note_frame(t)
        self._panes.time.set_frame(t)
        self.frame_changed.emit(t)

    def set_time(self, count: int, t: int) -> None:
        """Shows time point ``t`` of ``count`` in the slider: an image may have more than its static document."""
        self._panes.time.set_frames(count, t)

    # ---- tools -------------------------------------------------------------------------------------------------
    def set_handler(self, handler: ViewEventHandler | None) -> None:
        """Who is asked first about what the mouse does in a slice view."""
        self.state.handler = handler

    def set_drawing(self, is_drawing: bool) -> None:
        """Whether a 2D tool is on: crosshair, window/level and the double click rest."""
        self.state.is_drawing = is_drawing
        for view in self.views:
            view.setCursor(QtCore.Qt.CrossCursor if is_drawing else QtCore.Qt.ArrowCursor)

    def set_feedback(self, feedback: Feedback | None, view: ViewName | None = None) -> None:
        """What a tool draws over one view, or over all."""
        for shown in self.views if view is None else (self.view(view),):
            shown.set_feedback(feedback)

    def set_tool_text(self, lines: Sequence[str]) -> None:
        """The tool and its modifiers in the corner of every view."""
        self.state.tool_text = tuple(lines)
        self._update()

    # ---- how labels are shown ----------------------------------------------------------------------------------
    def set_style(self, style: LabelStyle) -> None:
        """Filled, outlined, or both. Raises OptionError."""
        if style not in LABEL_STYLES:
            raise OptionError("style", style, LABEL_STYLES)
        self.state.style = style
        self._relabel()

    def set_opacity(self, opacity: float) -> None:
        """Opacity 0...1 of all labels, besides their own."""
        self.state.opacity = min(1.0, max(0.0, opacity))
        self._relabel()

    @property
    def overlay_visible(self) -> bool:
        """Whether labels are shown."""
        return self.state.shows_labels

    def set_overlay_visible(self, is_visible: bool) -> None:
        """Shows or hides all labels."""
        if is_visible != self.state.shows_labels:
            self.state.shows_labels = is_visible
            self._update()
            self.overlay_toggled.emit(is_visible)

    def toggle_overlay(self) -> None:
        """Shows labels where they are hidden, and the other way round."""
        self.set_overlay_visible(not self.state.shows_labels)

    # ---- where views look --------------------------------------------------------------------------------------
    @property
    def crosshair(self) -> Triple | None:
        """The crosshair in LPS mm."""
        return self.state.crosshair_lps

    @property
    def crosshair_moved(self) -> Signal:
        """Emits (LPS mm, view or None)."""
        return self.state.crosshair_moved

    @property
    def hovered(self) -> Signal:
        """Emits (view's name, (i, j, k) or None, ((value, name), ...)) as the mouse moves."""
        return self.state.hovered

    def set_crosshair_visible(self, is_visible: bool) -> None:
        """Draws the crosshair or not."""
        self.state.shows_crosshair = is_visible
        self._update()

    def jump_to(self, point_lps: Triple, *, center: bool = False) -> None:
        """Puts the crosshair on a point; all views show its slice, with ``center`` in their middle."""
        self.state.move_crosshair(point_lps)
        if center:
            for view in self.views:
                view.show_lps(point_lps, center=True)

    def jump_to_ijk(self, point_ijk: Triple, *, center: bool = True) -> None:
        """``jump_to`` for an index (i, j, k) of the grid."""
        if self.state.geometry is not None:
            x, y, z = self.state.geometry.lps_from_ijk(point_ijk).tolist()
            self.jump_to((x, y, z), center=center)

    def reset_views(self) -> None:
        """Every view shows its whole slice, the 3D view everything."""
        for view in self.views:
            view.reset()
        self.volume.reset()

    def window_level(self) -> tuple[float, float] | None:
        """Window and level of the image; None without one."""
        return self._views["axial"].window_level()

    def set_window_level(self, window: float, level: float) -> None:
        """Sets both."""
        self._views["axial"].set_window_level(window, level)

    # ---- layout and look ---------------------------------------------------------------------------------------
    @property
    def layout_name(self) -> str:
        """The layout, also while one view is shown alone."""
        return self._panes.layout_name

    @property
    def maximised(self) -> str | None:
        """The pane that is shown alone."""
        return self._panes.maximised

    def set_layout(self, name: str) -> None:
        """Arranges the views. Raises OptionError for a name that is not in ``canvas_layouts.LAYOUTS``."""
        self._panes.set_layout(name)
        self.layout_changed.emit(name)

    def maximise(self, pane: str | None) -> None:
        """Shows one pane alone; None, or the one that is alone already, brings the others back."""
        self._panes.maximise(pane)
        self.layout_changed.emit(self._panes.layout_name)

    def set_theme(self, theme: Theme) -> None:
        """Dark or light. Raises OptionError."""
        if theme not in THEMES:
            raise OptionError("theme", theme, THEMES)
        self.state.colors = THEMES[theme]
        palette = self.palette()
        palette.setColor(QtGui.QPalette.Window, QtGui.QColor(self.state.colors.around))
        self.setAutoFillBackground(True)
        self.setPalette(palette)
        self._panes.set_colors(self.state.colors)
        self.volume.set_colors(self.state.colors)
        self._update()

    # ---- 3D ----------------------------------------------------------------------------------------------------
    @property
    def is_making_surfaces(self) -> bool:
        """Whether surfaces are on their way."""
        return self._surfaces.is_busy

    def request_surfaces(self, values: Sequence[int] | None = None) -> None:
        """Makes surfaces in the background, of all visible labels or of these. Raises UnknownLabelError."""
        if self.state.document is not None:
            self._surfaces.request(self.state.document, values, self.state.t)

    def cancel_surfaces(self) -> None:
        """Gives up surfaces that are on their way."""
        self._surfaces.cancel()

    def set_contours(self, polygons_lps: Sequence[NDArray[np.float64]]) -> None:
        """Closed polygons (n, 3) in LPS mm, black in the 3D view: the contours of the 3D interpolation."""
        self.volume.set_contours(polygons_lps)

    def close_canvas(self) -> None:
        """Follows nobody any more; to be called before the scene ends."""
        self._surfaces.cancel()
        self._follower.follow(None)
        self._follower.follow_others(())
        for view in self.views:
            view.close_view()
        self.volume.close_view()
        if self._owns_place:
            self._place.close()

    # ---- inside ------------------------------------------------------------------------------------------------
    def _make_view(self, name: ViewName) -> SliceView:
        return SliceView(name, SlicePicture(self._place, name), self.state, self)

    def _connect(self) -> None:
        self.state.crosshair_moved.connect(self._on_crosshair)
        self.state.maximise_asked.connect(self.maximise)
        self.state.overlay_asked.connect(self.toggle_overlay)
        self._panes.maximise_asked.connect(self.maximise)
        self._panes.surfaces_asked.connect(self.request_surfaces)
        self._panes.time.chosen.connect(self._on_time)

    def _set_geometry(self) -> None:
        """Views take the document's grid, else the image's; they stay where they are on the same grid."""
        geometry: Geometry | None = None
        if self.state.document is not None:
            geometry = self.state.document.geometry
        elif self._image_id:
            geometry = geometry_of_volume(self._place.scene.GetNodeByID(self._image_id))
        former, self.state.geometry = self.state.geometry, geometry
        self._panes.time.set_frames(1 if geometry is None else geometry.time_steps, self.state.t)
        same = former is not None and geometry is not None and former.is_congruent(geometry, check_time=False)
        if same and former is not None:
            self._update()
            return
        self.state.crosshair_lps = None
        for view in self.views:
            view.set_grid()
        if self._panes.show_flat(flat_view(geometry)):
            self.layout_changed.emit(self._panes.layout_name)

    def _on_time(self, t: int) -> None:
        """Somebody moved the slider; where the document has no such frame, the image alone shows another."""
        steps = 1 if self._shown is None else self._shown.document.geometry.time_steps
        if t < steps and t != self.state.t:
            self.set_frame(t)
        else:
            self.frame_changed.emit(t)

    def _on_geometry(self) -> None:
        self._set_geometry()
        self._relabel()

    def _on_crosshair(self, point_lps: Triple, source: object) -> None:
        x, y, z = point_lps
        self._place.crosshair.SetCrosshairRAS(-x, -y, z)
        for view in self.views:
            if view is not source:
                view.show_lps(point_lps)
            view.update()

    def _relabel(self) -> None:
        for view in self.views:
            view.labels_changed()

    def _update(self) -> None:
        for view in self.views:
            view.update()
