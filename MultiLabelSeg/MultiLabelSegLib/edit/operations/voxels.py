"""Operations on the voxels of labels within one segmentation: clear, merge, relabel."""

from __future__ import annotations

from collections.abc import Iterable

from ...core import Segmentation
from ...errors import LockedError, ToolError, UnknownLabelError
from ..changes import Change, Command, LabelChange
from ..planning import Region, Styles, proposals_of
from ..policy import Resolution, resolve_stages
from ..proposal import MergeStyle, OverwriteStyle, Proposal
from ..transfer import Mapped, group_pairs, pairs_of, stages_of
from .selection import Selection, chosen, counted

_ERASE = Styles(MergeStyle.MERGE, OverwriteStyle.IGNORE_LOCKS)


def erasure(segmentation: Segmentation, values: Iterable[int], frames: Iterable[int] | None = None) -> Resolution:
    """What clearing labels writes: their voxels become unlabelled in all frames, or those given; locks do not count."""
    by_group: dict[int, dict[int, int]] = {}
    for value in values:
        by_group.setdefault(segmentation.group_index_of(value), {})[value] = 0
    stage: list[Proposal] = []
    for t in range(segmentation.geometry.time_steps) if frames is None else frames:
        for group, mapping in by_group.items():
            region = Region.of_group(segmentation.group(group), t)
            stage += proposals_of(region, segmentation, group, t, mapping, _ERASE)
    return resolve_stages(segmentation, [stage])


def clear_labels(segmentation: Segmentation, values: Selection, t: int | None = None) -> Command:
    """Makes the voxels of labels unlabelled, in all frames or in frame ``t``; the labels stay. Locks do not count.

    Raises UnknownLabelError, ToolError for a frame that there is not.
    """
    found = chosen(segmentation, values)
    resolution = erasure(segmentation, found, frames_of(segmentation, t))
    return Command(f"Clear {counted(segmentation, found)}", resolution.patches, resolution, found)


def clear_group(segmentation: Segmentation, group: int, t: int | None = None) -> Command:
    """Makes all voxels of a group unlabelled, in all frames or in frame ``t``; its labels stay. Locks do not count.

    Raises GroupError, ToolError for a frame that there is not.
    """
    holder = segmentation.group(group)
    stages = [_blank(segmentation, group, frame) for frame in frames_of(segmentation, t)]
    resolution = resolve_stages(segmentation, stages)
    return Command(f"Clear group {holder.name or group + 1}", resolution.patches, resolution, holder.values)


def merge_labels(
    segmentation: Segmentation,
    target: int,
    sources: Iterable[int],
    overwrite: OverwriteStyle = OverwriteStyle.REGARD_LOCKS,
    *,
    remove_sources: bool = False,
) -> Command:
    """Gives the voxels of ``sources``, of whatever group, to ``target`` in the target's group.

    MITK's meaning: the sources' own locks are lifted, other locked labels of the target's group keep their voxels
    under REGARD_LOCKS, the unlabelled lock does not count; sources of the target's group become empty, sources of
    other groups keep their voxels, all labels stay. The target itself among them changes nothing. ``remove_sources``
    takes the sources away afterwards.

    Raises UnknownLabelError, ToolError without sources; with ``remove_sources`` LockedError when locks would keep
    voxels from being merged, since they would be lost.
    """
    if target not in segmentation:
        raise UnknownLabelError(f"no label has the value {target}; it cannot be merged into")
    values = tuple(dict.fromkeys(int(value) for value in sources))
    if not values:
        raise ToolError(f"label {target} can only be merged with others; none are given")
    grouped = group_pairs(segmentation, segmentation, pairs_of((value, target) for value in values))
    styles = Styles(MergeStyle.MERGE, overwrite, frozenset((0, *values)))
    stages: list[list[Proposal]] = []
    for t in range(segmentation.geometry.time_steps):
        regions = {group: Region.of_group(segmentation.group(group), t) for group, _ in grouped}
        stages += stages_of(regions, segmentation, t, grouped, styles)
    resolution = resolve_stages(segmentation, stages)
    changes: list[Change] = list(resolution.patches)
    if remove_sources:
        gone = [value for value in values if value != target]
        refuse_loss(segmentation, resolution, f"merging into label {target} and removing the sources")
        elsewhere = [value for value in gone if value not in segmentation.group_of(target)]
        changes += erasure(segmentation, elsewhere).patches
        changes += [LabelChange(segmentation.group_index_of(value), value, None) for value in gone]
    name = segmentation.label(target).name
    return Command(f"Merge {counted(segmentation, values)} into {name}", changes, resolution, (target, *values))


