"""A user who does anything at random: locks, counts, other documents, undo to the start, saving, crash recovery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from Testing.gui.workbench.cases import a_case
from Testing.gui.workbench.random_user import RandomUser

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]


@pytest.mark.parametrize("seed", [3, 117])
def test_whatever_a_user_does_nothing_is_lost(application: Any, tmp_path: Path, seed: int) -> None:
    from MultiLabelSegLib.host.headless import MemoryPreferences
    from MultiLabelSegLib.workbench.main_window import MainWindow
    from MultiLabelSegLib.workbench.window_input import ViewInput

    journals, folder = tmp_path / "journals", tmp_path / "files"
    journals.mkdir()
    folder.mkdir()
    window = MainWindow(MemoryPreferences(), journals)
    window.resize(1100, 900)
    window.show()
    image_id = window.host.add_image(a_case()[0], "ball")
    window.presenter.data.select_image(image_id)
    user = RandomUser(window, ViewInput(window.canvas), image_id, journals, folder, seed)
    try:
        for _ in range(45):
            user.act()
        user.check_history()
        user.check_journals()
    finally:
        print(f"seed {seed}: {', '.join(user.done)}")
        window.close()
        window.deleteLater()
        application.processEvents()
    assert len(user.refused) < len(user.done) / 2, user.refused
