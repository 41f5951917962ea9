"""Which environment the preferences name for an outside program, and noting another one."""

from __future__ import annotations

from pathlib import Path

from ..errors import OptionError
from .preferences import Preferences, PreferenceStore, load_preferences, save_preferences

#: the programs whose environments are remembered
REMEMBERED_PROGRAMS = ("nnunet", "totalsegmentator")


def remembered(program: str, preferences: Preferences) -> Path | None:
    """The folder that the preferences name for a program; None where they name none. Raises OptionError."""
    _check(program)
    if program == "nnunet":
        text = preferences.nnunet_path
    elif preferences.totalsegmentator_custom_install:
        text = preferences.totalsegmentator_path
    else:
        text = preferences.totalsegmentator_install_path
    return Path(text) if text else None


def remember(program: str, folder: Path, store: PreferenceStore, made: bool = False) -> None:
    """Notes the environment of a program; ``made``: we made it. Raises PresetError, WriteError, OptionError."""
    _check(program)
    preferences = load_preferences(store)
    if program == "nnunet":
        changed = preferences.with_(nnunet_path=str(folder))
    elif made:
        changed = preferences.with_(totalsegmentator_custom_install=False, totalsegmentator_install_path=str(folder))
    else:
        changed = preferences.with_(totalsegmentator_custom_install=True, totalsegmentator_path=str(folder))
    save_preferences(store, changed)


def _check(program: str) -> None:
    if program not in REMEMBERED_PROGRAMS:
        raise OptionError("program", program, REMEMBERED_PROGRAMS)
