"""While a page looks into slow folders the window works, the page says what it does, and it can be stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.external.nnunet import scan_results
from MultiLabelSegLib.formats.report import Cancelled, ProgressCallback
from MultiLabelSegLib.ui.programs.pages import nnunet_page
from Testing.gui.ai.cases import AiDesk

pytestmark = pytest.mark.qt


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A folder of models on a disk that answers once the event is set."""
    disk = threading.Event()

    def scan(folder: Path, progress: ProgressCallback) -> Any:
        end = time.monotonic() + 20
        while not disk.wait(0.002) and time.monotonic() < end:
            if progress(0.0, "") is True:
                raise Cancelled
        return scan_results(folder, progress)

    monkeypatch.setattr(nnunet_page, "scan_results", scan)
    yield disk
    disk.set()


def test_the_page_is_seen_at_once_says_that_it_looks_and_fills_itself(desk: AiDesk, shut: threading.Event) -> None:
    desk.panel.tools.buttons["nnunet"].click()
    desk.wait(lambda: desk.panel.ai.view is not None)
    look, view = desk.panel.ai.look, desk.panel.ai.view
    desk.wait(lambda: look.text.text() == "Looking for trained models…")
    assert look.text.isVisible()
    assert look.stop.isVisible()
    assert not desk.panel.preview.propose.isEnabled()
    desk.panel.tools.buttons["threshold"].click()
    desk.work()
    assert desk.presenter.tools.active == "threshold"
    desk.panel.tools.buttons["nnunet"].click()
    desk.work()
    shut.set()
    desk.settle()
    assert not look.text.isVisible()
    assert not look.stop.isVisible()
    assert "Dataset902_Regions" in desk.offered(view.members[0].editors["dataset"].widget)


def test_stop_ends_the_look_and_reload_begins_it_anew(desk: AiDesk, shut: threading.Event) -> None:
    desk.panel.tools.buttons["nnunet"].click()
    desk.wait(lambda: desk.panel.ai.view is not None)
    look, view = desk.panel.ai.look, desk.panel.ai.view
    desk.wait(lambda: look.text.text() == "Looking for trained models…")
    desk.click(look.stop)
    assert not look.stop.isVisible()
    assert "stopped; look again" in view.hint.text()
    shut.set()
    desk.click(view.environment.reload)
    desk.wait(lambda: desk.presenter.ai.page.folder is not None)
    desk.settle()
    assert not view.hint.isVisible()
    assert "Dataset901_Two" in desk.offered(view.members[0].editors["dataset"].widget)
