"""Draws a tool's feedback over an MRML slice view with VTK's two-dimensional actors, in the view's pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.label import Color
from ...tools.slices import SliceOf
from ..tools.feedback import Circle, Feedback, Handle, Patch, Polyline
from ..tools.slice_pointer import SlicePointer

_CORNERS = 64
_HANDLE_PIXELS = 3.0
_TEXT_SIZE = 14

Rgba = tuple[int, int, int, int]


@dataclass(eq=False)
class Shapes:
    """Lines and filled quadrilaterals in pixels of a view, each with its colour."""

    lines: list[tuple[NDArray[np.float64], Rgba]] = field(default_factory=list)
    quads: list[tuple[NDArray[np.float64], Rgba]] = field(default_factory=list)


def shapes_of(feedback: Feedback, pointer: SlicePointer) -> Shapes:
    """What a feedback looks like in a view, if it is meant for the slice that the view shows; else nothing."""
    shapes = Shapes()
    if feedback.plane != pointer.plane or (feedback.plane is not None and feedback.slice != pointer.slice):
        return shapes
    for patch in feedback.patches:
        _add_patch(shapes, patch, pointer)
    shapes.lines += [_of_polyline(line, pointer) for line in feedback.lines if len(line.points_ijk)]
    shapes.lines += [_of_circle(circle, pointer) for circle in feedback.circles]
    for handle in feedback.handles:
        _add_handle(shapes, handle, pointer)
    return shapes


def _of_polyline(line: Polyline, pointer: SlicePointer) -> tuple[NDArray[np.float64], Rgba]:
    pixels = pointer.pixels(line.points_ijk)
    return (np.vstack([pixels, pixels[:1]]) if line.closed else pixels), _rgba(line.color)


def _of_circle(circle: Circle, pointer: SlicePointer) -> tuple[NDArray[np.float64], Rgba]:
    center = pointer.pixels(np.array([circle.center_ijk]))[0]
    angles = np.linspace(0, 2 * np.pi, _CORNERS + 1)
    around = np.column_stack([np.cos(angles), np.sin(angles)])
    return center + around * (circle.diameter_mm / 2 / pointer.pixel_mm), _rgba(circle.color)


def _add_handle(shapes: Shapes, handle: Handle, pointer: SlicePointer) -> None:
    center = pointer.pixels(np.array([handle.point_ijk]))[0]
    size = _HANDLE_PIXELS * (1.5 if handle.selected else 1)
    shapes.quads.append((center + size * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]), _rgba(handle.color)))


def _add_patch(shapes: Shapes, patch: Patch, pointer: SlicePointer) -> None:
    if pointer.plane is None:
        return
    where = SliceOf(pointer.geometry, pointer.plane, pointer.slice)
    begin, end = patch.box.lower[where.axis], patch.box.upper[where.axis]
    if not begin <= pointer.slice < end:
        return
    pixels = np.take(patch.values, pointer.slice - begin, axis=where.axis)
    first_row, first_column = (patch.box.lower[axis] for axis in range(3) if axis != where.axis)
    for row, start, stop, value in _runs(pixels):
        color = patch.colors.get(value)
        if color is None:
            continue
        left, right, top = first_column + start - 0.5, first_column + stop - 0.5, first_row + row - 0.5
        corners = [(left, top), (right, top), (right, top + 1), (left, top + 1)]
        ijk = np.array([where.point_ijk(column, line) for column, line in corners])
        shapes.quads.append((pointer.pixels(ijk), _rgba(color, patch.opacity)))


def _runs(pixels: NDArray[Any]) -> list[tuple[int, int, int, int]]:
    """(row, first column, behind the last, value) of each run of one value that is not 0."""
    rows, columns = pixels.shape
    fenced = np.zeros((rows, columns + 2), pixels.dtype)
    fenced[:, 1:-1] = pixels
    row, column = np.nonzero(fenced[:, 1:] != fenced[:, :-1])
    value = fenced[row, column + 1]  # what begins at each change
    begins = np.flatnonzero(value)
    return [
        (int(row[at]), int(column[at]), int(column[at + 1]), int(value[at])) for at in begins
    ]  # the fence makes another change follow in the same row


def _rgba(color: Color, opacity: float = 1.0) -> Rgba:
    red, green, blue = (round(255 * part) for part in color)
    return red, green, blue, round(255 * opacity)


class SliceOverlay:
    """The actors of one view: ``renderer`` is the one that its own overlays are in. ``show`` replaces what is drawn.

    Whoever owns the view renders afterwards.
    """

    def __init__(self, renderer: Any) -> None:
        from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D, vtkTextActor

        self._renderer = renderer
        self._actor, self._mapper = vtkActor2D(), vtkPolyDataMapper2D()
        self._mapper.SetScalarModeToUseCellData()
        self._actor.SetMapper(self._mapper)
        self._actor.GetProperty().SetLineWidth(1.5)
        self._actor.VisibilityOff()
        self._text = vtkTextActor()
        self._text.GetTextProperty().SetFontSize(_TEXT_SIZE)
        self._text.GetTextProperty().SetShadow(True)
        self._text.SetPosition(8, 8)
        for actor in (self._actor, self._text):
            actor.PickableOff()
            renderer.AddViewProp(actor)

    def show(self, feedback: Feedback | None, pointer: SlicePointer | None) -> None:
        """Draws a feedback, or nothing."""
        shapes = Shapes() if feedback is None or pointer is None else shapes_of(feedback, pointer)
        self._text.SetInput("\n".join(feedback.text) if feedback is not None else "")
        is_something = bool(shapes.lines or shapes.quads)
        self._actor.SetVisibility(is_something)
        if is_something:
            self._mapper.SetInputData(_poly_data(shapes))

    def remove(self) -> None:
        """Takes the actors out of the view."""
        for actor in (self._actor, self._text):
            self._renderer.RemoveViewProp(actor)


def _poly_data(shapes: Shapes) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    # VTK counts the cells of lines before those of polygons, and colours go by cell
    flat = [points for points, _ in shapes.lines] + [points for points, _ in shapes.quads]
    colors = np.array([color for _, color in shapes.lines + shapes.quads], np.uint8)
    xyz = np.zeros((sum(map(len, flat)), 3))
    xyz[:, :2] = np.vstack(flat) + 0.5  # MRML's whole numbers are middles of pixels, OpenGL's are their edges
    points = vtkPoints()
    points.SetData(numpy_to_vtk(xyz, deep=True))
    data = vtkPolyData()
    data.SetPoints(points)
    behind_lines = sum(len(one) for one, _ in shapes.lines)
    data.SetLines(_cells([len(one) for one, _ in shapes.lines], 0))
    data.SetPolys(_cells([len(one) for one, _ in shapes.quads], behind_lines))
    data.GetCellData().SetScalars(numpy_to_vtk(colors, deep=True))
    return data


def _cells(sizes: Sequence[int], first: int) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonDataModel import vtkCellArray

    offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
    ids = np.arange(first, first + int(offsets[-1]), dtype=np.int64)
    cells = vtkCellArray()
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(ids, deep=True))
    return cells
