"""The images of an MRML scene: its volumes, and images with several frames, of which a volume shows one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core import Image
from ..errors import HostError
from .base import ImageChoice
from .mrml_images import channels_of, geometry_of_volume, image_from_volume, set_volume, volume_from_image
from .mrml_scene import remove_from_scene

_SCALAR, _LABELS = "vtkMRMLScalarVolumeNode", "vtkMRMLLabelMapVolumeNode"


#: what is darkest and brightest at first in a CT: soft tissue, in Hounsfield units
_SOFT_TISSUE = (-160.0, 240.0)
_AIR, _DENSE = -900, 200
#: voxels that are looked at to find the first window of an image
_SAMPLE = 1 << 18


def first_window(image: Image) -> tuple[float, float]:
    """The brightness that is shown black and white at first: soft tissue for CT, else all but the odd extremes.

    Voxels that are no numbers do not count.
    """
    voxels = image.array[0].reshape(-1)
    sample = voxels[:: max(1, voxels.size // _SAMPLE)]
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 1.0
    low, high = (float(each) for each in np.percentile(sample, (0.5, 99.5)))
    if sample.dtype.kind in "if" and low <= _AIR and high >= _DENSE:
        return _SOFT_TISSUE
    return (low, high) if high > low else (low, low + 1)


class Volumes:
    """The volumes of a scene with voxels that are no label maps; images that were added are known with all frames."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._added: dict[str, Image] = {}

    def choices(self) -> list[ImageChoice]:
        """All that can be segmented."""
        return [self._choice(volume) for volume in self._volumes()]

    def node(self, image_id: str) -> Any:
        """The volume node. Raises HostError for an unknown one."""
        node = self._scene.GetNodeByID(image_id)
        if node is None or not node.IsA(_SCALAR):
            raise HostError(f"the scene has no {_SCALAR} {image_id!r}")
        return node

    def image(self, image_id: str, channel: int | None = None) -> Image:
        """The image of a volume, without copying it. Raises HostError, OptionError."""
        volume = self.node(image_id)
        added = self._added.get(image_id)
        if added is not None and added.geometry.time_steps > 1:
            return added
        return image_from_volume(volume, channel)

    def add(self, image: Image, name: str) -> str:
        """A new volume that shows the first frame of an image; its ID. Raises HostError."""
        volume = volume_from_image(self._scene, image, name)
        display = volume.GetScalarVolumeDisplayNode()
        if display is not None:
            display.SetAutoWindowLevel(False)
            display.SetWindowLevelMinMax(*first_window(image))
        image_id = str(volume.GetID())
        self._added[image_id] = image
        return image_id

    def show_frame(self, image_id: str, t: int) -> None:
        """Shows another frame of an image that was added; volumes of the scene have but one."""
        added = self._added.get(image_id)
        if added is not None and added.geometry.time_steps > 1:
            set_volume(self.node(image_id), added, min(t, added.geometry.time_steps - 1))

    def remove(self, image_id: str) -> None:
        """Takes a volume out of the scene. Raises HostError for an unknown one."""
        volume = self.node(image_id)
        self._added.pop(image_id, None)
        remove_from_scene(volume)

    def forget(self) -> None:
        """Lets go of every image that was added."""
        self._added.clear()

    def _choice(self, volume: Any) -> ImageChoice:
        image_id, geometry = str(volume.GetID()), geometry_of_volume(volume)
        if image_id in self._added:
            geometry = self._added[image_id].geometry
        return ImageChoice(image_id, volume.GetName() or "", geometry, channels_of(volume))

    def _volumes(self) -> Iterator[Any]:
        # an index into the scene's own list: collections made by the scene must be released by hand
        for number in range(self._scene.GetNumberOfNodesByClass(_SCALAR)):
            volume = self._scene.GetNthNodeByClass(number, _SCALAR)
            if not volume.IsA(_LABELS) and channels_of(volume):
                yield volume
