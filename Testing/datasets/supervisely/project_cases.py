"""Small projects for tests: written by us, or put together by hand as other programs write them."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.project.item import ProjectItem
from MultiLabelSegLib.datasets.supervisely.project.reader import read_project
from MultiLabelSegLib.datasets.supervisely.project.writer import ProjectWriter

#: (k, j, i) with three different sizes, so that no two axes can be mixed up
SHAPE = (4, 5, 6)
GRID = Geometry.from_parts(SHAPE, (1, 2, 3), (4.25, -5.5, 6.125))
#: the same grid as numbers of a RAS header: i runs toward the right, j toward anterior
RAS_ORIGIN, RAS_STEPS = (-9.25, -2.5, 6.125), (1, 2, 3)
KEYS = [f"{number:032x}" for number in range(1, 20)]


def a_segmentation() -> Segmentation:
    """Two groups that overlap, three classes, two instances of one, a label without voxels."""
    organs, other = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint16)
    organs[1:3, 1:3, 1:4] = 1
    organs[3, 4, 5] = 7
    other[2:4, 2, 2:6] = 300
    labels = [
        Label(1, "Liver", (1, 0, 0), description="the large one"),
        Label(7, "Lesion", (0, 1, 0), locked=False, properties={"odd": [1, {"x": None}]}),
        Label(9, "Lesion", (0, 0, 1), 0.25, visible=False, tracking_id="t"),
    ]
    groups = [Group(organs, labels, "organs", {"p": 1}), Group(other, [Label(300, "Vessel", (0.2, 0.4, 0.6))], "tubes")]
    return Segmentation(GRID, groups, uid="doc", unlabeled_locked=True, properties={"q": "r"}, extras={"e": [1]})


def an_image(geometry: Geometry = GRID) -> Image:
    """Every voxel another number."""
    return Image(np.arange(geometry.voxels, dtype=np.int16).reshape(geometry.shape) - 7, geometry)


def written(folder: Path, segmentation: Segmentation, image: Image | None = None) -> ProjectItem:
    """A project of one volume, written and opened again."""
    with ProjectWriter(folder) as writer:
        writer.add("ds0", "scan", image, segmentation)
        writer.finish()
    return only_item(folder)


def only_item(folder: Path) -> ProjectItem:
    """The one volume of a project that is whole."""
    reader = read_project(folder)
    assert (reader.left_out, len(reader)) == ([], 1)
    return reader.items[0]


def changed_json(path: Path, change: Any) -> None:
    """Lets ``change`` edit the data of a JSON file in place."""
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def assert_same(found: Segmentation, expected: Segmentation) -> None:
    """Both are the same document to the last bit."""
    assert found.geometry == expected.geometry
    assert (found.uid, found.unlabeled_locked) == (expected.uid, expected.unlabeled_locked)
    assert (found.properties, found.extras) == (expected.properties, expected.extras)
    assert [(group.name, group.properties) for group in found.groups] == [
        (group.name, group.properties) for group in expected.groups
    ]
    for mine, theirs in zip(found.groups, expected.groups, strict=True):
        assert mine.labels == theirs.labels
        assert np.array_equal(mine.array, theirs.array)


# ---- as others write them ---------------------------------------------------------------------------------------
def nrrd_bytes(
    array_xyz: NDArray[Any],
    space: str = "right-anterior-superior",
    directions: Sequence[Sequence[float]] = ((1, 0, 0), (0, 2, 0), (0, 0, 3)),
    origin: Sequence[float] = RAS_ORIGIN,
) -> bytes:
    """A NRRD file of an array (x, y, z), as pynrrd writes it; without a space it has no place either."""
    kind = {"uint8": "uint8", "int16": "int16", "uint16": "uint16"}[array_xyz.dtype.name]
    lines = ["NRRD0005", f"type: {kind}", "dimension: 3"]
    lines += [f"space: {space}"] if space else []
    lines += ["sizes: " + " ".join(map(str, array_xyz.shape))]
    if space:
        vectors = [f"({','.join(map(str, vector))})" for vector in (*directions, origin)]
        lines += ["space directions: " + " ".join(vectors[:3]), "space origin: " + vectors[3]]
    lines += ["endian: little", "encoding: gzip"]
    return ("\n".join(lines) + "\n\n").encode() + gzip.compress(array_xyz.tobytes(order="F"))


def mask_text(array_xyz: NDArray[Any]) -> str:
    """A mask as an annotation holds it."""
    sizes = ",".join(map(str, array_xyz.shape))
    return base64.b64encode(gzip.compress(f"{sizes}|".encode() + array_xyz.astype(np.uint8).tobytes())).decode()


def json_geometry(array_xyz: NDArray[Any]) -> dict[str, Any]:
    """The geometry of a figure whose mask is in the annotation."""
    return {"mask_3d": {"data": mask_text(array_xyz)}, "shape": "mask_3d", "geometryType": "mask_3d"}


def server_meta() -> dict[str, Any]:
    """``volumeMeta`` of the volume in the server's form."""
    (x, y, z), (ox, oy, oz) = RAS_STEPS, RAS_ORIGIN
    matrix = [x, 0, 0, ox, 0, y, 0, oy, 0, 0, z, oz, 0, 0, 0, 1]
    return {"ACS": "RAS", "dimensionsIJK": {"x": 6, "y": 5, "z": 4}, "IJK2WorldMatrix": matrix}


