"""The real Supervisely SDK in a process and a Python of its own: opens projects as its upload does, converts data sets.

A request is a line of JSON, ``{"op": "open", "path": ..., "arrays": FILE.npz}``, an answer ``{"ok": ...}`` or
``{"error": ...}``. Arrays are left in the .npz file that the request names; what the SDK warned of is part of the
answer. No server is ever asked. The SDK prints; that goes to the standard error.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

_answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
# the SDK looks for a server when it is imported; this is none
os.environ.update(SERVER_ADDRESS="http://127.0.0.1:9", API_TOKEN="x" * 128)

import nrrd  # noqa: E402
import numpy as np  # noqa: E402
import supervisely as sly  # noqa: E402
from supervisely.video_annotation.key_id_map import KeyIdMap  # noqa: E402
from supervisely.volume.volume import read_nrrd_serie_volume_np  # noqa: E402

Request = dict[str, Any]
_said: list[str] = []


class _Listener(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            _said.append(f"{record.levelname}: {record.getMessage()}")


sly.logger.addHandler(_Listener())


def plain(value: Any) -> Any:
    """Anything of the SDK's as JSON."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(part) for part in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


def class_data(meta: Any) -> list[dict[str, Any]]:
    """The classes of a project."""
    return [
        {
            "name": kind.name,
            "shape": kind.geometry_type.geometry_name(),
            "color": list(kind.color),
            "description": kind.description,
        }
        for kind in meta.obj_classes
    ]


def header_affine(path: str) -> list[list[float]]:
    """The 4x4 affine into RAS mm that a header states; its space must be right-anterior-superior."""
    header = nrrd.read_header(path)
    if header["space"] != "right-anterior-superior":
        raise ValueError(f"{path}: space {header['space']}")
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(header["space directions"], float).T
    affine[:3, 3] = header["space origin"]
    return plain(affine)


# ---- opening a project ------------------------------------------------------------------------------------------
def op_open(request: Request, arrays: dict[str, Any]) -> dict[str, Any]:
    """A project as an upload would read it: volumes, annotations, the mask of every figure from its file."""
    single = sly.VolumeProject.read_single(request["path"])
    project = sly.VolumeProject(os.path.normpath(request["path"]), sly.OpenMode.READ)
    answer = {
        "name": project.name,
        "single": single.name,
        "classes": class_data(project.meta),
        "tags": [{"name": tag.name, "value_type": tag.value_type} for tag in project.meta.tag_metas],
        "keys": {kind: len(known) for kind, known in project.key_id_map.to_dict().items()},
        "accepted": accepted(request["path"]),
        "volumes": [],
    }
    for dataset in project.datasets:
        for item in dataset:
            answer["volumes"].append(read_item(project, dataset, item, arrays))
    return answer


def accepted(path: str) -> list[str]:
    """What the SDK's importer for its own format finds in the folder, by name; raises when it finds none."""
    from supervisely.convert.volume.sly.sly_volume_converter import SLYVolumeConverter

    converter = SLYVolumeConverter(path, "default")
    if not converter.validate_format():
        raise RuntimeError("the SDK's importer does not take the project")
    return sorted(item.name for item in converter.get_items())


def read_item(project: Any, dataset: Any, item: str, arrays: dict[str, Any]) -> dict[str, Any]:
    """One volume of a project."""
    volume_path, annotation_path = dataset.get_item_paths(item)
    array, meta = read_nrrd_serie_volume_np(volume_path)
    name = f"v{len(arrays)}"
    arrays[name] = array
    data = sly.json.load_json_file(annotation_path)
    sly.VolumeAnnotation.from_json(data, project.meta, KeyIdMap())  # refuses numbers that occur twice
    annotation = sly.VolumeAnnotation.from_json(data, project.meta)
    return {
        "dataset": dataset.name,
        "name": item,
        "array": name,
        "affine": header_affine(volume_path),
        "intensity": plain(meta["intensity"]),
        "volume_meta": plain(annotation.volume_meta),
        "tags": [{"name": tag.name, "value": plain(tag.value)} for tag in annotation.tags],
        "objects": [object_data(found) for found in annotation.objects],
        "figures": [
            figure_data(figure, dataset.get_mask_dir(item), arrays)
            for figure in annotation.figures + annotation.spatial_figures
        ],
    }


def object_data(found: Any) -> dict[str, Any]:
    """One object."""
    tags = [{"name": tag.name, "value": plain(tag.value)} for tag in found.tags]
    return {"key": found.key().hex, "class": found.obj_class.name, "tags": tags}


