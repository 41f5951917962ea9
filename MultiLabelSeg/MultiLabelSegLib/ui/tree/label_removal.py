"""Taking labels, their voxels and groups away, with their contours, so that no later label inherits them."""

from __future__ import annotations

from collections.abc import Collection

from ...edit import operations
from ...tools.contour_store import ContourStore
from ..session import Session


def erase(session: Session, values: Collection[int], t: int | None = None) -> None:
    """Makes the voxels of labels unlabelled, in all frames or in one, as one step; the labels stay."""
    session.collect()
    opened = session.need()
    command = operations.clear_labels(opened.document, values, t)
    with session.grouped(command.title):
        _drop_contours(session, values, t)
        opened.history.do(command)


def remove_group(session: Session, group: int) -> None:
    """Removes a group with its labels. Raises GroupError for the last one."""
    session.collect()
    opened = session.need()
    command = operations.remove_group(opened.document, group)
    with session.grouped(command.title):
        _drop_contours(session, opened.document.group(group).values)
        opened.history.do(command)


def _drop_contours(session: Session, values: Collection[int], t: int | None = None) -> None:
    opened = session.need()
    store = ContourStore.of(opened.document)
    gone = [each for each in store.contours if each.label in values and t in (None, each.t)]
    if gone:
        opened.history.do(store.without(gone).command(opened.document, "Remove contours"))
