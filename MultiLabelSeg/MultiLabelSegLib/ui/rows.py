"""The rows of the tree of groups, folders, classes and labels: immutable, cheap, built group by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from ..core import Group, Label
from ..core.annotations import NOTES, REVIEW_STATUS, notes_of, review_status
from ..core.folders import Folder, folder_of, folder_tree
from ..core.label import Color
from ..core.naming import UNNAMED, group_title
from ..datasets.supervisely.object_properties import SCORES, scores_of
from ..presets.completion import fold

RowKind = Literal["group", "folder", "class", "label"]


class Row(NamedTuple):
    """One line of the tree.

    ``values`` are the labels that it stands for: itself, or all in it. ``locked`` and ``visible`` are None where these
    differ, and of a row without labels. ``voxels`` are those of all frames; ``score`` is text to read only, ``comment``
    and ``status`` can be set (of labels). ``folder`` is the path of the folder that it is, or that it lies in.
    """

    key: str
    kind: RowKind
    title: str
    depth: int
    parent: str
    group: int
    value: int | None = None
    values: tuple[int, ...] = ()
    name: str = ""
    locked: bool | None = None
    visible: bool | None = None
    color: Color | None = None
    opacity: float | None = None
    voxels: int = 0
    score: str = ""
    comment: str = ""
    status: str = ""
    folder: str = ""


class RowTree(NamedTuple):
    """Rows as a tree shows them, each after its parent; ``values`` are those of the labels, in the same order."""

    rows: tuple[Row, ...]
    values: tuple[int, ...]


def group_key(group: int) -> str:
    """The key of a group's row."""
    return f"g{group}"


def folder_key(group: int, path: str) -> str:
    """The key of a folder's row."""
    return f"f{group}:{path}"


def class_key(group: int, folder: str, name: str) -> str:
    """The key of the row of a class with several instances."""
    return f"c{group}:{folder}:{name}"


def label_key(value: int) -> str:
    """The key of a label's row."""
    return f"l{value}"


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """What a filter compares: no case, no accents."""
    return fold(text)