def relabel(
    segmentation: Segmentation,
    mapping: Mapped,
    *,
    keep_untouched: bool = True,
    merge: MergeStyle = MergeStyle.REPLACE,
    overwrite: OverwriteStyle = OverwriteStyle.IGNORE_LOCKS,
    exactly_as_mitk: bool = False,
) -> Command:
    """Gives the voxels of labels to other labels, all at once: {1: 2, 2: 1} swaps. Targets are labels that exist.

    Mapped labels of the target's group become empty unless they are targets too; across groups the voxels are copied.
    Without ``keep_untouched`` every voxel that is not mapped becomes unlabelled, in all groups; the labels stay. This
    is MITK's ``relabel_to`` on its copy; ``exactly_as_mitk`` as in ``transfer_labels``.

    Raises UnknownLabelError, ToolError for an empty mapping.
    """
    pairs = pairs_of(mapping)
    grouped = group_pairs(segmentation, segmentation, pairs)
    styles = Styles(merge, overwrite)
    stages: list[list[Proposal]] = []
    for t in range(segmentation.geometry.time_steps):
        regions = {group: Region.of_group(segmentation.group(group), t) for group, _ in grouped}
        parts = dict(grouped)
        if not keep_untouched:
            stages.append(_blanks(segmentation, parts, t, styles))
        stages += stages_of(regions, segmentation, t, parts, styles, exactly_as_mitk)
    resolution = resolve_stages(segmentation, stages)
    title = f"Relabel {counted(segmentation, [value for value, _ in pairs])}"
    return Command(title, resolution.patches, resolution, tuple(dict.fromkeys(target for _, target in pairs)))


def refuse_loss(segmentation: Segmentation, resolution: Resolution, doing: str) -> None:
    """Raises LockedError, naming labels and voxels, when locks keep voxels that would then be lost."""
    if not resolution.protected:
        return
    kept = ", ".join(
        f"{'unlabelled space' if value == 0 else repr(segmentation.label(value).name)} ({voxels} voxels)"
        for value, voxels in resolution.protected.items()
    )
    raise LockedError(f"{doing} would lose voxels that lie within locked {kept}; unlock or ignore locks")


def frames_of(segmentation: Segmentation, t: int | None) -> range:
    """All frames, or the one that is named. Raises ToolError for a frame that there is not."""
    steps = segmentation.geometry.time_steps
    if t is None:
        return range(steps)
    if not 0 <= t < steps:
        raise ToolError(f"there is no frame {t}; there are {steps} (0...{steps - 1})")
    return range(t, t + 1)


def _blank(segmentation: Segmentation, group: int, t: int, mapping: dict[int, int] | None = None) -> list[Proposal]:
    """Clears a frame of a group, but for what ``mapping`` keeps; nothing where nothing is."""
    holder = segmentation.group(group)
    full = {value: 0 for value in holder.index.values(t)}
    pairs = full | {source: target for source, target in (mapping or {}).items() if source in full}
    return proposals_of(Region.of_group(holder, t), segmentation, group, t, pairs, _ERASE)


def _blanks(
    segmentation: Segmentation, parts: dict[tuple[int, int], list[tuple[int, int]]], t: int, styles: Styles
) -> list[Proposal]:
    """Clears all groups; where a group is only relabelled within itself, its pairs are done on the way and dropped."""
    blocked = styles.overwrite is OverwriteStyle.REGARD_LOCKS and segmentation.unlabeled_locked
    stage: list[Proposal] = []
    for group in range(len(segmentation.groups)):
        feeding = [key for key in parts if key[1] == group]
        pairs = parts.get((group, group), [])
        alone = feeding == [(group, group)] and len(dict(pairs)) == len(pairs) and not blocked
        stage += _blank(segmentation, group, t, dict(parts.pop((group, group))) if alone else None)
    return stage
