"""The tools in 3D+t, and on a real anisotropic CT by mouse in axial and sagittal slices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Image
from MultiLabelSegLib.datasets.demo import sample_image
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.tools.slices import Plane, SliceOf
from MultiLabelSegLib.ui.topics import Topic
from Testing.properties.documents import check_invariants, snapshot
from Testing.tools.slice_cases import GOLDEN
from Testing.ui.tools.cases import LIVER, SHAPE, Desk, flipped_geometry, ramp


def a_dynamic_desk(image: np.ndarray | None = None) -> Desk:
    """Three frames, each with another image."""
    desk = Desk(time_steps=3)
    if image is not None:
        desk.presenter.session.image = Image(image, flipped_geometry(time_steps=3))
    return desk


def go_to(desk: Desk, t: int) -> None:
    """Another frame, as the slider does it."""
    desk.presenter.session.image_t = t
    desk.presenter._emit(Topic.FRAME)


def test_a_stroke_goes_to_the_frame_that_is_shown_and_ends_when_another_is() -> None:
    desk = a_dynamic_desk()
    desk.tools.toggle("paint")
    go_to(desk, 2)
    desk.press("axial", 4, (5, 5))
    go_to(desk, 1)
    assert not desk.tools.is_drawing
    desk.move("axial", 4, (15, 5))
    desk.release("axial", 4, (15, 5))
    found = desk.document.groups[0].array
    assert [int(frame.any()) for frame in found] == [0, 0, 1]
    assert not found[2, 4, 5, 15]


def test_a_threshold_follows_the_frame_and_all_frames_are_written_when_asked() -> None:
    images = np.stack([ramp(), np.roll(ramp(), 2, axis=2), np.zeros(SHAPE, np.int16)])
    desk = a_dynamic_desk(images)
    before = snapshot(desk.document)
    desk.tools.toggle("threshold")
    assert {field.name for field in desk.tools.fields()} == {"lower", "frames"}
    go_to(desk, 1)
    desk.settle()
    patch = desk.tools.feedback("axial", "axial", 5).patches[0]
    np.testing.assert_array_equal(patch.values[0] > 0, images[1, 5] >= 101)
    desk.tools.set_option("frames", "all")
    desk.settle()
    desk.tools.set_confirm("frames", "all")
    desk.settle()
    assert desk.tools.preview.written == 2 * 840
    desk.tools.confirm()
    np.testing.assert_array_equal(desk.document.groups[0].array == LIVER, images >= 101)
    desk.history.undo()
    assert snapshot(desk.document) == before


def test_interpolation_and_hover_look_at_the_frame_that_is_shown() -> None:
    desk = a_dynamic_desk()
    desk.tools.toggle("paint")
    box = desk.presenter.interpolation
    box.set_mode("2d")
    go_to(desk, 1)
    desk.click("axial", 3, (12, 9))
    desk.click("axial", 7, (12, 9))
    assert box.key_slices("axial") == (3, 7)
    assert desk.presenter.hover.text() == "Liver [1]"
    go_to(desk, 0)
    assert box.key_slices("axial") == ()
    assert desk.presenter.hover.text() == ""
    go_to(desk, 1)
    box.confirm_all("axial")
    assert desk.document.groups[0].array[1, 5].any()
    assert not desk.document.groups[0].array[[0, 2]].any()


class Chest(Desk):
    """The chest CT (34 x 128 x 128 voxels of 3.05 x 3.05 x 10 mm) with its segmentation; "tissue" is active."""

    def __init__(self) -> None:
        super().__init__()
        self.document = mls.read(GOLDEN / "Segmentation.seg.nrrd")
        self.presenter.session.image = read_image(sample_image())
        self.presenter.session.add_document(self.document, "chest")
        self.label = self.document.label("tissue").value
        self.presenter.session.activate(self.label)
        self.group = self.document.group_index_of(self.label)

    @property
    def values(self) -> np.ndarray:
        """The values of the active label's group."""
        return self.document.groups[self.group].array[0]


WAYS: dict[str, Any] = {
    "paint": [(40, 15), (60, 18), (80, 12)],
    "wipe": [(40, 15), (60, 18), (80, 12)],
    "add": [(40, 8), (70, 8), (70, 25), (40, 25)],
    "subtract": [(20, 5), (100, 5), (100, 28), (20, 28)],
    "region_growing": [(64, 16), (64, 16.2)],
    "fill": [(64, 16)],
    "erase": [(64, 16)],
    "close": [(64, 16)],
}


@pytest.mark.parametrize("plane", ["axial", "sagittal"])
@pytest.mark.parametrize("tool", WAYS)
def test_each_tool_on_the_chest_ct_changes_its_slice_alone_and_is_undone(tool: str, plane: Plane) -> None:
    desk = Chest()
    before, old = snapshot(desk.document), desk.values.copy()
    index = 17 if plane == "axial" else 60
    way = [(64, 64)] if plane == "axial" and tool in ("fill", "erase", "close") else WAYS[tool]
    desk.tools.toggle(tool)
    desk.drag(plane, index, way)
    check_invariants(desk.document)
    where = SliceOf(desk.document.geometry, plane, index)
    changed = desk.values != old
    here = np.zeros_like(changed)
    where.take(here)[...] = True
    assert not changed[~here].any()
    for label in desk.document.groups[desk.group].labels:
        if label.locked and label.value != desk.label:
            np.testing.assert_array_equal(desk.values == label.value, old == label.value)
    if tool in ("paint", "add", "region_growing"):
        assert changed.any() or "protected" in desk.tools.note
    while desk.history.can_undo:
        desk.history.undo()
    assert snapshot(desk.document) == before


def test_otsu_on_the_chest_ct_splits_air_from_the_body() -> None:
    desk = Chest()
    desk.tools.toggle("otsu")
    desk.tools.propose()
    desk.settle()
    state = desk.tools.preview
    assert state.is_ready
    assert sum(item.voxels for item in state.labels) == desk.values.size
    desk.tools.set_confirm("labels", (2,))
    desk.settle()
    desk.tools.confirm()
    body = desk.document.label("Otsu 1").value
    image = desk.presenter.session.image
    assert image is not None
    assert image.array[0][desk.values == body].min() > image.array[0].min() + 300
