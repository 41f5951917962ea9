"""What Slicer's Add Data and Save dialogs ask of us, on the real MRML scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import read, write
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely import ProjectWriter
from MultiLabelSegLib.errors import DatasetError, HostError, LossError
from MultiLabelSegLib.host.mrml_scene import image_of
from MultiLabelSegLib.host.mrml_takeover import document_from_node
from MultiLabelSegLib.ui.files import scene_files
from Testing.datasets.supervisely.project_cases import assert_same
from Testing.host.mrml_cases import new_scene, two_groups

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
MITK_FILES = sorted(GOLDEN.glob("mitk/single_group/*.nrrd")) + sorted(GOLDEN.glob("mitk/overlap_groups/*.nrrd"))


@pytest.fixture
def a_scene() -> Any:
    pytest.importorskip("slicer")
    return new_scene()


def a_project(folder: Path, volumes: int) -> Path:
    geometry = Geometry((3, 4, 5), np.diag([1.0, 2.0, 3.0, 1.0]))
    voxels = np.zeros((1, 3, 4, 5), np.uint8)
    voxels[0, 1, 1:3, 2:4] = 7
    segmentation = Segmentation(geometry, [Group(voxels, [Label(7, "Liver")])])
    image = Image(np.arange(60, dtype=np.int16).reshape(1, 3, 4, 5), geometry)
    with ProjectWriter(folder) as writer:
        for number in range(volumes):
            writer.add("ds0", f"scan {number}", image, segmentation)
        writer.finish()
    return folder


def test_slicers_own_files_are_left_to_slicer(tmp_path: Path) -> None:
    for path in (GOLDEN / "slicer").iterdir():
        if path.is_file():
            assert scene_files.confidence(path) == 0, path.name
    plain, masks = tmp_path / "plain.nii.gz", tmp_path / "a.nrrd"
    write(two_groups(), plain, overlap="priority")
    masks.write_bytes(b"NRRD0004\nno header worth its name")
    assert [scene_files.confidence(path) for path in (plain, masks, tmp_path, tmp_path / "none.nrrd")] == [0] * 4


def test_mitks_files_are_ours(tmp_path: Path) -> None:
    assert len(MITK_FILES) >= 2
    assert {scene_files.confidence(path) for path in MITK_FILES} == {scene_files.CERTAIN}
    stack = tmp_path / "stack.mitklabel.json"
    write(two_groups(), stack)
    assert scene_files.confidence(stack) == scene_files.CERTAIN


def test_supervisely_is_ours_by_folder_meta_and_annotation(tmp_path: Path) -> None:
    project = a_project(tmp_path / "project", 1)
    (annotation,) = (project / "ds0" / "ann").iterdir()
    for path in (project, project / "meta.json", annotation):
        assert scene_files.confidence(path) == scene_files.CERTAIN
    other = tmp_path / "other" / "meta.json"
    other.parent.mkdir()
    other.write_text("{}")
    assert scene_files.confidence(other) == 0


@pytest.mark.slicer_core
@pytest.mark.parametrize("path", MITK_FILES, ids=lambda path: path.parent.name)
def test_a_mitk_file_becomes_a_node_with_all_that_it_says(a_scene: Any, path: Path) -> None:
    (node_id,) = scene_files.load(a_scene, path).node_ids
    node = a_scene.GetNodeByID(node_id)
    assert node.GetName() == path.stem
    assert_same(document_from_node(node).document, read(path))


@pytest.mark.slicer_core
def test_a_volume_of_a_project_comes_with_its_image(a_scene: Any, tmp_path: Path) -> None:
    project = a_project(tmp_path / "project", 2)
    with pytest.raises(DatasetError, match="has 2 volumes"):
        scene_files.load(a_scene, project)
    annotation = sorted((project / "ds0" / "ann").iterdir())[1]
    node_id, image_id = scene_files.load(a_scene, annotation).node_ids
    node = a_scene.GetNodeByID(node_id)
    assert image_of(node).GetID() == image_id
    assert (node.GetName(), image_of(node).GetName()) == ("scan 1-labels", "scan 1")
    (label,) = document_from_node(node).document.labels
    assert (label.name, label.value) == ("Liver", 7)


@pytest.mark.slicer_core
def test_a_node_is_saved_and_read_back(a_scene: Any, tmp_path: Path) -> None:
    start, end = tmp_path / "start.nrrd", tmp_path / "end.nrrd"
    write(two_groups(), start)
    (node_id,) = scene_files.load(a_scene, start, name="Mine").node_ids
    node = a_scene.GetNodeByID(node_id)
    assert node.GetName() == "Mine"
    end.write_text("to be replaced")
    assert end in scene_files.save(node, end)
    assert_same(read(end), read(start))
    with pytest.raises(HostError, match="only segmentations"):
        scene_files.save(a_scene.AddNewNodeByClass("vtkMRMLModelNode"), end)
    with pytest.raises(LossError):
        scene_files.save(node, tmp_path / "labels.nii.gz")