class GroupRows:
    """The rows of one group, and where each stands; labels whose look or count changed are renewed in place."""

    def __init__(self, group: Group, index: int) -> None:
        self._group, self._index = group, index
        self._values = group.values
        self.rows: list[Row] = []
        self.places: dict[str, int] = {}
        self._build()

    def renewed(self, values: Iterable[int]) -> None:
        """Looks again at some labels and at what they are in; the structure is the same as before."""
        parents: set[str] = set()
        for value in values:
            place = self.places.get(label_key(value))
            if place is None:
                continue
            former = self.rows[place]
            label = self._group.label(value)
            self.rows[place] = self._label_row(label, former.title, former.depth, former.parent, former.folder)
            parents.update(self._ancestors(former))
        for key in parents:
            place = self.places[key]
            self.rows[place] = self._summed(self.rows[place])

    def fits(self, values: Iterable[int]) -> bool:
        """Whether these labels, and so all others, still stand where they stood."""
        if self._group.values != self._values:
            return False
        for value in values:
            place = self.places.get(label_key(value))
            if place is None:
                return False
            row, label = self.rows[place], self._group.label(value)
            if row.name != label.name or row.folder != (folder_of(label) if label.properties else ""):
                return False
        return True

    def _ancestors(self, row: Row) -> Iterator[str]:
        while row.parent:
            yield row.parent
            row = self.rows[self.places[row.parent]]

    # ---- building ----------------------------------------------------------------------------------------------
    def _build(self) -> None:
        group, index = self._group, self._index
        shared = Counter(label.name for label in group.labels)
        title = group_title(group.name, index)
        root = Row(group_key(index), "group", title, 0, "", index, None, group.values, group.name)
        self._append(root)
        self._add_folder(folder_tree(group.labels), root, 1, shared)
        self.rows[0] = self._summed(root)

    def _add_folder(self, folder: Folder, parent: Row, depth: int, shared: Counter[str]) -> None:
        for inner in folder.folders.values():
            values = tuple(label.value for label in inner.all_labels)
            key = folder_key(self._index, inner.path)
            row = Row(key, "folder", inner.name, depth, parent.key, self._index, None, values, inner.name)
            place = self._append(row._replace(folder=inner.path))
            self._add_folder(inner, row, depth + 1, shared)
            self.rows[place] = self._summed(self.rows[place])
        here = Counter(label.name for label in folder.labels) if len(shared) < len(self._group.values) else Counter()
        classes: dict[str, list[Label]] = {}
        for label in folder.labels:
            if here[label.name] > 1:
                classes.setdefault(label.name, []).append(label)
        for label in folder.labels:
            if label.name not in classes:
                title = label.name or UNNAMED
                title = f"{title} [{label.value}]" if shared[label.name] > 1 else title
                self._append(self._label_row(label, title, depth, parent.key, folder.path))
            elif label is classes[label.name][0]:
                self._add_class(classes[label.name], parent, depth, folder.path)

    def _add_class(self, labels: Sequence[Label], parent: Row, depth: int, folder: str) -> None:
        name = labels[0].name
        key = class_key(self._index, folder, name)
        values = tuple(label.value for label in labels)
        row = Row(key, "class", name or UNNAMED, depth, parent.key, self._index, None, values, name, folder=folder)
        place = self._append(row)
        for label in labels:
            title = f"{name or UNNAMED} [{label.value}]"
            self._append(self._label_row(label, title, depth + 1, key, folder))
        self.rows[place] = self._summed(row)

    def _append(self, row: Row) -> int:
        self.places[row.key] = len(self.rows)
        self.rows.append(row)
        return len(self.rows) - 1

    def _label_row(self, label: Label, title: str, depth: int, parent: str, folder: str) -> Row:
        value, group = label.value, self._group
        score = comment = status = ""
        if label.properties:
            score = _score(label) if SCORES in label.properties else ""
            comment = notes_of(label) if NOTES in label.properties else ""
            status = review_status(label) if REVIEW_STATUS in label.properties else ""
        look = (label.locked, label.visible, label.color, label.opacity, group.voxels(value))
        place = (f"l{value}", "label", title, depth, parent, self._index, value, (value,), label.name)
        return Row(*place, *look, score, comment, status, folder)  # type: ignore[arg-type]

    def _summed(self, row: Row) -> Row:
        """A row of several labels with what they have in common."""
        group = self._group
        labels = [group.label(value) for value in row.values]
        locked = {bool(label.locked) for label in labels}
        visible = {bool(label.visible) for label in labels}
        colors = {label.color for label in labels} if row.kind == "class" else set()
        return row._replace(
            locked=locked.pop() if len(locked) == 1 else None,
            visible=visible.pop() if len(visible) == 1 else None,
            color=colors.pop() if len(colors) == 1 else None,
            voxels=sum(group.voxels(value) for value in row.values),
        )


def filtered(rows: Sequence[Row], text: str) -> list[Row]:
    """The rows that hold a text in name or value, what they are in, and all that is in a group, folder or class that
    holds it.
    """
    wanted = fold(text)
    if not wanted:
        return list(rows) if not text.strip() else []
    is_number = wanted.isdigit()
    kept: list[Row] = []
    path: list[tuple[Row, bool]] = []  # what the present row is in, and whether it is among the kept ones
    open_depth = -1  # rows deeper than this are in something that fits
    for row in rows:
        depth = row.depth
        if len(path) > depth:
            del path[depth:]
            open_depth = open_depth if open_depth < depth else -1
        fits = open_depth >= 0 or wanted in folded(row.title) or (is_number and wanted in str(row.value or ""))
        if fits:
            for place, (outer, is_kept) in enumerate(path):
                if not is_kept:
                    kept.append(outer)
                    path[place] = (outer, True)
            kept.append(row)
        if row.kind != "label":
            path.append((row, fits))
            if fits and open_depth < 0:
                open_depth = depth
    return kept


def _score(label: Label) -> str:
    """The scores of a label as text: one, or the range over its frames with their count."""
    found = [entry.get("score") for frames in scores_of(label).values() for entry in frames.values()]
    texts = [str(score) for score in found if score not in (None, "")]
    if len(set(texts)) <= 1:
        return texts[0] if texts else ""
    try:
        ordered = sorted(texts, key=float)
    except ValueError:
        ordered = sorted(texts)
    return f"{ordered[0]} to {ordered[-1]} ({len(texts)})"
