"""Python environments for nnU-Net and TotalSegmentator: found, checked, made, remembered.

mlseg environments                              all that are found, with the programs that they have
mlseg environments check ~/envs/nnunet          ask one: Python, versions, PyTorch, GPUs
mlseg environments make totalsegmentator        make one (downloads gigabytes) and remember it
mlseg environments use nnunet ~/envs/nnunet     remember one; its base folder is enough
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..errors import OptionError
from ..external.cache import ResultCache
from ..external.environments import (
    NEEDS,
    Environment,
    check_environment,
    environment_at,
    find_environments,
    installed_packages,
    make_environment,
    need_of,
)
from ..formats.report import Cancelled
from ..presets.preference_file import TomlPreferences
from ..presets.preferences import load_preferences
from ..presets.program_choices import remember, remembered
from .console import Console, plain

_ACTIONS = ("list", "check", "make", "use", "clear")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg environments``."""
    parser.add_argument("action", nargs="?", choices=_ACTIONS, default="list", help="list unless given")
    parser.add_argument("what", nargs="*", metavar="WHAT", help="check: FOLDER; make: PROGRAM; use: PROGRAM FOLDER")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="make: where; a folder of our own unless given")
    parser.add_argument("--python", type=Path, metavar="DIR", help="make: the Python (or its folder) that makes it")
    parser.add_argument(
        "--pip-option", action="append", default=[], metavar="OPT", help="make: an option for pip install; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Lists, checks, makes or remembers; 1 when a check finds no program."""
    action = {"list": _list, "check": _check, "make": _make, "use": _use, "clear": _clear}[arguments.action]
    return action(arguments, console)


def _list(arguments: argparse.Namespace, console: Console) -> int:
    _expect(arguments, 0, "nothing behind list")
    preferences = load_preferences(TomlPreferences())
    chosen = {program: remembered(program, preferences) for program in NEEDS}
    told: list[str] = []
    more = [path for path in chosen.values() if path is not None]
    found = find_environments(more, lambda path, why: told.append(f"passed over {plain(str(path))}: {why}"))
    told += _gone(chosen)
    for line in told:
        console.warn(line)
    rows = [_row(environment, chosen) for environment in found]
    if arguments.json:
        console.out(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        packages = ", ".join(f"{name} {version}" for name, version in row["packages"].items()) or "-"
        used = f"  (remembered for {', '.join(row['remembered'])})" if row["remembered"] else ""
        console.out(f"{row['kind']:<7} {plain(row['folder'])}  {packages}{used}")
    if not any(row["packages"] for row in rows):
        console.say("none has nnU-Net or TotalSegmentator; mlseg environments make totalsegmentator makes one")
    return 0


def _gone(chosen: dict[str, Path | None]) -> list[str]:
    """A line for each remembered environment that is none any more."""
    lines = []
    for program, folder in chosen.items():
        if folder is not None:
            try:
                environment_at(folder)
            except OptionError as error:
                lines.append(f"remembered for {program}: {plain(str(error))}")
    return lines


def _row(environment: Environment, chosen: dict[str, Path | None]) -> dict[str, Any]:
    names = [name for need in NEEDS.values() for name in need.packages]
    same = [program for program, folder in chosen.items() if folder is not None and _same(folder, environment.folder)]
    return {
        "folder": str(environment.folder),
        "python": str(environment.python),
        "kind": environment.kind,
        "packages": installed_packages(environment, names),
        "remembered": same,
    }


def _same(one: Path, other: Path) -> bool:
    return one.expanduser().absolute() == other.absolute()


def _check(arguments: argparse.Namespace, console: Console) -> int:
    (folder,) = _expect(arguments, 1, "the base folder of an environment")
    environment = environment_at(Path(folder))
    names = [name for need in NEEDS.values() for name in need.packages]
    with console.progress("check") as progress:
        check = check_environment(environment, names, progress=progress)
    if arguments.json:
        console.out(json.dumps({"folder": str(environment.folder), **check.as_json()}, indent=1))
    else:
        gpus = f", GPUs: {', '.join(check.gpus)}" if check.cuda else ", no GPU"
        torch = f"PyTorch {check.torch}{gpus}" if check.torch else check.problem or "no PyTorch"
        packages = ", ".join(f"{name} {version}" for name, version in check.packages.items()) or "none of the programs"
        console.out(f"{environment.python}: Python {check.python}; {packages}; {torch}")
    return 0 if check.packages and not check.problem else 1


def _make(arguments: argparse.Namespace, console: Console) -> int:
    (program,) = _expect(arguments, 1, f"one of {', '.join(NEEDS)}")
    need = need_of(program)
    try:
        with console.progress(f"make {need.title}") as progress:
            made = make_environment(need, arguments.folder, arguments.python, progress, arguments.pip_option)
    except Cancelled:
        raise KeyboardInterrupt from None
    remember(program, made.folder, TomlPreferences(), made=True)
    packages = installed_packages(made, need.packages)
    if arguments.json:
        console.out(
            json.dumps({"folder": str(made.folder), "python": str(made.python), "packages": packages}, indent=1)
        )
    else:
        console.say(f"made {made.folder}: {', '.join(f'{name} {version}' for name, version in packages.items())}")
    return 0


def _use(arguments: argparse.Namespace, console: Console) -> int:
    program, folder = _expect(arguments, 2, f"one of {', '.join(NEEDS)}, and the base folder of an environment")
    need, environment = need_of(program), environment_at(Path(folder))
    if not need.is_met(environment):
        raise OptionError("environment", folder, f"an environment with {need.title}")
    remember(program, environment.folder, TomlPreferences())
    console.say(f"{need.title} is run in {environment.folder}")
    return 0


def _clear(arguments: argparse.Namespace, console: Console) -> int:
    _expect(arguments, 0, "nothing behind clear")
    cache = ResultCache()
    freed = cache.clear()
    console.say(f"emptied {cache.folder}: {freed / 1e6:.1f} MB")
    return 0


def _expect(arguments: argparse.Namespace, count: int, expected: str) -> list[str]:
    if len(arguments.what) != count:
        raise OptionError(arguments.action, " ".join(arguments.what) or None, expected)
    found: list[str] = arguments.what
    return found
