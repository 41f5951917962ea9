"""An off-screen VTK window with surfaces and contours; knows neither Qt nor MRML."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians, tan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.surface import Surface

Look = tuple[tuple[float, float, float], float, bool]


#: rounds of the filter that takes the steps of voxels away, and the share of detail that it keeps (Taubin 1996)
_ROUNDS, _PASS_BAND = 15, 0.06
#: how much nearer the camera comes than VTK puts it, and the room around what is to be seen
_NEAREST, _ROOM = 1.2, 1.06


def poly_data(surface: Surface, is_smoothed: bool = True) -> Any:
    """The triangles of a surface with smooth normals, as VTK takes them; may be called in any thread.

    Smoothing is for the eye alone: slices far apart would show as steps, since points of a label's surface stay within
    half a voxel. What is exported or measured is not touched.
    """
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy

    data, points, cells = vtk.vtkPolyData(), vtk.vtkPoints(), vtk.vtkCellArray()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(surface.points, np.float32), deep=True))
    triangles = np.ascontiguousarray(surface.triangles, np.int64)
    offsets = np.arange(0, 3 * len(triangles) + 1, 3, dtype=np.int64)
    cells.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(triangles.reshape(-1), deep=True)
    )
    data.SetPoints(points)
    data.SetPolys(cells)
    if is_smoothed and len(triangles):
        data = _smoothed(data)
    shown = vtk_to_numpy(data.GetPoints().GetData())
    data.GetPointData().SetNormals(numpy_to_vtk(_normals(shown, triangles), deep=True))
    return data


def _smoothed(data: Any) -> Any:
    """The same triangles with points in the same order, moved by a low-pass filter that does not shrink them."""
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter

    sinc = vtkWindowedSincPolyDataFilter()
    sinc.SetInputData(data)
    sinc.SetNumberOfIterations(_ROUNDS)
    sinc.SetPassBand(_PASS_BAND)
    sinc.SetNonManifoldSmoothing(True)
    sinc.SetFeatureEdgeSmoothing(False)
    sinc.SetBoundarySmoothing(False)
    sinc.SetNormalizeCoordinates(True)
    sinc.Update()
    return sinc.GetOutput()


def _normals(points: NDArray[Any], triangles: NDArray[Any]) -> NDArray[np.float32]:
    """At each point the mean direction of its triangles, larger ones counting more."""
    corners = np.asarray(points, np.float32)[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    count = len(points)
    index = np.asarray(triangles).reshape(-1)
    summed = [np.bincount(index, np.repeat(faces[:, axis], 3), count) for axis in range(3)]
    normals = np.stack(summed, axis=1)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.ascontiguousarray(normals / np.where(length > 0, length, 1), np.float32)


def poly_lines(polygons: Sequence[NDArray[np.float64]]) -> Any:
    """Closed polygons (n, 3) as lines."""
    import vtk

    data, points, cells = vtk.vtkPolyData(), vtk.vtkPoints(), vtk.vtkCellArray()
    for polygon in polygons:
        ids = [points.InsertNextPoint(*point) for point in np.asarray(polygon, np.float64).tolist()]
        cells.InsertNextCell(len(ids) + 1)
        for point_id in (*ids, ids[0]):
            cells.InsertCellPoint(point_id)
    data.SetPoints(points)
    data.SetLines(cells)
    return data


class SurfaceScene:
    """Surfaces by label value, black contours, and a camera that the mouse moves."""

    def __init__(self) -> None:
        import vtk

        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.SetSize(64, 64)
        self._renderer = vtk.vtkRenderer()
        self._renderer.GradientBackgroundOn()
        self._window.AddRenderer(self._renderer)
        self._interactor = vtk.vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        self._interactor.SetInteractorStyle(vtk.vtkInteractorStyleTrackballCamera())
        # the widget draws when Qt has time
        self._interactor.EnableRenderOff()
        self._interactor.Initialize()
        self._actors: dict[int, Any] = {}
        self._contours: Any = None
        self._preview: Any = None

    def bounds(self) -> tuple[float, ...] | None:
        """Least and greatest x, y and z in LPS mm of all that is to be seen; None for nothing."""
        found = tuple(self._renderer.ComputeVisiblePropBounds())
        return found if found[0] <= found[1] else None

    @property
    def values(self) -> tuple[int, ...]:
        """The labels that have a surface."""
        return tuple(self._actors)

    @property
    def camera(self) -> Any:
        """VTK's camera."""
        return self._renderer.GetActiveCamera()

    def set_background(self, bottom: str, top: str) -> None:
        """CSS colours of the lower and the upper edge."""
        self._renderer.SetBackground(*_rgb(bottom))
        self._renderer.SetBackground2(*_rgb(top))

    def set_size(self, wide: int, high: int) -> None:
        """The picture's size in pixels."""
        self._window.SetSize(wide, high)
        self._interactor.SetSize(wide, high)

    def set_surfaces(self, surfaces: Sequence[Any], opacities: Sequence[float] | None = None) -> None:
        """Shows these and no others; each a ``Surface`` or (surface, its ``poly_data`` made before)."""
        for actor in self._actors.values():
            self._renderer.RemoveActor(actor)
        self._actors.clear()
        for number, entry in enumerate(surfaces):
            surface, data = entry if isinstance(entry, tuple) else (entry, poly_data(entry))
            self._actors[surface.value] = self._add(surface, data, 1.0 if opacities is None else opacities[number])

    def set_preview(self, surface: Surface | None) -> None:
        """Shows a surface that is not confirmed yet, half transparent, beside those of the labels; None: no more."""
        if self._preview is not None:
            self._renderer.RemoveActor(self._preview)
            self._preview = None
        if surface is not None and len(surface.triangles):
            self._preview = self._add(surface, poly_data(surface, is_smoothed=False), 0.55)

    def set_contours(self, polygons: Sequence[NDArray[np.float64]]) -> None:
        """Closed polygons in LPS mm, drawn black."""
        import vtk

        if self._contours is not None:
            self._renderer.RemoveActor(self._contours)
            self._contours = None
        if polygons:
            mapper = vtk.vtkPolyDataMapper()
            mapper.SetInputData(poly_lines(polygons))
            self._contours = vtk.vtkActor()
            self._contours.SetMapper(mapper)
            look = self._contours.GetProperty()
            look.SetColor(0.0, 0.0, 0.0)
            look.SetLineWidth(2.0)
            look.LightingOff()
            self._renderer.AddActor(self._contours)

    def restyle(self, looks: dict[int, Look]) -> None:
        """Colour, opacity, visibility by value; a surface whose label is gone is hidden."""
        for value, actor in self._actors.items():
            color, opacity, visible = looks.get(value, ((1.0, 1.0, 1.0), 1.0, False))
            actor.GetProperty().SetColor(*color)
            actor.GetProperty().SetOpacity(opacity)
            actor.SetVisibility(visible)

    def _add(self, surface: Surface, data: Any, opacity: float) -> Any:
        import vtk

        mapper = vtk.vtkPolyDataMapper()
        mapper.SetInputData(data)
        mapper.ScalarVisibilityOff()
        actor = vtk.vtkActor()
        actor.SetMapper(mapper)
        look = actor.GetProperty()
        look.SetColor(*surface.color)
        look.SetOpacity(opacity)
        look.SetSpecular(0.15)
        look.SetSpecularPower(20)
        self._renderer.AddActor(actor)
        return actor

    def show_all(self) -> None:
        """Looks at everything from the front, head up."""
        camera = self.camera
        camera.SetFocalPoint(0.0, 0.0, 0.0)
        camera.SetPosition(0.0, -1.0, 0.0)
        camera.SetViewUp(0.0, 0.0, 1.0)
        self._renderer.ResetCamera()
        camera.Dolly(self._nearer())
        self._renderer.ResetCameraClippingRange()

    def _nearer(self) -> float:
        """How many times nearer the camera may go, in front of everything, so that nothing is cut off."""
        bounds = self.bounds()
        if bounds is None:
            return 1.0
        across, depth, high = ((bounds[2 * axis + 1] - bounds[2 * axis]) / 2 for axis in range(3))
        pixels_across, pixels_high = self._window.GetSize()
        reach = max(high, across * pixels_high / max(1, pixels_across)) * _ROOM
        needed = reach / tan(radians(self.camera.GetViewAngle()) / 2) + depth
        return float(min(_NEAREST, self.camera.GetDistance() / needed)) if needed > 0 else 1.0

    def fit(self) -> None:
        """Everything in sight, seen from where it is seen now."""
        self._renderer.ResetCamera()

    def mouse(self, event: str, x: int, y: int, shift: bool) -> None:
        """VTK's event at a pixel, counted from the upper edge."""
        self._interactor.SetEventInformationFlipY(x, y, 0, int(shift), chr(0), 0, None)
        self._interactor.InvokeEvent(event)

    def render(self) -> NDArray[np.uint8]:
        """(lines, columns, 4) red, green, blue, alpha; the upper line first."""
        import vtk
        from vtkmodules.util.numpy_support import vtk_to_numpy

        self._renderer.ResetCameraClippingRange()
        self._window.Render()
        wide, high = self._window.GetSize()
        pixels = vtk.vtkUnsignedCharArray()
        self._window.GetRGBACharPixelData(0, 0, wide - 1, high - 1, 1, pixels)
        return np.ascontiguousarray(vtk_to_numpy(pixels).reshape(high, wide, 4)[::-1])

    def close(self) -> None:
        """Gives the graphics back."""
        self._renderer.RemoveAllViewProps()
        self._actors.clear()
        self._interactor.SetRenderWindow(None)
        self._window.Finalize()


def reaches_beyond(bounds: Sequence[float], others: Sequence[float]) -> bool:
    """Whether bounds reach out of others by more than a tenth of their size."""
    sizes = [(others[axis + 1] - others[axis]) / 10 for axis in (0, 2, 4)]
    return any(
        bounds[2 * axis] < others[2 * axis] - size or bounds[2 * axis + 1] > others[2 * axis + 1] + size
        for axis, size in enumerate(sizes)
    )


def _rgb(color: str) -> tuple[float, float, float]:
    number = int(color.lstrip("#"), 16)
    return (number >> 16 & 255) / 255, (number >> 8 & 255) / 255, (number & 255) / 255
