"""Labels under the mouse, and choosing one of them."""

from __future__ import annotations

import numpy as np

from MultiLabelSegLib.ui.topics import Topic
from Testing.ui.tools.cases import KIDNEY, LIVER, SHAPE, TUMOUR, Desk


def a_desk() -> Desk:
    """A kidney everywhere in the first group, and a value without a label; the tumour lies over part of it."""
    frame = np.full(SHAPE, KIDNEY, np.uint8)
    frame[6, 6, 6] = 77
    return Desk(frame)


def test_every_label_at_the_voxel_is_named_with_value_group_and_lock() -> None:
    hover = a_desk().presenter.hover
    kidney, tumour = hover.at((3.4, 2.6, 2.4))
    assert (kidney.value, kidney.name, kidney.group, kidney.locked) == (KIDNEY, "Kidney", 0, True)
    assert (tumour.value, tumour.name, tumour.group, tumour.locked) == (TUMOUR, "Tumour", 1, False)
    (stray,) = hover.at((6, 6, 6))
    assert stray.name == "value 77 without a label"


def test_outside_of_the_image_there_is_nothing() -> None:
    hover = a_desk().presenter.hover
    for point in ((-0.6, 0, 0), (SHAPE[2] - 0.4, 0, 0), (0, 0, SHAPE[0]), (float("nan"), 0, 0)):
        assert hover.at(point) == ()
        assert hover.pick_label_at(point) is None


def test_picking_under_the_mouse_goes_through_the_groups() -> None:
    desk = a_desk()
    hover, session = desk.presenter.hover, desk.presenter.session
    assert session.active == LIVER
    desk.event("hover", "axial", 2, (3, 3))
    assert [hover.pick_label_at() for _ in range(3)] == [KIDNEY, TUMOUR, KIDNEY]
    assert session.active == KIDNEY
    assert hover.pick_label_at((6, 6, 6)) is None
    assert session.active == KIDNEY


def test_another_voxel_is_told_once_and_leaving_too() -> None:
    desk = a_desk()
    desk.event("hover", "axial", 2, (3, 3))
    desk.topics.clear()
    desk.event("hover", "axial", 2, (3.3, 3.2))
    assert not desk.told(Topic.HOVER)
    desk.event("hover", "axial", 2, (4, 3))
    assert [each.values for each in desk.topics if each.topic is Topic.HOVER] == [(4, 3, 2)]
    assert desk.presenter.hover.text() == "Kidney [3], Tumour [9]"
    desk.event("leave", "axial", 2, (4, 3))
    assert desk.told(Topic.HOVER)
    assert desk.presenter.hover.text() == ""
