"""Supervisely's importers of NIfTI data sets, run without a server: what they would have sent is kept in memory.

Only ``sly_child.py`` imports this, in the Python that has the SDK.
"""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import supervisely as sly
from supervisely.volume import volume as sly_volume


class OfflineServer:
    """One project in memory with the calls that the importers make; ids count from 1001.

    ``existing`` describes volumes that are there already: ``{"datasets": [{"id", "name", "volumes": [{"id", "name",
    "shape", "affine"}]}]}``, shapes (x, y, z), affines into RAS mm.
    """

    def __init__(self, existing: dict[str, Any] | None) -> None:
        self.numbers = count(1001)
        self.meta = sly.ProjectMeta()
        self.datasets: dict[int, Any] = {}
        self.volumes: dict[int, Any] = {}
        self.sent: dict[int, Any] = {}
        self.annotations: dict[int, list[Any]] = {}
        self.figures: dict[int, Any] = {}
        described = existing or {"datasets": [{"id": 1, "name": "ds0", "volumes": []}]}
        for dataset in described["datasets"]:
            volumes = dataset["volumes"]
            number, name = dataset["id"], dataset["name"]
            self.datasets[number] = SimpleNamespace(id=number, name=name, project_id=1, items_count=len(volumes))
            for volume in volumes:
                self._describe(number, volume["id"], volume["name"], volume["shape"], np.array(volume["affine"], float))

    def _describe(self, dataset: int, number: int, name: str, shape: Any, affine: Any) -> None:
        spacing = np.linalg.norm(affine[:3, :3], axis=0)
        directions = tuple((affine[:3, :3] / spacing).ravel())
        meta = sly_volume.get_meta(tuple(shape), 0, 1, tuple(spacing), tuple(affine[:3, 3]), directions)
        self._keep(dataset, number, name, meta, shape)

    def _keep(self, dataset: int, number: int, name: str, meta: Any, shape: Any) -> None:
        sizes = {"sizes": [int(size) for size in shape]}
        self.volumes[number] = SimpleNamespace(
            id=number, name=name, dataset_id=dataset, project_id=1, meta=meta, file_meta=sizes
        )

    def api(self) -> Any:
        """What the importers take for the connection to a server."""
        volume = SimpleNamespace(
            get_list=lambda dataset: [found for found in self.volumes.values() if found.dataset_id == dataset],
            get_info_by_name=self._volume_named,
            get_info_by_id=self.volumes.get,
            upload_np=self._upload,
            annotation=SimpleNamespace(append=self._append),
            figure=SimpleNamespace(download=self._download, update_custom_data=self._update),
            object=SimpleNamespace(get_list=self._objects),
        )
        return SimpleNamespace(
            volume=volume,
            project=SimpleNamespace(get_meta=lambda *_, **__: self.meta.to_json(), update_meta=self._update_meta),
            dataset=SimpleNamespace(
                get_info_by_id=self.datasets.get, get_list=lambda *_, **__: [*self.datasets.values()]
            ),
        )

    # ---- the calls ---------------------------------------------------------------------------------------------
    def _update_meta(self, _project: int, meta: Any) -> Any:
        data = meta if isinstance(meta, dict) else meta.to_json()
        for kind in data["classes"]:
            if kind.get("id") is None:
                kind["id"] = next(self.numbers)
        self.meta = sly.ProjectMeta.from_json(data)
        return self.meta

    def _volume_named(self, dataset: int, name: str) -> Any:
        matching = (found for found in self.volumes.values() if (found.dataset_id, found.name) == (dataset, name))
        return next(matching, None)

    def _upload(self, dataset: int, name: str, array: Any, meta: Any, *_: Any, **__: Any) -> None:
        number = next(self.numbers)
        self._keep(dataset, number, name, meta, array.shape)
        self.sent[number] = (array, sly_volume.encode(array, meta))

    def _append(self, volume: int, annotation: Any, *_: Any, **__: Any) -> None:
        self.annotations.setdefault(volume, []).append(annotation)
        for figure in annotation.figures + annotation.spatial_figures:
            number, owner = next(self.numbers), next(self.numbers)
            self.figures[number] = SimpleNamespace(
                id=number, object_id=owner, class_id=self._class_id(figure), entity_id=volume, figure=figure
            )

    def _class_id(self, figure: Any) -> Any:
        return self.meta.get_obj_class(figure.parent_object.obj_class.name).sly_id

    def _download(self, _dataset: int, volumes: list[int], **_: Any) -> dict[int, list[Any]]:
        return {number: [found for found in self.figures.values() if found.entity_id == number] for number in volumes}

    def _objects(self, _dataset: int) -> list[Any]:
        figures = self.figures.values()
        return [SimpleNamespace(id=f.object_id, class_id=f.class_id, entity_id=f.entity_id) for f in figures]

    def _update(self, number: int, custom_data: Any, *_: Any) -> None:
        self.figures[number].figure.custom_data.update(custom_data)


