"""The command line inside Slicer: the same commands, the same exit codes, and never an error that goes astray."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import MultiLabelSegLib.cli.main

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "slicer_batch.py"


@pytest.fixture
def slicer_batch(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("slicer_batch")


@pytest.mark.parametrize("separator", [[], ["--"]])
def test_what_follows_the_separator_is_mlsegs_command_line(
    separator: list[str], slicer_batch: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert slicer_batch.run([*separator, "--version"]) == 0
    assert capsys.readouterr().out == f"mlseg {MultiLabelSegLib.__version__}\n"


def test_the_exit_code_is_mlsegs(slicer_batch: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "not there.nrrd"
    assert slicer_batch.run(["--", "info", str(missing)]) == 1
    assert "not there.nrrd" in capsys.readouterr().err
    assert slicer_batch.run(["--", "frobnicate"]) == 2


@pytest.mark.parametrize(("raised", "code"), [(RuntimeError("broken"), 1), (SystemExit(3), 3), (SystemExit("no"), 1)])
def test_whatever_is_raised_becomes_an_exit_code(
    raised: BaseException, code: int, slicer_batch: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def main(arguments: list[str]) -> int:
        raise raised

    monkeypatch.setattr(MultiLabelSegLib.cli.main, "main", main)
    assert slicer_batch.run(["info"]) == code


def test_without_the_extension_the_library_of_the_folder_is_taken(tmp_path: Path) -> None:
    """-S and -I: a Python that knows neither the environment's packages nor PYTHONPATH, as a fresh Slicer."""
    code = (
        "import runpy, sys; sys.argv = sys.argv[1:]\n"
        f"sys.path += {[path for path in sys.path if path.endswith('site-packages')]!r}\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(SCRIPT), "--version"]
    child = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (child.returncode, child.stdout) == (0, f"mlseg {MultiLabelSegLib.__version__}\n"), child.stderr
