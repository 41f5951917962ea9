"""The closing line of a run counts the tests that really ran against the real programs, and CI insists on them."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
CONFIGURATION = """
[pytest]
testpaths = tests
pythonpath = modules
markers =
    mitk
    slicer_core
    supervisely_sdk
    qt
"""
TESTS = """
import pytest

@pytest.fixture
def broken():
    raise OSError("no library")

@pytest.mark.mitk
@pytest.mark.parametrize("number", range(5))
def test_passes(number):
    pass

@pytest.mark.mitk
def test_fails():
    assert FAILURE is None

@pytest.mark.mitk
def test_skips():
    pytest.skip("not here")

@pytest.mark.mitk
@pytest.mark.xfail(strict=False)
def test_never_starts(broken):
    pass

@pytest.mark.slicer_core
class TestSlicer:
    def test_one(self):
        pass

    @pytest.mark.mitk
    def test_both(self):
        pass

@pytest.mark.supervisely_sdk
def test_sdk():
    pass

@pytest.mark.qt
def test_needs_what_is_not_installed():
    raise AssertionError("must not run")
"""
linux_only = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="CI insists on Linux x86-64 only"
)


@pytest.fixture
def a_project(tmp_path: Path) -> Path:
    """A project of its own with a copy of our conftest.py, stand-ins for MITK, Slicer and the SDK, and no Qt."""
    for folder in ("tests", "modules"):
        (tmp_path / folder).mkdir()
    shutil.copy(CONFTEST, tmp_path / "tests")
    (tmp_path / "pytest.ini").write_text(CONFIGURATION)
    for module in ("mitk", "slicer"):
        (tmp_path / "modules" / f"{module}.py").write_text("")
    text = CONFTEST.read_text().replace('"PySide6"', '"a_module_that_nobody_has"')
    (tmp_path / "tests" / "conftest.py").write_text(text)
    return tmp_path


def run(project: Path, tests: str, *arguments: str, ci: bool, **more: str) -> tuple[int, list[str]]:
    (project / "tests" / "test_it.py").write_text(tests)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_") and name != "CI"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    environment = variables | ({"CI": "true"} if ci else {}) | {"MLSEG_SUPERVISELY_PYTHON": sys.executable} | more
    child = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    return child.returncode, child.stdout.splitlines()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_passed_and_failed_tests_count_and_skipped_ones_do_not(a_project: Path, workers: str) -> None:
    code, lines = run(a_project, TESTS.replace("FAILURE", "1"), "-n", workers, ci=True)
    assert lines[-1] == "Ran against the real programs: MITK 7, Slicer core 2, Supervisely SDK 1, Qt 0"
    assert "1 failed, 8 passed, 2 skipped, 1 xfailed" in lines[-2]
    assert code == 1


@linux_only
@pytest.mark.parametrize("workers", ["0", "2"])
def test_in_ci_a_full_run_without_a_real_program_fails_though_all_passed(a_project: Path, workers: str) -> None:
    tests = "import pytest\n@pytest.mark.mitk\n@pytest.mark.supervisely_sdk\ndef test_it():\n    pass\n"
    code, lines = run(a_project, tests, "-n", workers, ci=True)
    assert code == 1
    assert "1 passed" in lines[-3]
    assert lines[-2] == "FAILED: no test ran against the real Slicer core; in CI at least one must"
    assert lines[-1] == "Ran against the real programs: MITK 1, Slicer core 0, Supervisely SDK 1, Qt 0"


@pytest.mark.parametrize("arguments", [["tests/test_it.py"], ["-k", "test"], ["-m", "not slow"], ["--deselect", "x"]])
def test_a_run_of_chosen_tests_need_not_meet_them(a_project: Path, arguments: list[str]) -> None:
    code, lines = run(a_project, "def test_it():\n    pass\n", *arguments, ci=True)
    assert code == 0
    assert lines[-1] == "Ran against the real programs: MITK 0, Slicer core 0, Supervisely SDK 0, Qt 0"


def test_outside_of_ci_a_machine_without_them_passes(a_project: Path) -> None:
    code, lines = run(a_project, "def test_it():\n    pass\n", ci=False)
    assert code == 0
    assert "1 passed" in lines[-2]


def test_with_all_of_them_ci_passes(a_project: Path) -> None:
    code, lines = run(a_project, TESTS.replace("FAILURE", "None"), ci=True)
    assert code == 0
    assert "9 passed" in lines[-2]


def test_without_the_sdk_its_tests_are_skipped_with_the_reason(a_project: Path) -> None:
    missing = {"MLSEG_SUPERVISELY_PYTHON": "", "MLSEG_SUPERVISELY_MISSING": "the disk is full"}
    code, lines = run(a_project, TESTS.replace("FAILURE", "None"), "-rs", ci=False, **missing)
    assert code == 0
    assert any(line.startswith("SKIPPED") and line.endswith("the disk is full") for line in lines)
    assert lines[-1] == "Ran against the real programs: MITK 7, Slicer core 2, Supervisely SDK 0, Qt 0"


@linux_only
def test_in_ci_a_full_run_without_the_sdk_fails(a_project: Path) -> None:
    code, lines = run(a_project, TESTS.replace("FAILURE", "None"), ci=True, MLSEG_SUPERVISELY_PYTHON="")
    assert code == 1
    assert lines[-2] == "FAILED: no test ran against the real Supervisely SDK; in CI at least one must"
