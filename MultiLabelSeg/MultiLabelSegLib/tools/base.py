"""What tools share: the scene that they work on, and the two things that they can propose.

A tool that acts at once (a stroke, a fill, a boolean) gives a ``Draft``; one that works on the volume gives a
``Preview``, which becomes a command when it is confirmed (see ``confirm``). Nothing changes before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Geometry, Group, Image, Label, Segmentation
from ..core.label import Color, PropertyValue
from ..edit.changes import Change, Command, GroupChange, LabelChange
from ..edit.policy import Resolution, resolve, resolve_stages
from ..edit.proposal import Proposal
from ..errors import ToolError
from ..ops.progress import Progress, Rising

Scope = Literal["2d", "interpolation", "3d", "post"]
Into = Literal["active", "same", "new", "group"]


@dataclass(frozen=True, eq=False)
class Scene:
    """What a tool works on: the document, an image on its grid, the active label's value and the frame.

    A static segmentation of an image with several frames is worked on with any of them: ``image_t`` is that frame.
    """

    segmentation: Segmentation
    image: Image | None = None
    label: int | None = None
    t: int = 0
    image_t: int | None = None

    @property
    def geometry(self) -> Geometry:
        """The document's geometry."""
        return self.segmentation.geometry

    def active_label(self) -> Label:
        """The label to write to. Raises ToolError when none is active or it is no label any more."""
        if self.label is None:
            raise ToolError("no label is active; choose the label to work on")
        if self.label not in self.segmentation:
            raise ToolError(f"the active label {self.label} is no label of the segmentation")
        return self.segmentation.label(self.label)

    def active_group(self) -> int:
        """Index of the active label's group. Raises ToolError as ``active_label``."""
        return self.segmentation.group_index_of(self.active_label().value)

    def values(self, group: int | None = None) -> NDArray[np.unsignedinteger]:
        """The label values (k, j, i) of a group's frame, by default the active label's group; a read-only view."""
        index = self.active_group() if group is None else group
        values: NDArray[np.unsignedinteger] = self.segmentation.group(index).array[self.checked_frame()]
        return values

    def pixels(self) -> NDArray[Any]:
        """The voxels (k, j, i) of the image's frame. Raises ToolError without an image or for one of another grid."""
        if self.image is None:
            raise ToolError("this tool needs the image; there is none")
        found = self.image.geometry.differences(self.geometry, check_time=False)
        if found:
            raise ToolError(f"the image does not lie on the segmentation's grid: {'; '.join(found)}")
        frame = self.image_t if self.image_t is not None else min(self.t, len(self.image.array) - 1)
        if not 0 <= frame < len(self.image.array):
            raise ToolError(f"the image has no frame {frame}; it has 0...{len(self.image.array) - 1}")
        pixels: NDArray[Any] = self.image.array[frame]
        return pixels

    def checked_frame(self) -> int:
        """The frame. Raises ToolError when the segmentation has no such frame."""
        frames = self.geometry.time_steps
        if not 0 <= self.t < frames:
            raise ToolError(f"there is no frame {self.t}; the segmentation has 0...{frames - 1}")
        return self.t


class Tool(Protocol):
    """A tool: a frozen dataclass of parameters (``parameters.parameter``) with a name and ``propose``."""

    name: ClassVar[str]  #: as recipes call it
    title: ClassVar[str]  #: as menus call it
    scope: ClassVar[Scope]

    def propose(self, scene: Scene) -> Draft | Preview | ImageResult:
        """What the tool would write, or the image that it makes. Changes nothing. Raises ToolError, OptionError.

        Tools that may take long have a second parameter ``progress``, see ``propose`` of this module.
        """
        ...


def propose(tool: Tool, scene: Scene, progress: Progress | None = None) -> Draft | Preview | ImageResult:
    """What a tool proposes. ``progress`` is called with the share that is done, rising from 0 to 1.

    What ``progress`` raises ends the work; nothing has changed then. Tools that are quick tell the beginning and the
    end alone. Raises ToolError, OptionError.
    """
    if progress is None:
        return tool.propose(scene)
    rising = Rising(progress)
    rising(0.0)
    work: Any = tool.propose
    outcome: Draft | Preview | ImageResult = work(scene, rising) if tells_progress(tool) else work(scene)
    rising(1.0)
    return outcome


def tells_progress(tool: Tool) -> bool:
    """Whether a tool's ``propose`` takes ``progress``."""
    return "progress" in signature(tool.propose).parameters


