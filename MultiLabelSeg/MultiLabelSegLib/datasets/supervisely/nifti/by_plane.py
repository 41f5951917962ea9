"""The layout by plane: ``axl_anatomic.nii.gz`` with masks, scores and one colour map for the data set."""

from __future__ import annotations

from typing import Literal

from ....core import Label
from ....core.label import MAX_VALUE
from ....errors import LossError, OptionError
from ....formats.mask_names import safe_name
from ..tables.class_ids import ClassIds, preferred_id
from .item import Draft, plane_by_grid
from .layout import Layout, class_table, introduced, note_folders
from .names import SUFFIX, by_plane_stem, mask_stem, plane_of_name, safe_folder, unique, with_ids
from .scores import tables_for_all, tabulate

MaskKind = Literal["auto", "semantic", "instance"]
#: Supervisely counts instance files where it should read their numbers, so all up to the highest are written
_MOST_FILES = 32


def layout_by_plane(drafts: list[Draft], out_name: str, masks: MaskKind, ids_in_names: bool) -> Layout:
    """``axl_anatomic.nii.gz`` with ``axl_inference.nii.gz``, ``axl_score.csv`` and one colour map for all.

    A semantic mask has a value for every object, and the map gives values of one class the same name: whatever the
    order in which files are listed, both importers read the same objects, classes and scores. ``masks`` ``instance``
    writes one file a class instead, numbered as the map does, so that objects may overlap; Supervisely's own importer
    then takes for the number of a class at which place its folder happens to list the file. So that is only done when
    it is asked for, and ``auto`` is ``semantic``.

    Raises LossError for semantic masks of objects that overlap, OptionError.
    """
    if masks not in ("auto", "semantic", "instance"):
        raise OptionError("masks", masks, ("auto", "semantic", "instance"))
    ids = ClassIds(_MOST_FILES if masks == "instance" else MAX_VALUE)
    layout = introduced(drafts, ids)
    _place_by_plane(layout, ids_in_names)
    units = []
    for draft in drafts:
        if masks == "instance":
            units.append(_instance_files(draft, ids))
        elif draft.overlap:
            ways = "masks by plane must be instance masks then (--masks instance); a Supervisely project holds all"
            raise LossError(draft.item.shown, [*draft.overlap, ways])
        else:
            units.append(_semantic_file(draft, ids))
    layout.classes = class_table(layout, ids)
    _note_names(layout, ids)
    for draft, numbers in zip(drafts, units, strict=True):
        draft.numbers = {label.value: number for number, labels in numbers.items() for label in labels}
        tabulate(layout, draft, numbers)
    if ids_in_names:
        tables_for_all(drafts, units)
    if masks == "instance":
        layout.note(None, "instance masks: Supervisely's own importer numbers classes by the order of listed files")
    _note_score_limits(layout, ids_in_names)
    note_folders(layout, out_name)
    return layout


def _note_names(layout: Layout, ids: ClassIds) -> None:
    """Classes that the colour map has to call otherwise: a line cannot hold their blanks."""
    for draft in layout.drafts:
        for name in draft.by_class():
            line = layout.classes[ids.first(name)].name
            if line != name:
                reason = f"class {name!r} is {line!r} in the colour map, by which other programs will call it"
                layout.note(draft, reason)


def _place_by_plane(layout: Layout, ids_in_names: bool) -> None:
    """Folder, plane and name of every volume: one of a plane in a folder, unless names tell them apart."""
    counts: dict[tuple[str, str], int] = {}
    for draft in layout.drafts:
        item = draft.item
        draft.folder = safe_folder(item.dataset)
        draft.plane = item.plane or plane_of_name(item.stem) or plane_by_grid(item)
        draft.stem = safe_name(item.stem) or "volume"
        key = draft.folder.casefold(), draft.plane
        counts[key] = counts.get(key, 0) + 1
    crowded = {folder for (folder, _), count in counts.items() if count > 1}
    names = {draft.folder.casefold() for draft in layout.drafts}
    for draft in layout.drafts:
        if not ids_in_names and draft.folder.casefold() in crowded:
            below = f"{draft.folder}/{draft.stem}" if draft.folder else draft.stem
            draft.folder = unique(below, names)
        stem = by_plane_stem(draft.stem, draft.plane)
        stem = unique(f"{draft.folder}/{stem}", names)[len(draft.folder) + 1 :]
        draft.stem = with_ids(draft.folder, stem) if ids_in_names else stem
        if stem != draft.item.stem:
            layout.note(draft, f"the volume is called {draft.stem!r}, as the layout by plane demands")


def _wishes(label: Label) -> tuple[int, ...]:
    number = preferred_id(label)
    return (label.value,) if number is None else (number, label.value)


def _semantic_file(draft: Draft, ids: ClassIds) -> dict[int, list[Label]]:
    """One mask with a value for every object; returns the objects by number."""
    name = mask_stem(draft.stem) + SUFFIX
    units: dict[int, list[Label]] = {}
    for class_name, labels in draft.by_class().items():
        for number, label in zip(ids.for_units(class_name, [_wishes(one) for one in labels]), labels, strict=True):
            draft.files[label.value] = name, number
            units[number] = [label]
    changed = [value for value, (_, voxel) in draft.files.items() if voxel != value]
    if changed:
        draft.beside.append(f"the values of {len(changed)} labels, which are numbers of classes in the mask")
    return units


def _instance_files(draft: Draft, ids: ClassIds) -> dict[int, list[Label]]:
    """One mask for each class (and for each of its layers), voxels are label values; returns the objects by number.

    Numbers that the item does not use get masks without voxels, and a lone file a second one: Supervisely counts the
    files of a volume, and takes one alone for a semantic mask.
    """
    units: dict[int, list[Label]] = {}
    for class_name, labels in draft.by_class().items():
        layers = 1 + max(draft.layers[label.value] for label in labels)
        numbers = ids.for_units(class_name, [()] * layers)
        for label in labels:
            units.setdefault(numbers[draft.layers[label.value]], []).append(label)
    highest = max([2, *units]) if units else 0
    digits = len(str(highest))
    names = {number: mask_stem(draft.stem, f"{number:0{digits}d}") + SUFFIX for number in range(1, highest + 1)}
    draft.files = {label.value: (names[number], label.value) for number, owned in units.items() for label in owned}
    draft.empty_files = tuple(name for number, name in names.items() if number not in units)
    return units


def _note_score_limits(layout: Layout, ids_in_names: bool) -> None:
    planes = [draft.plane for draft in layout.drafts]
    several = any(planes.count(draft.plane) > 1 for draft in layout.drafts if draft.table)
    if several and not ids_in_names:
        reason = (
            "several volumes of one plane: Supervisely's SDK attaches no scores then, unless names begin with UUIDs"
        )
        layout.note(None, reason)
