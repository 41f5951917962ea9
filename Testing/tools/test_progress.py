"""Progress of tools: it rises from 0 to 1, and cancelling at any point leaves the document as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.batch.recipe import recipe_from
from MultiLabelSegLib.batch.running import run_recipe
from MultiLabelSegLib.core import Image
from MultiLabelSegLib.formats.report import Cancelled
from MultiLabelSegLib.ops.progress import Rising, part_of, parts, told
from MultiLabelSegLib.tools.base import Draft, ImageResult, Preview, Scene, propose
from MultiLabelSegLib.tools.catalog import tool_class
from MultiLabelSegLib.tools.statistics import statistics
from MultiLabelSegLib.tools.surface import polygon_models

#: tools that may take long, with parameters that make them work on several labels or frames
LONG: list[tuple[str, dict[str, Any]]] = [
    ("smooth", {"method": "joint"}),
    ("smooth", {"method": "median", "labels": "all"}),
    ("smooth", {"method": "gaussian", "labels": "all"}),
    ("dilate", {"labels": "all", "radius": 2}),
    ("erode", {"labels": "all"}),
    ("open", {"labels": "all"}),
    ("close_morphology", {"labels": "all"}),
    ("fill_holes", {"labels": "all"}),
    ("margin", {"labels": "all", "margin_mm": 3.0}),
    ("hollow", {"labels": "all", "thickness_mm": 2.0}),
    ("hollow", {"labels": "all", "thickness_mm": 2.0, "into": "group"}),
    ("islands", {"labels": "all"}),
    ("islands", {"labels": "all", "mode": "split"}),
    ("interpolate_2d", {"labels": "all", "frames": "all"}),
    ("interpolate_3d", {"source": "slices", "plane": "axial"}),
    ("otsu", {"frames": "all"}),
    ("threshold", {"frames": "all"}),
    ("pick", {"point_ijk": [5, 5, 4], "frames": "all"}),
    ("grow_cut", {"frames": "all"}),
    ("resample", {"spacing": (2.0, 2.0, 2.0), "method": "smooth"}),
]


class Stopped(Exception):
    """What a caller raises to cancel."""


def a_scene() -> Scene:
    """Two frames of four touching blocks with gaps in every second slice, and an image."""
    array = np.zeros((2, 9, 20, 22), np.uint8)
    for value in range(1, 5):
        row, column = divmod(value - 1, 2)
        array[:, 1:8, 2 + 8 * row : 10 + 8 * row, 2 + 9 * column : 11 + 9 * column] = value
    array[:, 3:6:2, :, :] = 0
    geometry = Geometry.from_parts((9, 20, 22), (1.0, 1.0, 1.5), time_steps=2)
    pixels = (array.astype(np.int16) * 100) + np.random.default_rng(1).integers(0, 20, array.shape).astype(np.int16)
    labels = [Label(value, f"block {value}", locked=value == 4) for value in range(1, 5)]
    segmentation = Segmentation(geometry, [Group(array, labels)])
    return Scene(segmentation, Image(pixels, geometry), 1)


def state(segmentation: Segmentation) -> Any:
    groups = [(group.array.tobytes(), group.array.dtype, group.labels, group.name) for group in segmentation.groups]
    return groups, segmentation.geometry, dict(segmentation.extras)


def worked(name: str, given: dict[str, Any], scene: Scene, progress: Callable[[float], object]) -> Any:
    """The whole of a tool: what it proposes, and the command of it, each a half."""
    outcome = propose(tool_class(name)(**given), scene, part_of(progress, 0, 0.5))
    if isinstance(outcome, (Preview, ImageResult)):
        progress(1.0)
        return outcome
    assert isinstance(outcome, Draft)
    command = outcome.command(scene.segmentation, part_of(progress, 0.5, 1))
    progress(1.0)
    return command


@pytest.mark.parametrize(("name", "given"), LONG, ids=[f"{name}-{n}" for n, (name, _) in enumerate(LONG)])
def test_progress_rises_to_the_end_and_cancelling_anywhere_changes_nothing(name: str, given: dict[str, Any]) -> None:
    scene = a_scene()
    shares: list[float] = []
    worked(name, given, scene, shares.append)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert all(before <= after for before, after in zip(shares, shares[1:], strict=False))
    assert len(set(shares)) > 3, "it tells of the work between the beginning and the end"
    before = state(scene.segmentation)
    for limit in sorted({0.0, shares[1], shares[len(shares) // 2], shares[-2]}):

        def stop(done: float, limit: float = limit) -> None:
            if done >= limit:
                raise Stopped

        with pytest.raises(Stopped):
            worked(name, given, scene, stop)
        assert state(scene.segmentation) == before


@pytest.mark.parametrize(("name", "given"), LONG, ids=[f"{name}-{n}" for n, (name, _) in enumerate(LONG)])
def test_who_watches_gets_the_same_result(name: str, given: dict[str, Any]) -> None:
    scene = a_scene()
    tool = tool_class(name)(**given)
    watched, alone = propose(tool, scene, lambda done: None), tool.propose(scene)
    if isinstance(alone, Preview):
        assert isinstance(watched, Preview)
        assert watched.frames.keys() == alone.frames.keys()
        assert all(np.array_equal(watched.frames[t].region, frame.region) for t, frame in alone.frames.items())
        return
    assert isinstance(watched, Draft)
    assert isinstance(alone, Draft)
    one, other = watched.command(scene.segmentation, lambda done: None), alone.command(scene.segmentation)
    assert one.title == other.title
    assert one.resolution.written == other.resolution.written


def test_quick_tools_tell_the_beginning_and_the_end() -> None:
    shares: list[float] = []
    paint = tool_class("paint")(plane="axial", slice=2, stroke_ijk=((5, 5, 2),))
    propose(paint, a_scene(), shares.append)
    assert shares == [0.0, 1.0]


RECIPE = {
    "steps": [
        {"do": "dilate", "labels": "all", "radius": 1},
        {"do": "interpolate_2d", "labels": "all"},
        {"do": "add_label", "group": 0, "name": "More"},
        {"do": "smooth", "method": "joint", "labels": [1, 2, 3]},
        {"do": "otsu", "regions": 2, "confirm": {"into": "new", "frames": "all"}},
        {"do": "resample", "spacing": [2, 2, 2], "method": "smooth"},
    ]
}


def test_a_recipe_rises_to_the_end_and_names_its_steps() -> None:
    scene = a_scene()
    seen: list[tuple[float, str]] = []
    run_recipe(recipe_from(RECIPE), scene.segmentation, scene.image, lambda done, text: seen.append((done, text)))
    shares = [done for done, _ in seen]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1.0
    assert [text for text in dict.fromkeys(text for _, text in seen)] == [
        "dilate", "interpolate_2d", "add_label", "smooth", "otsu", "resample",
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["answer", "raise"])
@pytest.mark.parametrize("limit", [0.0, 0.1, 0.3, 0.55, 0.75, 0.9, 1.0])
def test_a_cancelled_recipe_leaves_the_document_byte_for_byte(limit: float, way: str) -> None:
    scene = a_scene()
    before = state(scene.segmentation)

    def stop(done: float, text: str) -> bool:
        del text
        if done >= limit and way == "raise":
            raise KeyboardInterrupt
        return done >= limit

    with pytest.raises(Cancelled if way == "answer" else KeyboardInterrupt):
        run_recipe(recipe_from(RECIPE), scene.segmentation, scene.image, stop)
    assert state(scene.segmentation) == before


@pytest.mark.parametrize("smoothing", [0, 16])
def test_surfaces_tell_their_progress_and_can_be_cancelled(smoothing: int) -> None:
    scene = a_scene()
    shares: list[float] = []
    models = polygon_models(scene.segmentation, smoothing=smoothing, decimation=0.3, progress=shares.append)
    assert len(models) == 4
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(set(shares)) > 4
    for limit in (0.0, 0.4, 0.9):

        def stop(done: float, limit: float = limit) -> None:
            if done >= limit:
                raise Stopped

        with pytest.raises(Stopped):
            polygon_models(scene.segmentation, smoothing=smoothing, decimation=0.3, progress=stop)


def test_statistics_tell_their_progress_and_can_be_cancelled() -> None:
    scene = a_scene()
    shares: list[float] = []
    table = statistics(scene.segmentation, scene.image, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) >= 2
    assert table == statistics(scene.segmentation, scene.image)

    def stop(done: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        statistics(scene.segmentation, scene.image, progress=stop)


def test_shares_of_parts_weigh_what_they_are_told_and_never_fall() -> None:
    shares: list[float] = []
    assert list(told("abc", shares.append, [1, 2, 1])) == ["a", "b", "c"]
    assert shares == [0.25, 0.75, 1.0]
    shares.clear()
    for _, part in parts("ab", shares.append):
        assert part is not None
        part(0.5)
    assert shares == [0.25, 0.5, 0.75, 1.0]
    assert part_of(None, 0, 1) is None
    assert list(parts([1], None)) == [(1, None)]
    shares.clear()
    rising = Rising(shares.append)
    for share in (0.5, 0.2, 0.5, 2.0, -1.0):
        rising(share)
    assert shares == [0.5, 1.0]


def test_a_cancelled_growing_begins_anew() -> None:
    scene, tool = a_scene(), tool_class("grow_cut")()

    def stop(done: float) -> None:
        if done > 0:
            raise Stopped

    with pytest.raises(Stopped):
        propose(tool, scene, stop)
    again, other = tool.propose(scene), tool.propose(replace(scene))
    assert np.array_equal(again.frames[0].region, other.frames[0].region)
