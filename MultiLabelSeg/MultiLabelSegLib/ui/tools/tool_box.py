"""The tool box: which tool is active, its options, and what mouse and keys do with it in slice views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import MultiLabelSegError, ToolError
from ...external.catalog import PROGRAM_TOOLS
from ...tools.base import Preview
from ...tools.slices import Plane
from ..fields import Field
from ..interpolation.contour_recorder import ContourRecorder
from ..session import Session
from ..topics import Changed, Emit, Topic
from .entries import Tab, ToolEntry, entries, tab_of, title_of, why_not
from .feedback import Feedback
from .fields import masking_fields, option_fields
from .gestures.base import NOTHING, Shapes
from .gestures.catalog import gesture_for
from .gestures.context import Context
from .options import MASKING, ToolOptions
from .preview import Previews
from .preview_state import PreviewState
from .view_events import ViewEvent
from .views import ViewDriver

Overlay = Callable[[str, Plane, int], Shapes]


class Tools:
    """One tool at most is active. Errors of gestures are told by the host's messages; of other calls they are raised.

    ``overlays`` are asked for what else is drawn over a slice, ``listeners`` hear each event of a view. ``on_changed``
    has to hear every ``Changed`` of the presenter.
    """

    def __init__(self, session: Session, emit: Emit, recorder: ContourRecorder | None = None) -> None:
        self._session, self._emit = session, emit
        self.options = ToolOptions()
        self.recorder = recorder or ContourRecorder(session)
        self._context = Context(session, emit, self.options, self.recorder)
        self._driver = ViewDriver(self._context)
        self._previews = Previews(session, emit, self.options)
        self.overlays: list[Overlay] = []
        self.listeners: list[Callable[[ViewEvent], None]] = []
        self.ask_program: Callable[[str], object] = lambda _: None
        self.stop_program: Callable[[], object] = lambda: None
        self.active = ""
        self._grid: tuple[object, object] = (None, None)
        session.before_change.append(self._before_change)

    # ---- choosing ----------------------------------------------------------------------------------------------
    def entries(self, tab: Tab) -> tuple[ToolEntry, ...]:
        """The buttons of a tab ("2d", "3d", "post"). Raises OptionError."""
        return entries(self._session, tab, self.active)

    def toggle(self, name: str) -> None:
        """Switches a tool on, and the one before off; the active one is switched off.

        Raises OptionError for an unknown tool, ToolError that says why it cannot be used now.
        """
        tab = tab_of(name)
        if name == self.active:
            self.leave()
            return
        reason = why_not(self._session, name)
        if reason:
            raise ToolError(reason)
        self._switch_off()
        self.active = name
        self._context.note = ""
        self._driver.take(gesture_for(name, self._context, self._previews))
        if tab != "2d":
            self._previews.open(name)
        self._tell()

    def leave(self) -> None:
        """Switches the active tool off; a contour that waits is written, a preview is dropped."""
        if self.active:
            self._switch_off()
            self._tell()

    @property
    def is_program(self) -> bool:
        """Whether the active tool is an outside program."""
        return self.active in PROGRAM_TOOLS

    def end_gesture(self) -> None:
        """Finishes what is being drawn, as a release of the button would."""
        self._driver.end()

    @property
    def is_drawing(self) -> bool:
        """Whether a gesture is begun: a stroke, a contour."""
        return self._driver.is_busy

    # ---- options -----------------------------------------------------------------------------------------------
    def fields(self) -> tuple[Field, ...]:
        """The options of the active tool, without masking."""
        has_fields = self.active and not self.is_program
        return option_fields(self._session, self.options, self.active) if has_fields else ()

    def masking_fields(self) -> tuple[Field, ...]:
        """Where tools may write at all; the same for all tools, until it is changed."""
        tool = "paint" if self.is_program else self.active or "paint"
        return masking_fields(self._session, self.options, tool)

    def set_option(self, name: str, value: Any) -> None:
        """Sets an option of the active tool, or of masking. Raises OptionError, ToolError without a tool."""
        if not self.active and name not in MASKING:
            raise ToolError("no tool is active; its options cannot be set")
        if self.options.set("paint" if self.is_program else self.active or "paint", name, value):
            self._option_changed(name)

    def reset_options(self) -> None:
        """Takes the options of the active tool back to their defaults."""
        if self.active:
            self.options.reset(self.active)
            self._option_changed("")

    def set_level_window(self, lower: float, upper: float) -> None:
        """The display's level window, from which region growing starts."""
        self._context.level_window = (float(lower), float(upper))

    def brush_size(self, steps: int) -> None:
        """Makes the brush larger (or smaller, below 0), of Paint and Wipe alike."""
        from .gestures.paint_wipe import BrushGesture

        gesture = self._driver.gesture
        (gesture if isinstance(gesture, BrushGesture) else BrushGesture(self._context, "paint")).resize(steps)
        self._emit(Topic.OPTIONS)
        self._emit(Topic.FEEDBACK)

    # ---- views -------------------------------------------------------------------------------------------------
    def view_event(self, event: ViewEvent) -> bool:
        """Takes an event of a slice view; False leaves it to the view's own gestures."""
        before = self.options.get("paint", "diameter"), self.options.get("paint", "diameter_mm")
        taken = self._driver.view_event(event)
        for listener in self.listeners:
            listener(event)
        if before != (self.options.get("paint", "diameter"), self.options.get("paint", "diameter_mm")):
            self._emit(Topic.OPTIONS)
        return taken

    def key(self, name: str) -> bool:
        """A key, as "Escape", "Enter", "Delete", "Ctrl+Z"; says whether it meant what is being drawn."""
        gesture = self._driver.gesture
        if self._confirms(name):
            self.confirm()
            return True
        if gesture is None:
            has_preview = name == "Escape" and self.preview is not None
            if has_preview:
                self.cancel()
            return has_preview
        try:
            taken = gesture.key(name)
        except MultiLabelSegError as error:
            self._context.say(str(error))
            raise
        if taken and name == "Escape" and not gesture.is_busy:
            self._driver.cancel()
        if taken:
            self._context.redraw()
        return taken

    def _confirms(self, name: str) -> bool:
        """Whether a key confirms the preview."""
        state = self.preview
        return name in ("Enter", "Return") and state is not None and state.is_ready and not state.reason

    def feedback(self, view: str, plane: Plane | None, index: int) -> Feedback:
        """What is drawn over a view that shows this slice."""
        if plane is None or self._session.document is None or not self._is_inside(plane, index):
            return Feedback(None, 0, text=self.texts())
        parts = [overlay(view, plane, index) for overlay in self.overlays]
        parts.append(self._previews.shapes(plane, index))
        gesture = self._driver.gesture
        if gesture is not None:
            try:
                parts.append(gesture.shapes(view, plane, index))
            except MultiLabelSegError:  # shown when the tool is used
                parts.append(NOTHING)
        return Feedback(
            plane,
            index,
            tuple(circle for part in parts for circle in part.circles),
            tuple(line for part in parts for line in part.lines),
            tuple(handle for part in parts for handle in part.handles),
            tuple(patch for part in parts for patch in part.patches),
            self.texts(),
        )

    @property
    def note(self) -> str:
        """What the last gesture did, or why it did not."""
        return self._context.note

    @property
    def times_noted(self) -> int:
        """How often there was a ``note``: two strokes may be told of in the same words."""
        return self._context.times_said

    def modifiers_text(self) -> str:
        """What the modifier keys do with the active tool."""
        gesture = self._driver.gesture
        return "" if gesture is None else " · ".join(gesture.told)

    def texts(self) -> tuple[str, ...]:
        """The lines in the corner of a view."""
        if not self.active:
            return ()
        title = title_of(self.active)
        if self.is_program:
            return (title,)
        hints = self.modifiers_text()
        limits = [name for name in MASKING if self.options.get(self.active, name) not in (None, ())]
        return (title, *([hints] if hints else []), *(["masked"] if limits else []))

    # ---- previews ----------------------------------------------------------------------------------------------
    @property
    def preview(self) -> PreviewState | None:
        """What the active tool would write, None while there is nothing."""
        return self._previews.state

    def propose(self) -> None:
        """Works the preview out, in the background. Raises ToolError for a tool without a preview, OptionError.

        An outside program is asked by who runs it (``ask_program``), and its answer comes by ``show_preview``.
        """
        if self.is_program:
            self.ask_program(self.active)
        else:
            self._previews.propose()

    def show_preview(self, preview: Preview) -> None:
        """Shows what an outside program has found while its page is open."""
        self._previews.take(preview)

    def set_confirm(self, name: str, value: Any) -> None:
        """Sets an option of confirming. Raises OptionError."""
        self._previews.set_confirm(name, value)

    def confirm(self) -> None:
        """Writes the preview as one step, and switches the tool off. Raises ToolError."""
        self._context.say(self._previews.confirm())
        self.leave()

    def cancel(self) -> None:
        """Drops what is being worked out, the preview, or what is being drawn.

        The tool stays on, unless its preview would come back at once.
        """
        self._driver.cancel()
        if self.is_program:
            self.stop_program()
        if self._previews.is_live:
            self.leave()
        else:
            self._previews.cancel()
        self._context.redraw()

    # ---- what others do ----------------------------------------------------------------------------------------
    def on_changed(self, changed: Changed) -> None:
        """Follows the presenter: another label, document, frame or image ends a gesture."""
        topic = changed.topic
        if topic in (Topic.ACTIVE, Topic.DOCUMENT, Topic.FRAME, Topic.IMAGE):
            self._driver.end()
        if topic in (Topic.DOCUMENT, Topic.ROWS):
            document = self._session.document
            self.options.forget_labels(() if document is None else document)
        self._previews.on_changed(changed)
        history = self._session.history
        if topic is Topic.HISTORY and history is not None and history.can_redo:
            self._context.note = ""  # what it tells of was undone
        if topic is Topic.DOCUMENT:
            self._document_changed()

    def _document_changed(self) -> None:
        """Another document, or its grid is another: what was drawn for the former is dropped, the tool stays on."""
        document = self._session.document
        grid = (document, None if document is None else document.geometry)
        if grid[0] is self._grid[0] and grid[1] is self._grid[1]:
            return
        self._grid = grid
        if not self.active:
            return
        self._driver.renew(gesture_for(self.active, self._context, self._previews))
        if document is None:
            self.leave()

    def _before_change(self) -> None:
        if not self._context.is_opening:
            self._driver.end()

    def _switch_off(self) -> None:
        self._driver.take(None)
        self._previews.close()
        self.active = ""

    def _option_changed(self, name: str) -> None:
        if self._driver.gesture is not None:
            self._driver.gesture.option_changed(name)
        self._previews.option_changed(name)
        self._emit(Topic.OPTIONS)
        self._emit(Topic.FEEDBACK)

    def _is_inside(self, plane: Plane, index: int) -> bool:
        document = self._session.need().document
        axis = {"axial": 0, "coronal": 1, "sagittal": 2}[plane]
        return 0 <= index < document.geometry.shape[axis]

    def _tell(self) -> None:
        self._emit(Topic.TOOL)
        self._emit(Topic.OPTIONS)
        self._emit(Topic.FEEDBACK)
