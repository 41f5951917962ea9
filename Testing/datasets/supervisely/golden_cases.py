"""The golden data sets as cases that are put together from their truth, without looking for files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.core.geometry import lps_from_ras
from MultiLabelSegLib.datasets.supervisely.discovery.cases import Case, ExistingVolume, Layout, MaskFile

ROOT = Path(__file__).resolve().parents[2] / "golden" / "supervisely"
NAMES = sorted(path.parent.name for path in ROOT.glob("*/truth.json"))
LAYOUTS: dict[str, Layout] = {"by_name": "by-name", "by_plane": "by-plane", "annotations_only": "annotations"}


@dataclass(frozen=True, eq=False)
class GoldenVolume:
    """A volume of the truth: how it is to be read, and what has to come out."""

    case: Case
    root: Path
    color_map: dict[int, tuple[str, tuple[int, int, int]]]
    geometry: Geometry
    array: np.ndarray  #: (x, y, z), RAS
    objects: tuple[tuple[dict[str, Any], np.ndarray], ...]  #: with the mask (x, y, z), RAS

    def path_of(self, relative: str) -> Path:
        return self.root / relative


def volumes(name: str, scratch: Path) -> Iterator[GoldenVolume]:
    """The volumes of a data set; archives are unpacked into ``scratch``."""
    folder = ROOT / name
    truth, arrays = _truth(name)
    root = folder / truth["input"]
    if root.suffix == ".zip":
        with zipfile.ZipFile(root) as archive:
            archive.extractall(scratch)
        root = scratch
        entries = list(root.iterdir())
        if len(entries) == 1:  # a folder around everything is no part of the data set
            root = entries[0]
    objects = [found for volume in truth["volumes"] for found in volume["objects"]]
    colors: Any = {found["class_id"]: (found["class"], tuple(found["color"])) for found in objects if found["color"]}
    for volume in truth["volumes"]:
        i, j, k = volume["shape_ras"]
        geometry = Geometry((k, j, i), lps_from_ras(volume["affine_ras"]))
        existing = None
        if "id" in volume:
            path = folder / "existing_project" / volume["dataset"] / "volume" / Path(volume["source"]).name
            existing = ExistingVolume(volume["id"], path.name, volume["dataset"], geometry, path=path)
        case = Case(
            volume["source"],
            LAYOUTS[truth["layout"]],
            volume["plane"] or "",
            tuple(masks_of(volume["objects"])),
            existing=existing,
        )
        pairs = tuple((found, arrays[found["mask"]]) for found in volume["objects"])
        yield GoldenVolume(case, root, colors, geometry, arrays[volume["array"]], pairs)


@lru_cache(maxsize=4)
def _truth(name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with np.load(ROOT / name / "truth.npz") as arrays:
        return json.loads((ROOT / name / "truth.json").read_text(encoding="utf-8")), dict(arrays)


def masks_of(objects: list[dict[str, Any]]) -> Iterator[MaskFile]:
    """The annotation files that the objects come from, in order."""
    by_file = {found["source"]: found for found in objects}
    for source, found in by_file.items():
        mode = found.get("mode", "named")
        class_name = found["class"] if mode == "named" else ""
        yield MaskFile(source, mode, class_name, found["class_id"] if mode == "instance" else 0)
