"""Transfer of labels between segmentations: MITK's core operation, simultaneous and undoable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from ..core import Box, Segmentation
from ..errors import GeometryError, ToolError, UnknownLabelError
from .changes import Command
from .planning import Region, Styles, distinct_sources, proposals_of
from .policy import resolve_stages
from .proposal import MergeStyle, OverwriteStyle, Proposal

Mapped = Mapping[int, int] | Iterable[tuple[int, int]]
#: pairs by (source group, destination group), in the order in which they are written
Grouped = dict[tuple[int, int], list[tuple[int, int]]]


def transfer_labels(
    source: Segmentation,
    destination: Segmentation,
    mapping: Mapped,
    merge: MergeStyle = MergeStyle.REPLACE,
    overwrite: OverwriteStyle = OverwriteStyle.REGARD_LOCKS,
    *,
    t: int | None = None,
    source_t: int | None = None,
    exactly_as_mitk: bool = False,
) -> Command:
    """Writes labels of ``source`` into labels of ``destination`` (which may be the same): value -> value.

    All frames, or frame ``t`` (from frame ``source_t``, by default the same). The source is read as it is before the
    write, so that swaps within one segmentation are safe. Pairs may repeat a source; the later one then writes last.
    Groups are written in the order of their indices, as MITK does. With REPLACE, a target that gets labels of several
    groups is cleared where all of these groups are unlabelled; ``exactly_as_mitk`` clears it group by group, which
    destroys what the earlier groups wrote. A source on a part of the destination's grid counts as unlabelled outside.

    Raises UnknownLabelError for a value that is no label, GeometryError when the grids or the numbers of frames do not
    fit, ToolError for a frame that there is not.
    """
    pairs = pairs_of(mapping)
    grouped = group_pairs(source, destination, pairs)
    start = _offset(source, destination)
    stages: list[list[Proposal]] = []
    for target_t, from_t in _frames(source, destination, t, source_t):
        regions = {g: region_on(source, destination, g, from_t, start, merge) for g, _ in grouped}
        stages += stages_of(regions, destination, target_t, grouped, Styles(merge, overwrite), exactly_as_mitk)
    resolution = resolve_stages(destination, stages)
    title = f"Transfer {len(pairs)} label{'s' * (len(pairs) != 1)}"
    return Command(title, resolution.patches, resolution, tuple(dict.fromkeys(target for _, target in pairs)))


def pairs_of(mapping: Mapped) -> list[tuple[int, int]]:
    """A mapping, or pairs, as a list of pairs of whole numbers. Raises ToolError when there are none."""
    pairs = mapping.items() if isinstance(mapping, Mapping) else mapping
    found = [(int(source), int(target)) for source, target in pairs]
    if not found:
        raise ToolError("a mapping of labels must hold at least one pair")
    return found


def group_pairs(source: Segmentation, destination: Segmentation, pairs: Iterable[tuple[int, int]]) -> Grouped:
    """Pairs by source and destination group, rising. Raises UnknownLabelError."""
    grouped: Grouped = {}
    for value, target in pairs:
        for segmentation, wanted, role in ((source, value, "source"), (destination, target, "destination")):
            if wanted not in segmentation:
                known = ", ".join(map(str, sorted(segmentation.values))) or "none"
                raise UnknownLabelError(f"the {role} has no label {wanted}; it has {known}")
        key = source.group_index_of(value), destination.group_index_of(target)
        grouped.setdefault(key, []).append((value, target))
    return dict(sorted(grouped.items()))


def stages_of(
    regions: Mapping[int, Region],
    destination: Segmentation,
    t: int,
    grouped: Grouped,
    styles: Styles,
    exactly_as_mitk: bool = False,
) -> Iterator[list[Proposal]]:
    """The stages (see ``resolve_stages``) that write grouped pairs to one frame; ``regions`` by source group."""
    several = _targets_of_several_groups(grouped) if styles.merge is MergeStyle.REPLACE else set()
    if not exactly_as_mitk:
        for target in sorted(several):
            yield [_clearing(regions, destination, t, grouped, styles, target)]
    joining = styles if exactly_as_mitk else Styles(MergeStyle.MERGE, styles.overwrite, styles.unlocked)
    for (source_group, target_group), pairs in grouped.items():
        for batch in distinct_sources(pairs):
            alone = {value: target for value, target in batch.items() if target not in several}
            joint = {value: target for value, target in batch.items() if target in several}
            for part, how, known in ((alone, styles, True), (joint, joining, False)):
                yield proposals_of(regions[source_group], destination, target_group, t, part, how, known)


def _targets_of_several_groups(grouped: Grouped) -> set[int]:
    seen: dict[int, set[int]] = {}
    for (source_group, _), pairs in grouped.items():
        for _, target in pairs:
            seen.setdefault(target, set()).add(source_group)
    return {target for target, groups in seen.items() if len(groups) > 1}


def _clearing(
    regions: Mapping[int, Region], destination: Segmentation, t: int, grouped: Grouped, styles: Styles, target: int
) -> Proposal:
    """Clears a target where none of its source groups holds anything: region 0; nothing is written, no voxel is 2."""
    sources = {group for (group, _), pairs in grouped.items() if any(pair[1] == target for pair in pairs)}
    held = np.zeros(destination.geometry.shape, np.bool_)
    for group in sources:
        held[regions[group].box.slices] |= regions[group].array != 0
    target_group = destination.group_index_of(target)
    return Proposal(target_group, held, {2: target}, None, t, MergeStyle.REPLACE, styles.overwrite, styles.unlocked)


def region_on(
    source: Segmentation,
    destination: Segmentation,
    group: int,
    t: int,
    start: tuple[int, int, int] | None,
    merge: MergeStyle,
) -> Region:
    """A frame of a source group on the destination's grid; ``start`` (k, j, i) is where a smaller source begins."""
    if start is None:
        return Region.of_group(source.group(group), t)
    array = source.group(group).array[t]
    k, j, i = start
    box = Box(start, (k + array.shape[0], j + array.shape[1], i + array.shape[2]))
    if merge is MergeStyle.MERGE:
        return Region(array, box)
    padded = np.zeros(destination.geometry.shape, array.dtype)
    padded[box.slices] = array
    return Region(padded, Box.whole(destination.geometry.shape))


