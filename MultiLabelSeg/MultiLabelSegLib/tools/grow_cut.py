"""GrowCut: the labels of a group grow from what is drawn of them, each into the voxels that are most like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Segmentation
from ..core.naming import display_names
from ..errors import OptionError, ToolError
from ..ops.growing import Limits, SeededGrowing
from ..ops.progress import Progress, part_of
from .base import Preview, PreviewFrame, PreviewLabel, Scene, Scope, scenes_asked
from .choice import LabelChoice, chosen_values
from .masking import Masked
from .parameters import parameter
from .points import Point

#: room around the seeds for automatic background where no region of interest is given
_ROOM_MM = 20.0


@dataclass(frozen=True, kw_only=True)
class GrowCut(Masked):
    """Grows all labels of the active group from their voxels, at once: these are seeds and keep their label.

    Every voxel gets the label of the seed to which the way over the image's intensities is the cheapest. One of the
    labels, or the automatic background, should stand for what is nothing of interest.
    """

    name: ClassVar[str] = "grow_cut"
    title: ClassVar[str] = "GrowCut"
    scope: ClassVar[Scope] = "3d"
    labels: LabelChoice = parameter(
        (), help="labels that grow (values or names); all of the active group unless given. Others stay as they are"
    )
    distance_penalty: float = parameter(
        0.0, minimum=0, maximum=1, help="what a mm of way costs, in intensities of the image; more is more compact"
    )
    smoothing: int = parameter(
        2,
        minimum=0,
        maximum=4,
        help="how often noise is taken off the image first; 0 takes the image as it is, as MITK",
    )
    margin_mm: float | None = parameter(
        None, minimum=0, maximum=10000, unit="mm", help="work only this far around the seeds"
    )
    roi_ijk: tuple[Point, Point] | None = parameter(
        None, help="work only in this box: its first and last voxel, [[i, j, k], [i, j, k]]"
    )
    automatic_background: bool = parameter(
        False,
        help="the faces of the box that is worked on are background, which stays unlabelled; then one label is enough."
        f" Works {_ROOM_MM:g} mm around the seeds unless a margin or box is given",
    )
    frames: Literal["current", "all"] = parameter("current", help="grow in the current frame or in all, each by itself")

    def propose(self, scene: Scene, progress: Progress | None = None) -> Preview:
        """See ``Tool``. ``progress`` is called with the fraction done; what it raises ends the work.

        Raises ToolError for too few labels with voxels, or no room for automatic background, and without an image;
        OptionError, UnknownLabelError.
        """
        return GrowCutSession(self).preview(scene, progress)


class GrowCutSession:
    """GrowCut again and again, after every stroke: what a stroke does not affect is kept from the run before.

    The result is the same as that of ``GrowCut.propose``, bit for bit. The image must not be changed in place.
    """

    def __init__(self, tool: GrowCut) -> None:
        self.tool = tool
        self._growing: SeededGrowing | None = None
        self._pixels: NDArray[Any] | None = None
        self._closed: NDArray[np.bool_] | None = None
        self._labels: tuple[int, ...] = ()

    @property
    def incremental(self) -> bool:
        """Whether the last run went on from the one before."""
        return self._growing is not None and self._growing.incremental

    def preview(self, scene: Scene, progress: Progress | None = None) -> Preview:
        """What the labels grow to, see ``GrowCut.propose``. Ended by ``progress``, the next run starts anew."""
        tool = self.tool
        group = _group(scene, tool.labels)
        values = _values(scene, tool.labels, group)
        scenes = scenes_asked(scene, tool.frames)
        frames: dict[int, PreviewFrame] = {}
        notes: list[str] = []
        grown: set[int] = set()
        for number, each in enumerate(scenes):
            reason = _too_few(tool, each, group, values)
            if reason and len(scenes) == 1:
                raise ToolError(reason)
            if reason:
                notes.append(f"frame {each.t} stays as it is: {reason}")
                frames[each.t] = _as_it_is(each, group, values)
                continue
            part = part_of(progress, number / len(scenes), (number + 1) / len(scenes))
            frames[each.t] = self._frame(each, group, values, part)
            grown.add(each.t)
        if not grown:
            raise ToolError(f"no frame has what growing needs; {notes[0]}")
        shown = _shown(scene.segmentation, group, values, grown)
        return Preview("GrowCut", frames, shown, into="same", group=group, notes=tuple(notes))

    def _frame(self, scene: Scene, group: int, values: tuple[int, ...], progress: Progress | None) -> PreviewFrame:
        closed = _closed(scene, group, values)
        pixels = scene.pixels()
        if not self._goes_on(pixels, closed, values):
            tool = self.tool
            background, margin = tool.automatic_background, tool.margin_mm
            if background and margin is None and tool.roi_ijk is None:
                margin = _ROOM_MM
            k, j, i = scene.geometry.spacing[::-1]
            self._growing = SeededGrowing(
                pixels,
                (k, j, i),
                values,
                closed=closed,
                box=_roi(tool, scene),
                margin_mm=margin,
                background=background,
                penalty=tool.distance_penalty,
                passes=tool.smoothing,
            )
            self._pixels, self._closed, self._labels = pixels, closed, values
        assert self._growing is not None
        grown = self._growing.run(scene.values(group), progress)
        limits = self._growing.box
        assert limits is not None
        box = Box(*limits)
        region = grown[box.slices].copy()  # the next run brings the array itself up to date
        return PreviewFrame(box, self.tool.masked(scene, box, region))

    def _goes_on(self, pixels: NDArray[Any], closed: NDArray[np.bool_] | None, values: tuple[int, ...]) -> bool:
        """Whether the state of the last run is one of the same image, locks and labels."""
        held = self._pixels
        if self._growing is None or held is None or values != self._labels:
            return False
        same = held.__array_interface__ == pixels.__array_interface__
        if not same or (closed is None) != (self._closed is None):
            return False
        return closed is None or np.array_equal(closed, self._closed)  # type: ignore[arg-type]


def _group(scene: Scene, keys: LabelChoice) -> int:
    """The group that grows: that of the labels that are named, else the active one, else the only one."""
    segmentation = scene.segmentation
    if keys not in ((), "all"):
        groups = {segmentation.group_index_of(value) for value in chosen_values(scene, keys)}
        if len(groups) > 1:
            raise ToolError(f"the labels lie in several groups: {', '.join(map(str, sorted(groups)))}")
        return groups.pop()
    if scene.label is not None:
        return scene.active_group()
    if len(segmentation.groups) > 1:
        raise ToolError("no label is active; choose one in the group that is to grow")
    return 0


def _values(scene: Scene, keys: LabelChoice, group: int) -> tuple[int, ...]:
    if keys not in ((), "all"):
        return tuple(sorted(chosen_values(scene, keys)))
    return tuple(sorted(scene.segmentation.group(group).values))


def _roi(tool: GrowCut, scene: Scene) -> Limits | None:
    """The region of interest. Raises OptionError for one that is no box inside of the image."""
    if tool.roi_ijk is None:
        return None
    size = scene.geometry.size
    allowed = f"the first and last voxel of a box within an image of {list(size)} voxels, [[i, j, k], [i, j, k]]"
    try:
        corners = np.asarray(tool.roi_ijk, np.float64)
    except (TypeError, ValueError):
        raise OptionError("roi_ijk", tool.roi_ijk, allowed) from None
    if corners.shape != (2, 3) or not np.array_equal(corners, np.floor(corners)):
        raise OptionError("roi_ijk", tool.roi_ijk, allowed)
    if (corners[0] < 0).any() or (corners[1] < corners[0]).any() or (corners[1] >= size).any():
        raise OptionError("roi_ijk", tool.roi_ijk, allowed)
    (i0, j0, k0), (i1, j1, k1) = corners.astype(int).tolist()
    return Limits((k0, j0, i0), (k1 + 1, j1 + 1, i1 + 1))


def _too_few(tool: GrowCut, scene: Scene, group: int, values: tuple[int, ...]) -> str:
    """Why a frame has not enough seeds; nothing where it has."""
    held = scene.segmentation.group(group)
    present = set(held.index.values(scene.checked_frame())) & set(values)
    where = _roi(tool, scene)
    if where is not None:
        present &= set(np.flatnonzero(np.bincount(held.array[scene.t][where.slices].reshape(-1))).tolist())
    least = 1 if tool.automatic_background else 2
    if len(present) >= least:
        return ""
    wanted = "a label with voxels" if least == 1 else "two labels with voxels, or one and automatic background"
    found = {0: "none", 1: "one"}.get(len(present), str(len(present)))
    return f"GrowCut needs {wanted}; there is {found} in {'the box' if where else f'group {group}'}"


def _closed(scene: Scene, group: int, values: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """The voxels of locked labels that do not grow; None where there are none."""
    held = scene.segmentation.group(group)
    locked = [label.value for label in held.labels if label.locked and label.value not in values]
    if not any(held.index.voxels(value, scene.t) for value in locked):
        return None
    return np.isin(scene.values(group), locked)


def _as_it_is(scene: Scene, group: int, values: tuple[int, ...]) -> PreviewFrame:
    """The labels as they are, so that replacing them takes nothing away."""
    held = scene.values(group)
    return PreviewFrame(Box.whole(scene.geometry.shape), np.where(np.isin(held, values), held, held.dtype.type(0)))


def _shown(
    segmentation: Segmentation, group: int, values: tuple[int, ...], frames: set[int]
) -> tuple[PreviewLabel, ...]:
    """The labels of the preview: those that have seeds, each becoming itself."""
    held = segmentation.group(group)
    names = display_names(held.labels)
    present = {value for t in frames for value in held.index.values(t)}
    labels = (held.label(value) for value in values if value in present)
    return tuple(PreviewLabel(label.value, names[label.value], label.color, label.value) for label in labels)
