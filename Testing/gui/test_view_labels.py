"""Labels as pixels: every pixel shows the voxel under its centre, in parts as in whole, filled and outlined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from MultiLabelSegLib.core import Box, Geometry, Group, Label
from MultiLabelSegLib.workbench.view_geometry import SLICE_VIEWS, ViewFrame, ViewGrid, ViewName
from MultiLabelSegLib.workbench.view_labels import GroupPixels, LabelStyle, color_table, edges
from MultiLabelSegLib.workbench.view_sampling import Rect, Sampling
from Testing.gui.canvas_cases import GRIDS, grid

RED, HALF_RED, GREEN = 0xFFFF0000, 0x80800000, 0xFF00FF00


def slanted() -> Geometry:
    affine = np.array(grid("plain").ijk_to_lps)
    affine[0, 1], affine[1, 2] = 0.4, -0.3
    return Geometry((7, 9, 11), affine)


def geometry_of(name: str) -> Geometry:
    return slanted() if name == "slanted" else grid(name)


def random_group(geometry: Geometry) -> Group:
    array = np.random.default_rng(1).integers(0, 4, geometry.full_shape).astype(np.uint8)
    colors = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
    return Group(array, [Label(value, "x", colors[value - 1], 1.0) for value in (1, 2, 3)])


def expected(sampling: Sampling, group: Group) -> NDArray[np.uint32]:
    """Pixel by pixel, the long way."""
    frame, ratio = sampling.frame, sampling.ratio
    table = [0, RED, GREEN, 0xFF0000FF]
    pixels = np.zeros((round(frame.height * ratio), round(frame.width * ratio)), np.uint32)
    depth, high, wide = frame.grid.geometry.shape
    for y, x in np.ndindex(pixels.shape):
        i, j, k = np.floor(np.array(frame.ijk_of((x + 0.5) / ratio, (y + 0.5) / ratio)) + 0.5).astype(int).tolist()
        if 0 <= i < wide and 0 <= j < high and 0 <= k < depth:
            pixels[y, x] = table[group.array[0, k, j, i]]
    return pixels


@pytest.fixture(name="engine", params=["never", "always"], ids=["numpy", "compiled"])
def _engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MLSEG_KERNELS", request.param)
    return str(request.param)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("ratio", [1.0, 1.5])
@pytest.mark.parametrize("view", SLICE_VIEWS)
@pytest.mark.parametrize("name", [*GRIDS, "slanted"])
def test_every_pixel_shows_the_voxel_below_its_middle(name: str, view: ViewName, ratio: float) -> None:
    geometry = geometry_of(name)
    frame = ViewFrame(ViewGrid.of(geometry, view), 2, 37, 29).fitted().panned(5, -3)
    group, sampling = random_group(geometry), Sampling.of(frame, ratio)
    pixels = GroupPixels(group, "filled", 1.0)
    pixels.draw(sampling, 0)
    assert np.array_equal(pixels.pixels, expected(sampling, group))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("zoom", [0.2, 1.0, 6.0])
def test_thinned_out_and_enlarged_pictures_are_right_too(zoom: float) -> None:
    geometry = grid("flipped")
    frame = ViewFrame(ViewGrid.of(geometry, "coronal"), 4, 41, 31).fitted().zoomed(zoom, 20, 10)
    group, sampling = random_group(geometry), Sampling.of(frame, 1.0)
    pixels = GroupPixels(group, "filled", 1.0)
    pixels.draw(sampling, 0)
    assert np.array_equal(pixels.pixels, expected(sampling, group))


@given(
    st.sampled_from([*GRIDS, "slanted"]),
    st.sampled_from(SLICE_VIEWS),
    st.sampled_from(["filled", "outlined", "both"]),
    st.tuples(st.integers(0, 6), st.integers(0, 8), st.integers(0, 10)),
    st.tuples(st.integers(1, 7), st.integers(1, 9), st.integers(1, 11)),
)
def test_a_part_that_changed_is_drawn_as_the_whole_would_be(
    name: str, view: ViewName, style: str, lower: tuple[int, int, int], size: tuple[int, int, int]
) -> None:
    geometry = geometry_of(name)
    group, box = random_group(geometry), Box(lower, tuple(a + b for a, b in zip(lower, size, strict=True)))  # type: ignore[arg-type]
    sampling = Sampling.of(ViewFrame(ViewGrid.of(geometry, view), 3, 61, 47).fitted(), 1.0)
    part, whole = GroupPixels(group, style, 1.0), GroupPixels(group, style, 1.0)  # type: ignore[arg-type]
    part.draw(sampling, 0)
    inside = box.intersection(Box.whole(geometry.shape))
    group.writable()[0][inside.slices] = 2
    group.index.invalidate()
    rect = sampling.rect_of(inside)
    if not rect.is_empty:
        part.draw(sampling, 0, rect)
    whole.draw(sampling, 0)
    assert np.array_equal(part.pixels, whole.pixels)


def test_another_slice_at_the_same_place_needs_no_new_sampling() -> None:
    for geometry in (grid("oblique"), slanted()):
        frame = ViewFrame(ViewGrid.of(geometry, "axial"), 1, 37, 29).fitted()
        moved, fresh = Sampling.of(frame, 1.0).moved(frame.at_slice(5)), Sampling.of(frame.at_slice(5), 1.0)
        assert moved.frame.slice == 5
        assert np.array_equal(moved.rows, fresh.rows)
        assert np.array_equal(moved.columns, fresh.columns)


def test_colours_hold_their_opacity() -> None:
    labels = [
        Label(1, "a", (1.0, 0.0, 0.0), 0.5),
        Label(2, "b", (0.0, 1.0, 0.0), 1.0),
        Label(3, "c", visible=False),
        Label(300, "beyond the table"),
    ]
    assert color_table(labels, 256, 1.0)[:4].tolist() == [0, HALF_RED, GREEN, 0]
    assert color_table(labels, 256, 0.5)[2] == 0x80008000
    assert color_table(labels, 256, 1.0, outline=True)[1] == RED
    assert color_table(labels, 65536, 1.0)[300] != 0


def test_an_outline_lies_on_both_sides_of_a_border() -> None:
    values = np.array([[0, 0, 0, 1, 1, 1, 1]] * 3, np.uint8)
    assert edges(values, 1)[0].tolist() == [False, False, True, True, False, False, False]
    assert edges(values, 2)[0].tolist() == [False, True, True, True, True, False, False]


def test_an_outline_leaves_the_inside_free_and_both_pales_it() -> None:
    geometry = Geometry.from_parts((1, 20, 20))
    array = np.zeros((1, 20, 20), np.uint8)
    array[0, 5:15, 5:15] = 1
    group = Group(array, [Label(1, "a", (1.0, 0.0, 0.0), 1.0)])
    sampling = Sampling.of(ViewFrame(ViewGrid.of(geometry, "axial"), 0, 206, 206).fitted(), 1.0)
    drawn = {style: GroupPixels(group, style, 1.0) for style in ("filled", "outlined", "both")}  # type: ignore[arg-type]
    for pixels in drawn.values():
        pixels.draw(sampling, 0)
    middle, border = (103, 103), (103, 54)
    assert [drawn[style].pixels[middle] for style in ("filled", "outlined", "both")] == [RED, 0, HALF_RED]
    assert [drawn[style].pixels[border] for style in ("filled", "outlined", "both")] == [RED] * 3
    assert drawn["outlined"].pixels[103, 45] == 0


def test_a_label_beyond_the_slice_leaves_it_clear_and_one_that_comes_back_is_drawn() -> None:
    geometry = Geometry.from_parts((3, 4, 4))
    array = np.zeros((3, 4, 4), np.uint8)
    array[2] = 1
    group = Group(array, [Label(1, "a", (1.0, 0.0, 0.0), 1.0)])
    assert group.voxels(1) == 16  # from now on boxes are known
    frame = ViewFrame(ViewGrid.of(geometry, "axial"), 2, 20, 20).fitted()
    pixels = GroupPixels(group, "filled", 1.0)
    counts = []
    for index in (2, 1, 2):
        pixels.draw(Sampling.of(frame.at_slice(index), 1.0), 0)
        counts.append(int(np.count_nonzero(pixels.pixels)))
    assert counts[0] > 0
    assert counts == [counts[0], 0, counts[0]]


def test_a_group_that_grows_to_wide_values_asks_for_a_longer_table() -> None:
    group = Group(np.zeros((1, 2, 2), np.uint8), [Label(1, "a")])
    pixels = GroupPixels(group, "filled", 1.0)
    assert pixels.is_wide_enough
    group.writable(300)
    assert not pixels.is_wide_enough


def test_a_rectangle_knows_when_it_is_empty() -> None:
    assert Rect(3, 3, 3, 9).is_empty
    assert not Rect(3, 3, 4, 9).is_empty
    assert Rect(0, 0, 5, 5).within(Rect(4, 4, 9, 9)).grown(1).left == 3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_both_engines_draw_the_same_parts_of_the_same_values(dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = grid("anisotropic")
    array = np.random.default_rng(2).integers(0, 250, geometry.full_shape).astype(dtype)
    labels = [Label(value, f"label {value}", (value / 250, 0.5, 0.2)) for value in range(1, 250, 2)]
    group = Group(array, labels)
    for view in SLICE_VIEWS:
        frame = ViewFrame(ViewGrid.of(geometry, view), 2, 61, 47).fitted().zoomed(1.7, 30, 20)
        sampling, drawn = Sampling.of(frame, 1.0), []
        for engine in ("never", "always"):
            monkeypatch.setenv("MLSEG_KERNELS", engine)
            pixels = GroupPixels(group, "filled", 0.8)
            pixels.draw(sampling, 0)
            pixels.pixels[5:20, 7:30] = 3
            pixels.draw(sampling, 0, Rect(7, 5, 30, 20))
            drawn.append(pixels.pixels)
        assert np.array_equal(*drawn)
        assert len(np.unique(drawn[0])) > 20


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("style", ["outlined", "both"])
def test_both_engines_draw_the_same_outlines(style: LabelStyle, ratio: float, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = grid("anisotropic")
    for dtype, seed in ((np.uint8, 1), (np.uint16, 2)):
        array = np.random.default_rng(seed).integers(0, 9, geometry.full_shape).astype(dtype)
        labels = [Label(value, str(value), (value / 9, 0.5, 0.2), 0.4, visible=value != 3) for value in range(1, 9)]
        for view in SLICE_VIEWS:
            for zoom in (0.3, 1.7):
                frame = ViewFrame(ViewGrid.of(geometry, view), 2, 61, 47).fitted().zoomed(zoom, 30, 20)
                sampling, drawn = Sampling.of(frame, ratio), []
                for engine in ("never", "always"):
                    monkeypatch.setenv("MLSEG_KERNELS", engine)
                    pixels = GroupPixels(Group(array, labels), style, 0.8)
                    pixels.draw(sampling, 0)
                    pixels.pixels[5:20, 7:30] = 3
                    pixels.draw(sampling, 0, Rect(7, 5, 30, 20))
                    drawn.append(pixels.pixels)
                assert np.array_equal(*drawn)
                assert len(np.unique(drawn[0])) > 5


def test_a_picture_of_voxels_that_there_are_not_is_an_error_in_both_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    large, small = grid("plain"), Geometry.from_parts((3, 4, 5))
    sampling = Sampling.of(ViewFrame(ViewGrid.of(large, "axial"), 2, 61, 47).fitted(), 1.0)
    for engine in ("never", "always"):
        monkeypatch.setenv("MLSEG_KERNELS", engine)
        with pytest.raises(IndexError):
            GroupPixels(random_group(small), "filled", 1.0).draw(sampling, 0)


def test_nothing_of_a_former_picture_is_left_wherever_the_view_goes() -> None:
    geometry = Geometry.from_parts((4, 8, 8))
    array = np.zeros((4, 8, 8), np.uint8)
    array[0] = 1
    group = Group(array, [Label(1, "a", (1.0, 0.0, 0.0), 1.0)])
    assert group.voxels(1) == 64  # from now on boxes are known, and slices without labels are left out
    frame = ViewFrame(ViewGrid.of(geometry, "axial"), 3, 40, 40).fitted()
    kept = GroupPixels(group, "filled", 1.0)

    def go(shown: ViewFrame) -> int:
        sampling, fresh = Sampling.of(shown, 1.0), GroupPixels(group, "filled", 1.0)
        kept.draw(sampling, 0)
        fresh.draw(sampling, 0)
        assert np.array_equal(kept.pixels, fresh.pixels)
        return int(np.count_nonzero(kept.pixels))

    assert go(frame) == 0
    box = Box((3, 2, 2), (4, 5, 5))
    group.writable()[0][box.slices] = 1
    group.index.record(0, box, {0: 9}, {1: 9})
    sampling = Sampling.of(frame, 1.0)
    kept.draw(sampling, 0, sampling.rect_of(box))  # a dab on a slice that was clear
    assert np.count_nonzero(kept.pixels) > 0
    group.writable()[0, 0] = 0
    group.index.invalidate()
    assert group.voxels(1) == 9
    assert go(frame.at_slice(1)) == 0
    whole = go(frame)
    assert 0 < go(frame.zoomed(0.5, 5, 5)) < whole
    assert go(frame.panned(30, -25)) >= 0
    group.set_label(group.label(1).with_(visible=False))
    hidden = GroupPixels(group, "filled", 1.0)
    hidden.inherit(kept)
    kept = hidden
    assert go(frame) == 0
