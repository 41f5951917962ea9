"""Making an environment for a program: venv and pip, as children, with nothing left behind when it fails."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ...errors import ExternalToolError, MultiLabelSegError, OptionError, WriteError
from ...formats.report import ProgressCallback
from ..process import Program, run_program
from .checking import check_environment
from .finding import UNFINISHED, Environment, environment_at, find_environments
from .needs import Need

#: share of the whole that making the bare environment is
_BARE = 0.05
#: what pip says when it goes on to the next of its phases, and how far it then is
_PHASES = (("Collecting", 0.1), ("Downloading", 0.3), ("Installing collected", 0.85), ("Successfully installed", 1.0))


def make_environment(
    need: Need,
    folder: Path | None = None,
    python: Path | None = None,
    progress: ProgressCallback | None = None,
    pip_options: Sequence[str] = (),
) -> Environment:
    """A new environment with a program in it; takes minutes and downloads gigabytes (PyTorch).

    ``folder`` must not exist, or be empty; by default the program's own. ``python`` makes it: an interpreter or its
    base folder. ``pip_options`` are put before what is installed (``--index-url`` of a PyTorch build, say). When it
    fails or is cancelled the folder is removed.

    Raises OptionError for a folder that is in use, ExternalToolError with pip's last lines, or saying that python3-venv
    is missing, WriteError, Cancelled.
    """
    target = (folder or need.folder).expanduser().absolute()
    maker = makers_python(python, progress)
    _claim(target)
    try:
        _build(need, target, maker, progress, pip_options)
        (target / UNFINISHED).unlink()
        made = environment_at(target)
        if not need.is_met(made):
            raise ExternalToolError("pip", 0, [f"pip ended well, but {need.title} is not in {target}"])
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    if progress is not None:
        progress(1.0, "")
    return made


def makers_python(named: Path | None, progress: ProgressCallback | None = None) -> Environment:
    """The Python that makes environments: the one named, else the first that can.

    Raises ExternalToolError that names the missing package (``python3-venv``), OptionError.
    """
    candidates = (environment_at(named),) if named is not None else find_environments()
    lacking = ""
    for candidate in candidates:
        try:
            check = check_environment(candidate, torch=False, progress=progress)
        except MultiLabelSegError:
            if named is not None:
                raise
            continue
        version = tuple(int(part) for part in check.python.split(".")[:2])
        if version < (3, 10):
            lacking = lacking or f"{candidate.python} is Python {check.python}; 3.10 or newer is needed"
        elif not check.makes_environments:
            package = f"python3-venv (or python{version[0]}.{version[1]}-venv)"
            lacking = f"{candidate.python} cannot make environments; on Debian and Ubuntu: apt install {package}"
        else:
            return candidate
    raise ExternalToolError(
        "python -m venv", 1, [lacking or "there is no Python on this machine; install Python 3.10+"]
    )


def _claim(target: Path) -> None:
    """Makes the folder and marks it; what an earlier attempt left unfinished is removed first."""
    if (target / UNFINISHED).exists():
        shutil.rmtree(target, ignore_errors=True)
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise OptionError("folder", str(target), "a folder that does not exist yet, or is empty")
        target.mkdir(parents=True, exist_ok=True)
        (target / UNFINISHED).write_text("an environment that is being made, or was not made to its end\n")
    except OSError as error:
        raise WriteError(target, error.strerror or str(error)) from None


def _build(
    need: Need, target: Path, maker: Environment, progress: ProgressCallback | None, pip_options: Sequence[str]
) -> None:
    def say(fraction: float, text: str) -> object:
        return None if progress is None else progress(fraction, text)

    bare = Program((str(maker.python), "-m", "venv", str(target)), name="python -m venv")
    run_program(bare, lambda _, line: say(0.01, line or "making the environment"))
    # still marked as unfinished, so that nobody else takes it for an environment
    python = next(path for path in (target / "bin" / "python", target / "Scripts" / "python.exe") if path.exists())
    pip = (str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off")
    reached = [_BARE]

    def heard(line: str) -> None:
        for begin, share in _PHASES:
            if line.lstrip().startswith(begin):
                # packages are found one after another: half of what is left of the phase at each
                reached[0] = max(reached[0], min(share, reached[0] + (share - reached[0]) * 0.1))

    program = Program((*pip, *pip_options, *need.install), name="pip install")
    run_program(program, lambda _, line: say(reached[0], line), heard)
