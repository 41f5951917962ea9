"""Polygon models of labels, their files, and labels from surfaces."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.surface import Surface
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import CorruptFileError, FormatError, ToolError, UnsupportedFormatError
from MultiLabelSegLib.formats.surface_files import READ_SURFACES, WRITTEN_SURFACES, read_surface, write_surfaces
from MultiLabelSegLib.ops.surface import enclosed_volume
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.surface import label_from_surface, mask_of_surface, polygon_models

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "slicer" / "Segmentation.seg.nrrd"
TURNED = np.array([[0.0, -2.0, 0.0, 10.0], [1.5, 0.0, 0.0, -20.0], [0.0, 0.0, 3.0, 5.0], [0.0, 0.0, 0.0, 1.0]])


@pytest.fixture
def boxes() -> Segmentation:
    """Two boxes in one group, one across them in another, on a turned grid; label 4 has no voxels."""
    geometry = Geometry((8, 10, 12), TURNED)
    one, two = np.zeros(geometry.full_shape, np.uint8), np.zeros(geometry.full_shape, np.uint8)
    one[0, 2:6, 2:5, 2:8], one[0, 2:6, 5:9, 2:8] = 1, 2
    two[0, 3:5, 3:7, 3:9] = 3
    labels = [Label(1, "a", (1.0, 0.0, 0.0)), Label(2, "b", (0.0, 1.0, 0.0)), Label(4, "empty")]
    return Segmentation(geometry, [Group(one, labels), Group(two, [Label(3, "a", (0.0, 0.0, 1.0))])])


@pytest.mark.parametrize("smoothing", [0, 16])
@pytest.mark.parametrize("mirrored", [False, True])
def test_models_lie_in_lps_around_their_voxels_and_face_outward(
    boxes: Segmentation, smoothing: int, mirrored: bool
) -> None:
    if mirrored:
        affine = TURNED @ np.diag([-1.0, 1.0, 1.0, 1.0])
        boxes = boxes.with_groups([group.copy() for group in boxes.groups], Geometry((8, 10, 12), affine))
    models = polygon_models(boxes, smoothing=smoothing)
    assert [(model.value, model.name) for model in models] == [(1, "a"), (2, "b"), (3, "a")]
    for model in models:
        millilitres = boxes.voxels(model.value) * boxes.geometry.voxel_volume_mm3
        assert enclosed_volume(model.points, model.triangles) == pytest.approx(
            millilitres, rel=0.4 if smoothing else 0.2
        )
        middle = (model.points.min(axis=0) + model.points.max(axis=0)) / 2
        assert middle == pytest.approx(boxes.centroid_lps(model.value), abs=0.8)
        assert model.color == boxes.label(model.value).color


def test_chosen_labels_and_frames_and_what_is_refused(boxes: Segmentation) -> None:
    assert [model.value for model in polygon_models(boxes, [3, 1, 3])] == [3, 1]
    assert polygon_models(boxes, [4]) == []
    with pytest.raises(ToolError, match=r"no frame 1; .* 0\.\.\.0"):
        polygon_models(boxes, t=1)
    with pytest.raises(ToolError, match="decimation"):
        polygon_models(boxes, decimation=1.0)


@pytest.mark.parametrize("suffix", READ_SURFACES)
def test_a_surface_comes_back_from_its_file_as_the_same_voxels(
    boxes: Segmentation, tmp_path: Path, suffix: str
) -> None:
    (model,) = polygon_models(boxes, [1])
    write_surfaces([model], tmp_path / f"a{suffix}")
    again = read_surface(tmp_path / f"a{suffix}")
    assert len(again.triangles) == len(model.triangles)
    np.testing.assert_array_equal(mask_of_surface(again, boxes.geometry), boxes.mask(1)[0])


@pytest.mark.parametrize("suffix", WRITTEN_SURFACES)
def test_files_hold_every_label_and_are_not_overwritten_unasked(
    boxes: Segmentation, tmp_path: Path, suffix: str
) -> None:
    models, path = polygon_models(boxes), tmp_path / f"all{suffix}"
    write_surfaces(models, path)
    before = path.read_bytes()
    with pytest.raises(FormatError, match="exists already"):
        write_surfaces(models[:1], path)
    assert path.read_bytes() == before
    write_surfaces(models[:1], path, overwrite=True)
    assert len(path.read_bytes()) < len(before)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_a_glb_names_and_colours_its_meshes(boxes: Segmentation, tmp_path: Path) -> None:
    models = polygon_models(boxes)
    data = write_surfaces(models, tmp_path / "a.glb").read_bytes()
    magic, version, total, length, kind = struct.unpack("<4sIII4s", data[:20])
    assert (magic, version, total, kind) == (b"glTF", 2, len(data), b"JSON")
    scene = json.loads(data[20 : 20 + length])
    assert [node["name"] for node in scene["nodes"]] == ["a", "b", "a"]
    colors = [material["pbrMetallicRoughness"]["baseColorFactor"][:3] for material in scene["materials"]]
    assert colors == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    view = scene["bufferViews"][scene["accessors"][0]["bufferView"]]
    start = 20 + length + 8 + view["byteOffset"]
    points = np.frombuffer(data[start : start + view["byteLength"]], "<f4").reshape(-1, 3)
    np.testing.assert_array_equal(points, models[0].points)
    assert scene["accessors"][0]["min"] == models[0].points.min(axis=0).tolist()


def test_an_obj_has_an_object_and_a_material_a_label(boxes: Segmentation, tmp_path: Path) -> None:
    lines = write_surfaces(polygon_models(boxes), tmp_path / "a.obj").read_text().splitlines()
    assert [line for line in lines if line.startswith("o ")] == ["o a", "o b", "o a"]
    assert "Kd 0 1 0" in (tmp_path / "a.mtl").read_text()


def test_damaged_and_unknown_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.stl").write_bytes(b"nothing")
    with pytest.raises(CorruptFileError, match=r"a\.stl"):
        read_surface(tmp_path / "a.stl")
    (tmp_path / "a.xyz").touch()
    for name in ("none.stl", "a.xyz"):
        with pytest.raises(FormatError, match=name):
            read_surface(tmp_path / name)
    with pytest.raises(UnsupportedFormatError, match=r"\.vtp, \.stl"):
        write_surfaces([], tmp_path / "a.xyz")


def test_a_surface_becomes_a_label_that_regards_locks_and_is_undone(boxes: Segmentation) -> None:
    (model,) = polygon_models(boxes, [3])
    history, before = History(boxes), boxes.groups[0].array.copy()
    done = history.do(label_from_surface(Scene(boxes, label=1), model).command(boxes))
    both = boxes.mask(3)[0] & (before[0] == 2)
    assert done.resolution.protected == {2: int(both.sum())}
    np.testing.assert_array_equal(boxes.mask(1)[0], (before[0] == 1) | (boxes.mask(3)[0] & (before[0] == 0)))
    history.undo()
    history.do(label_from_surface(Scene(boxes, label=1), model, ignore_locks=True).command(boxes))
    np.testing.assert_array_equal(boxes.mask(1)[0], (before[0] == 1) | boxes.mask(3)[0])
    history.undo()
    np.testing.assert_array_equal(boxes.groups[0].array, before)


def test_surfaces_that_hold_nothing_are_noted_or_refused(boxes: Segmentation) -> None:
    (model,) = polygon_models(boxes, [1])
    away = Surface(model.points + 1000, model.triangles)
    draft = label_from_surface(Scene(boxes, label=1), away)
    assert not draft.stages
    assert "no voxel" in draft.notes[0]
    with pytest.raises(ToolError, match="no triangles"):
        mask_of_surface(Surface(model.points, model.triangles[:0]), boxes.geometry)
    with pytest.raises(ToolError, match="not finite"):
        mask_of_surface(Surface(model.points * np.nan, model.triangles), boxes.geometry)


def test_the_command_writes_one_file_or_one_a_label_of_a_real_chest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["surface", str(GOLDEN), "-o", str(tmp_path / "all.glb"), "--smooth"]) == 0
    assert "7 surfaces" in capsys.readouterr().out
    arguments = ["surface", str(GOLDEN), "-o", str(tmp_path / "{name}_{value}.ply"), "--decimation", "0.5"]
    assert main([*arguments, "--labels", "ribs", "5"]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.ply")) == ["ribs_1.ply", "right lung_5.ply"]
    chest = mls.read(GOLDEN)
    lung = read_surface(tmp_path / "right lung_5.ply")
    millilitres = chest.voxels(5) * chest.geometry.voxel_volume_mm3 / 1000
    assert enclosed_volume(lung.points, lung.triangles) / 1000 == pytest.approx(millilitres, rel=0.01)


def test_the_command_names_empty_labels_and_unknown_ones(tmp_path: Path, boxes: Segmentation) -> None:
    mls.write(boxes, tmp_path / "s.nrrd")
    arguments = ["surface", str(tmp_path / "s.nrrd"), "-o", str(tmp_path / "o.stl")]
    assert main([*arguments, "--labels", "b", "4"]) == 3
    assert main([*arguments, "--labels", "9", "--overwrite"]) == 1
    assert main([*arguments, "--iterations", "0"]) == 2
    assert main(["surface", str(tmp_path / "s.nrrd"), "-o", str(tmp_path / "{name}.stl")]) == 0
    assert sorted(path.name for path in tmp_path.glob("[ab]*.stl")) == ["a_1.stl", "a_3.stl", "b.stl"]
