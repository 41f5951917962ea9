"""What an environment holds: read from its folders at once, or asked of its own Python."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...errors import ExternalToolError
from ...formats.report import ProgressCallback
from ..process import Program, run_program
from .finding import Environment

#: importing PyTorch from a cold disk takes its time
_LIMIT_S = 180
_MARK = "MLSEG-CHECK "
_PROBE = """
import importlib.util, json, sys
from importlib import metadata
found = {"python": "%d.%d.%d" % sys.version_info[:3], "packages": {}, "torch": None}
for name in sys.argv[2:]:
    try:
        found["packages"][name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
found["venv"] = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
if sys.argv[1] == "torch" and importlib.util.find_spec("torch"):
    try:
        import torch
        cuda = bool(torch.cuda.is_available())
        names = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())] if cuda else []
        found["torch"] = {"version": torch.__version__, "cuda": cuda, "devices": names}
    except Exception as error:
        found["torch"] = {"error": "%s: %s" % (type(error).__name__, error)}
print("MLSEG-CHECK " + json.dumps(found))
"""


@dataclass(frozen=True)
class EnvironmentCheck:
    """What an environment's own Python said. ``packages`` are those asked for that are there, with their versions.

    ``torch`` is empty where PyTorch is not there or was not asked for; ``problem`` is why PyTorch does not start.
    """

    python: str
    packages: dict[str, str]
    makes_environments: bool
    torch: str = ""
    cuda: bool = False
    gpus: tuple[str, ...] = field(default=())
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """For reports."""
        return {
            "python": self.python,
            "packages": dict(self.packages),
            "venv": self.makes_environments,
            "torch": self.torch or None,
            "cuda": self.cuda,
            "gpus": list(self.gpus),
            "problem": self.problem or None,
        }


def normalized(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_packages(environment: Environment, names: Iterable[str]) -> dict[str, str]:
    """Which of these packages are installed, with versions, read from the folders: no Python is started."""
    wanted = {normalized(name): name for name in names}
    found: dict[str, str] = {}
    for folder in environment.site_packages():
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(".dist-info")]
        for text in names:
            name, _, version = text.removesuffix(".dist-info").rpartition("-")
            if normalized(name) in wanted:
                found[wanted[normalized(name)]] = version
    return found


def check_environment(
    environment: Environment, packages: Iterable[str] = (), torch: bool = True, progress: ProgressCallback | None = None
) -> EnvironmentCheck:
    """Asks the environment's Python for its version, these packages, and whether PyTorch starts and sees a GPU.

    Takes seconds where PyTorch is there: call it in the background. Raises ExternalToolError when this Python does
    not start, Cancelled.
    """
    command = (str(environment.python), "-I", "-c", _PROBE, "torch" if torch else "-", *packages)
    said = run_program(Program(command, name=str(environment.python), limit_s=_LIMIT_S), progress).last
    answer = next((line[len(_MARK) :] for line in said if line.startswith(_MARK)), None)
    if answer is None:
        raise ExternalToolError(str(environment.python), 0, said or ("it gave no answer",))
    data = json.loads(answer)
    about = data["torch"] or {}
    return EnvironmentCheck(
        data["python"],
        data["packages"],
        data["venv"],
        about.get("version", ""),
        about.get("cuda", False),
        tuple(about.get("devices", ())),
        about.get("error", ""),
    )
