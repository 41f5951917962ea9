"""Finding the Python environments of this machine without starting any of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...errors import OptionError

Kind = Literal["venv", "conda", "pyenv", "system"]
WINDOWS = os.name == "nt"
#: in an environment that is being made; what has it is not offered
UNFINISHED = ".mlseg-unfinished"
_NAMES = ("python.exe",) if WINDOWS else ("python3", "python")


@dataclass(frozen=True)
class Environment:
    """A Python environment: its base folder, its interpreter, and what kind it is."""

    folder: Path
    python: Path
    kind: Kind

    @property
    def title(self) -> str:
        """How lists show it."""
        return f"{self.folder.name or self.folder} ({self.kind})"

    def script(self, name: str) -> Path:
        """Where a program that a package installs lies, whether it is there or not."""
        names = [f"{name}.exe", f"{name}.cmd", name] if WINDOWS else [name]
        folders = [self.python.parent, self.python.parent / "Scripts"] if WINDOWS else [self.python.parent]
        places = [folder / each for folder in folders for each in names]
        return next((place for place in places if place.is_file()), places[0])

    def site_packages(self) -> tuple[Path, ...]:
        """The folders of its installed packages."""
        patterns = ("Lib/site-packages",) if WINDOWS else ("lib/python3*/site-packages", "lib/python3*/dist-packages")
        extra = (
            ()
            if WINDOWS or self.kind != "system"
            else ("local/lib/python3*/dist-packages", "lib/python3/dist-packages")
        )
        return tuple(path for each in (*patterns, *extra) for path in sorted(self.folder.glob(each)) if path.is_dir())


def environments_folder() -> Path:
    """Where the environments lie that we make; ``MLSEG_DATA_DIR`` names another folder for our data."""
    given = os.environ.get("MLSEG_DATA_DIR")
    if given:
        return Path(given) / "environments"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "MultiLabelSeg"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support" / "MultiLabelSeg"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "multilabelseg"
    return base / "environments"


def environment_at(path: Path) -> Environment:
    """The environment that a user names: its base folder is enough; ``bin`` and the interpreter itself do too.

    Raises OptionError, which says what was looked for, where there is no Python, or where it is still being made.
    """
    path = path.expanduser()
    if path.is_file() or (not path.exists() and path.name.startswith("python")):
        path = path.parent
    if path.name in ("bin", "Scripts") and _python_in(path.parent) is not None:
        path = path.parent
    if (path / UNFINISHED).exists():
        raise OptionError("environment", str(path), "a finished environment; this one was not made to its end")
    python = _python_in(path)
    if python is None:
        raise OptionError("environment", str(path), "the base folder of a Python environment, such as .../myenv")
    # a link to the interpreter is what makes an environment, so links are not followed
    return Environment(path.absolute(), python.absolute(), _kind(path))


def find_environments(more: Iterable[Path] = ()) -> tuple[Environment, ...]:
    """The environments of this machine, each once: ``more`` first, then ours, the active one, those of the usual
    places (virtualenv, conda, pyenv, the current folder) and what is on PATH."""
    found: dict[Path, Environment] = {}
    for path in (*more, *_places()):
        try:
            if not path.is_dir() and not path.is_file():
                continue
            environment = environment_at(path)
        except (OptionError, OSError):
            continue
        # /bin and /usr/bin may be one folder; every venv's interpreter is a link to the one that made it
        same = environment.python if environment.kind == "system" else environment.folder
        found.setdefault(same.resolve(), environment)
    return tuple(found.values())


def _places() -> Iterator[Path]:
    yield from _folders_in(environments_folder())
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if os.environ.get(variable):
            yield Path(os.environ[variable])
    home = Path.home()
    for name in (".venv", "venv", "env"):
        yield Path.cwd() / name
    for folder in (Path(os.environ.get("WORKON_HOME") or home / ".virtualenvs"), home / "venvs", home / "envs"):
        yield from _folders_in(folder)
    yield from _conda(home)
    yield from _folders_in(Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions")
    for part in os.environ.get("PATH", "").split(os.pathsep):
        host = os.environ.get("SLICER_HOME")
        if host and part.startswith(host):  # Slicer's own Python is no place for other programs
            continue
        if part and not part.endswith("shims") and any((Path(part) / name).is_file() for name in _NAMES):
            yield Path(part)


def _conda(home: Path) -> Iterator[Path]:
    listed = home / ".conda" / "environments.txt"
    if listed.is_file():
        lines = listed.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from (Path(line.strip()) for line in lines if line.strip())
    for name in ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba"):
        yield home / name
        yield from _folders_in(home / name / "envs")


def _folders_in(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return


def _python_in(folder: Path) -> Path | None:
    for part in (".", "Scripts") if WINDOWS else ("bin", "."):
        for name in _NAMES:
            python = folder / part / name
            if python.is_file() and os.access(python, os.X_OK):
                return python
    return None


def _kind(folder: Path) -> Kind:
    if (folder / "pyvenv.cfg").is_file():
        return "venv"
    if (folder / "conda-meta").is_dir():
        return "conda"
    return "pyenv" if folder.parent.name == "versions" and ".pyenv" in str(folder) else "system"
