"""Which axis of an NRRD file is which, and where its voxels lie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite, isnan

import numpy as np

from ...core import Geometry
from ...errors import CorruptFileError, GeometryError, UnsupportedFormatError
from ..report import Report
from .header import NrrdHeader, Vector

#: kinds of axes along which a file has several values a voxel
_VALUE_KINDS = {
    "list", "vector", "covariant-vector", "normal", "point", "stub", "scalar", "complex", "2-vector", "3-vector",
    "3-gradient", "3-normal", "4-vector", "quaternion", "3-color", "rgb-color", "hsv-color", "xyz-color", "4-color",
    "rgba-color",
}  # fmt: skip
_NO_KIND = {"none", "???"}
#: signs that turn the axes of a space into LPS
_TO_LPS = {"RAS": (-1.0, -1.0, 1.0), "LAS": (1.0, -1.0, 1.0)}
_PATIENT_SPACES = {None, "LPS", "RAS", "LAS"}


@dataclass(frozen=True)
class AxisLayout:
    """Which axes of a file are what, by number, the fastest being 0.

    ``value_axis`` is the axis of groups (None: one value a voxel), of the kind ``value_kind``; ``spatial`` are i, j, k
    as far as they exist; ``time_axis`` is the axis of frames.
    """

    value_axis: int | None
    value_kind: str
    spatial: tuple[int, ...]
    time_axis: int | None

    def groups(self, header: NrrdHeader) -> int:
        """Values a voxel: the number of groups."""
        return 1 if self.value_axis is None else header.sizes[self.value_axis]

    def shape(self, header: NrrdHeader) -> tuple[int, int, int, int]:
        """Shape (t, k, j, i) of the array of one group."""
        sizes = [header.sizes[axis] for axis in self.spatial] + [1, 1]
        frames = 1 if self.time_axis is None else header.sizes[self.time_axis]
        return frames, sizes[2], sizes[1], sizes[0]


def axis_layout(header: NrrdHeader) -> AxisLayout:
    """The axes by their kinds; where there are none, an axis with the direction ``none`` is that of the groups.

    Raises UnsupportedFormatError for two axes of values, for one in the middle, and for more than three axes of
    space and one of time; CorruptFileError where the header contradicts itself.
    """
    axes = range(header.dimension)
    kinds = header.kinds or ("none",) * header.dimension
    directions = header.space_directions
    values = [axis for axis in axes if kinds[axis] in _VALUE_KINDS or "matrix" in kinds[axis]]
    if not values and directions is not None and any(directions):
        values = [axis for axis in axes if directions[axis] is None and kinds[axis] in _NO_KIND]
    if len(values) > 1:
        raise header.unsupported("kinds", f"one axis of values, not {len(values)}")
    value_axis = values[0] if values else None
    domain = [axis for axis in axes if axis != value_axis]
    if value_axis is not None and value_axis not in (0, header.dimension - 1):
        raise header.unsupported("kinds", "an axis of values that is the first or the last")
    timed = [axis for axis in domain if kinds[axis] == "time"] or domain[3:]
    if timed and timed != domain[-1:] or not 1 <= len(domain) - len(timed) <= 3:
        raise header.unsupported("sizes" if header.kinds is None else "kinds", "up to three axes of space, then time")
    spatial = tuple(axis for axis in domain if axis not in timed)
    kind = "" if value_axis is None else kinds[value_axis]
    return AxisLayout(value_axis, kind, spatial, timed[0] if timed else None)


def geometry_from_header(header: NrrdHeader, report: Report | None = None) -> Geometry:
    """Geometry in LPS mm. RAS and LAS are turned; other spaces and none at all are taken as LPS.

    Of vectors with a component of time only the first three count. Without directions the axes are those of the
    space, ``spacings`` (else 1) apart. ``report`` takes notes of what is unusual. Raises CorruptFileError for a
    geometry that is impossible.
    """
    layout = axis_layout(header)
    matrix = np.eye(4)
    matrix[:3, :3] = _directions(header, layout)
    if header.space_origin is not None:
        origin = (*header.space_origin, 0.0, 0.0)[:3]
        matrix[:3, 3] = origin
    elif "axis mins" in header.fields and report is not None:
        report.note("the NRRD header has no 'space origin'; its 'axis mins' are not used", header.path)
    signs = np.array(_TO_LPS.get(header.space or "", (1.0, 1.0, 1.0)))
    matrix[:3] *= signs[:, np.newaxis]
    if header.space not in _PATIENT_SPACES and report is not None:
        report.note(f"the space {header.space} says nothing about the patient; it is taken as LPS", header.path)
    shape = layout.shape(header)
    try:
        return Geometry(shape[1:], matrix + 0.0, shape[0])
    except GeometryError as error:
        name = "spacings" if header.space_directions is None else "space directions"
        raise CorruptFileError(header.path, f"NRRD field '{name}': {error}") from None


def time_axis_step(header: NrrdHeader) -> tuple[float, float] | None:
    """Start and step along the axis of frames in the units of the file, as ITK writes them; None where none is said.

    The step is the fourth component of that axis' vector, else its spacing; the start that of the origin.
    """
    axis = axis_layout(header).time_axis
    if axis is None:
        return None
    vectors, origin = header.space_directions, header.space_origin
    vector = None if vectors is None else vectors[axis]
    if vector is not None and len(vector) == 4:
        return (origin[3] if origin is not None else 0.0), vector[3]
    if header.spacings is not None and not isnan(header.spacings[axis]):
        return 0.0, header.spacings[axis]
    return None


def time_unit(header: NrrdHeader) -> str:
    """The unit of the axis of frames as the header names it, else an empty text."""
    axis = axis_layout(header).time_axis
    for name, place in (("space units", 3), ("units", axis)):
        found = re.findall(r'"([^"]*)"', header.fields.get(name, ""))
        if place is not None and place < len(found) and found[place].strip():
            return str(found[place]).strip()
    return ""


def _directions(header: NrrdHeader, layout: AxisLayout) -> np.ndarray:
    """Columns are the steps along i, j, k in mm, in the space of the file."""
    vectors = header.space_directions
    given = None if vectors is None else [vectors[axis] for axis in layout.spatial]
    if given is None or not any(given):
        return np.diag(_spacing(header, layout))
    columns: list[Vector] = []
    for vector in given:
        if vector is None:
            raise header.corrupt("space directions", "a vector for every axis of space")
        columns.append((*vector, 0.0, 0.0)[:3])
    if len(columns) == 1:
        raise header.unsupported("sizes", "images of at least two axes of space")
    if len(columns) == 2:  # one slice: its normal, 1 mm thick
        normal = np.cross(columns[0], columns[1])
        length = float(np.linalg.norm(normal))
        if not isfinite(length) or length == 0:
            raise header.corrupt("space directions", "two axes that are not parallel")
        columns.append(tuple((normal / length).tolist()))
    return np.array(columns, np.float64).T


def _spacing(header: NrrdHeader, layout: AxisLayout) -> list[float]:
    """Spacing along i, j, k; an unknown one (not a number) is 1, as ITK takes it."""
    given = header.spacings
    found = [1.0, 1.0, 1.0]
    for place, axis in enumerate(layout.spatial):
        if given is not None and not isnan(given[axis]):
            found[place] = given[axis]
    if not all(isfinite(step) and step > 0 for step in found):
        raise header.corrupt("spacings", "positive numbers")
    return found


def geometry_fields(
    geometry: Geometry,
    groups: int = 1,
    *,
    value_kind: str = "vector",
    scalar: bool | None = None,
    times: tuple[float, float] | None = None,
) -> dict[str, str]:
    """The fields of a header that describe shape and place, in the order in which MITK writes them.

    The axis of groups comes first, with the kind ``value_kind``; it is left out for one group unless ``scalar`` is
    False. Several frames make a fourth axis of space, as MITK has it: there is no ``space`` then, the vectors have
    four components and the last axis steps by 1, or by the ``times`` (start and step in ms) that are given.
    """
    scalar = groups == 1 if scalar is None else scalar
    if scalar and groups != 1:
        raise UnsupportedFormatError(None, f"{groups} groups need an axis of values")
    timed = geometry.time_steps > 1
    vectors = [[*column, 0.0] if timed else list(column) for column in geometry.ijk_to_lps[:3, :3].T.tolist()]
    sizes = [*geometry.size]
    origin = list(geometry.origin)
    if timed:
        sizes.append(geometry.time_steps)
        start, step = times or (0.0, 1.0)
        vectors.append([0.0, 0.0, 0.0, step])
        origin.append(start)
    directions = [_vector(vector) for vector in vectors]
    kinds = ["domain"] * len(sizes)
    if not scalar:
        sizes.insert(0, groups)
        directions.insert(0, "none")
        kinds.insert(0, value_kind)
    fields = {"dimension": str(len(sizes))}
    if timed:
        fields["space dimension"] = "4"
    else:
        fields["space"] = "left-posterior-superior"
    fields["sizes"] = " ".join(map(str, sizes))
    fields["space directions"] = " ".join(directions)
    fields["kinds"] = " ".join(kinds)
    if timed and times is not None:
        fields["space units"] = '"mm" "mm" "mm" "ms"'
    fields["space origin"] = _vector(origin)
    return fields


def _vector(numbers: list[float]) -> str:
    """Shortest text that reads back as the same numbers."""
    return "(" + ",".join(repr(float(number)).removesuffix(".0") for number in numbers) + ")"


__all__ = ["AxisLayout", "axis_layout", "geometry_fields", "geometry_from_header", "time_axis_step", "time_unit"]
