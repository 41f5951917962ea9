"""Renumbering on request, labels for undeclared voxels, and the grid of a reference image."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.errors import GeometryError, LabelError
from MultiLabelSegLib.formats.reference import fit_to_reference
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.values import consecutive_values, declared, renumbered


def a_segmentation() -> Segmentation:
    array = np.array([[[0, 3, 3, 700]]], np.uint16)
    return Segmentation(
        Geometry.from_parts((1, 1, 4), (1, 2, 3), (10, 20, 30)),
        [Group(array, [Label(700, "Spleen"), Label(3, "Liver"), Label(8, "Empty")], "organs")],
    )


def test_consecutive_values_follow_the_old_ones_and_empty_labels_keep_their_place() -> None:
    mapping = consecutive_values(a_segmentation())
    assert mapping == {3: 1, 8: 2, 700: 3}
    changed = renumbered(a_segmentation(), mapping)
    assert changed.groups[0].array[0, 0, 0].tolist() == [0, 1, 1, 3]
    assert changed["Empty"].value == 2


def test_values_swap_safely() -> None:
    assert renumbered(a_segmentation(), {3: 700, 700: 3}).groups[0].array[0, 0, 0].tolist() == [0, 700, 700, 3]


@pytest.mark.parametrize("mapping", [{3: 8}, {3: 0}, {3: 70000}])
def test_impossible_new_values_are_refused(mapping: dict[int, int]) -> None:
    with pytest.raises(LabelError):
        renumbered(a_segmentation(), mapping)


def test_a_new_value_may_not_swallow_undeclared_voxels() -> None:
    group = Group(np.array([[[1, 5]]], np.uint8), [Label(1, "a")])
    segmentation = Segmentation(Geometry.from_parts((1, 1, 2)), [group])
    with pytest.raises(LabelError, match="5"):
        renumbered(segmentation, {1: 5})
    labelled, added = declared(segmentation)
    assert [(label.value, label.name) for label in added] == [(5, "object-5")]
    assert labelled.groups[0].undeclared_values() == ()


def moved(offset_mm: tuple[float, float, float], shape: tuple[int, int, int] = (1, 1, 4)) -> Geometry:
    return Geometry.from_parts(shape, (1, 2, 3), tuple(np.add((10, 20, 30), offset_mm)))


def test_rounding_takes_the_references_header_over() -> None:
    report = Report()
    reference = moved((0.0004, 0, 0))
    assert fit_to_reference(a_segmentation(), reference, report).geometry == reference
    assert "rounding" in str(report.notes[0])


def test_a_box_of_the_same_lattice_is_padded_without_moving_a_voxel() -> None:
    segmentation = a_segmentation()
    fitted = fit_to_reference(segmentation, moved((-2, -2, 0), (2, 3, 8)), Report())
    assert fitted.geometry.shape == (2, 3, 8)
    assert fitted.centroid_lps(3) == pytest.approx(segmentation.centroid_lps(3))
    assert fitted.voxels(700) == 1


def test_cropping_only_background_is_allowed_and_cutting_off_labels_is_not() -> None:
    assert fit_to_reference(a_segmentation(), moved((1, 0, 0), (1, 1, 3)), Report()).voxels(3) == 2
    with pytest.raises(GeometryError, match="700 'Spleen': 1 of 1 voxels"):
        fit_to_reference(a_segmentation(), moved((0, 0, 0), (1, 1, 3)), Report())


def test_another_lattice_is_refused_with_both_geometries() -> None:
    with pytest.raises(GeometryError, match="origin"):
        fit_to_reference(a_segmentation(), moved((0.5, 0, 0)), Report())
