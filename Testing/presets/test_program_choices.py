"""Environments of outside programs in the preferences."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib.errors import OptionError
from MultiLabelSegLib.external.catalog import PROGRAM_TOOLS
from MultiLabelSegLib.presets.preference_file import TomlPreferences
from MultiLabelSegLib.presets.preferences import Preferences, load_preferences
from MultiLabelSegLib.presets.program_choices import REMEMBERED_PROGRAMS, remember, remembered


def test_the_choice_is_remembered_in_the_preferences(tmp_path: Path) -> None:
    store = TomlPreferences(tmp_path / "preferences.toml")
    remember("nnunet", tmp_path / "n", store)
    remember("totalsegmentator", tmp_path / "made", store, made=True)
    assert remembered("nnunet", load_preferences(store)) == tmp_path / "n"
    assert remembered("totalsegmentator", load_preferences(store)) == tmp_path / "made"
    remember("totalsegmentator", tmp_path / "own", store)
    preferences = load_preferences(store)
    assert remembered("totalsegmentator", preferences) == tmp_path / "own"
    assert preferences.totalsegmentator_custom_install


def test_every_program_is_remembered_and_nothing_else(tmp_path: Path) -> None:
    assert set(REMEMBERED_PROGRAMS) == set(PROGRAM_TOOLS)
    assert [remembered(program, Preferences()) for program in PROGRAM_TOOLS] == [None, None]
    store = TomlPreferences(tmp_path / "preferences.toml")
    with pytest.raises(OptionError, match="program: 'monai'.*nnunet, totalsegmentator"):
        remembered("monai", Preferences())
    with pytest.raises(OptionError, match="program: 'monai'"):
        remember("monai", tmp_path, store)
    assert not store.path.exists()
