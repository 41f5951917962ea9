"""A segmentation on the grid of its image: identical, snapped, turned, padded or cropped, resampled, refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.reordering import reordering_of
from MultiLabelSegLib.datasets.cases.grids import common_grid, fit_case
from MultiLabelSegLib.errors import GeometryError
from MultiLabelSegLib.formats.image_file import save_image
from MultiLabelSegLib.formats.report import Report
from Testing.datasets.made_cases import a_geometry, an_image


def one_box(geometry: Geometry) -> Segmentation:
    array = np.zeros(geometry.full_shape, np.uint8)
    array[0, 1:3, 1:3, 1:3] = 5
    return Segmentation(geometry, [Group(array, [Label(5, "box")])])


def moved(geometry: Geometry, by_mm: float) -> Geometry:
    affine = np.array(geometry.ijk_to_lps)
    affine[0, 3] += by_mm
    return Geometry(geometry.shape, affine)


def test_the_same_grid_is_identical_and_nothing_is_said() -> None:
    report = Report()
    fitted, verdict = fit_case(one_box(a_geometry()), a_geometry(), False, report)
    assert (verdict, report.notes) == ("identical", [])
    assert fitted.voxels(5) == 8


def test_rounding_is_snapped_to_the_image() -> None:
    grid = a_geometry()
    fitted, verdict = fit_case(one_box(moved(grid, 1e-5)), grid, False, Report())
    assert verdict == "snapped"
    assert np.array_equal(fitted.geometry.ijk_to_lps, grid.ijk_to_lps)


def test_flipped_and_swapped_axes_are_turned() -> None:
    grid = a_geometry()
    turned = reordering_of([2, 0, 1], [True, False, True]).geometry(grid)
    segmentation = one_box(turned)
    fitted, verdict = fit_case(segmentation, grid, False, Report())
    assert verdict == "turned"
    assert fitted.centroid_lps(5) == pytest.approx(segmentation.centroid_lps(5))


def test_boxes_of_the_lattice_are_padded_or_cropped() -> None:
    grid = a_geometry()
    segmentation = one_box(grid.cropped((-1, 0, 1), (5, 5, 4)))
    fitted, verdict = fit_case(segmentation, grid, False, Report())
    assert verdict == "padded or cropped"
    assert fitted.geometry.shape == grid.shape
    assert fitted.centroid_lps(5) == pytest.approx(segmentation.centroid_lps(5))


def test_cropping_labelled_voxels_is_refused_with_their_number() -> None:
    grid = a_geometry()
    with pytest.raises(GeometryError, match="5 'box': 4 of 8 voxels"):
        fit_case(one_box(grid), grid.cropped((2, 0, 0), (2, 5, 6)), True, Report())


def test_another_lattice_is_refused_with_the_differences() -> None:
    grid = a_geometry()
    with pytest.raises(GeometryError, match="origin .* against .*--resample"):
        fit_case(one_box(moved(grid, 0.3)), grid, False, Report())


def test_another_lattice_is_resampled_on_request() -> None:
    grid = a_geometry()
    fitted, verdict = fit_case(one_box(moved(grid, 0.3)), grid, True, Report())
    assert (verdict, fitted.geometry.shape, fitted.voxels(5)) == ("resampled", grid.shape, 8)


def test_resampling_refuses_to_lose_voxels_outside_of_the_image() -> None:
    with pytest.raises(GeometryError, match="outside of the image: 5 'box': 4 of 8 voxels"):
        fit_case(one_box(moved(a_geometry(), -1.5)), moved(a_geometry(), 0.3), True, Report())


def test_a_label_that_resampling_loses_is_left_out_by_name() -> None:
    fine = Geometry.from_parts((9, 9, 9), (0.3, 0.3, 0.3))
    array = np.zeros(fine.full_shape, np.uint8)
    array[0, 4:7, 4:7, 4:7], array[0, 0, 0, 0] = 1, 2
    report = Report()
    segmentation = Segmentation(fine, [Group(array, [Label(1, "seen"), Label(2, "lost")])])
    fitted, _ = fit_case(segmentation, Geometry.from_parts((3, 3, 3), (1.2, 1.2, 1.2), (0.3, 0.3, 0.3)), True, report)
    assert (fitted.voxels(1), fitted.voxels(2)) == (1, 0)
    assert [str(note) for note in report.left_out] == ["label 2 'lost': none of its 1 voxels is left after resampling"]


def test_several_frames_are_refused() -> None:
    grid = a_geometry()
    with pytest.raises(GeometryError, match="2 frames"):
        fit_case(Segmentation(grid.with_time(2)), grid, False, Report())


def test_channels_must_lie_on_one_grid(tmp_path: Path) -> None:
    grid = a_geometry()
    images = {"T1": tmp_path / "1.nrrd", "T2": tmp_path / "2.nrrd", "PET": tmp_path / "3.nrrd"}
    save_image(an_image(grid), images["T1"])
    save_image(an_image(moved(grid, 1e-6)), images["T2"])
    assert common_grid({"T1": images["T1"], "T2": images["T2"]}, Report()) == grid
    save_image(an_image(moved(grid, 1.0)), images["PET"])
    with pytest.raises(GeometryError, match=r"3.nrrd does not lie on the grid of the channel 'T1': origin"):
        common_grid(images, Report())
