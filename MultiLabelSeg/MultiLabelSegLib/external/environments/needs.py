"""What each outside program needs of an environment, and the one to run it in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import OptionError
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


def environment_for(program: str, named: Path | None, chosen: Path | None = None) -> Environment:
    """The environment to run a program in: the named one, else the one that was chosen once, else the first.

    Raises OptionError, which says how to get one, when there is none.
    """
    need = need_of(program)
    wanted = named or chosen
    if wanted is not None:
        environment = environment_at(wanted)
        if not need.is_met(environment):
            expected = f"an environment with {need.title}; mlseg environments make {program} makes one"
            raise OptionError("environment", str(wanted), expected)
        return environment
    for environment in find_environments():
        if need.is_met(environment):
            return environment
    expected = f"an environment with {need.title}: name one, or let mlseg environments make {program} make one"
    raise OptionError("environment", None, expected)
