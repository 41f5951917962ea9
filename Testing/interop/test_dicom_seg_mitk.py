"""The real MITK reads our DICOM segmentations, and we its: same names, same voxels at the same places in mm."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.formats.image_io import read_geometry
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.dicom_cases import write_series

pytestmark = pytest.mark.mitk
SHAPE = (4, 5, 7)
OBLIQUE = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]])


def a_segmentation(signs: tuple[int, int, int], rotation: np.ndarray) -> Segmentation:
    """Two lopsided labels in the outermost slices, so that no slice is missing at the ends."""
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag(signs) * (0.8, 0.9, 2.5)
    affine[:3, 3] = 10, -20, 5
    array = np.zeros(SHAPE, np.uint8)
    array[0:3, 1:3, 1:4] = 1
    array[1:, 3:, 4:] = 2
    labels = [Label(1, "Liver", (1.0, 0.0, 0.0)), Label(2, "Kidney", (0.0, 1.0, 0.0))]
    return Segmentation(Geometry(SHAPE, affine), [Group(array, labels)])


def world(array: np.ndarray, affine: np.ndarray, value: int) -> np.ndarray:
    """World points (mm) of a value's voxels in an order of their own."""
    points = np.argwhere(array == value)[:, ::-1] @ affine[:3, :3].T + affine[:3, 3]
    points = np.round(points, 2) + 0.0
    return points[np.lexsort(points.T)]


@pytest.mark.parametrize("rotation", [np.eye(3), OBLIQUE], ids=["straight", "oblique"])
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
@pytest.mark.parametrize("encoding", ["binary", "labelmap"])
def test_mitk_finds_our_voxels_where_they_are(mitk, tmp_path, signs, rotation, encoding):
    segmentation = a_segmentation(signs, rotation)
    series = write_series(tmp_path / "series", SHAPE, segmentation.geometry.ijk_to_lps)
    path = tmp_path / "ours.dcm"
    write_segmentation(segmentation, path, options={"source": str(series), "encoding": encoding})
    found = mitk.load(path)
    affine = np.eye(4)
    affine[:3, :3] = np.array(found.direction) * found.spacing
    affine[:3, 3] = found.origin
    assert [found.labels[value]["name"] for value in (1, 2)] == ["Liver", "Kidney"]
    mine = segmentation.groups[0].array[0]
    for value in (1, 2):
        theirs = world(found.arrays[0][0], affine, value)
        np.testing.assert_allclose(theirs, world(mine, segmentation.geometry.ijk_to_lps, value), atol=0.02)


@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
def test_what_mitk_writes_has_here_the_voxels_that_mitk_was_given(mitk, tmp_path, signs):
    segmentation = a_segmentation(signs, OBLIQUE)
    affine = segmentation.geometry.ijk_to_lps
    # MITK cannot write names of patients beyond ASCII
    series = write_series(tmp_path / "series", SHAPE, affine, PatientName="Miller^Anna")
    options = {"source": str(series), "encoding": "binary"}
    write_segmentation(segmentation, tmp_path / "ours.dcm", options=options)
    mitk.save_as_dicom(tmp_path / "ours.dcm", tmp_path / "theirs.dcm")
    found = read_segmentation(tmp_path / "theirs.dcm")
    assert [(label.value, label.name, label.color) for label in found.labels] == [
        (1, "Liver", (1.0, 0.0, 0.0)),
        (2, "Kidney", (0.0, 1.0, 0.0)),
    ]
    for value in (1, 2):
        theirs = world(found.group_of(value).array[0], found.geometry.ijk_to_lps, value)
        np.testing.assert_allclose(theirs, world(segmentation.groups[0].array[0], affine, value), atol=0.02)
    onto = read_segmentation(tmp_path / "theirs.dcm", reference=series)
    assert onto.geometry == read_geometry(series)
