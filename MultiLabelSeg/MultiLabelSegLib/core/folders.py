"""Display folders: where a tree shows a label. They are no groups: labels of a folder still exclude each other.

A folder is a path such as ``Bones/Spine`` in the label's properties, so that it survives wherever properties do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from .label import Label

#: the property that holds a label's folder
FOLDER = "display_folder"
_SEPARATOR = "/"


@lru_cache(maxsize=4096)
def normal_path(path: str) -> str:
    """A folder path without blanks around its parts and without empty parts; ``""`` is the top of the tree."""
    return _SEPARATOR.join(part.strip() for part in path.split(_SEPARATOR) if part.strip())


def folder_of(label: Label) -> str:
    """The folder path of a label; ``""`` when it has none, or when the property holds something else than text."""
    found = label.properties.get(FOLDER)
    return normal_path(found) if isinstance(found, str) else ""


def with_folder(label: Label, path: str) -> Label:
    """The label in another folder; ``""`` takes it out of its folder."""
    others = {key: value for key, value in label.properties.items() if key != FOLDER}
    normal = normal_path(path)
    return label.with_(properties=others | ({FOLDER: normal} if normal else {}))


def is_within(path: str, folder: str) -> bool:
    """Whether a folder is ``folder`` or lies in it, both normal; everything lies in ``""``."""
    return not folder or path == folder or path.startswith(folder + _SEPARATOR)


def labels_within(labels: Iterable[Label], folder: str) -> tuple[Label, ...]:
    """The labels of a folder and of all folders in it, in their order."""
    wanted = normal_path(folder)
    return tuple(label for label in labels if is_within(folder_of(label), wanted))


@dataclass
class Folder:
    """One node of the tree: its own labels and the folders in it, both in the order in which they came."""

    name: str = ""
    path: str = ""
    labels: list[Label] = field(default_factory=list)
    folders: dict[str, Folder] = field(default_factory=dict)

    @property
    def all_labels(self) -> tuple[Label, ...]:
        """The labels of this folder and of all folders in it."""
        return (*self.labels, *(label for inner in self.folders.values() for label in inner.all_labels))

    @property
    def visible(self) -> bool | None:
        """Whether all labels in it are visible (True) or hidden (False); None when they differ or there are none."""
        return _common(label.visible for label in self.all_labels)

    @property
    def locked(self) -> bool | None:
        """Whether all labels in it are locked (True) or unlocked (False); None when they differ or there are none."""
        return _common(label.locked for label in self.all_labels)


def folder_tree(labels: Iterable[Label]) -> Folder:
    """The tree of the labels' folders; labels without a folder belong to its root."""
    root = Folder()
    known = {"": root}
    for label in labels:
        path = folder_of(label)
        if path not in known:
            node = root
            for part in path.split(_SEPARATOR):
                inner = f"{node.path}{_SEPARATOR}{part}" if node.path else part
                if inner not in known:
                    known[inner] = node.folders[part] = Folder(part, inner)
                node = known[inner]
        known[path].labels.append(label)
    return root


def _common(states: Iterable[bool]) -> bool | None:
    found = set(states)
    return found.pop() if len(found) == 1 else None
