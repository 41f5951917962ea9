"""Looking through all environments of a machine for one program."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from ...errors import OptionError
from ...formats.report import ProgressCallback, Report
from .finding import Environment, each_environment, environment_at
from .needs import Need


@dataclass(frozen=True)
class EnvironmentScan:
    """The environments that were ``found``; ``having`` are the folders of those that have the program.

    ``selected`` is the one to run it in: the chosen one, else the first that has it. ``problem`` is why the chosen one
    cannot be used, ``passed_over`` are places that could not be looked into, ``made`` says whether the environment is
    there that is made for the program.
    """

    found: tuple[Environment, ...] = ()
    having: Set[Path] = frozenset()
    selected: Environment | None = None
    problem: str = ""
    passed_over: tuple[str, ...] = ()
    made: bool = False


def scan_environments(need: Need, chosen: Path | None, progress: ProgressCallback | None = None) -> EnvironmentScan:
    """Looks for environments, the chosen one first. Reads folders alone, yet many of them. Raises Cancelled."""
    report, told = Report(progress), []
    found, having = [], set()
    more = [] if chosen is None else [chosen]
    for environment in each_environment(more, lambda path, why: told.append(f"{path} was passed over: {why}")):
        report.step(0.0, str(environment.folder))
        found.append(environment)
        if need.is_met(environment):
            having.add(environment.folder)
    selected = next((each for each in found if each.folder in having), None)
    problem = ""
    if chosen is not None:
        try:
            wanted = environment_at(chosen)
            selected = wanted if need.is_met(wanted) else selected
        except OptionError as error:
            problem = f"the remembered environment is gone: {error}"
    return EnvironmentScan(tuple(found), having, selected, problem, tuple(told), is_made(need))


def is_made(need: Need) -> bool:
    """Whether the environment that is made for a program is there, with the program."""
    try:
        return need.is_met(environment_at(need.folder))
    except OptionError:
        return False
