"""2D interpolation: slices between those that were drawn are filled, in any plane, for one label or all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..edit.proposal import MergeStyle, OverwriteStyle, Proposal
from ..errors import OptionError
from ..ops.contour import Polygon, outlines
from ..ops.interpolation import interpolate
from ..ops.progress import Progress, parts
from .base import Draft, Scene, Scope, scenes_asked
from .choice import LabelChoice, chosen_values, shown
from .labelwise import grown
from .masking import Masked
from .parameters import parameter
from .slices import Plane, SliceOf

SliceChoice = tuple[int, ...] | int | str
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class SliceState:
    """One slice as the interpolation of a label sees it.

    ``key``: it holds the label and never changes. ``suggested``: it does not, and lies between the key slices ``below``
    and ``above``. ``none``: there is nothing to suggest. ``reason`` says why.
    """

    index: int
    kind: Literal["key", "suggested", "none"]
    reason: str
    below: int | None = None
    above: int | None = None


def suggestion_state(scene: Scene, plane: Plane, label: int | None = None) -> tuple[SliceState, ...]:
    """For every slice of a plane whether it is key for a label (None: the active one), gets a suggestion, or why not.

    Raises ToolError, UnknownLabelError.
    """
    value = scene.active_label().value if label is None else scene.segmentation.label(label).value
    axis = SliceOf(scene.geometry, plane, 0).axis
    group, t = scene.segmentation.group_of(value), scene.checked_frame()
    count = scene.geometry.shape[axis]
    box = group.index.box(value, t)
    if box is None:
        return tuple(SliceState(index, "none", "no slice holds the label") for index in range(count))
    others = tuple(other for other in range(3) if other != axis)
    held = np.zeros(count, np.bool_)
    held[box.lower[axis] : box.upper[axis]] = (group.array[t][box.slices] == value).any(axis=others)
    keys = np.flatnonzero(held)
    return tuple(_state(index, keys) for index in range(count))


def _state(index: int, keys: NDArray[np.intp]) -> SliceState:
    at = int(np.searchsorted(keys, index))
    if at < len(keys) and keys[at] == index:
        return SliceState(index, "key", "it holds the label")
    below = int(keys[at - 1]) if at else None
    above = int(keys[at]) if at < len(keys) else None
    if below is not None and above is not None:
        return SliceState(index, "suggested", f"it lies between the slices {below} and {above}", below, above)
    side = "below" if below is None else "above"
    return SliceState(index, "none", f"no slice {side} it holds the label", below, above)


@dataclass(frozen=True, kw_only=True)
class Interpolate2D(Masked):
    """Fills slices in which a label has no voxel, between slices that hold it, by the shapes in the nearest of those.

    It only adds: slices that hold the label stay as they are, and running it again changes nothing. Shapes that do not
    overlap move from one place to the other.
    """

    name: ClassVar[str] = "interpolate_2d"
    title: ClassVar[str] = "2D interpolation"
    scope: ClassVar[Scope] = "interpolation"
    plane: Plane = parameter("axial", help="the plane of the slices that were drawn")
    slices: SliceChoice = parameter("all", help="slices to fill: all, the index of one, or a list of them")
    labels: LabelChoice = parameter("active", help="labels to interpolate: active, all, or values or names")
    in_mm: bool = parameter(False, help="measure shapes in mm instead of pixels, for slices with unequal spacing")
    locks: Literal["regard", "ignore"] = parameter("regard", help="whether locked labels keep their voxels")
    frames: Literal["current", "all"] = parameter("current", help="the current frame alone, or all frames")

    def __post_init__(self) -> None:
        super().__post_init__()
        listed = self.slices if isinstance(self.slices, (tuple, list)) else (self.slices,)
        for index in listed:
            if self.slices != "all" and (isinstance(index, bool) or not isinstance(index, (int, np.integer))):
                raise OptionError("slices", self.slices, "all, an index, or a list of indices")

    def propose(self, scene: Scene, progress: Progress | None = None) -> Draft:
        """See ``Tool`` and ``base.propose``. Raises ToolError, OptionError, UnknownLabelError, LabelError."""
        found = self.suggestions(scene, progress)
        values = _values(scene, self.labels)
        overwrite = OverwriteStyle.REGARD_LOCKS if self.locks == "regard" else OverwriteStyle.IGNORE_LOCKS
        stage = [
            Proposal(
                each.group,
                each.region,
                dict(enumerate(each.values, 1)),
                each.box,
                each.t,
                MergeStyle.MERGE,
                overwrite,
            )
            for each in found
        ]
        what = shown(scene.segmentation, values[0]) if len(values) == 1 else f"{len(values)} labels"
        notes = () if found else self._why_nothing(scene, values)
        return Draft(f"Interpolate {what} ({self.plane})", (stage,) if stage else (), notes=notes)

    def suggestions(self, scene: Scene, progress: Progress | None = None) -> list[Suggestion]:
        """What would be written before locks are asked: per frame and group one block. Raises as ``propose``."""
        found = []
        values = _values(scene, self.labels)
        wanted = self._wanted(scene)
        groups = sorted({scene.segmentation.group_index_of(value) for value in values})
        todo = [(at, group) for at in scenes_asked(scene, self.frames) for group in groups]
        for (at, group), part in parts(todo, progress):
            mine = [value for value in values if value in scene.segmentation.group(group)]
            made = self._of_group(at, group, mine, wanted, part)
            if made is not None:
                found.append(made)
        return found

    def _wanted(self, scene: Scene) -> tuple[int, ...] | None:
        """The slices that are asked for, None for all. Raises ToolError for one outside of the image."""
        if self.slices == "all":
            return None
        listed: Any = self.slices if isinstance(self.slices, (tuple, list)) else (self.slices,)
        return tuple(SliceOf(scene.geometry, self.plane, int(index)).index for index in listed)

    def _of_group(
        self,
        scene: Scene,
        group: int,
        values: Sequence[int],
        wanted: tuple[int, ...] | None,
        progress: Progress | None,
    ) -> Suggestion | None:
        holder, axis = scene.segmentation.group(group), SliceOf(scene.geometry, self.plane, 0).axis
        boxes = [box for value in values if (box := holder.index.box(value, scene.t)) is not None]
        if not boxes:
            return None
        whole = boxes[0]
        for box in boxes:
            whole = whole.union(box)
        # one more pixel within the slices, where there is one: what lies around a shape is background
        whole = grown(whole, (int(axis != 0), int(axis != 1), int(axis != 2)), scene.geometry.shape)
        present = [value for value in values if holder.index.voxels(value, scene.t)]
        stack = np.moveaxis(holder.array[scene.t][whole.slices], axis, 0)
        first = whole.lower[axis]
        asked = None if wanted is None else [at - first for at in wanted if 0 <= at - first < len(stack)]
        rows, columns = (scene.geometry.spacing[2 - other] for other in range(3) if other != axis)
        spacing = (rows, columns) if self.in_mm else (1.0, 1.0)
        found = interpolate(stack, present, asked, spacing, self._writable(scene, group, whole, axis), progress)
        kept = np.flatnonzero([found[at].any() for at in (range(len(found)) if asked is None else sorted(asked))])
        if not kept.size:
            return None
        places = kept if asked is None else np.asarray(sorted(asked))[kept]
        low, high = int(places[0]), int(places[-1]) + 1
        box = _cut(whole, axis, low + first, high + first)
        region = np.ascontiguousarray(np.moveaxis(found[low:high], 0, axis))
        return Suggestion(group, scene.t, tuple(present), box, self.masked(scene, box, region))

    def _writable(self, scene: Scene, group: int, box: Box, axis: int) -> Callable[[int], Mask]:
        """Tells of a slice, counted from the box, where locks and masking let this tool write."""
        unlocked = scene.segmentation.group(group).unlocked.copy()
        unlocked[0] = not scene.segmentation.unlabeled_locked
        frame = scene.segmentation.group(group).array[scene.t]

        def writable(index: int) -> Mask:
            at = index + box.lower[axis]
            thin = _cut(box, axis, at, at + 1)
            held = frame[thin.slices]
            free = unlocked[held] if self.locks == "regard" else np.ones(held.shape, np.bool_)
            return np.asarray(self.masked(scene, thin, free)).squeeze(axis)

        return writable

    def _why_nothing(self, scene: Scene, values: Sequence[int]) -> tuple[str, ...]:
        """Why there is nothing to suggest for a single label."""
        if len(values) > 1:
            return ("no label has a clear slice between two slices that hold it",)
        states = suggestion_state(scene, self.plane, values[0])
        wanted = self._wanted(scene)
        if wanted is not None and len(wanted) == 1:
            return (f"{self.plane} slice {wanted[0]} gets no suggestion: {states[wanted[0]].reason}",)
        keys = [state.index for state in states if state.kind == "key"]
        if len(keys) < 2:
            return (f"{len(keys)} {self.plane} slices hold {shown(scene.segmentation, values[0])}; it takes two",)
        return (f"no clear {self.plane} slice lies between slices that hold {shown(scene.segmentation, values[0])}",)


@dataclass(frozen=True, eq=False)
class Suggestion:
    """What is suggested in one frame of one group: n + 1 in ``region`` (k, j, i), of the box, is the n-th value."""

    group: int
    t: int
    values: tuple[int, ...]
    box: Box
    region: NDArray[np.unsignedinteger]


def suggestion_contours(
    scene: Scene, plane: Plane, index: int, labels: LabelChoice = "active", in_mm: bool = False
) -> dict[int, list[Polygon]]:
    """The suggestion of one slice as a preview: label value -> closed polygons along pixel edges.

    Points are (x, y) = (column, row) of the slice (see ``SliceOf``, whose ``point_ijk`` leads back to the volume).
    Labels without a suggestion there are missing. Raises ToolError, UnknownLabelError, LabelError.
    """
    tool = Interpolate2D(plane=plane, slices=index, labels=labels, in_mm=in_mm)
    where = SliceOf(scene.geometry, plane, index)
    found: dict[int, list[Polygon]] = {}
    for each in tool.suggestions(scene):
        pixels = each.region.squeeze(where.axis)
        i, j, k = each.box.lower[::-1]
        offset = np.array(where.point_of((i, j, k)))
        for number in np.unique(pixels[pixels > 0]).tolist():
            found[each.values[number - 1]] = [polygon + offset for polygon in outlines(pixels == number)]
    return found


def _values(scene: Scene, labels: LabelChoice) -> tuple[int, ...]:
    return chosen_values(scene, () if labels == "active" else labels)


def _cut(box: Box, axis: int, low: int, high: int) -> Box:
    """The part of a box between two slices."""
    lower, upper = list(box.lower), list(box.upper)
    lower[axis], upper[axis] = low, high
    return Box((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))
