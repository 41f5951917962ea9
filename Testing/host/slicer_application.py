"""Stand-ins for what only the application 3D Slicer has; MRML, VTK and Qt are the real ones.

Each names what it imitates, as measured or read in Slicer's sources. Nothing else in the tests pretends to be Slicer.
"""

from __future__ import annotations

import contextlib
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
from numpy.typing import NDArray

from Testing.host.mrml_cases import new_scene


class ScriptedBase:
    """``ScriptedLoadableModule`` and its Widget and Logic keep the parent; a widget has a ``layout`` and resources."""

    def __init__(self, parent: Any = None) -> None:
        self.parent = parent
        self.layout = MagicMock()
        self.is_set_up = self.is_reloaded = False

    def setup(self) -> None:
        self.is_set_up = True

    def onReload(self) -> None:  # noqa: N802
        self.is_reloaded = True

    def resourcePath(self, name: str) -> str:  # noqa: N802
        """A file below the module's folder ``Resources``."""
        return str(Path(__file__).resolve().parents[2] / "MultiLabelSeg" / "Resources" / name)

    def getParameterNode(self) -> Any:  # noqa: N802
        """A singleton ``vtkMRMLScriptedModuleNode`` of the scene with the module's name as its tag."""
        slicer = sys.modules["slicer"]
        scene = slicer.mrmlScene
        node = scene.GetSingletonNode("MultiLabelSeg", "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.vtkMRMLScriptedModuleNode()
            node.SetSingletonTag("MultiLabelSeg")
            node = scene.AddNode(node)
        return node


class SliceWidget:
    """``qMRMLSliceWidget``: a real slice node, a real interactor and renderer behind ``sliceView()``."""

    def __init__(self, scene: Any, name: str, normal: tuple[int, int, int], right: tuple[int, int, int]) -> None:
        import slicer
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkRenderWindowInteractor

        node = slicer.vtkMRMLSliceNode()
        node.SetLayoutName(name)
        node.SetName(name)
        self._node = scene.AddNode(node)
        self._node.SetDimensions(200, 160, 1)
        self._node.SetFieldOfView(400, 320, 1)
        self._node.SetSliceToRASByNTP(*normal, *right, 0, 0, 0, 0)
        self._node.UpdateMatrices()
        window = vtkRenderWindow()
        window.SetOffScreenRendering(1)
        window.SetSize(200, 160)
        window.AddRenderer(vtkRenderer())
        interactor = vtkRenderWindowInteractor()
        interactor.SetRenderWindow(window)
        self.renders = 0
        self._view = SimpleNamespace(
            interactor=lambda: interactor, renderWindow=lambda: window, scheduleRender=self._schedule
        )

    def _schedule(self) -> None:
        self.renders += 1

    def mrmlSliceNode(self) -> Any:  # noqa: N802
        return self._node

    def sliceView(self) -> Any:  # noqa: N802
        return self._view

    def picture(self) -> NDArray[np.uint8]:
        """What is drawn: (lines, columns, 3), the lowest line first."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

        window = self._view.renderWindow()
        window.Render()
        grab = vtkWindowToImageFilter()
        grab.SetInput(window)
        grab.ReadFrontBufferOff()
        grab.Update()
        width, height = window.GetSize()
        scalars = vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars())
        picture: NDArray[np.uint8] = scalars.reshape(height, width, -1)[..., :3].copy()
        return picture

    def send(self, name: str, x: int, y: int, ctrl: bool = False) -> None:
        """A mouse event as Qt's adapter passes it to the interactor."""
        interactor = self._view.interactor()
        interactor.SetEventInformation(x, y, int(ctrl), 0)
        interactor.InvokeEvent(name)


def layout_manager(scene: Any) -> Any:
    """``qSlicerLayoutManager``: slice widgets by the names of their views, and the signal ``layoutChanged(int)``."""
    from qtpy import QtCore

    class LayoutManager(QtCore.QObject):
        layoutChanged = QtCore.Signal(int)  # noqa: N815

        def __init__(self) -> None:
            super().__init__()
            self.widgets = {
                "Red": SliceWidget(scene, "Red", (0, 0, -1), (-1, 0, 0)),
                "Green": SliceWidget(scene, "Green", (0, 1, 0), (-1, 0, 0)),
            }

        def sliceViewNames(self) -> list[str]:  # noqa: N802
            return list(self.widgets)

        def sliceWidget(self, name: str) -> SliceWidget:  # noqa: N802
            return self.widgets[name]

    return LayoutManager()


class Application:
    """What ``slicer`` has inside the application, put beside the real MRML classes of slicer-core for one test.

    ``shown`` lists what the user would have seen; ``util.tryWithErrorDisplay`` shows errors and goes on.
    """

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.shown: list[str] = []
        self.scene = new_scene()
        self.samples: list[dict[str, Any]] = []
        self.started: list[Callable[[], None]] = []
        self.layout_manager: Any = None
        slicer = sys.modules["slicer"]
        self.util = SimpleNamespace(
            tryWithErrorDisplay=self._try,
            showStatusMessage=lambda text, _ms=0: self.shown.append(text),
            errorDisplay=lambda text, **_: self.shown.append(text),
            warningDisplay=lambda text, **_: self.shown.append(text),
            loadSegmentation=self._load,
            confirmOkCancelDisplay=lambda _text: False,
        )
        app = SimpleNamespace(
            connect=self._connect,
            layoutManager=lambda: self.layout_manager,
            slicerUserSettingsFilePath=str(folder / "Slicer.ini"),
        )
        for name, value in (("util", self.util), ("app", app), ("mrmlScene", self.scene)):
            patch.setattr(slicer, name, value, raising=False)
        for name, module in self._modules().items():
            patch.setitem(sys.modules, name, module)

    @contextlib.contextmanager
    def _try(self, text: str, waitCursor: bool = False) -> Iterator[None]:  # noqa: N803, ARG002
        try:
            yield
        except Exception as error:
            self.shown.append(f"{text} {error}")

    def _connect(self, signal: str, function: Callable[[], None]) -> None:
        """The module registers sample data when Slicer has started."""
        assert signal == "startupCompleted()"
        self.started.append(function)

    def _load(self, path: str) -> Any:
        """``slicer.util.loadSegmentation``: Slicer's own storage node, the real one."""
        import slicer

        node, storage = slicer.vtkMRMLSegmentationNode(), slicer.vtkMRMLSegmentationStorageNode()
        self.scene.AddNode(node)
        self.scene.AddNode(storage)
        storage.SetFileName(path)
        assert storage.ReadData(node)
        return node

    def _modules(self) -> dict[str, ModuleType]:
        loadable = ModuleType("slicer.ScriptedLoadableModule")
        for part in ("", "Logic", "Widget"):
            setattr(
                loadable, f"ScriptedLoadableModule{part}", type(f"ScriptedLoadableModule{part}", (ScriptedBase,), {})
            )
        test = type("ScriptedLoadableModuleTest", (unittest.TestCase,), {"delayDisplay": MagicMock()})
        loadable.__dict__["ScriptedLoadableModuleTest"] = test
        i18n = ModuleType("slicer.i18n")
        i18n.__dict__.update(tr=lambda text: text, translate=lambda _context, text: text)
        sample = ModuleType("SampleData")
        register = SimpleNamespace(registerCustomSampleDataSource=lambda **about: self.samples.append(about))
        sample.__dict__["SampleDataLogic"] = register
        return {"slicer.ScriptedLoadableModule": loadable, "slicer.i18n": i18n, "SampleData": sample}

    def qt_module(self, patch: pytest.MonkeyPatch) -> None:
        """``import qt``: one flat module of all Qt classes."""
        from MultiLabelSegLib.ui.qt.binding import qt

        patch.setitem(sys.modules, "qt", types.ModuleType("qt"))
        sys.modules["qt"].__dict__.update({name: getattr(qt, name) for name in dir(qt) if name.startswith("Q")})
