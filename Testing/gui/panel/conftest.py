"""The panel over the small document of the presenter's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from Testing.gui.panel.cases import Desk, a_document
from Testing.gui.quiet_desk import quiet_desk  # noqa: F401 - a fixture for all tests here


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
