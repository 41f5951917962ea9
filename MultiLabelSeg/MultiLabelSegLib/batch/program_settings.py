"""A user's preferences as the settings that outside programs take, for tools of recipes and of the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..external.catalog import PROGRAM_TOOLS
from ..external.settings import ProgramSettings
from ..presets.preference_file import TomlPreferences, config_folder
from ..presets.preferences import Preferences, load_preferences
from ..presets.program_choices import remembered


def settings_of(program: str, preferences: Preferences) -> ProgramSettings:
    """What the preferences say for a program. Raises OptionError for an unknown one."""
    results = preferences.nnunet_results_path
    return ProgramSettings(
        remembered(program, preferences),
        Path(results) if results else None,
        preferences.external_timeout_s,
        config_folder(),
    )


def with_stored_settings(tool: Any) -> Any:
    """A tool as it was given; one that is an outside program knows the preferences of this user and machine then.

    Raises PresetError for a damaged file of preferences.
    """
    if tool.name not in PROGRAM_TOOLS:
        return tool
    return replace(tool, settings=settings_of(tool.name, load_preferences(TomlPreferences())))
