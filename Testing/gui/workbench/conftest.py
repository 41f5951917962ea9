"""A window of the workbench on a small case, driven by real events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation


def a_case() -> tuple[Image, Segmentation]:
    """An anisotropic CT with a bright ball, and two groups: organs 1 (locked, unlocked 2), lesion 7 over them."""
    geometry = Geometry.from_parts((12, 40, 48), (1.0, 1.0, 2.5), (-24.0, -20.0, 5.0))
    k, j, i = np.ogrid[:12, :40, :48]
    ball = ((i - 24) ** 2 + (j - 20) ** 2 + (2.5 * (k - 6)) ** 2) < 144
    pixels = np.where(ball, 400, -50).astype(np.int16)
    organs = np.zeros(geometry.full_shape, np.uint8)
    organs[0, :, 2:8, 2:8] = 1
    organs[0, :, 2:8, 40:46] = 2
    lesions = np.zeros(geometry.full_shape, np.uint8)
    lesions[0, 5:8, 4:6, 4:6] = 7
    groups = [
        Group(
            organs, [Label(1, "Kidney", (1.0, 0.2, 0.2)), Label(2, "Spleen", (0.2, 0.9, 0.3), locked=False)], "Organs"
        ),
        Group(lesions, [Label(7, "Lesion", (1.0, 0.9, 0.1))], "Lesions"),
    ]
    return Image(pixels[np.newaxis], geometry), Segmentation(geometry, groups)


def show_case(window: Any) -> Segmentation:
    """Opens the case in a window; returns its document."""
    image, document = a_case()
    image_id = window.host.add_image(image, "ball")
    window.presenter.data.select_image(image_id)
    window.presenter.session.add_document(document, "ball-labels", image_id=image_id)
    window.presenter.labels.activate(1)
    window.settle()
    return document


@pytest.fixture
def a_window(application: Any) -> Iterator[Any]:
    """A window with the case, closed afterwards; errors are listed in ``desk.told`` and fail the test."""
    pytest.importorskip("slicer")
    from MultiLabelSegLib.host.headless import MemoryPreferences
    from MultiLabelSegLib.ui.qt.errors import desk
    from MultiLabelSegLib.workbench.main_window import MainWindow

    desk.silent = True
    desk.forget()
    window = MainWindow(MemoryPreferences())
    window.resize(1100, 760)
    window.show()
    show_case(window)
    yield window
    told = list(desk.told)
    desk.forget()
    window.close()
    window.deleteLater()
    application.processEvents()
    assert told == []


@pytest.fixture
def views(a_window: Any) -> Any:
    """Sends mouse and keys to the window's views."""
    from MultiLabelSegLib.workbench.window_input import ViewInput

    return ViewInput(a_window.canvas)
