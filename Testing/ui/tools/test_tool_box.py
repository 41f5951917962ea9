"""The tool box: one tool at a time, options as fields, remembered and checked."""

from __future__ import annotations

import pytest

from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.external.catalog import PROGRAM_TOOLS
from MultiLabelSegLib.ui.tools.entries import TABS, title_of
from MultiLabelSegLib.ui.tools.options import GIVEN, MASKING
from MultiLabelSegLib.ui.topics import Topic
from Testing.ui.tools.cases import KIDNEY, LIVER, SPLEEN, Desk, ramp

EVERY = [*TABS["2d"], *TABS["3d"]]


def test_buttons_toggle_and_exclude_each_other() -> None:
    desk = Desk(image=ramp())
    for name in EVERY:
        desk.tools.toggle(name)
        assert desk.told(Topic.TOOL)
        active = [each.name for tab in ("2d", "3d") for each in desk.tools.entries(tab) if each.active]
        assert active == [name] == [desk.tools.active]
        assert desk.tools.texts()[0] == title_of(name)
    desk.tools.toggle(EVERY[-1])
    assert desk.tools.active == ""
    assert desk.tools.texts() == ()


def test_every_tool_of_mitks_boxes_has_a_button() -> None:
    assert set(TABS["2d"]) == {
        "add", "subtract", "lasso", "fill", "erase", "close", "paint", "wipe", "region_growing", "live_wire"
    }  # fmt: skip
    assert set(TABS["3d"]) == {"threshold", "threshold_ul", "otsu", "grow_cut", "pick", *PROGRAM_TOOLS}


def test_without_label_or_document_tools_say_why() -> None:
    desk = Desk()
    desk.presenter.session.activate(None)
    (entry,) = [each for each in desk.tools.entries("2d") if each.name == "paint"]
    assert not entry.enabled
    with pytest.raises(ToolError, match="no label is active"):
        desk.tools.toggle("paint")
    desk.presenter.session.forget(desk.presenter.session.current)
    with pytest.raises(ToolError, match="no segmentation is open"):
        desk.tools.toggle("paint")
    assert desk.tools.active == ""
    with pytest.raises(OptionError, match="polish"):
        desk.tools.toggle("polish")


@pytest.mark.parametrize("tool", [name for name in EVERY if name not in PROGRAM_TOOLS])
def test_each_option_is_a_field_that_can_be_set_to_its_own_value(tool: str) -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle(tool)
    for field in (*desk.tools.fields(), *desk.tools.masking_fields()):
        assert field.title
        assert field.help
        assert field.name not in GIVEN
        desk.tools.set_option(field.name, field.value)
    names = {field.name for field in desk.tools.fields()}
    left_out = {"frames"} | ({"upper"} if tool == "threshold" else set())
    assert names | left_out >= set(desk.tools.options.names(tool))
    assert not names & set(MASKING)
    assert [field.name for field in desk.tools.masking_fields()] == list(MASKING)


def test_options_are_kept_by_tool_while_the_program_runs_and_can_be_reset() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("otsu")
    desk.tools.set_option("regions", 5)
    desk.tools.toggle("region_growing")
    desk.tools.set_option("holes", "keep")
    desk.tools.toggle("otsu")
    values = {field.name: field.value for field in desk.tools.fields()}
    assert values["regions"] == 5
    desk.tools.reset_options()
    assert {field.name: field.value for field in desk.tools.fields()}["regions"] == 2


def test_a_value_that_is_not_allowed_is_refused_and_changes_nothing() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("paint")
    desk.told(Topic.OPTIONS)
    for name, value in (("diameter", 0), ("diameter", "big"), ("ball", 1), ("size", 3), ("diameter_mm", -1.0)):
        with pytest.raises(OptionError, match=name):
            desk.tools.set_option(name, value)
    assert not desk.told(Topic.OPTIONS)
    assert desk.tools.options.get("paint", "diameter") == 10
    desk.tools.leave()
    with pytest.raises(ToolError, match="no tool is active"):
        desk.tools.set_option("diameter", 3)


def test_fewer_regions_drop_those_that_were_kept() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("otsu")
    desk.tools.set_option("regions", 4)
    desk.tools.set_option("keep", [1, 4])
    desk.tools.set_option("regions", 2)
    assert desk.tools.options.get("otsu", "keep") == (1,)
    desk.tools.propose()
    desk.settle()
    assert desk.tools.preview.reason == ""


def test_bounds_of_a_threshold_follow_the_image() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("threshold_ul")
    lower, upper = desk.tools.fields()
    assert (lower.minimum, lower.maximum, lower.step) == (20.0, 202.0, 1.0)
    assert (lower.value, upper.value) == (81.0, 141.0)


def test_masking_is_the_same_for_all_tools_and_forgets_labels_that_are_gone() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("paint")
    desk.tools.set_option("inside", [SPLEEN, KIDNEY])
    desk.tools.toggle("threshold")
    inside = next(field for field in desk.tools.masking_fields() if field.name == "inside")
    assert inside.value == (SPLEEN, KIDNEY)
    assert {choice.value for choice in inside.choices} >= {LIVER, SPLEEN, KIDNEY}
    desk.presenter.labels.remove([SPLEEN])
    inside = next(field for field in desk.tools.masking_fields() if field.name == "inside")
    assert inside.value == (KIDNEY,)


def test_paint_is_quick_to_feed() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.topics.clear()
    desk.press("axial", 4, (5, 5))
    for step in range(20):
        desk.move("axial", 4, (5 + step, 5))
    assert {each.topic for each in desk.topics} <= {Topic.FEEDBACK, Topic.HOVER}  # the panel rests during a stroke
    desk.release("axial", 4, (24, 5))
    assert desk.told(Topic.HISTORY)


def feedback_views(desk: Desk) -> list[str]:
    """The views that FEEDBACK named since the last look ("": all)."""
    found = [each.view for each in desk.topics if each.topic is Topic.FEEDBACK]
    desk.topics.clear()
    return found


def test_the_mouse_over_a_view_has_only_that_view_drawn_anew() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.topics.clear()
    desk.event("hover", "axial", 4, (3, 3))
    desk.event("hover", "axial", 4, (4, 3))
    assert feedback_views(desk) == ["axial", "axial"]


def test_a_mouse_that_comes_from_another_view_has_both_drawn_anew() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.event("hover", "axial", 4, (3, 3))
    desk.topics.clear()
    desk.event("hover", "coronal", 4, (3, 3))
    assert feedback_views(desk) == [""]
    assert desk.tools.feedback("axial", "axial", 4).circles == ()
    desk.event("hover", "coronal", 4, (4, 3))
    assert feedback_views(desk) == ["coronal"]


def test_while_a_contour_is_drawn_its_view_alone_is_drawn_anew_and_all_at_its_end() -> None:
    desk = Desk()
    desk.tools.toggle("add")
    desk.press("axial", 4, (2, 2))
    desk.topics.clear()
    desk.move("axial", 4, (6, 2))
    desk.move("axial", 4, (6, 6))
    assert feedback_views(desk) == ["axial", "axial"]
    desk.release("axial", 4, (2, 6))
    assert "" in feedback_views(desk)
