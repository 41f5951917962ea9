"""Qt without a screen, one application a process; which binding it is, says QT_API (PySide6 unless told otherwise)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")


@pytest.fixture(scope="session")
def application() -> Iterator[Any]:
    """The one application of the process."""
    pytest.importorskip("qtpy")
    from qtpy.QtWidgets import QApplication

    made = QApplication.instance() or QApplication(["MultiLabelSeg"])
    made.setStyle("Fusion")
    yield made
    from MultiLabelSegLib.ui.qt import icons

    icons.forget()
