"""Data sets grouped by volume name: the masks of ``CT.nii.gz`` lie in a folder ``CT``, each called like its class.

The folder beside the volume counts first. Without one, a folder of that name elsewhere is taken where volume and folder
are the only ones of their name below the nearest folder that holds both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from .cases import Remark
from .names import FileName, ancestors

#: how many volumes a reason names
_NAMED = 3


@dataclass
class NamedMatch:
    """``masks``: volume path -> its mask files in natural order; volumes with a mask folder are always a key."""

    masks: dict[str, list[FileName]] = field(default_factory=dict)
    left_out: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)


def match_by_name(files: Iterable[FileName]) -> NamedMatch:
    """Finds the mask folders among the NIfTI files of a data set and which volume each belongs to.

    A file of a mask folder, or of a folder in it, is a mask of the volume, unless it has a mask folder of its own.
    Files that are neither masks nor left out are for the caller to judge.
    """
    files = sorted(files, key=lambda file: file.sort_key)
    result = NamedMatch()
    owners = _beside(files, _holding(file.folder for file in files), result.notes)
    elsewhere, unclear = _elsewhere(files, owners)
    owners.update(elsewhere)
    result.masks = {owner.path: [] for owner in owners.values()}
    nearest = _Nearest({*owners, *unclear})
    in_folder = Counter(file.folder for file in files)
    for file in files:
        folder = nearest.at(file.folder)
        if folder is None:
            _note_own_folder(file, in_folder, result)
        elif file.path in result.masks:
            owner = owners[folder].path if folder in owners else f"one of {unclear[folder]}"
            reason = f"lies in the mask folder of {owner}, but has a mask folder of its own: taken as a volume"
            result.notes.append(Remark(file.path, reason))
        elif folder in unclear:
            reason = f"could be a mask of {unclear[folder]}: put the folder {folder} beside the volume it belongs to"
            result.left_out.append(Remark(file.path, reason))
        else:
            result.masks[owners[folder].path].append(file)
    for volume, masks in result.masks.items():
        result.masks[volume] = _distinct(volume, masks, result)
    return result


def _holding(folders: Iterable[str]) -> set[str]:
    """Every folder with a NIfTI file in it or below, without the root."""
    found: set[str] = set()
    for start in folders:
        for folder in ancestors(start):
            if not folder or folder in found:
                break
            found.add(folder)
    return found


def _beside(files: Sequence[FileName], folders: set[str], notes: list[Remark]) -> dict[str, FileName]:
    """Mask folder -> the volume of the same name beside it; capitals differ only where nothing fits exactly."""
    owners: dict[str, FileName] = {}
    owning: set[str] = set()
    by_stem = defaultdict(list)
    for file in files:
        by_stem[file.folder, file.stem].append(file)
    for (parent, stem), same in by_stem.items():
        folder = f"{parent}/{stem}" if parent else stem
        if folder in folders:
            owners[folder] = same[0]
            owning.update(file.path for file in same)
            for other in same[1:]:
                reason = f"has the name of {same[0].path}: the masks in {folder} went to that one"
                notes.append(Remark(other.path, reason))
    folded = defaultdict(list)
    for folder in folders - owners.keys():
        parent, _, name = folder.rpartition("/")
        folded[parent, name.casefold()].append(folder)
    for file in files:
        choices = folded.get((file.folder, file.stem.casefold()), [])
        if len(choices) == 1 and file.path not in owning and choices[0] not in owners:
            owners[choices[0]] = file
            owning.add(file.path)
    return owners


class _Nearest:
    """Finds the nearest of some folders, at or above another one; remembers what it has found."""

    def __init__(self, folders: Iterable[str]) -> None:
        self._found: dict[str, str | None] = {folder: folder for folder in folders}

    def at(self, folder: str) -> str | None:
        passed = []
        found: str | None = None
        for above in ancestors(folder):
            if above in self._found:
                found = self._found[above]
                break
            passed.append(above)
        self._found.update((above, found) for above in passed)
        return found


def _elsewhere(files: Sequence[FileName], owners: Mapping[str, FileName]) -> tuple[dict[str, FileName], dict[str, str]]:
    """Mask folders that are not beside their volume, and those that could be of several: folder -> which, in words."""
    folders = _free_folders(files, owners)
    nearest = _Nearest(owners)
    owning = {file.path for file in owners.values()}
    volumes = defaultdict(list)
    for file in files:
        is_annotation = file.role == "annotation" and file.plane
        if file.stem in folders and file.path not in owning and not is_annotation and nearest.at(file.folder) is None:
            volumes[file.stem].append(file)
    found: dict[str, FileName] = {}
    unclear: dict[str, str] = {}
    for stem, candidates in volumes.items():
        pairs = _nearest_pairs(candidates, folders[stem])
        found.update(pairs)
        taken = {file.path for file in pairs.values()}
        left = [file for file in candidates if file.path not in taken]
        for folder in folders[stem]:
            possible = (file.path for file in left if not _within(file.folder, folder))
            names = [] if folder in pairs else list(islice(possible, _NAMED + 1))
            if names:
                unclear[folder] = _in_words(names)
    return found, unclear


def _free_folders(files: Sequence[FileName], owners: Mapping[str, FileName]) -> dict[str, list[str]]:
    """Name -> folders of that name that may be mask folders: no volume lies in them as far as names tell."""
    busy: set[str] = set()
    own_name = {file.folder for file in files if file.folder.rpartition("/")[2] == file.stem}
    volumes = [file.folder for file in files if file.role == "volume" and file.plane]
    for start in (*volumes, *(file.folder for file in owners.values())):
        for folder in ancestors(start):
            if folder in busy:
                break
            busy.add(folder)
    nearest = _Nearest(owners)
    free = defaultdict(list)
    for folder in sorted(_holding(file.folder for file in files) - busy - own_name):
        if nearest.at(folder) is None:
            free[folder.rpartition("/")[2]].append(folder)
    return free


def _nearest_pairs(volumes: Sequence[FileName], folders: Sequence[str]) -> dict[str, FileName]:
    """Folder -> volume: the only two of their name below a folder, deepest first; else those in folders of one name."""
    below: dict[str, tuple[list[FileName], list[str]]] = defaultdict(lambda: ([], []))
    for file in volumes:
        for above in ancestors(file.folder):
            below[above][0].append(file)
    for folder in folders:
        for above in ancestors(folder.rpartition("/")[0]):
            below[above][1].append(folder)
    pairs: dict[str, FileName] = {}
    paired: set[str] = set()
    for above in sorted(below, key=lambda name: (-name.count("/") - bool(name), name)):
        free_files = [file for file in below[above][0] if file.path not in paired]
        free_folders = [folder for folder in below[above][1] if folder not in pairs]
        for file, folder in _only_pairs(free_files, free_folders):
            pairs[folder] = file
            paired.add(file.path)
    return pairs


def _only_pairs(files: Sequence[FileName], folders: Sequence[str]) -> list[tuple[FileName, str]]:
    """The one pair, or those that lie in folders of the same name: ``images/P1/CT.nii`` and ``labels/P1/CT``."""
    if not files or not folders:
        return []
    if len(files) == 1 and len(folders) == 1:
        return [] if _within(files[0].folder, folders[0]) else [(files[0], folders[0])]
    groups: dict[str, tuple[list[FileName], list[str]]] = defaultdict(lambda: ([], []))
    for file in files:
        groups[file.folder.rpartition("/")[2]][0].append(file)
    for folder in folders:
        groups[folder.rpartition("/")[0].rpartition("/")[2]][1].append(folder)
    twins = (group for group in groups.values() if len(group[0]) == 1 and len(group[1]) == 1)
    return [(some[0], other[0]) for some, other in twins if not _within(some[0].folder, other[0])]


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(outer + "/")


def _in_words(paths: Sequence[str]) -> str:
    return " or ".join(paths[:_NAMED]) + (" or another volume" if len(paths) > _NAMED else "")


def _note_own_folder(file: FileName, in_folder: Mapping[str, int], result: NamedMatch) -> None:
    """A volume in a folder of its own name is no mask of itself, and its neighbours are none of it."""
    has_neighbours = in_folder[file.folder] > 1
    if has_neighbours and file.folder.rpartition("/")[2] == file.stem and file.path not in result.masks:
        reason = (
            "lies in a folder of its own name: taken as a volume without masks, and so are the files beside it; "
            f"put its masks into {file.folder}/{file.stem}"
        )
        result.notes.append(Remark(file.path, reason))


def _distinct(volume: str, masks: Sequence[FileName], result: NamedMatch) -> list[FileName]:
    """The masks without second files of one name in one folder; says where a class has several files."""
    first: dict[tuple[str, str], FileName] = {}
    classes: dict[str, FileName] = {}
    for mask in masks:
        if (mask.folder, mask.stem) in first:
            other = first[mask.folder, mask.stem].path
            reason = f"has the name of {other}, which is the mask of this class: remove or rename one of them"
            result.left_out.append(Remark(mask.path, reason))
            continue
        first[mask.folder, mask.stem] = mask
        if mask.stem in classes:
            reason = f"another mask of the class of {classes[mask.stem].path}; its objects are added to the class"
            result.notes.append(Remark(mask.path, reason))
        classes.setdefault(mask.stem, mask)
        if mask.role == "volume" and mask.plane:
            reason = f"is called a volume but lies in the mask folder of {volume}: taken as a mask"
            result.notes.append(Remark(mask.path, reason))
    return list(first.values())
