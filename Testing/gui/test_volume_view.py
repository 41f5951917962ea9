"""Surfaces in the 3D view of the canvas: made in the background, drawn off screen, turned by the mouse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.surface import Surface
from MultiLabelSegLib.edit import operations as op
from MultiLabelSegLib.errors import HostError
from MultiLabelSegLib.host.base import Level
from MultiLabelSegLib.ui.interpolation import view_surfaces
from MultiLabelSegLib.ui.interpolation.view_surfaces import SurfaceWork
from MultiLabelSegLib.workbench import canvas_display
from Testing.gui.canvas_cases import Window, box_document, open_window
from Testing.gui.test_canvas_mouse import Mouse


def balls() -> Segmentation:
    """A red ball at the patient's right, a green one at the left; the grid is oblique to nothing, 1 mm."""
    k, j, i = np.ogrid[:30, :30, :60]
    array = np.zeros((30, 30, 60), np.uint8)
    array[(k - 15) ** 2 + (j - 15) ** 2 + (i - 15) ** 2 < 100] = 1
    array[(k - 15) ** 2 + (j - 15) ** 2 + (i - 45) ** 2 < 100] = 2
    labels = [Label(1, "right", (1.0, 0.0, 0.0)), Label(2, "left", (0.0, 1.0, 0.0)), Label(3, "empty")]
    return Segmentation(Geometry.from_parts(array.shape, origin=(-30, -15, -15)), [Group(array, labels)])


@pytest.fixture
def window() -> Iterator[Window]:
    made = open_window()
    yield made
    made.close()


def colors(window: Window) -> np.ndarray[Any, Any]:
    """Red, green, blue of the 3D view."""
    window.settle()
    image = window.canvas.volume.grab().toImage()
    pixels = [
        [image.pixelColor(x, y).getRgb()[:3] for x in range(0, image.width(), 4)] for y in range(0, image.height(), 4)
    ]
    return np.array(pixels, int)


def make(window: Window) -> None:
    window.canvas.request_surfaces()
    window.wait(lambda: not window.canvas.is_making_surfaces)


