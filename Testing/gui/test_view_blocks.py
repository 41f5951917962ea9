"""Slices taken several at once are those of the array, and never those of yesterday."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from MultiLabelSegLib.core import Box, Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import Command, History, Proposal, resolve
from MultiLabelSegLib.workbench import view_blocks
from MultiLabelSegLib.workbench.view_blocks import SliceBlock
from MultiLabelSegLib.workbench.view_geometry import ViewFrame, ViewGrid
from MultiLabelSegLib.workbench.view_labels import GroupPixels
from MultiLabelSegLib.workbench.view_sampling import Sampling
from Testing.gui.canvas_cases import GRIDS, Window, open_window

SHAPE = (6, 7, 41)


@pytest.fixture(autouse=True)
def _blocks_of_small_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_blocks, "WORTHWHILE", 0)


@given(
    st.sampled_from(["uint8", "uint16", "int16", "float32", "float64"]),
    st.integers(1, 70),
    st.lists(st.integers(0, 69), min_size=1, max_size=6),
)
def test_every_slice_of_a_block_is_that_of_the_array(dtype: str, wide: int, wanted: list[int]) -> None:
    frame = np.random.default_rng(wide).integers(0, 250, (5, 4, wide)).astype(dtype)
    block = SliceBlock()
    for at in wanted:
        at = min(at, wide - 1)
        assert np.array_equal(block.like_frame(frame, at, 1)[:, :, at], frame[:, :, at])
        found = block.slices(frame, at, 1)
        if found is None:
            assert wide * frame.itemsize < 16
            continue
        first, voxels = found
        assert np.array_equal(voxels, frame[:, :, first : first + voxels.shape[2]])
        assert voxels.shape[2] * frame.itemsize == 16


def test_a_block_is_taken_once_for_its_slices_and_again_when_the_stamp_says_so() -> None:
    frame = np.arange(5 * 4 * 32, dtype=np.uint8).reshape(5, 4, 32)
    block, former = SliceBlock(), frame.copy()
    assert np.array_equal(block.like_frame(frame, 3, 1)[:, :, 3], former[:, :, 3])
    frame += 1
    assert np.array_equal(block.like_frame(frame, 15, 1)[:, :, 15], former[:, :, 15])
    assert np.array_equal(block.like_frame(frame, 15, 2)[:, :, 15], frame[:, :, 15])
    block.clear()
    assert np.array_equal(block.like_frame(frame, 15, 2)[:, :, 15], frame[:, :, 15])


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((4, 5, 32, 3), np.uint8),
        np.zeros((4, 5, 64), np.uint8)[:, :, ::2],
        np.zeros((32, 5, 4), np.uint8).T,
        np.zeros((4, 5, 15), np.uint8),
    ],
    ids=["channels", "every other column", "not C-ordered", "narrow"],
)
def test_where_a_block_is_of_no_use_the_array_itself_is_taken(frame: NDArray[Any]) -> None:
    assert SliceBlock().slices(frame, 1, 1) is None
    assert SliceBlock().like_frame(frame, 1, 1) is frame


def a_document(frames: int = 1) -> Segmentation:
    array = np.random.default_rng(3).integers(0, 4, (frames, *SHAPE)).astype(np.uint8)
    labels = [Label(value, f"label {value}", (1.0, value / 4, 0.0), 1.0, locked=False) for value in (1, 2, 3)]
    return Segmentation(Geometry.from_parts(SHAPE, time_steps=frames), [Group(array, labels)])


def painted(document: Segmentation, history: History, value: int = 2) -> None:
    box = Box((1, 1, 3), (5, 6, 39))
    proposal = Proposal(0, np.ones(box.shape, np.uint8), {1: value}, box, unlocked=frozenset(document.values))
    history.do(Command("fill", resolve(document, proposal).patches))


def _replace(document: Segmentation, _history: History) -> None:
    document.replace_grid(document.geometry, [np.full(document.geometry.full_shape, 1, np.uint8)])


def _widen(document: Segmentation, history: History) -> None:
    document.set_label(0, Label(700, "wide", (0.0, 0.0, 1.0), 1.0))
    painted(document, history, 700)


def _write_by_hand(document: Segmentation, _history: History) -> None:
    document.groups[0].writable()[0, :, :, 5:30] = 3
    document.groups[0].index.invalidate()


EDITS: dict[str, Callable[[Segmentation, History], object]] = {
    "a command": lambda document, history: painted(document, history, 3),
    "undo": lambda _document, history: history.undo(),
    "redo": lambda _document, history: (history.undo(), history.redo()),
    "other arrays": _replace,
    "a wider type": _widen,
    "a direct write": _write_by_hand,
}


@pytest.mark.parametrize("is_scanned", [False, True], ids=["boxes unknown", "boxes known"])
@pytest.mark.parametrize("style", ["filled", "outlined", "both"])
@pytest.mark.parametrize("edit", EDITS)
def test_the_picture_is_right_after_every_kind_of_edit(edit: str, style: Any, is_scanned: bool) -> None:
    document = a_document()
    history, group = History(document), document.groups[0]
    if is_scanned:
        assert group.counts()
    painted(document, history)
    frame = ViewFrame(ViewGrid.of(document.geometry, "sagittal"), 20, 61, 47).fitted()
    sampling = Sampling.of(frame, 1.0)
    pixels = GroupPixels(group, style, 1.0)
    pixels.draw(sampling, 0)
    before = pixels.pixels.copy()
    EDITS[edit](document, history)
    fresh = GroupPixels(group, style, 1.0)
    fresh.inherit(pixels)  # as a view does that goes on with its memory
    for at in (20, 21, 5, 40):
        moved, expected = sampling.moved(frame.at_slice(at)), GroupPixels(group, style, 1.0)
        fresh.draw(moved, 0)
        expected.draw(moved, 0)
        assert np.array_equal(fresh.pixels, expected.pixels), at
        if at == 20 and edit != "redo":
            assert not np.array_equal(fresh.pixels, before)


def test_frames_of_a_moving_document_are_not_mixed_up() -> None:
    document = a_document(frames=2)
    sampling = Sampling.of(ViewFrame(ViewGrid.of(document.geometry, "sagittal"), 20, 61, 47).fitted(), 1.0)
    kept = GroupPixels(document.groups[0], "filled", 1.0)
    for t in (0, 1, 0):
        fresh = GroupPixels(document.groups[0], "filled", 1.0)
        kept.draw(sampling, t)
        fresh.draw(sampling, t)
        assert np.array_equal(kept.pixels, fresh.pixels)


# ---- the grey picture ------------------------------------------------------------------------------------------
@pytest.fixture(name="window", scope="module")
def _window() -> Any:
    pytest.importorskip("slicer")
    made = open_window()
    yield made
    made.close()


def an_image(name: str, dtype: str) -> Image:
    _, spacing, origin, direction = GRIDS[name]
    shape = (19, 23, 40)
    voxels = np.random.default_rng(5).integers(0, 255, shape).astype(dtype)
    return Image(voxels[np.newaxis], Geometry.from_parts(shape, spacing, origin, direction))


def shown_by(window: Window, image: Image) -> Any:
    """The view across i of a document on the image's grid."""
    geometry = image.geometry
    window.open(Segmentation(geometry, [Group(np.zeros(geometry.full_shape, np.uint8))]), image)
    return next(view for view in window.canvas.views if view.frame.grid.axis == 0)


