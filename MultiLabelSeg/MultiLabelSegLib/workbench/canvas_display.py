"""Whether windows and pictures can be made here, said in one line before Qt or VTK would end the program."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Any

from ..errors import HostError

#: platforms of Qt that need no display
_OWN_PICTURES = ("offscreen", "minimal", "vnc", "eglfs", "linuxfb")


def check_qt() -> None:
    """Raises HostError when Qt is missing or would find no display, in which case it ends the process."""
    if find_spec("qtpy") is None or not any(find_spec(name) for name in ("PySide6", "PyQt6")):
        raise HostError("the workbench needs Qt; install it: pip install PySide6 qtpy")
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if platform in _OWN_PICTURES or not sys.platform.startswith("linux"):
        return
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        raise HostError(
            "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set (QT_QPA_PLATFORM=offscreen works)"
        )


def check_gl() -> None:
    """Raises HostError when VTK cannot draw surfaces here; slices need no OpenGL."""
    import vtk

    # without an X server VTK finds another way by itself, but complains first
    verbosity = vtk.vtkLogger.GetCurrentVerbosityCutoff()
    vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_ERROR)
    try:
        _check_window(vtk)
    finally:
        vtk.vtkLogger.SetStderrVerbosity(verbosity)


def _check_window(vtk: Any) -> None:
    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetSize(8, 8)
    if not window.SupportsOpenGL():
        raise HostError(f"there is no OpenGL 3.2 for the 3D view ({window.GetClassName()}); slices need none")
    window.Finalize()
