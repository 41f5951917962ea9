"""What holds for every test: which real programs are there, how many tests ran against them, hypothesis' settings."""

from __future__ import annotations

import os
import platform
import sys
from collections import Counter
from collections.abc import Callable, Generator
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

#: marker -> the program's name in the closing line, the module that shows that it is installed; none: see below
REAL_PROGRAMS = {
    "mitk": ("MITK", "mitk"),
    "slicer_core": ("Slicer core", "slicer"),
    "supervisely_sdk": ("Supervisely SDK", ""),
    "qt": ("Qt", "PySide6"),
}
#: the SDK pins other packages than ours, so it has a Python of its own, named by the variable or made by scripts/test
SDK_VENV = Path(__file__).resolve().parents[1] / ".venv-supervisely"
#: in CI on Linux x86-64 a full run without a single test of these fails
REQUIRED_IN_CI = ("mitk", "slicer_core", "supervisely_sdk")
#: marker -> tests that really ran against the program: passed or failed, not skipped
ran: Counter[str] = Counter()

# A deadline would fail tests on busy machines; CI searches longer than a developer wants to wait.
settings.register_profile("ci", deadline=None, max_examples=200)
settings.register_profile("quick", deadline=None, max_examples=50)
settings.load_profile("ci" if os.environ.get("CI") else "quick")


@pytest.fixture
def load_script() -> Callable[[str], ModuleType]:
    """Loads a program of the folder ``scripts`` by its name, as a module of its own that a test may patch."""

    def load(name: str) -> ModuleType:
        spec = spec_from_file_location(name, Path(__file__).resolve().parents[1] / "scripts" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def supervisely_python() -> Path | None:
    """The Python that has the real Supervisely SDK; None when there is none."""
    named = os.environ.get("MLSEG_SUPERVISELY_PYTHON")
    if named:
        return Path(named)
    python = SDK_VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return python if (SDK_VENV / "installed.txt").is_file() and python.exists() else None


def why_absent(module: str) -> str:
    """Why a real program cannot be met here; empty when it is there."""
    if module:
        return "" if find_spec(module) is not None else f"{module} is not installed"
    if supervisely_python() is not None:
        return ""
    return os.environ.get("MLSEG_SUPERVISELY_MISSING") or "the Supervisely SDK is not installed; scripts/test does that"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests of programs that are not installed; where they must be, the closing count fails the run."""
    reasons = {marker: why_absent(module) for marker, (_, module) in REAL_PROGRAMS.items()}
    for item in items:
        for marker, reason in reasons.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes the markers in the report, the only thing that a worker process hands to the one that counts."""
    report = yield
    report.user_properties += [("real program", marker) for marker in REAL_PROGRAMS if item.get_closest_marker(marker)]
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.outcome != "skipped":
        ran.update({value for name, value in report.user_properties if name == "real program"})


def is_full_run(config: pytest.Config) -> bool:
    """Whether every test was asked for: no paths, no selection by name or marker, nothing but a run."""
    narrowing = ("keyword", "markexpr", "deselect", "collectonly", "lf")
    chosen = any(getattr(config.option, name, None) for name in narrowing)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen


def missing_programs(config: pytest.Config) -> list[str]:
    """Names of the programs that this run had to meet and did not."""
    must = bool(os.environ.get("CI")) and sys.platform == "linux" and platform.machine() == "x86_64"
    if not must or not is_full_run(config):
        return []
    return [REAL_PROGRAMS[marker][0] for marker in REQUIRED_IN_CI if not ran[marker]]


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not is_worker(session.config) and missing_programs(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """The closing line, after pytest's own: the last word of scripts/test."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if is_worker(config) or reporter is None or config.option.collectonly:
        return
    for name in missing_programs(config):
        reporter.write_line(f"FAILED: no test ran against the real {name}; in CI at least one must", red=True)
    counts = ", ".join(f"{name} {ran[marker]}" for marker, (name, _) in REAL_PROGRAMS.items())
    reporter.write_line(f"Ran against the real programs: {counts}")
