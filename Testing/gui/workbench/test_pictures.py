"""Pictures for the documentation: dialogs and menus that are open are in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from MultiLabelSegLib.errors import OptionError, WriteError
from MultiLabelSegLib.workbench.window_pictures import PictureCommands, save_picture

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]


def picture_of(window: Any, path: Path) -> Any:
    """The picture of the window as an array."""
    save_picture(window, path)
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


@pytest.mark.parametrize("name", ["preferences", "presets", "tasks", "statistics", "export", "import", "keys"])
def test_an_open_dialog_is_in_the_middle_of_the_picture(a_window: Any, tmp_path: Path, name: str) -> None:
    commands = PictureCommands(a_window)
    commands.close_dialogs()
    before = picture_of(a_window, tmp_path / "before.png")
    commands.dialog(name)
    shown = picture_of(a_window, tmp_path / "open.png")
    high, wide = shown.shape[:2]
    differs = np.abs(shown - before).max(axis=2) > 8
    middle = differs[high // 2 - 40 : high // 2 + 40, wide // 2 - 80 : wide // 2 + 80]
    assert middle.mean() > 0.8
    commands.close_dialogs()
    after = picture_of(a_window, tmp_path / "after.png")
    assert (np.abs(after - before).max(axis=2) > 8).mean() < 0.01


def test_a_context_menu_opens_below_its_label(a_window: Any, tmp_path: Path) -> None:
    commands = PictureCommands(a_window)
    commands.context_menu(label=7)
    assert a_window.presenter.labels.active == 7
    titles = {action.text() for action in a_window.panel.actions.menu_actions.values()}
    assert any("Split into instances" in title for title in titles)
    commands.close_dialogs()
    before = picture_of(a_window, tmp_path / "before.png")
    commands.context_menu(label=7)
    shown = picture_of(a_window, tmp_path / "menu.png")
    rows, columns = np.nonzero(np.abs(shown - before).max(axis=2) > 8)
    tree = a_window.panel.tree.view
    top = tree.viewport().mapTo(a_window, tree.visualRect(tree.currentIndex()).topLeft()).y()
    assert top - 100 < rows.min() < top + 40  # a menu that does not fit below its row moves up
    assert np.ptp(rows) > 200
    assert columns.max() < a_window.width() - 4
    commands.close_dialogs()


def test_what_there_is_not_is_said(a_window: Any, tmp_path: Path) -> None:
    commands = PictureCommands(a_window)
    with pytest.raises(OptionError, match="preferences"):
        commands.dialog("preference")
    with pytest.raises(OptionError, match="mitk-nrrd"):
        commands.dialog("export", format="mitk")
    commands.close_dialogs()
    with pytest.raises(OptionError, match="label"):
        commands.context_menu(label=99)
    with pytest.raises(WriteError, match="png"):
        save_picture(a_window, tmp_path / "picture.nothing")
