"""Live wire: costs that draw to edges, the cheapest way by both engines, repelled, trained, in mm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops import live_wire_plain
from MultiLabelSegLib.ops.edges import canny, gradient
from MultiLabelSegLib.ops.live_wire import NEIGHBOURS, REPULSIVE, UNIT, CostMap, Wires, _shifted, cost_map, steps_of


def disk(size: int = 96, radius: float = 30.0, noise: float = 15.0) -> np.ndarray:
    rows, columns = np.ogrid[:size, :size]
    middle = size // 2
    rng = np.random.default_rng(0)
    return (np.hypot(rows - middle, columns - middle) < radius) * 400.0 + rng.normal(0, noise, (size, size))


def cost_of(costs: CostMap, way: np.ndarray, avoid: list[tuple[int, int]] = ()) -> int:
    avoided = np.zeros(costs.shape, np.bool_)
    for pixel in avoid:
        avoided[pixel] = True
    avoided[tuple(way[0])] = False
    steps = [steps_of(costs, avoided, number) for number in range(8)]
    total = 0
    for one, other in zip(way, way[1:], strict=False):
        total += int(steps[NEIGHBOURS.index(tuple((other - one).tolist()))][tuple(one)])
    return total


@pytest.fixture(params=["always", "never"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MLSEG_KERNELS", request.param)
    return str(request.param)


def test_gradients_are_per_mm() -> None:
    rows, columns = np.mgrid[:6, :7]
    down, right = gradient((6.0 * rows + 5.0 * columns).astype(np.float32), (2.0, 0.5))
    np.testing.assert_allclose(down, 3)
    np.testing.assert_allclose(right, 10)
    down, right = gradient(np.arange(5, dtype=np.float32)[None], (1.0, 1.0))
    assert not down.any()
    np.testing.assert_allclose(right, 1)


def test_canny_finds_the_disk_as_a_thin_line_whatever_the_values_mean() -> None:
    pixels = disk().astype(np.float32)
    edges = canny(pixels, (1.0, 1.0))
    rows, columns = np.nonzero(edges)
    away = np.hypot(rows - 48, columns - 48)
    assert np.abs(away - 29.5).max() < 2
    angles = np.unique(np.rint(np.degrees(np.arctan2(rows - 48, columns - 48)) / 10))
    assert len(angles) >= 36
    assert edges.sum() < 2.5 * np.pi * 60 / 2
    np.testing.assert_array_equal(canny(pixels / 4000 + 3, (1.0, 1.0)), edges)
    assert not canny(np.full((9, 9), 7, np.float32), (1.0, 1.0)).any()


def test_an_edge_is_cheap_and_flat_ground_is_dear() -> None:
    costs = cost_map(disk(noise=0), (1.0, 1.0))
    assert costs.local[48, 48] == UNIT * 0.95 // 1
    on_edge = costs.local[costs.edges]
    assert np.median(on_edge) < 0.35 * UNIT
    assert (costs.angle[48, 48], costs.strength[48, 48]) == (-1, 0)
    assert costs.strength.max() == 1


def test_turning_costs_by_the_angle_between_the_gradients_of_both_pixels() -> None:
    costs = CostMap(
        np.zeros((1, 5), np.int32),
        np.array([[0, 0, 64, 192, -1]], np.int32),
        100,
        np.full(8, 256, np.int64),
        np.zeros((1, 5), np.float32),
        np.zeros((1, 5), np.bool_),
    )
    steps = steps_of(costs, np.zeros((1, 5), np.bool_), NEIGHBOURS.index((0, 1)))
    # alike, at right angles, opposite, without a direction; at least 1
    assert steps.tolist() == [[1, 50, 100, 50, 0]]


def test_steps_are_as_long_as_they_are_in_mm() -> None:
    costs = cost_map(np.zeros((4, 4)), (3.0, 1.0))
    assert (costs.lengths / 256).tolist() == pytest.approx([10**0.5, 3, 10**0.5, 1, 1, 10**0.5, 3, 10**0.5], abs=2e-3)


def test_the_wire_follows_the_edge_from_one_side_to_the_other(engine: str) -> None:
    costs = cost_map(disk(), (1.0, 1.0))
    way = Wires(costs, (48, 18)).way_to((48, 78))
    away = np.hypot(way[:, 0] - 48, way[:, 1] - 48)
    assert np.abs(away - 29.5).max() < 2.5
    assert len(way) > 60
    assert np.abs(np.diff(way, axis=0)).max() == 1


def test_on_an_anisotropic_slice_the_wire_follows_the_ellipse(engine: str) -> None:
    rows, columns = np.ogrid[:40, :120]
    pixels = (np.hypot((rows - 20) * 3.0, columns - 60) < 40) * 300.0
    way = Wires(cost_map(pixels, (3.0, 1.0)), (20, 20)).way_to((20, 100))
    away = np.hypot((way[:, 0] - 20) * 3.0, way[:, 1] - 60)
    assert np.abs(away - 40).max() < 4.5


def test_on_flat_ground_the_way_is_the_shortest(engine: str) -> None:
    costs = cost_map(np.zeros((20, 30)), (1.0, 1.0))
    way = Wires(costs, (2, 3)).way_to((12, 25))
    assert len(way) == 23
    straight = Wires(costs, (5, 1)).way_to((5, 20))
    assert (straight[:, 0] == 5).all()


def test_points_of_the_contour_repel_but_can_be_crossed_where_there_is_no_other_way(engine: str) -> None:
    costs = cost_map(np.zeros((15, 21)), (1.0, 1.0))
    wall = [(row, 10) for row in range(14)]
    way = Wires(costs, (3, 2), wall).way_to((3, 18))
    assert [14, 10] in way.tolist(), "around the end of the wall"
    closed = [(row, 10) for row in range(15)]
    way = Wires(costs, (3, 2), closed).way_to((3, 18))
    assert sum(tuple(pixel) in closed for pixel in way.tolist()) == 1


def test_a_further_target_goes_on_where_the_first_search_stopped(engine: str) -> None:
    costs = cost_map(disk(), (1.0, 1.0))
    wires = Wires(costs, (48, 18), [(30, 30)])
    for target in ((50, 20), (90, 90), (48, 78), (48, 18), (0, 0)):
        fresh = Wires(costs, (48, 18), [(30, 30)]).way_to(target)
        np.testing.assert_array_equal(wires.way_to(target), fresh)
        assert (fresh[0].tolist(), fresh[-1].tolist()) == ([48, 18], list(target))


@settings(max_examples=30)
@given(st.data())
def test_both_engines_find_the_same_cheapest_way(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 14), st.integers(1, 14)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    costs = cost_map(rng.integers(0, data.draw(st.sampled_from([2, 60])), shape), tuple(rng.uniform(0.3, 3, 2)))
    pixel = st.tuples(st.integers(0, shape[0] - 1), st.integers(0, shape[1] - 1))
    start, target, avoid = data.draw(pixel), data.draw(pixel), data.draw(st.lists(pixel, max_size=12))
    ways = []
    for choice in ("always", "never"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MLSEG_KERNELS", choice)
            ways.append(Wires(costs, start, avoid).way_to(target))
    np.testing.assert_array_equal(*ways)
    assert cost_of(costs, ways[0], avoid) == bellman_ford(costs, start, avoid)[target]


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(0, 4))
def test_a_window_that_is_too_small_grows_until_no_cheaper_way_can_lead_outside(seed: int, room: int) -> None:
    rng = np.random.default_rng(seed)
    costs = cost_map(ndimage.gaussian_filter(rng.normal(size=(50, 60)), 2) * 100, (1.0, 0.7))
    start, targets = tuple(rng.integers(0, 50, 2).tolist()), rng.integers(0, 50, (4, 2)).tolist()
    avoid = rng.integers(0, 50, (40, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_wire_plain, "_ROOM", room)
        patch.setenv("MLSEG_KERNELS", "never")
        wires = Wires(costs, start, avoid)
        ways = [wires.way_to(tuple(target)) for target in targets]
        patch.setenv("MLSEG_KERNELS", "always")
        for way, target in zip(ways, targets, strict=True):
            np.testing.assert_array_equal(way, Wires(costs, start, avoid).way_to(tuple(target)))


def bellman_ford(costs: CostMap, start: tuple[int, int], avoid: list[tuple[int, int]]) -> np.ndarray:
    """Cheapest costs by relaxing everything until nothing changes."""
    avoided = np.zeros(costs.shape, np.bool_)
    for pixel in avoid:
        avoided[pixel] = True
    avoided[start] = False
    total = np.full(costs.shape, 2**60, np.int64)
    total[start] = 0
    while True:
        before = total.copy()
        for number, by in enumerate(NEIGHBOURS):
            here, there = _shifted(total, by)
            there[...] = np.minimum(there, here + _shifted(steps_of(costs, avoided, number), by)[0])
        if (total == before).all():
            return total


def test_a_repelling_pixel_costs_a_flat_sum() -> None:
    costs = cost_map(disk(), (1.0, 1.0))
    avoided = np.ones(costs.shape, np.bool_)
    for number, by in enumerate(NEIGHBOURS):
        assert (_shifted(steps_of(costs, avoided, number), by)[0] == REPULSIVE).all()
    assert costs.dearest < REPULSIVE


def test_the_first_point_snaps_to_the_strongest_gradient_around_it() -> None:
    pixels = np.zeros((9, 9))
    pixels[:, 5:] = 100
    costs = cost_map(pixels, (1.0, 1.0))
    assert costs.snapped(4, 3)[1] == 4
    assert costs.snapped(4, 1) == (4, 1)
    assert costs.snapped(0, 0) == (0, 0)


def test_training_prefers_edges_as_strong_as_those_that_were_followed() -> None:
    rng = np.random.default_rng(0)
    pixels = np.zeros((60, 60))
    pixels[:, 20:] += 100  # a weak edge beside a strong one
    pixels[:, 26:] += 900
    costs = cost_map(pixels + rng.normal(0, 2, pixels.shape), (1.0, 1.0))
    assert Wires(costs, (2, 20)).way_to((57, 20))[:, 1].max() >= 25, "the strong edge draws"
    trained = costs.trained([(row, 20) for row in range(15)])
    way = Wires(trained, (2, 20)).way_to((57, 20))
    assert way[:, 1].max() <= 21
    assert costs.trained([(1, 1)]) is costs


def test_training_does_not_depend_on_the_unit_of_the_values() -> None:
    pixels = disk()
    points = [(48 + row, 18) for row in range(-5, 6)]
    one, other = (cost_map(each, (1.0, 1.0)).trained(points) for each in (pixels, pixels / 1000))
    assert np.abs(one.local - other.local).max() <= UNIT // 50


def test_slices_with_holes_of_nan_and_one_pixel_are_walked_too(engine: str) -> None:
    pixels = disk(24, 8)
    pixels[3:6] = np.nan
    way = Wires(cost_map(pixels, (1.0, 1.0)), (0, 0)).way_to((23, 23))
    assert way[-1].tolist() == [23, 23]
    assert Wires(cost_map(np.ones((1, 1)), (1.0, 1.0)), (0, 0)).way_to((0, 0)).tolist() == [[0, 0]]


def test_points_outside_of_the_slice_are_refused() -> None:
    costs = cost_map(np.zeros((5, 6)), (1.0, 1.0))
    with pytest.raises(ToolError, match=r"row 5, column 0 is outside of the slice of 5 x 6"):
        Wires(costs, (5, 0))
    with pytest.raises(ToolError, match="row 0, column -1 is outside"):
        Wires(costs, (0, 0)).way_to((0, -1))
