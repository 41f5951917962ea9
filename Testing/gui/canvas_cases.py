"""Grids and documents to look at, and a canvas on the real Slicer core with its scene, in Qt's offscreen platform."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import History

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_COS, _SIN = float(np.cos(0.35)), float(np.sin(0.35))
#: name -> (shape (k, j, i), spacing, origin, direction)
GRIDS: dict[str, tuple[tuple[int, int, int], tuple[float, ...], tuple[float, ...], Any]] = {
    "plain": ((7, 9, 11), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), np.eye(3)),
    "anisotropic": ((5, 9, 11), (0.7, 0.9, 3.0), (10.0, -20.0, 30.0), np.eye(3)),
    "flipped": ((7, 9, 11), (1.0, 1.2, 2.0), (5.0, 6.0, 7.0), np.diag([-1.0, -1.0, -1.0])),
    "oblique": (
        (7, 9, 11),
        (0.8, 1.0, 1.7),
        (-30.0, 12.0, 99.0),
        np.array([[_COS, -_SIN, 0.0], [_SIN, _COS, 0.0], [0.0, 0.0, 1.0]]),
    ),
    "sagittal slices": (
        (7, 9, 11),
        (1.0, 1.0, 2.0),
        (3.0, 4.0, 5.0),
        np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
    ),
}


def grid(name: str, time_steps: int = 1) -> Geometry:
    """One of the grids by name."""
    shape, spacing, origin, direction = GRIDS[name]
    return Geometry.from_parts(shape, spacing, origin, direction, time_steps)


def box_document(geometry: Geometry, **look: Any) -> Segmentation:
    """Label 1 (red, opaque unless said otherwise) in the middle third of the grid, label 2 (green) at its corner."""
    array = np.zeros(geometry.full_shape, np.uint8)
    k, j, i = (size // 3 for size in geometry.shape)
    depth, high, wide = geometry.shape
    array[:, k : depth - k, j : high - j, i : wide - i] = 1
    array[:, 0, 0, 0] = 2
    red = Label(1, "Liver", (1.0, 0.0, 0.0), **{"opacity": 1.0, "locked": False, **look})
    return Segmentation(geometry, [Group(array, [red, Label(2, "Node", (0.0, 1.0, 0.0), 1.0)], "Organs")])


@dataclass
class Window:
    """A canvas, shown, with everything around it."""

    application: Any
    place: Any
    host: Any
    canvas: Any
    history: History | None = None

    def settle(self, times: int = 4) -> None:
        """Lets Qt and the host do what waits."""
        for _ in range(times):
            self.host.pump()
            self.application.processEvents()

    def wait(self, until: Callable[[], bool], seconds: float = 20.0) -> None:
        """Lets Qt and the host work until something is so. Fails when it takes too long."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, "this takes too long"
            self.settle(1)
            time.sleep(0.005)

    def open(self, document: Segmentation, image: Image | None = None) -> None:
        """Shows a document above an image."""
        from MultiLabelSegLib.host.mrml_images import volume_from_image

        self.history = History(document)
        volume_id = ""
        if image is not None:
            volume_id = volume_from_image(self.place.scene, image, "CT").GetID()
            self.canvas.set_image(volume_id)
            self.canvas.set_window_level(255.0, 127.5)
        self.canvas.show_document(self.host.show(document, self.history, image_id=volume_id))
        self.settle()

    def color_at(self, view: Any, point_ijk: tuple[float, float, float]) -> tuple[int, int, int]:
        """Red, green, blue of the pixel of a view that shows a point (i, j, k)."""
        x, y = view.point_of_ijk(point_ijk)
        ratio = view.devicePixelRatioF()
        red, green, blue, _ = view.pixels()[int(y * ratio), int(x * ratio)].tolist()
        return red, green, blue

    def close(self) -> None:
        """Ends the canvas before its scene."""
        self.canvas.close_canvas()
        self.canvas.deleteLater()
        self.host.close()
        self.settle()
        self.place.close()


def open_window(width: int = 803, height: int = 657) -> Window:
    """An empty canvas without letters' help: the crosshair is off, so that pixels are those of the picture."""
    from MultiLabelSegLib.workbench.canvas import Canvas  # first: it chooses the binding

    from qtpy import QtWidgets  # isort: skip

    from MultiLabelSegLib.host.mrml import MrmlHost
    from MultiLabelSegLib.workbench.render_scene import RenderScene

    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    place = RenderScene()
    host = MrmlHost(place.scene, None, lambda message: None)  # type: ignore[arg-type]  # nothing is stored here
    canvas = Canvas(host, None, place)
    canvas.resize(width, height)
    canvas.set_crosshair_visible(False)
    canvas.show()
    window = Window(application, place, host, canvas)
    window.settle()
    return window


def gray_image(geometry: Geometry, seed: int = 3) -> Image:
    """Random values 0...255, different from voxel to voxel."""
    values: NDArray[Any] = np.random.default_rng(seed).integers(0, 256, geometry.full_shape).astype(np.int16)
    return Image(values, geometry)
