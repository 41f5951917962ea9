"""Tests of the panel and of drawing in the window once more with PyQt6: two bindings cannot live in one process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


WINDOW = tuple(f"Testing/gui/workbench/test_{name}.py" for name in ("drawing", "keys", "files"))


@pytest.mark.qt
@pytest.mark.parametrize("wanted", [("Testing/gui/panel", "Testing/gui/ai"), WINDOW], ids=["panel", "window"])
def test_both_bindings_pass_the_same_tests(wanted: tuple[str, ...]) -> None:
    pytest.importorskip("PyQt6.QtWidgets")
    if wanted is WINDOW:
        pytest.importorskip("slicer")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *wanted]
    environment = {**os.environ, "QT_API": "pyqt6", "QT_QPA_PLATFORM": "offscreen"}
    for name in [each for each in environment if each.startswith("PYTEST_")]:
        del environment[name]
    child = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=600)
    assert child.returncode == 0, child.stdout[-6000:] + child.stderr[-2000:]
    assert " passed" in child.stdout


@pytest.mark.skipif(not os.environ.get("CI") or not sys.platform.startswith("linux"), reason="CI on Linux has both")
def test_ci_has_both_bindings() -> None:
    """Without them the panel's tests would be skipped and nobody would notice."""
    for binding in ("PySide6", "PyQt6"):
        code = f"from {binding} import QtSvg, QtTest, QtWidgets"
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert child.returncode == 0, child.stderr
