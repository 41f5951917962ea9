"""What each outside program needs of an environment, and which environment the user chose for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import OptionError
from ...presets.preferences import Preferences, PreferenceStore, load_preferences, save_preferences
from .checking import installed_packages
from .finding import Environment, environment_at, environments_folder, find_environments


@dataclass(frozen=True)
class Need:
    """A program: what pip installs for it, and the packages of which any one means that it is there."""

    id: str
    title: str
    install: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The environment that is made for it unless another folder is named."""
        return environments_folder() / self.id

    def is_met(self, environment: Environment) -> bool:
        """Whether the environment has the program, as far as its folders say."""
        return bool(installed_packages(environment, self.packages))


NEEDS = {
    need.id: need
    for need in (
        Need("nnunet", "nnU-Net", ("nnunetv2",), ("nnunetv2", "nnunet")),
        Need("totalsegmentator", "TotalSegmentator", ("TotalSegmentator>=2",), ("TotalSegmentator",)),
    )
}


def need_of(program: str) -> Need:
    """What a program needs. Raises OptionError for an unknown one."""
    if program not in NEEDS:
        raise OptionError("program", program, NEEDS)
    return NEEDS[program]


def remembered(program: str, preferences: Preferences) -> Path | None:
    """The folder that the preferences name for a program; None where they name none."""
    need_of(program)
    if program == "nnunet":
        text = preferences.nnunet_path
    elif preferences.totalsegmentator_custom_install:
        text = preferences.totalsegmentator_path
    else:
        text = preferences.totalsegmentator_install_path
    return Path(text) if text else None


def remember(program: str, folder: Path, store: PreferenceStore, made: bool = False) -> None:
    """Notes the environment of a program; ``made``: we made it. Raises PresetError, WriteError, OptionError."""
    need_of(program)
    preferences = load_preferences(store)
    if program == "nnunet":
        changed = preferences.with_(nnunet_path=str(folder))
    elif made:
        changed = preferences.with_(totalsegmentator_custom_install=False, totalsegmentator_install_path=str(folder))
    else:
        changed = preferences.with_(totalsegmentator_custom_install=True, totalsegmentator_path=str(folder))
    save_preferences(store, changed)


def environment_for(program: str, named: Path | None, preferences: Preferences) -> Environment:
    """The environment to run a program in: the one that is named, else remembered, else the first that has it.

    Raises OptionError, which says how to get one, when there is none.
    """
    need = need_of(program)
    chosen = named or remembered(program, preferences)
    if chosen is not None:
        environment = environment_at(chosen)
        if not need.is_met(environment):
            expected = f"an environment with {need.title}; mlseg environments make {program} makes one"
            raise OptionError("environment", str(chosen), expected)
        return environment
    for environment in find_environments():
        if need.is_met(environment):
            return environment
    expected = f"an environment with {need.title}: name one, or let mlseg environments make {program} make one"
    raise OptionError("environment", None, expected)
