"""Union, intersection and difference of labels, of whatever groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Group, Label
from ..core.naming import free_value, next_color
from ..edit.proposal import MergeStyle, OverwriteStyle, Proposal
from ..errors import ToolError
from ..ops.boolean import Kind, combined
from .base import Draft, Scene, Scope, scenes_asked
from .choice import LabelChoice, operands
from .masking import Masked
from .parameters import parameter

Mask = NDArray[np.bool_]
#: one frame of the result: frame, box, mask of the box
Part = tuple[int, Box, Mask]


@dataclass(frozen=True, kw_only=True)
class _Boolean(Masked):
    """Base of the three. The labels themselves stay as they are, unless the result goes into one of them."""

    scope: ClassVar[Scope] = "post"
    kind: ClassVar[Kind]
    labels: LabelChoice = parameter((), help="two labels or more, values or names; all labels of a name are one")
    into: Literal["group", "new", "active"] = parameter(
        "group", help="where the result goes: a new label in a new group, or in the active group, or the active label"
    )
    result_name: str = parameter("", help="name of a new label; MITK's unless given")
    merge: Literal["merge", "replace"] = parameter(
        "merge", help="whether the result is added to the active label, or replaces it"
    )
    locks: Literal["regard", "ignore"] = parameter("regard", help="whether locked labels keep their voxels")
    frames: Literal["all", "current"] = parameter("all", help="all frames, or the current one alone")

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError for fewer than two labels, UnknownLabelError."""
        sets = operands(scene.segmentation, self.labels)
        if len(set(sets)) < 2:
            raise ToolError(f"{self.kind.capitalize()} takes two different labels at least, found {self.labels!r}")
        names = [" ".join(dict.fromkeys(scene.segmentation.label(value).name for value in one)) for one in sets]
        title = self._called(names)
        parts = [part for at in scenes_asked(scene, self.frames) for part in self._parts(at, sets)]
        notes = () if any(mask.any() for _, _, mask in parts) else ("the result is empty",)
        if self.into == "group":
            return Draft(title, new_groups=(self._group(scene, parts, title),), notes=notes)
        group = self._home(scene, sets)
        if self.into == "new":
            label = self._label(scene, title, group)
            stage = self._proposals(scene, parts, group, label.value, MergeStyle.MERGE)
            return Draft(title, (stage,) if stage else (), ((group, label),), notes=notes)
        stage = self._proposals(scene, parts, group, scene.active_label().value, MergeStyle(self.merge))
        return Draft(title, (stage,) if stage else (), notes=notes)

    def _called(self, names: Sequence[str]) -> str:
        """MITK's titles: "Union a b", "Difference a - b c"."""
        between = " - " if self.kind == "difference" else " "
        return f"{self.kind.capitalize()} {names[0]}{between}{' '.join(names[1:])}"

    def _parts(self, scene: Scene, sets: Sequence[tuple[int, ...]]) -> Iterator[Part]:
        boxes = [self._box(scene, values) for values in sets]
        if self.kind == "union":
            known = [box for box in boxes if box is not None]
            box = reduce(Box.union, known) if known else None
        elif self.kind == "difference":
            box = boxes[0]
        else:
            known = [box for box in boxes if box is not None]
            box = reduce(Box.intersection, known) if len(known) == len(boxes) else None
        if box is not None and box.voxels:
            inside = box
            mask = combined(self.kind, (self._held(scene, values, inside) for values in sets))
            yield scene.t, box, self.masked(scene, box, mask)

    def _box(self, scene: Scene, values: Sequence[int]) -> Box | None:
        found = (scene.segmentation.group_of(value).index.box(value, scene.t) for value in values)
        boxes = [box for box in found if box is not None]
        return reduce(Box.union, boxes) if boxes else None

    def _held(self, scene: Scene, values: Sequence[int], box: Box) -> Mask:
        held = np.zeros(box.shape, np.bool_)
        for value in values:
            held |= scene.segmentation.group_of(value).array[scene.t][box.slices] == value
        return held

    def _home(self, scene: Scene, sets: Sequence[tuple[int, ...]]) -> int:
        """The active label's group; without one, that of the first label."""
        if scene.label is None and self.into == "new":
            return scene.segmentation.group_index_of(sets[0][0])
        return scene.active_group()

    def _label(self, scene: Scene, title: str, group: int | None) -> Label:
        labels = scene.segmentation.labels
        stray = () if group is None else scene.segmentation.group(group).undeclared_values()
        value = free_value({*scene.segmentation.values, *stray})
        return Label(value, self.result_name or title, next_color(labels))

    def _group(self, scene: Scene, parts: Sequence[Part], title: str) -> Group:
        label = self._label(scene, title, None)
        array = np.zeros(scene.geometry.full_shape, np.uint8 if label.value < 256 else np.uint16)
        for t, box, mask in parts:
            array[t][box.slices][mask] = label.value
        return Group(array, [label])

    def _proposals(
        self, scene: Scene, parts: Sequence[Part], group: int, target: int, merge: MergeStyle
    ) -> list[Proposal]:
        locks = OverwriteStyle.REGARD_LOCKS if self.locks == "regard" else OverwriteStyle.IGNORE_LOCKS
        found = {t: (box, mask) for t, box, mask in parts}
        proposals = []
        for at in scenes_asked(scene, self.frames):
            box, mask = found.get(at.t, (None, None))
            if merge is MergeStyle.REPLACE:
                box, mask = self._over_target(at, group, target, box, mask)
            if box is not None and mask is not None:
                proposals.append(Proposal(group, mask, {1: target}, box, at.t, merge, locks))
        return proposals

    def _over_target(
        self, scene: Scene, group: int, target: int, box: Box | None, mask: Mask | None
    ) -> tuple[Box | None, Mask | None]:
        """The same mask in a box that also holds all voxels of the target, which it replaces where it may write."""
        holder = scene.segmentation.group(group)
        old = holder.index.box(target, scene.t)
        if old is None:
            return box, mask
        wide = old if box is None else old.union(box)
        result = np.zeros(wide.shape, np.bool_)
        if box is not None and mask is not None:
            result[box.moved(wide.lower, -1).slices] = mask
        everywhere = np.ones(wide.shape, np.bool_)
        allowed = self.masked(scene, wide, everywhere)
        if allowed is not everywhere:
            result |= (holder.array[scene.t][wide.slices] == target) & ~allowed
        return wide, result


@dataclass(frozen=True, kw_only=True)
class Union(_Boolean):
    """The voxels of any of the labels."""

    name: ClassVar[str] = "union"
    title: ClassVar[str] = "Union"
    kind: ClassVar[Kind] = "union"


@dataclass(frozen=True, kw_only=True)
class Intersection(_Boolean):
    """The voxels of all of the labels. Labels of one group have none in common."""

    name: ClassVar[str] = "intersection"
    title: ClassVar[str] = "Intersection"
    kind: ClassVar[Kind] = "intersection"


@dataclass(frozen=True, kw_only=True)
class Difference(_Boolean):
    """The voxels of the first label that no other one has."""

    name: ClassVar[str] = "difference"
    title: ClassVar[str] = "Difference"
    kind: ClassVar[Kind] = "difference"