@dataclass(frozen=True, eq=False)
class Draft:
    """Writes of a tool that acts at once: one undo step.

    ``stages`` are decided in turn, each on what the ones before leave. ``new_labels`` are (group index, label) that
    come into being with it, ``new_groups`` whole groups that are appended. ``notes`` say what the user should know.
    """

    title: str
    stages: Sequence[Sequence[Proposal]] = ()
    new_labels: Sequence[tuple[int, Label]] = ()
    new_groups: Sequence[Group] = ()
    notes: tuple[str, ...] = ()

    def command(self, segmentation: Segmentation, progress: Progress | None = None) -> Command:
        """The draft as a command for ``History.do``; its ``resolution`` says what is written and protected.

        ``progress`` as in ``propose``.
        """
        del progress  # a draft of writes has been worked out already
        made = tuple(label.value for _, label in self.new_labels)
        resolution = self._resolved(segmentation, made)
        changes: list[Change] = [LabelChange(group, label.value, label) for group, label in self.new_labels]
        changes += resolution.patches
        first = len(segmentation.groups)
        changes += [GroupChange(first + number, group) for number, group in enumerate(self.new_groups)]
        values = made + tuple(value for group in self.new_groups for value in group.values)
        return Command(self.title, changes, resolution, values)

    def _resolved(self, segmentation: Segmentation, made: tuple[int, ...]) -> Resolution:
        if not self.stages:
            return Resolution()
        if len(self.stages) == 1 and len(self.stages[0]) == 1:  # a brush dab has no time for queues
            return resolve(segmentation, self.stages[0][0], made)
        return resolve_stages(segmentation, self.stages, made)


@dataclass(frozen=True, eq=False)
class PlannedDraft(Draft):
    """A draft whose command is no set of writes: it replaces the grid, say, or splits labels. ``plan`` makes it.

    A plan that may take long takes ``progress`` as its second argument: then ``is_long`` is true.
    """

    plan: Callable[..., Command] = field(kw_only=True)
    is_long: bool = field(default=False, kw_only=True)

    def command(self, segmentation: Segmentation, progress: Progress | None = None) -> Command:
        """See ``Draft``. Raises what the plan and ``progress`` raise."""
        return self.plan(segmentation, progress) if self.is_long else self.plan(segmentation)


@dataclass(frozen=True, eq=False)
class ImageResult:
    """What a tool gives that makes an image: the segmentation stays as it is. ``name`` is for whoever shows it."""

    image: Image
    name: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreviewLabel:
    """A value of a preview's region: how it is called and shown; ``target`` is the label that it would become.

    A ``target`` of None is the active label, or a new one, as the confirm options say; ``properties`` (codes, say) are
    those of a new label.
    """

    value: int
    name: str
    color: Color
    target: int | None = None
    properties: Mapping[str, PropertyValue] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class PreviewFrame:
    """One frame of a preview: values (k, j, i), uint8 or uint16, of the box; 0 is nothing."""

    box: Box
    region: NDArray[np.unsignedinteger]


@dataclass(frozen=True, eq=False)
class Preview:
    """What a tool on the volume found, frame by frame, before anything is written.

    ``into`` is where its labels go unless the confirm options say otherwise: the ``active`` label, ``same`` (each to
    its ``target``), ``new`` labels of the active group, or ``group``: new labels in a group of their own, called
    ``group_name``. ``more`` are further layers, whose labels may overlap these; values differ over all layers.
    """

    title: str
    frames: Mapping[int, PreviewFrame]
    labels: tuple[PreviewLabel, ...]
    into: Into = "active"
    group: int = 0
    merge: Literal["merge", "replace"] = "merge"
    locks: Literal["regard", "ignore"] = "regard"
    notes: tuple[str, ...] = field(default=())
    group_name: str = ""
    more: tuple[Preview, ...] = ()

    @property
    def layers(self) -> tuple[Preview, ...]:
        """This layer and those that may overlap it."""
        return (self, *self.more)

    def joined(self, other: Preview) -> Preview:
        """This one with the frames of another that the same tool has made; labels and notes stay these."""
        more = tuple(mine.joined(theirs) for mine, theirs in zip(self.more, other.more, strict=False))
        return replace(self, frames={**self.frames, **other.frames}, more=more)

    def voxels(self, t: int) -> dict[int, int]:
        """Voxels of each value of one frame."""
        if t not in self.frames:
            return {}
        counts = np.bincount(self.frames[t].region.reshape(-1))
        return {label.value: int(counts[label.value]) for label in self.labels if label.value < len(counts)}


def scenes_asked(scene: Scene, frames: Literal["current", "all"]) -> tuple[Scene, ...]:
    """The scene at each frame that is meant; of a dynamic segmentation each frame goes with its own of the image.

    Raises ToolError for a current frame that there is not.
    """
    dynamic = scene.geometry.time_steps > 1
    return tuple(
        replace(scene, t=t, image_t=None if dynamic and frames == "all" else scene.image_t)
        for t in frames_asked(scene, frames)
    )


def frames_asked(scene: Scene, frames: Literal["current", "all"]) -> Iterable[int]:
    """The frames of a segmentation that are meant. Raises ToolError for a current frame that there is not."""
    return range(scene.geometry.time_steps) if frames == "all" else (scene.checked_frame(),)
