"""The frames of a moving image on the pages of outside programs: the current one, or all."""

from __future__ import annotations

import json

import pytest

from Testing.gui.ai.cases import AiDesk

pytestmark = pytest.mark.qt


def found(desk: AiDesk) -> dict[str, list[int]]:
    """Voxels in each frame by name of the labels that a program has found."""
    document = desk.document
    masks = {label.name: document.mask(label.value) for group in document.groups[1:] for label in group.labels}
    return {name: [int(frame.sum()) for frame in mask] for name, mask in masks.items() if mask.any()}


def frame_box(desk: AiDesk, name: str) -> object:
    return desk.open(name).options.editors["all_frames"].widget


def test_a_still_image_is_not_asked_for_frames(desk: AiDesk) -> None:
    assert "all_frames" not in desk.open("totalsegmentator").options.editors


def test_the_current_frame_alone_is_what_counts_unless_all_are_asked_for(moving_desk: AiDesk) -> None:
    desk = moving_desk
    box = frame_box(desk, "totalsegmentator")
    assert desk.offered(box) == ["the current one", "all"]
    assert box.currentText() == "the current one"  # type: ignore[attr-defined]
    desk.presenter.session.show_time(1)
    desk.work()
    desk.preview()
    desk.click(desk.panel.preview.confirm)
    assert found(desk) == {"kidney_left": [0, 1]}
    assert len(desk.place.calls().splitlines()) == 1
    desk.click(desk.panel.buttons["undo"])
    assert found(desk) == {}


@pytest.mark.parametrize("runs", [1, 2])
def test_all_frames_are_previewed_confirmed_and_undone_in_one_step(moving_desk: AiDesk, runs: int) -> None:
    desk = moving_desk
    desk.pick(frame_box(desk, "totalsegmentator"), "all")
    assert desk.presenter.ai.all_frames
    for _ in range(runs):  # the second time out of the cache
        desk.preview()
    assert len(desk.place.calls().splitlines()) == 2
    assert "2 voxels would be written" in desk.panel.preview.counts.text()
    desk.click(desk.panel.preview.confirm)
    assert found(desk) == {"spleen": [1, 0], "kidney_left": [0, 1]}
    desk.click(desk.panel.buttons["undo"])
    assert found(desk) == {}
    assert not desk.presenter.steps.can_undo


def test_all_frames_are_cases_of_one_run_of_nnunet(moving_desk: AiDesk) -> None:
    desk = moving_desk
    view = desk.open("nnunet")
    desk.pick(view.members[0].editors["dataset"].widget, "Dataset902_Regions")
    desk.pick(view.options.editors["all_frames"].widget, "all")
    desk.preview()
    (call,) = [json.loads(line) for line in desk.place.calls().splitlines()]
    assert call["program"] == "nnUNetv2_predict"
    desk.click(desk.panel.preview.confirm)
    assert found(desk) == {"whole": [1, 1], "core": [0, 1], "active": [0, 1]}
    desk.click(desk.panel.buttons["undo"])
    assert found(desk) == {}


def test_a_preview_of_all_frames_may_be_confirmed_at_the_current_one_alone(moving_desk: AiDesk) -> None:
    desk = moving_desk
    desk.pick(frame_box(desk, "totalsegmentator"), "all")
    desk.preview()
    desk.presenter.session.show_time(1)
    desk.work()
    desk.presenter.tools.set_confirm("frames", "current")
    desk.wait(desk.panel.preview.confirm.isEnabled)
    desk.click(desk.panel.preview.confirm)
    assert found(desk) == {"kidney_left": [0, 1]}
