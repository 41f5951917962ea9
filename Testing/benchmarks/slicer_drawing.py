"""What Slicer itself draws segmentations with: its displayable manager in a window off screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MANAGER = "vtkMRMLSegmentationsDisplayableManager2D"


@dataclass(frozen=True)
class SlicerDrawing:
    """A window with its interactor, renderer and group of managers, which must live as long as they draw."""

    window: Any
    interactor: Any
    renderer: Any
    group: Any

    @classmethod
    def of(cls, application: Any, size: tuple[int, int]) -> SlicerDrawing:
        """For a scene's application logic; ``group.SetMRMLDisplayableNode`` says which slice it draws."""
        import slicer
        import vtk

        window = vtk.vtkRenderWindow()
        window.SetOffScreenRendering(1)
        window.SetSize(*size)
        interactor = vtk.vtkGenericRenderWindowInteractor()
        interactor.SetRenderWindow(window)
        renderer = vtk.vtkRenderer()
        window.AddRenderer(renderer)
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        factory.SetMRMLApplicationLogic(application)
        if not factory.IsDisplayableManagerRegistered(_MANAGER):
            factory.RegisterDisplayableManager(_MANAGER)
        group = slicer.vtkMRMLDisplayableManagerGroup()
        group.SetRenderer(renderer)
        group.Initialize(factory, renderer)
        return cls(window, interactor, renderer, group)