def _offset(source: Segmentation, destination: Segmentation) -> tuple[int, int, int] | None:
    """None for grids that are the same; where the source begins when it is a part. Raises GeometryError."""
    mine, theirs = source.geometry, destination.geometry
    differences = mine.differences(theirs, check_time=False)
    if not differences:
        return None
    start = theirs.offset_of(mine)
    inside = start is not None and all(
        low >= 0 and low + size <= room for low, size, room in zip(start, mine.shape, theirs.shape, strict=True)
    )
    if not inside:
        raise GeometryError(
            f"the source is not on the destination's grid, nor on a part of it: {', '.join(differences)}"
        )
    return start


def _frames(
    source: Segmentation, destination: Segmentation, t: int | None, source_t: int | None
) -> list[tuple[int, int]]:
    """(destination frame, source frame) to transfer. Raises GeometryError, ToolError."""
    there, here = destination.geometry.time_steps, source.geometry.time_steps
    if t is None:
        if source_t is not None:
            raise ToolError("a frame of the source is given, but none of the destination")
        if there != here:
            raise GeometryError(f"the source has {here} time steps, the destination {there}; name the frames")
        return [(frame, frame) for frame in range(there)]
    source_t = t if source_t is None else source_t
    if not (0 <= t < there and 0 <= source_t < here):
        raise ToolError(f"frame {source_t} of {here} cannot be written to frame {t} of {there}; the first is 0")
    return [(t, source_t)]
