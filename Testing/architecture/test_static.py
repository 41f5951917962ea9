"""The linter and the type checker find nothing."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("ruff", ["check", "--quiet", "--output-format", "concise", "."]),
        ("mypy", ["--no-error-summary"]),
    ],
)
def test_finds_nothing(module: str, arguments: list[str]) -> None:
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    if module == "mypy" and sys.version_info < (3, 12):
        pytest.skip("the types of the last numpy for this Python are not those that the library is checked against")
    child = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, cwd=ROOT)
    if child.returncode or child.stdout:
        pytest.fail(f"{module} finds\n{child.stdout}{child.stderr}", pytrace=False)
