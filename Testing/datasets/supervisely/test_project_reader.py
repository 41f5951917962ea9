"""Projects of others: the server's, the SDK's, the export apps', and ours after somebody changed them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.discovery.cases import ExistingVolume
from MultiLabelSegLib.datasets.supervisely.object_properties import OBJECT, OBJECT_KEY, SCORES
from MultiLabelSegLib.datasets.supervisely.project.item import ProjectItem
from MultiLabelSegLib.datasets.supervisely.project.reader import is_project, read_project
from MultiLabelSegLib.datasets.supervisely.project.writer import ProjectWriter
from MultiLabelSegLib.errors import CorruptFileError, DatasetError, FormatError, MultiLabelSegError
from Testing.datasets.supervisely.project_cases import (
    GRID,
    KEYS,
    RAS_ORIGIN,
    SHAPE,
    a_mask,
    a_segmentation,
    an_image,
    assert_same,
    changed_json,
    figure,
    foreign_project,
    json_geometry,
    nrrd_bytes,
    only_item,
    server_meta,
    voxels_xyz,
    written,
)

ONE = a_mask((5, 0, 1), (4, 3, 2))
PLACES = [(4, 3, 2), (5, 0, 1)]


def read(folder: Path, **options: Any) -> tuple[Segmentation, ProjectItem]:
    item = only_item(folder)
    return item.segmentation(**options), item


# ---- masks ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "content",
    [
        nrrd_bytes(ONE),
        nrrd_bytes(ONE * 255),
        nrrd_bytes(ONE.astype(np.int16) * 3),
        nrrd_bytes(ONE[::-1, ::-1], "left-posterior-superior", origin=(4.25, -5.5, 6.125)),
        nrrd_bytes(ONE.transpose(2, 0, 1), directions=((0, 0, 3), (1, 0, 0), (0, 2, 0))),
        nrrd_bytes(ONE, origin=(-9, -2, 6)),
        nrrd_bytes(ONE, space=""),
    ],
    ids=["0 and 1", "0 and 255", "other type and value", "LPS", "axes in another order", "rounded origin", "no place"],
)
def test_a_mask_file_is_read_whichever_way_it_was_written(content: bytes, tmp_path: Path) -> None:
    found, item = read(foreign_project(tmp_path / "p", ["Liver"], [figure(0, 0)], {0: content}))
    assert voxels_xyz(found, 1) == PLACES
    assert item.left_out == []
    odd = any(text in content for text in (b"(-9,-2,6)",)) or b"space" not in content
    assert len(item.notes) == int(odd)


@pytest.mark.parametrize("value", [0, 1])
def test_masks_that_the_sdk_refuses_are_read(value: int, tmp_path: Path) -> None:
    content = nrrd_bytes(np.full((6, 5, 4), value, np.uint8))
    found, item = read(foreign_project(tmp_path / "p", ["Liver"], [figure(0, 0)], {0: content}))
    assert found.voxels(1) == 120 * value
    assert (item.left_out, item.notes) == ([], [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (nrrd_bytes(ONE, origin=(-9.25, -2.5, 7.125)), "does not lie on the grid of its volume: origin"),
        (nrrd_bytes(ONE[:5]), "does not lie on the grid of its volume: size"),
        (nrrd_bytes(ONE + a_mask((0, 0, 0)) * 2), "holds the values 1, 2"),
        (nrrd_bytes(ONE)[:-10], ""),
        (b"", "the file is empty"),
    ],
    ids=["elsewhere", "other size", "several values", "truncated", "empty"],
)
def test_a_mask_that_cannot_be_read_is_named_and_the_others_stay(content: bytes, reason: str, tmp_path: Path) -> None:
    files = {0: content, 1: nrrd_bytes(ONE)}
    found, item = read(foreign_project(tmp_path / "p", ["Liver", "Lung"], [figure(0, 0), figure(1, 1)], files))
    assert [found.voxels(value) for value in (1, 2)] == [0, 2]
    (remark,) = item.left_out
    assert remark.path == f"ds0/mask/scan.nrrd/{KEYS[10]}.nrrd"
    assert remark.reason.startswith(f"figure {KEYS[10]} of 'Liver' is left out: ")
    assert reason in remark.reason


def test_a_mask_in_the_annotation_is_read_and_one_in_a_file_wins_over_it(tmp_path: Path) -> None:
    text = json_geometry(ONE)
    other = a_mask((0, 1, 2))
    figures = [figure(0, 0, text), figure(1, 1, text)]
    found, item = read(foreign_project(tmp_path / "p", ["Liver", "Lung"], figures, {1: nrrd_bytes(other)}))
    assert voxels_xyz(found, 1) == PLACES
    assert voxels_xyz(found, 2) == [(0, 1, 2)]
    assert item.left_out == []


def test_masks_of_two_bytes_a_voxel_are_read_as_the_sdk_does(tmp_path: Path) -> None:
    import base64
    import gzip

    data = base64.b64encode(gzip.compress(b"6,5,4|" + ONE.astype("<i2").tobytes())).decode()
    found, _ = read(foreign_project(tmp_path / "p", ["A"], [figure(0, 0, {"mask_3d": {"data": data}})]))
    assert voxels_xyz(found, 1) == PLACES


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({}, "neither a mask file nor a mask in the annotation"),
        (json_geometry(np.zeros((3, 3, 3))), "neither a mask file nor a mask in the annotation"),
        (json_geometry(ONE[:5]), "a mask of (5, 5, 4) voxels in a volume of (6, 5, 4)"),
        ({"mask_3d": {}}, "expected text"),
        ({"mask_3d": {"data": "%%%"}}, "cannot be decoded"),
        ({"mask_3d": {"data": "AAAA"}}, "cannot be decoded"),
        ({"mask_3d": {"data": "H4sIAAAAAAAA/wMAAAAAAAAAAAA="}}, "expected three sizes and a bar"),
        ({"mask_3d": {**json_geometry(ONE)["mask_3d"], "space": "LPS"}}, "expected right-anterior-superior"),
    ],
)
def test_a_mask_text_that_is_none_is_named(geometry: Any, reason: str, tmp_path: Path) -> None:
    found, item = read(foreign_project(tmp_path / "p", ["Liver"], [figure(0, 0, geometry)]))
    assert found.voxels(1) == 0
    assert reason in item.left_out[0].reason


def test_several_figures_of_an_object_are_one_label_with_all_scores(tmp_path: Path) -> None:
    first = {"0-0-1": {"1": {"score": "0.10", "comment": None}}}
    second = {"0-0-1": {"2": {"score": "0.20", "comment": "c"}}, "0-1-0": {"0": {"score": "1.00"}}}
    figures = [figure(0, 0, customData=first), figure(1, 0, json_geometry(a_mask((0, 0, 0))), customData=second)]
    found, _ = read(foreign_project(tmp_path / "p", ["Liver"], figures, {0: nrrd_bytes(ONE)}))
    assert voxels_xyz(found, 1) == [(0, 0, 0), *PLACES]
    assert found.label(1).properties[SCORES] == {
        "0-0-1": {**first["0-0-1"], **second["0-0-1"]},
        "0-1-0": second["0-1-0"],
    }


# ---- objects ----------------------------------------------------------------------------------------------------
def test_what_a_server_writes_about_an_object_stays_with_its_label(tmp_path: Path) -> None:
    entry = {
        "key": KEYS[0], "classTitle": "Liver", "id": 4711, "classId": 5, "labelerLogin": "ada", "createdAt": "2024",
        "tags": [{"name": "quality", "value": "good", "id": 9}],
    }  # fmt: skip
    kind = {"title": "Liver", "color": "#336699", "shape": "mask_3d", "description": "big\nMask pixel value: 12"}
    folder = foreign_project(
        tmp_path / "p", [entry], [figure(0, 0, customData={"k": 1})], {0: nrrd_bytes(ONE)}, [kind],
        key="a" * 32, volumeId=77, tags=[{"name": "quality", "value": "bad"}],
    )  # fmt: skip
    tag = {"name": "quality", "value_type": "any_string", "color": "#000000"}
    changed_json(folder / "meta.json", lambda meta: meta["tags"].append(tag))
    found, item = read(folder)
    (label,) = found.labels
    assert (label.value, label.name, label.hex_color, label.description) == (12, "Liver", "#336699", "big")
    assert label.properties[OBJECT_KEY] == KEYS[0]
    assert label.properties[OBJECT] == {
        "labelerLogin": "ada",
        "createdAt": "2024",
        "tags": [{"name": "quality", "value": "good", "meta": tag}],
        "custom_data": {"k": 1},
        "figure": {"key": KEYS[10]},
    }
    assert found.properties["supervisely.volume"] == {"tags": [{"name": "quality", "value": "bad", "meta": tag}]}
    assert found.uid == "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
    assert item.id == 77


def test_an_object_is_found_by_its_number_where_the_figure_has_no_key_of_it(tmp_path: Path) -> None:
    loose = {"key": KEYS[10], "objectId": 4711, "geometryType": "mask_3d", "geometry": json_geometry(ONE)}
    stray = {"key": KEYS[11], "objectKey": KEYS[9], "geometryType": "mask_3d", "geometry": {}}
    entry = {"id": 4711, "classTitle": "Liver"}
    found, item = read(foreign_project(tmp_path / "p", [entry], [loose, stray]))
    assert voxels_xyz(found, 1) == PLACES
    assert [remark.reason for remark in item.left_out] == [f"figure {KEYS[11]} belongs to no object"]


@pytest.mark.parametrize(
    ("titles", "descriptions", "values"),
    [
        (["A", "B"], ["", ""], [1, 2]),
        (["A", "B"], ["Mask pixel value: 5", "text\n Mask pixel value: 2 "], [5, 2]),
        (["A", "A", "B"], ["Mask pixel value: 5", "Mask pixel value: 7"], [8, 9, 7]),
        (["A", "B"], ["Mask pixel value: 5", "Mask pixel value: 5"], [5, 6]),
        (["Segment_3", "B"], ["", ""], [3, 4]),
        (["A", "B"], ["Mask pixel value: 0", "Mask pixel value: 70000"], [1, 2]),
    ],
    ids=["counted", "named", "two objects", "twice", "by title", "impossible"],
)
def test_a_class_that_names_a_value_gives_it_to_its_only_object(
    titles: list[str], descriptions: list[str], values: list[int], tmp_path: Path
) -> None:
    kinds = dict(zip(dict.fromkeys(titles), descriptions, strict=True))
    classes = [{"title": title, "color": "#010203", "description": text} for title, text in kinds.items()]
    found, _ = read(foreign_project(tmp_path / "p", titles, classes=classes))
    assert list(found.values) == values


def test_objects_that_overlap_go_to_different_groups(tmp_path: Path) -> None:
    files = {0: nrrd_bytes(ONE), 1: nrrd_bytes(a_mask((5, 0, 1))), 2: nrrd_bytes(a_mask((0, 0, 0)))}
    figures = [figure(0, 0), figure(1, 1), figure(2, 2)]
    found, _ = read(foreign_project(tmp_path / "p", ["A", "B", "C"], figures, files))
    assert [group.values for group in found.groups] == [(1, 3), (2,)]


def test_classes_without_a_proper_colour_get_one(tmp_path: Path) -> None:
    found, _ = read(foreign_project(tmp_path / "p", ["A"], classes=[{"title": "A", "color": "red"}]))
    assert found.label(1).hex_color == "#be0032"
    assert [note.reason for note in read_project(tmp_path / "p").notes] == [
        "the class 'A' has no proper colour: found 'red', expected #RRGGBB"
    ]


def test_a_class_that_is_listed_twice_or_not_at_all_is_noted(tmp_path: Path) -> None:
    twice = [{"title": "A", "color": "#0000FF"}, {"title": "A", "color": "#00FF00"}]
    folder = foreign_project(tmp_path / "p", ["A", "B"], classes=twice)
    changed_json(folder / "meta.json", lambda meta: meta.update(classes=twice))
    found, item = read(folder)
    assert [(label.name, label.hex_color) for label in found.labels][0] == ("A", "#00ff00")
    assert [(note.path, note.reason) for note in read_project(folder).notes] == [
        ("meta.json", "the class 'A' occurs again; the last one counts")
    ]
    assert [(note.path, note.reason) for note in item.notes] == [
        ("ds0/ann/scan.nrrd.json", "has objects of the class 'B', which meta.json does not list")
    ]


# ---- the project as a whole -------------------------------------------------------------------------------------
def test_the_servers_form_of_a_place_serves_where_the_voxels_are_missing(tmp_path: Path) -> None:
    folder = foreign_project(tmp_path / "p", ["A"], [figure(0, 0)], {0: nrrd_bytes(ONE)})
    expected = only_item(folder).geometry
    (folder / "ds0/volume/scan.nrrd").unlink()
    found, item = read(folder)
    assert (item.name, found.geometry) == ("scan.nrrd", expected)
    assert voxels_xyz(found, 1) == PLACES
    with pytest.raises(FormatError):
        item.image()
    sdk = {"spacing": [1, 2, 3], "origin": list(RAS_ORIGIN), "directions": [1, 0, 0, 0, 1, 0, 0, 0, 1]}
    sizes = {"dimensionsIJK": {"x": 6, "y": 5, "z": 4}}
    changed_json(folder / "ds0/ann/scan.nrrd.json", lambda data: data.update(volumeMeta=sdk | sizes))
    assert only_item(folder).geometry == expected


def test_a_volume_without_annotation_is_imported_without_objects(tmp_path: Path) -> None:
    folder = foreign_project(tmp_path / "p", ["A"])
    (folder / "ds0/ann/scan.nrrd.json").unlink()
    found, item = read(folder)
    assert (found.labels, len(found.groups)) == ((), 1)
    assert [(note.path, note.reason) for note in item.notes] == [
        ("ds0/volume/scan.nrrd", "it has no annotation; imported without objects")
    ]


def test_an_annotation_may_be_called_like_the_stem(tmp_path: Path) -> None:
    folder = foreign_project(tmp_path / "p", ["A"])
    (folder / "ds0/ann/scan.nrrd.json").rename(folder / "ds0/ann/scan.json")
    assert len(read(folder)[0].labels) == 1


def test_everything_that_is_not_read_is_named(tmp_path: Path) -> None:
    folder = foreign_project(tmp_path / "p", ["A"], [figure(0, 0)], {0: nrrd_bytes(ONE), 5: nrrd_bytes(ONE)})
    masks, place = folder / "ds0/mask/scan.nrrd", folder / "ds0"
    (masks / "human-readable-objects").mkdir()
    (masks / "semantic_segmentation.nrrd").touch()
    (place / "interpolation/scan.nrrd").mkdir(parents=True)
    (place / "interpolation/scan.nrrd" / f"{KEYS[12]}.stl").touch()
    (place / "volume/readme.txt").touch()
    for name in ("class2idx.json", "notes.txt", ".DS_Store"):
        (folder / name).touch()
    (folder / "pictures").mkdir()
    reader = read_project(folder)
    (item,) = reader
    item.segmentation()
    assert [remark.path for remark in reader.notes] == ["class2idx.json"]
    assert [remark.path for remark in reader.left_out] == ["ds0/volume/readme.txt", "notes.txt", "pictures"]
    assert [Path(remark.path).name for remark in item.notes] == ["human-readable-objects", "semantic_segmentation.nrrd"]
    assert [Path(remark.path).name for remark in item.left_out] == [f"{KEYS[15]}.nrrd", f"{KEYS[12]}.stl"]


def test_surfaces_and_points_are_named_and_the_object_stays(tmp_path: Path) -> None:
    mesh = {"key": KEYS[10], "objectKey": KEYS[0], "geometryType": "closed_surface_mesh"}
    found, item = read(foreign_project(tmp_path / "p", ["A"], [mesh]))
    assert found.voxels(1) == 0
    assert "a figure of the shape 'closed_surface_mesh'; masks are read" in item.left_out[0].reason


def test_volumes_are_found_at_every_depth_also_where_the_sdk_is_blind(tmp_path: Path) -> None:
    foreign_project(tmp_path / "p", ["A"])
    ds0 = tmp_path / "p/ds0"
    import shutil

    for name in ("my_mask", "ds0/datasets/child", "ds0/datasets/child/datasets/grandchild", "group/plain"):
        shutil.copytree(ds0, tmp_path / "copy" / name, ignore=lambda *_: ["datasets"])
    for name in ("my_mask", "group"):
        (tmp_path / "copy" / name).rename(tmp_path / "p" / name)
    (tmp_path / "copy/ds0/datasets").rename(ds0 / "datasets")
    reader = read_project(tmp_path / "p")
    assert [item.dataset for item in reader] == ["ds0", "ds0/child", "ds0/child/grandchild", "group/plain", "my_mask"]
    assert [(note.path, note.reason[:30]) for note in reader.notes] == [("my_mask", "Supervisely itself does not se")]
    assert reader.left_out == []


def test_existing_volumes_serve_as_targets_for_annotations(tmp_path: Path) -> None:
    folder = foreign_project(tmp_path / "p", ["A"], key=KEYS[3])
    with pytest.raises(FormatError, match="has no volumeId"):
        only_item(folder).existing()
    (folder / "key_id_map.json").write_text(json.dumps({"videos": {KEYS[3]: 55}}))
    found = only_item(folder).existing()
    assert isinstance(found, ExistingVolume)
    assert (found.id, found.name, found.dataset, found.geometry.shape) == (55, "scan.nrrd", "ds0", SHAPE)
    assert found.path == folder / "ds0/volume/scan.nrrd"


def test_what_is_no_volume_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"is no Supervisely project, there is no meta\.json"):
        read_project(tmp_path)
    (tmp_path / "meta.json").write_text('{"classes": [], "projectType": "images"}')
    with pytest.raises(DatasetError, match="projectType is 'images', expected 'volumes'"):
        read_project(tmp_path)
    assert not is_project(tmp_path)
    assert is_project(foreign_project(tmp_path / "p", ["A"]))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"classes": 1}', '{"classes": [{"title": 5}]}', '{"classes": [5]}', "\xff"]
)
def test_a_damaged_meta_is_refused_by_name(text: str, tmp_path: Path) -> None:
    folder = foreign_project(tmp_path / "p", ["A"])
    (folder / "meta.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(CorruptFileError, match=r"meta\.json"):
        read_project(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"objects": {}},
        {"objects": [5]},
        {"objects": [{"classTitle": 5}]},
        {"spatialFigures": "x"},
        {"spatialFigures": [None]},
        {"planes": [{"name": "oblique"}]},
        {"planes": [5]},
        {"planes": [{"name": "axial", "slices": [5]}]},
        {"planes": [{"name": "axial", "slices": [{"figures": [5]}]}]},
    ],
)
def test_a_damaged_annotation_is_refused_by_name(change: dict[str, Any], tmp_path: Path) -> None:
    folder = foreign_project(tmp_path / "p", ["A"], **{key: value for key, value in change.items() if key == "planes"})
    changed_json(folder / "ds0/ann/scan.nrrd.json", lambda data: data.update(change))
    with pytest.raises(CorruptFileError, match=r"scan\.nrrd\.json"):
        read(folder)


@pytest.mark.parametrize(
    "meta", [None, 5, {}, {"dimensionsIJK": {"x": 1, "y": 1, "z": 0}, "IJK2WorldMatrix": [0] * 16}]
)
def test_without_voxels_and_a_place_a_volume_is_refused(meta: Any, tmp_path: Path) -> None:
    folder = foreign_project(tmp_path / "p", ["A"])
    (folder / "ds0/volume/scan.nrrd").unlink()
    changed_json(folder / "ds0/ann/scan.nrrd.json", lambda data: data.update(volumeMeta=meta))
    with pytest.raises(CorruptFileError, match="does not say where the volume lies"):
        read(folder)


def test_a_grid_that_no_memory_holds_is_refused(tmp_path: Path) -> None:
    huge = {"x": 2_000_000, "y": 2_000_000, "z": 2_000_000}
    folder = foreign_project(tmp_path / "p", ["A"], volumeMeta={**server_meta(), "dimensionsIJK": huge})
    (folder / "ds0/volume/scan.nrrd").unlink()
    with pytest.raises(CorruptFileError, match="asks for more memory than there is"):
        read(folder)


# ---- ours, changed by others ------------------------------------------------------------------------------------
ANNOTATION, META = "ds0/ann/scan.nrrd.json", "meta.json"


def test_new_and_deleted_objects_of_others_are_seen(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    written(folder, a_segmentation())

    def edit(data: Any) -> None:
        del data["objects"][1]
        data["spatialFigures"] = [f for f in data["spatialFigures"] if f["objectKey"] in str(data["objects"])]
        data["objects"].append({"key": KEYS[0], "classTitle": "New", "tags": []})
        data["spatialFigures"].append(figure(0, 0, json_geometry(a_mask((0, 0, 0)))))

    new = {"title": "New", "shape": "mask_3d", "color": "#FF0000"}
    changed_json(folder / "meta.json", lambda meta: meta["classes"].append(new))
    changed_json(folder / ANNOTATION, edit)
    found, item = read(folder)
    assert [group.values for group in found.groups] == [(1, 9, 301), (300,)]
    assert found.label(1) == a_segmentation().label(1)
    assert found.label(301).name == "New"
    assert found.centroid_lps(301) == tuple(GRID.lps_from_ijk([5, 4, 0]))
    assert [note.reason for note in item.notes] == ["label 7 'Lesion' was deleted in the project"]
    assert [remark.reason for remark in item.left_out] == ["no figure has this name"]


def test_voxels_that_were_moved_onto_another_label_of_the_group_open_a_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    written(folder, a_segmentation())
    data = json.loads((folder / ANNOTATION).read_text())
    lesion = next(f["key"] for f in data["spatialFigures"] if f["objectKey"] == data["objects"][1]["key"])
    everywhere = nrrd_bytes(np.ones((6, 5, 4), np.uint8))
    (folder / f"ds0/mask/scan.nrrd/{lesion}.nrrd").write_bytes(everywhere)
    found, item = read(folder)
    assert [group.values for group in found.groups] == [(1, 9), (300,), (7,)]
    assert found.voxels(7) == 120
    assert found.voxels(1) == 12
    assert "7 'Lesion'" in item.notes[0].reason


def test_classes_that_were_renamed_and_recoloured_change_their_labels(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    written(folder, a_segmentation())

    def edit(meta: Any) -> None:
        meta["classes"][0].update(title="Hepar", color="#010203")
        meta["classes"][1].update(color="#040506", description="seen\nMask pixel value: 3")

    changed_json(folder / META, edit)
    changed_json(folder / ANNOTATION, lambda data: data["objects"][0].update(classTitle="Hepar"))
    found, _ = read(folder)
    names = [(label.value, label.name, label.hex_color) for label in found.labels]
    assert names == [
        (1, "Hepar", "#010203"),
        (7, "Lesion", "#040506"),
        (9, "Lesion", "#040506"),
        (300, "Vessel", "#336699"),
    ]
    assert [found.label(value).description for value in (1, 7, 300)] == ["the large one", "seen", ""]
    assert not found.label(7).locked


def test_scores_and_tags_of_others_reach_a_known_label(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    written(folder, a_segmentation())
    scores = {"1-0-0": {"0": {"score": "0.50", "comment": "why?"}}}

    def edit(data: Any) -> None:
        data["spatialFigures"][0]["customData"] = scores
        data["objects"][1]["tags"] = [{"name": "seen"}]
        data["tags"] = [{"name": "done"}]

    changed_json(folder / ANNOTATION, edit)
    found, _ = read(folder)
    assert found.label(1).properties == {SCORES: scores}
    assert found.label(7).properties == {**a_segmentation().label(7).properties, OBJECT: {"tags": [{"name": "seen"}]}}
    assert found.label(300) == a_segmentation().label(300)
    assert found.properties == {"q": "r", "supervisely.volume": {"tags": [{"name": "done"}]}}


def test_scores_that_were_taken_away_are_gone(tmp_path: Path) -> None:
    scored = Label(1, "A", properties={SCORES: {"0-0-1": {"1": {"score": "0.10"}}}})
    array = np.zeros(SHAPE, np.uint8)
    array[0, 0, 0] = 1
    written(tmp_path / "p", Segmentation(GRID, [Group(array, [scored])]))
    assert read(tmp_path / "p")[0].label(1) == scored
    changed_json(tmp_path / "p" / ANNOTATION, lambda data: data["spatialFigures"][0].update(customData={}))
    assert read(tmp_path / "p")[0].label(1).properties == {}


def test_another_volume_in_place_of_ours_keeps_its_own_axes(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    written(folder, a_segmentation())
    other = np.zeros((6, 5, 4), np.uint8)
    (folder / "ds0/volume/scan.nrrd").write_bytes(nrrd_bytes(other, origin=(0, 0, 0)))
    found, item = read(folder)
    assert found.geometry.origin == (0, 0, 0)
    assert item.notes[0].reason.startswith("is no longer the volume that was written")
    assert len(item.left_out) == 3, "the masks lie elsewhere"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"type": "x"}', '{"type": "org.multilabelseg.supervisely-volume", "version": 2}', "cut"]
)
def test_a_damaged_sidecar_is_named_and_the_project_still_reads(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    written(folder, a_segmentation())
    sidecar = folder / "ds0/metadata/scan.nrrd.mlseg.json"
    sidecar.write_text(sidecar.read_text()[:-30] if text == "cut" else text)
    found, item = read(folder)
    assert [label.name for label in found.labels] == ["Liver", "Lesion", "Lesion", "Vessel"]
    assert found.label("Liver").value == 1
    assert found.label("Vessel").value == 300
    assert item.left_out[0].path == "ds0/metadata/scan.nrrd.mlseg.json"


def test_without_any_sidecar_names_colours_and_single_values_still_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    written(folder, a_segmentation(), an_image())
    (folder / "project.mlseg.json").unlink()
    (folder / "ds0/metadata/scan.nrrd.mlseg.json").unlink()
    found, item = read(folder)
    assert [(label.value, label.name) for label in found.labels] == [
        (1, "Liver"), (301, "Lesion"), (302, "Lesion"), (300, "Vessel")
    ]  # fmt: skip
    assert found.label(1).description == "the large one"
    assert found.centroid_lps(301) == a_segmentation().centroid_lps(7)
    assert (item.left_out, item.notes) == ([], [])


def test_one_bad_volume_does_not_stop_the_others(tmp_path: Path) -> None:
    with ProjectWriter(tmp_path / "p") as writer:
        for stem in "abc":
            writer.add("ds0", stem, None, a_segmentation())
        writer.finish()
    (tmp_path / "p/ds0/ann/b.nrrd.json").write_text("{")
    (tmp_path / "p/ds0/volume/c.nrrd").write_bytes(b"NRRD0005\n\n")
    whole, *broken = read_project(tmp_path / "p")
    assert_same(whole.segmentation(), a_segmentation())
    for item in broken:
        with pytest.raises(MultiLabelSegError, match=item.name):
            item.segmentation()


def test_a_grid_that_no_axis_follows_comes_back_exactly(tmp_path: Path) -> None:
    turned = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]])
    grid = Geometry.from_parts(SHAPE, (0.7, 1.1, 2.3), (1 / 3, 2 / 7, -5 / 9), turned)
    groups = [Group(group.array.copy(), group.labels) for group in a_segmentation().groups]
    expected = Segmentation(grid, groups)
    item = written(tmp_path / "p", expected, an_image(grid))
    assert_same(item.segmentation(), expected)
    assert np.allclose(item.geometry.offset_of(item.image().geometry), 0)
