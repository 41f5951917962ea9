"""nnU-Net and TotalSegmentator behind the panel: jobs in the background, previews, cancel, limits, secret keys."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.core import Segmentation
from MultiLabelSegLib.errors import ExternalToolError, OptionError, ToolError
from MultiLabelSegLib.external.process import program
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.programs.pages import NnUNetPage, TotalSegmentatorPage
from MultiLabelSegLib.ui.topics import Changed, Topic
from Testing.ui.ai_cases import KEY, Place, a_document, images


class Bench:
    """A presenter over the place, and what it told."""

    def __init__(self, place: Place) -> None:
        self.others = set(program._RUNNING)  # of tests before, which may take a moment to end
        self.host = place.host()
        self.presenter = Presenter(self.host)
        self.presenter.data.select_image("CT")
        self.document = a_document()
        self.presenter.session.add_document(self.document, "CT-labels", image_id="CT")
        self.lines: list[str] = []
        self.percents: list[int] = []
        self.presenter.changed.connect(self._heard)

    def _heard(self, changed: Changed) -> None:
        if changed.topic is Topic.BUSY:
            self.percents += changed.values
            job = self.presenter.ai.job
            self.lines += [] if job is None else [job.text]

    def wait(self, until: Callable[[], object], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, "it did not happen"
            self.host.pump()
            time.sleep(0.002)

    def open(self, name: str) -> NnUNetPage | TotalSegmentatorPage:
        self.presenter.tools.toggle(name)
        self.wait(lambda: self.presenter.ai.page is not None)
        page = self.presenter.ai.page
        assert page is not None
        self.wait(lambda: page.is_settled)
        return page

    def nnunet(self, dataset: str = "Dataset901_Two", configuration: str = "3d_fullres") -> NnUNetPage:
        """The page with a model chosen and an image for each channel."""
        page = self.open("nnunet")
        assert isinstance(page, NnUNetPage)
        page.select("dataset", dataset)
        page.select("configuration", configuration)
        self.wait(lambda: page.is_settled)
        if dataset == "Dataset901_Two":
            page.set_image(1, "PET")
        return page

    def total(self) -> TotalSegmentatorPage:
        page = self.open("totalsegmentator")
        assert isinstance(page, TotalSegmentatorPage)
        return page

    def preview(self) -> None:
        """Asks the program and waits until its answer is counted."""
        self.presenter.tools.propose()
        self.wait(lambda: self.presenter.tools.preview is not None and self.presenter.tools.preview.is_ready)

    def child(self) -> int:
        """The process of the program that runs."""
        self.wait(lambda: any(handle._child for handle in set(program._RUNNING) - self.others))
        (handle,) = set(program._RUNNING) - self.others
        assert handle._child is not None
        return handle._child.pid


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


@pytest.fixture
def bench(place: Place) -> Bench:
    return Bench(place)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def named(document: Segmentation, name: str) -> int:
    """Voxels of the one label of a name."""
    (value,) = [label.value for label in document.labels if label.name == name]
    return document.voxels(value)


def test_the_answer_is_a_preview_with_counts_that_is_confirmed_and_undone_in_one_step(bench: Bench) -> None:
    bench.nnunet()
    before = bench.document.group(0).array.copy()
    bench.preview()
    state = bench.presenter.tools.preview
    assert state is not None
    assert {item.name: item.voxels for item in state.labels} == {"organ": 1, "lesion": 4}
    assert state.written == 5
    assert len(bench.document.groups) == 1
    into = next(field for field in state.fields if field.name == "into")
    assert into.value == "group"
    assert into.value in [choice.value for choice in into.choices]
    bench.presenter.tools.confirm()
    assert [group.name for group in bench.document.groups] == ["By hand", "Dataset901_Two"]
    assert (named(bench.document, "organ"), named(bench.document, "lesion")) == (1, 4)
    np.testing.assert_array_equal(bench.document.group(0).array, before)
    bench.presenter.steps.undo()
    assert len(bench.document.groups) == 1
    assert not bench.presenter.steps.can_undo


def test_labels_that_overlap_are_counted_each_and_drawn_all(bench: Bench) -> None:
    bench.nnunet("Dataset902_Regions")
    bench.preview()
    tools = bench.presenter.tools
    state = tools.preview
    assert state is not None
    assert {item.name: item.voxels for item in state.labels} == {"whole": 6, "core": 4, "active": 2}
    assert len(tools.feedback("axial", "axial", 0).patches) == 3
    tools.set_confirm("labels", [item.value for item in state.labels if item.name != "core"])
    assert len(tools.feedback("axial", "axial", 0).patches) == 3
    assert sum(bool(patch.colors) for patch in tools.feedback("axial", "axial", 0).patches) == 2
    bench.wait(lambda: tools.preview is not None and not tools.preview.outdated)
    tools.confirm()
    assert sorted(label.name for label in bench.document.labels) == ["Mine", "active", "whole"]
    assert (named(bench.document, "whole"), named(bench.document, "active")) == (6, 2)


def test_progress_is_told_with_the_last_line_of_the_program(bench: Bench) -> None:
    bench.nnunet()
    bench.preview()
    assert bench.percents[0] == 0
    assert bench.percents == sorted(bench.percents) or 100 in bench.percents
    assert any(line.startswith("nnU-Net: ") for line in bench.lines)


def test_cancel_kills_the_child_and_leaves_everything_as_it_was(bench: Bench, place: Place) -> None:
    (place.two / "slow").touch()
    bench.nnunet()
    bench.presenter.tools.propose()
    pid = bench.child()
    job = bench.presenter.ai.job
    assert job is not None
    bench.wait(lambda: "begun" in job.text)
    begun = time.monotonic()
    bench.presenter.tools.cancel()
    assert time.monotonic() - begun < 0.5
    assert "ending" in job.text
    bench.wait(lambda: bench.presenter.ai.job is None)
    assert not is_alive(pid)
    assert bench.presenter.tools.preview is None
    assert len(bench.document.groups) == 1
    assert bench.presenter.tools.active == "nnunet"
    (place.two / "slow").unlink()
    bench.preview()


def test_a_time_limit_ends_the_child_and_says_so(bench: Bench, place: Place) -> None:
    (place.two / "slow").touch()
    bench.nnunet().set_option("limit_s", 0.5)
    bench.presenter.tools.propose()
    pid = bench.child()
    with pytest.raises(ExternalToolError, match=r"time limit of 0\.5 s"):
        bench.wait(lambda: bench.presenter.ai.job is None and not bench.host.is_busy)
    assert not is_alive(pid)
    assert bench.presenter.ai.preview_state().enabled


def test_a_failure_is_raised_with_the_last_lines_and_preview_can_be_pressed_again(bench: Bench, place: Place) -> None:
    (place.two / "out_of_memory").touch()
    bench.nnunet()
    bench.presenter.tools.propose()
    with pytest.raises(ExternalToolError, match="CUDA out of memory"):
        bench.wait(lambda: not bench.host.is_busy)
    assert bench.presenter.ai.job is None
    assert bench.presenter.tools.preview is None
    (place.two / "out_of_memory").unlink()
    bench.preview()


def test_what_is_missing_is_said_before_anything_runs(bench: Bench, place: Place) -> None:
    page = bench.nnunet()
    page.set_image(1, "CT")
    assert "chosen for another channel too" in bench.presenter.ai.preview_state().reason
    with pytest.raises(ToolError, match="chosen for another channel"):
        bench.presenter.tools.propose()
    assert place.calls() == ""


def test_one_job_at_a_time(bench: Bench, place: Place) -> None:
    (place.two / "slow").touch()
    bench.nnunet()
    bench.presenter.tools.propose()
    bench.child()
    with pytest.raises(ToolError, match="wait for the end of: nnU-Net"):
        bench.presenter.tools.propose()
    with pytest.raises(ToolError, match="wait for the end of"):
        bench.presenter.ai.check_environment()
    bench.presenter.ai.cancel()
    bench.wait(lambda: bench.presenter.ai.job is None)


def test_a_tool_that_is_left_goes_on_working_and_its_preview_waits(bench: Bench) -> None:
    bench.nnunet()
    bench.presenter.tools.propose()
    bench.presenter.tools.toggle("paint")
    bench.wait(lambda: bench.presenter.ai.job is None)
    assert bench.presenter.tools.active == "paint"
    assert bench.presenter.tools.preview is None
    assert "has ended; open its tool" in bench.host.messages[-1].text
    bench.presenter.tools.toggle("nnunet")
    bench.wait(lambda: bench.presenter.tools.preview is not None and bench.presenter.tools.preview.is_ready)
    bench.presenter.tools.confirm()
    assert named(bench.document, "lesion") == 4


def test_the_answer_for_a_segmentation_that_was_closed_is_told_and_dropped(bench: Bench) -> None:
    bench.nnunet()
    bench.presenter.tools.propose()
    session = bench.presenter.session
    session.forget(session.current, discard=True)
    bench.wait(lambda: bench.presenter.ai.job is None)
    assert "its segmentation is closed" in bench.host.messages[-1].text
    session.add_document(a_document(), "another", image_id="CT")
    bench.presenter.tools.toggle("nnunet")
    assert bench.presenter.tools.preview is None


def test_an_image_that_is_added_does_not_cost_the_preview(bench: Bench) -> None:
    bench.nnunet()
    bench.preview()
    bench.host.add_image(images()["PET"], "MR")
    bench.presenter.session.emit(Topic.IMAGE)
    assert bench.presenter.tools.preview is not None
    assert ("MR", "MR") in bench.presenter.ai.images()


def test_painting_meanwhile_is_counted_anew_and_not_lost(bench: Bench) -> None:
    bench.nnunet()
    bench.preview()
    tools = bench.presenter.tools
    bench.presenter.labels.set_locked([1], False)
    bench.wait(lambda: not bench.host.is_busy)
    assert tools.preview is not None
    assert not tools.preview.outdated
    tools.set_confirm("into", "active")
    bench.wait(lambda: tools.preview is not None and not tools.preview.outdated)
    tools.confirm()
    assert [group.name for group in bench.document.groups] == ["By hand"]
    assert bench.document.voxels(1) > 2


def test_tasks_of_totalsegmentator_become_groups_with_the_packages_names(bench: Bench, place: Place) -> None:
    page = bench.total()
    page.set_tasks(["total", "body"])
    page.set_option("roi_subset", ["spleen", "body_trunc"])
    bench.preview()
    bench.presenter.tools.confirm()
    assert [group.name for group in bench.document.groups][0] == "By hand"
    assert len(bench.document.groups) == 3
    assert named(bench.document, "spleen") == 2
    assert '"spleen"' in place.calls()
    assert "kidney_left" not in place.calls()


def test_a_licence_key_reaches_the_program_and_nothing_that_is_shown_or_logged(
    bench: Bench, place: Place, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    page = bench.total()
    page.set_tasks(["tissue_types"])
    assert "needs a licence key" in bench.presenter.ai.preview_state().reason
    page.set_option("license", KEY)
    bench.preview()
    assert f'"licence": "{KEY}"' in place.calls()
    shown = [*bench.lines, caplog.text, *capfd.readouterr(), repr(page.options), page.license_state()]
    shown += [message.text for message in bench.host.messages]
    shown += [str(value) for value in bench.host.preferences.load().values()]
    assert not [text for text in shown if KEY in text]
    with pytest.raises(OptionError) as caught:
        page.set_option("license", KEY + "5")
    assert KEY not in str(caught.value)


def test_what_a_page_remembers_is_not_overwritten_by_another_preference(bench: Bench, place: Place) -> None:
    page = bench.open("nnunet")
    assert page.environment.select(place.nnunet)
    bench.presenter.preferences.set("compact_view", True)
    assert bench.host.preferences.load()["nnunet_path"] == str(place.nnunet)
    assert bench.presenter.session.preferences.nnunet_path == str(place.nnunet)


def test_without_image_or_document_the_tools_are_grey_with_the_reason(bench: Bench) -> None:
    bench.presenter.data.select_image("")
    entries = {entry.name: entry for entry in bench.presenter.tools.entries("3d")}
    assert entries["nnunet"].reason == "this tool needs an image"
    with pytest.raises(ToolError, match="needs an image"):
        bench.presenter.tools.toggle("totalsegmentator")
    bench.presenter.session.forget(bench.presenter.session.current, discard=True)
    entries = {entry.name: entry for entry in bench.presenter.tools.entries("3d")}
    assert entries["totalsegmentator"].reason == "no segmentation is open"


def test_a_broken_driver_does_not_hold_the_view(
    bench: Bench, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "nvidia-smi"
    program.write_text("#!/bin/sh\n/bin/sleep 1\necho '0, NVIDIA A100, 40536'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    begun = time.monotonic()
    bench.presenter.tools.toggle("nnunet")
    assert time.monotonic() - begun < 0.5
    bench.wait(lambda: bench.presenter.ai.page is not None)
    page = bench.presenter.ai.page
    assert page is not None
    assert ("0", "0: NVIDIA A100") in page.devices().options
    begun = time.monotonic()
    page.set_option("device", "auto")
    assert time.monotonic() - begun < 0.5