def figure_data(figure: Any, mask_dir: str, arrays: dict[str, Any]) -> dict[str, Any]:
    """One figure, its mask by way of the bytes of its file as in an upload, else that of the annotation."""
    path = Path(mask_dir) / (figure.key().hex + ".nrrd")
    data = {
        "key": figure.key().hex,
        "object": figure.parent_object.key().hex,
        "shape": figure.geometry.geometry_name(),
        "plane": figure.plane_name,
        "slice": figure.slice_index,
        "custom_data": plain(figure.custom_data),
        "file": path.is_file(),
    }
    if not isinstance(figure.geometry, sly.Mask3D):
        return data
    if data["file"]:
        figure._set_3d_geometry(sly.Mask3D.from_bytes(path.read_bytes()))
        data["affine"] = header_affine(str(path))
    data["mask"] = f"m{len(arrays)}"
    arrays[data["mask"]] = np.ascontiguousarray(figure.geometry.data.astype(bool))
    data["origin"] = plain(figure.geometry.space_origin)
    return data


# ---- writing a project ------------------------------------------------------------------------------------------
def op_write(request: Request, arrays: dict[str, Any]) -> dict[str, Any]:
    """Writes a project of one volume with the SDK: an object of the class ``C<value>`` for every value of ``labels``.

    ``source`` is an .npz file with ``image`` and ``labels`` (x, y, z) and ``affine`` into RAS mm. Answers with the CPU
    seconds that it took.
    """
    with np.load(request["source"]) as file:
        image, labels, affine = file["image"], file["labels"], file["affine"]
    started = time.process_time()
    header = {
        "space": "right-anterior-superior",
        "space directions": affine[:3, :3].T.tolist(),
        "space origin": affine[:3, 3].tolist(),
        "encoding": "gzip",
    }
    values = [int(value) for value in np.unique(labels) if value]
    classes = {value: sly.ObjClass(f"C{value}", sly.Mask3D) for value in values}
    project = sly.VolumeProject(request["path"], sly.OpenMode.CREATE)
    kind = sly.ProjectType.VOLUMES.value
    project.set_meta(sly.ProjectMeta(obj_classes=list(classes.values()), project_type=kind))
    dataset = project.create_dataset("ds0")
    path = dataset.generate_item_path("scan.nrrd")
    nrrd.write(path, image, header)
    meta = read_nrrd_serie_volume_np(path)[1]
    objects = []
    for value in values:
        mask = labels == value
        found = sly.VolumeObject(classes[value], mask_3d=sly.Mask3D(mask, volume_header=header))
        objects.append(found)
        mask_path = dataset.get_mask_path("scan.nrrd", found.figure)
        Path(mask_path).parent.mkdir(parents=True, exist_ok=True)
        nrrd.write(mask_path, mask.astype(np.uint8), header)
    collection = type(sly.VolumeAnnotation(meta).objects)(objects)
    annotation = sly.VolumeAnnotation(meta, collection, spatial_figures=[found.figure for found in objects])
    dataset.add_item_file("scan.nrrd", path, ann=annotation, _validate_item=False)
    return {"seconds": time.process_time() - started, "keys": [found.key().hex for found in objects]}


def op_convert(request: Request, arrays: dict[str, Any]) -> dict[str, Any]:
    """What the SDK's importers make of a folder or archive of NIfTI files, without any server."""
    from sly_offline import convert

    with tempfile.TemporaryDirectory() as folder:
        return convert(request, arrays, Path(folder))


def op_draw(request: Request, arrays: dict[str, Any]) -> dict[str, Any]:
    """The pixels (rows, columns) that the SDK gives a figure of a slice of ``size``, as its apps convert it."""
    shape = {"bitmap": sly.Bitmap, "polygon": sly.Polygon, "rectangle": sly.Rectangle}[request["shape"]]
    pixels = np.zeros(request["size"], np.uint8)
    for bitmap in shape.from_json(request["geometry"]).convert(sly.Bitmap):
        row, column = bitmap.origin.row, bitmap.origin.col
        rows, columns = bitmap.data.shape
        pixels[row : row + rows, column : column + columns] |= bitmap.data
    arrays["pixels"] = pixels
    return {}


OPERATIONS = {"open": op_open, "write": op_write, "convert": op_convert, "draw": op_draw}


def answer(request: Request) -> dict[str, Any]:
    """Does what a request asks. Whatever the SDK raises is part of the answer: it is what a test asks about."""
    _said.clear()
    arrays: dict[str, Any] = {}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", DeprecationWarning)  # says something about the SDK, not about the project
            found = OPERATIONS[request["op"]](request, arrays)
        np.savez(request["arrays"], **arrays)
        said = [*_said, *(f"{entry.category.__name__}: {entry.message}" for entry in caught)]
        return {"ok": {**found, "warnings": said}}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "warnings": list(_said)}


def main() -> None:
    """Answers requests until there are no more."""
    for line in sys.stdin:
        _answers.write(json.dumps(answer(json.loads(line))) + "\n")
        _answers.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
