"""Finding the Python environments of this machine without starting any of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...errors import OptionError

Kind = Literal["venv", "conda", "pyenv", "system"]
#: is told of a place that was passed over, and why
PassedOver = Callable[[Path, str], object]
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

    Raises OptionError, which says what was looked for, where there is no Python, or where it is still being made, and
    what the system says where the folder cannot be looked into.
    """
    try:
        found = _environment_in(path.expanduser())
    except OSError as error:
        raise OptionError("environment", str(path), f"a folder that can be read ({_said(error)})") from None
    if found is None:
        raise OptionError("environment", str(path), "the base folder of a Python environment, such as .../myenv")
    return found


def find_environments(more: Iterable[Path] = (), passed_over: PassedOver | None = None) -> tuple[Environment, ...]:
    """The environments of this machine, see ``each_environment``."""
    return tuple(each_environment(more, passed_over))


def each_environment(more: Iterable[Path] = (), passed_over: PassedOver | None = None) -> Iterator[Environment]:
    """The environments of this machine, each once: ``more`` first, then ours, the active one, those of the usual
    places (virtualenv, conda, pyenv, the current folder) and what is on PATH.

    ``passed_over`` is told of each place that cannot be read or holds an environment that is not finished, and why.
    """
    known: set[Path] = set()
    for path in (*more, *_places(passed_over)):
        try:
            environment = _environment_in(path)
            if environment is None:
                continue
            # /bin and /usr/bin may be one folder; every venv's interpreter is a link to the one that made it
            same = (environment.python if environment.kind == "system" else environment.folder).resolve()
        except OptionError as error:
            _tell(passed_over, path, f"expected {error.allowed}")
        except (OSError, RuntimeError) as error:  # a circle of links is a RuntimeError in older Pythons
            _tell(passed_over, path, _said(error))
        else:
            if same not in known:
                known.add(same)
                yield environment


def _environment_in(path: Path) -> Environment | None:
    """The environment of a folder, of its ``bin``, or of an interpreter; None where there is none.

    Raises OptionError for one that is not finished, OSError where it cannot be looked into.
    """
    if path.is_file() or (not path.exists() and path.name.startswith("python")):
        path = path.parent
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if path.name in ("bin", "Scripts") and _python_in(path.parent) is not None:
        path = path.parent
    if (path / UNFINISHED).exists():
        raise OptionError("environment", str(path), "a finished environment; this one was not made to its end")
    python = _python_in(path)
    # a link to the interpreter is what makes an environment, so links are not followed
    return None if python is None else Environment(path.absolute(), python.absolute(), _kind(path))


def _said(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


def _tell(passed_over: PassedOver | None, path: Path, why: str) -> None:
    if passed_over is not None:
        passed_over(path, why)


def _places(passed_over: PassedOver | None) -> Iterator[Path]:
    yield from _folders_in(environments_folder(), passed_over)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if os.environ.get(variable):
            yield Path(os.environ[variable])
    home = Path.home()
    for name in (".venv", "venv", "env"):
        yield Path.cwd() / name
    for folder in (Path(os.environ.get("WORKON_HOME") or home / ".virtualenvs"), home / "venvs", home / "envs"):
        yield from _folders_in(folder, passed_over)
    yield from _conda(home, passed_over)
    yield from _folders_in(Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions", passed_over)
    for part in os.environ.get("PATH", "").split(os.pathsep):
        host = os.environ.get("SLICER_HOME")
        if host and part.startswith(host):  # Slicer's own Python is no place for other programs
            continue
        if part and not part.endswith("shims"):
            yield from _on_path(Path(part), passed_over)


def _on_path(folder: Path, passed_over: PassedOver | None) -> Iterator[Path]:
    try:
        if any((folder / name).is_file() for name in _NAMES):
            yield folder
    except OSError as error:
        _tell(passed_over, folder, _said(error))


def _conda(home: Path, passed_over: PassedOver | None) -> Iterator[Path]:
    listed = home / ".conda" / "environments.txt"
    try:
        lines = listed.read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        lines = []
    except OSError as error:
        lines = []
        _tell(passed_over, listed, _said(error))
    yield from (Path(line.strip()) for line in lines if line.strip())
    for name in ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba"):
        yield home / name
        yield from _folders_in(home / name / "envs", passed_over)


def _folders_in(folder: Path, passed_over: PassedOver | None) -> Iterator[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        _tell(passed_over, folder, _said(error))
        return
    yield from found


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
