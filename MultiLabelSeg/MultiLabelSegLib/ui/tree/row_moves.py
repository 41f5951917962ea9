"""Rows that are dragged: into folders and groups, before and after others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...core import Segmentation
from ...edit import History, operations
from ...errors import GroupError
from ..session import Session
from .rows import Row

Position = Literal["into", "before", "after"]


def move_rows(session: Session, rows: Sequence[Row], target: Row, position: Position) -> None:
    """Moves rows as one step to undo (see ``Labels.move``). Raises GroupError, LockedError."""
    if not rows:
        return
    history = session.need().history
    document = history.segmentation
    kinds = {row.kind for row in rows}
    if "group" in kinds:
        if kinds != {"group"} or target.kind != "group":
            raise GroupError("groups can be moved among groups only, and only without labels beside them")
        _move_groups(session, document, [row.group for row in rows], target.group, position)
        return
    values = tuple(dict.fromkeys(value for row in rows for value in row.values))
    _refuse_into_itself(rows, target)
    named = rows[0].title if len(rows) == 1 else f"{len(values)} labels"
    with session.grouped(f"Move {named}"):
        _to_group(history, values, target.group)
        _to_folder(history, rows, _folder_for(target, position))
        _in_order(history, values, target, position)


def _move_groups(session: Session, document: Segmentation, moved: Sequence[int], target: int, position: str) -> None:
    rest = [index for index in range(len(document.groups)) if index not in moved]
    if target in moved:
        return
    place = rest.index(target) + (0 if position == "before" else 1)
    session.do(operations.reorder_groups(document, [*rest[:place], *moved, *rest[place:]]))


def _refuse_into_itself(rows: Sequence[Row], target: Row) -> None:
    for row in rows:
        inside = row.group == target.group and f"{target.folder}/".startswith(f"{row.folder}/")
        if row.kind == "folder" and target.kind != "group" and inside:
            raise GroupError(f"folder {row.folder!r} cannot be moved into itself")


def _to_group(history: History, values: Sequence[int], group: int) -> None:
    document = history.segmentation
    for value in values:
        if value not in document.group(group):
            history.do(operations.move_label_to_group(document, value, group))


def _folder_for(target: Row, position: str) -> str:
    """The folder that rows come to: the target's own when they go into it, else the one that it lies in."""
    if target.kind == "group":
        return ""
    if target.kind == "folder" and position != "into":
        return target.folder.rpartition("/")[0]
    return target.folder


def _to_folder(history: History, rows: Sequence[Row], folder: str) -> None:
    document = history.segmentation
    for row in rows:
        if row.kind == "folder":
            # a folder keeps its name and what is in it; labels of other groups have come along already
            for value in row.values:
                own = str(document.label(value).properties.get("display_folder", ""))
                inner = own[len(row.folder.rpartition("/")[0]) :].strip("/")
                history.do(operations.set_folder(document, value, f"{folder}/{inner}"))
        else:
            history.do(operations.set_folder(document, row.values, folder))


def _in_order(history: History, values: Sequence[int], target: Row, position: str) -> None:
    document = history.segmentation
    moved = set(values)
    order = [value for value in document.group(target.group).values if value not in moved]
    anchors = [value for value in target.values if value not in moved]
    if position == "before" and anchors and target.kind != "group":
        place = order.index(anchors[0])
    else:
        place = order.index(anchors[-1]) + 1 if anchors else len(order)
    history.do(operations.reorder_labels(document, target.group, [*order[:place], *values, *order[place:]]))
