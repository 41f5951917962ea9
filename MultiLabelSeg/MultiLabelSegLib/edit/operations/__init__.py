"""Everything that can be done to a segmentation, each a function that returns a ``Command`` for ``History.do``."""

from ..transfer import transfer_labels
from .annotations import set_description, set_made_by, set_notes, set_review, set_tracking
from .classes import add_instance, all_but, instances_of, rename_class, show_only
from .folders import in_folder, rename_folder, set_folder, set_folder_locked, set_folder_visible
from .groups import (
    add_group,
    copy_label_to_group,
    move_label_to_group,
    remove_group,
    rename_group,
    reorder_groups,
)
from .instances import SmallParts, renumber_labels, split_label
from .labels import (
    add_label,
    change_labels,
    change_values,
    new_value,
    remove_labels,
    rename_labels,
    reorder_labels,
    set_color,
    set_label_properties,
    set_locked,
    set_opacity,
    set_visible,
)
from .properties import set_properties, set_unlabeled_lock
from .voxels import clear_group, clear_labels, merge_labels, relabel

__all__ = [
    "SmallParts",
    "add_group",
    "add_instance",
    "add_label",
    "all_but",
    "change_labels",
    "change_values",
    "clear_group",
    "clear_labels",
    "copy_label_to_group",
    "in_folder",
    "instances_of",
    "merge_labels",
    "move_label_to_group",
    "new_value",
    "relabel",
    "remove_group",
    "remove_labels",
    "rename_class",
    "rename_folder",
    "rename_group",
    "rename_labels",
    "renumber_labels",
    "reorder_groups",
    "reorder_labels",
    "set_color",
    "set_description",
    "set_folder",
    "set_folder_locked",
    "set_folder_visible",
    "set_label_properties",
    "set_locked",
    "set_made_by",
    "set_notes",
    "set_opacity",
    "set_properties",
    "set_review",
    "set_tracking",
    "set_unlabeled_lock",
    "set_visible",
    "show_only",
    "split_label",
    "transfer_labels",
]
