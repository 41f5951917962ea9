"""Pretrained models: listed and fetched by nnU-Net's own programs, never without being asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import DatasetError, ExternalToolError, OptionError
from ...formats.report import Cancelled, ProgressCallback
from ..environments import Environment
from ..offline import offline_said
from ..process import Program, run_program
from .results import Model, scan_results

_LIST, _FETCH = "nnUNet_print_available_pretrained_models", "nnUNet_download_pretrained_model"
_FETCH_URL = {2: "nnUNetv2_download_pretrained_model_by_url", 1: "nnUNet_download_pretrained_model_by_url"}
_INSTALL = {2: "nnUNetv2_install_pretrained_model_from_zip", 1: "nnUNet_install_pretrained_model_from_zip"}
_TASK = re.compile(r"Task\d{3}_\w+")


@dataclass(frozen=True)
class Pretrained:
    """A model that can be fetched, with what its publisher says of it."""

    name: str
    about: str


def list_pretrained(environment: Environment, progress: ProgressCallback | None = None) -> tuple[Pretrained, ...]:
    """What v1 of nnU-Net lists, out of its package: no network is needed for that.

    v2 has no list: its models are fetched by address. Raises OptionError, saying so, where v1 is not installed,
    ExternalToolError, Cancelled.
    """
    script = environment.script(_LIST)
    if not script.is_file():
        expected = (
            "an environment with nnU-Net v1; v2 has no list of models, they are fetched by address or from a file"
        )
        raise OptionError("environment", str(environment.folder), expected)
    heard: list[str] = []
    run_program(Program((str(script),), _LIST, limit_s=120), progress, heard.append)
    found: dict[str, list[str]] = {}
    name = ""
    for line in heard:
        if _TASK.fullmatch(line):
            name = line
            found[name] = []
        elif name:
            found[name].append(line)
    return tuple(Pretrained(name, " ".join(lines)) for name, lines in found.items())


def fetch_pretrained(
    environment: Environment,
    root: Path,
    what: str,
    confirmed: Callable[[str], bool],
    progress: ProgressCallback | None = None,
    version: int = 2,
) -> tuple[Model, ...]:
    """Fetches a model into the results folder ``root``, and gives the models that it has now.

    ``what`` is an address (https), a zip file on this machine, or a task of v1's list. ``confirmed`` is asked with one
    sentence before anything is fetched. Raises Cancelled where it says no, OptionError for what is none of these,
    ExternalToolError that says so when there is no network, DatasetError.
    """
    name, question = _program(what, version, root)
    script = environment.script(name)
    if not script.is_file():
        raise ExternalToolError(name, 127, [f"it is not installed in {environment.folder}"])
    if not root.is_dir():
        raise DatasetError(f"{root}: there is no such folder of nnU-Net's results")
    if not confirmed(question):
        raise Cancelled("nothing was fetched")
    variables: dict[str, str | None] = {"nnUNet_results": str(root), "RESULTS_FOLDER": str(root)}
    with offline_said("nothing was fetched"):
        run_program(Program((str(script), what), name, variables), progress)
    return scan_results(root)


def _program(what: str, version: int, root: Path) -> tuple[str, str]:
    """The program that fetches this, and the question to ask before."""
    if version not in _INSTALL:
        raise OptionError("version", version, _INSTALL)
    if what.startswith(("https://", "http://")):
        return _FETCH_URL[
            version
        ], f"Download {what} (often gigabytes) and unpack it into {root}? It may replace models."
    if what.lower().endswith(".zip") and Path(what).is_file():
        return _INSTALL[version], f"Unpack {what} into {root}? It may replace models there."
    if _TASK.fullmatch(what):
        return (
            _FETCH,
            f"Download the model {what} (often gigabytes) into {root}? Its data set has a licence of its own.",
        )
    raise OptionError("model", what, "an address, a zip file, or a task such as Task004_Hippocampus")
