"""Where slice views look: pixels, indices and millimetres of grids of any direction; without Qt."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.tools.slices import PLANES, SliceOf
from MultiLabelSegLib.workbench.view_geometry import SLICE_VIEWS, ViewFrame, ViewGrid, ViewName
from Testing.gui.canvas_cases import GRIDS, grid

#: what each view shows at the right and at the top, in LPS
LOOKS: dict[ViewName, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "axial": ((1, 0, 0), (0, -1, 0)),
    "coronal": ((1, 0, 0), (0, 0, 1)),
    "sagittal": ((0, 1, 0), (0, 0, 1)),
}
angles = st.floats(-180, 180, allow_nan=False)
names = st.sampled_from(SLICE_VIEWS)


def frame_of(geometry: Geometry, view: ViewName, index: int = 1) -> ViewFrame:
    return ViewFrame(ViewGrid.of(geometry, view), index, 300, 200).fitted()


@pytest.mark.parametrize("view", SLICE_VIEWS)
def test_a_plain_grid_is_shown_as_radiologists_look_at_it(view: ViewName) -> None:
    frame = frame_of(grid("plain"), view)
    right, up = LOOKS[view]
    middle = np.array(frame.lps_of(150, 100))
    assert np.allclose(np.array(frame.lps_of(151, 100)) - middle, np.multiply(right, frame.mm))
    assert np.allclose(np.array(frame.lps_of(150, 99)) - middle, np.multiply(up, frame.mm))
    assert frame.grid.plane == view


@pytest.mark.parametrize("name", GRIDS)
def test_letters_name_the_sides_of_the_patient(name: str) -> None:
    letters = {view: ViewGrid.of(grid(name), view).letters for view in SLICE_VIEWS}
    assert [letter[0] for letter in letters["axial"]] == ["R", "L", "A", "P"]
    assert [letter[0] for letter in letters["coronal"]] == ["R", "L", "S", "I"]
    assert [letter[0] for letter in letters["sagittal"]] == ["A", "P", "S", "I"]
    assert (letters["axial"][1] == "LP") == (name == "oblique")


def test_an_image_of_sagittal_slices_is_called_by_its_own_axes_in_tools() -> None:
    planes = {view: ViewGrid.of(grid("sagittal slices"), view).plane for view in SLICE_VIEWS}
    assert planes == {"sagittal": "axial", "axial": "coronal", "coronal": "sagittal"}


@given(names, angles, angles, angles, st.sampled_from([1, -1]), st.floats(0, 300), st.floats(0, 200))
def test_pixels_indices_and_millimetres_agree_for_any_direction(
    view: ViewName, first: float, second: float, third: float, mirror: int, x: float, y: float
) -> None:
    direction = Rotation.from_euler("zyx", [first, second, third], degrees=True).as_matrix() * [1, 1, mirror]
    geometry = Geometry.from_parts((7, 9, 11), (0.7, 1.1, 2.5), (10, 20, -30), direction)
    frame = frame_of(geometry, view, 2)
    ijk = frame.ijk_of(x, y)
    assert ijk[frame.grid.axis] == 2.0
    assert np.allclose(geometry.lps_from_ijk(ijk), frame.lps_of(x, y))
    assert np.allclose(frame.points_of_ijk(ijk), (x, y))
    where = SliceOf(geometry, frame.grid.plane, frame.slice)
    assert 2 - where.axis == frame.grid.axis
    # right and up of the picture lean towards where they should, as far as the grid's axes allow
    right, up = LOOKS[view]
    assert frame.grid.right_lps @ right > 0
    assert frame.grid.right_lps @ frame.grid.up_lps == pytest.approx(0)


@given(angles, angles, angles)
def test_the_three_views_of_a_grid_show_its_three_planes(first: float, second: float, third: float) -> None:
    direction = Rotation.from_euler("zyx", [first, second, third], degrees=True).as_matrix()
    geometry = Geometry.from_parts((7, 9, 11), (0.7, 1.1, 2.5), (10, 20, -30), direction)
    assert {ViewGrid.of(geometry, view).plane for view in SLICE_VIEWS} == set(PLANES)


def test_a_slanted_grid_shows_the_plane_of_its_own_axes() -> None:
    affine = np.array(grid("plain").ijk_to_lps)
    affine[0, 1] = 0.4  # j leans towards left
    geometry = Geometry((7, 9, 11), affine)
    frame = frame_of(geometry, "axial", 3)
    assert np.allclose(geometry.lps_from_ijk(frame.ijk_of(17, 180)), frame.lps_of(17, 180))
    assert np.allclose(frame.points_of_ijk((4, 5, 3)), frame.points_of_lps(geometry.lps_from_ijk((4, 5, 3))))


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("view", SLICE_VIEWS)
def test_fitted_the_whole_slice_is_within_the_picture_and_touches_two_sides_nearly(name: str, view: ViewName) -> None:
    frame = frame_of(grid(name), view)
    corners = np.array([[-0.5, size - 0.5] for size in frame.grid.geometry.size])
    corners[frame.grid.axis] = 1
    points = frame.points_of_ijk(np.array(np.meshgrid(*corners)).reshape(3, -1).T)
    low, high = points.min(axis=0), points.max(axis=0)
    assert (low >= 0).all()
    assert (high <= (300, 200)).all()
    assert min(low[0], low[1]) < 6


def test_zooming_keeps_what_lies_under_the_mouse() -> None:
    frame = frame_of(grid("oblique"), "coronal")
    zoomed = frame.zoomed(3.0, 40, 170)
    assert zoomed.mm == pytest.approx(frame.mm / 3)
    assert np.allclose(zoomed.lps_of(40, 170), frame.lps_of(40, 170))


def test_panning_moves_the_picture_with_the_mouse() -> None:
    frame = frame_of(grid("flipped"), "sagittal")
    assert np.allclose(frame.panned(10, -7).lps_of(60, 43), frame.lps_of(50, 50))


def test_slices_end_at_the_first_and_the_last() -> None:
    frame = frame_of(grid("plain"), "axial")
    assert frame.at_slice(99).slice == 6
    assert frame.at_slice(-5).slice == 0


def test_resizing_keeps_the_middle_and_what_was_to_be_seen() -> None:
    frame = frame_of(grid("plain"), "axial").panned(30, 12)
    smaller = frame.sized(150, 150)
    assert np.allclose(smaller.lps_of(75, 75), frame.lps_of(150, 100))
    assert smaller.mm == pytest.approx(2 * frame.mm)


@pytest.mark.parametrize(
    ("name", "view", "letter", "value"),
    [("anisotropic", "axial", "S", 36.0), ("flipped", "axial", "S", 3.0), ("flipped", "sagittal", "L", 3.0)],
)
def test_the_position_is_told_in_anatomical_millimetres(name: str, view: ViewName, letter: str, value: float) -> None:
    found, mm = ViewGrid.of(grid(name), view).position(2)
    assert (found, round(mm, 6)) == (letter, value)


def test_slicers_matrix_holds_the_axes_of_the_picture_in_ras() -> None:
    matrix = frame_of(grid("plain"), "axial", 3).slice_to_ras()
    assert np.allclose(matrix[:3, 0], (-1, 0, 0))
    assert np.allclose(matrix[:3, 1], (0, 1, 0))
    assert np.allclose(matrix[:3, 3], (-5, -4, 3))
