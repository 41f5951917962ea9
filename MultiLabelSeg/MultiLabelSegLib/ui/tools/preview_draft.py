"""What a post-processing tool would write, as a preview: voxels that labels gain, and voxels that become unlabelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import reduce
from itertools import count

import numpy as np
from numpy.typing import NDArray

from ...core import Box, Label, Segmentation
from ...core.label import Color
from ...core.tally import tally
from ...edit import Command
from ...edit.changes import LabelChange
from ...edit.patch import VoxelPatch
from ...edit.values import spread
from ...tools.base import Draft, Preview, PreviewFrame, PreviewLabel, Scene
from ...tools.confirm import Confirmation, ConfirmOptions
from .preview_state import Found

#: how voxels are shown that would become unlabelled
GONE: Color = (0.95, 0.1, 0.1)
_GONE_NAME = "becomes unlabelled"


def drafted(scene: Scene, draft: Draft, options: ConfirmOptions) -> Found:
    """A draft with its counts. Changes nothing; runs in any thread on a frozen scene. Raises what its command does."""
    document = scene.segmentation
    command = draft.command(document)
    patches = [change for change in command.changes if isinstance(change, VoxelPatch)]
    lost, gained = Counter[int](), Counter[int]()
    for patch in patches:
        gained.update(patch.counts)
        lost.update(_lost(document, patch))
    gone = next(value for value in count(1) if value not in gained)
    frames = {t: _frame((each for each in patches if each.t == t), gone) for t in {each.t for each in patches}}
    labels = _labels(document, command, gained, gone)
    preview = Preview(command.title, frames, labels, "same", 0, notes=draft.notes)
    voxels = {label.value: gained[0 if label.value == gone else label.value] for label in labels}
    removed = {value: voxels_lost for value, voxels_lost in lost.items() if value}
    resolution = command.resolution
    _ = resolution.written, resolution.protected, resolution.touched  # counted here, not in the view's thread
    return Found(preview, options, voxels, Confirmation(command, removed), is_draft=True)


def _lost(document: Segmentation, patch: VoxelPatch) -> dict[int, int]:
    held = document.groups[patch.group].array[patch.t][patch.box.slices]
    return tally(held if patch.mask is None else held[_mask(patch)])


def _mask(patch: VoxelPatch) -> NDArray[np.bool_]:
    assert patch.mask is not None
    size = patch.box.shape[2]
    return np.unpackbits(patch.mask, axis=2, count=size, bitorder="little").view(np.bool_)


def _frame(patches: Iterable[VoxelPatch], gone: int) -> PreviewFrame:
    """New values in one box around all patches of a frame; those that become 0 are ``gone``."""
    listed = list(patches)
    box = reduce(Box.union, (patch.box for patch in listed))
    top = max((gone, *(patch.top for patch in listed)))
    region: NDArray[np.unsignedinteger] = np.zeros(box.shape, np.uint8 if top < 256 else np.uint16)
    for patch in listed:
        part = region[patch.box.moved(box.lower, -1).slices]
        values = patch.values if isinstance(patch.values, int) else spread(patch.values)
        new = np.where(np.asarray(values) == 0, gone, values)
        if patch.mask is None:
            part[...] = new.reshape(part.shape) if new.ndim else new
        else:
            part[_mask(patch)] = new
    return PreviewFrame(box, region)


def _labels(document: Segmentation, command: Command, gained: Counter[int], gone: int) -> tuple[PreviewLabel, ...]:
    made: dict[int, Label] = {
        change.value: change.label
        for change in command.changes
        if isinstance(change, LabelChange) and change.label is not None
    }
    found = []
    for value in sorted(gained):
        if not value:
            continue
        label = made.get(value) or document.label(value)
        found.append(PreviewLabel(value, label.name, label.color, value))
    if gained[0]:
        found.append(PreviewLabel(gone, _GONE_NAME, GONE))
    return tuple(found)
