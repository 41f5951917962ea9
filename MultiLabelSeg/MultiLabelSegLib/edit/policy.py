"""The rule of locks: the one place that decides which voxels of a proposal are written.

With region value S mapped to D, the merge style and the overwrite style, a voxel that holds ``old`` becomes
* D where the region is S, unless locks count and ``old`` is a locked label (not D itself) or locked unlabelled space,
* unlabelled where the region is 0, ``old`` is a target and the style is REPLACE, unless locks count and unlabelled
  space is locked,
* and stays what it is everywhere else. A target's own lock never matters; values without a label count as unlocked.
This is the truth table of MITK's transfer of labels, for all mapped values in one pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..core import Box, Group, Segmentation
from ..errors import ToolError, UnknownLabelError
from .patch import VoxelPatch
from .proposal import MergeStyle, OverwriteStyle, Proposal
from .resolve_numpy import resolve_numpy
from .rules import Found, Rules, Work

#: voxels of a box from which a compiled kernel beats numpy's few calls
_KERNEL_FROM = 1 << 15


@dataclass(frozen=True, eq=False)
class Resolution:
    """What a write will do, or did: the patches to apply, and what became of the voxels that were proposed.

    ``written`` counts voxels that get another value; ``protected`` the voxels that a lock kept, by the label that is
    locked (0: the lock of unlabelled space); ``touched`` lists the labels that lose or gain voxels, rising.
    """

    patches: tuple[VoxelPatch, ...] = ()
    written: int = 0
    protected: Mapping[int, int] = field(default_factory=dict)
    touched: tuple[int, ...] = ()

    @staticmethod
    def united(parts: Iterable[Resolution]) -> Resolution:
        """Several resolutions as one, patches in their order."""
        patches: list[VoxelPatch] = []
        written, protected, touched = 0, dict[int, int](), set[int]()
        for part in parts:
            patches += part.patches
            written += part.written
            touched.update(part.touched)
            for value, voxels in part.protected.items():
                protected[value] = protected.get(value, 0) + voxels
        return Resolution(tuple(patches), written, protected, tuple(sorted(touched)))


def resolve(segmentation: Segmentation, proposal: Proposal, new_values: Collection[int] = ()) -> Resolution:
    """Decides which voxels of a proposal are written; changes nothing.

    ``new_values`` are targets whose labels come into being in the same command.

    Raises GroupError for an unknown group, ToolError for a frame, box or region that does not fit, UnknownLabelError
    for a target that is no label of the group.
    """
    group = segmentation.group(proposal.group)
    _check(group, proposal, new_values)
    return _resolve_on(segmentation, group, proposal, group.array[proposal.t])


def resolve_stages(
    segmentation: Segmentation, stages: Iterable[Sequence[Proposal]], new_values: Collection[int] = ()
) -> Resolution:
    """Decides stages of proposals, each stage on what the ones before it leave; changes nothing.

    The proposals of one stage must not meet in a voxel. Regions are read as they are now, also where they are the
    voxels of a group that is written to: so labels of one segmentation can be swapped. Raises as ``resolve`` does.
    """
    queues: dict[tuple[int, int], list[list[Proposal]]] = {}
    for stage in stages:
        mine: dict[tuple[int, int], list[Proposal]] = {}
        for proposal in stage:
            _check(segmentation.group(proposal.group), proposal, new_values)
            mine.setdefault((proposal.group, proposal.t), []).append(proposal)
        for key, proposals in mine.items():
            queues.setdefault(key, []).append(proposals)
    return Resolution.united(part for queue in queues.values() for part in _queue(segmentation, queue))


def _queue(segmentation: Segmentation, queue: list[list[Proposal]]) -> Iterator[Resolution]:
    group = segmentation.group(queue[0][0].group)
    frame = group.array[queue[0][0].t]
    for turn, stage in enumerate(queue):
        found = [_resolve_on(segmentation, group, proposal, frame) for proposal in stage]
        yield from found
        if turn + 1 == len(queue):
            return
        for patch in (patch for part in found for patch in part.patches):
            dtype = np.promote_types(frame.dtype, np.min_scalar_type(patch.top))
            if dtype != frame.dtype or not frame.flags.writeable:
                frame = frame.astype(dtype)
            patch.write(frame)


def _check(group: Group, proposal: Proposal, new_values: Collection[int]) -> None:
    frames, *shape = group.shape
    if not 0 <= proposal.t < frames:
        raise ToolError(f"frame {proposal.t} is proposed, there are {frames} (0...{frames - 1})")
    whole = Box.whole((shape[0], shape[1], shape[2]))
    box = whole if proposal.box is None else proposal.box
    if not whole.contains(box):
        raise ToolError(f"box {box} reaches beyond the frame (k, j, i) {tuple(shape)}")
    if proposal.region.shape not in (box.shape, whole.upper):
        found = proposal.region.shape
        raise ToolError(f"a region (k, j, i) {found} fits neither its box {box.shape} nor the frame {tuple(shape)}")
    for target in proposal.mapping.values():
        if target and target not in group and target not in new_values:
            known = ", ".join(map(str, sorted(group.values))) or "none"
            raise UnknownLabelError(f"group {group.name!r} has no label {target} to write to; it has {known}")


def _resolve_on(
    segmentation: Segmentation, group: Group, proposal: Proposal, frame: NDArray[np.unsignedinteger]
) -> Resolution:
    k, j, i = frame.shape
    whole = Box.whole((k, j, i))
    box = proposal.box or whole
    if not box.voxels:
        return Resolution()
    rules = _rules(segmentation, group, proposal, frame.dtype)
    at_whole = proposal.region.shape == whole.upper
    work = Work(proposal.region, box if at_whole else Box.whole(box.shape), frame, box)
    if box.voxels >= _KERNEL_FROM and use_kernels(box.voxels):
        from .resolve_compiled import resolve_compiled

        found = resolve_compiled(work, rules)
    else:
        found = resolve_numpy(work, rules)
    return _report(proposal, box, found)


def _report(proposal: Proposal, box: Box, found: Found) -> Resolution:
    if not found.written:
        return Resolution((), 0, found.protected)
    where = proposal.group, proposal.t, box
    patch = VoxelPatch.packed(*where, found.mask, found.values, found.gained, proposal.boxes)
    touched = {*found.lost, *found.gained} - {0}
    return Resolution((patch,), found.written, found.protected, tuple(sorted(touched)))


def _rules(segmentation: Segmentation, group: Group, proposal: Proposal, dtype: np.dtype[np.unsignedinteger]) -> Rules:
    """The lookup tables of one write: everything that depends on values, nothing that depends on voxels."""
    regard = proposal.overwrite is OverwriteStyle.REGARD_LOCKS
    space_locked = regard and segmentation.unlabeled_locked and 0 not in proposal.unlocked
    target = np.full(1 << (8 * proposal.region.dtype.itemsize), -1, np.int32)
    for source, value in proposal.mapping.items():
        if source < len(target):
            target[source] = value
    held = 1 << (8 * dtype.itemsize)
    writable = np.ones(held, np.bool_)
    if regard:
        locked = group.locked_values
        writable[locked[locked < held]] = False
        writable[[value for value in proposal.unlocked if value < held]] = True
        writable[0] = not space_locked
    clears = np.zeros(held, np.uint8)
    if proposal.merge is MergeStyle.REPLACE and 0 not in proposal.mapping:
        for value in proposal.mapping.values():
            if 0 < value < held:
                clears[value] = Rules.BLOCKED if space_locked else Rules.CLEAR
    return Rules(target, writable, clears)
