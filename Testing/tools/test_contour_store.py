"""The store of contours: every edit counts, undo and redo, labels that go, saving, other grids, bad extras."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import Command, History, PropertyChange
from MultiLabelSegLib.edit import operations as ops
from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.saving import write_segmentation
from MultiLabelSegLib.ops.iso_contours import iso_contours
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.contour_store import (
    KEY,
    ContourStore,
    do_with_contours,
    remove_contours,
    remove_labels,
    update_from_slice,
)
from MultiLabelSegLib.tools.paint import Paint, Wipe
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf


def document(*labels: Label, time_steps: int = 1, array: np.ndarray | None = None) -> Segmentation:
    geometry = Geometry.from_parts((10, 12, 14), (0.7, 0.8, 3.0), (5.0, -7.0, 11.0), time_steps=time_steps)
    made = labels or (Label(1, "a", locked=False), Label(2, "b", locked=False))
    voxels = np.zeros(geometry.full_shape, np.uint8) if array is None else array
    return Segmentation(geometry, [Group(voxels, made)])


def paint(history: History, label: int, plane: Plane, index: int, t: int = 0, wipe: bool = False) -> None:
    """A dab of 4 pixels in the middle of a slice."""
    scene = Scene(history.segmentation, label=label, t=t)
    point = [7.0, 6.0, 5.0]
    point[2 - PLANES.index(plane)] = index
    tool = (Wipe if wipe else Paint)(plane=plane, stroke_ijk=(tuple(point),), diameter=4)
    where = SliceOf(history.segmentation.geometry, plane, index)
    do_with_contours(history, scene, tool.propose(scene).command(history.segmentation), where)


def stored(segmentation: Segmentation) -> list[tuple[int, int, str, int | None]]:
    return [(each.label, each.t, each.plane, each.slice) for each in ContourStore.of(segmentation).contours]


def test_edits_add_replace_and_remove_the_contour_of_their_plane() -> None:
    segmentation = document()
    history = History(segmentation)
    for plane, index in (("axial", 3), ("axial", 6), ("coronal", 5), ("axial", 3)):
        paint(history, 1, plane, index)  # type: ignore[arg-type]
    assert sorted(stored(segmentation)) == [(1, 0, "axial", 3), (1, 0, "axial", 6), (1, 0, "coronal", 5)]
    paint(history, 1, "axial", 3, wipe=True)
    assert sorted(stored(segmentation)) == [(1, 0, "axial", 6), (1, 0, "coronal", 5)]


def test_an_edit_and_its_contour_are_one_step_and_undo_and_redo_are_exact() -> None:
    segmentation = document()
    history = History(segmentation)
    snapshots: list[tuple[str, bytes]] = []

    def snap() -> tuple[str, bytes]:
        return json.dumps(segmentation.extras, sort_keys=True), segmentation.groups[0].array.tobytes()

    for label, plane, index in ((1, "axial", 3), (1, "sagittal", 7), (2, "axial", 3), (2, "coronal", 6)):
        snapshots.append(snap())
        paint(history, label, plane, index)  # type: ignore[arg-type]
    last = snap()
    assert len(history.undo_titles) == 4
    for before in reversed(snapshots):
        history.undo()
        assert snap() == before
    while history.can_redo:
        history.redo()
    assert snap() == last


def test_a_label_that_loses_pixels_to_another_gets_its_contour_of_that_plane_corrected() -> None:
    segmentation = document()
    history = History(segmentation)
    paint(history, 1, "axial", 3)
    paint(history, 2, "axial", 3)
    assert stored(segmentation) == [(2, 0, "axial", 3)]
    history.undo()
    assert stored(segmentation) == [(1, 0, "axial", 3)]


def test_contours_are_those_of_the_slice_at_half_values() -> None:
    segmentation = document()
    history = History(segmentation)
    paint(history, 1, "sagittal", 7)
    (contour,) = ContourStore.of(segmentation).contours
    where = contour.where(segmentation.geometry)
    assert where is not None
    expected = iso_contours(where.take(segmentation.groups[0].array[0]) == 1)
    assert len(contour.polygons_ijk) == len(expected) == 1
    assert (contour.polygons_ijk[0][:, 0] == 7).all()
    assert np.array_equal(where.flattened(contour.polygons_ijk[0]), expected[0])
    assert contour.point_ijk == pytest.approx((7, 6.5, 5.5), abs=0.01)


def test_frames_and_labels_are_kept_apart_and_an_edit_that_changes_nothing_stores_nothing() -> None:
    segmentation = document(time_steps=2)
    history = History(segmentation)
    paint(history, 1, "axial", 3, t=0)
    paint(history, 1, "axial", 3, t=1)
    assert stored(segmentation) == [(1, 0, "axial", 3), (1, 1, "axial", 3)]
    store = ContourStore.of(segmentation)
    assert len(store.of_label(1)) == 2
    assert len(store.of_label(1, 1)) == 1
    assert store.of_label(2) == ()
    assert update_from_slice(Scene(segmentation, label=1), SliceOf(segmentation.geometry, "axial", 3)) is None


def test_removing_a_label_removes_its_contours_alone_and_undo_brings_them_back() -> None:
    segmentation = document()
    history = History(segmentation)
    paint(history, 1, "axial", 3)
    paint(history, 2, "axial", 6)
    history.do(remove_labels(segmentation, [2]))
    assert stored(segmentation) == [(1, 0, "axial", 3)]
    history.do(ops.add_label(segmentation, value=2))
    assert stored(segmentation) == [(1, 0, "axial", 3)]
    history.undo()
    history.undo()
    assert sorted(stored(segmentation)) == [(1, 0, "axial", 3), (2, 0, "axial", 6)]
    history.do(remove_labels(segmentation, [1, 2]))
    assert KEY not in segmentation.extras


def test_contours_of_a_label_removed_elsewhere_are_not_listed_and_are_back_after_undo() -> None:
    segmentation = document()
    history = History(segmentation)
    paint(history, 2, "axial", 6)
    history.do(ops.remove_labels(segmentation, 2))
    assert stored(segmentation) == []
    history.undo()
    assert stored(segmentation) == [(2, 0, "axial", 6)]


def test_single_contours_can_be_deleted_and_what_is_gone_is_refused() -> None:
    segmentation = document()
    history = History(segmentation)
    paint(history, 1, "axial", 3)
    paint(history, 1, "axial", 6)
    first = ContourStore.of(segmentation).contours[0]
    history.do(remove_contours(segmentation, [first]))
    assert stored(segmentation) == [(1, 0, "axial", 6)]
    assert segmentation.groups[0].array.any()
    with pytest.raises(ToolError, match="1 of 1 contours are not stored"):
        remove_contours(segmentation, [first])
    history.undo()
    assert len(stored(segmentation)) == 2


def test_contours_of_free_planes_replace_what_the_same_plane_had() -> None:
    segmentation = document()
    store = ContourStore.of(segmentation)
    square = np.array([[0, 0, 0], [4, 0, 4], [4, 4, 4], [0, 4, 0]], float) + segmentation.geometry.origin
    store = store.with_polygons(1, 0, [square])
    store = store.with_polygons(1, 0, [square * 1.0 + (0.01, 0, 0)])
    assert len(store.contours) == 1
    store = store.with_polygons(1, 0, [square + (2.0, 0, 0)])
    store = store.with_polygons(2, 0, [square])
    assert len(store.contours) == 3
    History(segmentation).do(store.command(segmentation, "Free contours"))
    (again, *_rest) = ContourStore.of(segmentation).contours
    assert again.polygons_lps(segmentation.geometry)[0] == pytest.approx(square + (0.01, 0, 0), abs=2e-3)


@pytest.mark.parametrize("name", ["saved.nrrd", "saved.seg.nrrd", "saved.nii.gz"])
def test_contours_are_saved_with_the_segmentation_and_work_resumes(tmp_path: Path, name: str) -> None:
    segmentation = document()
    history = History(segmentation)
    paint(history, 1, "axial", 3)
    paint(history, 2, "sagittal", 6)
    write_segmentation(segmentation, tmp_path / name)
    loaded = read_segmentation(tmp_path / name)
    assert stored(loaded) == stored(segmentation)
    for mine, theirs in zip(ContourStore.of(segmentation).contours, ContourStore.of(loaded).contours, strict=True):
        assert all(map(np.array_equal, mine.polygons_ijk, theirs.polygons_ijk))
    paint(History(loaded), 1, "axial", 5)
    assert (1, 0, "axial", 5) in stored(loaded)


def test_on_a_cropped_grid_contours_keep_their_place_and_their_slice() -> None:
    segmentation = document()
    history = History(segmentation)
    paint(history, 1, "axial", 3)
    paint(history, 1, "axial", 8)
    before = [each.polygons_lps(segmentation.geometry)[0] for each in ContourStore.of(segmentation).contours]
    part = segmentation.geometry.cropped((2, 1, 3), (4, 9, 9))
    crop = Segmentation(part, [Group(np.zeros(part.full_shape, np.uint8), segmentation.labels)])
    crop.extras.update(segmentation.extras)
    assert stored(crop) == [(1, 0, "axial", 1), (1, 0, "free", None)]
    after = [each.polygons_lps(part)[0] for each in ContourStore.of(crop).contours]
    assert all(np.allclose(mine, theirs) for mine, theirs in zip(before, after, strict=True))


def test_on_a_resampled_grid_contours_keep_their_place() -> None:
    segmentation = document()
    paint(History(segmentation), 1, "axial", 3)
    (before,) = ContourStore.of(segmentation).contours
    finer = Geometry.from_parts((30, 30, 30), (0.5, 0.5, 1.1), (4.0, -8.0, 10.0))
    other = Segmentation(finer, [Group(np.zeros(finer.full_shape, np.uint8), segmentation.labels)])
    other.extras.update(segmentation.extras)
    (after,) = ContourStore.of(other).contours
    assert after.plane == "free"
    assert after.polygons_lps(finer)[0] == pytest.approx(before.polygons_lps(segmentation.geometry)[0])


def test_other_extras_stay_as_they_are() -> None:
    segmentation = document()
    segmentation.extras["somebody"] = {"else": [1, 2]}
    history = History(segmentation)
    paint(history, 1, "axial", 3)
    assert segmentation.extras["somebody"] == {"else": [1, 2]}
    history.undo()
    assert segmentation.extras == {"somebody": {"else": [1, 2]}}


def good() -> dict[str, Any]:
    segmentation = document()
    paint(History(segmentation), 1, "axial", 3)
    found: dict[str, Any] = json.loads(json.dumps(segmentation.extras[KEY]))
    return found


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ((), [], "expected an object"),
        (("contours",), {}, "list 'contours'"),
        (("version",), 2, "version 2"),
        (("shape",), [1, 2], "no grid"),
        (("ijk_to_lps",), "1 2 x", "no grid"),
        (("contours", 0), 7, r"contours\[0\]: expected an object"),
        (("contours", 0, "label"), "1", r"contours\[0\]: 'label'"),
        (("contours", 0, "t"), -1, "'t'"),
        (("contours", 0, "plane"), "oblique", "'plane'"),
        (("contours", 0, "slice"), 1.5, "'slice'"),
        (("contours", 0, "polygons"), [], "'polygons'"),
        (("contours", 0, "polygons"), [3], "text of numbers"),
        (("contours", 0, "polygons"), ["1 2 3 4"], "three finite points"),
        (("contours", 0, "polygons"), ["1 2 3 4 nan 6"], "three finite points"),
    ],
)
def test_extras_that_cannot_be_understood_are_refused_by_the_place(
    path: tuple[Any, ...], value: Any, says: str
) -> None:
    segmentation, content = document(), {KEY: good()}
    at: Any = content
    keys = (KEY, *path)
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    History(segmentation).do(Command("Extras", (PropertyChange(None, "extras", content),)))
    with pytest.raises(ToolError, match=says):
        ContourStore.of(segmentation)


@given(
    arrays(np.bool_, (5, 6)),
    st.sampled_from(PLANES),
    st.integers(0, 4),
)
def test_any_slice_survives_the_extras(mask: np.ndarray, plane: Plane, index: int) -> None:
    sizes = {"axial": (5, 5, 6), "coronal": (5, 5, 6), "sagittal": (5, 6, 5)}
    geometry = Geometry.from_parts(sizes[plane], (1.0, 1.5, 2.0))
    segmentation = Segmentation(geometry, [Group(np.zeros(geometry.full_shape, np.uint8), [Label(3, "x")])])
    where = SliceOf(geometry, plane, index)
    store = ContourStore.of(segmentation).with_slice(3, 0, where, mask)
    segmentation.extras.update(json.loads(json.dumps({KEY: store.as_json()})))
    found = ContourStore.of(segmentation).contours
    assert len(found) == int(mask.any())
    for contour in found:
        expected = iso_contours(mask)
        assert all(map(np.array_equal, map(where.flattened, contour.polygons_ijk), expected))
        assert len(contour.polygons_ijk) == len(expected)
