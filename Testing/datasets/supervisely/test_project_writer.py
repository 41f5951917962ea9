"""What a project holds on disk, and that it appears as a whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.key_ids import KeyIds, key_of, plain_key
from MultiLabelSegLib.datasets.supervisely.object_properties import OBJECT, OBJECT_KEY, SCORES
from MultiLabelSegLib.datasets.supervisely.project import folder as project_folder
from MultiLabelSegLib.datasets.supervisely.project import masks as project_masks
from MultiLabelSegLib.datasets.supervisely.project.names import dataset_folder, dataset_parts
from MultiLabelSegLib.datasets.supervisely.project.writer import ProjectWriter
from MultiLabelSegLib.errors import DatasetError, FormatError, GeometryError, LossError, WriteError
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.formats.report import Report
from Testing.datasets.supervisely.project_cases import GRID, SHAPE, a_segmentation, an_image, nrrd_bytes, written


def annotation_of(folder: Path) -> Any:
    return json.loads((folder / "ds0/ann/scan.nrrd.json").read_text())


def one_label(array: Any, label: Label | None = None, geometry: Geometry = GRID) -> Segmentation:
    return Segmentation(geometry, [Group(array, [label or Label(1, "A")])], uid="u")


# ---- content ----------------------------------------------------------------------------------------------------
def test_labels_become_objects_of_the_class_that_they_are_named_after(tmp_path: Path) -> None:
    written(tmp_path / "p", a_segmentation(), an_image())
    meta = json.loads((tmp_path / "p/meta.json").read_text())
    assert [(kind["title"], kind["color"], kind["shape"]) for kind in meta["classes"]] == [
        ("Liver", "#FF0000", "mask_3d"), ("Lesion", "#00FF00", "mask_3d"), ("Vessel", "#336699", "mask_3d")
    ]  # fmt: skip
    assert [kind["description"] for kind in meta["classes"]] == [
        "the large one\nMask pixel value: 1", "", "Mask pixel value: 300"
    ]  # fmt: skip
    annotation = annotation_of(tmp_path / "p")
    assert [entry["classTitle"] for entry in annotation["objects"]] == ["Liver", "Lesion", "Lesion", "Vessel"]
    owners = [figure["objectKey"] for figure in annotation["spatialFigures"]]
    assert owners == [annotation["objects"][index]["key"] for index in (0, 1, 3)], "no voxels, no figure"
    assert [plane["name"] for plane in annotation["planes"]] == ["sagittal", "coronal", "axial"]


def test_every_key_is_a_uuid_with_a_number_of_its_own(tmp_path: Path) -> None:
    written(tmp_path / "p", a_segmentation())
    numbers = json.loads((tmp_path / "p/key_id_map.json").read_text())
    annotation = annotation_of(tmp_path / "p")
    assert numbers["objects"] == {entry["key"]: entry["id"] for entry in annotation["objects"]}
    assert numbers["figures"] == {figure["key"]: figure["id"] for figure in annotation["spatialFigures"]}
    assert numbers["videos"] == {annotation["key"]: annotation["volumeId"]}
    every = [number for kind in numbers.values() for number in kind.values()]
    assert len(set(every)) == len(every) == 8
    assert all(UUID(key).hex == key for kind in numbers.values() for key in kind)


def test_keys_stay_the_same_from_one_export_to_the_next_and_differ_within_one(tmp_path: Path) -> None:
    for name in "ab":
        with ProjectWriter(tmp_path / name) as writer:
            for _ in range(2):
                writer.add("ds0", "scan", None, a_segmentation())
            writer.finish()
    maps = [json.loads((tmp_path / name / "key_id_map.json").read_text()) for name in "ab"]
    assert maps[0] == maps[1]
    assert [len(maps[0][kind]) for kind in ("objects", "figures", "videos")] == [8, 6, 2]


def test_the_place_is_given_as_server_and_sdk_have_it_exactly(tmp_path: Path) -> None:
    written(tmp_path / "p", a_segmentation(), an_image())
    meta = annotation_of(tmp_path / "p")["volumeMeta"]
    assert meta["IJK2WorldMatrix"] == [1, 0, 0, -9.25, 0, 2, 0, -2.5, 0, 0, 3, 6.125, 0, 0, 0, 1]
    assert (meta["spacing"], meta["origin"]) == ([1, 2, 3], [-9.25, -2.5, 6.125])
    assert meta["directions"] == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert meta["dimensionsIJK"] == {"x": 6, "y": 5, "z": 4}
    assert (meta["intensity"], meta["windowWidth"], meta["windowCenter"]) == ({"min": -7, "max": 112}, 119, 52.5)
    heads = [path.read_bytes().split(b"\n\n")[0] for path in (tmp_path / "p/ds0").rglob("*.nrrd") if path.is_file()]
    places = [[line for line in head.split(b"\n") if line.startswith((b"space", b"sizes"))] for head in heads]
    assert len(places) == 4
    assert all(place == places[0] for place in places)
    assert b"space origin: (-9.25,-2.5,6.125)" in places[0]


def test_masks_are_zeros_and_ones_in_files_that_no_buffer_swallows(tmp_path: Path) -> None:
    written(tmp_path / "p", a_segmentation())
    masks = sorted((tmp_path / "p/ds0/mask/scan.nrrd").iterdir())
    assert sorted(int(read_image(path).array.sum()) for path in masks) == [1, 8, 12]
    assert all(set(np.unique(read_image(path).array)) == {0, 1} for path in masks)
    assert all(path.stat().st_size > 8192 for path in masks)


def test_large_masks_get_no_padding(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 2, (50, 60, 70)).astype(np.uint8)
    written(tmp_path / "p", one_label(noise, geometry=Geometry.from_parts(noise.shape)))
    (mask,) = (tmp_path / "p/ds0/mask/scan.nrrd").iterdir()
    assert b"\n# " not in mask.read_bytes()[:9000].split(b"\n\n")[0]
    assert read_image(mask).array.sum() == noise.sum()


def test_a_mask_that_fills_its_volume_is_kept_in_the_annotation(tmp_path: Path) -> None:
    item = written(tmp_path / "p", one_label(np.ones(SHAPE, np.uint8)))
    assert list((tmp_path / "p/ds0/mask/scan.nrrd").iterdir()) == []
    (figure,) = annotation_of(tmp_path / "p")["spatialFigures"]
    assert figure["geometry"]["mask_3d"]["space_origin"] == [-9.25, -2.5, 6.125]
    assert item.segmentation().voxels(1) == 120


def test_scores_comments_and_what_came_with_an_object_go_into_the_annotation(tmp_path: Path) -> None:
    scores = {"0-0-1": {"3": {"score": "0.80", "comment": "unsure"}}}
    tag = {
        "name": "quality",
        "value": "good",
        "meta": {"name": "quality", "value_type": "any_string", "color": "#111111"},
    }
    came = {
        "tags": [tag, {"name": "seen"}],
        "labelerLogin": "ada",
        "custom_data": {"x": 1},
        "figure": {"key": "f" * 32},
    }
    label = Label(1, "A", properties={OBJECT_KEY: "e" * 32, SCORES: scores, OBJECT: came})
    array = np.zeros(SHAPE, np.uint8)
    array[0, 0, 0] = 1
    item = written(tmp_path / "p", one_label(array, label))
    annotation = annotation_of(tmp_path / "p")
    (found,), (figure,) = annotation["objects"], annotation["spatialFigures"]
    assert (found["key"], found["labelerLogin"]) == ("e" * 32, "ada")
    assert [(tag["name"], tag.get("value")) for tag in found["tags"]] == [("quality", "good"), ("seen", None)]
    assert (figure["key"], figure["customData"]) == ("f" * 32, {"x": 1, **scores})
    tags = json.loads((tmp_path / "p/meta.json").read_text())["tags"]
    assert [(entry["name"], entry["value_type"]) for entry in tags] == [("quality", "any_string"), ("seen", "none")]
    assert item.segmentation().labels == (label,)


def test_tags_of_one_name_and_different_kinds_are_told_apart(tmp_path: Path) -> None:
    array = np.zeros(SHAPE, np.uint8)
    labels = [
        Label(n, "A", properties={OBJECT: {"tags": [{"name": "t", "value": value}]}}) for n, value in ((1, 5), (2, "x"))
    ]
    written(tmp_path / "p", Segmentation(GRID, [Group(array, labels)]))
    tags = json.loads((tmp_path / "p/meta.json").read_text())["tags"]
    assert [(entry["name"], entry["value_type"]) for entry in tags] == [("t", "any_number"), ("t_1", "any_string")]


def test_without_an_image_zeros_stand_in_and_the_report_says_so(tmp_path: Path) -> None:
    report = Report()
    with ProjectWriter(tmp_path / "p", report=report) as writer:
        place = writer.add("ds0", "scan", None, a_segmentation())
        writer.finish()
    image = read_image(place.path)
    assert (image.array.dtype, image.array.any(), image.geometry.shape) == (np.uint8, False, SHAPE)
    assert [note.reason for note in report.notes] == ["there is no image for it; voxels of 0 stand in"]
    meta = annotation_of(tmp_path / "p")["volumeMeta"]
    assert (meta["intensity"], meta["windowWidth"], meta["windowCenter"]) == ({"min": 0, "max": 0}, 1, 0.5)


def test_grey_values_that_are_no_numbers_do_not_spoil_the_window(tmp_path: Path) -> None:
    array = np.array([np.nan, np.inf, -2.5, 4], np.float32).reshape(1, 1, 4)
    grid = Geometry.from_parts((1, 1, 4))
    written(tmp_path / "p", Segmentation(grid), Image(array, grid))
    assert annotation_of(tmp_path / "p")["volumeMeta"]["intensity"] == {"min": -2.5, "max": 4}


@pytest.mark.parametrize("name", ["scan.nii.gz", "scan.nrrd", "scan.mha"])
def test_the_image_may_be_a_file(name: str, tmp_path: Path) -> None:
    import SimpleITK as sitk

    from MultiLabelSegLib.bridges.sitk import sitk_from_array

    sitk.WriteImage(sitk_from_array(an_image().array[0] + 7, GRID), str(tmp_path / name))
    with ProjectWriter(tmp_path / "p") as writer:
        place = writer.add("ds0", "scan", tmp_path / name, a_segmentation())
        writer.finish()
    assert np.array_equal(read_image(place.path).array, an_image().array[:, :, ::-1, ::-1] + 7)


# ---- names ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("", ("ds0",)),
        ("brain", ("brain",)),
        ("my_mask", ("my_mask_data",)),
        ("Johann", ("Johann_data",)),
        ("datasets", ("datasets_data",)),
        ("a/lung_volume/b", ("a", "lung_volume_data", "b")),
        ("../x", ("x",)),
        ("a:b", ("a_b",)),
    ],
)
def test_data_sets_have_names_that_the_sdk_sees_and_every_disk_takes(name: str, parts: tuple[str, ...]) -> None:
    assert dataset_parts(name) == parts


def test_nested_data_sets_lie_in_folders_of_that_name() -> None:
    assert dataset_folder(Path("p"), ("a", "b", "c")) == Path("p/a/datasets/b/datasets/c")


def test_another_name_is_noted_once(tmp_path: Path) -> None:
    report = Report()
    with ProjectWriter(tmp_path / "p", report=report) as writer:
        for _ in range(2):
            assert writer.add("my_mask", "A/b", an_image(), a_segmentation()).dataset == "my_mask_data"
        assert writer.add("my_mask", "a_B", an_image(), a_segmentation()).name == "a_B_02.nrrd"
    assert [note.reason.split(":")[0] for note in report.notes] == ["data set 'my_mask' is called 'my_mask_data'"]


def test_data_sets_that_would_become_one_stay_apart(tmp_path: Path) -> None:
    with ProjectWriter(tmp_path / "p") as writer:
        names = ["my_mask", "my_mask_data", "A", "a", "a/b", "a"]
        places = [writer.add(name, "scan", None, a_segmentation()) for name in names]
    assert [(place.dataset, place.name) for place in places] == [
        ("my_mask_data", "scan.nrrd"), ("my_mask_data_01", "scan.nrrd"), ("A", "scan.nrrd"), ("a_01", "scan.nrrd"),
        ("a/b", "scan.nrrd"), ("a_01", "scan_01.nrrd"),
    ]  # fmt: skip


def test_a_folder_above_that_confuses_the_sdk_is_noted(tmp_path: Path) -> None:
    report = Report()
    with ProjectWriter(tmp_path / "datasets" / "p", report=report):
        assert "'datasets'" in report.notes[0].reason


def test_keys_are_read_in_any_spelling() -> None:
    assert plain_key("0A" * 16) == plain_key("0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a") == "0a" * 16
    assert [plain_key(text) for text in ("", "../../etc", 5, None, "g" * 32, "0" * 31)] == [""] * 6
    assert key_of("a", 1) != key_of("a", 2)
    ids = KeyIds()
    assert ids.take("objects", "k" * 32)[1] != ids.take("figures", "k" * 32)[1]


# ---- all or nothing ---------------------------------------------------------------------------------------------
def test_nothing_stays_when_the_work_is_not_finished(tmp_path: Path) -> None:
    with ProjectWriter(tmp_path / "p") as writer:
        writer.add("ds0", "scan", None, a_segmentation())
    assert list(tmp_path.iterdir()) == []


def test_an_empty_project_is_refused(tmp_path: Path) -> None:
    with ProjectWriter(tmp_path / "p") as writer, pytest.raises(DatasetError, match="none was added"):
        writer.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_volume_that_cannot_be_written_leaves_the_others(tmp_path: Path) -> None:
    undeclared = Segmentation(GRID, [Group(np.full(SHAPE, 5, np.uint8))])
    sheared = GRID.ijk_to_lps.copy()
    sheared[0, 1] = 1
    shifted = Geometry.from_parts(SHAPE, (1, 2, 3), (4.25, -5.5, 6.625))
    frames = GRID.with_time(2)
    four = Image(np.zeros(frames.full_shape, np.uint8), frames)
    odd_name = one_label(np.ones(SHAPE, np.uint8), Label(1, "\ud800"))
    with ProjectWriter(tmp_path / "p") as writer:
        with pytest.raises(LossError, match="voxels without a label"):
            writer.add("ds0", "scan", None, undeclared)
        with pytest.raises(GeometryError, match="axes"):
            writer.add("ds0", "scan", None, Segmentation(Geometry(SHAPE, sheared)))
        with pytest.raises(GeometryError, match=r"grid: origin .* against"):
            writer.add("ds0", "scan", an_image(shifted), a_segmentation())
        with pytest.raises(LossError, match="1 of 2 time steps of the image"):
            writer.add("ds0", "scan", four, a_segmentation())
        with pytest.raises(FormatError, match="UTF-8 cannot hold"):
            writer.add("ds0", "scan", None, odd_name)
        with pytest.raises(FormatError, match="no such file|cannot be read"):
            writer.add("ds0", "scan", tmp_path / "nothing.nrrd", a_segmentation())
        assert writer.add("ds0", "scan", None, a_segmentation()).name == "scan.nrrd"
        writer.finish()
    assert [path.name for path in (tmp_path / "p/ds0/volume").iterdir()] == ["scan.nrrd"]
    meta = json.loads((tmp_path / "p/meta.json").read_text())
    assert [kind["title"] for kind in meta["classes"]] == ["Liver", "Lesion", "Vessel"]
    numbers = json.loads((tmp_path / "p/key_id_map.json").read_text())
    assert [len(numbers[kind]) for kind in ("objects", "figures", "videos")] == [4, 3, 1]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(project_masks.MaskWriter, "write", full)
    with (
        ProjectWriter(tmp_path / "p") as writer,
        pytest.raises(WriteError, match=r"scan\.nrrd: No space left on device"),
    ):
        writer.add("ds0", "scan", an_image(), a_segmentation())
    assert list(tmp_path.iterdir()) == []


def test_an_existing_project_is_replaced_only_when_asked(tmp_path: Path) -> None:
    written(tmp_path / "p", a_segmentation())
    (tmp_path / "p/note.txt").touch()
    with pytest.raises(FormatError, match="--overwrite"):
        ProjectWriter(tmp_path / "p")
    with ProjectWriter(tmp_path / "p", overwrite=True) as writer:
        writer.add("other", "scan", None, a_segmentation())
        assert (tmp_path / "p/note.txt").exists(), "the old one stays until the new one is whole"
        writer.finish()
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == [
        "key_id_map.json", "meta.json", "other", "project.mlseg.json"
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_what_is_no_project_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/all of it.txt").write_text("words")
    with pytest.raises(FormatError, match="is no Supervisely project"):
        ProjectWriter(tmp_path / "thesis", overwrite=True)
    with pytest.raises(FormatError, match="is no folder"):
        ProjectWriter(tmp_path / "thesis/all of it.txt", overwrite=True)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["all of it.txt"]


def test_an_empty_folder_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    written(tmp_path / "p", a_segmentation())
    assert (tmp_path / "p" / "meta.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_when_it_cannot_be_put_in_place_the_old_project_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "p", a_segmentation())
    before = sorted(tmp_path.rglob("*"))
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(project_folder.Path, "rename", fail)
    with ProjectWriter(tmp_path / "p", overwrite=True) as writer:
        writer.add("other", "scan", None, a_segmentation())
        with pytest.raises(WriteError, match="No space left"):
            writer.finish()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_mask_that_does_not_read_back_is_not_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_masks, "gzip_member", lambda stream, header=b"": [b"garbage"])
    with ProjectWriter(tmp_path / "p") as writer, pytest.raises(WriteError, match="verification failed"):
        writer.add("ds0", "scan", an_image(), a_segmentation())
    assert list(tmp_path.iterdir()) == []


def test_the_helper_that_stands_for_other_programs_writes_what_our_reader_knows(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    (tmp_path / "a.nrrd").write_bytes(nrrd_bytes(array))
    assert np.array_equal(read_image(tmp_path / "a.nrrd").array[0], array.T)
