"""The layout by volume name: ``CT.nii.gz`` beside ``CT/liver.nii.gz``, every value an object of the file's class."""

from __future__ import annotations

from ....core import Label
from ....errors import LossError
from ....formats.mask_names import mask_names, safe_name
from ..discovery.cases import PLANES
from ..object_properties import scores_of
from .item import Draft
from .layout import Layout, note_folders
from .names import SUFFIX, safe_folder, unique


def layout_by_name(drafts: list[Draft], out_name: str) -> Layout:
    """``<stem>.nii.gz`` with ``<stem>/<class>.nii.gz``, voxels are label values.

    Raises LossError where objects of one class overlap: a class has one file, and importers know no second one. Objects
    of different classes may overlap. Colours and scores have no place here.
    """
    layout = Layout(drafts)
    folders = {part.casefold() for draft in drafts for part in safe_folder(draft.item.dataset).split("/")}
    taken = {out_name.casefold(), *folders} - {""}
    for draft in drafts:
        draft.folder = safe_folder(draft.item.dataset)
        names = _class_files(layout, draft)
        for label in draft.shown_labels:
            if draft.layers[label.value]:
                ways = "objects of one class must not overlap in masks by name; write a Supervisely project"
                raise LossError(draft.item.shown, [*draft.overlap, ways])
            draft.files[label.value] = names[label.name] + SUFFIX, label.value
        taken.update(name.casefold() for name in names.values())
        if draft.labels:
            draft.beside.append("label colours")
        if any(scores_of(label) for label in draft.labels):
            draft.beside.append("scores and comments, which masks by name have no file for")
    for draft in drafts:
        # a volume that is called like a folder or a class would be taken for something else by Supervisely's importer
        draft.stem = unique(safe_name(draft.item.stem) or "volume", taken)
        draft.files = {value: (f"{draft.stem}/{name}", voxel) for value, (name, voxel) in draft.files.items()}
    note_folders(layout, out_name)
    _note_plane_letters(layout)
    return layout


def _class_files(layout: Layout, draft: Draft) -> dict[str, str]:
    """The mask of each class without suffix; a name that is not the class's own is noted."""
    owners = {labels[0].value: name for name, labels in draft.by_class().items()}
    files = mask_names([Label(value, name) for value, name in owners.items()], "")
    for value, name in owners.items():
        if files[value] != name:
            draft.beside.append(f"the class name {name!r} (its mask is called {files[value]!r})")
            layout.note(draft, f"class {name!r} has the mask {files[value]!r}, by which other programs will call it")
    return {name: files[value] for value, name in owners.items()}


def _note_plane_letters(layout: Layout) -> None:
    """Supervisely's own importer refuses the layout by name when any file has ``cor`` and the like within its name."""
    stems = {draft.stem for draft in layout.drafts}
    stems.update(name.rpartition("/")[2] for draft in layout.drafts for name, _ in draft.files.values())
    found = sorted(stem for stem in stems if any(letters in stem for letters in PLANES))
    for draft in layout.drafts:
        if draft.stem != draft.item.stem:
            layout.note(draft, f"the volume is called {draft.stem!r}: the name was taken, or not allowed everywhere")
    if found:
        shown = ", ".join(found[:5])
        layout.note(None, f"Supervisely's own importer refuses axl, cor and sag anywhere in names: {shown}")
