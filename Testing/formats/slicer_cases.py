"""Segmentations with everything that the format of Slicer can hold; how tests write, read and compare them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.formats.base import ReadRequest, WriteRequest
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.slicer_seg_nrrd import SlicerOptions, read, write
from MultiLabelSegLib.formats.staging import Stage

#: oblique, anisotropic, one axis flipped
OBLIQUE = np.array([[0.0, -2.0, 0.1, 5.0], [0.3, 0.0, 1.0, 7.0], [1.5, 0.2, 0.0, -9.0], [0.0, 0.0, 0.0, 1.0]])
CODES = {
    "segmented_property_category.scheme": "SCT",
    "segmented_property_category.value": "123037004",
    "segmented_property_category.meaning": "Anatomical Structure",
    "segmented_property_type.scheme": "SCT",
    "segmented_property_type.value": "39607008",
    "segmented_property_type.meaning": "Lung",
    "segmented_property_type.modifier.[0].scheme": "SCT",
    "segmented_property_type.modifier.[0].value": "7771000",
    "segmented_property_type.modifier.[0].meaning": "Left",
}


def rich_labels() -> list[Label]:
    """Labels with every field set to something that is hard to carry."""
    return [
        Label(
            7,
            'Größe|x:\n"q"\\ 肝臓 \r\x01',
            color=(1 / 3, 0.1234567, 1.0),
            opacity=0.25,
            visible=False,
            locked=False,
            tracking_id="tumour|1: left",
            tracking_uid="1.2.840.1",
            description="two\nlines | and ü",
            properties={
                **CODES,
                "dose": {"type": "DoubleProperty", "value": 1.5},
                "seen": True,
                "count": 3,
                "note": "pipe | percent % tab \t",
            },
        ),
        Label(300, "twin", locked=True, properties={"anatomic_region.[1].value": "2|3"}),
        Label(12, "empty", locked=False),
    ]


def rich_segmentation(uid: str = "") -> Segmentation:
    """Five groups: named and empty, labels and undeclared voxels, one that overlaps these, two without voxels."""
    shape = (1, 4, 5, 6)
    first = np.zeros(shape, np.uint16)
    first[0, 1:3, 1:3, 1:3] = 7
    first[0, 1, 1, 3] = 300
    first[0, 2, 2, 4] = 99  # no label has this value
    second = np.zeros(shape, np.uint8)
    second[0, 1:3, 1:3, 2:4] = 8
    groups = [
        Group(np.zeros(shape, np.uint8), name="nothing yet", properties={"modality": "CT"}),
        Group(first, rich_labels(), "Gruppe | 1", {"ü": "ä|", "n": 1}),
        Group(second, [Label(8, "twin", (0.0, 1.0, 0.0))]),
        Group(np.zeros(shape, np.uint8), [Label(5, "lonely")], "only empty ones"),
        Group(np.zeros(shape, np.uint8)),
    ]
    return Segmentation(
        Geometry((4, 5, 6), OBLIQUE),
        groups,
        uid=uid,
        unlabeled_locked=True,
        properties={
            "DICOM.0008.0060": {"type": "TemporoSpatialStringProperty", "value": {"values": []}},
            "my.key": "a|b",
        },
        extras={"contours": [1, {"x": "ü"}]},
    )


def save(segmentation: Segmentation, path: Path, *, crop: bool = False) -> Path:
    """Writes a file as the library does, without verifying it."""
    with Stage(path) as stage:
        write(WriteRequest(segmentation, path, stage, SlicerOptions(crop)))
        stage.commit()
    return path


def load(path: Path, report: Report | None = None) -> Segmentation:
    """Reads a file."""
    return read(ReadRequest(path, report=report or Report()))


def notes_of(path: Path) -> list[str]:
    """What reading a file has to say."""
    report = Report()
    load(path, report)
    return [note.reason for note in report.notes]


def everything(segmentation: Segmentation) -> dict[str, Any]:
    """All that a segmentation holds, comparable with ``==``."""
    return {
        "geometry": segmentation.geometry,
        "uid": segmentation.uid,
        "unlabeled_locked": segmentation.unlabeled_locked,
        "properties": segmentation.properties,
        "extras": segmentation.extras,
        "groups": [(group.name, group.properties, group.labels) for group in segmentation.groups],
        "voxels": [group.array.tolist() for group in segmentation.groups],
    }


def header_text(path: Path) -> str:
    """The header of a file."""
    return path.read_bytes().partition(b"\n\n")[0].decode("utf-8")


def change_header(path: Path, old: str, new: str) -> Path:
    """Replaces text in the header of a file; the text must be there."""
    head, end, data = path.read_bytes().partition(b"\n\n")
    text = head.decode("utf-8")
    assert old in text
    path.write_bytes(text.replace(old, new).encode("utf-8") + end + data)
    return path


def seg_nrrd(path: Path, layers: list[np.ndarray], keys: dict[str, str], kind: str = "unsigned char") -> Path:
    """A file with exactly these keys, written without the library; ``layers`` are (k, j, i)."""
    data = np.stack(layers, axis=-1)
    sizes = " ".join(str(size) for size in layers[0].shape[::-1])
    lines = ["NRRD0004", f"type: {kind}", "space: left-posterior-superior", "endian: little", "encoding: gzip"]
    if len(layers) == 1:
        lines += ["dimension: 3", f"sizes: {sizes}", "space directions: (1,0,0) (0,1,0) (0,0,1)"]
        lines += ["kinds: domain domain domain"]
    else:
        lines += ["dimension: 4", f"sizes: {len(layers)} {sizes}", "space directions: none (1,0,0) (0,1,0) (0,0,1)"]
        lines += ["kinds: list domain domain domain"]
    lines += ["space origin: (0,0,0)", *(f"{key}:={value}" for key, value in keys.items())]
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + gzip.compress(data.tobytes()))
    return path


def one_row(*values: int, dtype: type = np.uint8) -> np.ndarray:
    return np.array([[values]], dtype)


def segment(number: int, value: object, layer: object = 0, name: str = "", **fields: str) -> dict[str, str]:
    found = {"ID": f"s{number}", "Name": name or f"n{number}", "LabelValue": str(value), "Layer": str(layer), **fields}
    return {f"Segment{number}_{key}": text for key, text in found.items()}


def rows(segmentation: Segmentation) -> list[list[int]]:
    """The voxels of each group of a case of one row."""
    return [group.array.ravel().tolist() for group in segmentation.groups]
