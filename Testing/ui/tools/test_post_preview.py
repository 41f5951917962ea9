"""Post-processing as tools with a preview: what labels gain and lose is seen and counted before it is confirmed."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.tools.catalog import tool_class
from MultiLabelSegLib.ui.tools.entries import TABS
from MultiLabelSegLib.ui.tools.preview_draft import GONE
from Testing.properties.documents import check_invariants, snapshot
from Testing.ui.tools.cases import KIDNEY, LIVER, SHAPE, SPLEEN, Desk


def a_frame() -> np.ndarray:
    """A block with a hole and a speck; one that is locked beside it, one that is not."""
    frame = np.zeros(SHAPE, np.uint8)
    frame[3:8, 5:12, 5:12] = LIVER
    frame[5, 8, 8] = 0
    frame[10, 17, 22] = LIVER
    frame[3:8, 12:15, 5:12] = KIDNEY
    frame[3:8, 5:12, 12:15] = SPLEEN
    return frame


@pytest.mark.parametrize("tool", TABS["post"])
def test_the_preview_shows_and_confirming_writes_what_the_tool_does(tool: str) -> None:
    desk, plain = Desk(a_frame()), Desk(a_frame())
    before = snapshot(desk.document)
    given = {"labels": (LIVER, SPLEEN)} if tool in ("union", "intersection", "difference") else {}
    made = tool_class(tool)(**given, **({"margin_mm": 5.0} if tool == "margin" else {}))
    expected = made.propose(plain.presenter.session.scene()).command(plain.document)
    plain.history.do(expected)
    desk.tools.toggle(tool)
    for name, value in given.items():
        desk.tools.set_option(name, value)
    desk.tools.propose()
    desk.settle()
    state = desk.tools.preview
    assert state.reason == ""
    assert snapshot(desk.document) == before
    assert state.written == expected.resolution.written
    assert dict(state.protected) == dict(expected.resolution.protected)
    new, old = plain.values, a_frame()
    lost = {value: int(((old == value) & (new != value)).sum()) for value in (LIVER, SPLEEN, KIDNEY)}
    assert dict(state.removed) == {value: count for value, count in lost.items() if count}
    shown = np.zeros(SHAPE, bool)
    gone = np.zeros(SHAPE, bool)
    for index in range(SHAPE[0]):
        for patch in desk.tools.feedback("axial", "axial", index).patches:
            shown[patch.box.slices] |= patch.values > 0
            (red,) = [value for value, color in patch.colors.items() if color == GONE] or [0]
            gone[patch.box.slices] |= (patch.values == red) & (red > 0)
    if len(plain.document.groups) == len(desk.document.groups):
        np.testing.assert_array_equal(shown, new != old)
        np.testing.assert_array_equal(gone, (new == 0) & (old > 0))
    desk.tools.confirm()
    np.testing.assert_array_equal(desk.values, new)
    assert desk.document.values == plain.document.values
    check_invariants(desk.document)
    while desk.history.can_undo:
        desk.history.undo()
    assert snapshot(desk.document) == before


@pytest.mark.parametrize("tool", TABS["post"])
def test_every_option_of_post_processing_is_a_field(tool: str) -> None:
    desk = Desk(a_frame())
    desk.tools.toggle(tool)
    fields = {field.name: field for field in desk.tools.fields()}
    assert fields["labels"].value == (LIVER,)
    assert all(field.title and field.help for field in fields.values())
    for name, field in fields.items():
        desk.tools.set_option(name, field.value)
    with pytest.raises(OptionError):
        desk.tools.set_confirm("merge", "replace")


def test_a_change_meanwhile_is_taken_in_when_it_is_confirmed() -> None:
    desk = Desk(a_frame())
    desk.tools.toggle("fill_holes")
    desk.tools.propose()
    desk.settle()
    assert desk.tools.preview.written == 1
    desk.presenter.labels.erase([LIVER])
    assert desk.tools.preview.outdated
    desk.tools.confirm()
    assert not (desk.values == LIVER).any()


def test_a_tool_that_needs_two_labels_says_so() -> None:
    desk = Desk(a_frame())
    desk.tools.toggle("union")
    desk.tools.propose()
    desk.settle()
    assert desk.tools.preview.reason
    with pytest.raises(ToolError):
        desk.tools.confirm()
