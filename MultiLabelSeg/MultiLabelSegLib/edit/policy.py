"""The rule of locks: the one place that decides which voxels of a proposal are written.

With region value S mapped to D, the merge style and the overwrite style, a voxel that holds ``old`` becomes
* D where the region is S, unless locks count and ``old`` is a locked label (not D itself) or locked unlabelled space,
* unlabelled where the region is 0, ``old`` is a target and the style is REPLACE, unless locks count and unlabelled
  space is locked,
* and stays what it is everywhere else. A target's own lock never matters; values without a label count as unlocked.
This is the truth table of MITK's transfer of labels, for all mapped values in one pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..core import Box, Group, Segmentation
from ..core.label import MAX_VALUE
from ..errors import ToolError, UnknownLabelError
from .patch import KERNEL_FROM, VoxelPatch
from .proposal import MergeStyle, OverwriteStyle, Proposal
from .resolve_numpy import resolve_numpy
from .rules import Found, Rules, Work, as_counts

_ALL = np.ones(MAX_VALUE + 1, np.bool_)


class Resolution:
    """What a write will do, or did: the patches to apply, and what became of the voxels that were proposed."""

    def __init__(self, patches: tuple[VoxelPatch, ...] = (), found: tuple[Found, ...] = ()) -> None:
        self.patches = patches
        self._found = found

    @classmethod
    def united(cls, parts: Iterable[Resolution]) -> Resolution:
        """Several resolutions as one, patches in their order."""
        listed = list(parts)
        patches = tuple(patch for part in listed for patch in part.patches)
        return cls(patches, tuple(found for part in listed for found in part._found))

    @cached_property
    def written(self) -> int:
        """Voxels that get another value."""
        return sum(found.written for found in self._found)

    @cached_property
    def protected(self) -> Mapping[int, int]:
        """Voxels that a lock kept, by the label that is locked; 0 is the lock of unlabelled space."""
        counts: Counter[int] = Counter()
        for found in self._found:
            counts.update(as_counts(found.protected))
        return dict(counts)

    @cached_property
    def touched(self) -> tuple[int, ...]:
        """Values of the labels that lose or gain voxels, rising."""
        values = {value for found in self._found for value in (*as_counts(found.lost), *found.gained)}
        return tuple(sorted(values - {0}))


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
    frames, k, j, i = group.shape
    if not 0 <= proposal.t < frames:
        raise ToolError(f"frame {proposal.t} is proposed, there are {frames} (0...{frames - 1})")
    whole = Box((0, 0, 0), (k, j, i))
    box = proposal.box or whole
    if not whole.contains(box):
        raise ToolError(f"box {box} reaches beyond the frame (k, j, i) {(k, j, i)}")
    found = proposal.region.shape
    if found not in ((k, j, i), box.shape):
        raise ToolError(f"a region (k, j, i) {found} fits neither its box {box.shape} nor the frame {(k, j, i)}")
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
    voxels = box.voxels
    if not voxels:
        return Resolution()
    rules = _rules(segmentation, group, proposal, frame.dtype)
    at_whole = proposal.region.shape == frame.shape
    work = Work(proposal.region, box if at_whole else Box.whole(box.shape), frame, box)
    if voxels >= KERNEL_FROM and use_kernels(voxels):
        from .resolve_compiled import resolve_compiled

        found = resolve_compiled(work, rules)
    else:
        found = resolve_numpy(work, rules)
    if not found.gained:
        return Resolution((), (found,))
    where = proposal.group, proposal.t, box
    patch = VoxelPatch.packed(*where, found.mask, found.values, found.gained, proposal.boxes, found.reach)
    return Resolution((patch,), (found,))


def _rules(segmentation: Segmentation, group: Group, proposal: Proposal, dtype: np.dtype[np.unsignedinteger]) -> Rules:
    """The lookup tables of one write: everything that depends on values, nothing that depends on voxels."""
    regard = proposal.overwrite is OverwriteStyle.REGARD_LOCKS
    space_locked = regard and segmentation.unlabeled_locked and 0 not in proposal.unlocked
    held = 1 << (8 * dtype.itemsize)
    writable = (group.unlocked if regard else _ALL)[:held]
    if regard and (space_locked or proposal.unlocked):
        writable = writable.copy()
        writable[[value for value in proposal.unlocked if value < held]] = True
        writable[0] = not space_locked
    if proposal.merge is MergeStyle.MERGE or 0 in proposal.mapping:
        return Rules(proposal.mapping, writable, None)
    clears = np.zeros(held, np.uint8)
    for value in proposal.mapping.values():
        if 0 < value < held:
            clears[value] = Rules.BLOCKED if space_locked else Rules.CLEAR
    return Rules(proposal.mapping, writable, clears if clears.any() else None)
