"""A presenter over a small document on a flipped, anisotropic grid, and the mouse over its slice views."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.tools.view_events import Button, Modifier, ViewEvent, ViewEventKind
from MultiLabelSegLib.ui.topics import Changed, Topic

#: the active label (locked), one that is unlocked, one that is locked; the last in a second group
LIVER, SPLEEN, KIDNEY, TUMOUR = 1, 2, 3, 9
#: (k, j, i): every plane has another shape
SHAPE = (12, 20, 26)
CTRL, SHIFT = Modifier.CTRL, Modifier.SHIFT


def flipped_geometry(shape: tuple[int, int, int] = SHAPE, time_steps: int = 1) -> Geometry:
    """Columns run to the right of the patient's right, rows upwards, slices downwards; 1 x 1.5 x 2.5 mm."""
    affine = np.array([[-1.0, 0, 0, 40], [0, -1.5, 0, 10], [0, 0, -2.5, 7], [0, 0, 0, 1]])
    return Geometry(shape, affine, time_steps)


def ramp(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """An image with a bright block in a dark surrounding, and a faint ramp so that values differ."""
    k, j, i = np.indices(shape)
    bright = (k >= 3) & (k < 9) & (j >= 5) & (j < 15) & (i >= 6) & (i < 20)
    return np.where(bright, 200, 20).astype(np.int16) + ((i + j) % 3).astype(np.int16)


def a_document(frame: np.ndarray | None = None, time_steps: int = 1) -> Segmentation:
    """Two groups; ``frame`` (k, j, i) holds the first group's values at time 0."""
    array = np.zeros((time_steps, *SHAPE), np.uint8)
    if frame is not None:
        array[0] = frame
    labels = [Label(LIVER, "Liver"), Label(SPLEEN, "Spleen", locked=False), Label(KIDNEY, "Kidney")]
    other = np.zeros_like(array)
    other[:, 2:4, 2:5] = TUMOUR
    groups = [Group(array, labels, "Organs"), Group(other, [Label(TUMOUR, "Tumour", locked=False)], "Lesions")]
    return Segmentation(flipped_geometry(time_steps=time_steps), groups)


class Desk:
    """A presenter, its host, and a mouse. ``topics`` lists what was told."""

    def __init__(self, frame: np.ndarray | None = None, image: np.ndarray | None = None, time_steps: int = 1) -> None:
        made = {} if image is None else {"ct": Image(image, flipped_geometry(image.shape[-3:]))}
        self.host = HeadlessHost(made)
        self.presenter = Presenter(self.host)
        self.topics: list[Changed] = []
        self.presenter.changed.connect(self.topics.append)
        self.document = a_document(frame, time_steps)
        if image is not None:
            self.presenter.session.image = made["ct"]
        self.presenter.session.add_document(self.document, "case")
        self.presenter.session.activate(LIVER)

    @property
    def tools(self) -> Any:
        """The tool box."""
        return self.presenter.tools

    @property
    def history(self) -> Any:
        """The history of the document."""
        return self.presenter.session.history

    @property
    def values(self) -> np.ndarray:
        """The first group's values (k, j, i) now."""
        return self.document.groups[0].array[0]

    def told(self, topic: Topic) -> bool:
        """Whether a topic was told since the last time that this was asked."""
        found = any(each.topic is topic for each in self.topics)
        self.topics.clear()
        return found

    def settle(self, seconds: float = 20.0) -> None:
        """Waits for all work in the background, and lets its answers in."""
        until = time.monotonic() + seconds
        while self.host.is_busy:
            self.host.pump()
            assert time.monotonic() < until, "work in the background does not end"
            time.sleep(0.001)

    # ---- the mouse -----------------------------------------------------------------------------------------------
    def event(
        self,
        kind: str,
        plane: Plane | None,
        index: int,
        at: tuple[float, float],
        button: Button | None = None,
        modifiers: tuple[Modifier, ...] = (),
        view: str = "",
        wheel: int = 0,
    ) -> bool:
        """One event at a column and row of a slice; whether it was taken."""
        geometry = self.document.geometry
        shown = plane or "axial"
        point = SliceOf(geometry, shown, 0).point_ijk(*at)
        ijk = list(point)
        ijk[2 - PLANES.index(shown)] = float(index)
        i, j, k = ijk
        x, y, z = geometry.lps_from_ijk([[i, j, k]])[0].tolist()
        name = view or plane or "oblique"
        made = ViewEvent(
            ViewEventKind(kind), name, plane, index, (i, j, k), (x, y, z), button, frozenset(modifiers), 0.5, wheel
        )
        return bool(self.tools.view_event(made))

    def press(self, plane: Plane | None, index: int, at: tuple[float, float], *modifiers: Modifier) -> bool:
        """The left button goes down."""
        return self.event("press", plane, index, at, Button.LEFT, modifiers)

    def move(self, plane: Plane | None, index: int, at: tuple[float, float], *modifiers: Modifier) -> bool:
        """The mouse moves with the left button down."""
        return self.event("move", plane, index, at, Button.LEFT, modifiers)

    def release(self, plane: Plane | None, index: int, at: tuple[float, float], *modifiers: Modifier) -> bool:
        """The left button goes up."""
        return self.event("release", plane, index, at, Button.LEFT, modifiers)

    def drag(self, plane: Plane, index: int, way: list[tuple[float, float]], *modifiers: Modifier) -> None:
        """Press at the first point, moves, release at the last."""
        assert self.press(plane, index, way[0], *modifiers)
        for point in way[1:]:
            assert self.move(plane, index, point, *modifiers)
        assert self.release(plane, index, way[-1], *modifiers)

    def click(self, plane: Plane, index: int, at: tuple[float, float], *modifiers: Modifier) -> None:
        """Press and release at one point."""
        self.drag(plane, index, [at], *modifiers)

    def double(self, plane: Plane, index: int, at: tuple[float, float]) -> None:
        """A double click as windows send it: press, release, double, release."""
        self.click(plane, index, at)
        assert self.event("double", plane, index, at, Button.LEFT)
        assert self.release(plane, index, at)

    def slice(self, plane: Plane, index: int) -> np.ndarray:
        """The first group's values of a slice, rows by columns."""
        return SliceOf(self.document.geometry, plane, index).take(self.values)
