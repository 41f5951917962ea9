"""Events and overlays on real slice nodes and VTK interactors, as 3D Slicer has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import Geometry
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.ui.slicer.overlay import SliceOverlay, shapes_of
from MultiLabelSegLib.ui.slicer.views import SliceViewEvents
from MultiLabelSegLib.ui.tools.feedback import Circle, Feedback, Handle, Patch, Polyline
from MultiLabelSegLib.ui.tools.slice_pointer import SlicePointer
from MultiLabelSegLib.ui.tools.view_events import Button, Modifier, ViewEvent, ViewEventKind

pytestmark = pytest.mark.slicer_core

WIDTH, HEIGHT = 200, 160
GRID = Geometry((11, 40, 50), np.diag([-2.0, 2.0, 3.0, 1.0]))  # i runs to the right of the patient


class View:
    """An axial slice view of 200 x 160 pixels, one mm each, whose middle is about the point (i, j, k) = (20, 15, 5)."""

    def __init__(self) -> None:
        slicer = pytest.importorskip("slicer")
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkRenderWindowInteractor

        self.node = slicer.vtkMRMLSliceNode()
        self.node.SetLayoutName("Red")
        self.node.SetDimensions(WIDTH, HEIGHT, 1)
        self.node.SetFieldOfView(WIDTH, HEIGHT, 1)
        ras = (GRID.lps_from_ijk([[20.13, 15.13, 5]])[0] * (-1, -1, 1)).tolist()  # no edge of a voxel on a pixel's
        self.node.SetSliceToRASByNTP(0, 0, -1, -1, 0, 0, *ras, 0)
        self.node.UpdateMatrices()
        self.renderer, self.window = vtkRenderer(), vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        self.window.SetMultiSamples(0)  # exact pixels
        self.window.SetSize(WIDTH, HEIGHT)
        self.window.AddRenderer(self.renderer)
        self.interactor = vtkRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.window)
        self.scrolled = 0
        self.interactor.AddObserver("MouseWheelForwardEvent", self._scroll, 1.0)

    def _scroll(self, *_: Any) -> None:
        self.scrolled += 1

    def send(self, name: str, x: int, y: int, ctrl: bool = False, shift: bool = False) -> None:
        self.interactor.SetEventInformation(x, y, int(ctrl), int(shift))
        self.interactor.InvokeEvent(name)

    def picture(self) -> np.ndarray:
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

        self.window.Render()
        grab = vtkWindowToImageFilter()
        grab.SetInput(self.window)
        grab.ReadFrontBufferOff()
        grab.Update()
        return vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars()).reshape(HEIGHT, WIDTH, 3)


class Listener:
    """Keeps events; ``takes`` says whether it handles them."""

    def __init__(self, takes: bool = True) -> None:
        self.takes, self.events = takes, list[ViewEvent]()

    def view_event(self, event: ViewEvent) -> bool:
        self.events.append(event)
        return self.takes


@pytest.fixture
def a_view() -> Iterator[View]:
    view = View()
    yield view
    view.window.Finalize()


def test_a_drag_comes_with_voxels_buttons_and_modifiers(a_view: View) -> None:
    heard = Listener()
    SliceViewEvents(a_view.node, a_view.interactor, lambda: GRID, heard)
    a_view.send("MouseMoveEvent", 100, 80)
    a_view.send("LeftButtonPressEvent", 100, 80, ctrl=True)
    a_view.send("MouseMoveEvent", 110, 80, ctrl=True)
    a_view.send("LeftButtonReleaseEvent", 110, 90)
    kinds = [event.kind for event in heard.events]
    assert kinds == [ViewEventKind.HOVER, ViewEventKind.PRESS, ViewEventKind.MOVE, ViewEventKind.RELEASE]
    assert [event.button for event in heard.events] == [None, Button.LEFT, Button.LEFT, Button.LEFT]
    assert heard.events[1].modifiers == {Modifier.CTRL}
    first, last = heard.events[1], heard.events[3]
    assert (first.view, first.plane, first.slice, first.pixel_mm) == ("Red", "axial", 5, pytest.approx(1.0))
    # in Slicer's axial view the patient's left is on the right: 10 mm to the right of it are 5 voxels less of i
    assert np.array(last.point_ijk) - first.point_ijk == pytest.approx((-5, -5, 0))
    assert first.point_ijk == pytest.approx((20, 15, 5), abs=0.51)
    assert GRID.lps_from_ijk([first.point_ijk])[0] == pytest.approx(first.point_lps)


def test_what_a_tool_takes_the_view_does_not_see(a_view: View) -> None:
    heard = Listener(takes=True)
    events = SliceViewEvents(a_view.node, a_view.interactor, lambda: GRID, heard)
    a_view.send("MouseWheelForwardEvent", 5, 5)
    assert (a_view.scrolled, heard.events[-1].wheel) == (0, 1)
    heard.takes = False
    a_view.send("MouseWheelForwardEvent", 5, 5)
    assert a_view.scrolled == 1
    events.detach()
    a_view.send("MouseWheelForwardEvent", 5, 5)
    assert (a_view.scrolled, len(heard.events)) == (2, 2)


def test_without_a_document_the_view_is_left_to_itself(a_view: View) -> None:
    heard = Listener()
    SliceViewEvents(a_view.node, a_view.interactor, lambda: None, heard)
    a_view.send("MouseWheelForwardEvent", 5, 5)
    assert (a_view.scrolled, heard.events) == (1, [])


def test_a_patch_covers_its_voxels_and_nothing_else(a_view: View) -> None:
    pointer = _pointer(a_view)
    values = np.zeros((1, 2, 4), np.uint8)
    values[0, 0, 1:3] = 1  # j = 15, i = 21 and 22
    patch = Patch(Box((5, 15, 20), (6, 17, 24)), values, {1: (1.0, 0.0, 0.0)}, opacity=1.0)
    overlay = SliceOverlay(a_view.renderer)
    overlay.show(Feedback("axial", 5, patches=(patch,)), pointer)
    red = a_view.picture()[..., 0] > 128
    rows, columns = np.nonzero(red)
    there = {tuple(round(part) for part in pointer.point_ijk(x, y)) for y, x in zip(rows, columns, strict=True)}
    assert there == {(21, 15, 5), (22, 15, 5)}
    assert red.sum() == 8  # 2 x 2 mm each, at one mm a pixel
    overlay.show(None, pointer)
    assert not a_view.picture().any()


def test_lines_circles_and_handles_are_drawn_in_their_colours(a_view: View) -> None:
    overlay = SliceOverlay(a_view.renderer)
    line = Polyline(np.array([[10.0, 10, 5], [30, 10, 5], [30, 20, 5]]), (0.0, 1.0, 0.0), closed=True)
    circle = Circle((20.0, 15.0, 5.0), 30.0, (0.0, 0.0, 1.0))
    handle = Handle((30.0, 20.0, 5.0), (1.0, 0.0, 0.0), selected=True)
    overlay.show(Feedback("axial", 5, (circle,), (line,), (handle,)), _pointer(a_view))
    picture = a_view.picture()
    blue = np.argwhere(picture[..., 2] > 150)
    width = blue[:, 1].max() - blue[:, 1].min()
    assert width == pytest.approx(30, abs=2)
    assert (picture[..., 1] > 150).sum() > 80
    assert (picture[..., 0] > 150).sum() == pytest.approx(81, abs=20)
    overlay.remove()
    assert not a_view.picture().any()


def test_the_feedback_of_another_slice_is_not_drawn(a_view: View) -> None:
    circle = Circle((20.0, 15.0, 5.0), 30.0, (0.0, 0.0, 1.0))
    assert not shapes_of(Feedback("axial", 4, (circle,)), _pointer(a_view)).lines
    assert not shapes_of(Feedback("coronal", 5, (circle,)), _pointer(a_view)).lines
    assert shapes_of(Feedback("axial", 5, (circle,)), _pointer(a_view)).lines


def _pointer(view: View) -> SlicePointer:
    found = SliceViewEvents(view.node, view.interactor, lambda: GRID, Listener()).pointer()
    assert found is not None
    return found
