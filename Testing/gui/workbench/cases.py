"""A window of the workbench for many tests, and the hands of a user in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation

Voxels = NDArray[Any]
#: where the bright ball of the image is, (k, j, i), and its radius in mm
BALL_KJI, BALL_MM = (6, 20, 24), 12.0
_SPACING = (1.0, 1.0, 2.5)


def ball() -> Voxels:
    """The bright ball, (k, j, i)."""
    k, j, i = np.ogrid[:12, :40, :48]
    inside = (i - 24) ** 2 + (j - 20) ** 2 + (2.5 * (k - 6)) ** 2 < BALL_MM**2
    return np.asarray(inside)


def a_case() -> tuple[Image, Segmentation]:
    """An anisotropic image of a bright ball (400 on -50), and two groups of labels.

    Organs: 1 Kidney, locked, a block at i 2...7; 2 Spleen, unlocked, a block at i 40...45; 3 Ring, locked, with a hole
    in every axial slice; 4 Vessel, empty. Lesions: 7 Lesion over the middle of the ball's edge.
    """
    geometry = Geometry.from_parts((12, 40, 48), _SPACING, (-24.0, -20.0, 5.0))
    pixels = np.where(ball(), 400, -50).astype(np.int16)
    organs = np.zeros(geometry.full_shape, np.uint8)
    organs[0, :, 2:8, 2:8] = 1
    organs[0, :, 2:8, 40:46] = 2
    organs[0, :, 30:38, 4:12] = 3
    organs[0, :, 33:35, 7:9] = 0
    lesions = np.zeros(geometry.full_shape, np.uint8)
    lesions[0, 5:8, 4:6, 4:6] = 7
    labels = [
        Label(1, "Kidney", (1.0, 0.2, 0.2)),
        Label(2, "Spleen", (0.2, 0.9, 0.3), locked=False),
        Label(3, "Ring", (0.2, 0.5, 1.0)),
        Label(4, "Vessel", (0.9, 0.2, 0.9)),
    ]
    groups = [Group(organs, labels, "Organs"), Group(lesions, [Label(7, "Lesion", (1.0, 0.9, 0.1))], "Lesions")]
    return Image(pixels[np.newaxis], geometry), Segmentation(geometry, groups)


def at(plane: str, across: float, along: float, index: int) -> tuple[float, float, float]:
    """The point (i, j, k) of a slice: ``across`` and ``along`` are its two free indices, the quicker one first."""
    found = {"axial": (across, along, index), "coronal": (across, index, along), "sagittal": (index, across, along)}
    return found[plane]


class Bench:
    """The window with one document, the mouse and the keyboard. ``before`` is what its groups held at the start."""

    def __init__(self, window: Any, image_id: str) -> None:
        from MultiLabelSegLib.workbench.window_input import ViewInput

        self.window, self.presenter, self.panel, self.canvas = window, window.presenter, window.panel, window.canvas
        self.image_id, self.views = image_id, ViewInput(window.canvas)
        self.document: Segmentation = a_case()[1]
        self.before: list[Voxels] = []

    # ---- beginning ---------------------------------------------------------------------------------------------
    def begin(self, document: Segmentation | None = None, active: int = 4) -> None:
        """A fresh document in a window that shows all views, nothing left of the test before."""
        presenter, canvas = self.presenter, self.canvas
        self.close_documents()
        presenter.tools.leave()
        for tab in ("2d", "3d", "post"):
            for entry in presenter.tools.entries(tab):
                presenter.tools.options.reset(entry.name)
        for name, none in (("intensity_lower", None), ("intensity_upper", None), ("inside", ()), ("outside", ())):
            presenter.tools.set_option(name, none)
        presenter.interpolation.set_mode("off")
        if not presenter.labels.overlay_visible:
            presenter.labels.toggle_overlay()
        presenter.data.select_image(self.image_id)
        self.document = a_case()[1] if document is None else document
        presenter.session.add_document(self.document, "ball-labels", image_id=self.image_id)
        presenter.labels.activate(active)
        canvas.maximise(None)
        canvas.set_layout("four up")
        canvas.reset_views()
        canvas.set_window_level(500, 150)
        self.panel.tools.show_tab("2d")
        self.work()
        canvas.view("axial").setFocus()
        self.before = [group.array.copy() for group in self.document.groups]

    def close_documents(self) -> None:
        """Closes every document, changed or not, and every dialog."""
        session = self.presenter.session
        for opened in tuple(session.documents):
            session.forget(opened, discard=True)
        self.panel.dialogs.close()
        for dialog in (self.panel.files.dialog, self.panel.actions.dialog):
            if dialog is not None:
                dialog.widget.close()

    def work(self) -> None:
        """Lets Qt and the background go on until nothing is left."""
        self.window.settle()

    def wait(self, until: Callable[[], Any], seconds: float = 20.0) -> None:
        """Works until something is so."""
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            self.work()
            time.sleep(0.002)
        assert until(), "it did not happen"

    # ---- hands -------------------------------------------------------------------------------------------------
    def key(self, keys: str, widget: Any = None) -> None:
        """Presses keys as Qt writes them, in a widget (the axial view unless told otherwise)."""
        from qtpy.QtCore import Qt
        from qtpy.QtGui import QKeySequence
        from qtpy.QtTest import QTest
        from qtpy.QtWidgets import QApplication

        target = self.canvas.view("axial") if widget is None else widget
        target.window().activateWindow()
        QApplication.processEvents()
        target.setFocus()
        combination = QKeySequence(keys)[0]
        key = Qt.Key_Backtab if keys == "Shift+Tab" else combination.key()  # as keyboards tell it
        QTest.keyClick(target, key, combination.keyboardModifiers())
        self.work()

    def click(self, widget: Any) -> None:
        """Clicks a button that can be seen and used."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        assert widget.isVisibleTo(widget.window()), f"{widget.text()}: cannot be seen"
        assert widget.isEnabled(), f"{widget.text()}: cannot be used"
        QTest.mouseClick(widget, Qt.LeftButton, Qt.NoModifier, widget.rect().center())
        self.work()

    def tool(self, name: str, **options: Any) -> None:
        """Switches a tool on by its button, and sets options."""
        from MultiLabelSegLib.ui.tools.entries import tab_of

        self.panel.tools.show_tab(tab_of(name))
        self.click(self.panel.tools.buttons[name])
        assert self.presenter.tools.active == name
        for option, value in options.items():
            self.presenter.tools.set_option(option, value)

    def show(self, view: str, index: int) -> None:
        """A view shows a slice."""
        self.views.show(view, index)
        self.work()

    def draw(self, view: str, points: Sequence[tuple[float, float]], index: int, *modifiers: str) -> None:
        """Presses, moves and releases in a slice of a view; points are its two free indices."""
        self.views.drag(view, [at(view, x, y, index) for x, y in points], modifiers=modifiers)
        self.work()

    # ---- looking -----------------------------------------------------------------------------------------------
    def changed(self, group: int = 0) -> Voxels:
        """Where voxels of a group differ from the beginning, (k, j, i)."""
        return np.asarray(self.document.group(group).array[0] != self.before[group][0])

    def plane_of(self, mask: Voxels, view: str, index: int) -> Voxels:
        """A slice of a (k, j, i) array as (along, across), after a look that nothing lies in other slices."""
        axis = {"axial": 0, "coronal": 1, "sagittal": 2}[view]
        others = np.delete(mask, index, axis)
        assert not others.any(), "something was written in another slice"
        return np.asarray(mask.take(index, axis))

    def check_undone(self) -> None:
        """Ctrl+Z in the view takes back what was done last; the document is as it was at the beginning."""
        self.key("Ctrl+Z")
        for group, before in zip(self.document.groups, self.before, strict=True):
            np.testing.assert_array_equal(group.array, before)


SQUARE = [(15.5, 3.5), (24.5, 3.5), (24.5, 7.5), (15.5, 7.5), (15.5, 3.5)]


def filled(view: str) -> Voxels:
    """The pixels inside of ``SQUARE`` as (along, across)."""
    shape = {"axial": (40, 48), "coronal": (12, 48), "sagittal": (12, 40)}[view]
    mask = np.zeros(shape, np.bool_)
    mask[4:8, 16:25] = True
    return mask
