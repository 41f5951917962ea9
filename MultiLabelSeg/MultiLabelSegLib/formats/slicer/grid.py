"""The grid of a ``.seg.nrrd`` file: what is stored may be a part, cropped to the segments, of the reference image."""

from __future__ import annotations

import numpy as np

from ...core import Box, Geometry, Group
from ...core.geometry import lps_from_ras, ras_from_lps
from ...errors import GeometryError
from ..report import Report

#: Slicer's name of the conversion parameter that describes the reference image
_PARAMETER = "Reference image geometry"
_DESCRIPTION = (
    "Image geometry description string determining the geometry of the labelmap that is created in course of "
    "conversion. Can be copied from a volume, using the button."
)
_DEFAULTS = {
    "Decimation factor": ["0.0"],
    "Smoothing factor": ["0.5"],
    "Compute surface normals": ["1"],
    "Conversion method": ["0"],
    "SurfaceNets smoothing": ["0"],
    "Joint smoothing": ["0"],
    "Oversampling factor": ["1"],
    "Crop to reference image geometry": ["0"],
    "Collapse labelmaps": ["1"],
    "Fractional labelmap oversampling factor": ["1"],
    "Threshold fraction": ["0.5"],
    "Default slice thickness": ["0.0"],
    "End capping": ["1"],
}
#: headers are written with 15 digits and more; what differs more is another lattice
_SAME_LATTICE = 1e-3
#: padding is a courtesy: beyond this many voxels in all groups together it is left to who asks for it; a grid that we
#: noted ourselves is trusted further
_MOST_PADDED, _MOST_PADDED_BY_US = 1 << 31, 1 << 33


def split_parameters(text: str) -> tuple[str, Geometry | None]:
    """Conversion parameters as (all others, the reference image's geometry in LPS).

    The geometry is None when there is none or when it cannot be understood; then its text stays with the others.
    """
    others, reference = [], None
    for entry in filter(None, text.split("&")):
        name, _, rest = entry.partition("|")
        geometry = _reference_from_text(rest.partition("|")[0]) if name == _PARAMETER and reference is None else None
        if geometry is None:
            others.append(entry + "&")
        reference = reference or geometry
    return "".join(others), reference


def chosen_parameters(others: str) -> str:
    """Conversion parameters without those that have Slicer's defaults, which it writes into every file."""
    entries = [entry.split("|") for entry in others.split("&") if entry]
    return "".join("|".join(entry) + "&" for entry in entries if _DEFAULTS.get(entry[0]) != entry[1:2])


def join_parameters(others: str, geometry: Geometry) -> str:
    """Conversion parameters that name ``geometry`` as the reference image: Slicer then keeps the whole grid."""
    matrix = ";".join(repr(float(number)).removesuffix(".0") for number in ras_from_lps(geometry.ijk_to_lps).ravel())
    extent = ";".join(f"0;{size - 1}" for size in geometry.size)
    return f"{others}{_PARAMETER}|{matrix};{extent};|{_DESCRIPTION}&"


def _reference_from_text(text: str) -> Geometry | None:
    words = [word for word in text.split(";") if word]
    if len(words) != 22:
        return None
    try:
        affine = lps_from_ras(np.array([float(word) for word in words[:16]]).reshape(4, 4))
        i0, i1, j0, j1, k0, k1 = (int(word) for word in words[16:])
        affine[:3, 3] += affine[:3, :3] @ np.array([i0, j0, k0], np.float64)
        return Geometry((k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1), affine)
    except (GeometryError, ValueError, OverflowError):
        return None


def on_full_grid(
    stored: Geometry, groups: list[Group], own: Geometry | None, reference: Geometry | None, report: Report
) -> tuple[Geometry, list[Group]]:
    """The groups on the whole grid that the stored one is a part of, as far as the file tells.

    ``own`` is what our tags say, ``reference`` what Slicer says. Labelled voxels are never cut off: where some lie
    outside of the reference, the grid holds both. Another lattice is no error: Slicer may have resampled.
    """
    labelled = _labelled_box(groups)
    for candidate in (own, reference):
        if candidate is None:
            continue
        most = _MOST_PADDED_BY_US if candidate is own else _MOST_PADDED
        if labelled is None and stored.voxels == 1 and candidate.voxels * len(groups) <= most:
            return candidate, _padded(groups, (0, 0, 0), candidate.shape)  # Slicer forgets the grid of empty segments
        start = candidate.offset_of(stored, _SAME_LATTICE)
        if start is None:
            report.note(f"the reference image ({candidate}) is another grid than that of the voxels, which was kept")
            continue
        box = _grid_box(candidate, start, labelled)
        whole = box == Box.whole(candidate.shape)
        if start == (0, 0, 0) and whole and candidate.shape == stored.shape:
            return (candidate if candidate is own else stored), groups
        if box.voxels * len(groups) > max(most, stored.voxels * len(groups)):
            report.note(f"the reference image ({candidate}) is too large to pad to; the stored grid was kept")
            continue
        if not whole:
            report.note(f"labelled voxels lie outside of the reference image ({candidate}); the grid holds both")
        offset = (start[0] - box.lower[0], start[1] - box.lower[1], start[2] - box.lower[2])
        target = candidate if whole else candidate.cropped(box.lower, box.shape)
        return target, _padded(groups, offset, box.shape)
    return stored, groups


def _labelled_box(groups: list[Group]) -> Box | None:
    found = None
    for group in groups:
        for value in group.present_values():
            extent = group.extent(value)
            if extent is not None:
                found = extent.box if found is None else found.union(extent.box)
    return found


def _grid_box(candidate: Geometry, start: tuple[int, int, int], labelled: Box | None) -> Box:
    """The reference's box, in its own indices, made large enough for all labelled voxels."""
    whole = Box.whole(candidate.shape)
    if labelled is None:
        return whole
    (k, j, i), ((k0, j0, i0), (k1, j1, i1)) = start, labelled
    return whole.union(Box((k0 + k, j0 + j, i0 + i), (k1 + k, j1 + j, i1 + i)))


def _padded(groups: list[Group], offset: tuple[int, int, int], shape: tuple[int, int, int]) -> list[Group]:
    """Groups in a larger (or cropped, where nothing is labelled) array, their first voxel at ``offset`` (k, j, i)."""
    result = []
    for group in groups:
        array = np.zeros((1, *shape), group.array.dtype)
        k, j, i = group.shape[1:]
        placed = Box(offset, (offset[0] + k, offset[1] + j, offset[2] + i)).intersection(Box.whole(shape))
        if placed.voxels:
            (k0, j0, i0), (k1, j1, i1) = placed
            k, j, i = offset
            array[(slice(None), *placed.slices)] = group.array[:, k0 - k : k1 - k, j0 - j : j1 - j, i0 - i : i1 - i]
        result.append(Group(array, group.labels, group.name, group.properties))
    return result
