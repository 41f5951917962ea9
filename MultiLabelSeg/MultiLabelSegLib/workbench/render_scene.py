"""An MRML scene outside of Slicer, with the logics that views and segmentations need."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from ..errors import HostError


class RenderScene:
    """The logics of a scene, held as long as its views live.

    ``scene`` is made where none is given. Raises HostError where slicer-core is not installed.
    """

    def __init__(self, scene: Any = None) -> None:
        if find_spec("slicer") is None:
            raise HostError("the views need the Slicer core; install it: pip install slicer-core")
        import slicer
        import vtk

        self.scene = slicer.vtkMRMLScene() if scene is None else scene
        self.crosshair = self._crosshair(slicer)
        self.application = slicer.vtkSlicerApplicationLogic()
        self.application.SetMRMLScene(self.scene)
        colors = self.application.GetColorLogic()
        colors.SetMRMLScene(self.scene)
        if self.scene.GetNodeByID("vtkMRMLColorTableNodeGrey") is None:
            colors.AddDefaultColorNodes()
        self._slices, self._views = vtk.vtkCollection(), vtk.vtkCollection()
        self.application.SetSliceLogics(self._slices)
        self.application.SetViewLogics(self._views)
        self._modules = [slicer.vtkSlicerSegmentationsModuleLogic()]
        for logic in self._modules:
            logic.SetMRMLScene(self.scene)
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene, True)

    def slice_logic(self, name: str) -> Any:
        """A logic with a slice node of this name, as Slicer's views are called: Red, Yellow, Green."""
        import slicer

        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(self.application)
        self._slices.AddItem(logic)
        logic.SetMRMLScene(self.scene)
        logic.AddSliceNode(name)
        return logic

    def drop(self, logic: Any) -> None:
        """Forgets a logic, so that it stops following the scene."""
        self._slices.RemoveItem(logic)
        logic.SetMRMLScene(None)

    def close(self) -> None:
        """Ends all logics; the scene stays."""
        self._modules.clear()
        self.application.SetMRMLScene(None)

    def _crosshair(self, slicer: Any) -> Any:
        found = self.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if found is None:
            found = slicer.vtkMRMLCrosshairNode()
            found.SetCrosshairName("default")
            self.scene.AddNode(found)
        return found
