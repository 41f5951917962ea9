"""MultiLabelSeg.py driven on the real MRML scene and VTK, with stand-ins for the application alone."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import unittest
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation, read, write
from MultiLabelSegLib.host.mrml_takeover import document_from_node
from Testing.datasets.supervisely.project_cases import assert_same
from Testing.host.slicer_application import Application

MODULE = Path(__file__).resolve().parents[2] / "MultiLabelSeg"
pytestmark = pytest.mark.slicer_core


def load_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def slicer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Application:
    pytest.importorskip("slicer")
    return Application(monkeypatch, tmp_path)


@pytest.fixture
def module(slicer: Application, monkeypatch: pytest.MonkeyPatch) -> ModuleType:  # noqa: ARG001
    loaded = load_file(MODULE / "MultiLabelSeg.py")
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


def test_loading_the_module_file_loads_nothing_of_the_library() -> None:
    code = f"""
import sys, types
from unittest.mock import MagicMock
slicer, loadable = types.ModuleType("slicer"), types.ModuleType("slicer.ScriptedLoadableModule")
slicer.app = MagicMock()
for name in ("", "Logic", "Test", "Widget"):
    setattr(loadable, "ScriptedLoadableModule" + name, type("Base", (), {{"__init__": lambda self, parent: None}}))
sys.modules.update({{"slicer": slicer, "slicer.i18n": MagicMock(), "slicer.ScriptedLoadableModule": loadable}})
sys.path.insert(0, {str(MODULE)!r})
import MultiLabelSeg
MultiLabelSeg.MultiLabelSeg(MagicMock())
MultiLabelSeg.MultiLabelSegFileReader(MagicMock())
print(*sorted({{name.split(".")[0] for name in sys.modules}} & {{"MultiLabelSegLib", "numpy", "SimpleITK", "qt"}}))
"""
    child = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert (child.returncode, child.stdout.split()) == (0, []), child.stderr


def test_the_module_says_what_slicer_shows_of_it(module: ModuleType) -> None:
    parent = SimpleNamespace()
    module.MultiLabelSeg(parent)
    assert parent.title == "MultiLabelSeg"
    assert parent.categories == ["Segmentation"]
    assert "Segmentations" in parent.dependencies


def test_sample_data_is_registered_at_start_and_needs_no_network(module: ModuleType, slicer: Application) -> None:
    module.MultiLabelSeg(SimpleNamespace())
    for function in slicer.started:
        function()
    (sample,) = slicer.samples
    assert Path(sample["thumbnailFileName"]).is_file()
    image, node = sample["customDownloader"](None)
    assert image.IsA("vtkMRMLScalarVolumeNode")
    assert [label.name for label in document_from_node(node).document.labels][:2] == ["Right lung", "Left lung"]


@pytest.mark.parametrize("name", sorted(path.name for path in (MODULE / "Testing/Python").glob("*Test.py")))
def test_the_tests_that_run_inside_slicer_pass_here_too(name: str, module: ModuleType) -> None:  # noqa: ARG001
    tests = unittest.defaultTestLoader.loadTestsFromModule(load_file(MODULE / "Testing/Python" / name))
    result = unittest.TestResult()
    tests.run(result)
    assert [text for _, text in result.failures + result.errors] == []
    assert result.testsRun >= 3


def test_every_test_of_the_folder_is_one_of_ctest() -> None:
    listed = (MODULE / "Testing/Python/CMakeLists.txt").read_text()
    for path in (MODULE / "Testing/Python").glob("*.py"):
        assert f"slicer_add_python_unittest(SCRIPT {path.name})" in listed


def test_the_self_test_passes(module: ModuleType) -> None:
    test = module.MultiLabelSegTest("runTest")
    test.runTest()
    assert test.delayDisplay.call_count == 2


def test_add_data_loads_mitk_files_and_no_others(module: ModuleType, slicer: Application, a_file: Path) -> None:
    reader = module.MultiLabelSegFileReader(SimpleNamespace(loadedNodes=[]))
    own = a_file.with_name("plain.seg.nrrd")
    write(read(a_file), own)
    assert reader.canLoadFile(str(a_file))
    assert reader.canLoadFileConfidence(str(a_file)) > 0.6  # Slicer's own readers of .nrrd say about 0.55
    assert not reader.canLoadFile(str(own))
    assert reader.load({"fileName": str(a_file), "name": "Mine"})
    (node_id,) = reader.parent.loadedNodes
    node = slicer.scene.GetNodeByID(node_id)
    assert node.GetName() == "Mine"
    assert_same(document_from_node(node).document, read(a_file))


def test_a_damaged_file_is_one_message_alone(module: ModuleType, slicer: Application, a_file: Path) -> None:
    a_file.write_bytes(a_file.read_bytes()[:-20])
    reader = module.MultiLabelSegFileReader(SimpleNamespace(loadedNodes=[]))
    assert not reader.load({"fileName": str(a_file)})
    (shown,) = slicer.shown
    assert "a file.nrrd" in shown
    assert slicer.scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0


def test_save_writes_what_the_node_shows(module: ModuleType, slicer: Application, a_file: Path) -> None:
    (node_id,) = module.MultiLabelSegLogic().load(str(a_file))
    node = slicer.scene.GetNodeByID(node_id)
    writer = module.MultiLabelSegFileWriter(SimpleNamespace(writtenNodes=[]))
    assert writer.canWriteObject(node)
    assert not writer.canWriteObject(slicer.scene.AddNewNodeByClass("vtkMRMLModelNode"))
    output = a_file.with_name("out.nrrd")
    assert writer.write({"nodeID": node_id, "fileName": str(output)})
    assert writer.parent.writtenNodes == [node_id]
    assert_same(read(output), read(a_file))


def test_messages_go_where_they_belong(module: ModuleType, slicer: Application) -> None:
    for level in ("info", "warning", "error"):
        module.MultiLabelSegLogic().tell(SimpleNamespace(level=SimpleNamespace(value=level), text=level))
    assert slicer.shown == ["info", "warning", "error"]


def test_missing_packages_are_asked_for_only_when_something_is_missing(
    module: ModuleType, slicer: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, missing = tmp_path / "there.txt", tmp_path / "missing.txt"
    there.write_text("numpy\n")
    missing.write_text("numpy\na_package_that_there_is_not\n")
    packaging = MagicMock()
    monkeypatch.setattr(sys.modules["slicer"], "packaging", packaging, raising=False)
    module.MultiLabelSegLogic().ensurePackages(str(there))
    packaging.pip_ensure.assert_not_called()
    module.MultiLabelSegLogic().ensurePackages(str(missing))
    packaging.pip_ensure.assert_called_once()
    monkeypatch.delattr(sys.modules["slicer"], "packaging")
    module.MultiLabelSegLogic().ensurePackages(str(missing))  # older Slicers ask; the stand-in says no
    assert slicer.shown == []


def test_reloading_forgets_the_library(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = {name: known for name, known in sys.modules.items() if name.split(".")[0] == "MultiLabelSegLib"}
    for name, known in loaded.items():
        monkeypatch.setitem(sys.modules, name, known)  # so that all come back after this test
    widget: Any = module.MultiLabelSegWidget(None)
    widget.slicerPanel = None
    widget.onReload()
    assert widget.is_reloaded
    assert not [name for name in sys.modules if name.split(".")[0] == "MultiLabelSegLib"]
