"""The contours of the 3D interpolation: kept with the segmentation, so that work goes on after loading, and undoable.

They live in the segmentation's extras, which our sidecar carries. Every edit of a slice adds, replaces or removes the
contour of its plane; deleting a label with ``remove_labels`` of this module deletes its contours too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import Geometry, Segmentation
from ..edit import operations
from ..edit.changes import Change, Command, PropertyChange
from ..edit.history import History
from ..errors import GeometryError, ToolError
from ..ops.iso_contours import iso_contours
from .base import Scene
from .choice import shown
from .contour_record import StoredContour, in_slice
from .slices import SliceOf

#: the key of the segmentation's extras
KEY = "contours_3d"
_VERSION = 1


@dataclass(frozen=True, eq=False)
class ContourStore:
    """The stored contours of a segmentation; immutable, each change gives a new one (see ``command``)."""

    geometry: Geometry
    contours: tuple[StoredContour, ...] = ()

    @classmethod
    def of(cls, segmentation: Segmentation) -> ContourStore:
        """What the segmentation's extras hold, on its present grid; contours of labels that are gone are left out.

        Raises ToolError that names the part of the extras that cannot be understood.
        """
        stored = segmentation.extras.get(KEY)
        if stored is None:
            return cls(segmentation.geometry)
        if not isinstance(stored, dict) or not isinstance(stored.get("contours"), list):
            raise ToolError(f"extras.{KEY}: expected an object with a list 'contours', found {stored!r:.60}")
        version = stored.get("version")
        if isinstance(version, bool) or not isinstance(version, int) or version > _VERSION:
            raise ToolError(f"extras.{KEY}: version {version!r:.60}; this program knows up to {_VERSION}")
        made_on, geometry = _geometry(stored), segmentation.geometry
        found = []
        for number, entry in enumerate(stored["contours"]):
            contour = StoredContour.from_json(entry, f"extras.{KEY}.contours[{number}]")
            if contour.label in segmentation and contour.t < geometry.time_steps:
                same = made_on.is_congruent(geometry, check_time=False)
                found.append(contour if same else contour.moved(made_on, geometry))
        return cls(geometry, tuple(found))

    def of_label(self, label: int, t: int | None = None) -> tuple[StoredContour, ...]:
        """The contours of a label, of one frame or of all."""
        return tuple(each for each in self.contours if each.label == label and t in (None, each.t))

    def with_slice(self, label: int, t: int, where: SliceOf, mask: NDArray[Any]) -> ContourStore:
        """With the contour of a label's slice (rows, columns) instead of the one before; an empty mask removes it."""
        polygons = iso_contours(mask)
        rest = tuple(
            each
            for each in self.contours
            if (each.label, each.t, each.plane, each.slice) != (label, t, where.plane, where.index)
        )
        return ContourStore(self.geometry, (*rest, in_slice(label, t, where, polygons)) if polygons else rest)

    def with_polygons(self, label: int, t: int, polygons_lps: Sequence[ArrayLike]) -> ContourStore:
        """With closed polygons (n, 3) of any plane, LPS mm, instead of what that plane had."""
        polygons = tuple(self.geometry.ijk_from_lps(polygon) for polygon in polygons_lps)
        new = StoredContour(label, t, "free", None, polygons)
        rest = (each for each in self.contours if not each.shares_plane(new, self.geometry))
        return ContourStore(self.geometry, (*rest, new))

    def without(self, gone: Iterable[StoredContour]) -> ContourStore:
        """Without some of its contours."""
        names = {id(each) for each in gone}
        return ContourStore(self.geometry, tuple(each for each in self.contours if id(each) not in names))

    def change(self, segmentation: Segmentation) -> PropertyChange:
        """The change that stores these contours with the segmentation."""
        extras = {key: value for key, value in segmentation.extras.items() if key != KEY}
        if self.contours:
            extras[KEY] = self.as_json()
        return PropertyChange(None, "extras", extras)

    def command(self, segmentation: Segmentation, title: str) -> Command:
        """``change`` as a command for ``History.do``."""
        return Command(title, (self.change(segmentation),), values=tuple({each.label for each in self.contours}))

    def as_json(self) -> dict[str, Any]:
        """What the extras hold: the grid, and the contours."""
        return {
            "version": _VERSION,
            "shape": list(self.geometry.shape),
            "ijk_to_lps": " ".join(repr(number) for number in self.geometry.ijk_to_lps.reshape(-1).tolist()),
            "contours": [each.as_json() for each in self.contours],
        }


def _geometry(stored: dict[str, Any]) -> Geometry:
    """The grid that the contours were made on. Raises ToolError."""
    shape, text = stored.get("shape"), stored.get("ijk_to_lps")
    try:
        affine = np.array([float(word) for word in str(text).split()]).reshape(4, 4)
        k, j, i = shape  # type: ignore[misc]
        return Geometry((k, j, i), affine)
    except (TypeError, ValueError, GeometryError) as error:
        raise ToolError(f"extras.{KEY}: 'shape' and 'ijk_to_lps' are no grid: {error}") from None


def update_from_slice(scene: Scene, where: SliceOf, values: Collection[int] = ()) -> Command | None:
    """The command that brings the contours of a slice up to date after an edit there; None when they are already.

    The active label's contour is stored; of other labels, ``values`` say which, the one that is stored there already.
    Raises ToolError without an active label.
    """
    segmentation, t, active = scene.segmentation, scene.checked_frame(), scene.active_label().value
    store = ContourStore.of(segmentation)
    plane = (where.plane, where.index, t)
    known = {each.label for each in store.contours if (each.plane, each.slice, each.t) == plane}
    updated = store
    for value in sorted({active, *(known & set(values))}):
        pixels = where.take(segmentation.group_of(value).array[t])
        updated = updated.with_slice(value, t, where, pixels == value)
    before, after = (
        sorted(str(each.as_json()) for each in one.contours if (each.plane, each.slice, each.t) == plane)
        for one in (store, updated)
    )
    if before == after:
        return None
    return updated.command(segmentation, f"Contour of {shown(segmentation, active)}")


def do_with_contours(history: History, scene: Scene, command: Command, where: SliceOf) -> Command:
    """Does the command of an edit in a slice and brings its contours up to date, both as one step to undo."""
    with history.grouped(command.title):
        history.do(command)
        contours = update_from_slice(scene, where, command.resolution.touched)
        if contours is not None:
            history.do(contours)
    return command


def remove_contours(segmentation: Segmentation, gone: Sequence[StoredContour]) -> Command:
    """Deletes contours from the store that ``ContourStore.of`` gave; voxels stay. Raises ToolError for unknown ones."""
    store = ContourStore.of(segmentation)
    names = [str(each.as_json()) for each in gone]
    found = [each for each in store.contours if str(each.as_json()) in names]
    if len(found) < len(set(names)):
        raise ToolError(f"{len(set(names)) - len(found)} of {len(gone)} contours are not stored (any more)")
    what = "a contour" if len(found) == 1 else f"{len(found)} contours"
    return store.without(found).command(segmentation, f"Remove {what}")


def remove_labels(segmentation: Segmentation, values: Sequence[int]) -> Command:
    """Removes labels with their voxels (see ``operations.remove_labels``) and their contours, as one command.

    A later label of the same value must not inherit them. Raises UnknownLabelError.
    """
    command = operations.remove_labels(segmentation, values)
    store = ContourStore.of(segmentation)
    gone = [each for each in store.contours if each.label in command.values]
    if not gone:
        return command
    changes: list[Change] = [store.without(gone).change(segmentation), *command.changes]
    return Command(command.title, changes, command.resolution, command.values)