def slices_read(view: Any) -> int:
    i0, i1, *_ = view.picture.logic.GetBackgroundLayer().GetReslice().GetInputDataObject(0, 0).GetExtent()
    return int(i1 - i0 + 1)


def pictures(view: Any) -> list[NDArray[np.uint8]]:
    found = []
    for at in (3, 4, 20, 0, 39):
        view.set_slice(at)
        view.picture.place(view.frame, 1.0)
        found.append(view.picture.pixels().copy())
    return found


@pytest.mark.slicer_core
@pytest.mark.qt
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
@pytest.mark.parametrize("name", GRIDS)
def test_slicers_picture_of_few_slices_is_that_of_the_whole_volume(
    window: Window, monkeypatch: pytest.MonkeyPatch, name: str, dtype: str
) -> None:
    view = shown_by(window, an_image(name, dtype))
    quick = pictures(view)
    assert slices_read(view) == 16 // np.dtype(dtype).itemsize
    monkeypatch.setattr(view_blocks, "WORTHWHILE", 2**40)
    plain = pictures(view)
    assert slices_read(view) == 40
    for one, other in zip(quick, plain, strict=True):
        assert np.array_equal(one, other)
        assert one[..., :3].any()


@pytest.mark.slicer_core
@pytest.mark.qt
def test_the_grey_picture_follows_the_volumes_voxels_and_another_volume(window: Window) -> None:
    from MultiLabelSegLib.host.mrml_grid import voxels_of
    from MultiLabelSegLib.host.mrml_images import set_volume

    image = an_image("plain", "int16")
    view = shown_by(window, image)
    first = pictures(view)[-1]
    volume = view.picture.volume
    voxels_of(volume.GetImageData())[...] = 250
    volume.GetImageData().GetPointData().GetScalars().Modified()
    second = view.picture.pixels().copy()
    assert not np.array_equal(first, second)
    inside = second[..., 3] > 0
    assert len(np.unique(second[inside][:, 0])) == 1
    set_volume(volume, an_image("plain", "uint8"))
    third = view.picture.pixels()
    assert len(np.unique(third[..., 0])) > 10
    assert slices_read(view) == 16


@pytest.mark.slicer_core
@pytest.mark.qt
def test_an_image_that_lies_askew_is_cut_from_all_of_its_voxels(window: Window) -> None:
    image = an_image("oblique", "uint8")
    geometry = Geometry.from_parts((19, 23, 40), (1.0, 1.0, 1.0), GRIDS["oblique"][2])
    window.open(Segmentation(geometry, [Group(np.zeros(geometry.full_shape, np.uint8))]), image)
    view = window.canvas.view("sagittal")
    pictures(view)
    assert slices_read(view) == 40
    turned = shown_by(window, image)
    pictures(turned)
    assert slices_read(turned) == 16
