"""The panel over the small document of the presenter's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from Testing.gui.panel.cases import Desk, a_document


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


@pytest.fixture
def desk(application: Any) -> Iterator[Desk]:
    """A panel over ``a_document``."""
    made = Desk(a_document())
    yield made
    made.close()


@pytest.fixture
def empty_desk(application: Any) -> Iterator[Desk]:
    """A panel with an image and no segmentation."""
    made = Desk()
    yield made
    made.close()
