"""Environments that look like real ones, and programs in them that are small scripts of ours."""

from __future__ import annotations

import os
import stat
import sys
import zipfile
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[2]


def an_environment(folder: Path, packages: dict[str, str] | None = None) -> Path:
    """A folder with pyvenv.cfg, an interpreter that is the one of the tests, and packages' metadata."""
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).parent}\n")
    python = folder / "bin" / "python3"
    # a script and not a link: through a link Python would take this folder for its environment, without numpy
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    site = folder / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    for name, version in (packages or {}).items():
        (site / f"{name}-{version}.dist-info").mkdir()
    return folder


def add_program(environment: Path, name: str, source: Path) -> Path:
    """Puts a script of the tests into an environment, as pip would put a program."""
    script = environment / "bin" / name
    body = (
        f"#!{sys.executable}\nimport sys\n"
        f"sys.path[:0] = [{str(LIBRARY)!r}, {str(LIBRARY / 'MultiLabelSeg')!r}]\n"
        f"sys.argv[0] = {name!r}\n"
        f"__file__ = {str(source)!r}\n"
        f"exec(compile(open(__file__, encoding='utf-8').read(), __file__, 'exec'))\n"
    )
    script.write_text(body)
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def a_wheel(folder: Path, name: str, version: str) -> Path:
    """A wheel with one empty module, which pip installs without any index."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


def without_place(monkeypatch: object, home: Path) -> None:
    """Hides the environments of the machine that runs the tests."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "WORKON_HOME", "PYENV_ROOT"):
        monkeypatch.delenv(name, raising=False)  # type: ignore[attr-defined]
    for name, text in {"HOME": str(home), "PATH": str(home / "nothing"), "MLSEG_DATA_DIR": str(home / "data")}.items():
        monkeypatch.setenv(name, text)  # type: ignore[attr-defined]
    os.makedirs(home, exist_ok=True)  # noqa: PTH103
    monkeypatch.chdir(home)  # type: ignore[attr-defined]
