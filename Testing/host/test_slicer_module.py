"""MultiLabelSeg.py, loaded with stand-ins for Slicer's own modules: the logic for real, the window by its calls."""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
import types
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation, read, write

MODULE = Path(__file__).resolve().parents[2] / "MultiLabelSeg"


class _Parent:
    """Slicer's base classes keep the parent and do nothing else that matters here."""

    def __init__(self, parent: Any = None) -> None:
        self.parent = parent
        self.layout = MagicMock()

    def setup(self) -> None:
        self.is_set_up = True

    def onReload(self) -> None:  # noqa: N802
        self.is_reloaded = True


def _file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def slicer(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stand-ins for slicer, qt and ctk; errors that the user would see are in ``shown``."""
    shown: list[str] = []

    @contextlib.contextmanager
    def try_with_error_display(text: str, waitCursor: bool) -> Iterator[None]:  # noqa: N803
        try:
            yield
        except Exception as error:
            shown.append(f"{text} {error}")

    util = SimpleNamespace(
        tryWithErrorDisplay=try_with_error_display,
        createProgressDialog=MagicMock(return_value=MagicMock(wasCanceled=False)),
        showStatusMessage=MagicMock(),
    )
    fake = types.ModuleType("slicer")
    fake.__dict__.update(util=util, app=MagicMock(), mrmlScene=MagicMock(), shown=shown)
    loadable = types.ModuleType("slicer.ScriptedLoadableModule")
    for name in ("", "Logic", "Widget"):
        setattr(loadable, f"ScriptedLoadableModule{name}", type(f"ScriptedLoadableModule{name}", (_Parent,), {}))
    loadable.__dict__["ScriptedLoadableModuleTest"] = type("Test", (unittest.TestCase,), {"delayDisplay": MagicMock()})
    i18n = types.ModuleType("slicer.i18n")
    i18n.__dict__.update(tr=lambda text: text, translate=lambda context, text: text)
    ctk = MagicMock()
    ctk.ctkPathLineEdit.side_effect = lambda: MagicMock()  # each path is a widget of its own
    stand_ins = {"slicer": fake, "slicer.ScriptedLoadableModule": loadable, "slicer.i18n": i18n}
    for name, module in {**stand_ins, "qt": MagicMock(), "ctk": ctk}.items():
        monkeypatch.setitem(sys.modules, name, module)
    return SimpleNamespace(util=util, shown=shown, module=fake)


@pytest.fixture
def module(slicer: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    loaded = _file(MODULE / "MultiLabelSeg.py")
    monkeypatch.setitem(sys.modules, "MultiLabelSeg", loaded)
    return loaded


@pytest.fixture
def a_file(tmp_path: Path) -> Path:
    """A MITK file with one label of three voxels."""
    voxels = np.zeros((1, 2, 3, 4), np.uint8)
    voxels[0, 1, 2, :3] = 9
    path = tmp_path / "a file.nrrd"
    write(Segmentation(Geometry((2, 3, 4), np.eye(4)), [Group(voxels, [Label(9, "Niere")])]), path)
    return path


@pytest.fixture
def a_widget(module: ModuleType) -> Any:
    widget = module.MultiLabelSegWidget(None)
    widget.setup()
    widget.overwrite.checked = False
    return widget


def test_loading_the_module_file_loads_nothing_of_the_library() -> None:
    code = f"""
import sys, types
from unittest.mock import MagicMock
slicer, loadable = types.ModuleType("slicer"), types.ModuleType("slicer.ScriptedLoadableModule")
for name in ("", "Logic", "Test", "Widget"):
    setattr(loadable, "ScriptedLoadableModule" + name, type("Base", (), {{"__init__": lambda self, parent: None}}))
sys.modules.update({{"slicer": slicer, "slicer.i18n": MagicMock(), "slicer.ScriptedLoadableModule": loadable}})
sys.path.insert(0, {str(MODULE)!r})
import MultiLabelSeg
MultiLabelSeg.MultiLabelSeg(MagicMock())
print(*sorted({{name.split(".")[0] for name in sys.modules}} & {{"MultiLabelSegLib", "numpy", "SimpleITK", "qt"}}))
"""
    child = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert (child.returncode, child.stdout.split()) == (0, []), child.stderr


def test_the_module_says_what_slicer_shows_of_it(module: ModuleType) -> None:
    parent = SimpleNamespace()
    module.MultiLabelSeg(parent)
    assert parent.title == "MultiLabelSeg"
    assert parent.categories == ["Segmentation"]
    assert parent.contributors == ["MultiLabelSeg contributors"]


def test_the_tests_that_run_inside_slicer_pass_here_too(module: ModuleType) -> None:
    tests = unittest.defaultTestLoader.loadTestsFromModule(_file(MODULE / "Testing/Python/MultiLabelSegConvertTest.py"))
    result = unittest.TestResult()
    tests.run(result)
    assert [text for _, text in result.failures + result.errors] == []
    assert result.testsRun == 4


def test_the_button_converts_what_the_two_paths_name(a_widget: Any, a_file: Path, slicer: SimpleNamespace) -> None:
    output = a_file.with_name("ein Ausgang.seg.nrrd")
    a_widget.inputPath.currentPath, a_widget.outputPath.currentPath = str(a_file), str(output)
    a_widget.onConvert()
    assert slicer.shown == []
    assert [label.name for label in read(output).labels] == ["Niere"]
    assert str(output) in slicer.util.showStatusMessage.call_args.args[0]
    slicer.util.createProgressDialog.return_value.close.assert_called_once()


def test_a_failure_is_shown_and_leaves_no_dialog_behind(a_widget: Any, tmp_path: Path, slicer: SimpleNamespace) -> None:
    a_widget.inputPath.currentPath = str(tmp_path / "not there.nrrd")
    a_widget.outputPath.currentPath = str(tmp_path / "output.nrrd")
    a_widget.onConvert()
    (shown,) = slicer.shown
    assert shown.startswith("The conversion failed.")
    assert "not there.nrrd" in shown
    slicer.util.createProgressDialog.return_value.close.assert_called_once()


def test_cancelling_in_the_dialog_writes_nothing(a_widget: Any, a_file: Path, slicer: SimpleNamespace) -> None:
    slicer.util.createProgressDialog.return_value.wasCanceled = True
    output = a_file.with_name("output.seg.nrrd")
    a_widget.inputPath.currentPath, a_widget.outputPath.currentPath = str(a_file), str(output)
    a_widget.onConvert()
    assert not output.exists()
    assert "nothing was written" in slicer.util.showStatusMessage.call_args.args[0]


def test_reloading_forgets_the_library(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = {name: known for name, known in sys.modules.items() if name.split(".")[0] == "MultiLabelSegLib"}
    for name, known in loaded.items():
        monkeypatch.setitem(sys.modules, name, known)  # so that all come back after this test
    widget = module.MultiLabelSegWidget(None)
    widget.onReload()
    assert widget.is_reloaded
    assert not [name for name in sys.modules if name.split(".")[0] == "MultiLabelSegLib"]


@pytest.fixture
def load_segmentation(tmp_path: Path) -> Callable[[str], Any]:
    """Slicer's own reader, from slicer-core, in place of slicer.util.loadSegmentation."""
    core = pytest.importorskip("slicer")
    scene = core.vtkMRMLScene()

    def load(path: str) -> Any:
        node, storage = core.vtkMRMLSegmentationNode(), core.vtkMRMLSegmentationStorageNode()
        scene.AddNode(node)
        scene.AddNode(storage)
        storage.SetFileName(path)
        assert storage.ReadData(node)
        return node

    return load


@pytest.mark.slicer_core
def test_the_self_test_passes_with_the_real_reader_of_slicer(
    load_segmentation: Callable[[str], Any], module: ModuleType, slicer: SimpleNamespace
) -> None:
    slicer.util.loadSegmentation = load_segmentation
    test = module.MultiLabelSegTest("runTest")
    test.runTest()
    test.delayDisplay.assert_called_once()
