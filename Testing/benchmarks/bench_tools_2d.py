"""The 2D tools beside their goals, and beside plain numpy, scipy and SimpleITK doing the bare pixels.

    python Testing/benchmarks/bench_tools_2d.py

Prints medians in CPU time, and what the wall clock said. Ours run as a user runs them: parameters checked, locks
asked, the undo record kept, the index of labels and listeners told; the peers only work on an array. Compile the
kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import ORGANS, SPACINGS, load  # noqa: E402

from MultiLabelSegLib.compiled import use_kernels  # noqa: E402
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.edit import History  # noqa: E402
from MultiLabelSegLib.ops.contour import fill_polygon  # noqa: E402
from MultiLabelSegLib.ops.live_wire import Wires, cost_map  # noqa: E402
from MultiLabelSegLib.tools.base import Scene  # noqa: E402
from MultiLabelSegLib.tools.contour import Add  # noqa: E402
from MultiLabelSegLib.tools.fill import Close, Erase, Fill  # noqa: E402
from MultiLabelSegLib.tools.paint import Paint  # noqa: E402
from MultiLabelSegLib.tools.region_growing import RegionGrowing  # noqa: E402

#: what the issue asks for, in milliseconds
GOALS = {
    "paint dab of 10 px": 0.1,
    "fill": 5.0,
    "erase": 5.0,
    "close": 5.0,
    "region growing, a drag step": 10.0,
    "live wire segment": 30.0,
}


def measured(jobs: list[Callable[[], object]], rounds: int = 3) -> tuple[float, float]:
    """Median milliseconds of the jobs: CPU, wall."""
    cpu, wall = [], []
    for _ in range(rounds):
        for job in jobs:
            began, began_wall = time.process_time_ns(), time.perf_counter_ns()
            job()
            cpu.append((time.process_time_ns() - began) / 1e6)
            wall.append((time.perf_counter_ns() - began_wall) / 1e6)
    return statistics.median(cpu), statistics.median(wall)


def show(title: str, found: tuple[float, float], peers: dict[str, tuple[float, float]] | None = None) -> None:
    """One line a job: CPU and wall time, the goal, and the peers as multiples of ours."""
    cpu, wall = found
    line = f"{title:>32}: {cpu:8.3f} ms CPU, {wall:8.3f} ms wall"
    goal = GOALS.get(title)
    if goal is not None:
        line += f"; goal {goal:g} ms" + ("" if cpu <= goal else "  MISSED")
    for name, (theirs, _) in (peers or {}).items():
        line += f"; {name} {theirs:.3f} ms = {theirs / cpu:.1f} x ours"
    print(line)


def a_document() -> Scene:
    """The big case: 104 organs, every third unlocked, its CT."""
    organs, ct = load("big", "organs"), load("big", "ct")
    labels = [Label(value, f"organ {value}", locked=value % 3 != 0) for value in range(1, ORGANS + 1)]
    geometry = Geometry.from_parts(organs.shape, SPACINGS["big"])
    made = Segmentation(geometry, [Group(organs.copy(), labels)])
    made.groups[0].present_values()
    return Scene(made, Image(ct, geometry), 5)


def bench_paint(scene: Scene) -> None:
    """A thousand dabs at random places, and one stroke of a hundred points."""
    history = History(scene.segmentation)
    depth, height, width = scene.geometry.shape
    places = np.random.default_rng(0).integers((8, 8, 0), (width - 8, height - 8, depth), (1000, 3)).tolist()

    def dab(place: list[int]) -> None:
        history.do(Paint(stroke_ijk=(tuple(place),), diameter=10).propose(scene).command(scene.segmentation))

    show("paint dab of 10 px", measured([lambda place=place: dab(place) for place in places]))
    angle = np.linspace(0, 2 * np.pi, 100)
    ring = tuple((256 + 150 * x, 256 + 150 * y, 100.0) for x, y in zip(np.cos(angle), np.sin(angle), strict=True))
    stroke = Paint(stroke_ijk=ring, diameter=10)
    show("stroke of 100 points", measured([lambda: history.do(stroke.propose(scene).command(scene.segmentation))], 9))
    while history.can_undo:
        history.undo()


def bench_regions(scene: Scene) -> None:
    """Fill, erase and close where an unlocked organ fills a large part of the slice."""
    import SimpleITK as sitk
    from scipy import ndimage

    segmentation, history = scene.segmentation, History(scene.segmentation)
    k = 150
    values = scene.values()[k].copy()
    unlocked = [value for value in range(3, ORGANS + 1, 3) if (values == value).any()]
    largest = max(unlocked, key=lambda value: int((values == value).sum()))
    row, column = np.argwhere(values == largest)[100].tolist()
    point = (float(column), float(row), float(k))
    background = tuple(float(place) for place in (*np.argwhere(values == 0)[0][::-1].tolist(), k))

    def run(tool: object) -> Callable[[], object]:
        def job() -> None:
            history.do(tool.propose(scene).command(segmentation))
            while history.can_undo:
                history.undo()

        return job

    image = sitk.GetImageFromArray(values)
    peers = {
        "scipy label": measured([lambda: ndimage.label(values == largest)], 9),
        "SimpleITK ConnectedThreshold": measured(
            [lambda: sitk.ConnectedThreshold(image, [(column, row)], largest, largest, 1)], 9
        ),
    }
    show("fill", measured([run(Fill(point_ijk=point))], 15), peers)
    show("fill of the background", measured([run(Fill(point_ijk=background))], 15))
    show("erase", measured([run(Erase(point_ijk=point))], 15))
    show("erase of the whole slice", measured([run(Erase(point_ijk=background, background=True))], 15))
    holes = {"scipy fill_holes": measured([lambda: ndimage.binary_fill_holes(values == largest)], 9)}
    show("close", measured([run(Close(point_ijk=point))], 15), holes)


def bench_contour(scene: Scene) -> None:
    """A wavy contour of 400 points around most of the slice."""
    from PIL import Image as Picture
    from PIL import ImageDraw

    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    radius = 230 * (1 + 0.05 * np.sin(9 * angle))
    polygon = np.stack((256 + radius * np.cos(angle), 256 + radius * np.sin(angle)), axis=1)

    def pillow() -> None:
        picture = Picture.new("L", (512, 512))
        ImageDraw.Draw(picture).polygon([tuple(point) for point in polygon.tolist()], fill=1)
        np.asarray(picture)

    show(
        "polygon of 400 points",
        measured([lambda: fill_polygon(polygon, (512, 512))], 15),
        {"Pillow": measured([pillow], 15)},
    )
    history = History(scene.segmentation)
    add = Add(contour_ijk=tuple((x, y, 100.0) for x, y in polygon.tolist()))
    show("add with this contour", measured([lambda: history.do(add.propose(scene).command(scene.segmentation))], 9))
    while history.can_undo:
        history.undo()


def bench_growing(scene: Scene) -> None:
    """Drag steps of region growing over a slice of noise, smoothed and with holes filled."""
    import SimpleITK as sitk

    k = 150
    values, pixels = scene.values()[k], scene.pixels()[k]
    largest = int(np.bincount(values.reshape(-1))[1:].argmax()) + 1
    row, column = np.argwhere(values == largest)[200].tolist()
    steps = [
        RegionGrowing(
            point_ijk=(float(column), float(row), float(k)), level_lower=-160.0, level_upper=240.0, dy=float(dy)
        )
        for dy in range(0, 200, 10)
    ]
    sizes = [int(step.region(scene)[1].sum()) for step in steps]
    lower, upper = steps[-1].window(pixels, (row, column))
    image = sitk.GetImageFromArray(pixels)

    def itk() -> None:
        grown = sitk.ConnectedThreshold(image, [(column, row)], float(lower), float(upper))
        sitk.BinaryFillhole(sitk.BinaryMedian(grown, [2, 2]))

    print(f"    regions of {min(sizes)} to {max(sizes)} pixels")
    show("region growing, a drag step", measured([lambda step=step: step.region(scene) for step in steps]))
    show("the largest region", measured([lambda: steps[-1].region(scene)], 9), {"SimpleITK": measured([itk], 9)})


def bench_live_wire(scene: Scene) -> None:
    """Segments between random points of a slice; the map of costs is made before."""
    from scipy.sparse.csgraph import dijkstra  # noqa: F401  so that importing it does not count

    pixels = scene.pixels()[150]
    show("live wire, costs of a slice", measured([lambda: cost_map(pixels, (0.8, 0.8))], 5))
    costs = cost_map(pixels, (0.8, 0.8))
    print(f"    compiled search: {use_kernels(pixels.size * 32)}")
    rng = np.random.default_rng(1)
    ends = rng.integers(60, 450, (20, 2))
    reach = rng.integers(-60, 61, (20, 2))
    near = [(tuple(one), tuple(one + by)) for one, by in zip(ends.tolist(), reach, strict=True)]
    Wires(costs, (5, 5)).way_to((9, 9))
    show("live wire segment", measured([lambda a=a, b=b: Wires(costs, a).way_to(b) for a, b in near]))
    far = [lambda: Wires(costs, (0, 0)).way_to((511, 511)), lambda: Wires(costs, (511, 0)).way_to((0, 511))]
    show("from corner to corner", measured(far, 5))


def main() -> None:
    """All of it, on the big case (512 x 512 x 300)."""
    scene = a_document()
    bench_paint(scene)
    bench_regions(scene)
    bench_contour(scene)
    bench_growing(scene)
    bench_live_wire(scene)


if __name__ == "__main__":
    main()
