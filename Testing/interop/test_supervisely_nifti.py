"""The real Supervisely SDK reads what we export, and our projects of its own examples, and finds the same objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.importing.data_sets import import_data_set
from MultiLabelSegLib.datasets.supervisely.importing.targets import FileTarget
from MultiLabelSegLib.datasets.supervisely.masks.alignment import ras_reordering
from MultiLabelSegLib.datasets.supervisely.nifti.export import NiftiExport, export_nifti
from MultiLabelSegLib.datasets.supervisely.nifti.item import NiftiItem
from MultiLabelSegLib.datasets.supervisely.object_properties import SCORES
from MultiLabelSegLib.formats.registry import read_segmentation
from Testing.datasets.supervisely.golden_cases import NAMES, _truth
from Testing.datasets.supervisely.imported import PROJECT, existing_of, input_of, report_of
from Testing.formats.mitk_truth import GOLDEN, NRRD_CASES
from Testing.interop.sly_client import SlyClient, SlyRefused

pytestmark = pytest.mark.supervisely_sdk
CASES = [case for case in NRRD_CASES if not case.startswith("time_")]


def an_image(segmentation: Segmentation) -> Image:
    geometry = segmentation.geometry
    return Image(np.arange(geometry.voxels, dtype=np.int16).reshape(geometry.shape) % 999, geometry)


def objects(segmentation: Segmentation, names: dict[str, str] | None = None) -> list[tuple[str, bytes]]:
    """Class and mask (x, y, z, toward R, A, S) of every label that has voxels."""
    turn = ras_reordering(segmentation.geometry)
    found = []
    for label in segmentation.labels:
        mask = np.ascontiguousarray(turn.array(segmentation.mask(label.value))[0].T)
        if mask.any():
            found.append(((names or {}).get(label.name, label.name), mask.tobytes()))
    return sorted(found)


def objects_of_sdk(volume: dict[str, Any]) -> list[tuple[str, bytes]]:
    return sorted((found["class"], np.ascontiguousarray(found["mask"]).tobytes()) for found in volume["objects"])


def overlapping(segmentation: Segmentation) -> bool:
    return bool(sum((group.array != 0).astype(int) for group in segmentation.groups).max() > 1)


def assert_volume_is(volume: dict[str, Any], image: Image) -> None:
    turn = ras_reordering(image.geometry)
    assert np.array_equal(volume["array"], turn.array(image.array)[0].T)
    np.testing.assert_allclose(volume["affine"], turn.geometry(image.geometry).ijk_to_ras, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_project_of_a_golden_data_set_is_opened_with_its_truth(name: str, sly: SlyClient, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    options = [*existing_of(name, "project"), "--format", PROJECT, "--json", report, "-q"]
    assert main([str(one) for one in ("supervisely", "import", input_of(name), "-o", tmp_path / "p", *options)]) == 0
    outputs = {entry["source"]: Path(entry["output"]).name for entry in report_of(report)["imported"]}
    found = sly.open(tmp_path / "p")
    assert found["warnings"] == []
    volumes = {volume["name"]: volume for volume in found["volumes"]}
    truth, arrays = _truth(name)
    assert len(volumes) == len(truth["volumes"])
    for meant in truth["volumes"]:
        volume = volumes[outputs[meant["source"]]]
        assert np.array_equal(volume["array"], arrays[meant["array"]])
        np.testing.assert_allclose(volume["affine"], meant["affine_ras"], atol=1e-5)
        classes = {entry["key"]: entry["class"] for entry in volume["objects"]}
        drawn = sorted(
            (classes[figure["object"]], figure["mask"].tobytes(), json.dumps(figure["custom_data"], sort_keys=True))
            for figure in volume["figures"]
        )
        expected = sorted(
            (
                entry["class"],
                np.ascontiguousarray(arrays[entry["mask"]]).tobytes(),
                json.dumps(entry.get("scores", {}), sort_keys=True),
            )
            for entry in meant["objects"]
        )
        assert drawn == expected


@pytest.mark.parametrize("layout", ["by-name", "by-plane"])
@pytest.mark.parametrize("case", CASES)
def test_mitks_segmentations_are_read_alike_by_the_sdk_and_by_us(
    case: str, layout: Any, sly: SlyClient, tmp_path: Path
) -> None:
    segmentation = read_segmentation(GOLDEN / case)
    image = an_image(segmentation)
    masks = "instance" if layout == "by-plane" and overlapping(segmentation) else "auto"
    made = export_nifti([NiftiItem(image, segmentation, "scan")], tmp_path / "set", layout, masks=masks)
    import_data_set(tmp_path / "set", FileTarget(tmp_path / "out"))
    ours = read_segmentation(next((tmp_path / "out").glob("*.nrrd")))
    assert objects(ours) == objects(segmentation)
    if any("own importer refuses" in note.reason for note in made.notes):
        with pytest.raises(SlyRefused):
            sly.convert(tmp_path / "set")
        return
    (volume,) = sly.convert(tmp_path / "set")["volumes"]
    assert_volume_is(volume, image)
    if masks == "instance":  # numbers of classes follow the order of the folder there, which we say
        assert any("order of listed files" in note.reason for note in made.notes)
        assert sorted(mask for _, mask in objects_of_sdk(volume)) == sorted(mask for _, mask in objects(segmentation))
    else:
        assert objects_of_sdk(volume) == objects(segmentation, names_in_files(segmentation, made, tmp_path / "set"))


def names_in_files(segmentation: Segmentation, made: NiftiExport, folder: Path) -> dict[str, str]:
    """What the files call each class: the line of the colour map, or the mask of the layout by name."""
    if made.classes:
        lines = {line.name for line in made.classes.values()}
        plain = {label.name: " ".join(label.name.split()) for label in segmentation.labels}
        assert set(plain.values()) <= lines
        return plain
    told = json.loads((folder / "scan.mlseg.json").read_text("utf-8"))["objects"] if segmentation.labels else {}
    return {
        segmentation.label(int(value)).name: Path(entry["file"]).name.removesuffix(".nii.gz")
        for value, entry in told.items()
    }


GRID = Geometry.from_parts((4, 5, 6), (0.75, 1.25, 3.0), (10.25, -20.5, 7.125))


def scored(plane: str, *pairs: tuple[int, str]) -> dict[str, Any]:
    normal = {"axl": "0-0-1", "cor": "0-1-0", "sag": "1-0-0"}[plane]
    return {SCORES: {normal: {str(frame): {"score": score, "comment": None} for frame, score in pairs}}}


def with_scores(plane: Any, first: str) -> Segmentation:
    array = np.zeros((4, 5, 6), np.uint8)
    array[1, 1, 1:3], array[2, 2, 2:5], array[3, 3, 3] = 1, 2, 4
    labels = [
        Label(1, "Femur", (1, 0, 0), properties=scored(plane, (0, first), (2, "0.50"))),
        Label(2, "Tibia", (0, 1, 0), properties=scored(plane, (0, "0.75"), (2, "1.00"))),
        Label(4, "Femur", (1, 0, 0), properties=scored(plane, (0, "0.20"), (2, "0.30"))),
    ]
    return Segmentation(GRID, [Group(array, labels)])


@pytest.mark.parametrize("plane", ["axl", "cor", "sag"])
def test_scores_classes_and_colours_reach_the_sdk(plane: Any, sly: SlyClient, tmp_path: Path) -> None:
    segmentation = with_scores(plane, "0.10")
    export_nifti([NiftiItem(an_image(segmentation), segmentation, "knee", plane=plane)], tmp_path / "set", "by-plane")
    found = sly.convert(tmp_path / "set")
    assert {kind["name"]: kind["color"] for kind in found["classes"]} == {"Femur": [255, 0, 0], "Tibia": [0, 255, 0]}
    (volume,) = found["volumes"]
    meant = sorted((label.name, str(label.properties[SCORES])) for label in segmentation.labels)
    assert sorted((entry["class"], str(entry["custom_data"])) for entry in volume["objects"]) == meant


def test_scores_of_several_items_of_one_plane_need_ids_in_names(sly: SlyClient, tmp_path: Path) -> None:
    """The trap that we name in a note, and the way out of it that we offer."""
    items = []
    for name, first in (("one", "0.11"), ("two", "0.22")):
        segmentation = with_scores("axl", first)
        items.append(NiftiItem(an_image(segmentation), segmentation, name, plane="axl"))
    plain = export_nifti(items, tmp_path / "plain", "by-plane")
    assert any("attaches no scores" in note.reason for note in plain.notes)
    lost = [
        entry["custom_data"] for volume in sly.convert(tmp_path / "plain")["volumes"] for entry in volume["objects"]
    ]
    assert lost == [{}] * 6
    export_nifti(items, tmp_path / "ids", "by-plane", ids_in_names=True)
    volumes = sly.convert(tmp_path / "ids")["volumes"]
    kept = sorted(str(entry["custom_data"]) for volume in volumes for entry in volume["objects"])
    meant = sorted(str(label.properties[SCORES]) for item in items for label in item.read_segmentation().labels)
    assert kept == meant


def test_a_tilted_volume_keeps_its_masks_in_their_place(sly: SlyClient, tmp_path: Path) -> None:
    """Volume and mask files have one header, so that whoever mirrors the tilt mirrors it for both."""
    turn = np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
    geometry = Geometry.from_parts((4, 5, 6), (0.75, 1.25, 3.0), (10.25, -20.5, 7.125), turn)
    segmentation = Segmentation(geometry, with_scores("axl", "0.1").groups)
    export_nifti([NiftiItem(an_image(segmentation), segmentation, "knee")], tmp_path / "set")
    (volume,) = sly.convert(tmp_path / "set")["volumes"]
    assert objects_of_sdk(volume) == objects(segmentation)
    assert_volume_is(volume, an_image(segmentation))
