"""The panel over an image for each channel, in a home with stand-ins for nnU-Net and TotalSegmentator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from Testing.gui.ai.cases import AiDesk
from Testing.gui.quiet_desk import quiet_desk  # noqa: F401 - a fixture for all tests here
from Testing.ui.ai_cases import Place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Two environments, trained models, a cache."""
    return Place(tmp_path, monkeypatch)


@pytest.fixture
def moving_desk(application: Any, place: Place) -> Iterator[AiDesk]:
    """The panel over a CT of two frames and a segmentation of as many."""
    made = AiDesk(place, moving=True)
    yield made
    made.close()


@pytest.fixture
def desk(application: Any, place: Place) -> Iterator[AiDesk]:  # noqa: ARG001 - Qt has to be there
    """A panel with CT, PET and a document."""
    made = AiDesk(place)
    yield made
    made.close()
