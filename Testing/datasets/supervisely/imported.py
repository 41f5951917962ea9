"""What an import wrote, held against the truth of the golden data sets; and what else tests of imports share."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.discovery.cases import stem_of
from MultiLabelSegLib.datasets.supervisely.importing.targets import VOLUME_SUFFIX
from MultiLabelSegLib.datasets.supervisely.masks.volumes import read_volume
from MultiLabelSegLib.datasets.supervisely.object_properties import CLASS_ID, MODE, SOURCE, VALUE, scores_of
from MultiLabelSegLib.datasets.supervisely.project.item import ProjectItem
from MultiLabelSegLib.datasets.supervisely.project.reader import read_project
from Testing.datasets.supervisely.golden_cases import LAYOUTS, ROOT, _truth

PROJECT = "supervisely-project"


def truth_of(name: str) -> dict[str, Any]:
    return _truth(name)[0]


def input_of(name: str) -> Path:
    """The folder or archive of a data set."""
    return ROOT / name / str(truth_of(name)["input"])


def existing_of(name: str, kind: str = "list") -> list[str | Path]:
    """The options that say which volumes exist: a JSON list with the target data set, or a project's folder."""
    folder = ROOT / name
    if not (folder / "existing.json").is_file():
        return []
    if kind == "project":
        return ["--existing", folder / "existing_project"]
    return ["--existing", folder / "existing.json", "--dataset-id", truth_of(name)["target_dataset_id"]]


def tree_hash(root: Path, folder_times: bool = True) -> str:
    """Names, contents and times of everything below a folder, or of one file."""
    digest = hashlib.sha256()
    for path in sorted([root, *root.rglob("*")]):
        digest.update(f"{path.relative_to(root.parent)}\0".encode())
        if folder_times or path.is_file():
            digest.update(str(path.stat().st_mtime_ns).encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def copied(name: str, folder: Path) -> Path:
    """A copy of a golden input in ``folder`` that a test may change."""
    return shutil.copytree(input_of(name), folder / input_of(name).name)


def report_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def project_items(folder: Path) -> dict[str, ProjectItem]:
    """The volumes of a project by the path of their file."""
    return {str(item.paths.volume): item for item in read_project(folder)}


def voxels_xyz(segmentation: Segmentation, label: Label) -> np.ndarray:
    return segmentation.mask(label.value)[0].T


def assert_is_truth(name: str, report: dict[str, Any], out: Path, volumes: bool = True) -> None:
    """Every volume of the truth, and no other, was imported: place, masks, classes, colours, numbers, scores."""
    truth, arrays = _truth(name)
    by_source = {entry["source"]: entry for entry in report["imported"]}
    assert sorted(by_source) == sorted(volume["source"] for volume in truth["volumes"])
    items = project_items(out) if (out / "meta.json").is_file() else {}
    for volume in truth["volumes"]:
        entry = by_source[volume["source"]]
        assert entry["layout"] == LAYOUTS[truth["layout"]]
        item = items.get(entry["output"])
        found = mls.read(entry["output"]) if item is None else item.segmentation()
        i, j, k = volume["shape_ras"]
        assert found.geometry.shape == (k, j, i)
        np.testing.assert_allclose(found.geometry.ijk_to_ras, volume["affine_ras"], rtol=0, atol=1e-5)
        _assert_objects(volume["objects"], arrays, found, entry)
        if volumes:
            beside = Path(entry["output"]).parent / (stem_of(volume["source"]) + VOLUME_SUFFIX)
            image = read_volume(beside) if item is None else item.image()
            assert image.array.dtype == arrays[volume["array"]].dtype
            assert np.array_equal(image.array[0].T, arrays[volume["array"]])
            assert image.geometry.is_congruent(found.geometry)


def _assert_objects(
    objects: list[dict[str, Any]], arrays: dict[str, np.ndarray], found: Segmentation, entry: dict[str, Any]
) -> None:
    assert len(found.labels) == entry["objects"] == len(entry["labels"]) == len(objects)
    by_origin = {(label.properties[SOURCE], label.properties[VALUE]): label for label in found.labels}
    told = {(label["source"], label["source_value"]): label for label in entry["labels"]}
    for truth in objects:
        label = by_origin[truth["source"], truth["value"]]
        assert label.name == truth["class"]
        assert truth["color"] is None or list(label.color_bytes) == truth["color"]
        assert label.properties.get(CLASS_ID) == truth.get("class_id")
        assert label.properties[MODE] == truth.get("mode", "named")
        assert scores_of(label) == truth.get("scores", {})
        assert np.array_equal(voxels_xyz(found, label), arrays[truth["mask"]])
        said = told[truth["source"], truth["value"]]
        assert (said["class"], said["value"], said["color"]) == (label.name, label.value, label.hex_color)
        assert (said["voxels"], said["class_id"]) == (truth["voxels"], truth.get("class_id"))
        assert (said["mode"], said["scores"]) == (label.properties[MODE], scores_of(label))


def assert_every_file_is_named(source: Path, report: dict[str, Any]) -> None:
    """Each file of a folder is in one place of the report: imported, left out (itself or its folder), or noted."""
    imported = {path for entry in report["imported"] for path in (entry["source"], *entry["files"])}
    left_out = [remark["path"] for remark in report["left_out"]]
    noted = {note["path"] for note in report["notes"]}
    assert len(left_out) == len(set(left_out))
    for path in sorted(source.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        name = path.relative_to(source)
        names = {name.as_posix(), *(parent.as_posix() for parent in name.parents)}
        places = [bool(names & imported), bool(names & set(left_out))]
        assert sum(places) == 1 or (not any(places) and names & noted), f"{name} is in {places}"
