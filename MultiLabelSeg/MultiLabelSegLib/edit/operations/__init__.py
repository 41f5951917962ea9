"""Everything that can be done to a segmentation, each a function that returns a ``Command`` for ``History.do``."""

from ..transfer import transfer_labels
from .groups import (
    add_group,
    copy_label_to_group,
    move_label_to_group,
    remove_group,
    rename_group,
    reorder_groups,
)
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
    "add_group",
    "add_label",
    "change_labels",
    "change_values",
    "clear_group",
    "clear_labels",
    "copy_label_to_group",
    "merge_labels",
    "move_label_to_group",
    "new_value",
    "relabel",
    "remove_group",
    "remove_labels",
    "rename_group",
    "rename_labels",
    "reorder_groups",
    "reorder_labels",
    "set_color",
    "set_label_properties",
    "set_locked",
    "set_opacity",
    "set_properties",
    "set_unlabeled_lock",
    "set_visible",
    "transfer_labels",
]
