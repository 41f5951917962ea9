"""Seeded growing: small arrays by eye, a plain Dijkstra as the judge, and the shapes that break other programs."""

from __future__ import annotations

import heapq
import itertools
import math
import time

import numpy as np
import pytest

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops.growing import Limits, SeededGrowing, grow
from MultiLabelSegLib.ops.growing_graph import Graph, graph_of
from MultiLabelSegLib.ops.growing_plain import PlainGrowing
from MultiLabelSegLib.ops.growing_tables import FAR, WALL
from Testing.ops.growing_cases import labyrinth

ONE = (1.0, 1.0, 1.0)


@pytest.fixture(params=["always", "never"], autouse=True)
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test runs compiled and in numpy."""
    monkeypatch.setenv("MLSEG_KERNELS", request.param)
    return request.param


def drawn(*rows: str) -> np.ndarray:
    """One slice of digits; dots are 0."""
    return np.array([[0 if mark == "." else int(mark) for mark in row] for row in rows], np.uint8)[np.newaxis]


def shown(labels: np.ndarray) -> list[str]:
    return ["".join("." if value == 0 else str(value) for value in row) for row in labels[0].tolist()]


def dijkstra(graph: Graph, seeds: np.ndarray) -> np.ndarray:
    """The numbers of labels (k, j, i) by the textbook: the smallest pair of distance and number, with a heap."""
    found: dict[tuple[int, ...], int] = {}
    queue = [(int(seeds[at]), at) for at in map(tuple, np.argwhere(seeds).tolist())]
    heapq.heapify(queue)
    values = graph.values[1:-1, 1:-1, 1:-1].astype(int)
    steps = [by for by in itertools.product((-1, 0, 1), repeat=3) if any(by)]
    while queue:
        key, at = heapq.heappop(queue)
        if at in found:
            continue
        found[at] = key
        for by in steps:
            to = tuple(place + part for place, part in zip(at, by, strict=True))
            if to in found or not all(0 <= place < size for place, size in zip(to, values.shape, strict=True)):
                continue
            if values[to] < WALL:
                cost = abs(values[to] - values[at]) + int(graph.step[by[0] + 1, by[1] + 1, abs(by[2])])
                heapq.heappush(queue, (key + cost, to))
    labels = np.zeros(seeds.shape, np.uint16)
    for at, key in found.items():
        labels[at] = key & ((1 << graph.bits) - 1)
    return labels


def random_case(number: int, shape: tuple[int, int, int] = (5, 9, 11)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(number)
    image = rng.integers(0, 40, shape).astype((np.int16, np.uint8, np.float32)[number % 3])
    seeds = np.zeros(shape, np.uint8)
    seeds[tuple(rng.integers(0, size, 6) for size in shape)] = rng.integers(1, 4, 6)
    seeds[0, 0, :3] = 1, 2, 3
    closed = rng.random(shape) < (0.35 if number % 2 else 0.0)
    closed[0, 0, :3] = False
    return image, seeds, closed


@pytest.mark.parametrize("number", range(8))
def test_labels_are_those_of_dijkstra(number: int) -> None:
    image, seeds, closed = random_case(number)
    spacing, penalty = ((3.0, 1.0, 1.5) if number % 4 < 2 else ONE), (0.0, 0.7)[number // 4]
    found = grow(image, seeds, spacing, closed=closed, penalty=penalty, passes=0)
    graph = graph_of(image, spacing, 4, closed, penalty, whole=image.dtype.kind != "f")
    np.testing.assert_array_equal(found, dijkstra(graph, np.where(closed, 0, seeds)))
    assert not found[closed].any()


def test_the_cost_of_a_way_is_intensity_and_penalty_times_mm() -> None:
    """The judge works in intensities and mm, so that nothing of ours is taken for granted."""
    rng = np.random.default_rng(4)
    image, spacing, penalty = rng.integers(0, 60, (3, 6, 7)), (4.0, 1.0, 2.0), 3.0
    seeds = np.zeros(image.shape, np.uint8)
    places = {1: (0, 0, 0), 2: (2, 5, 6), 3: (1, 3, 0)}
    for value, at in places.items():
        seeds[at] = value
    steps = [by for by in itertools.product((-1, 0, 1), repeat=3) if any(by)]
    ways = {}
    for value, start in places.items():
        cost = np.full(image.shape, np.inf)
        cost[start] = 0
        for _ in range(60):
            for by in steps:
                length = math.hypot(*(part * mm for part, mm in zip(by, spacing, strict=True)))
                to = tuple(slice(max(part, 0), size + min(part, 0)) for part, size in zip(by, image.shape, strict=True))
                of = tuple(
                    slice(max(-part, 0), size + min(-part, 0)) for part, size in zip(by, image.shape, strict=True)
                )
                reached = cost[of] + np.abs(image[to] - image[of]) + penalty * length
                cost[to] = np.minimum(cost[to], reached)
        ways[value] = cost
    found = grow(image.astype(np.int16), seeds, spacing, penalty=penalty, passes=0)
    least = np.min(list(ways.values()), axis=0)
    taken = np.choose(found - 1, [ways[1], ways[2], ways[3]])
    assert np.all(taken <= least + 0.5)  # lengths are counted in sixteenths of an intensity
    assert len(np.unique(found)) == 3


def test_a_flat_image_is_divided_by_distance() -> None:
    seeds = drawn("1.......2")
    assert shown(grow(np.zeros(seeds.shape, np.int16), seeds, ONE)) == ["111112222"]


def test_an_edge_stops_a_label() -> None:
    image = drawn("000999999", "000999999", "000999999").astype(np.int16) * 20
    seeds = drawn("1........", "........2", ".........")
    assert shown(grow(image, seeds, ONE)) == ["111222222"] * 3


def test_a_penalty_keeps_labels_near_their_seeds() -> None:
    """Along the bright bar label 1 comes at no cost up to its end; with a penalty, label 2 is nearer there."""
    image = drawn("111111111111", "000000000000").astype(np.int16) * 5
    seeds = drawn("1...........", "...........2")
    assert shown(grow(image, seeds, ONE, passes=0)) == ["1" * 12, "2" * 12]
    assert shown(grow(image, seeds, ONE, passes=0, penalty=1.0))[0] == "111111111222"


def test_closed_voxels_are_neither_entered_nor_crossed() -> None:
    seeds, closed = drawn("1...", "....", "...2", "...."), np.zeros((1, 4, 4), np.bool_)
    closed[0, 1] = True
    image = np.zeros(seeds.shape, np.int16)
    assert shown(grow(image, seeds, ONE, closed=closed)) == ["1111", "....", "2222", "2222"]
    closed[0, 2:] = True
    assert shown(grow(image, seeds, ONE, closed=closed)) == ["1111", "....", "....", "...."]


@pytest.mark.parametrize("shape", [(1, 1, 7), (1, 7, 1), (7, 1, 1), (1, 7, 7), (2, 7, 7), (7, 2, 2), (7, 7, 2)])
def test_thin_volumes_and_seeds_on_the_border_grow(shape: tuple[int, int, int]) -> None:
    """MITK refuses volumes of one or two voxels, and what lies only on the border does not grow there."""
    seeds = np.zeros(shape, np.uint8)
    seeds[0, 0, 0], seeds[-1, -1, -1] = 1, 2
    found = grow(np.zeros(shape, np.int16), seeds, ONE)
    assert set(np.unique(found)) == {1, 2}
    assert abs(int((found == 1).sum()) - int((found == 2).sum())) <= found.size // 5


def test_one_voxel_is_its_seed() -> None:
    assert grow(np.zeros((1, 1, 1), np.uint8), np.ones((1, 1, 1), np.uint8), ONE).tolist() == [[[1]]]


def test_automatic_background_keeps_one_label_to_its_object() -> None:
    image = np.zeros((14, 15, 16), np.int16)
    image[4:9, 5:10, 6:11] = 200
    seeds = np.zeros(image.shape, np.uint8)
    seeds[6, 7, 8] = 7
    growing = SeededGrowing(image, ONE, [7], margin_mm=4, background=True, passes=0)
    np.testing.assert_array_equal(growing.run(seeds) == 7, image > 0)
    assert growing.box == Limits((2, 3, 4), (11, 12, 13))


def test_automatic_background_without_room_is_refused() -> None:
    seeds = np.zeros((3, 4, 5), np.uint8)
    seeds[1, 1, 1] = 1
    with pytest.raises(ToolError, match="room around"):
        SeededGrowing(np.zeros(seeds.shape), ONE, [1], background=True).run(seeds)


def test_a_margin_is_in_mm_and_nothing_outside_is_labelled() -> None:
    seeds = np.zeros((9, 9, 9), np.uint8)
    seeds[4, 4, 4] = 2
    found = grow(np.zeros(seeds.shape, np.int16), seeds, (3.0, 1.0, 2.0), margin_mm=3.0)
    assert np.count_nonzero(found) == 3 * 7 * 5
    assert found[3:6, 1:8, 2:7].all()


def test_a_box_bounds_the_growth() -> None:
    seeds = np.zeros((3, 5, 5), np.uint8)
    seeds[1, 2, 2], seeds[0, 0, 0] = 1, 2
    found = grow(np.zeros(seeds.shape, np.int16), seeds, ONE, box=Limits((1, 1, 1), (3, 4, 5)))
    assert found[1:3, 1:4, 1:5].tolist() == np.ones((2, 3, 4)).tolist()
    assert np.count_nonzero(found) == 24


def test_voxels_that_are_no_number_get_no_label() -> None:
    image = np.zeros((1, 3, 5), np.float32)
    image[0, :, 2] = np.nan, np.inf, -np.inf
    seeds = drawn("1....", "..2..", "....3")
    assert shown(grow(image, seeds, ONE, passes=2)) == ["11.33", "11.33", "11.33"]


def test_a_few_extreme_values_do_not_use_up_the_levels() -> None:
    rng = np.random.default_rng(0)
    image = np.where(np.arange(40) < 20, 0.2, 0.8)[np.newaxis, np.newaxis].repeat(40, 1).repeat(5, 0)
    image += rng.normal(0, 0.01, image.shape)
    seeds = np.zeros(image.shape, np.uint8)
    seeds[:, 20, 3], seeds[:, 20, 36] = 1, 2
    expected = np.where(np.arange(40) < 20, 1, 2)
    image[0, 0, 0] = 1e7
    found = grow(image, seeds, ONE)
    assert np.mean(found[1:] == expected) > 0.999


def test_values_of_16_bits_and_thousands_of_labels() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 4000, (6, 12, 40)).astype(np.uint16)
    seeds = np.zeros(image.size, np.uint16)
    places = rng.choice(image.size, 1000, replace=False)
    seeds[places] = np.arange(1000) * 65 + 535
    found = grow(image, seeds.reshape(image.shape), ONE)
    assert (found > 0).all()
    np.testing.assert_array_equal(found.reshape(-1)[places], seeds[places])


def test_labels_that_seeds_cannot_hold_do_no_harm() -> None:
    seeds = drawn("1..2")
    found = SeededGrowing(np.zeros(seeds.shape), ONE, [1, 2, 300, *range(400, 700)]).run(seeds)
    assert shown(found) == ["1122"]


def test_ways_too_long_for_32_bits_are_followed_to_their_end() -> None:
    """16,000 labels leave 14 bits for the distance: the corridor is far longer."""
    image, seeds, closed = labyrinth((3, 9, 21), brightest=4000)
    seeds = seeds.astype(np.uint16)
    growing = SeededGrowing(image, ONE, range(1, 16001), closed=closed, passes=0)
    assert (growing.run(seeds)[~closed] == 1).all()
    erased, two = np.zeros_like(seeds), seeds.copy()
    erased[2, 0, 0] = 2
    two[2, 0, 0] = 2
    graph = graph_of(image, ONE, 16001, closed, whole=True)
    for changed in (two, erased, seeds, two):
        np.testing.assert_array_equal(growing.run(changed), dijkstra(graph, changed))
        assert growing.incremental


def test_the_bucket_queue_finds_what_sweeps_find() -> None:
    from MultiLabelSegLib.ops.growing_compiled import CompiledGrowing

    for number in range(4):
        image, seeds, closed = random_case(number)
        graph = graph_of(image, (2.0, 1.0, 1.0), 4, closed, whole=True)
        rows, table = np.argwhere(np.ones(seeds.shape[:2])), np.arange(8, dtype=np.uint8)
        ids = np.where(closed, 0, seeds).reshape(-1, seeds.shape[2]).astype(np.uint8)
        expected = dijkstra(graph, np.where(closed, 0, seeds))
        for sweeps in (0, 1, 2, 48):
            growing = CompiledGrowing(graph, table)
            for part in (ids, np.where(ids == 2, 0, ids).astype(np.uint8), ids):
                growing.exchange(rows, part)
                growing.grow(sweeps=sweeps)
            found = np.zeros_like(seeds)
            growing.read(found)
            np.testing.assert_array_equal(found, expected)


def test_the_numpy_path_keeps_keys_of_64_bits() -> None:
    graph = graph_of(np.zeros((1, 2, 3), np.int16), ONE, 2, np.array([[[False, True, False]] * 2]), whole=True)
    growing = PlainGrowing(graph, np.arange(4, dtype=np.uint8))
    growing.exchange(np.argwhere(np.ones((1, 2))), np.array([[1, 0, 0], [0, 0, 0]], np.uint8))
    growing.grow()
    assert (growing._key[1:-1, 1:-1, 2:4] == FAR).all()


def test_a_labyrinth_of_4_million_voxels_takes_less_than_ten_seconds(kernels: str) -> None:
    if kernels == "never":
        pytest.skip("the numpy path is slow in labyrinths, as documented")
    image, seeds, closed = labyrinth((63, 257, 257), brightest=2000)
    growing = SeededGrowing(image, ONE, [1, 2], closed=closed, passes=0)
    began = time.process_time()
    found = growing.run(seeds)
    assert time.process_time() - began < 10
    assert (found[~closed] == 1).all()
    two = seeds.copy()
    two[62, 0, 0] = 2
    began = time.process_time()
    found = growing.run(two)
    assert time.process_time() - began < 10
    assert growing.incremental
    assert found[62, 0, 1] == 2
    assert found[0, 0, 1] == 1


class Stop(Exception):
    pass


def test_what_progress_raises_ends_the_run_and_the_next_one_starts_anew() -> None:
    image, seeds, _ = random_case(0)
    growing = SeededGrowing(image, ONE, [1, 2, 3])
    first = growing.run(seeds)
    kept = first.copy()
    other = np.roll(seeds, 3, axis=2)

    def stop(done: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        growing.run(other, stop)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(growing.run(other), grow(image, other, ONE))
    assert not growing.incremental


def test_progress_is_told_as_a_rising_fraction() -> None:
    image, seeds, _ = random_case(0)
    told: list[float] = []
    grow(image, seeds, ONE, progress=told.append)
    assert told
    assert all(0 <= done <= 1 for done in told)
    assert told == sorted(told)


SEEDS = np.ones((2, 3, 4), np.uint8)
IMAGE = np.zeros((2, 3, 4), np.int16)


@pytest.mark.parametrize(
    ("arguments", "options", "seeds", "message"),
    [
        ((IMAGE[0], ONE, [1]), {}, SEEDS, "image of scalars"),
        ((IMAGE.astype(complex), ONE, [1]), {}, SEEDS, "image of scalars"),
        ((IMAGE, (1.0, 0.0, 1.0), [1]), {}, SEEDS, "spacing"),
        ((IMAGE, ONE, []), {}, SEEDS, "labels"),
        ((IMAGE, ONE, [70000]), {}, SEEDS, "labels"),
        ((IMAGE, ONE, range(1, 20000)), {}, SEEDS, "labels at once"),
        ((IMAGE, ONE, [1]), {"closed": np.zeros((2, 3, 3), np.bool_)}, SEEDS, "mask of shape"),
        ((IMAGE, ONE, [1]), {"box": Limits((0, 0, 0), (2, 3, 5))}, SEEDS, "region of interest"),
        ((IMAGE, ONE, [1]), {"box": Limits((0, 2, 0), (2, 2, 4))}, SEEDS, "region of interest"),
        ((IMAGE, ONE, [2]), {}, SEEDS, "no seeds"),
        ((IMAGE, ONE, [1]), {}, SEEDS.astype(np.int32), "uint8 or uint16"),
        ((IMAGE, ONE, [1]), {}, SEEDS[:1], "of shape"),
        ((np.full(IMAGE.shape, np.nan), ONE, [1]), {}, SEEDS, "no finite number"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple, options: dict, seeds: np.ndarray, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        SeededGrowing(*arguments, **options).run(seeds)
