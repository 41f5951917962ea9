"""The grey picture of a slice: cut out, windowed and coloured by Slicer's slice logic, without a graphics card."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..host.mrml_grid import voxels_of
from ..host.mrml_observers import Observers
from ..signal import Signal
from .render_block import BlockInput
from .render_scene import RenderScene
from .view_geometry import ViewFrame, ViewName

#: names and colours of Slicer's views
SLICE_NODES: dict[ViewName, tuple[str, tuple[float, float, float]]] = {
    "axial": ("Red", (0.95, 0.29, 0.2)),
    "coronal": ("Green", (0.43, 0.69, 0.3)),
    "sagittal": ("Yellow", (0.93, 0.84, 0.3)),
}
#: voxels that are looked at to choose a window
_SAMPLES = 200_000


class SlicePicture:
    """A slice node and its logic, which cuts volumes of any grid along the slice.

    ``changed`` is emitted when the picture would look different though nobody placed it anew: window and level, the
    volume's voxels.
    """

    def __init__(self, place: RenderScene, view: ViewName) -> None:
        from vtkmodules.util.numpy_support import vtk_to_numpy

        name, color = SLICE_NODES[view]
        self._place, self.changed = place, Signal()
        self.logic = place.slice_logic(name)
        self.node = self.logic.GetSliceNode()
        self.node.SetLayoutColor(*color)
        self.node.SetMappedInLayout(1)
        self._is_placing, self._as_array = False, vtk_to_numpy
        #: the last filter and the display node of the filters that were told to use one thread
        self._pipeline: tuple[Any, Any] | None = None
        self._input = BlockInput(self.logic.GetBackgroundLayer())
        self._observers = Observers()
        self._observers.add(self.logic, "ModifiedEvent", self._on_modified)

    @property
    def volume(self) -> Any | None:
        """The volume node that is shown."""
        return self.logic.GetBackgroundLayer().GetVolumeNode()

    def set_volume(self, node_id: str) -> None:
        """Shows a volume of the scene; none with an empty ID."""
        self._pipeline = None
        self._input.release(self.volume)
        self.logic.GetSliceCompositeNode().SetBackgroundVolumeID(node_id or None)

    def place(self, frame: ViewFrame, ratio: float) -> None:
        """Puts the slice node where the frame looks, with ``ratio`` pixels a point."""
        wide, high = max(1, round(frame.width * ratio)), max(1, round(frame.height * ratio))
        pixel = frame.mm / ratio
        thick = frame.grid.thickness_mm
        self._is_placing = True
        state = self.node.StartModify()
        try:
            self.node.GetSliceToRAS().DeepCopy(frame.slice_to_ras().ravel().tolist())
            self.node.SetDimensions(wide, high, 1)
            self.node.SetFieldOfView(wide * pixel, high * pixel, thick)
            # Slicer lays the first pixel's centre on the edge of the field of view
            self.node.SetXYZOrigin(pixel / 2, pixel / 2, 0.0)
            self.node.UpdateMatrices()
        finally:
            self.node.EndModify(state)
            self._is_placing = False

    def pixels(self) -> NDArray[np.uint8] | None:
        """(lines, columns, 4) red, green, blue, alpha, the upper line first; alpha is 0 outside of the volume.

        They are Slicer's memory, good until the next picture. None without a volume.
        """
        port = self.logic.GetImageDataConnection()
        if self.volume is None or port is None:
            return None
        pipeline = (port.GetProducer(), self.volume.GetDisplayNode())
        if pipeline != self._pipeline:
            _use_one_thread(port.GetProducer())
            self._pipeline = pipeline
        self._input.update(self.volume, *self.node.GetDimensions()[:2])
        self.cut(port.GetProducer())
        image = port.GetProducer().GetOutputDataObject(port.GetIndex())
        scalars = image.GetPointData().GetScalars()
        if scalars is None or scalars.GetNumberOfComponents() != 4:
            return None
        wide, high, _ = image.GetDimensions()
        return self._as_array(scalars).reshape(high, wide, 4)[::-1]  # type: ignore[no-any-return]

    def cut(self, producer: Any) -> None:
        """What Slicer itself does for a picture: its filters run."""
        producer.Update()

    def close(self) -> None:
        """Follows the scene no more; the node stays."""
        self._observers.remove_all()
        self._input.release(self.volume)
        self._pipeline = None
        self._place.drop(self.logic)

    def _on_modified(self) -> None:
        if not self._is_placing:
            self.changed.emit()


def _use_one_thread(producer: Any) -> None:
    """No threads in the filters up to this one: for so few pixels, waiting for them takes five times as long.

    Slicer keeps the filters as long as the volume's display node is the same.
    """
    if hasattr(producer, "SetNumberOfThreads"):
        producer.SetNumberOfThreads(1)
    for port in range(producer.GetNumberOfInputPorts()):
        for number in range(producer.GetNumberOfInputConnections(port)):
            _use_one_thread(producer.GetInputConnection(port, number).GetProducer())


def window_level(volume: Any) -> tuple[float, float] | None:
    """Window and level by which a volume node is shown."""
    display = None if volume is None else volume.GetScalarVolumeDisplayNode()
    return None if display is None else (float(display.GetWindow()), float(display.GetLevel()))


def set_window_level(volume: Any, window: float, level: float) -> None:
    """Sets window (at least a millionth) and level; Slicer chooses them by itself no more."""
    display = None if volume is None else volume.GetScalarVolumeDisplayNode()
    if display is None:
        return
    state = display.StartModify()
    display.SetAutoWindowLevel(0)
    display.SetWindowLevel(max(window, 1e-6), level)
    display.EndModify(state)


def fit_window(volume: Any) -> None:
    """Window and level for what most voxels hold, unless somebody chose them already.

    The lowest value is left out: scanners fill what they did not measure with it, far below the air of the room.
    """
    display = None if volume is None else volume.GetScalarVolumeDisplayNode()
    if display is None or not display.GetAutoWindowLevel():
        return
    voxels = voxels_of(volume.GetImageData())
    if voxels is None:
        return
    step = max(1, voxels.size // _SAMPLES)
    # an odd step meets other columns in every line
    sample = voxels.reshape(-1)[:: step | 1].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return
    above = sample[sample > sample.min()]
    low, high = np.percentile(above if above.size else sample, (1.0, 99.5)).tolist()
    set_window_level(volume, high - low or 1.0, (high + low) / 2)
