"""Previews of the tools on the volume: worked out in the background, shown in every slice, then confirmed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any, Literal

from ...core import Event, Image, Segmentation
from ...core.label import Color
from ...errors import MultiLabelSegError, OptionError, ToolError
from ...external.catalog import PROGRAM_TOOLS
from ...host.base import Level, Progress
from ...tools.base import Draft, Preview, PreviewFrame, Scene, propose
from ...tools.confirm import ConfirmOptions
from ...tools.grow_cut import GrowCut, GrowCutSession
from ...tools.pick import PickEditor
from ...tools.slices import Plane, SliceOf
from ...tools.threshold import PREVIEW_COLOR
from ..frozen import Latest, StoppedError, stopping
from ..messages import counted
from ..session import Session
from ..topics import Changed, Emit, Topic
from .entries import tab_of, title_of
from .feedback import Patch
from .gestures.base import NOTHING, Shapes
from .options import ToolOptions
from .preview_draft import drafted
from .preview_slices import cut_of, threshold_slice
from .preview_state import Found, PreviewState, state_of, worked_out

#: tools whose preview follows their options at once
_LIVE = frozenset({"threshold", "threshold_ul"})
#: slices whose part of a preview is kept
_KEPT = 16


def _found(scene: Scene, result: object, options: ConfirmOptions) -> Found:
    """What a tool proposes, with its counts."""
    if isinstance(result, Draft):
        return drafted(scene, result, options)
    assert isinstance(result, Preview)
    return worked_out(scene, result, options)


class Previews:
    """The preview of the tool that is open, if any. Nothing in the document changes before ``confirm``."""

    def __init__(self, session: Session, emit: Emit, options: ToolOptions) -> None:
        self._session, self._emit, self._options = session, emit, options
        self.state: PreviewState | None = None
        self.picks = PickEditor()
        self._name = ""
        self._confirming = ConfirmOptions()
        self._quiet, self._told = Latest(session.host.run), Latest(session.run)
        self._found: Found | None = None
        self._found_at = -1
        self._image: Image | None = None
        self._version = 0
        self._slices: OrderedDict[tuple[Plane, int], tuple[Patch, ...]] = OrderedDict()
        self._grown: tuple[Segmentation, Image | None, GrowCutSession] | None = None
        session.events.connect(self._on_event)

    # ---- open and closed ---------------------------------------------------------------------------------------
    def open(self, name: str) -> None:
        """A tool is switched on; one that is quick shows its preview at once."""
        self._name, self._confirming = name, ConfirmOptions()
        self._clear()
        if name in _LIVE:
            self._follow()

    def close(self) -> None:
        """The tool is switched off; its preview is gone."""
        self._name = ""
        self.picks.reset()
        self._clear()

    def cancel(self) -> None:
        """Stops what is worked out, and drops the preview."""
        self.picks.reset()
        self._clear()

    @property
    def is_live(self) -> bool:
        """Whether the preview follows the options at once."""
        return self._name in _LIVE

    # ---- making ------------------------------------------------------------------------------------------------
    def propose(self) -> None:
        """Works the preview out in the background. Raises ToolError for a tool without one, OptionError."""
        if not self._name:
            raise ToolError("the active tool has no preview; it writes at once")
        self._start(self._told)

    def take(self, preview: Preview) -> None:
        """Shows what an outside program has found; its voxels are counted in the background."""
        frames: Literal["current", "all"] = "all" if len(preview.frames) > 1 else "current"
        self._confirming = ConfirmOptions(frames=frames)
        self._found, self._image = None, self._session.image
        self._slices.clear()
        self._set(PreviewState(preview.title))
        self._count(preview)

    def picked(self) -> None:
        """The picks changed."""
        if self.picks.points_ijk:
            self._start(self._quiet)
        else:
            self._clear()

    def option_changed(self, name: str) -> None:
        """An option of the tool has another value."""
        if self._name in _LIVE:
            self._follow()
        elif self._name == "pick":
            self.picked()
        elif self.state is not None and name:
            self._outdate()

    def on_changed(self, changed: Changed) -> None:
        """Another document or image ends a preview; another label or frame, or changed labels, make it anew."""
        if changed.topic is Topic.DOCUMENT:
            self._grown = None
        if not self._name:
            return
        is_program = self._name in PROGRAM_TOOLS
        if is_program and changed.topic is Topic.IMAGE and self._image is self._session.image:
            return  # another image came or went: what took minutes is not lost by that
        if changed.topic in (Topic.DOCUMENT, Topic.IMAGE):
            self.picks.reset()
            self._clear()
        if changed.topic in (Topic.DOCUMENT, Topic.IMAGE, Topic.ACTIVE, Topic.FRAME, Topic.LABELS, Topic.ROWS):
            if self._name in _LIVE:
                self._follow()
            elif self._name == "pick":
                self.picked()
            elif self._found is not None and is_program:
                self._count(self._found.preview)
            elif self._found is not None:
                self._outdate()

    # ---- confirming --------------------------------------------------------------------------------------------
    def set_confirm(self, name: str, value: Any) -> None:
        """Sets one of the fields of the state. Raises OptionError."""
        known: tuple[str, ...] = ("merge", "locks", "frames", "labels", "into")
        if self._name and tab_of(self._name) == "post":
            known = ()
        if name not in known:
            raise OptionError(name, value, known)
        if name == "labels" and not isinstance(value, str):
            value = tuple(value)
        self._confirming = replace(self._confirming, **{name: value})
        self._slices.clear()
        if self._found is not None:
            self._outdate(told=False)
            self._count(self._found.preview)

    def _count(self, preview: Preview) -> None:
        """Works out what confirming would do by the options as they are now."""
        options, version = self._confirming, self._version
        scene = self._session.scene()
        self._quiet.start(
            scene,
            lambda at, _progress: worked_out(at, preview, options),
            lambda result: self._done(result, version),
            self._failed,
        )

    def confirm(self) -> str:
        """Writes the preview as one step; what was written, in words. Raises ToolError when there is nothing to."""
        if not self._name or (self.state is None and self._found is None):
            raise ToolError("there is no preview to confirm")
        self._session.collect()
        scene = self._session.scene()
        found = self._found
        if found is None:
            if self._name not in _LIVE:
                raise ToolError("the preview is still being worked out")
            found = _found(scene, propose(self._tool(), scene), self._confirming)
        elif found.is_draft and self._found_at != self._version:
            found = _found(scene, propose(self._tool(), scene), self._confirming)
        elif self._found_at != self._version or found.options != self._confirming or found.confirmation is None:
            found = worked_out(scene, found.preview, self._confirming)
        if found.confirmation is None:
            raise ToolError(found.reason)
        command = self._session.need().history.do(found.confirmation.command)
        self.picks.reset()
        self._clear()
        resolution = command.resolution
        return counted(self._session.need().document, resolution.written, resolution.protected)

    # ---- what is shown -----------------------------------------------------------------------------------------
    def shapes(self, plane: Plane, index: int) -> Shapes:
        """The part of the preview in a slice."""
        if not self._name:
            return NOTHING
        key = plane, index
        if key not in self._slices:
            self._slices[key] = self._cut(plane, index)
            while len(self._slices) > _KEPT:
                self._slices.popitem(last=False)
        patches = self._slices[key]
        return Shapes(patches=patches) if patches else NOTHING

    def _cut(self, plane: Plane, index: int) -> tuple[Patch, ...]:
        if self._name in _LIVE:
            try:
                scene = self._session.scene()
                made = threshold_slice(self._tool(), scene, SliceOf(scene.geometry, plane, index))
            except MultiLabelSegError:  # the state says why
                return ()
            return self._patch(made, {1: PREVIEW_COLOR})
        if self._found is None:
            return ()
        where = SliceOf(self._session.need().document.geometry, plane, index)
        wanted = self._confirming.labels
        patches: list[Patch] = []
        for layer in self._found.preview.layers:
            frame = layer.frames.get(self._session.frame)
            if frame is not None:
                colors = {one.value: one.color for one in layer.labels if wanted == "all" or one.value in wanted}
                patches += self._patch(cut_of(frame, where), colors)
        return tuple(patches)

    def _patch(self, frame: PreviewFrame | None, colors: dict[int, Color]) -> tuple[Patch, ...]:
        if frame is None:
            return ()
        return (Patch(frame.box, frame.region, colors),)

    # ---- inside ------------------------------------------------------------------------------------------------
    def _tool(self) -> Any:
        if self._name == "pick":
            return self._options.tool("pick", points_ijk=tuple(self.picks.points_ijk))
        return self._options.tool(self._name)

    def _follow(self) -> None:
        """Shows the slices at once, and works the volume out when the view is idle."""
        self._found = None
        self._slices.clear()
        title = self._tool().title
        try:
            scene = self._session.scene()
            lower, upper, notes = self._tool().bounds(scene)
        except MultiLabelSegError as error:
            self._quiet.stop()
            self._set(PreviewState(title, True, reason=str(error)))
            return
        self._set(PreviewState(f"{title} {lower:g} to {upper:g}", notes=notes))
        self._start(self._quiet)

    def _start(self, runner: Latest) -> None:
        tool, options, version = self._tool(), self._confirming, self._version
        scene = self._session.scene()
        other = self._told if runner is self._quiet else self._quiet
        other.stop()
        if self.state is None:
            self._set(PreviewState(tool.title))
        elif runner is self._told:
            self._outdate()
        growing = self._growing(tool, scene) if isinstance(tool, GrowCut) else None

        def work(at: Scene, progress: Progress) -> Found:
            tell = stopping(progress)
            return _found(at, growing.preview(at, tell) if growing else propose(tool, at, tell), options)

        runner.start(scene, work, lambda result: self._done(result, version), self._failed)

    def _growing(self, tool: GrowCut, scene: Scene) -> GrowCutSession:
        """The state of the last run, so that the next after a stroke is quick; a new one where it does not fit."""
        held = self._grown
        if held is None or held[0] is not scene.segmentation or held[1] is not scene.image or held[2].tool != tool:
            held = self._grown = (scene.segmentation, scene.image, GrowCutSession(tool))
        return held[2]

    def _done(self, found: Found, version: int) -> None:
        if not self._name:
            return
        self._found, self._found_at = found, version
        self._slices.clear()
        try:
            scene = self._session.scene()
        except MultiLabelSegError:
            self._clear()
            return
        is_current = found.options == self._confirming
        self._set(state_of(found, self._confirming, scene, outdated=version != self._version or not is_current))
        if not is_current:  # they were changed meanwhile
            self._count(found.preview)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, StoppedError) or not self._name:
            return
        if not isinstance(error, MultiLabelSegError):
            raise error
        self._found = None
        self._slices.clear()
        self._set(PreviewState(title_of(self._name), True, reason=str(error)))
        self._session.tell(Level.WARNING, str(error))

    def _outdate(self, told: bool = True) -> None:
        if self.state is not None and not self.state.outdated:
            self.state = replace(self.state, outdated=True)
            if told:
                self._emit(Topic.PREVIEW)

    def _on_event(self, event: Event) -> None:
        self._version += 1
        if event.kind == "geometry":
            self.picks.reset()
            self._clear()

    def _clear(self) -> None:
        self._quiet.stop()
        self._told.stop()
        self._found = None
        self._slices.clear()
        if self.state is not None:
            self._set(None)

    def _set(self, state: PreviewState | None) -> None:
        self.state = state
        self._emit(Topic.PREVIEW)
        self._emit(Topic.FEEDBACK)
