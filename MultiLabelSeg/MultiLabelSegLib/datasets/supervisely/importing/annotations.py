"""Annotations and scores without volumes, matched to volumes that exist already: by name or by a mapping of ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..discovery.by_plane import ModeChoice, mask_files
from ..discovery.cases import Case, Cases, ExistingVolume, MaskFile, Plane, Remark
from ..discovery.names import FileName, ancestors, parse_name, plane_anywhere
from ..discovery.side_files import ColorMapFiles, why_unused
from ..tables.mapping import VolumeMapping, mapping_key
from .annotation_scope import Scope, shown_source, volume_name


def match_annotations(
    names: Iterable[str],
    existing: Sequence[ExistingVolume],
    mapping: VolumeMapping | Mapping[str, int] | None = None,
    dataset_id: int | None = None,
    mask_mode: ModeChoice = "auto",
    root_name: str = "",
) -> Cases:
    """The cases of existing volumes that annotations (NIfTI) and score tables (CSV) belong to; no file is opened.

    ``names`` are paths relative to the input's root. With a mapping it alone decides, and files that it does not name
    are left out. Without one names do: among the volumes of the data set ``dataset_id``, or, when that has none or is
    not given, of the whole project, folder by folder (``root_name``: the name of the root itself). What fits several
    volumes is left out. Every name is in a case, in ``left_out``, or the mapping's own.

    Files without a number at their end are semantic, and so is the only file (scores count) of a volume; the number of
    others is that of their class. ``mask_mode`` overrules that.
    """
    files = sorted((parse_name(name) for name in dict.fromkeys(names)), key=lambda file: file.sort_key)
    if mapping is not None and not isinstance(mapping, VolumeMapping):
        mapping = VolumeMapping("the mapping", {mapping_key(key): number for key, number in mapping.items()})
    matched = _Matched()
    if mapping is None:
        items = [file for file in files if file.role in ("annotation", "score") and file.plane]
        _match_by_name(items, Scope(existing, dataset_id, root_name, items), matched)
    else:
        items = [file for file in files if file.content in ("nifti", "csv") and file.role != "volume"]
        _match_by_mapping(items, existing, mapping, root_name, matched)
    maps = ColorMapFiles(file for file in files if file.content == "txt")
    cases = [_case(volume, matched, maps, mask_mode) for volume in existing if matched.files.get(id(volume))]
    return _complete(files, [case for case in cases if case is not None], mapping, matched)


@dataclass
class _Matched:
    """Files by the ``id()`` of their volume: numbers and names of volumes need not differ."""

    files: dict[int, list[FileName]] = field(default_factory=lambda: defaultdict(list))
    left_out: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    def leave_out(self, file: FileName, reason: str) -> None:
        """The file belongs to no case."""
        self.left_out.append(Remark(file.path, reason))


def _match_by_name(items: Sequence[FileName], scope: Scope, matched: _Matched) -> None:
    if scope.note and items:
        matched.notes.append(Remark(".", scope.note))
    found: dict[int, list[FileName]] = defaultdict(list)
    volumes: dict[int, ExistingVolume] = {}
    for file in items:
        answer = scope.volume_of(file)
        if answer.volume is None:
            matched.leave_out(file, answer.reason)
            continue
        if answer.guess:
            reason = f"taken to belong to {shown_source(answer.volume)}: {answer.guess}"
            matched.notes.append(Remark(file.path, reason))
        volumes[id(answer.volume)] = answer.volume
        found[id(answer.volume)].append(file)
    for key, files in found.items():
        matched.files[key] += _distinct(files, volumes[key], matched)


def _distinct(files: Sequence[FileName], volume: ExistingVolume, matched: _Matched) -> list[FileName]:
    """Without files of one name: the second one where they are side by side, all where they are in several folders."""
    by_stem: dict[tuple[str, str], list[FileName]] = defaultdict(list)
    for file in files:
        by_stem[file.stem, file.content].append(file)
    kept = []
    for same in by_stem.values():
        if len({file.folder for file in same}) > 1:
            for file in same:
                others = " and ".join(other.path for other in same if other is not file)
                reason = f"{others} would belong to {shown_source(volume)} as well: import one folder, or use a mapping"
                matched.leave_out(file, reason)
            continue
        kept.append(same[0])
        for file in same[1:]:
            matched.leave_out(file, f"has the name of {same[0].path}, which is used: remove or rename one of them")
    return sorted(kept, key=lambda file: file.sort_key)


def _match_by_mapping(
    items: Sequence[FileName],
    existing: Sequence[ExistingVolume],
    mapping: VolumeMapping,
    root_name: str,
    matched: _Matched,
) -> None:
    matched.notes += mapping.notes
    volumes = {volume.id: volume for volume in existing if volume.id > 0}
    chosen, unclear = _keys(items, mapping, root_name)
    for file in items:
        key = chosen.get(file.path)
        if file.path in unclear:
            others = len(unclear) - 1
            matched.leave_out(
                file, f"the mapping names {file.name} without its folder, but {others} more are called so"
            )
        elif key is None:
            matched.leave_out(file, f"is not in the mapping {mapping.path}")
        elif mapping.ids[key] not in volumes:
            matched.leave_out(file, f"is mapped to {mapping.ids[key]}, which is the id of no existing volume")
        else:
            matched.files[id(volumes[mapping.ids[key]])].append(file)
    used = {*chosen.values(), *(parse_name(path).name for path in unclear)}
    for key, number in mapping.ids.items():
        if key not in used:
            matched.notes.append(Remark(mapping.path, f"key {key}: there is no such file in the input"))
        elif number not in volumes:
            matched.notes.append(Remark(mapping.path, f"key {key}: {number} is the id of no existing volume"))


def _keys(items: Sequence[FileName], mapping: VolumeMapping, root_name: str) -> tuple[dict[str, str], set[str]]:
    """File -> its key in the mapping, and files that share a key; a key with a folder goes before one without."""
    chosen: dict[str, str] = {}
    bare: dict[str, list[str]] = defaultdict(list)
    for file in items:
        folder = file.folder.rpartition("/")[2] or root_name
        if f"{folder}/{file.name}" in mapping.ids:
            chosen[file.path] = f"{folder}/{file.name}"
        elif file.name in mapping.ids:
            bare[file.name].append(file.path)
    chosen.update({paths[0]: name for name, paths in bare.items() if len(paths) == 1})
    return chosen, {path for paths in bare.values() if len(paths) > 1 for path in paths}


def _case(volume: ExistingVolume, matched: _Matched, maps: ColorMapFiles, mode: ModeChoice) -> Case | None:
    """The case of a volume; None when only scores belong to it, which are left out then."""
    files = matched.files[id(volume)]
    annotations = [file for file in files if file.content == "nifti"]
    scores = [file for file in files if file.content == "csv"]
    if not annotations:
        for file in scores:
            reason = f"holds scores for {shown_source(volume)}, but the input has no annotation of it"
            matched.leave_out(file, reason)
        return None
    candidates = dict.fromkeys(path for folder in _folders(annotations) for path in maps.candidates(folder))
    return Case(
        shown_source(volume),
        "annotations",
        _plane(volume, annotations),
        _masks(annotations, len(scores), mode, matched.notes),
        tuple(file.path for file in scores),
        tuple(candidates),
        volume,
    )


def _masks(files: Sequence[FileName], scores: int, mode: ModeChoice, notes: list[Remark]) -> tuple[MaskFile, ...]:
    if mode != "auto":
        return mask_files(files, mode, {}, notes)
    if len(files) + scores == 1:
        return mask_files(files, "semantic", {}, notes)
    numbered = [file for file in files if file.number is not None]
    masks = mask_files([file for file in files if file.number is None], "semantic", {}, notes)
    return (*masks, *mask_files(numbered, "instance", {}, notes))


def _folders(files: Iterable[FileName]) -> list[str]:
    """The folders of files, those deepest in the tree first."""
    return sorted({file.folder for file in files}, key=lambda folder: (-len(list(ancestors(folder))), folder))


def _plane(volume: ExistingVolume, annotations: Sequence[FileName]) -> Plane:
    """The plane in the volume's name, else the one that all its annotations have."""
    own = volume_name(volume).plane
    theirs = {file.plane for file in annotations if file.plane}
    return own or (theirs.pop() if len(theirs) == 1 else plane_anywhere(volume.name))


def _complete(files: Sequence[FileName], cases: list[Case], mapping: VolumeMapping | None, matched: _Matched) -> Cases:
    """The cases, with every file that is in none of them named."""
    placed = {remark.path for remark in matched.left_out} | {mapping.path if mapping else ""}
    for case in cases:
        placed.update((*case.scores, *case.color_maps), (mask.path for mask in case.masks))
    for file in files:
        if file.path not in placed:
            matched.leave_out(file, _why_unused(file, mapping))
    order = {file.path: n for n, file in enumerate(files)}
    left_out = sorted(matched.left_out, key=lambda remark: order[remark.path])
    return Cases(tuple(cases), tuple(left_out), tuple(matched.notes))


def _why_unused(file: FileName, mapping: VolumeMapping | None) -> str:
    if file.role == "volume":
        return "is called a volume; with existing volumes only annotations and scores are imported"
    if file.content == "nifti":
        return "its name lacks a plane (axl, cor, sag) or a type word (inference, mask, annotation...)"
    if file.content == "json" and mapping is not None:
        return f"is not read: the mapping is {mapping.path}"
    return why_unused(file, "annotations", {"": ""})
