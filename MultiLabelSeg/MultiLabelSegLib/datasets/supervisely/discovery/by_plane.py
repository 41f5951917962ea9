"""Data sets grouped by plane: ``axl_anatomic.nii`` with ``axl_inference.nii`` or ``axl_inference_1.nii``, ``_2``...

Plane and type word are both in a file's name; scores lie beside in ``axl_score.csv``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .cases import PLANES, MaskFile, Plane, Remark
from .exported import exported_masks
from .names import FileName, plane_anywhere
from .pairing import Pairing, Volumes

#: ``auto``: a volume with exactly one annotation file is semantic, with several instance
ModeChoice = Literal["auto", "semantic", "instance"]
_NUMBER_AT_END = re.compile(r"[_\-.\s]*[0-9]+$")
_ANNOTATION_WORD = re.compile(r"inference(?:al)?|segmentation|annotation|label|mask|scores?", re.IGNORECASE)


@dataclass
class PlaneMatch:
    """The volumes of the layout with their planes, and by their paths the masks and score tables in natural order.

    ``unmatched`` are annotations and score tables whose volume is not in the data set, each with what is missing.
    """

    planes: dict[str, Plane] = field(default_factory=dict)
    masks: dict[str, tuple[MaskFile, ...]] = field(default_factory=dict)
    scores: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unmatched: list[Remark] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)


def match_by_plane(
    images: Iterable[FileName],
    tables: Iterable[FileName],
    map_folders: Collection[str] = (),
    mode: ModeChoice = "auto",
    owners: Collection[str] = (),
) -> PlaneMatch:
    """Pairs the annotations and score tables of a data set with its volumes.

    ``images`` are the NIfTI files that may belong to the layout, ``tables`` the CSV files, ``map_folders`` the folders
    with a ``color_map.txt``, ``owners`` the images with a mask folder: they are never annotations. Images in no part of
    the result say too little for this layout.
    """
    files = sorted(images, key=lambda file: file.sort_key)
    tables = sorted(tables, key=lambda file: file.sort_key)
    result = PlaneMatch()
    volumes = [file for file in files if file.role == "volume" and file.plane]
    volumes, annotations = _without_named_after(volumes, owners, result)
    annotations += [file for file in files if file.role == "annotation" and file.plane and file.path not in owners]
    annotations = _distinct(sorted(annotations, key=lambda file: file.sort_key), result)
    plain = [file for file in files if not file.role]
    exported = exported_masks(plain, map_folders, owners)
    places = {entry.mask.path: entry.place for entry in exported}
    plain = [file for file in plain if file.path not in places]
    finder = _Finder(volumes, plain)
    found = finder.pair(annotations, result, guess_only_free=True)
    for entry in exported:
        found[entry.volume.path].append(entry.mask)
        reason = f"taken as a mask of {entry.volume.path}: the export of Supervisely names them so"
        result.notes.append(Remark(entry.mask.path, reason))
    by_path = {file.path: file for file in files}
    scores = finder.pair([table for table in tables if table.role == "score" and table.plane], result)
    used = [*volumes, *(by_path[path] for path in {**found, **scores} if by_path[path].role != "volume")]
    result.planes = {file.path: file.plane or plane_anywhere(file.stem) for file in used}
    result.masks = {path: mask_files(masks, mode, places, result.notes) for path, masks in found.items()}
    _add_tables_called_like_volumes(tables, used, scores)
    _take_scores(scores, result)
    result.notes += _missing_planes(used)
    return result


def mask_files(
    files: Sequence[FileName], mode: ModeChoice, places: Mapping[str, int], notes: list[Remark]
) -> tuple[MaskFile, ...]:
    """The annotation files of one volume with their meaning.

    The class of an instance file is the number in ``places`` (path -> number) or at the end of its name, else its place
    in natural order, or the next one that no number has taken.
    """
    files = sorted(files, key=lambda file: file.sort_key)
    if mode == "semantic" or (mode == "auto" and len(files) == 1):
        return tuple(MaskFile(file.path, "semantic") for file in files)
    numbers = [places.get(file.path, file.number) for file in files]
    first: dict[int, str] = {}
    for file, number in zip(files, numbers, strict=True):
        if number is not None and first.setdefault(number, file.path) != file.path:
            reason = f"has the class number {number} of {first[number]}: its objects are added to that class"
            notes.append(Remark(file.path, reason))
    masks = []
    for place, (file, number) in enumerate(zip(files, numbers, strict=True), 1):
        class_id = place if number is None else number
        while number is None and class_id in first:
            class_id += 1
        if number is None and class_id != place:
            reason = f"has no number at the end of its name: class {class_id}, as {place} is that of {first[place]}"
            notes.append(Remark(file.path, reason))
        first.setdefault(class_id, file.path)
        masks.append(MaskFile(file.path, "instance", class_id=class_id))
    return tuple(masks)


class _Finder:
    """Finds the volumes of annotations and score tables, also those that are not called volumes."""

    def __init__(self, volumes: Sequence[FileName], plain: Sequence[FileName]) -> None:
        self._volumes = Volumes(volumes)
        self._named: dict[tuple[str, tuple[str, ...]], list[FileName]] = defaultdict(list)
        self._of_plane: dict[tuple[str, str], list[FileName]] = defaultdict(list)
        for file in plain:
            if file.plane:
                self._named[file.folder, file.key].append(file)
                self._of_plane[file.folder, file.plane].append(file)

    def pair(
        self, files: Sequence[FileName], result: PlaneMatch, guess_only_free: bool = False
    ) -> dict[str, list[FileName]]:
        """Volume path -> its files. What has no volume is told in ``result``.

        ``guess_only_free``: volumes in other folders that have files already get no more on a mere guess.
        """
        found: dict[str, list[FileName]] = defaultdict(list)
        guesses = []
        for file in files:
            pairing = self._volume_of(file)
            if pairing.sideways:
                guesses.append((file, pairing))
            elif pairing.volume is not None:
                found[pairing.volume.path].append(file)
                _note_guess(file, pairing, result)
            elif pairing.unclear:
                names = " or ".join(volume.path for volume in pairing.unclear[:3])
                reason = f"could belong to {names}: give both the same ids, or put each volume into its own folder"
                result.left_out.append(Remark(file.path, reason))
            else:
                result.unmatched.append(Remark(file.path, _what_is_missing(file)))
        taken = set(found) if guess_only_free else set()
        for file, pairing in guesses:
            if pairing.volume is not None and pairing.volume.path not in taken:
                found[pairing.volume.path].append(file)
                _note_guess(file, pairing, result)
            else:
                result.unmatched.append(Remark(file.path, _what_is_missing(file)))
        return found

    def _volume_of(self, file: FileName) -> Pairing:
        for ask in (self._volumes.in_folder, self._named_alike):
            pairing = ask(file)
            if not pairing.is_open:
                return pairing
        pairing = self._volumes.in_tree(file)
        if pairing.is_open or pairing.sideways:
            only = self._only_of_plane(file)
            return pairing if only.is_open else only
        return pairing

    def _named_alike(self, file: FileName) -> Pairing:
        """``knee_axl.nii`` for ``knee_axl_mask.nii`` and ``knee_axl_mask_1.nii``."""
        words = tuple(word for word in file.key if word != "*")
        shorter = words if file.number is None else words[:-1]
        found = self._named.get((file.folder, words)) or self._named.get((file.folder, shorter))
        return Pairing(found[0]) if found else Pairing()

    def _only_of_plane(self, file: FileName) -> Pairing:
        """The only file of the folder with the plane in its name, though it is not called a volume."""
        found = self._of_plane.get((file.folder, file.plane), [])
        guess = f"the only other file of its folder with {file.plane} in its name"
        return Pairing(found[0], guess=guess) if len(found) == 1 else Pairing()


def _note_guess(file: FileName, pairing: Pairing, result: PlaneMatch) -> None:
    if pairing.guess and pairing.volume is not None:
        result.notes.append(Remark(file.path, f"taken to belong to {pairing.volume.path}: {pairing.guess}"))


def _without_named_after(
    volumes: Sequence[FileName], owners: Collection[str], result: PlaneMatch
) -> tuple[list[FileName], list[FileName]]:
    """Volumes, and files such as ``axl_anatomic_mask.nii`` beside ``axl_anatomic.nii``, which are its annotations."""
    pure = {(file.folder, file.plane, file.rest) for file in volumes if not file.mixed}
    annotations = [
        file
        for file in volumes
        if file.mixed and (file.folder, file.plane, file.rest) in pure and file.path not in owners
    ]
    for file in annotations:
        reason = "is called both a volume and an annotation: taken as an annotation of the volume beside it"
        result.notes.append(Remark(file.path, reason))
    taken = {file.path for file in annotations}
    for file in volumes:
        if file.mixed and file.path not in taken:
            result.notes.append(Remark(file.path, "is called both a volume and an annotation: taken as a volume"))
    return [file for file in volumes if file.path not in taken], annotations


def _distinct(annotations: Sequence[FileName], result: PlaneMatch) -> list[FileName]:
    """Without the second of two files of one name in one folder, ``.nii`` and ``.nii.gz``."""
    first: dict[tuple[str, str], FileName] = {}
    for file in annotations:
        known = first.setdefault((file.folder, file.stem), file)
        if known is not file:
            reason = f"has the name of {known.path}, which is used: remove or rename one of them"
            result.left_out.append(Remark(file.path, reason))
    return list(first.values())


def _add_tables_called_like_volumes(
    tables: Sequence[FileName], volumes: Sequence[FileName], scores: dict[str, list[FileName]]
) -> None:
    """The export app has written ``axl_anatomic.csv`` beside ``axl_anatomic.nii.gz`` too."""
    by_stem = {(file.folder, file.stem): file for file in volumes}
    for table in tables:
        volume = by_stem.get((table.folder, table.stem))
        if volume is not None and not table.role:
            scores[volume.path].append(table)


def _take_scores(scores: Mapping[str, Sequence[FileName]], result: PlaneMatch) -> None:
    """The tables of each volume; those of a volume without annotations stay with it, which is noted."""
    for path, tables in scores.items():
        result.scores[path] = tuple(table.path for table in tables)
        if path not in result.masks:
            reason = f"has scores for {path}, which has no annotation that they could belong to"
            result.notes += [Remark(table.path, reason) for table in tables]


def _what_is_missing(file: FileName) -> str:
    """Why a file without a volume is left out, and what would help."""
    stem = file.stem if file.number is None else _NUMBER_AT_END.sub("", file.stem)
    name, replaced = _ANNOTATION_WORD.subn("anatomic", stem, count=1)
    name = name if replaced else f"{file.plane}_anatomic"
    kind = "scores" if file.role == "score" else "an annotation"
    return (
        f"holds {kind} of the plane {file.plane}, but no volume in the data set belongs to it: add one such as "
        f"{name}.nii beside it, or give the volumes that exist already with --existing"
    )


def _missing_planes(volumes: Sequence[FileName]) -> list[Remark]:
    """Supervisely expects three volumes, one a plane, in each folder (or of each case, where UUIDs tell them apart)."""
    groups: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for file in volumes:
        groups[file.folder, file.patient, file.case].add(file.plane or plane_anywhere(file.stem))
    notes = []
    for (folder, patient, case), planes in sorted(groups.items()):
        missing = [plane for plane in PLANES if plane not in planes]
        if missing:
            whose = f" of {patient} {case}".rstrip() if patient else ""
            reason = f"has no {' and no '.join(missing)} volume{whose}; axl, cor and sag are expected together"
            notes.append(Remark(folder or ".", reason))
    return notes
