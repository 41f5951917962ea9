"""The rows of the tree of groups, folders, classes and labels: immutable, cheap, built group by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from ...core import Group, Label
from ...core.annotations import NOTES, REVIEW_STATUS, notes_of, review_status
from ...core.folders import Folder, folder_of, folder_tree
from ...core.label import Color
from ...core.naming import UNNAMED, group_title
from ...datasets.supervisely.object_properties import SCORES, scores_of
from ...presets.completion import fold

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


#: ASCII characters that stand between words
_BETWEEN = {code: " " for code in range(128) if not chr(code).isalnum()}


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """What a filter compares: no case, no accents (``completion.fold``, with a short way for plain text)."""
    return " ".join(text.lower().translate(_BETWEEN).split()) if text.isascii() else fold(text)


class GroupRows:
    """The rows of one group, and where each stands; labels whose look or count changed are renewed in place."""

    def __init__(self, group: Group, index: int) -> None:
        self._group, self._index = group, index
        self._values = group.values
        self._counts = group.counts()
        self.rows: list[Row] = []
        self.places: dict[str, int] = {}
        #: by the key of a row that holds others: how many labels in it are locked and visible, and their voxels
        self._sums: dict[str, list[int]] = {}
        self._build()

    def renewed(self, values: Iterable[int]) -> None:
        """Looks again at some labels and at what they are in; the structure is the same as before."""
        parents: set[str] = set()
        for value in values:
            place = self.places.get(label_key(value))
            if place is None:
                continue
            old = self.rows[place]
            self._counts[value] = self._group.voxels(value)
            new = self._label_row(self._group.label(value), old.title, old.depth, old.parent, old.folder)
            self.rows[place] = new
            differences = [now - before for now, before in zip(_parts(new), _parts(old), strict=True)]
            for key in self._ancestors(old):
                parents.add(key)
                self._sums[key] = [sum(pair) for pair in zip(self._sums[key], differences, strict=True)]
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
        root = Row(
            group_key(index), "group", group_title(group.name, index), 0, "", index, None, self._values, group.name
        )
        self._append(root)
        self._add_folder(folder_tree(group.labels), root, 1, shared)
        self._sum_up()

    def _add_folder(self, folder: Folder, parent: Row, depth: int, shared: Counter[str]) -> None:
        for inner in folder.folders.values():
            values = tuple(label.value for label in inner.all_labels)
            key = folder_key(self._index, inner.path)
            row = Row(key, "folder", inner.name, depth, parent.key, self._index, None, values, inner.name)
            self._append(row._replace(folder=inner.path))
            self._add_folder(inner, row, depth + 1, shared)
        has_classes = len(shared) < len(self._values)
        here = Counter(label.name for label in folder.labels) if has_classes else shared
        classes: dict[str, list[Label]] = {}
        for label in folder.labels if has_classes else ():
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
        self._append(
            Row(key, "class", name or UNNAMED, depth, parent.key, self._index, None, values, name, folder=folder)
        )
        for label in labels:
            title = f"{name or UNNAMED} [{label.value}]"
            self._append(self._label_row(label, title, depth + 1, key, folder))

    def _append(self, row: Row) -> None:
        self.places[row.key] = len(self.rows)
        self.rows.append(row)

    def _label_row(self, label: Label, title: str, depth: int, parent: str, folder: str) -> Row:
        value = label.value
        score = comment = status = ""
        if label.properties:
            score = _score(label) if SCORES in label.properties else ""
            comment = notes_of(label) if NOTES in label.properties else ""
            status = review_status(label) if REVIEW_STATUS in label.properties else ""
        # without the detour of keywords: there may be thousands
        return tuple.__new__(
            Row,
            (f"l{value}", "label", title, depth, parent, self._index, value, (value,), label.name, label.locked,
             label.visible, label.color, label.opacity, self._counts.get(value, 0), score, comment, status, folder),
        )  # fmt: skip

    def _sum_up(self) -> None:
        """What all rows that hold others hold, from the last to the first, for each comes before what is in it."""
        self._sums = {row.key: [0, 0, 0] for row in self.rows if row.kind != "label"}
        for place in range(len(self.rows) - 1, -1, -1):
            row = self.rows[place]
            if row.kind == "label":
                locked, visible, voxels = int(bool(row.locked)), int(bool(row.visible)), row.voxels
            else:
                locked, visible, voxels = self._sums[row.key]
                self.rows[place] = self._summed(row)
            if row.parent:
                outer = self._sums[row.parent]
                outer[0] += locked
                outer[1] += visible
                outer[2] += voxels

    def _summed(self, row: Row) -> Row:
        """A row of several labels with what they have in common."""
        locked, visible, voxels = self._sums[row.key]
        count = len(row.values)
        colors = {self._group.label(value).color for value in row.values} if row.kind == "class" else set()
        return row._replace(
            locked=_common(locked, count),
            visible=_common(visible, count),
            color=colors.pop() if len(colors) == 1 else None,
            voxels=voxels,
        )


def _parts(row: Row) -> Sequence[int]:
    return bool(row.locked), bool(row.visible), row.voxels


def _common(those: int, count: int) -> bool | None:
    """True when all are so, False when none is, None when they differ or there are none."""
    return None if not count or 0 < those < count else those == count


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
