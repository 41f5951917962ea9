"""The table of statistics: every column, frames, choices of labels, CSV and JSON; SimpleITK as judge on a real CT."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.errors import GeometryError, LabelError, OptionError, ToolError, UnknownLabelError
from MultiLabelSegLib.tools.statistics import statistics
from Testing.cli.cases import a_segmentation
from Testing.properties.documents import snapshot
from Testing.tools.slice_cases import chest


def two_frames() -> tuple[Segmentation, Image]:
    """A dynamic segmentation of one slice, 1 x 2 x 3 mm, and its image."""
    array = np.array([[[[1, 1, 0], [0, 2, 0]]], [[[0, 0, 0], [2, 2, 2]]]], np.uint8)
    image = np.array([[[[10, 20, 0], [0, 7, 0]]], [[[0, 0, 0], [1, 2, 6]]]], np.int16)
    geometry = Geometry.from_parts((1, 2, 3), (1, 2, 3), (100, 0, -50), time_steps=2)
    labels = [Label(1, "A"), Label(2, "B"), Label(5, "Empty")]
    return Segmentation(geometry, [Group(array, labels, "G")]), Image(image, geometry)


def test_every_column_of_a_small_document_by_eye() -> None:
    segmentation, image = two_frames()
    before = snapshot(segmentation)
    table = statistics(segmentation, image, percentiles=(50, 100))
    assert snapshot(segmentation) == before
    first, second, empty = table.as_rows()[:3]
    assert {key: first[key] for key in list(first)[:20]} == {
        "frame": 0, "group": 0, "group_name": "G", "value": 1, "name": "A",
        "voxels": 2, "volume_mm3": pytest.approx(12), "volume_ml": pytest.approx(0.012),
        "i_first": 0, "i_last": 1, "j_first": 0, "j_last": 0, "k_first": 0, "k_last": 0,
        "centroid_i": 0.5, "centroid_j": 0, "centroid_k": 0,
        "centroid_lps_x": 100.5, "centroid_lps_y": 0, "centroid_lps_z": -50,
    }  # fmt: skip
    ball, box = np.cbrt(36 * np.pi * 12**2), 2 * (2 * 2 + 2 * 3 + 2 * 3)  # of the same volume; so few voxels count less
    assert 0.6 * ball < first["surface_area_mm2"] < box
    assert [first[key] for key in ("mean", "minimum", "maximum", "median", "percentile_50", "percentile_100")] == (
        [15, 10, 20, 15, 15, 20]
    )
    assert first["sd"] == pytest.approx(np.std([10, 20], ddof=1))
    assert (second["voxels"], second["mean"], second["sd"]) == (1, 7, 0)
    assert [
        empty[key] for key in ("voxels", "volume_mm3", "i_first", "centroid_lps_x", "surface_area_mm2", "mean")
    ] == ([0, 0, None, None, None, None])


def test_every_frame_has_rows_of_its_own() -> None:
    segmentation, image = two_frames()
    table = statistics(segmentation, image)
    assert [(row.t, row.value, row.voxels) for row in table.rows] == [
        (0, 1, 2), (0, 2, 1), (0, 5, 0), (1, 1, 0), (1, 2, 3), (1, 5, 0),
    ]  # fmt: skip
    assert table.rows[4].intensities.mean == 3
    assert [row.t for row in statistics(segmentation, frames=1).rows] == [1, 1, 1]
    assert [row.t for row in statistics(segmentation, labels=1, frames=[1, 0]).rows] == [1, 0]


def test_a_static_segmentation_is_measured_in_every_frame_of_the_image() -> None:
    segmentation, image = two_frames()
    static = Segmentation(segmentation.geometry.with_time(1), [Group(segmentation.group(0).array[:1], [Label(1, "A")])])
    moving = Image(np.concatenate([image.array[:1], image.array[:1] * 2]), segmentation.geometry)
    table = statistics(static, moving)
    assert [(row.t, row.voxels, row.intensities.mean) for row in table.rows] == [(0, 2, 15), (1, 2, 30)]
    still = Image(image.array[:1], static.geometry)
    assert [row.intensities and row.intensities.mean for row in statistics(segmentation, still, "B").rows] == (
        [7, pytest.approx(7 / 3)]
    )


def test_labels_by_value_and_name_in_the_order_given() -> None:
    segmentation = a_segmentation()
    assert [row.value for row in statistics(segmentation, labels=["Tumör", 3]).rows] == [700, 3]
    assert [row.value for row in statistics(segmentation, labels="Liver").rows] == [3]
    assert [row.group_name for row in statistics(segmentation).rows] == ["Organs", "Organs", "Lesions"]
    with pytest.raises(UnknownLabelError, match="Kidney"):
        statistics(segmentation, labels=["Kidney"])
    with pytest.raises((UnknownLabelError, LabelError), match="77"):
        statistics(segmentation, labels=[77])


def test_instances_of_a_class_are_told_apart() -> None:
    array = np.array([1, 2, 2], np.uint8).reshape(1, 1, 1, 3)
    geometry = Geometry.from_parts((1, 1, 3))
    segmentation = Segmentation(geometry, [Group(array, [Label(1, "Node"), Label(2, "Node")])])
    assert [(row.name, row.voxels) for row in statistics(segmentation, labels="Node").rows] == (
        [("Node [1]", 1), ("Node [2]", 2)]
    )


def test_without_an_image_and_area_their_columns_are_not_there() -> None:
    table = statistics(a_segmentation(), surface_area=False)
    assert "surface_area_mm2" not in table.columns
    assert "mean" not in table.columns
    assert table.rows[0].surface_area_mm2 is None
    assert "surface_area_mm2" in statistics(a_segmentation()).columns


def test_csv_and_json_say_the_same_as_the_rows() -> None:
    segmentation, image = two_frames()
    table = statistics(segmentation, image)
    lines = list(csv.DictReader(io.StringIO(table.as_csv())))
    told = json.loads(table.as_json())
    assert told["percentiles"] == [5, 25, 75, 95]
    assert told["labels"] == table.as_rows()
    for line, row in zip(lines, table.as_rows(), strict=True):
        assert set(line) == set(row)
        assert all(line[key] == ("" if row[key] is None else str(row[key])) for key in row)


def test_voxels_without_a_label_are_noted() -> None:
    geometry = Geometry.from_parts((1, 1, 2))
    segmentation = Segmentation(geometry, [Group(np.array([1, 8], np.uint8).reshape(1, 1, 2), [Label(1, "A")])])
    assert statistics(segmentation).notes == ("Group 1 holds voxels without a label: values 8",)
    assert statistics(Segmentation(geometry)).rows == ()


def test_what_does_not_go_together_is_refused() -> None:
    segmentation, image = two_frames()
    elsewhere = Image(image.array, Geometry.from_parts((1, 2, 3), (1, 2, 3), time_steps=2))
    with pytest.raises(GeometryError, match="origin"):
        statistics(segmentation, elsewhere)
    three = Image(np.zeros((3, 1, 2, 3)), segmentation.geometry.with_time(3))
    with pytest.raises(ToolError, match="the image has 3 frames, the segmentation 2"):
        statistics(segmentation, three)
    with pytest.raises(ToolError, match=r"there is no frame 2; there are 0\.\.\.1"):
        statistics(segmentation, frames=2)
    for percentiles in ((101,), (-1,), (float("nan"),), (True,)):
        with pytest.raises(OptionError, match="percentiles"):
            statistics(segmentation, percentiles=percentiles)
    with pytest.raises(OptionError, match="frames"):
        statistics(segmentation, frames=("first",))
    with pytest.raises(ToolError, match="single numbers"):
        statistics(segmentation, Image(image.array.astype(np.complex64), image.geometry))


@pytest.mark.parametrize("kernels", ["never", "always"])
@pytest.mark.parametrize("dtype", [np.int32, np.int16, np.float32])
def test_a_real_ct_measures_as_by_simpleitk(kernels: str, dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    scene = chest()
    geometry = scene.geometry
    image = Image(scene.image.array.astype(dtype), scene.image.geometry)
    rows = statistics(scene.segmentation, image).rows
    pixels, labels = (sitk.GetImageFromArray(part) for part in (image.array[0], np.asarray(scene.values())))
    for part in (pixels, labels):
        part.SetSpacing(geometry.spacing)
        part.SetOrigin(geometry.origin)
        part.SetDirection(geometry.direction.ravel().tolist())
    judge, shape = sitk.LabelStatisticsImageFilter(), sitk.LabelShapeStatisticsImageFilter()
    judge.Execute(pixels, labels)
    shape.Execute(labels)
    assert len(rows) == 7
    for row in rows:
        assert row.voxels == judge.GetCount(row.value)
        assert row.volume_mm3 == pytest.approx(shape.GetPhysicalSize(row.value))
        assert row.centroid_lps == pytest.approx(shape.GetCentroid(row.value), abs=1e-6)
        # ITK weighs directions as if voxels were cubes; these are three times as long as wide
        assert row.surface_area_mm2 == pytest.approx(shape.GetPerimeter(row.value), rel=0.2)
        assert [end for axis in row.box.inclusive_ijk() for end in axis] == list(judge.GetBoundingBox(row.value))
        found = row.intensities
        assert (found.minimum, found.maximum) == (judge.GetMinimum(row.value), judge.GetMaximum(row.value))
        assert found.mean == pytest.approx(judge.GetMean(row.value), rel=1e-9)
        assert found.deviation == pytest.approx(judge.GetSigma(row.value), rel=1e-9)
        mine = image.array[0][scene.values() == row.value]
        assert found.median == pytest.approx(np.median(mine))
        assert found.percentiles == pytest.approx(tuple(np.percentile(mine, (5, 25, 75, 95))))
