"""What both layouts of a NIfTI data set share: the classes with their numbers and colours, and what is to be said."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..discovery.cases import Remark
from ..tables.class_colors import Bytes
from ..tables.class_ids import ClassIds
from ..tables.color_map import ClassColor
from .item import Draft
from .names import OVERLOOKED, line_names, safe_folder

#: colours are kept in single precision, those of a map in 1/255
_COLOR_ROUNDING = 1e-6


@dataclass
class Layout:
    """Where everything goes: one draft an item, the colour map of the data set, and what should be known."""

    drafts: list[Draft]
    classes: dict[int, ClassColor] = field(default_factory=dict)
    notes: list[Remark] = field(default_factory=list)

    def note(self, draft: Draft | None, reason: str) -> None:
        """Notes something about an item, or about the whole data set."""
        self.notes.append(Remark("" if draft is None else draft.item.shown, reason))


def introduced(drafts: list[Draft], ids: ClassIds) -> Layout:
    """A layout of drafts whose classes all have their first number."""
    layout = Layout(drafts)
    for reason in ids.introduce([label for draft in drafts for label in draft.labels]):
        layout.note(None, reason)
    _note_classes(layout, ids)
    layout.classes = class_table(layout, ids)
    return layout


def class_table(layout: Layout, ids: ClassIds) -> dict[int, ClassColor]:
    """The colour map: every number with its class, which has the colour of its first label."""
    colors: dict[str, Bytes] = {}
    for draft in layout.drafts:
        for label in draft.labels:
            colors.setdefault(label.name, label.color_bytes)
    return ids.table(colors, line_names((name, ids.first(name)) for name in colors))


def _note_classes(layout: Layout, ids: ClassIds) -> None:
    """Classes of several colours, and names that no line of a colour map can hold."""
    table = class_table(layout, ids)
    for draft in layout.drafts:
        for label in draft.labels:
            line = table[ids.first(label.name)]
            if line.color != label.color_bytes:
                draft.beside.append(f"the colour of label {label.value}")
                layout.note(draft, f"label {label.value} has another colour than class {label.name!r} in the map")
            elif any(
                abs(mine - theirs) > _COLOR_ROUNDING for mine, theirs in zip(label.color, line.label_color, strict=True)
            ):
                draft.beside.append(f"the exact colour of label {label.value}")
            if line.name != label.name:
                draft.beside.append(f"the class name {label.name!r} (in the colour map: {line.name!r})")


def note_folders(layout: Layout, out_name: str) -> None:
    """Folders that Supervisely does not look into, and those that had to be called otherwise."""
    folders = {out_name, *(draft.folder for draft in layout.drafts)}
    if any(OVERLOOKED in folder for folder in folders):
        layout.note(None, f"Supervisely's own importer passes over folders with {OVERLOOKED!r} in their names")
    for draft in layout.drafts:
        if safe_folder(draft.item.dataset) != draft.item.dataset:
            layout.note(
                draft, f"the folder is called {safe_folder(draft.item.dataset)!r}, as not all systems allow more"
            )
