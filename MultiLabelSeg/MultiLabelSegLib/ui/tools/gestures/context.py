"""What gestures work with: the scene, the tool as it is set, and the one way to write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ....core.label import Color
from ....errors import ToolError
from ....tools.base import Draft, Scene
from ....tools.slices import SliceOf
from ...interpolation.contour_recorder import ContourRecorder
from ...messages import counted
from ...session import Session
from ...topics import Emit, Topic
from ..options import ToolOptions
from .step import GestureStep

#: what is drawn while something is added, and while something is taken away (MITK's colours)
ADDS: Color = (0.0, 0.9, 0.0)
TAKES: Color = (0.95, 0.1, 0.1)


class Context:
    """Shared by all gestures of one presenter.

    ``note`` is the text about the last gesture; ``level_window`` that of the display, for tools that start from it.
    """

    def __init__(self, session: Session, emit: Emit, options: ToolOptions, recorder: ContourRecorder) -> None:
        self.session, self.options = session, options
        self.level_window: tuple[float, float] | None = None
        self.note, self.times_said = "", 0
        self._emit, self._recorder = emit, recorder
        self._is_opening = False

    @property
    def is_opening(self) -> bool:
        """Whether a gesture is just picking up others' edits before it begins."""
        return self._is_opening

    def scene(self) -> Scene:
        """What is worked on now. Raises ToolError without a document."""
        return self.session.scene()

    def tool(self, name: str, **given: Any) -> Any:
        """The tool as it is set. Raises OptionError."""
        return self.options.tool(name, **given)

    def redraw(self, view: str = "") -> None:
        """Overlays have changed: in all views, or in one and those that show its slice too."""
        self._emit(Topic.FEEDBACK, (), view)

    def say(self, text: str) -> None:
        """Keeps the text about the gesture."""
        self.note = text
        self.times_said += 1
        self.redraw()

    def open_step(self, verb: str) -> GestureStep:
        """Begins to write to the active label. Raises ToolError without a document or an active label."""
        self._is_opening = True
        try:
            self.session.collect()
        finally:
            self._is_opening = False
        label = self.scene().active_label()
        return GestureStep(self.session.need().history, f"{verb} {label.name}")

    def write(self, draft: Draft, where: SliceOf | None) -> None:
        """Does a draft as one step, contours of the 3D interpolation included, and says what it did.

        ``where`` is the slice that was drawn in; None for a write to the volume. Raises what the changes raise.
        """
        self._is_opening = True
        try:
            self.session.collect()
        finally:
            self._is_opening = False
        opened, scene = self.session.need(), self.scene()
        command = draft.command(opened.document)
        with opened.history.grouped(command.title):
            opened.history.do(command)
            if where is not None and command.resolution.written:
                self.record(scene, where, command.resolution.touched, opened.history.do)
        self.say(self.told(command.resolution.written, command.resolution.protected, draft.notes))

    def record(self, scene: Scene, where: SliceOf, touched: Iterable[int], do: Callable[[Any], object]) -> None:
        """Brings the contours of a slice up to date with an edit that is done."""
        command = self._recorder.command(scene, where, touched)
        if command is not None:
            do(command)

    def told(self, written: int, protected: Mapping[int, int], notes: Iterable[str] = ()) -> str:
        """What a write did, in words; of one that did nothing the reason is enough."""
        reasons = tuple(notes)
        if reasons and not written and not protected:
            return "; ".join(reasons)
        return "; ".join((counted(self.session.need().document, written, protected), *reasons))


def slice_shown(scene: Scene, plane: Any, index: int) -> SliceOf:
    """The slice that a view shows. Raises ToolError for an oblique view and for one beside the image."""
    if plane is None:
        raise ToolError("this view lies oblique to the segmentation's grid; draw in a view along its axes")
    return SliceOf(scene.geometry, plane, index)
