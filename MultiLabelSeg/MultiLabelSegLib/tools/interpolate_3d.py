"""3D interpolation: a label from contours in any planes, previewed as a surface and as voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..errors import ToolError
from ..ops.iso_contours import drawn_slices, iso_contours
from ..ops.plane_contours import ContourPoints, contour_points
from ..ops.progress import Progress, part_of
from ..ops.rbf_function import Points, RbfSurface
from ..ops.rbf_grid import Triangles, rasterized, triangulated
from ..ops.rbf_surface import fit_surface
from .base import Preview, PreviewFrame, PreviewLabel, Scene, Scope
from .contour_record import StoredContour, in_slice
from .contour_store import ContourStore
from .masking import Masked
from .parameters import parameter
from .points import points_of
from .slices import PLANES, Plane, SliceOf

#: closed contours, each a list of points
Contours = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class SurfacePreview(Preview):
    """A preview with the surface that it comes from; ``contours`` are those that were used."""

    fitted: RbfSurface = field(kw_only=True)
    contours: tuple[StoredContour, ...] = field(kw_only=True)
    ijk_to_lps: NDArray[np.float64] = field(kw_only=True)

    def surface(self) -> tuple[Points, Triangles]:
        """The closed surface as triangles: points (n, 3) in LPS mm, corners (m, 3). Raises ToolError without vtk."""
        return triangulated(self.fitted, self.ijk_to_lps)


@dataclass(frozen=True, kw_only=True)
class Interpolate3D(Masked):
    """Lays a smooth surface through a label's contours in any planes and fills it, after a preview.

    The contours are those that are given, else those that are stored with the segmentation, else those of the slices
    that were drawn. Only the label itself decides what is inside; intensities are not looked at.
    """

    name: ClassVar[str] = "interpolate_3d"
    title: ClassVar[str] = "3D interpolation"
    scope: ClassVar[Scope] = "interpolation"
    contours_ijk: Contours = parameter((), help="closed contours, each a list of points [i, j, k] of one plane")
    contours_lps: Contours = parameter((), unit="mm", help="the contours in LPS mm, instead of contours_ijk")
    source: Literal["auto", "stored", "slices"] = parameter(
        "auto", help="which contours: those stored with the segmentation, or of the slices of the label; auto: stored"
    )
    plane: Literal["auto", "axial", "coronal", "sagittal"] = parameter(
        "auto", help="with contours from slices: the plane that was drawn in; auto finds drawn slices of all planes"
    )
    keep_drawn: bool = parameter(True, help="leave the slices whose contours are used as they were drawn")

    def propose(self, scene: Scene, progress: Progress | None = None) -> SurfacePreview:
        """See ``Tool`` and ``base.propose``. Raises ToolError: no contours, or ones that lie in no plane."""
        label = scene.active_label()
        contours, given = self._contours(scene)
        geometry = scene.geometry
        points = [_points(scene, contour) for contour in contours]
        fitted = fit_surface(points, _thickness(scene, contours), part_of(progress, 0, 0.5))
        corner, mask = rasterized(fitted, geometry.ijk_to_lps, geometry.shape, part_of(progress, 0.5, 1))
        k, j, i = (first + size for first, size in zip(corner, mask.shape, strict=True))
        box = Box(corner, (k, j, i))
        if mask.size and self.keep_drawn and not given:
            _keep(scene, contours, box, mask)
        region = self.masked(scene, box, mask.view(np.uint8)) if mask.size else mask.view(np.uint8)
        what = "1 contour" if len(contours) == 1 else f"{len(contours)} contours"
        notes = [f"from {what}, {sum(len(contour.polygons_ijk) for contour in contours)} polygons"]
        if fitted.slab is not None:
            notes.append("all contours lie in one plane: only what they enclose there is filled")
        if not region.any():
            notes.append("no voxel centre lies within the surface")
        frame = PreviewFrame(box, region)
        return SurfacePreview(
            f"Interpolate {label.name} (3D)",
            {scene.checked_frame(): frame},
            (PreviewLabel(1, label.name, label.color, label.value),),
            "active",
            scene.active_group(),
            notes=tuple(notes),
            fitted=fitted,
            contours=tuple(contours),
            ijk_to_lps=geometry.ijk_to_lps,
        )

    def _contours(self, scene: Scene) -> tuple[Sequence[StoredContour], bool]:
        """The contours to use, and whether they were given as parameters."""
        label, t = scene.active_label(), scene.checked_frame()
        if self.contours_ijk or self.contours_lps:
            return self._given(scene, label.value, t), True
        if self.source != "slices":
            stored = ContourStore.of(scene.segmentation).of_label(label.value, t)
            if stored:
                return stored, False
            if self.source == "stored":
                raise ToolError(f"no contours of {label.name} are stored with the segmentation, in frame {t}")
        found = self._of_slices(scene, label.value, t)
        if not found:
            raise ToolError(f"{label.name} has no contours: none are stored, and no slices stand apart from others")
        return found, False

    def _given(self, scene: Scene, label: int, t: int) -> list[StoredContour]:
        if self.contours_ijk and self.contours_lps:
            raise ToolError("contours are given as contours_ijk or contours_lps, one of them")
        found: list[StoredContour] = []
        for each in self.contours_ijk or self.contours_lps:
            ijk, lps = (each, ()) if self.contours_ijk else ((), each)
            new = StoredContour(label, t, "free", None, (points_of(scene, ijk, lps, "contour", 3),))
            same = next((at for at, other in enumerate(found) if new.shares_plane(other, scene.geometry)), None)
            if same is None:
                found.append(new)
            else:  # polygons of one plane belong together: one in another is a hole
                found[same] = StoredContour(label, t, "free", None, (*found[same].polygons_ijk, *new.polygons_ijk))
        return found

    def _of_slices(self, scene: Scene, value: int, t: int) -> list[StoredContour]:
        """Contours of the slices of the label itself that were drawn."""
        group = scene.segmentation.group_of(value)
        box = group.index.box(value, t)
        if box is None:
            return []
        frame = group.array[t]
        mask = np.asarray(frame[box.slices] == value)
        axis_of = PLANES.index
        if self.plane == "auto":
            drawn = drawn_slices(mask)
        else:
            axis = axis_of(self.plane)
            held = mask.any(axis=tuple(other for other in range(3) if other != axis))
            drawn = [(axis, int(index)) for index in np.flatnonzero(held)]
        found = []
        for axis, index in drawn:
            plane: Plane = PLANES[axis]
            where = SliceOf(scene.geometry, plane, index + box.lower[axis])
            found.append(in_slice(value, t, where, iso_contours(where.take(frame) == value)))
        return found


def _points(scene: Scene, contour: StoredContour) -> ContourPoints:
    """Points along a contour, as far apart as the pixels of its plane are large."""
    where = contour.where(scene.geometry)
    step = min(scene.geometry.spacing) if where is None else max(where.spacing)
    return contour_points(contour.polygons_lps(scene.geometry), step)


def _thickness(scene: Scene, contours: Sequence[StoredContour]) -> float:
    """How thick a single plane is: a voxel of the grid across it."""
    where = contours[0].where(scene.geometry)
    return min(scene.geometry.spacing) if where is None else scene.geometry.spacing[2 - where.axis]


def _keep(scene: Scene, contours: Sequence[StoredContour], box: Box, mask: NDArray[np.bool_]) -> None:
    """Puts what the label has in the drawn slices into the mask of the box."""
    label = scene.active_label().value
    for contour in contours:
        where = contour.where(scene.geometry)
        if where is None:
            continue
        thin = where.box.intersection(box)
        if thin.voxels:
            mask[thin.moved(box.lower, -1).slices] = scene.values()[thin.slices] == label
