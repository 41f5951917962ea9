"""A folder with images and a task list of MITK's documented kind."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Image
from MultiLabelSegLib.formats.image_file import save_image

#: the shape (k, j, i) of the images
SHAPE = (3, 4, 5)


def an_image(path: Path, frames: int = 1) -> Path:
    """An image of noise, 3D or 3D+t with frames of 10 ms."""
    bounds = None if frames == 1 else tuple(10.0 * t for t in range(frames + 1))
    geometry = mls.Geometry.from_parts(SHAPE, (0.5, 1, 2), (1, 2, 3), time_steps=frames, time_bounds=bounds)
    array = np.random.default_rng(1).integers(0, 999, geometry.full_shape).astype(np.int16)
    path.parent.mkdir(parents=True, exist_ok=True)
    return save_image(Image(array, geometry), path)


def a_segmentation(name: str = "Liver", frames: int = 1) -> mls.Segmentation:
    """One label named ``name`` with one plane of voxels, on the grid of ``an_image``."""
    array = np.zeros((frames, *SHAPE), np.uint8)
    array[:, 1] = 1
    geometry = mls.Geometry.from_parts(SHAPE, (0.5, 1, 2), (1, 2, 3), time_steps=frames)
    return mls.Segmentation(geometry, [mls.Group(array, [mls.Label(1, name)])])


def tasks_json(*tasks: dict[str, Any], version: int = 1, **more: Any) -> dict[str, Any]:
    """The JSON of a list."""
    return {"FileFormat": "MITK Segmentation Task List", "Version": version, "Tasks": list(tasks), **more}


def write_list(folder: Path, data: Any) -> Path:
    """Writes JSON as ``tasks.json``."""
    path = folder / "tasks.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def three_tasks(folder: Path) -> Path:
    """Liver (a label's name), Kidneys (a preset), Spleen (a segmentation to begin with), all of one image."""
    an_image(folder / "images" / "ct.nrrd")
    (folder / "pre").mkdir()
    mls.write(a_segmentation("from preset"), folder / "pre" / "kidneys.nrrd")
    mls.write(a_segmentation("first idea"), folder / "pre" / "spleen.nrrd")
    (folder / "pre" / "names.json").write_text('[{"name": "Liver"}]')
    return write_list(
        folder,
        tasks_json(
            {
                "Name": "Liver",
                "LabelName": "My liver",
                "LabelNameSuggestions": "pre/names.json",
                "Result": "results/liver.seg.nrrd",
            },
            {"Name": "Kidneys", "Preset": "pre/kidneys.nrrd", "Result": "results/kidneys.nrrd"},
            {"Segmentation": "pre/spleen.nrrd", "Result": "results/spleen.nii.gz", "Note": {"by": "us"}},
            Name="Abdomen",
            Defaults={"Image": "images/ct.nrrd", "Description": "all organs"},
            Project=7,
        ),
    )


def a_scene(path: Path, folder: Path, nodes: dict[str, tuple[str, Path]]) -> Path:
    """A scene as MITK writes it: node name -> (class of its data, data file)."""
    entries = []
    with zipfile.ZipFile(path, "w") as archive:
        for number, (name, (kind, file)) in enumerate(nodes.items()):
            archive.write(file, f"d{number}_{file.name}")
            properties = (
                f'<Version FileVersion="1"/><property key="name" type="StringProperty"><string value="{name}"/>'
            )
            archive.writestr(f"p{number}", f'<?xml version="1.0"?><PropertyList>{properties}</property></PropertyList>')
            entries.append(
                f'<node UID="OBJECT_{number}"><data type="{kind}" file="d{number}_{file.name}" UID="DATA_{number}"/>'
                f'<properties file="p{number}"/></node>'
            )
        archive.writestr("index.xml", f'<?xml version="1.0"?><Scene>{"".join(entries)}</Scene>')
    return path
