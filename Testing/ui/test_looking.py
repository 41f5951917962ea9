"""Pages of programs look into folders in the background: the newest look counts, and each can be stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.errors import DatasetError
from MultiLabelSegLib.external.environments import NEEDS, scan_environments
from MultiLabelSegLib.external.nnunet import scan_results
from MultiLabelSegLib.formats.report import Cancelled, ProgressCallback
from MultiLabelSegLib.host.base import Background
from MultiLabelSegLib.ui.programs.pages import NnUNetPage, TotalSegmentatorPage, nnunet_page
from MultiLabelSegLib.ui.programs.pages.looking import Look, at_once
from Testing.ui.ai_cases import Place


class Gate:
    """Work that waits until it is let through or told to stop."""

    def __init__(self) -> None:
        self.open, self.stopped = threading.Event(), threading.Event()

    def wait(self, stop: ProgressCallback) -> None:
        end = time.monotonic() + 20
        while not self.open.wait(0.002):
            assert time.monotonic() < end, "nobody opened the gate"
            if stop(0.0, "") is True:
                self.stopped.set()
                raise Cancelled


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open.set()


@pytest.fixture
def background() -> Background:
    return Background()


def pumped(background: Background, until: Callable[[], Any]) -> None:
    end = time.monotonic() + 20
    while not until():
        assert time.monotonic() < end, "it did not happen"
        background.pump()
        time.sleep(0.002)


def test_a_newer_look_takes_the_place_of_the_one_before(background: Background, gate: Gate) -> None:
    found: list[str] = []
    look = Look(background.run, lambda: None)

    def first(stop: ProgressCallback) -> str:
        gate.wait(stop)
        return "first"

    look.start("one", first, found.append)
    look.start("two", lambda _: "second", found.append)
    assert look.text == "two"
    pumped(background, lambda: not look.text)
    assert gate.stopped.wait(20)
    pumped(background, lambda: not background.is_busy)
    assert found == ["second"]


def test_a_look_that_is_cancelled_stops_and_says_nothing(background: Background, gate: Gate) -> None:
    found: list[object] = []
    told: list[str] = []
    look = Look(background.run, lambda: told.append(look.text))
    look.start("one", gate.wait, found.append, found.append)
    assert look.cancel()
    assert not look.cancel()
    assert gate.stopped.wait(20)
    pumped(background, lambda: not background.is_busy)
    assert (found, told) == ([], ["one", ""])


def test_what_goes_wrong_is_ours_or_is_raised_in_the_views_thread(background: Background) -> None:
    failed: list[str] = []
    look = Look(background.run, lambda: None)

    def raises(error: Exception) -> Callable[[ProgressCallback], None]:
        def work(_: ProgressCallback) -> None:
            raise error

        return work

    look.start("one", raises(DatasetError("no model")), failed.append, lambda error: failed.append(str(error)))
    pumped(background, lambda: not look.text)
    look.start("two", raises(ZeroDivisionError("a mistake of ours")), failed.append)
    with pytest.raises(ZeroDivisionError, match="a mistake of ours"):
        pumped(background, lambda: False)
    assert (failed, look.text) == (["no model"], "")


def test_without_a_host_the_answer_is_there_at_once() -> None:
    found: list[str] = []
    look = Look(at_once, lambda: None)
    look.start("one", lambda stop: f"stop: {stop(0.5, '')}", found.append)
    assert (found, look.text) == (["stop: False"], "")


def test_looking_through_folders_ends_when_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path, monkeypatch)
    seen: list[str] = []

    def stop_at_second(_: float, text: str) -> bool:
        seen.append(text)
        return len(seen) == 2

    with pytest.raises(Cancelled):
        scan_results(place.results, stop_at_second)
    assert seen == ["Dataset901_Two", "Dataset902_Regions"]
    seen.clear()
    with pytest.raises(Cancelled):
        scan_environments(NEEDS["nnunet"], None, stop_at_second)
    assert seen == [str(place.nnunet), str(place.total)]


@pytest.fixture
def slow(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A folder of models that takes as long as the gate is shut."""

    def scan(folder: Path, progress: ProgressCallback) -> Any:
        gate.wait(progress)
        return scan_results(folder, progress)

    monkeypatch.setattr(nnunet_page, "scan_results", scan)
    return gate


def test_a_page_is_there_before_its_folder_is_read_and_says_what_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, background: Background, slow: Gate
) -> None:
    place = Place(tmp_path, monkeypatch)
    page = NnUNetPage(place.host().preferences, lambda: (), run=background.run)
    pumped(background, lambda: page.environment.selected is not None)
    assert page.looking == "Looking for trained models"
    assert page.choice("dataset").state.reason == "looking for trained models"
    assert page.preview_state().reason == "looking for trained models"
    slow.open.set()
    pumped(background, lambda: page.is_settled)
    assert [text for text, _ in page.choice("dataset").options] == ["Dataset901_Two", "Dataset902_Regions"]


def test_a_stopped_look_leaves_what_was_shown_and_begins_anew_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, background: Background, slow: Gate
) -> None:
    place = Place(tmp_path, monkeypatch)
    store = place.host().preferences
    slow.open.set()
    page = NnUNetPage(store, lambda: (), run=background.run)
    pumped(background, lambda: page.is_settled)
    slow.open.clear()
    page.set_folder(tmp_path / "another")
    assert page.looking == "Looking for trained models"
    page.stop_looking()
    assert slow.stopped.wait(20)
    assert page.problem == "Looking for trained models: stopped; look again when you need it"
    assert page.looking == ""
    assert len(page.choice("dataset").options) == 2
    assert store.load()["nnunet_results_path"] == str(place.results)
    slow.open.set()
    page.refresh()
    pumped(background, lambda: page.is_settled)
    assert (page.problem, page.folder) == ("", place.results)


def test_a_package_whose_reading_was_stopped_is_read_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, background: Background
) -> None:
    place = Place(tmp_path, monkeypatch)
    page = TotalSegmentatorPage(place.host().preferences, lambda: (), run=background.run)
    pumped(background, lambda: page.looking == "Reading the package")
    page.stop_looking()
    pumped(background, lambda: not background.is_busy)
    assert page.package is None
    assert "stopped" in page.preview_state().reason
    page.refresh()
    pumped(background, lambda: page.is_settled)
    assert "total" in dict((name, 1) for name, _, _ in page.task_rows())
    assert page.preview_state().enabled


def test_kept_results_are_measured_and_removed_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, background: Background
) -> None:
    place = Place(tmp_path, monkeypatch)
    page = NnUNetPage(place.host().preferences, lambda: (), run=background.run)
    entry = page.cache.folder / ("a" * 64)
    entry.mkdir(parents=True)
    (entry / "frame_0.nrrd").write_bytes(b"12345")
    page.measure_cache()
    pumped(background, lambda: page.is_settled)
    assert page.cache_bytes == 5
    page.clear_cache()
    pumped(background, lambda: page.is_settled)
    assert (page.cache_bytes, entry.exists()) == (0, False)
