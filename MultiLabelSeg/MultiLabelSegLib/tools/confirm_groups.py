"""Confirming a preview into groups of its own: what an outside program found, its overlapping labels apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Group, Label, Segmentation
from ..core.naming import free_values
from ..edit.changes import Change, Command, GroupChange
from ..edit.policy import Resolution
from ..errors import ToolError
from .base import Into, Preview, PreviewFrame, PreviewLabel, Scene, frames_asked
from .confirm import Confirmation, ConfirmOptions, chosen_labels


def confirm_in_groups(scene: Scene, preview: Preview, options: ConfirmOptions) -> Confirmation:
    """Each layer of the preview becomes a group at the end; a group that has neither labels nor voxels is used first.

    Nothing that is there is touched, so neither locks nor replacing matter. Values are kept where they are free.
    Raises ToolError for a frame that the preview does not have or when no label is chosen, OptionError.
    """
    document = scene.segmentation
    chosen = {label.value for label in chosen_labels(preview, options)}
    layers = [layer for layer in preview.layers if chosen.intersection(label.value for label in layer.labels)]
    if not layers:
        raise ToolError("the preview has no labels to confirm")
    values = _values(document, [label.value for layer in layers for label in layer.labels if label.value in chosen])
    frames = tuple(frames_asked(scene, options.frames))
    made = [_group(document, layer, values, frames) for layer in layers]
    changes: list[Change] = []
    place = preview.group if preview.group < len(document.groups) and _is_empty(document.group(preview.group)) else None
    if place is not None:
        held = document.group(place)
        made[0].name = held.name or made[0].name
        made[0].properties.update(held.properties)
        # put in before the empty one is taken out: a segmentation has at least one group
        changes += [GroupChange(place, made[0]), GroupChange(place + 1, None)]
    rest = made[1:] if place is not None else made
    changes += [GroupChange(len(document.groups) + number, group) for number, group in enumerate(rest)]
    written = {value: sum(group.index.voxels(value, t) for t in frames) for group in made for value in group.values}
    return Confirmation(Command(preview.title, changes, _Whole(written), tuple(written)), {})


class _Whole(Resolution):
    """What is said of groups that come with their voxels: all are written, nothing protects them."""

    def __init__(self, voxels: Mapping[int, int]) -> None:
        super().__init__()
        self.written = sum(voxels.values())
        self.touched = tuple(value for value, count in voxels.items() if count)


def united(preview: Preview, into: Into) -> Preview:
    """The layers as one, for a single label to take. Raises ToolError where overlapping labels would share a group."""
    if into != "active":
        raise ToolError(f"labels of the preview overlap, so they need groups of their own: into 'group', not {into!r}")
    return flattened(preview)


def flattened(preview: Preview) -> Preview:
    """All layers as one to look at: later layers, the smaller regions of nested ones, lie over earlier ones.

    Counts of voxels must be taken from the layers themselves.
    """
    frames: dict[int, PreviewFrame] = {}
    for layer in preview.layers:
        for t, frame in layer.frames.items():
            frames[t] = frame if t not in frames else _over(frames[t], frame)
    labels = tuple(label for layer in preview.layers for label in layer.labels)
    return replace(preview, frames=frames, labels=labels, more=())


def _over(first: PreviewFrame, second: PreviewFrame) -> PreviewFrame:
    """The second frame on the first."""
    box = first.box.union(second.box)
    region = np.zeros(box.shape, np.promote_types(first.region.dtype, second.region.dtype))
    for frame in (first, second):
        part = region[_within(box, frame.box)]
        np.copyto(part, frame.region, where=frame.region != 0)
    return PreviewFrame(box, region)


def _within(outer: Box, inner: Box) -> tuple[slice, slice, slice]:
    return inner.moved(outer.lower, -1).slices


def _values(document: Segmentation, wanted: list[int]) -> dict[int, int]:
    """Preview value -> value in the document: the same where it is free."""
    taken = set(document.values)
    for group in document.groups:
        taken.update(group.undeclared_values())
    clashing = [value for value in wanted if value in taken]
    new = free_values(taken.union(wanted), len(clashing))
    return {**{value: value for value in wanted}, **dict(zip(clashing, new, strict=True))}


def _group(document: Segmentation, layer: Preview, values: dict[int, int], frames: tuple[int, ...]) -> Group:
    """The group of one layer, holding the frames that are asked for."""
    labels = [_label(label, values[label.value]) for label in layer.labels if label.value in values]
    top = max((label.value for label in labels), default=0)
    array = np.zeros(document.geometry.full_shape, np.uint8 if top < 256 else np.uint16)
    for t in frames:
        if t not in layer.frames:
            raise ToolError(f"the preview has no frame {t}; it has {', '.join(map(str, sorted(layer.frames)))}")
        frame = layer.frames[t]
        array[t][frame.box.slices] = _table(values, frame.region)[frame.region]
    return Group(array, labels, layer.group_name)


def _table(values: dict[int, int], region: NDArray[np.unsignedinteger]) -> NDArray[np.uint16]:
    table = np.zeros(np.iinfo(region.dtype).max + 1, np.uint16)
    for value, target in values.items():
        if value < len(table):
            table[value] = target
    return table


def _label(label: PreviewLabel, value: int) -> Label:
    return Label(value, label.name, label.color, properties=label.properties)


def _is_empty(group: Group) -> bool:
    return not group.labels and not any(group.index.values(t) for t in range(group.shape[0]))
