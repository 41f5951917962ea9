"""Images put into a data set: copied, linked or converted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Image
from MultiLabelSegLib.datasets.cases.image_files import place_image
from MultiLabelSegLib.errors import CorruptFileError
from MultiLabelSegLib.formats.image_file import save_image
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.staging import Stage
from Testing.datasets.made_cases import a_geometry, an_image


def placed(source: Path, target: Path, link: bool = False, grid: Geometry | None = None) -> str:
    with Stage(target) as stage:
        how = place_image(stage, source, target, link, grid, Report())
        stage.commit()
    return how


def test_the_same_format_is_copied_byte_by_byte(tmp_path: Path) -> None:
    source = save_image(an_image(a_geometry()), tmp_path / "a.nii.gz")
    assert placed(source, tmp_path / "b.nii.gz") == "copied"
    assert (tmp_path / "b.nii.gz").read_bytes() == source.read_bytes()


def test_a_link_is_the_same_file(tmp_path: Path) -> None:
    source = save_image(an_image(a_geometry()), tmp_path / "a.nii.gz")
    assert placed(source, tmp_path / "b.nii.gz", link=True) == "linked"
    assert (tmp_path / "b.nii.gz").samefile(source)


def test_another_format_is_converted_without_loss(tmp_path: Path) -> None:
    image = an_image(a_geometry())
    source = save_image(image, tmp_path / "a.mha")
    assert placed(source, tmp_path / "b.nii.gz") == "converted"
    found = read_image(tmp_path / "b.nii.gz")
    assert np.array_equal(found.array, image.array)
    assert found.geometry.is_congruent(image.geometry)


def test_a_header_that_differs_by_rounding_gets_the_common_grid(tmp_path: Path) -> None:
    grid = a_geometry()
    affine = np.array(grid.ijk_to_lps)
    affine[0, 3] += 1e-5
    source = save_image(an_image(Geometry(grid.shape, affine)), tmp_path / "a.nrrd")
    assert placed(source, tmp_path / "b.nrrd", grid=grid) == "converted"
    assert np.array_equal(read_image(tmp_path / "b.nrrd").geometry.ijk_to_lps, grid.ijk_to_lps)


def test_voxels_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    geometry = a_geometry()
    array = np.zeros(geometry.full_shape, np.float32)
    array[0, 0, 0, :2] = np.nan
    source = save_image(Image(array, geometry), tmp_path / "a.nii.gz")
    with pytest.raises(CorruptFileError, match=r"a.nii.gz: 2 voxels are not numbers \(NaN\)"):
        placed(source, tmp_path / "b.nii.gz")
    assert not (tmp_path / "b.nii.gz").exists()
