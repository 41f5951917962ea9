"""Windows of the workbench on a small case, driven by real events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from Testing.gui.quiet_desk import quiet_desk  # noqa: F401 - a fixture for all tests here
from Testing.gui.workbench.cases import Bench, a_case


def _open_window() -> Any:
    pytest.importorskip("slicer")
    from MultiLabelSegLib.host.headless import MemoryPreferences
    from MultiLabelSegLib.ui.qt.errors import desk
    from MultiLabelSegLib.workbench.main_window import MainWindow

    desk.silent = True
    desk.forget()
    window = MainWindow(MemoryPreferences())
    window.resize(1100, 900)
    window.show()
    return window


def _end_window(application: Any, window: Any) -> None:
    window.close()
    window.deleteLater()
    application.processEvents()


@pytest.fixture
def a_window(application: Any) -> Iterator[Any]:
    """A window of its own with the case, closed afterwards."""
    window = _open_window()
    image, document = a_case()
    image_id = window.host.add_image(image, "ball")
    window.presenter.data.select_image(image_id)
    window.presenter.session.add_document(document, "ball-labels", image_id=image_id)
    window.presenter.labels.activate(1)
    window.settle()
    yield window
    _end_window(application, window)


@pytest.fixture
def empty_window(application: Any) -> Iterator[Any]:
    """A window of its own with nothing open."""
    window = _open_window()
    window.settle()
    yield window
    _end_window(application, window)


@pytest.fixture
def views(a_window: Any) -> Any:
    """Sends mouse and keys to the views of ``a_window``."""
    from MultiLabelSegLib.workbench.window_input import ViewInput

    return ViewInput(a_window.canvas)


@pytest.fixture(scope="module")
def shared_bench(application: Any) -> Iterator[Bench]:
    """One window for all tests of a module; ``bench`` begins each of them anew."""
    window = _open_window()
    made = Bench(window, window.host.add_image(a_case()[0], "ball"))
    yield made
    made.close_documents()
    _end_window(application, window)


@pytest.fixture
def bench(shared_bench: Bench) -> Bench:
    """The window with a fresh document, Vessel (4) active."""
    shared_bench.begin()
    return shared_bench