def redness(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return pixels[..., 0] - pixels[..., 1]


@pytest.mark.qt
@pytest.mark.slicer_core
class TestDrawn:
    def test_surfaces_are_seen_from_the_front_the_patients_right_at_the_left(self, window: Window) -> None:
        window.open(balls())
        assert window.canvas.volume.message == "Surfaces are made on request"
        make(window)
        assert window.canvas.volume.scene.values == (1, 2)
        found = redness(colors(window))
        middle = found.shape[1] // 2
        assert (found[:, :middle] > 80).sum() > 50
        assert (found[:, middle:] < -80).sum() > 50
        assert not (found[:, middle:] > 80).any()

    def test_turned_by_half_the_sides_change(self, window: Window) -> None:
        window.open(balls())
        make(window)
        mouse, wide = Mouse(window, window.canvas.volume), window.canvas.volume.width()
        before = window.canvas.volume.scene.camera.GetPosition()
        mouse.drag(mouse.at(20, 150), mouse.at(20 + wide // 2, 150))
        assert window.canvas.volume.scene.camera.GetPosition() != before
        found = redness(colors(window))
        middle = found.shape[1] // 2
        assert (found[:, middle:] > 80).sum() > 50
        mouse.wheel(mouse.at(50, 50), 120)
        distance = window.canvas.volume.scene.camera.GetDistance()
        mouse.double(mouse.at(50, 50))
        assert window.canvas.volume.scene.camera.GetDistance() > distance
        assert (redness(colors(window))[:, :middle] > 80).sum() > 50

    def test_hidden_labels_are_not_made_and_hide_later_too(self, window: Window) -> None:
        document = balls()
        window.open(document)
        assert window.history is not None
        window.history.do(op.set_visible(document, False, [1]))
        make(window)
        assert window.canvas.volume.scene.values == (2,)
        window.canvas.request_surfaces([1, 2])
        window.wait(lambda: not window.canvas.is_making_surfaces)
        assert not (redness(colors(window)) > 80).any()
        window.history.undo()
        window.settle()
        assert (redness(colors(window)) > 80).any()
        window.history.do(op.set_color(document, (0.0, 0.0, 1.0), 1))
        window.settle()
        assert not (redness(colors(window)) > 80).any()

    @pytest.mark.parametrize("size", [(803, 657), (420, 900), (1500, 500)])
    @pytest.mark.parametrize("long_axis", [0, 1, 2])
    def test_long_thin_labels_are_seen_from_end_to_end(
        self, window: Window, long_axis: int, size: tuple[int, int]
    ) -> None:
        window.canvas.resize(*size)
        array = np.zeros((44, 44, 44), np.uint8)
        array[tuple(slice(2, -2) if axis == long_axis else slice(20, 24) for axis in range(3))] = 1
        window.open(Segmentation(Geometry.from_parts(array.shape), [Group(array, [Label(1, "rod", (1.0, 0.0, 0.0))])]))
        make(window)
        found = redness(colors(window)) > 80
        assert found.any()
        assert not found[[0, -1]].any()
        assert not found[:, [0, -1]].any()

    def test_contours_are_drawn_black(self, window: Window) -> None:
        window.open(balls())
        angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        ring = np.stack([20 * np.cos(angle), np.zeros(60), 20 * np.sin(angle)], axis=1)
        window.canvas.set_contours([ring])
        window.settle()
        image = window.canvas.volume.grab().toImage()
        dark = sum(image.pixelColor(x, y).lightness() < 6 for x in range(image.width()) for y in range(image.height()))
        assert dark > 100
        window.canvas.set_contours([])
        window.settle()
        image = window.canvas.volume.grab().toImage()
        left = sum(image.pixelColor(x, y).lightness() < 6 for x in range(image.width()) for y in range(image.height()))
        assert left < dark / 4

    def test_another_document_takes_the_old_surfaces_away(self, window: Window) -> None:
        window.open(balls())
        make(window)
        window.open(box_document(Geometry.from_parts((4, 4, 4))))
        assert window.canvas.volume.scene.values == ()
        assert window.canvas.volume.message == "Surfaces are made on request"

    def test_surfaces_of_labels_that_changed_are_said_to_be_out_of_date_and_one_click_updates_them(
        self, window: Window
    ) -> None:
        document = balls()
        window.open(document)
        assert window.history is not None
        make(window)
        volume = window.canvas.volume
        assert not volume.is_stale
        before = volume.grab().toImage()
        window.history.do(op.clear_labels(document, [1]))
        window.settle()
        assert volume.is_stale
        assert volume.scene.values == (1, 2)  # by request: nothing is made by itself
        box = volume.stale_box()
        assert volume.grab().toImage().copy(box) != before.copy(box)

        mouse = Mouse(window, volume)
        mouse.click(mouse.at(box.center().x(), box.center().y()))
        window.wait(lambda: not window.canvas.is_making_surfaces)
        assert not volume.is_stale
        assert volume.scene.values == (2,)

    def test_looks_and_labels_without_a_surface_make_nothing_out_of_date(self, window: Window) -> None:
        document = balls()
        window.open(document)
        assert window.history is not None
        window.canvas.request_surfaces([2])
        window.wait(lambda: not window.canvas.is_making_surfaces)
        window.history.do(op.set_color(document, (0.0, 0.0, 1.0), 1))
        window.history.do(op.clear_labels(document, [1]))
        window.settle()
        assert not window.canvas.volume.is_stale
        window.history.do(op.clear_labels(document, [2]))
        window.settle()
        assert window.canvas.volume.is_stale

    def test_what_changes_while_surfaces_are_made_is_out_of_date_when_they_come(self, window: Window) -> None:
        document = balls()
        window.open(document)
        assert window.history is not None
        window.canvas.request_surfaces()
        window.history.do(op.clear_labels(document, [2]))
        window.wait(lambda: not window.canvas.is_making_surfaces)
        assert window.canvas.volume.is_stale

    def test_an_empty_view_and_another_document_are_not_out_of_date(self, window: Window) -> None:
        document = balls()
        window.open(document)
        assert window.history is not None
        window.history.do(op.clear_labels(document, [2]))
        window.settle()
        assert not window.canvas.volume.is_stale
        make(window)
        window.history.undo()
        window.settle()
        assert window.canvas.volume.is_stale
        window.open(box_document(Geometry.from_parts((4, 4, 4))))
        assert not window.canvas.volume.is_stale

    def test_a_request_that_is_given_up_shows_nothing(self, window: Window) -> None:
        window.open(balls())
        window.canvas.request_surfaces()
        window.canvas.cancel_surfaces()
        assert not window.canvas.is_making_surfaces
        window.wait(lambda: not window.host.is_busy)
        assert window.canvas.volume.scene is None

    def test_what_goes_wrong_in_the_background_is_told(self, window: Window, monkeypatch: Any) -> None:
        said: list[Any] = []
        window.host._tell = said.append
        window.open(balls())
        monkeypatch.setattr(SurfaceWork, "make", lambda *_: (_ for _ in ()).throw(HostError("no memory")))
        make(window)
        assert [(message.level, message.text) for message in said] == [
            (Level.ERROR, "the surfaces could not be made: no memory")
        ]

    def test_without_opengl_the_view_says_so_in_one_line(self, window: Window, monkeypatch: Any) -> None:
        def refuse() -> None:
            raise HostError("there is no OpenGL")

        monkeypatch.setattr("MultiLabelSegLib.workbench.volume_view.check_gl", refuse)
        window.open(balls())
        make(window)
        assert window.canvas.volume.message == "there is no OpenGL"
        assert window.canvas.volume.scene is None
        assert colors(window).max() < 200


# ---- without a window ------------------------------------------------------------------------------------------------
def test_surfaces_of_a_large_image_are_thinned_out_but_small_labels_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    document = balls()
    document.groups[0].writable()[0, 2:4, 2:4, 2:4] = 3
    document.groups[0].index.invalidate()
    monkeypatch.setattr(view_surfaces, "MOST_VOXELS", 10_000)
    monkeypatch.setattr(view_surfaces, "SMALL_LABEL", 100)
    work = SurfaceWork.of(document, [1, 2, 3])
    assert [part.geometry.shape for part in work.parts()] == [(15, 15, 30), (4, 4, 4)]
    found = {surface.value: surface for surface in work.make(lambda _: True)}
    assert sorted(found) == [1, 2, 3]
    for value, center, reach in ((1, (-15, 0, 0), 10), (2, (15, 0, 0), 10), (3, (-27.5, -12.5, -12.5), 1)):
        points = found[value].points
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        assert np.allclose(middle, center, atol=1.1)
        assert np.allclose(np.ptp(points, axis=0) / 2, reach, atol=1.6)


def test_surface_work_copies_what_it_needs_and_can_be_given_up() -> None:
    document = balls()
    work = SurfaceWork.of(document, [1])
    (part,) = work.parts()
    assert not np.shares_memory(part.groups[0].array, document.groups[0].array)
    told: list[float] = []
    (surface,) = work.make(lambda fraction: told.append(fraction) is None)
    assert isinstance(surface, Surface)
    assert len(surface.triangles) > 100
    assert told == [0.0, 1.0]
    assert work.make(lambda _: False) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are found by these variables on Linux only")
def test_a_missing_display_is_one_line_instead_of_an_abort(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("qtpy.QtCore")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(HostError, match="there is no display") as raised:
        canvas_display.check_qt()
    assert "\n" not in str(raised.value)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    canvas_display.check_qt()
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setenv("DISPLAY", ":7")
    canvas_display.check_qt()


def test_missing_qt_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas_display, "find_spec", lambda name: None)
    with pytest.raises(HostError, match="pip install"):
        canvas_display.check_qt()


def test_modules_without_qt_need_none() -> None:
    """Geometry, labels as pixels and the state of views are read by those who draw elsewhere."""
    code = (
        "import sys; sys.modules['qtpy'] = sys.modules['slicer'] = None;"
        "from MultiLabelSegLib.workbench import view_geometry, view_labels, view_sampling, view_state, view_gestures"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root / "MultiLabelSeg")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
