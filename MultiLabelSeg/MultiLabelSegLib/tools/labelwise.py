"""Tools that work on one label after the other: what they share is how results are settled and written."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Group, Label, Segmentation
from ..core.naming import free_values, next_color
from ..edit.proposal import MergeStyle, OverwriteStyle, Proposal
from ..ops.progress import Progress, part_of, parts, told
from ..ops.settle import Claim, Settled, settle
from .base import Draft, Scene, Scope, scenes_asked
from .choice import LabelChoice, chosen_values, shown
from .masking import Masked
from .parameters import parameter

Mask = NDArray[np.bool_]
Spacing = tuple[float, float, float]
#: share of the work that goes into shapes; the rest is deciding who gets what several want
SHAPED = 0.7


@dataclass(frozen=True, eq=False)
class Found:
    """What a tool made of the labels: per frame the claims, and whose they are."""

    claims: dict[int, list[Claim]] = field(default_factory=dict)
    owners: dict[int, list[int]] = field(default_factory=dict)

    def add(self, t: int, value: int, claim: Claim) -> None:
        """Notes the claim of a label in a frame."""
        self.claims.setdefault(t, []).append(claim)
        self.owners.setdefault(t, []).append(value)

    def of_group(self, segmentation: Segmentation, group: int) -> Found:
        """Only the labels of one group."""
        part = Found()
        for t, claims in self.claims.items():
            for value, claim in zip(self.owners[t], claims, strict=True):
                if value in segmentation.group(group):
                    part.add(t, value, claim)
        return part

    @property
    def values(self) -> tuple[int, ...]:
        """The labels that have voxels, each once."""
        return tuple(dict.fromkeys(value for owners in self.owners.values() for value in owners))

    @property
    def vanished(self) -> tuple[int, ...]:
        """The labels of which nothing is left in any frame."""
        left = {
            value
            for t, owners in self.owners.items()
            for value, claim in zip(owners, self.claims[t], strict=True)
            if claim.wanted.any()
        }
        return tuple(value for value in self.values if value not in left)


@dataclass(frozen=True, kw_only=True)
class Labelwise(Masked):
    """Base of the tools that reshape labels. Several labels are worked on at once and judged by what they were before.

    A voxel that several results want goes to the label that holds it, else to the nearest.
    """

    scope: ClassVar[Scope] = "post"
    labels: LabelChoice = parameter((), help="labels to work on, values or names, or all; the active one unless given")
    into: Literal["same", "new", "group"] = parameter(
        "same", help="where results go: the same label, a new label of its group, or new labels in a new group"
    )
    merge: Literal["replace", "merge"] = parameter(
        "replace", help="whether the result replaces what the same label was, or is added to it"
    )
    locks: Literal["regard", "ignore"] = parameter("regard", help="whether locked labels keep their voxels")
    frames: Literal["all", "current"] = parameter("all", help="all frames, or the current one alone")

    @abstractmethod
    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """What becomes of a label: its mask (k, j, i) with ``margin`` voxels around, as far as the image goes."""

    def margin(self, spacing: Spacing) -> tuple[int, int, int]:
        """Voxels along k, j, i that ``shaped`` needs around the label. ``spacing`` is mm along k, j, i."""
        del spacing
        return 0, 0, 0

    def result_name(self, name: str) -> str:
        """What a new label is called that comes from the label ``name``."""
        return f"{self._title()} {name}"

    def remarks(self, spacing: Spacing) -> tuple[str, ...]:
        """What the user should know of the parameters on this grid."""
        del spacing
        return ()

    def lifted(self, values: Sequence[int]) -> frozenset[int]:
        """Labels of those worked on whose locks do not count towards each other."""
        del values
        return frozenset()

    def propose(self, scene: Scene, progress: Progress | None = None) -> Draft:
        """See ``Tool`` and ``base.propose``. Raises ToolError, OptionError, UnknownLabelError."""
        values = chosen_values(scene, self.labels)
        found = self.found(scene, values, part_of(progress, 0, SHAPED))
        notes = list(self.remarks(spacing_kji(scene)))
        return written(self, scene, values, found, notes, part_of(progress, SHAPED, 1))

    def found(self, scene: Scene, values: Sequence[int], progress: Progress | None = None) -> Found:
        """The claims of the labels in all frames that are asked for."""
        result = Found()
        margin = self.margin(spacing_kji(scene))
        todo = [
            (at, value, grown(tight, margin, scene.geometry.shape))
            for at in scenes_asked(scene, self.frames)
            for value in values
            if (tight := at.segmentation.group_of(value).index.box(value, at.t)) is not None
        ]
        for at, value, box in told(todo, progress, [box.voxels for _, _, box in todo]):
            result.add(at.t, value, self._claim(at, value, box))
        return result

    def _claim(self, scene: Scene, value: int, box: Box) -> Claim:
        group = scene.segmentation.group_of(value)
        spacing = spacing_kji(scene)
        held = np.asarray(group.array[scene.t][box.slices] == value)
        return Claim(box.lower, self.limited(scene, box, held, self.shaped(held, spacing)), held)

    def limited(self, scene: Scene, box: Box, held: Mask, wanted: Mask) -> Mask:
        """The result where the tool may write; elsewhere the label is as it was."""
        everywhere = np.ones(box.shape, np.bool_)
        allowed = self.masked(scene, box, everywhere)
        if allowed is everywhere:
            return wanted
        return np.where(allowed, wanted, held) if self.into == "same" else wanted & allowed

    def _title(self) -> str:
        return str(getattr(self, "title", type(self).__name__))


def written(
    tool: Labelwise,
    scene: Scene,
    values: Sequence[int],
    found: Found,
    notes: list[str],
    progress: Progress | None = None,
) -> Draft:
    """The draft that writes what was found to where ``into`` says. ``notes`` are added to."""
    segmentation = scene.segmentation
    title = f"{tool._title()} {shown(segmentation, values[0]) if len(values) == 1 else f'{len(values)} labels'}"
    notes += [f"{shown(segmentation, value)} has no voxels" for value in values if value not in found.values]
    notes += [f"nothing is left of {shown(segmentation, value)}" for value in found.vanished]
    if not found.values:
        return Draft(title, notes=tuple(notes))
    if tool.into == "group":
        made = made_labels(tool, scene, found.values, None)
        group = _new_group(scene, found, made, notes, progress)
        return Draft(title, new_groups=(group,), notes=tuple(notes))
    stage: list[Proposal] = []
    new_labels: list[tuple[int, Label]] = []
    indices = sorted({segmentation.group_index_of(value) for value in found.values})
    for index, part in parts(indices, progress):
        mine = found.of_group(segmentation, index)
        targets = {value: value for value in mine.values}
        if tool.into == "new":
            fresh = made_labels(tool, scene, mine.values, index, [label for _, label in new_labels])
            targets = {value: label.value for value, label in fresh.items()}
            new_labels += [(index, label) for label in fresh.values()]
        stage += _proposals(tool, scene, index, mine, targets, notes, part)
    return Draft(title, (stage,), new_labels, notes=tuple(notes))


def made_labels(
    tool: Labelwise, scene: Scene, values: Sequence[int], group: int | None, others: Sequence[Label] = ()
) -> dict[int, Label]:
    """For each label a new one for its result, with free values and colours; ``others`` come into being with them.

    ``group`` is the one that gets them, None a new one. Raises ValueSpaceFullError.
    """
    segmentation = scene.segmentation
    labels = [*segmentation.labels, *others]
    stray = () if group is None else segmentation.group(group).undeclared_values()
    free = free_values({label.value for label in labels} | set(stray), len(values))
    made: dict[int, Label] = {}
    for value, new in zip(values, free, strict=True):
        label = Label(new, tool.result_name(segmentation.label(value).name), next_color(labels))
        labels.append(label)
        made[value] = label
    return made


def _proposals(
    tool: Labelwise,
    scene: Scene,
    group: int,
    found: Found,
    targets: dict[int, int],
    notes: list[str],
    progress: Progress | None,
) -> list[Proposal]:
    merge = MergeStyle(tool.merge) if tool.into == "same" else MergeStyle.MERGE
    locks = OverwriteStyle.REGARD_LOCKS if tool.locks == "regard" else OverwriteStyle.IGNORE_LOCKS
    proposals = []
    for (t, claims), part in parts(list(found.claims.items()), progress):
        for block in _settled(scene, claims, t, notes, part):
            mapping = {n: targets[found.owners[t][index]] for n, index in enumerate(block.members, 1)}
            box = box_at(block.lower, block.region.shape)
            free = tool.lifted(found.owners[t])
            proposals.append(Proposal(group, block.region, mapping, box, t, merge, locks, free))
    return proposals


def _new_group(
    scene: Scene, found: Found, made: dict[int, Label], notes: list[str], progress: Progress | None
) -> Group:
    top = max(label.value for label in made.values())
    array = np.zeros(scene.geometry.full_shape, np.uint8 if top < 256 else np.uint16)
    for (t, claims), part in parts(list(found.claims.items()), progress):
        for block in _settled(scene, claims, t, notes, part):
            names = [0, *(made[found.owners[t][index]].value for index in block.members)]
            array[t][box_at(block.lower, block.region.shape).slices] = np.array(names, array.dtype)[block.region]
    return Group(array, made.values())


def _settled(
    scene: Scene, claims: Sequence[Claim], t: int, notes: list[str], progress: Progress | None
) -> list[Settled]:
    blocks = settle(claims, spacing_kji(scene), progress)
    contested = sum(block.contested for block in blocks)
    if contested:
        notes.append(f"{contested} voxels of frame {t} were wanted by several labels; each went to the nearest")
    return blocks


def spacing_kji(scene: Scene) -> Spacing:
    """Millimetres between voxel centres along k, j, i."""
    i, j, k = scene.geometry.spacing
    return k, j, i


def grown(box: Box, by: tuple[int, int, int], shape: tuple[int, int, int]) -> Box:
    """A box with a margin of voxels along k, j, i, as far as the frame goes."""
    (k0, j0, i0), (k1, j1, i1), (k, j, i) = *box, by
    wide = Box((k0 - k, j0 - j, i0 - i), (k1 + k, j1 + j, i1 + i))
    return wide.intersection(Box.whole(shape))


def box_at(lower: tuple[int, int, int], shape: tuple[int, ...]) -> Box:
    """The box of an array (k, j, i) that begins at a voxel."""
    k, j, i = (first + size for first, size in zip(lower, shape, strict=True))
    return Box(lower, (k, j, i))
