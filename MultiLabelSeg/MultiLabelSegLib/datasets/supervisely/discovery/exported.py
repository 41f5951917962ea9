"""Masks that only the export app of Supervisely names so: ``knee_axl_2.nii.gz`` for the volume ``knee_axl.nii.gz``.

The app makes a mask's name from the volume's by writing "inference" for "anatomic". A volume without that word would
get its own name back, so its first mask ends in ``_2``, the next in ``_3``. The app chooses this layout when the
letters of a plane occur anywhere in every name (``spinal_cord`` too) and then puts a ``color_map.txt`` into the
project's folder.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .names import FileName, ancestors, plane_anywhere

MAP_NAME = "color_map.txt"
_NUMBERED = re.compile(r"(.+)_([1-9][0-9]{0,5})", re.DOTALL)


@dataclass(frozen=True)
class ExportedMask:
    """A mask, its volume, and its place among the masks of that volume, from 1."""

    mask: FileName
    volume: FileName
    place: int


def exported_masks(
    files: Sequence[FileName], map_folders: Collection[str], owners: Collection[str] = ()
) -> list[ExportedMask]:
    """The masks among NIfTI files without a type word; ``map_folders`` are those with a ``color_map.txt``.

    The numbers of a volume's masks count from 2 without a gap. A file with masks of its own is a volume, and so are the
    ``owners`` of mask folders.
    """
    stems = {(file.folder, file.stem): file for file in files}
    numbered: dict[str, dict[int, FileName]] = defaultdict(dict)
    for file in files:
        found = _NUMBERED.fullmatch(file.stem)
        volume = stems.get((file.folder, found[1])) if found else None
        has_masks = file.path in owners or (file.folder, f"{file.stem}_2") in stems
        if found and volume and plane_anywhere(volume.stem) and not has_masks:
            numbered[volume.path].setdefault(int(found[2]), file)
    by_path = {file.path: file for file in files}
    masks = []
    for path, followers in numbered.items():
        if not any(folder in map_folders for folder in ancestors(by_path[path].folder)):
            continue
        place = 1
        while place + 1 in followers:
            masks.append(ExportedMask(followers[place + 1], by_path[path], place))
            place += 1
    return masks
