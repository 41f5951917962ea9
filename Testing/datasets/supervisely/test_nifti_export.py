"""NIfTI data sets for Supervisely: nothing is lost in silence, and what is written is read back object by object."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.discovery.cases import Plane
from MultiLabelSegLib.datasets.supervisely.discovery.data_sets import discover
from MultiLabelSegLib.datasets.supervisely.masks.case_reader import CaseContent, read_case
from MultiLabelSegLib.datasets.supervisely.nifti import export as nifti_export
from MultiLabelSegLib.datasets.supervisely.nifti.export import NiftiExport, export_nifti
from MultiLabelSegLib.datasets.supervisely.nifti.item import NiftiItem
from MultiLabelSegLib.datasets.supervisely.nifti.names import by_plane_stem, mask_stem, plane_of_grid, score_name
from MultiLabelSegLib.datasets.supervisely.nifti.sidecar import apply_nifti_sidecar
from MultiLabelSegLib.datasets.supervisely.object_properties import CLASS_ID, SCORES, scores_of
from MultiLabelSegLib.datasets.supervisely.tables.color_map import first_map
from MultiLabelSegLib.datasets.supervisely.tables.scores import attach_scores, read_scores
from MultiLabelSegLib.errors import (
    DatasetError,
    FormatError,
    GeometryError,
    LossError,
    OptionError,
    UnsupportedFormatError,
    WriteError,
)
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.formats.nifti_image import nifti_image_difference, write_nifti_image
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.staging import Stage

SHAPE = (3, 4, 5)  #: k, j, i
RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
#: i, j, k run toward R, A, S
RAS = np.diag([-1.0, -1.0, 1.0])


def geometry(direction: np.ndarray = RAS, spacing: tuple[float, float, float] = (1.0, 1.25, 3.0)) -> Geometry:
    return Geometry.from_parts(SHAPE, spacing, (3.25, -7.5, 11.0), direction)


def volume(grid: Geometry, dtype: str = "int16") -> Image:
    return Image((np.arange(60).reshape(1, *SHAPE) - 7).astype(dtype), grid)


def segmentation(grid: Geometry, *labels: Label, overlapping: tuple[Label, ...] = ()) -> Segmentation:
    """Label n has n + 1 voxels of row n; ``overlapping`` ones are another group and start at the same places."""
    groups = []
    for owned in (labels, overlapping):
        array = np.zeros((1, *SHAPE), np.uint16)
        for row, label in enumerate(owned):
            array[0, row // 4, row % 4, : row + 1] = label.value
        groups.append(Group(array, owned))
    return Segmentation(grid, groups if overlapping else groups[:1])


def item(*labels: Label, stem: str = "CT", dataset: str = "", grid: Geometry | None = None, **more) -> NiftiItem:
    grid = grid or geometry()
    return NiftiItem(volume(grid), segmentation(grid, *labels, **more), stem, dataset)


def names(result: NiftiExport, out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in result.paths)


def imported(out: Path, source: str, plane: Plane = "") -> CaseContent:
    """What our importer makes of a volume and of what it finds to belong to it."""
    (case,) = (case for case in discover(out).cases if case.source == source)
    assert case.plane == plane
    content = read_case(case, lambda name: out / name, first_map(case.color_maps, out).table)
    for scores in case.scores:
        attach_scores(content.segmentation, read_scores(out / scores), case.plane)
    assert not content.left_out
    return content


def objects(found: Segmentation) -> list[tuple[str, str, int, dict]]:
    return sorted((one.name, one.hex_color, found.voxels(one.value), scores_of(one)) for one in found.labels)


def notes(result: NiftiExport) -> str:
    return "\n".join(f"{note.path}: {note.reason}" for note in result.notes)


def scored(**frames: str) -> dict:
    entries = {frame[1:]: {"score": score, "comment": None} for frame, score in frames.items()}
    return {SCORES: {"0-0-1": entries}}


# ---- by name -------------------------------------------------------------------------------------------------------
def test_by_name_every_class_is_a_file_and_every_object_keeps_its_value(tmp_path: Path) -> None:
    labels = (Label(3, "liver", RED), Label(300, "tumor", GREEN), Label(7, "tumor", GREEN))
    out = tmp_path / "set"
    result = export_nifti([item(*labels)], out)
    assert names(result, out) == ["CT.mlseg.json", "CT.nii.gz", "CT/liver.nii.gz", "CT/tumor.nii.gz"]
    found = imported(out, "CT.nii.gz").segmentation
    assert {(one.value, one.name, found.voxels(one.value)) for one in found.labels} == {
        (3, "liver", 1),
        (300, "tumor", 2),
        (7, "tumor", 3),
    }
    assert nib.load(out / "CT" / "liver.nii.gz").get_data_dtype() == np.uint8
    assert nib.load(out / "CT" / "tumor.nii.gz").get_data_dtype() == np.uint16


def test_a_volume_without_segmentation_is_a_file_alone(tmp_path: Path) -> None:
    result = export_nifti([NiftiItem(volume(geometry()), None, "Spine")], tmp_path / "set")
    assert names(result, tmp_path / "set") == ["Spine.nii.gz"]


@pytest.mark.parametrize("direction", [RAS, np.eye(3), np.eye(3)[[2, 0, 1]] * [1, -1, 1]], ids=["RAS", "LPS", "turned"])
def test_volume_and_masks_run_toward_r_a_s_and_every_voxel_stays_where_it_was(
    direction: np.ndarray, tmp_path: Path
) -> None:
    grid = geometry(direction)
    image, meant = volume(grid), segmentation(grid, Label(1, "liver"), Label(2, "tumor"))
    export_nifti([NiftiItem(image, meant, "CT")], tmp_path / "set")
    for name, array in (("CT.nii.gz", image.array), ("CT/tumor.nii.gz", np.where(meant.mask(2), 2, 0))):
        loaded = nib.load(tmp_path / "set" / name)
        assert nib.aff2axcodes(loaded.affine) == ("R", "A", "S")
        for k, j, i in np.ndindex(*SHAPE):
            there = np.linalg.inv(loaded.affine) @ grid.ijk_to_ras @ (i, j, k, 1)
            x, y, z = np.rint(there[:3]).astype(int)
            assert np.abs(there[:3] - (x, y, z)).max() < 1e-3
            assert loaded.dataobj[x, y, z] == array[0, k, j, i]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "uint32", "float32", "float64", ">i2"])
def test_a_volume_keeps_its_type_and_numbers(dtype: str, tmp_path: Path) -> None:
    image = Image((np.arange(60).reshape(1, *SHAPE) + 3).astype(dtype), geometry())
    export_nifti([NiftiItem(image, None, "CT")], tmp_path / "set")
    found = read_image(tmp_path / "set" / "CT.nii.gz")
    assert found.array.dtype == np.dtype(dtype).newbyteorder("=")
    assert np.array_equal(found.array, image.array)


def test_objects_of_one_class_that_overlap_are_refused_by_name_and_named(tmp_path: Path) -> None:
    first, second = Label(1, "tumor"), Label(2, "tumor")
    with pytest.raises(LossError, match=r"CT: would lose the overlap of 1 'tumor' and 2 'tumor' \(1 voxels\)"):
        export_nifti([item(first, overlapping=(second,))], tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def test_objects_of_different_classes_may_overlap_by_name(tmp_path: Path) -> None:
    out = tmp_path / "set"
    export_nifti([item(Label(1, "liver"), overlapping=(Label(2, "tumor"),))], out)
    found = imported(out, "CT.nii.gz").segmentation
    assert [(one.name, found.voxels(one.value)) for one in found.labels] == [("liver", 1), ("tumor", 1)]


def test_class_names_that_no_file_may_have_get_safe_ones_and_keep_their_own_in_the_sidecar(tmp_path: Path) -> None:
    labels = (Label(1, "a/b:c"), Label(2, "Tumor"), Label(3, "tumor"), Label(4, "dots..."), Label(5, "CON"))
    out = tmp_path / "set"
    result = export_nifti([item(*labels)], out)
    written = {path.name for path in (out / "CT").iterdir()}
    assert written == {"a_b_c.nii.gz", "Tumor_2.nii.gz", "tumor_3.nii.gz", "dots.nii.gz", "_CON.nii.gz"}
    assert "class 'a/b:c' has the mask 'a_b_c'" in notes(result)
    back = apply_nifti_sidecar(imported(out, "CT.nii.gz").segmentation, out, "CT")
    assert {one.name for one in back.labels} == {one.name for one in labels}


def test_volumes_whose_names_would_confuse_an_importer_are_numbered_and_noted(tmp_path: Path) -> None:
    out = tmp_path / "set"
    sources = [
        item(Label(1, "lung"), stem="CT"),
        item(Label(1, "lung"), stem="ct", dataset="other"),
        item(Label(1, "lung"), stem="lung"),
        item(stem="other"),
    ]
    result = export_nifti(sources, out)
    volumes = [name for name in names(result, out) if name.endswith(".nii.gz") and "/lung" not in name]
    assert volumes == ["CT.nii.gz", "lung_01.nii.gz", "other/ct_01.nii.gz", "other_01.nii.gz"]
    assert "other/ct: the volume is called 'ct_01'" in notes(result)


def test_names_that_superviselys_own_importer_refuses_are_noted(tmp_path: Path) -> None:
    result = export_nifti([item(Label(1, "spinal_cord"), dataset="converted")], tmp_path / "set")
    assert "refuses axl, cor and sag anywhere in names: spinal_cord.nii.gz" in notes(result)
    assert "passes over folders with 'converted'" in notes(result)


@pytest.mark.parametrize("dataset", ["../up", "/abs", "a/../../b", "c:\\d"])
def test_no_folder_leads_out_of_the_data_set(dataset: str, tmp_path: Path) -> None:
    out = tmp_path / "set"
    result = export_nifti([item(Label(1, "lung"), dataset=dataset)], out)
    assert all(path.is_relative_to(out) and ".." not in path.parts for path in result.paths)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


# ---- by plane ------------------------------------------------------------------------------------------------------
def test_by_plane_values_are_objects_and_the_map_gives_them_class_and_colour(tmp_path: Path) -> None:
    labels = (
        Label(3, "liver", RED, properties=scored(f0="0.80", f2="0.75")),
        Label(40, "tumor", GREEN, properties=scored(f0="0.10", f2="0.20")),
        Label(500, "tumor", GREEN, properties=scored(f0="0.30", f2="0.40")),
    )
    out = tmp_path / "set"
    result = export_nifti([item(*labels)], out, "by-plane", sidecar="never")
    assert names(result, out) == [
        "CT_axl_anatomic.nii.gz",
        "CT_axl_inference.nii.gz",
        "CT_axl_score.csv",
        "cls_color_map.txt",
    ]
    assert (out / "cls_color_map.txt").read_text() == "3 liver 255 0 0\n40 tumor 0 255 0\n500 tumor 0 255 0\n"
    assert (out / "CT_axl_score.csv").read_text() == (
        "Layer,Label-3,Label-40,Label-500\n1,0.80,0.10,0.30\n3,0.75,0.20,0.40\n"
    )
    found = imported(out, "CT_axl_anatomic.nii.gz", "axl").segmentation
    assert objects(found) == objects(segmentation(geometry(), *labels))
    assert found.values == (3, 40, 500)


def test_a_class_has_one_number_in_every_item_and_numbers_that_labels_came_with_go_first(tmp_path: Path) -> None:
    out = tmp_path / "set"
    first = item(Label(1, "liver", RED), Label(2, "tumor", GREEN), stem="axl_anatomic", dataset="a")
    second = item(Label(1, "tumor", GREEN), Label(9, "spleen", BLUE, properties={CLASS_ID: 1}), stem="axl", dataset="b")
    result = export_nifti([first, second], out, "by-plane")
    assert {number: entry.name for number, entry in result.classes.items()} == {1: "spleen", 2: "tumor", 3: "liver"}
    for source, meant in (("a/axl_anatomic.nii.gz", first), ("b/axl_anatomic.nii.gz", second)):
        assert objects(imported(out, source, "axl").segmentation) == objects(meant.read_segmentation())
        restored = imported(out, source, "axl").segmentation
        restored = apply_nifti_sidecar(restored, (out / source).parent, "axl_anatomic", source[0])
        assert restored.values == meant.read_segmentation().values


def test_instance_objects_of_one_number_stay_apart_in_a_semantic_mask(tmp_path: Path) -> None:
    labels = tuple(Label(value, "tumor", properties={CLASS_ID: 2}) for value in (5, 6, 7))
    result = export_nifti([item(*labels)], tmp_path / "set", "by-plane")
    assert sorted(result.classes) == [2, 6, 7]
    assert len(imported(tmp_path / "set", "CT_axl_anatomic.nii.gz", "axl").segmentation.labels) == 3


def test_classes_that_no_line_of_a_map_can_hold_are_noted_with_what_they_are_called(tmp_path: Path) -> None:
    labels = (Label(1, "  "), Label(2, "left  lung"), Label(3, "right lung"))
    result = export_nifti([item(*labels)], tmp_path / "set", "by-plane")
    assert (tmp_path / "set" / "cls_color_map.txt").read_text().count("lung") == 2
    told = [remark.reason for remark in result.notes if "by which other programs will call it" in remark.reason]
    assert told == [
        "class '  ' is 'Segment_1' in the colour map, by which other programs will call it",
        "class 'left  lung' is 'left lung' in the colour map, by which other programs will call it",
    ]


def test_overlaps_by_plane_are_refused_until_instance_masks_are_asked_for(tmp_path: Path) -> None:
    source = item(Label(1, "liver", RED), overlapping=(Label(2, "tumor", GREEN), Label(300, "tumor", GREEN)))
    for masks in ("auto", "semantic"):
        with pytest.raises(LossError, match=r"the overlap of 1 'liver' and 2 'tumor' \(1 voxels\).*--masks instance"):
            export_nifti([source], tmp_path / "set", "by-plane", masks=masks)  # type: ignore[arg-type]
    out = tmp_path / "set"
    result = export_nifti([source], out, "by-plane", masks="instance")
    assert "CT_axl_inference_1.nii.gz" in names(result, out)
    assert "order of listed files" in notes(result)
    found = imported(out, "CT_axl_anatomic.nii.gz", "axl").segmentation
    assert objects(found) == objects(source.read_segmentation())


def test_overlapping_objects_of_one_class_are_two_numbers_of_one_name(tmp_path: Path) -> None:
    source = item(Label(1, "tumor", RED), overlapping=(Label(2, "tumor", RED),))
    result = export_nifti([source], tmp_path / "set", "by-plane", masks="instance")
    assert {number: entry.name for number, entry in result.classes.items()} == {1: "tumor", 2: "tumor"}
    found = imported(tmp_path / "set", "CT_axl_anatomic.nii.gz", "axl").segmentation
    assert objects(found) == objects(source.read_segmentation())


def test_instance_masks_have_no_gaps_and_are_never_alone_as_supervisely_counts_them(tmp_path: Path) -> None:
    out = tmp_path / "set"
    sources = [
        item(Label(1, "a"), Label(2, "a"), stem="axl_anatomic"),
        item(Label(3, "c"), Label(70, "b"), stem="cor_anatomic"),
    ]
    result = export_nifti(sources, out, "by-plane", masks="instance")
    assert [name for name in names(result, out) if "inference" in name] == [
        *(f"axl_inference_{number}.nii.gz" for number in (1, 2)),
        *(f"cor_inference_{number}.nii.gz" for number in (1, 2, 3)),
    ]
    assert {number: entry.name for number, entry in result.classes.items()} == {1: "a", 2: "b", 3: "c"}
    assert not np.asarray(nib.load(out / "cor_inference_1.nii.gz").dataobj).any()
    assert len(imported(out, "axl_anatomic.nii.gz", "axl").segmentation.labels) == 2


def test_items_of_one_plane_get_folders_of_their_own_or_ids_in_their_names(tmp_path: Path) -> None:
    sources = [item(Label(1, "a", properties=scored(f1="0.50")), stem="K1"), item(Label(1, "a"), stem="K2")]
    result = export_nifti(sources, tmp_path / "plain", "by-plane")
    assert "K1/K1_axl_inference.nii.gz" in names(result, tmp_path / "plain")
    assert "attaches no scores" in notes(result)
    result = export_nifti(sources, tmp_path / "ids", "by-plane", ids_in_names=True)
    volumes = [name for name in names(result, tmp_path / "ids") if name.endswith("anatomic.nii.gz")]
    assert all(len(name.split("_")[0]) == len(name.split("_")[1]) == 36 for name in volumes)
    # Supervisely would give the second the scores of the first, had it no table of its own
    tables = [path.read_text() for path in sorted((tmp_path / "ids").glob("*K?_axl_score.csv"))]
    assert sorted(tables) == ["Layer,Label-1\n", "Layer,Label-1\n2,0.50\n"]


@pytest.mark.parametrize(
    ("stem", "plane", "expected"),
    [
        ("axl_anatomic", "axl", "axl_anatomic"),
        ("AXL_anatomic", "axl", "axl_anatomic"),
        ("CT", "sag", "CT_sag_anatomic"),
        ("knee_cor", "cor", "knee_cor_anatomic"),
        ("cor_scan", "axl", "scan_axl_anatomic"),
        ("knee_anatomical", "axl", "knee_anatomical_axl"),
    ],
)
def test_volumes_get_the_words_that_supervisely_looks_for(stem: str, plane: Plane, expected: str) -> None:
    assert by_plane_stem(stem, plane) == expected


def test_masks_and_tables_are_called_like_their_volume() -> None:
    assert mask_stem("axl_anatomic") == "axl_inference"
    assert mask_stem("knee_anatomical_axl", "2") == "knee_inference_axl_2"
    assert score_name("axl_anatomic") == "axl_score.csv"


@pytest.mark.parametrize(
    ("spacing", "plane"),
    [((1, 1, 3), "axl"), ((1, 3, 1), "cor"), ((3, 1, 1), "sag"), ((1, 1, 1), "axl"), ((2, 1, 2), "axl")],
)
def test_the_largest_spacing_decides_the_plane(spacing: tuple[float, float, float], plane: str, tmp_path: Path) -> None:
    assert plane_of_grid(geometry(RAS, spacing)) == plane
    # i runs toward S: the spacing of the turned grid counts
    turned = geometry(np.eye(3)[[2, 0, 1]] * [1, -1, 1], spacing)
    result = export_nifti([NiftiItem(volume(turned), None, "CT")], tmp_path / "set", "by-plane")
    by_direction = {"R": "sag", "L": "sag", "A": "cor", "P": "cor", "S": "axl", "I": "axl"}
    largest = nib.aff2axcodes(turned.ijk_to_ras)[int(np.argmax(spacing))]
    expected = by_direction[largest] if spacing.count(max(spacing)) == 1 else "axl"
    assert names(result, tmp_path / "set") == [f"CT_{expected}_anatomic.nii.gz"]


def test_classes_of_several_colours_are_noted_and_kept_in_the_sidecar(tmp_path: Path) -> None:
    out = tmp_path / "set"
    source = item(Label(1, "tumor", RED), Label(2, "tumor", BLUE))
    result = export_nifti([source], out, "by-plane")
    assert "label 2 has another colour than class 'tumor' in the map" in notes(result)
    found = imported(out, "CT_axl_anatomic.nii.gz", "axl").segmentation
    assert found[2].hex_color == "#ff0000"
    assert apply_nifti_sidecar(found, out, "CT_axl_anatomic")[2].hex_color == "#0000ff"


def test_scores_that_a_table_cannot_hold_are_kept_in_the_sidecar_and_gaps_are_noted(tmp_path: Path) -> None:
    out = tmp_path / "set"
    odd = {
        SCORES: {"0-0-1": {"1": {"score": "0.50", "comment": "yes"}}, "1-0-0": {"0": {"score": "0.1", "comment": None}}}
    }
    result = export_nifti(
        [item(Label(1, "a", properties=odd), Label(2, "b", properties=scored(f2="0.20")))], out, "by-plane"
    )
    assert (out / "CT_axl_score.csv").read_text() == 'Layer,Label-1,Label-2,Comment-1\n2,0.50,,"yes"\n3,,0.20,\n'
    assert "empty cells" in notes(result)
    found = imported(out, "CT_axl_anatomic.nii.gz", "axl").segmentation
    assert scores_of(found[1]) == {"0-0-1": odd[SCORES]["0-0-1"]}
    assert scores_of(apply_nifti_sidecar(found, out, "CT_axl_anatomic")[1]) == odd[SCORES]


# ---- both ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("layout", ["by-name", "by-plane"])
def test_everything_about_a_segmentation_comes_back_through_the_sidecar(layout: str, tmp_path: Path) -> None:
    grid = geometry()
    labels = (
        Label(
            1, "liver", RED, 0.3, visible=False, locked=False, description="big", properties={"key": [1, {"a": None}]}
        ),
        Label(700, "tumor", GREEN, tracking_id="t", tracking_uid="1.2", properties=scored(f0="0.50")),
        Label(9, "nothing", BLUE),
    )
    first = segmentation(grid, *labels[:2])
    meant = Segmentation(
        grid,
        [
            Group(first.group(0).array, labels[:2], "organs", {"k": "v"}),
            Group(np.zeros((1, *SHAPE), np.uint8), labels[2:], "empty group"),
        ],
        unlabeled_locked=True,
        properties={"p": "q"},
        extras={"more": [1]},
    )
    out = tmp_path / "set"
    export_nifti([NiftiItem(volume(grid), meant, "CT", "sub")], out, layout)  # type: ignore[arg-type]
    stem, plane = ("CT", "") if layout == "by-name" else ("CT_axl_anatomic", "axl")
    found = imported(out, f"sub/{stem}.nii.gz", plane).segmentation
    back = apply_nifti_sidecar(found, out / "sub", stem, "sub")
    assert back.labels == meant.labels
    assert [(group.name, group.properties) for group in back.groups] == [
        ("organs", {"k": "v"}),
        ("empty group", {}),
    ]
    assert all(
        np.array_equal(*pair) for pair in zip(*([g.array for g in s.groups] for s in (back, meant)), strict=True)
    )
    assert (back.uid, back.unlabeled_locked, back.properties, back.extras) == (
        meant.uid,
        True,
        meant.properties,
        meant.extras,
    )


def test_a_sidecar_whose_masks_or_text_changed_is_ignored_with_a_note(tmp_path: Path) -> None:
    out = tmp_path / "set"
    export_nifti([item(Label(5, "a", RED))], out)
    found = imported(out, "CT.nii.gz").segmentation
    beside = out / "CT.mlseg.json"
    good = beside.read_text()
    body = json.loads(good)
    body["groups"][0]["labels"][0]["name"] = "changed"
    for spoiled in (json.dumps(body), "no JSON", "[" * 100_000, '{"type": 1}'):
        beside.write_text(spoiled)
        report = Report()
        assert apply_nifti_sidecar(found, out, "CT", report=report) is found
        assert "the sidecar is ignored" in report.notes[0].reason
    beside.write_text(good)
    assert apply_nifti_sidecar(found, out, "CT").labels == (Label(5, "a", RED),)
    (out / "CT" / "a.nii.gz").write_bytes(b"another")
    report = Report()
    assert apply_nifti_sidecar(found, out, "CT", report=report) is found
    assert "CT/a.nii.gz is not the one" in report.notes[0].reason


def test_without_a_sidecar_what_it_would_hold_is_refused(tmp_path: Path) -> None:
    source = item(Label(1, "a"), Label(60, "b", locked=False, description="x"))
    empty = NiftiItem(source.volume, segmentation(geometry(), Label(1, "a")), "CT")
    empty.read_segmentation().set_label(0, Label(4, "none"))
    with pytest.raises(LossError, match="CT: would lose locks.*; descriptions.* of labels 60"):
        export_nifti([source], tmp_path / "set", "by-plane", sidecar="never")
    with pytest.raises(LossError, match=r"labels without voxels \(4\)"):
        export_nifti([empty], tmp_path / "set", "by-plane", sidecar="never")
    with pytest.raises(LossError, match="label colours"):
        export_nifti([item(Label(1, "a"))], tmp_path / "set", sidecar="never")
    assert list(tmp_path.iterdir()) == []
    export_nifti([item(Label(1, "a"))], tmp_path / "set", "by-plane", sidecar="always")
    assert (tmp_path / "set" / "CT_axl_anatomic.mlseg.json").exists()


def test_frames_voxels_without_label_and_other_grids_are_refused_by_name(tmp_path: Path) -> None:
    grid = geometry()
    undeclared = Segmentation(grid, [Group(np.full((1, *SHAPE), 4, np.uint8))])
    with pytest.raises(LossError, match=r"CT: would lose voxels without a label \(values 4\)"):
        export_nifti([NiftiItem(volume(grid), undeclared, "CT")], tmp_path / "set")
    moving = Geometry(SHAPE, grid.ijk_to_lps, 2)
    with pytest.raises(LossError, match="1 of 2 time steps"):
        export_nifti([NiftiItem(volume(grid), Segmentation(moving), "CT")], tmp_path / "set")
    with pytest.raises(UnsupportedFormatError, match="CT: 2 frames"):
        export_nifti([NiftiItem(Image(np.zeros((2, *SHAPE)), moving), None, "CT")], tmp_path / "set")
    with pytest.raises(GeometryError, match="CT: the segmentation is not on the volume's grid: spacing"):
        export_nifti([NiftiItem(volume(grid), segmentation(geometry(RAS, (1, 1, 1))), "CT")], tmp_path / "set")
    with pytest.raises(UnsupportedFormatError, match="voxels of type float16"):
        export_nifti([NiftiItem(volume(grid, "float16"), None, "CT")], tmp_path / "set")
    with pytest.raises(DatasetError, match="no volume"):
        export_nifti([], tmp_path / "set")
    for wrong in ({"layout": "x"}, {"sidecar": "x"}, {"layout": "by-plane", "masks": "x"}):
        with pytest.raises(OptionError):
            export_nifti([item(Label(1, "a"))], tmp_path / "set", **wrong)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_mixed_with_other_data_and_nothing_replaced_unasked(tmp_path: Path) -> None:
    out = tmp_path / "set"
    export_nifti([item(Label(1, "a"))], out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(FormatError, match="exists already"):
        export_nifti([item(Label(1, "a"))], out)
    export_nifti([item(Label(1, "a"))], out, overwrite=True)
    assert {path.name for path in out.rglob("*") if path.is_file()} == {path.name for path in before}
    with pytest.raises(DatasetError, match=r"a\.nii\.gz is not of this export"):
        export_nifti([item(Label(1, "b"))], out, overwrite=True)
    assert not (out / "CT" / "b.nii.gz").exists()


def test_a_mask_that_was_not_written_as_meant_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nifti_export, "content_difference", lambda *_: "the voxels differ")
    with pytest.raises(WriteError, match=r"a\.nii\.gz: verification failed, nothing was written: the voxels differ"):
        export_nifti([item(Label(1, "a"))], tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def test_volumes_and_segmentations_may_be_read_when_their_turn_comes(tmp_path: Path) -> None:
    grid = geometry()
    stored = tmp_path / "in.nii"
    with Stage(stored) as stage:
        write_nifti_image(stage, stored, volume(grid))
        stage.commit()
    calls: list[str] = []

    def read() -> Segmentation:
        calls.append("read")
        return segmentation(grid, Label(2, "a"))

    export_nifti([NiftiItem(stored, read, "CT")], tmp_path / "set")
    assert len(calls) == 2
    assert np.array_equal(read_image(tmp_path / "set" / "CT.nii.gz").array, volume(grid).array)


def test_a_written_image_is_compared_number_by_number_and_nan_is_itself(tmp_path: Path) -> None:
    image = volume(geometry(), "float32")
    image.array[0, 0, 0, 0] = np.nan
    path = tmp_path / "image.nii"
    with Stage(path) as stage:
        write_nifti_image(stage, path, image)
        assert nifti_image_difference(stage.staged(path), image) is None
        image.array[0, 0, 0, 1] += 1
        assert nifti_image_difference(stage.staged(path), image) == "the voxels differ"
        moved = Image(image.array, geometry(RAS, (1, 1, 1)))
        assert "grid moved" in str(nifti_image_difference(stage.staged(path), moved))


def test_five_thousand_objects_are_written_in_one_mask(tmp_path: Path) -> None:
    shape = (20, 20, 20)
    values = np.arange(8000, dtype=np.uint16).reshape(1, *shape) + 1
    values[values > 5000] = 0
    grid = Geometry(shape, np.diag([-1.0, -1.0, 1.0, 1.0]))
    labels = [Label(value, "nucleus", RED) for value in range(1, 5001)]
    source = NiftiItem(Image(values.astype(np.uint8), grid), Segmentation(grid, [Group(values, labels)]), "cells")
    export_nifti([source], tmp_path / "set", "by-plane", sidecar="never")
    loaded = nib.load(tmp_path / "set" / "cells_axl_inference.nii.gz")
    assert np.array_equal(np.asarray(loaded.dataobj).T, values[0])
