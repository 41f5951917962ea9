"""New segmentations: with the labels of a preset, else with MITK's one red label."""

from __future__ import annotations

from ..core import Geometry, Label, Segmentation
from ..core.naming import lut_color, next_name
from .apply import apply_preset
from .preset import LabelSetPreset, from_labels


def default_preset() -> LabelSetPreset:
    """What a new segmentation starts with unless a preset says otherwise: "Label 1" of the value 1 in MITK's red."""
    return from_labels([Label(1, next_name(()), lut_color(1))])


def new_segmentation(
    geometry: Geometry, preset: LabelSetPreset | None = None, *, group_name: str = "", uid: str = ""
) -> Segmentation:
    """An empty segmentation on a geometry with the groups and labels of a preset, all labels without voxels.

    Without ``preset`` there is one group with the label of ``default_preset``. ``group_name`` names the first group
    where the preset does not; ``uid`` is made up where it is empty. Raises ValueSpaceFullError.
    """
    segmentation = Segmentation(geometry, uid=uid)
    segmentation.groups[0].name = group_name
    for change in apply_preset(segmentation, preset or default_preset()).command.changes:
        change.apply(segmentation)
    return segmentation
