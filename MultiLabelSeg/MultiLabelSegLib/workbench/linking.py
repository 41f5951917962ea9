"""Presenter and canvas: what the one changes the other shows, what the mouse does goes to the tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..signal import Signal
from ..ui.presenter import Presenter
from ..ui.tools.view_events import ViewEvent, ViewEventKind
from ..ui.topics import Changed, Topic
from .canvas import Canvas
from .slice_view import SliceView

_DRAWN = (Topic.FEEDBACK, Topic.PREVIEW, Topic.TOOL, Topic.INTERPOLATION, Topic.ACTIVE)

Guard = Callable[..., Any]


class CanvasLink:
    """Lives as long as both; ``guard(function, *arguments)`` calls a function and shows its errors.

    ``hover_changed`` emits one line about what is under the mouse, "" where that is nothing.
    """

    def __init__(self, presenter: Presenter, canvas: Canvas, guard: Guard) -> None:
        self._presenter, self._canvas, self._guard = presenter, canvas, guard
        self.hover_changed = Signal()
        canvas.set_handler(self)
        canvas.frame_changed.connect(self._on_canvas_frame)
        canvas.overlay_toggled.connect(self._on_canvas_overlay)
        canvas.hovered.connect(self._on_hovered)
        for view in canvas.views:
            view.moved.connect(lambda view=view: self._on_moved(view))
        presenter.changed.connect(self._on_changed)
        self._show_look()

    def view_event(self, event: ViewEvent) -> bool:
        """See ``ViewEventHandler``."""
        if event.kind is ViewEventKind.PRESS:
            self._tell_window()
        return bool(self._guard(self._presenter.tools.view_event, event))

    # ---- from the presenter ------------------------------------------------------------------------------------
    def _on_changed(self, changed: Changed) -> None:
        topic, canvas, session = changed.topic, self._canvas, self._presenter.session
        if topic is Topic.DOCUMENT:
            canvas.show_document(session.view)
            self._show_others()
            canvas.set_time(session.time_steps, session.image_t)
            self._draw()
        elif topic is Topic.IMAGE:
            if canvas.image_id != session.image_id:
                canvas.set_image(session.image_id)
            canvas.set_time(session.time_steps, session.image_t)
        elif topic in _DRAWN:
            self._draw(changed.view)
        elif topic is Topic.OVERLAY:
            canvas.set_overlay_visible(session.overlay_visible)
        elif topic is Topic.PREFERENCES:
            self._show_look()
            self._show_others()
        elif topic is Topic.FRAME:
            canvas.set_frame(session.frame)
            canvas.set_time(session.time_steps, session.image_t)
        elif topic is Topic.JUMP and len(changed.values) == 3:
            i, j, k = changed.values
            canvas.jump_to_ijk((i, j, k))

    def _draw(self, name: str = "") -> None:
        """In all views, or in the one of this name; no two views of a canvas show the same slice."""
        tools = self._presenter.tools
        self._canvas.set_drawing(tools.is_drawing)
        for view in self._canvas.views:
            if name in ("", view.name):
                self._draw_view(view)

    def _draw_view(self, view: SliceView) -> None:
        frame = view.frame
        if frame is None:
            view.set_feedback(None)
        else:
            view.set_feedback(self._presenter.tools.feedback(view.name, frame.grid.plane, frame.slice))

    def _show_look(self) -> None:
        preferences = self._presenter.session.preferences
        self._canvas.set_style("outlined" if preferences.outline else "filled")
        self._canvas.set_opacity(preferences.opacity)

    def _show_others(self) -> None:
        """As in MITK: what else is open is seen too, unless the preferences want the current segmentation alone."""
        session = self._presenter.session
        is_alone = session.preferences.selection_mode
        self._canvas.show_others(
            () if is_alone else [each.document for each in session.documents if each is not session.current]
        )

    # ---- from the canvas ---------------------------------------------------------------------------------------
    def _on_moved(self, view: SliceView) -> None:
        frame = view.frame
        if frame is None:
            return
        self._guard(self._presenter.interpolation.slice_changed, view.name, frame.grid.plane, frame.slice)
        self._draw_view(view)

    def _on_canvas_frame(self, t: int) -> None:
        self._guard(self._presenter.data.set_frame, t)

    def _on_canvas_overlay(self, is_visible: bool) -> None:
        if is_visible != self._presenter.session.overlay_visible:
            self._guard(self._presenter.labels.toggle_overlay)

    def _on_hovered(self, _view: str, point_ijk: tuple[float, float, float] | None, _labels: object) -> None:
        text = "" if point_ijk is None else self._guard(self._presenter.data.hover_text, point_ijk)
        self.hover_changed.emit(text or "")

    def _tell_window(self) -> None:
        """Region growing starts from what the eye sees: the window of the image."""
        shown = self._canvas.window_level()
        if shown is not None:
            window, level = shown
            self._presenter.tools.set_level_window(level - window / 2, level + window / 2)