def figure(number: int, owner: int, geometry: Any = None, **more: Any) -> dict[str, Any]:
    """A figure of the object number ``owner``."""
    kind = {"geometryType": "mask_3d", "geometry": {} if geometry is None else geometry}
    return {"key": KEYS[10 + number], "objectKey": KEYS[owner], **kind, **more}


def foreign_project(
    folder: Path,
    objects: Sequence[str | Mapping[str, Any]],
    figures: Sequence[Mapping[str, Any]] = (),
    files: Mapping[int, bytes] | None = None,
    classes: Sequence[Mapping[str, Any]] = (),
    **annotation: Any,
) -> Path:
    """A project of one volume without anything of ours; ``objects`` are class titles or whole entries.

    ``files`` gives figures, by number, their mask file.
    """
    place = folder / "ds0"
    for name in ("volume", "ann", "mask/scan.nrrd"):
        (place / name).mkdir(parents=True)
    array = np.transpose(an_image().array[0], (2, 1, 0))
    (place / "volume" / "scan.nrrd").write_bytes(nrrd_bytes(array))
    for number, content in (files or {}).items():
        (place / "mask" / "scan.nrrd" / f"{KEYS[10 + number]}.nrrd").write_bytes(content)
    entries = [
        {"key": KEYS[index], "classTitle": entry, "tags": []} if isinstance(entry, str) else dict(entry)
        for index, entry in enumerate(objects)
    ]
    titles = {entry["classTitle"] for entry in entries} - {kind["title"] for kind in classes}
    known = [*classes, *({"title": title, "shape": "mask_3d", "color": "#FF0000"} for title in sorted(titles))]
    (folder / "meta.json").write_text(json.dumps({"classes": known, "tags": [], "projectType": "volumes"}))
    data: dict[str, Any] = {
        "volumeMeta": server_meta(),
        "tags": [],
        "objects": entries,
        "planes": [],
        "spatialFigures": [*figures],
    }
    (place / "ann" / "scan.nrrd.json").write_text(json.dumps({**data, **annotation}))
    return folder


def a_mask(*voxels_xyz: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A mask (x, y, z) of single voxels."""
    mask = np.zeros((6, 5, 4), np.uint8)
    for place in voxels_xyz:
        mask[place] = 1
    return mask


def voxels_xyz(segmentation: Segmentation, value: int) -> list[tuple[int, int, int]]:
    """The voxels (x, y, z) of a label, in order."""
    k, j, i = np.nonzero(segmentation.mask(value)[0])
    return sorted(zip(i.tolist(), j.tolist(), k.tolist(), strict=True))
