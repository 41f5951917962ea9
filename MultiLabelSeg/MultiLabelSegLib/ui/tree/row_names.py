"""Renaming what a row of the tree stands for."""

from __future__ import annotations

from ...core import Segmentation
from ...edit import Command, operations
from ...presets.suggestions import Suggestions, rename_as_suggested
from .rows import Row


def rename_row(document: Segmentation, row: Row, name: str, suggestions: Suggestions) -> Command:
    """The command that names a row's group, folder, class or label.

    Labels get colour and codes of a suggested name. An empty name is "Group N" for a group, "Unnamed" for labels, and
    dissolves a folder. Raises LabelError for a name that is not allowed.
    """
    name = name.strip()
    if row.kind == "group":
        return operations.rename_group(document, row.group, name)
    if row.kind == "folder":
        parent = row.folder.rpartition("/")[0]
        return operations.rename_folder(document, row.folder, f"{parent}/{name}", row.group)
    if not name:
        return operations.rename_labels(document, row.values, name)
    return rename_as_suggested(document, suggestions, row.values, name)
