"""What is known of a preview: its labels, what confirming would write, and the options of confirming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...core.label import Color
from ...errors import MultiLabelSegError
from ...tools.base import Preview, PreviewLabel, Scene
from ...tools.confirm import Confirmation, ConfirmOptions, confirm
from ..fields import Choice, Field

#: voxels that are counted together
_PIECE = 1 << 18


@dataclass(frozen=True)
class PreviewItem:
    """A label of a preview; ``chosen`` ones are written. ``voxels`` are those of the frame."""

    value: int
    name: str
    color: Color
    voxels: int
    chosen: bool = True


@dataclass(frozen=True, eq=False)
class PreviewState:
    """A preview as the panel shows it.

    ``is_ready`` is false while the volume is worked out: then there are no counts yet. ``written`` voxels would get
    another value, ``protected`` ones (by locked label, 0 is unlabelled space) are kept by locks, ``removed`` ones
    (by label) would be taken away by replacing. ``reason`` says why it cannot be confirmed; ``outdated`` that labels or
    options changed since it was worked out.
    """

    title: str
    is_ready: bool = False
    labels: tuple[PreviewItem, ...] = ()
    written: int = 0
    protected: Mapping[int, int] = field(default_factory=dict)
    removed: Mapping[int, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    reason: str = ""
    outdated: bool = False

    @property
    def text(self) -> str:
        """The counts in words."""
        if not self.is_ready:
            return "working it out..."
        if self.reason:
            return self.reason
        parts = [f"{self.written:,} voxels would be written"]
        for count, what in ((sum(self.protected.values()), "protected by locks"), (self.lost, "removed")):
            if count:
                parts.append(f"{count:,} {what}")
        return ", ".join(parts)

    @property
    def lost(self) -> int:
        """Voxels that replacing would take away."""
        return sum(self.removed.values())


@dataclass(frozen=True, eq=False)
class Found:
    """What work in the background found: the preview and, unless ``reason`` says why not, how to confirm it.

    ``options`` are those of confirming that it goes by. A draft (``is_draft``) has none: its tool's options say all.
    """

    preview: Preview
    options: ConfirmOptions
    voxels: Mapping[int, int]
    confirmation: Confirmation | None = None
    reason: str = ""
    is_draft: bool = False


def worked_out(scene: Scene, preview: Preview, options: ConfirmOptions) -> Found:
    """A preview with its counts. Changes nothing; runs in any thread on a frozen scene."""
    t, voxels = scene.checked_frame(), dict[int, int]()
    for layer in preview.layers:
        voxels.update(_voxels(layer, t))
    try:
        confirmation = confirm(scene, preview, options)
        resolution = confirmation.command.resolution
        _ = resolution.written, resolution.protected, resolution.touched  # counted here, not in the view's thread
    except MultiLabelSegError as error:
        return Found(preview, options, voxels, None, str(error))
    return Found(preview, options, voxels, confirmation)


def _voxels(preview: Preview, t: int) -> dict[int, int]:
    """Voxels of each label of a frame. Counted in pieces: numpy would make 8 bytes of every voxel first."""
    if t not in preview.frames:
        return {}
    flat = np.ascontiguousarray(preview.frames[t].region).reshape(-1)
    if len(preview.labels) == 1:
        return {preview.labels[0].value: int(np.count_nonzero(flat == preview.labels[0].value))}
    top = max((label.value for label in preview.labels), default=0)
    counts = np.zeros(max(top + 1, 1 << (8 * flat.dtype.itemsize)), np.int64)
    for first in range(0, flat.size, _PIECE):
        found = np.bincount(flat[first : first + _PIECE])
        counts[: len(found)] += found
    return {label.value: int(counts[label.value]) for label in preview.labels}


def state_of(found: Found, options: ConfirmOptions, scene: Scene, outdated: bool) -> PreviewState:
    """What the panel shows of it."""
    preview, confirmation = found.preview, found.confirmation
    items = tuple(
        PreviewItem(
            label.value,
            label.name,
            label.color,
            found.voxels.get(label.value, 0),
            options.labels == "all" or label.value in options.labels,
        )
        for label in _labels(preview)
    )
    resolution = None if confirmation is None else confirmation.command.resolution
    return PreviewState(
        preview.title,
        True,
        items,
        0 if resolution is None else resolution.written,
        {} if resolution is None else resolution.protected,
        {} if confirmation is None else confirmation.cleared,
        preview.notes,
        () if found.is_draft else confirm_fields(preview, options, scene),
        found.reason,
        outdated,
    )


_INTO = {
    "group": "new labels in a new group",
    "active": "the active label",
    "same": "their own labels",
    "new": "new labels",
}


def _labels(preview: Preview) -> tuple[PreviewLabel, ...]:
    """The labels of all layers."""
    return tuple(label for layer in preview.layers for label in layer.labels)


_MERGE = {"merge": "keep it (merge)", "replace": "replace it"}
_LOCKS = {"regard": "regard them", "ignore": "ignore them"}
_KEPT = "whether the target keeps its voxels outside of the preview"


def confirm_fields(preview: Preview, options: ConfirmOptions, scene: Scene) -> tuple[Field, ...]:
    """The options of confirming a preview."""
    labels = _labels(preview)
    offered = ["new", "active"] if all(label.target is None for label in labels) else ["active", "same", "new"]
    if preview.more:  # labels that overlap need groups of their own, or become one
        offered = ["active"]
    if preview.into == "group":
        offered.insert(0, "group")
    if scene.label is None:
        offered.remove("active")
    merge, locks, into = options.merge or preview.merge, options.locks or preview.locks, options.into or preview.into
    targets = {key: _INTO[key] for key in offered}
    made = [
        _choice("merge", "Existing content", merge, preview.merge, _MERGE, _KEPT),
        _choice("locks", "Locks", locks, preview.locks, _LOCKS, "whether locked labels keep their voxels"),
        _choice("into", "Write into", into, preview.into, targets, "where the labels of the preview go"),
    ]
    if scene.geometry.time_steps > 1:
        made.append(_frames_field(preview, options))
    if len(labels) > 1:
        choices = tuple(Choice(label.value, label.name) for label in labels)
        every = tuple(label.value for label in labels)
        chosen = every if options.labels == "all" else options.labels
        about = "which labels are written"
        made.append(Field("labels", "Labels", "several", chosen, every, choices=choices, help=about))
    return tuple(made)


def _frames_field(preview: Preview, options: ConfirmOptions) -> Field:
    several = len(preview.frames) > 1
    reason = "" if several else "the preview has one frame"
    choices = (Choice("current", "the current one"), Choice("all", "all"))
    about = "which frames are written"
    return Field(
        "frames",
        "Frames",
        "choice",
        options.frames,
        "current",
        choices=choices,
        help=about,
        enabled=several,
        reason=reason,
    )


def _choice(name: str, title: str, value: Any, default: Any, choices: dict[str, str], about: str) -> Field:
    listed = tuple(Choice(key, text) for key, text in choices.items())
    return Field(name, title, "choice", value, default, choices=listed, help=about)
