"""The real Supervisely SDK opens our projects without a word of warning and finds exactly what we wrote; and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.object_properties import OBJECT, SCORES
from MultiLabelSegLib.datasets.supervisely.project.planes import draw
from MultiLabelSegLib.datasets.supervisely.project.writer import ProjectWriter
from MultiLabelSegLib.formats.registry import read_segmentation
from Testing.datasets.supervisely.project_cases import (
    GRID,
    SHAPE,
    a_mask,
    a_segmentation,
    an_image,
    figure,
    foreign_project,
    nrrd_bytes,
    only_item,
    written,
)
from Testing.datasets.supervisely.test_project_planes import bitmap
from Testing.formats.mitk_truth import GOLDEN, NRRD_CASES
from Testing.interop.sly_client import SlyClient, SlyRefused

pytestmark = pytest.mark.supervisely_sdk
_TURNED = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]])


def assert_sdk_finds(volume: dict[str, Any], segmentation: Segmentation, image: Image | None) -> None:
    """Objects, classes, masks, custom data and places are those of the segmentation, voxel by voxel and to the bit."""
    affine = np.array(volume["affine"])
    ours = np.argwhere(np.ones(volume["array"].shape, bool)) if volume["array"].size < 1e5 else None
    assert len(volume["objects"]) == len(segmentation.labels)
    figures = {found["object"]: found for found in volume["figures"]}
    assert len(figures) == len(volume["figures"])
    for label, found in zip(segmentation.labels, volume["objects"], strict=True):
        assert found["class"] == (label.name or f"Label {label.value}")
        if not segmentation.voxels(label.value):
            assert found["key"] not in figures
            continue
        drawn = figures[found["key"]]
        assert drawn["custom_data"] == label.properties.get(SCORES, {})
        assert drawn["mask"].shape == volume["array"].shape
        assert drawn["file"] == (not drawn["mask"].all())
        assert drawn.get("affine", volume["affine"]) == volume["affine"]
        assert int(drawn["mask"].sum()) == segmentation.voxels(label.value)
        places = np.argwhere(drawn["mask"]) @ affine[:3, :3].T + affine[:3, 3]
        ijk = segmentation.geometry.ijk_from_lps(places * (-1, -1, 1))
        assert np.abs(ijk - np.rint(ijk)).max() < 1e-6
        i, j, k = np.rint(ijk).astype(int).T
        assert segmentation.mask(label.value)[0, k, j, i].all()
    if image is not None and ours is not None:
        ijk = image.geometry.ijk_from_lps((ours @ affine[:3, :3].T + affine[:3, 3]) * (-1, -1, 1))
        i, j, k = np.rint(ijk).astype(int).T
        assert np.array_equal(image.array[0, k, j, i], volume["array"].ravel())


def opened(sly: SlyClient, folder: Path) -> dict[str, Any]:
    found = sly.open(folder)
    assert found["warnings"] == []
    assert found["name"] == found["single"] == folder.name
    assert found["accepted"] == sorted(volume["name"] for volume in found["volumes"])
    return found


def test_everything_that_a_project_holds_is_found(sly: SlyClient, tmp_path: Path) -> None:
    scores = {"0-0-1": {"3": {"score": "0.80", "comment": "unsure"}}}
    tag = {"name": "quality", "value": "good"}
    segmentation, image = a_segmentation(), an_image()
    label = segmentation.label(1)
    segmentation.set_label(0, label.with_(properties={SCORES: scores, OBJECT: {"tags": [tag]}}))
    written(tmp_path / "p", segmentation, image)
    found = opened(sly, tmp_path / "p")
    (volume,) = found["volumes"]
    assert_sdk_finds(volume, segmentation, image)
    assert [(kind["name"], kind["color"], kind["shape"]) for kind in found["classes"]] == [
        ("Liver", [255, 0, 0], "mask_3d"), ("Lesion", [0, 255, 0], "mask_3d"), ("Vessel", [51, 102, 153], "mask_3d")
    ]  # fmt: skip
    assert found["tags"] == [{"name": "quality", "value_type": "any_string"}]
    assert volume["objects"][0]["tags"] == [tag]
    assert found["keys"] == {"tags": 1, "objects": 4, "figures": 3, "videos": 1}
    assert volume["affine"] == [[1, 0, 0, -9.25], [0, 2, 0, -2.5], [0, 0, 3, 6.125], [0, 0, 0, 1]], "not rounded"
    assert volume["volume_meta"]["intensity"] == volume["intensity"] == {"min": -7, "max": 112}


@pytest.mark.parametrize("case", [case for case in NRRD_CASES if not case.startswith("time_")])
def test_mitks_segmentations_are_found_without_a_warning(case: str, sly: SlyClient, tmp_path: Path) -> None:
    segmentation = read_segmentation(GOLDEN / case)
    written(tmp_path / "p", segmentation)
    (volume,) = opened(sly, tmp_path / "p")["volumes"]
    assert_sdk_finds(volume, segmentation, None)


def test_full_empty_and_tiny_masks_are_found(sly: SlyClient, tmp_path: Path) -> None:
    full, tiny = np.full(SHAPE, 2, np.uint8), np.zeros(SHAPE, np.uint8)
    tiny[0, 0, 0] = 3
    groups = [Group(full, [Label(2, "full"), Label(5, "empty")]), Group(tiny, [Label(3, "tiny")])]
    segmentation = Segmentation(GRID, groups)
    written(tmp_path / "p", segmentation, an_image())
    (volume,) = opened(sly, tmp_path / "p")["volumes"]
    assert_sdk_finds(volume, segmentation, an_image())
    assert [found["file"] for found in volume["figures"]] == [False, True]


@pytest.mark.parametrize(
    "geometry",
    [
        Geometry.from_parts((1, 1, 1)),
        Geometry.from_parts((3, 4, 1), (0.5, 2, 7), (1e4, -0.001, 3)),
        Geometry.from_parts(SHAPE, (0.7, 1.1, 2.3), (1 / 3, 2 / 7, -5 / 9), _TURNED),
        Geometry.from_parts(SHAPE, (1, 2, 3), (4, 5, 6), _TURNED.T * (1, -1, 1)),
        Geometry.from_parts(SHAPE, (1, 2, 3), (4, 5, 6), [[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    ],
    ids=["one voxel", "thin", "turned", "left-handed", "permuted"],
)
def test_every_grid_is_found_where_it_is(geometry: Geometry, sly: SlyClient, tmp_path: Path) -> None:
    image = an_image(geometry)
    array = (image.array % 3 == 0).astype(np.uint8)
    segmentation = Segmentation(geometry, [Group(array, [Label(1, "A")])])
    written(tmp_path / "p", segmentation, image)
    (volume,) = opened(sly, tmp_path / "p")["volumes"]
    assert_sdk_finds(volume, segmentation, image)


def test_nested_data_sets_and_odd_names_are_seen(sly: SlyClient, tmp_path: Path) -> None:
    names = ["Johann", "my_mask", "a", "a/b", "a/b/metadata", "ä ö/x:y", "deep/down/there"]
    with ProjectWriter(tmp_path / "p") as writer:
        places = [writer.add(name, "Läsion 1", an_image(), a_segmentation()) for name in (*names, "a")]
        writer.finish()
    found = opened(sly, tmp_path / "p")
    assert sorted((volume["dataset"], volume["name"]) for volume in found["volumes"]) == sorted(
        (place.dataset, place.name) for place in places
    )
    for volume in found["volumes"]:
        assert_sdk_finds(volume, a_segmentation(), an_image())


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"])
def test_voxels_of_every_type_are_found(kind: str, sly: SlyClient, tmp_path: Path) -> None:
    image = Image((an_image().array % 100).astype(kind), GRID)
    written(tmp_path / "p", a_segmentation(), image)
    (volume,) = opened(sly, tmp_path / "p")["volumes"]
    assert volume["array"].dtype == np.dtype(kind)
    assert_sdk_finds(volume, a_segmentation(), image)


def test_the_sdks_own_project_is_read(sly: SlyClient, tmp_path: Path) -> None:
    labels = np.zeros((6, 5, 4), np.uint8)
    labels[1:3, 1:4, 0:2], labels[4, 4, 3] = 1, 2
    image = np.arange(120, dtype=np.int16).reshape(6, 5, 4)
    affine = np.array([[1, 0, 0, -9.25], [0, 2, 0, -2.5], [0, 0, 3, 6.125], [0, 0, 0, 1]], float)
    answer = sly.write(tmp_path / "p", image, labels, affine)
    item = only_item(tmp_path / "p")
    found = item.segmentation()
    assert np.array_equal(found.groups[0].array[0], labels.T)
    assert [label.name for label in found.labels] == ["C1", "C2"]
    assert sorted(label.properties["supervisely.object_key"] for label in found.labels) == sorted(answer["keys"])
    assert np.array_equal(item.image().array[0], image.T)
    assert np.array_equal(found.geometry.ijk_to_ras, affine)
    assert (item.left_out, item.notes) == ([], [])


def test_what_the_sdk_refuses_and_we_read(sly: SlyClient, tmp_path: Path) -> None:
    """Why we avoid to write them."""
    full = nrrd_bytes(np.ones((6, 5, 4), np.uint8)) + bytes(9000)
    folder = foreign_project(tmp_path / "full", ["A"], [figure(0, 0)], {0: full})
    with pytest.raises(SlyRefused, match=r"must be one of: \[0 1\]"):
        sly.open(folder)
    small = foreign_project(tmp_path / "small", ["A"], [figure(0, 0)], {0: nrrd_bytes(a_mask((1, 1, 1)))})
    with pytest.raises(SlyRefused):
        sly.open(small)
    assert only_item(small).segmentation().voxels(1) == 1


def test_a_folder_in_the_place_of_our_sidecars_would_be_met_with_a_warning_elsewhere(
    sly: SlyClient, tmp_path: Path
) -> None:
    """The folders that the SDK leaves alone are few; this shows that the warnings would be seen."""
    written(tmp_path / "p", a_segmentation(), an_image())
    (tmp_path / "p/ds0/metadata").rename(tmp_path / "p/ds0/sidecars")
    assert any("Item directory not found" in line for line in sly.open(tmp_path / "p")["warnings"])


def off_the_outline(points: list[list[int]], pixel: NDArray[np.int64]) -> float:
    """How far the centre of a pixel (row, column) is from the outline of a polygon, in pixels."""
    distances = []
    for start, stop in zip(np.array(points, float), np.roll(np.array(points, float), -1, axis=0), strict=True):
        along = np.clip(np.dot(pixel[::-1] - start, stop - start) / np.dot(stop - start, stop - start), 0, 1)
        distances.append(float(np.linalg.norm(start + along * (stop - start) - pixel[::-1])))
    return min(distances)


@pytest.mark.parametrize(
    "points",
    [
        [[2, 2], [17, 2], [17, 11], [2, 11]],
        [[1, 1], [18, 5], [4, 13]],
        [[10, 0], [13, 6], [19, 7], [14, 10], [16, 14], [10, 11], [3, 14], [6, 9], [0, 7], [7, 6]],
    ],
    ids=["square", "triangle", "star"],
)
def test_a_polygon_covers_what_the_sdk_says_but_for_pixels_that_its_outline_cuts(
    points: list[list[int]], sly: SlyClient
) -> None:
    ours = np.zeros((15, 20), np.uint8)
    geometry = {"points": {"exterior": points, "interior": []}}
    draw(ours, "polygon", geometry)
    differing = np.argwhere(ours != sly.draw("polygon", geometry, (15, 20)))
    assert all(off_the_outline(points, pixel) < 1 for pixel in differing)
    assert len(differing) < ours.sum() / 5


def test_a_rectangle_covers_what_the_sdk_says(sly: SlyClient) -> None:
    ours = np.zeros((15, 20), np.uint8)
    geometry = {"points": {"exterior": [[3, 2], [17, 9]], "interior": []}}
    draw(ours, "rectangle", geometry)
    assert np.array_equal(ours, sly.draw("rectangle", geometry, (15, 20)))


def test_a_bitmap_covers_what_the_sdk_says(sly: SlyClient) -> None:
    pixels = np.random.default_rng(0).integers(0, 2, (6, 9))
    for mode in ("grey", "alpha"):
        ours = np.zeros((15, 20), np.uint8)
        geometry = bitmap(pixels, 4, 3, mode)
        draw(ours, "bitmap", geometry)
        assert np.array_equal(ours, sly.draw("bitmap", geometry, (15, 20)))
        assert ours.sum() == pixels.sum()
