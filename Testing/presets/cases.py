"""Presets and segmentations that the tests of presets share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from MultiLabelSegLib import Geometry, Group, Label, Segmentation, read
from MultiLabelSegLib.presets.preset import LabelSetPreset, PresetGroup, PresetLabel

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mitk" / "presets"
#: one value of every kind that a property may have
ODD_PROPERTIES = {
    "text": 'a "b" <c> & d\n\te',
    "whole": -3,
    "share": 0.1,
    "yes": True,
    "double": {"type": "DoubleProperty", "value": 1.5},
    "point": {"type": "Point3dProperty", "value": [0.1, 2.0, -3.5]},
    "dicom": {"type": "TemporoSpatialStringProperty", "value": {"values": [{"t": 0, "value": "ü\x01\ufffe", "z": 0}]}},
    "vector": {"type": "IntVectorProperty", "value": [1, 2]},
    "nothing": None,
    "list": [1, {"a": None}],
    "huge": 1 << 40,
    "name": "the same key as a field",
    "center.index": "one that MITK derives",
    "control": "bell \x07",
    "_hidden": "a key that MITK drops",
    "mlseg.own": "a key in our form",
    "mlseg:folder": "Bones/Spine",
}


def base() -> Segmentation:
    """The segmentation that MITK's golden presets were applied to: 1 and 5 in "Organs", 9 and 4 in "Les"."""
    return read(GOLDEN / "base.nrrd")


def small() -> Segmentation:
    """One row of six voxels, two groups: A with 1 1 2 0 0 7 (no label 7), B with 0 3 3 0 0 0."""
    a = np.array([1, 1, 2, 0, 0, 7], np.uint8).reshape(1, 1, 1, 6)
    b = np.array([0, 3, 3, 0, 0, 0], np.uint8).reshape(1, 1, 1, 6)
    return Segmentation(
        Geometry.from_parts((1, 1, 6)),
        [
            Group(a, [Label(1, "one", (1, 0, 0), description="mine"), Label(2, "two")], "A"),
            Group(b, [Label(3, "three", locked=False, properties={"note": "kept"})], "B"),
        ],
        uid="small",
    )


def preset_of(*groups: tuple[str | None, list[Label]]) -> LabelSetPreset:
    """A preset in which labels state everything but empty texts."""
    return LabelSetPreset(
        tuple(PresetGroup(tuple(PresetLabel.of(label) for label in labels), name) for name, labels in groups)
    )


def rich() -> LabelSetPreset:
    """Three groups, the middle one empty, with every field and every kind of property."""
    first = Label(
        3, 'T "1" <&>', (0.1, 0.5, 1.0), 0.25, False, False, "id 3", "1.2.3", "line 1\nline 2", ODD_PROPERTIES
    )
    return preset_of(("Organs", [first, Label(65535, "größer")]), ("", []), ("Ziel", [Label(1, "one")]))
