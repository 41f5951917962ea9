"""A fixture of all tests that click in windows: imported by the conftest of their folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def quiet_desk() -> Iterator[None]:
    """No dialog waits for anybody; an error that a test does not expect fails it."""
    pytest.importorskip("qtpy")
    from MultiLabelSegLib.ui.qt import asking
    from MultiLabelSegLib.ui.qt.errors import desk

    was = desk.silent
    desk.silent = True
    desk.forget()
    asking.answers.clear()
    yield
    told = list(desk.told)
    desk.silent = was
    desk.forget()
    assert told == [], "errors were shown that the test did not look at"
    assert asking.answers == [], "answers were laid ready that nobody asked for"
