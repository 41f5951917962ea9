"""Confirming a preview: which of its labels go where, decided by the one rule of locks, as one undo step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Label
from ..core.naming import free_value
from ..edit.changes import Change, Command, LabelChange
from ..edit.policy import Resolution, resolve_stages
from ..edit.proposal import MergeStyle, OverwriteStyle, Proposal
from ..errors import OptionError, ToolError
from .base import Into, Preview, PreviewFrame, PreviewLabel, Scene, frames_asked


@dataclass(frozen=True)
class ConfirmOptions:
    """How a preview is written; None takes what the tool says.

    ``merge`` keeps what the target labels have, ``replace`` clears it first (MITK's default; ours merges). ``labels``
    picks values of the preview. ``into`` is ``active``, ``same`` (each to its own label), ``new`` labels, or ``group``:
    new labels in a group of their own.
    Raises OptionError.
    """

    merge: Literal["merge", "replace"] | None = None
    locks: Literal["regard", "ignore"] | None = None
    frames: Literal["current", "all"] = "current"
    labels: tuple[int, ...] | Literal["all"] = "all"
    into: Into | None = None

    def __post_init__(self) -> None:
        allowed: dict[str, tuple[Any, ...]] = {
            "merge": (None, "merge", "replace"),
            "locks": (None, "regard", "ignore"),
            "frames": ("current", "all"),
            "into": (None, "active", "same", "new", "group"),
        }
        for name, choices in allowed.items():
            if getattr(self, name) not in choices:
                raise OptionError(name, getattr(self, name), [choice for choice in choices if choice])
        listed: Any = self.labels if isinstance(self.labels, (tuple, list)) else None
        whole = (int, np.integer)
        if self.labels != "all" and (
            listed is None or any(isinstance(each, bool) or not isinstance(each, whole) for each in listed)
        ):
            raise OptionError("labels", self.labels, "all, or values of the preview")


@dataclass(frozen=True, eq=False)
class Confirmation:
    """What confirming would do: the command, and per label how many voxels it would take away by replacing."""

    command: Command
    cleared: Mapping[int, int]


def confirm(scene: Scene, preview: Preview, options: ConfirmOptions | None = None) -> Confirmation:
    """Makes the command of a preview; changes nothing. ``cleared`` can be shown before ``History.do``.

    Raises ToolError without a target or for a frame that the preview does not have, OptionError for a value that is
    no value of the preview.
    """
    options = options or ConfirmOptions()
    if (options.into or preview.into) == "group":
        from .confirm_groups import confirm_in_groups

        return confirm_in_groups(scene, preview, options)
    if preview.more:
        from .confirm_groups import united

        preview = united(preview, options.into or preview.into)
    chosen = chosen_labels(preview, options)
    mapping, made = _targets(scene, preview, chosen, options.into or preview.into)
    group = preview.group if made or scene.label is None else scene.active_group()
    group = _group_of(scene, mapping, group, {label.value for label in made})
    merge = MergeStyle(options.merge or preview.merge)
    locks = OverwriteStyle.REGARD_LOCKS if (options.locks or preview.locks) == "regard" else OverwriteStyle.IGNORE_LOCKS
    space_locked = locks is OverwriteStyle.REGARD_LOCKS and scene.segmentation.unlabeled_locked
    stages: list[list[Proposal]] = []
    cleared: dict[int, int] = {}
    for t in frames_asked(scene, options.frames):
        if t not in preview.frames:
            raise ToolError(f"the preview has no frame {t}; it has {', '.join(map(str, sorted(preview.frames)))}")
        frame = preview.frames[t]
        if merge is MergeStyle.REPLACE:
            frame = _widened(scene, _only(frame, mapping), group, t, set(mapping.values()))
        if frame.box.voxels:
            stages.append([Proposal(group, frame.region, mapping, frame.box, t, merge, locks)])
            if merge is MergeStyle.REPLACE and not space_locked:
                _count_cleared(scene, frame, group, t, mapping, cleared)
    resolution = resolve_stages(scene.segmentation, stages, [label.value for label in made]) if stages else Resolution()
    changes: list[Change] = [LabelChange(group, label.value, label) for label in made]
    changes += resolution.patches
    values = tuple(label.value for label in made) or resolution.touched
    return Confirmation(Command(preview.title, changes, resolution, values), cleared)


def chosen_labels(preview: Preview, options: ConfirmOptions) -> list[PreviewLabel]:
    """The labels, of all layers, that the options pick. Raises OptionError for a value that is none of the preview."""
    known = {label.value: label for layer in preview.layers for label in layer.labels}
    if options.labels == "all":
        return list(known.values())
    for value in options.labels:
        if value not in known:
            raise OptionError("labels", value, known)
    return [known[int(value)] for value in options.labels]


def _targets(
    scene: Scene, preview: Preview, chosen: list[PreviewLabel], into: str
) -> tuple[dict[int, int], list[Label]]:
    """Preview value -> label value, and the labels that have to be made for it."""
    if not chosen:
        raise ToolError("the preview has no labels to confirm")
    if into == "active":
        target = scene.active_label().value
        return {label.value: target for label in chosen}, []
    made: list[Label] = []
    mapping: dict[int, int] = {}
    taken = set(scene.segmentation.values) | set(scene.segmentation.group(preview.group).undeclared_values())
    for label in chosen:
        if into == "same" and label.target is not None and label.target in scene.segmentation:
            mapping[label.value] = label.target
            continue
        value = free_value(taken)
        taken.add(value)
        made.append(Label(value, label.name, label.color, properties=label.properties))
        mapping[label.value] = value
    return mapping, made


def _group_of(scene: Scene, mapping: Mapping[int, int], group: int, made: set[int]) -> int:
    """The one group of all targets. Raises ToolError when they lie in several."""
    found = {scene.segmentation.group_index_of(value) for value in mapping.values() if value not in made}
    if made:
        found.add(group)
    if len(found) > 1:
        raise ToolError(f"the labels of the preview lie in several groups: {', '.join(map(str, sorted(found)))}")
    return found.pop()


def _only(frame: PreviewFrame, mapping: Mapping[int, int]) -> PreviewFrame:
    """The frame without the values that are not written: where a label is replaced, they are nothing to it."""
    held = np.isin(frame.region, list(mapping))
    return PreviewFrame(frame.box, np.where(held, frame.region, frame.region.dtype.type(0)))


def _widened(scene: Scene, frame: PreviewFrame, group: int, t: int, targets: set[int]) -> PreviewFrame:
    """The frame's region over a box that also holds all voxels of the targets, which replacing takes away."""
    box = frame.box
    index = scene.segmentation.group(group).index
    for value in targets:
        extent = index.extent(value, t)
        if extent is not None:
            box = box.union(extent.box) if box.voxels else extent.box
    if box == frame.box:
        return frame
    region = np.zeros(box.shape, frame.region.dtype)
    if frame.box.voxels:
        region[frame.box.moved(box.lower, -1).slices] = frame.region
    return PreviewFrame(box, region)


def _count_cleared(
    scene: Scene, frame: PreviewFrame, group: int, t: int, mapping: Mapping[int, int], cleared: dict[int, int]
) -> None:
    """Adds to ``cleared`` how many voxels of each target the region does not hold."""
    held: NDArray[Any] = scene.segmentation.group(group).array[t][frame.box.slices]
    outside = held[~np.isin(frame.region, list(mapping))]
    counts = np.bincount(outside) if outside.size else np.zeros(1, np.int64)
    for value in set(mapping.values()):
        if value < len(counts) and counts[value]:
            cleared[value] = cleared.get(value, 0) + int(counts[value])
