"""Keeps the contours of the 3D interpolation up to date with every edit of a slice."""

from __future__ import annotations

from collections.abc import Iterable

from ...edit import Command
from ...ops.iso_contours import drawn_slices, iso_contours
from ...tools.base import Scene
from ...tools.contour_record import in_slice
from ...tools.contour_store import ContourStore
from ...tools.slices import PLANES, SliceOf
from ..session import Session


class ContourRecorder:
    """Makes the command that belongs to an edit.

    While ``is_on`` (3D interpolation is), the active label's contour of the slice is stored; the first time also those
    of the slices that were drawn before. Otherwise only contours that are stored already follow their voxels.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.is_on = False

    def command(self, scene: Scene, where: SliceOf, touched: Iterable[int]) -> Command | None:
        """The change of the stored contours after an edit of a slice; None when they are right.

        Raises ToolError for stored contours that cannot be understood.
        """
        store = self._session.contours
        if store is None or scene.label is None or not (self.is_on or store.contours):
            return None
        segmentation, t, label = scene.segmentation, scene.checked_frame(), scene.active_label()
        place = (where.plane, where.index, t)
        changed = {label.value, *touched}
        values = {each.label for each in store.contours if (each.plane, each.slice, each.t) == place} & changed
        updated = store
        if self.is_on:
            values.add(label.value)
            if not store.of_label(label.value, t):
                updated = _with_drawn(scene, store)
        for value in sorted(value for value in values if value in segmentation):
            pixels = where.take(segmentation.group_of(value).array[t])
            updated = updated.with_slice(value, t, where, pixels == value)
        if _texts(updated) == _texts(store):
            return None
        return updated.command(segmentation, f"Contour of {label.name}")


def _texts(store: ContourStore) -> list[str]:
    return sorted(str(each.as_json()) for each in store.contours)


def _with_drawn(scene: Scene, store: ContourStore) -> ContourStore:
    """With the contours of the slices of the active label that stand apart from others, so were drawn by hand."""
    label, t = scene.active_label().value, scene.t
    group = scene.segmentation.group_of(label)
    box = group.index.box(label, t)
    if box is None:
        return store
    frame = group.array[t]
    for axis, index in drawn_slices(frame[box.slices] == label):
        where = SliceOf(scene.geometry, PLANES[axis], index + box.lower[axis])
        polygons = iso_contours(where.take(frame) == label)
        if polygons:
            store = ContourStore(store.geometry, (*store.contours, in_slice(label, t, where, polygons)))
    return store
