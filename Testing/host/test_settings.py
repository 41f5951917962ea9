"""Preferences among a host's settings, which keep text only."""

from __future__ import annotations

from typing import Any

import pytest

from MultiLabelSegLib.errors import PresetError
from MultiLabelSegLib.host.settings import SettingsPreferences
from MultiLabelSegLib.presets.preferences import Preferences, load_preferences, save_preferences


class IniSettings:
    """Behaves as QSettings on an .ini file does: whatever is stored comes back as text."""

    def __init__(self) -> None:
        self.stored: dict[str, str] = {"Other/key": "stays"}
        self.synced = 0

    def value(self, key: str) -> Any:
        return self.stored.get(key)

    def setValue(self, key: str, value: Any) -> None:  # noqa: N802
        self.stored[key] = str(value)

    def allKeys(self) -> tuple[str, ...]:  # noqa: N802
        return tuple(self.stored)

    def sync(self) -> None:
        self.synced += 1


def test_preferences_come_back_from_settings_that_keep_text_only() -> None:
    settings = IniSettings()
    store = SettingsPreferences(settings)
    assert load_preferences(store) == Preferences()
    wanted = Preferences().with_(suggest_once=False, suggestions_file="true", label_set_preset="a/b.json")
    save_preferences(store, wanted)
    assert load_preferences(SettingsPreferences(settings)) == wanted
    assert settings.synced == 1
    assert settings.stored["Other/key"] == "stays"


def test_a_setting_that_is_wrong_is_named_with_its_place() -> None:
    settings = IniSettings()
    settings.setValue("MultiLabelSeg/suggest_once", "perhaps")
    with pytest.raises(PresetError, match=r"settings of MultiLabelSeg.*suggest_once.*perhaps"):
        load_preferences(SettingsPreferences(settings))