def convert(request: dict[str, Any], arrays: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Importers of the SDK on a copy of ``path`` in ``folder`` (they write into their input).

    ``existing`` and ``dataset_id`` are the target's. Answers with the importer, its classes, and for every volume its
    array (where it was sent), affine into RAS mm and objects with mask, class and custom data.
    """
    import supervisely.convert.volume  # noqa: F401 - makes the importers known
    from sly_child import class_data
    from supervisely.convert.converter import ImportManager
    from supervisely.convert.volume.volume_converter import VolumeConverter

    source, place = Path(request["path"]), folder / "data"
    place.mkdir()
    if source.is_dir():
        shutil.copytree(source, place / source.name)
    else:
        shutil.copy(source, place)
    manager = ImportManager.__new__(ImportManager)
    manager._upload_as_links, manager._input_data = False, str(place)
    skipped = manager._unpack_archives(str(place))
    sly.fs.remove_junk_from_dir(str(place))
    server = OfflineServer(request.get("existing"))
    importer = VolumeConverter(str(place), "default").detect_format()
    target = request.get("dataset_id") or next(iter(server.datasets))
    importer.upload_dataset(server.api(), target, log_progress=False)
    volumes = [volume_data(server, volume, arrays) for volume in server.volumes.values()]
    return {
        "importer": str(importer),
        "skipped": len(skipped or ()),
        "classes": class_data(server.meta),
        "volumes": volumes,
    }


def volume_data(server: OfflineServer, volume: Any, arrays: dict[str, Any]) -> dict[str, Any]:
    """One volume with the objects that the importer gave it."""
    data: dict[str, Any] = {"id": volume.id, "name": volume.name, "dataset": server.datasets[volume.dataset_id].name}
    if volume.id in server.sent:
        data["array"] = f"v{len(arrays)}"
        arrays[data["array"]] = server.sent[volume.id][0]
        data["affine"] = affine_of(server.sent[volume.id][1])
    data["objects"] = []
    for annotation in server.annotations.get(volume.id, ()):
        for figure in annotation.figures + annotation.spatial_figures:
            mask = f"m{len(arrays)}"
            arrays[mask] = np.ascontiguousarray(figure.geometry.data.astype(bool))
            custom = {str(normal): frames for normal, frames in (figure.custom_data or {}).items()}
            data["objects"].append({"class": figure.parent_object.obj_class.name, "mask": mask, "custom_data": custom})
    return data


def affine_of(encoded: bytes) -> list[list[float]]:
    """The affine into RAS mm of a volume as it would have been sent."""
    import io

    import nrrd

    header = nrrd.read_header(io.BytesIO(encoded))
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(header["space directions"], float).T
    affine[:3, 3] = header["space origin"]
    if "left-posterior" in str(header["space"]):
        affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    return affine.tolist()
