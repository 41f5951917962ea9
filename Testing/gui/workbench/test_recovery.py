"""A workbench that is killed while somebody paints, and the next one, which brings everything back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import read, write
from MultiLabelSegLib.core import Segmentation
from Testing.gui.workbench.cases import a_case

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]
ROOT = Path(__file__).resolve().parents[3]


def start(*arguments: str) -> subprocess.Popen[str]:
    """The workbench in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "MultiLabelSeg"), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "MultiLabelSegLib", "workbench", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)


def wait_for(path: Path, child: subprocess.Popen[str], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not path.exists() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert path.exists(), child.communicate()[1]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Segmentation]:
    """The folder of journals that a killed workbench left, and the document as it was when it was killed."""
    folder = tmp_path_factory.mktemp("crash")
    opened, copied, journals = folder / "case_seg.nrrd", folder / "copy.nrrd", folder / "journals"
    write(a_case()[1], opened)
    actions: list[dict[str, Any]] = [
        {"do": "labels.activate", "value": 4},
        {"do": "tools.toggle", "name": "paint"},
        {"do": "show", "view": "axial", "slice": 6},
        {"do": "drag", "view": "axial", "points_ijk": [[15, 15, 6], [30, 18, 6]]},
        {"do": "show", "view": "sagittal", "slice": 30},
        {"do": "drag", "view": "sagittal", "points_ijk": [[30, 10, 4], [30, 20, 4]]},
        {"do": "labels.rename", "key": "l2", "name": "Milz"},
        {"do": "labels.add_label", "name": "Liver"},
        {"do": "drag", "view": "axial", "points_ijk": [[20, 30, 6]]},
        {"do": "files.export", "path": str(copied)},
        {"do": "pause", "seconds": 300},
    ]
    script = folder / "actions.json"
    script.write_text(json.dumps({"actions": actions}), encoding="utf-8")
    child = start(str(opened), "--script", str(script), "--journal", str(journals))
    try:
        wait_for(copied, child)
        wait_for(journal_of(journals, child), child)
        time.sleep(1.0)  # the journal is written behind the view
        assert child.poll() is None, child.communicate()[1]
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    return journals, read(copied)


def journal_of(folder: Path, child: subprocess.Popen[str]) -> Path:
    end = time.monotonic() + 20
    while time.monotonic() < end and child.poll() is None:
        found = [path for path in folder.glob("*") if path.is_dir()]
        if found:
            return found[0]
        time.sleep(0.02)
    return folder / "none"


def test_what_a_killed_workbench_left_is_offered_and_comes_back_voxel_for_voxel(
    application: Any, killed: tuple[Path, Segmentation], tmp_path: Path
) -> None:
    from MultiLabelSegLib.host.headless import MemoryPreferences
    from MultiLabelSegLib.workbench.main_window import MainWindow

    journals, wanted = killed
    window = MainWindow(MemoryPreferences(), journals)
    window.resize(1000, 800)
    window.show()
    window.settle()
    try:
        strip = window.panel.strips.recovery
        assert strip.widget.isVisible()
        assert "case_seg" in strip.text.text()
        strip.buttons["restore"].click()
        window.settle()
        document = window.presenter.session.document
        assert document is not None
        assert window.canvas.document is document
        assert [label.name for label in document.labels] == [label.name for label in wanted.labels]
        assert [label.hex_color for label in document.labels] == [label.hex_color for label in wanted.labels]
        for index in range(len(wanted.groups)):
            np.testing.assert_array_equal(document.group(index).array, wanted.group(index).array)
        assert (document.group(0).array[0, 4, 10:21, 30] == 4).all()
        assert window.presenter.session.is_modified
        assert window.presenter.session.path.name == "case_seg.nrrd"
        assert not strip.widget.isVisible()
        window.presenter.files.save_as(tmp_path / "saved.nrrd")
        window.settle()
        np.testing.assert_array_equal(read(tmp_path / "saved.nrrd").group(0).array, document.group(0).array)
    finally:
        window.close()
        window.deleteLater()
        application.processEvents()
    assert [path for path in journals.glob("*") if path.is_dir()] == []
