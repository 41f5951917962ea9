"""The environment of the Supervisely SDK: made when something is missing, left alone when whole, and its failures."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
PYPROJECT = '[project.optional-dependencies]\nsly-oracle = [\n    "supervisely==1.2",  # pinned\n    "nibabel>=5",\n]\n'


@pytest.fixture
def sdk(load_script: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program for a project of its own on Python 3.12; what it runs is listed in ``ran`` and makes a package."""
    monkeypatch.syspath_prepend(SCRIPTS)
    for variable in ("MLSEG_SUPERVISELY_PYTHON", "MLSEG_SUPERVISELY_MISSING", "CI"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("MLSEG_SUPERVISELY_MISSING", "")
    loaded = load_script("supervisely_sdk")
    monkeypatch.setattr(loaded, "environment", load_script("environment"))
    for name, path in {"ROOT": "", "VENV": ".venv", "STAMP": "stamp.txt", "PYPROJECT": "pyproject.toml"}.items():
        monkeypatch.setattr(loaded.environment, name, str(tmp_path / path))
    venv = tmp_path / ".venv-supervisely"
    for name, path in {"VENV": "", "PYTHON": "bin/python", "STAMP": "installed.txt", "FAILED": "failed.txt"}.items():
        monkeypatch.setattr(loaded, name, str(venv / path))
    monkeypatch.setattr(loaded.environment, "WINDOWS", False)
    (tmp_path / "stamp.txt").write_text(f"{tmp_path}\n3.12\ndemo\n")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    loaded.ran = []

    def run(command: list[str], what: str | None = None) -> tuple[int, str]:
        loaded.ran.append(command)
        if command[2:4] == ["-m", "venv"]:
            (venv / "lib" / "python3.12" / "site-packages" / "supervisely-1.2.dist-info").mkdir(parents=True)
            (venv / "pyvenv.cfg").touch()
        return 0, ""

    monkeypatch.setattr(loaded.environment, "run", run)
    return loaded


def test_it_is_made_once_and_then_left_alone(sdk: ModuleType) -> None:
    sdk.ensure()
    installing = sdk.ran[1]
    assert installing[0] == sdk.PYTHON
    assert installing[-2:] == ["supervisely==1.2", "nibabel>=5"]
    sdk.ran.clear()
    sdk.ensure()
    assert sdk.ran == []


@pytest.mark.parametrize(
    "change",
    [
        lambda sdk: Path(sdk.environment.PYPROJECT).write_text(PYPROJECT.replace("1.2", "1.3")),
        lambda sdk: next(Path(sdk.VENV).rglob("*.dist-info")).rmdir(),
        lambda sdk: Path(sdk.STAMP).unlink(),
        lambda sdk: Path(sdk.environment.STAMP).write_text("elsewhere\n3.11\n"),
    ],
    ids=["other requirements", "package gone", "interrupted", "other Python"],
)
def test_it_is_made_anew_when_it_is_not_what_is_wanted(change: Callable[[ModuleType], object], sdk: ModuleType) -> None:
    sdk.ensure()
    change(sdk)
    sdk.ran.clear()
    sdk.ensure()
    assert len(sdk.ran) == 3
    assert sdk.is_current()


def test_other_changes_of_pyproject_do_not_count(sdk: ModuleType) -> None:
    sdk.ensure()
    Path(sdk.environment.PYPROJECT).write_text("[project]\nname = 'x'\n" + PYPROJECT)
    assert sdk.is_current()


def test_a_failure_is_told_to_the_tests_and_not_repeated_at_every_start(
    sdk: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = sdk.environment.run
    monkeypatch.setattr(
        sdk.environment, "run", lambda command, what=None: (int("install" in command), made(command)[1] + "ProxyError")
    )
    sdk.ensure()
    assert sdk.os.environ["MLSEG_SUPERVISELY_MISSING"].endswith("no network: the proxy refuses")
    assert "its tests are skipped" in capsys.readouterr().err
    sdk.ran.clear()
    sdk.ensure()
    assert sdk.ran == []
    assert "the proxy refuses" in capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    sdk.ensure()
    assert sdk.ran != []


def test_a_failure_of_yesterday_is_tried_again(sdk: ModuleType) -> None:
    Path(sdk.VENV).mkdir()
    Path(sdk.FAILED).write_text(sdk.wanted() + "\nno network")
    assert sdk.remembered_failure() == "no network"
    sdk.os.utime(sdk.FAILED, (0, 0))
    assert sdk.remembered_failure() is None
    sdk.ensure()
    assert sdk.is_current()


def test_another_python_that_has_the_sdk_makes_it_needless(sdk: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSEG_SUPERVISELY_PYTHON", "/opt/sly/bin/python")
    sdk.ensure()
    assert sdk.ran == []
    assert not Path(sdk.VENV).exists()


def test_a_folder_that_is_no_environment_is_never_removed(sdk: ModuleType) -> None:
    Path(sdk.VENV).mkdir()
    precious = Path(sdk.VENV) / "thesis.txt"
    precious.write_text("all of it")
    sdk.ensure()
    assert "is in the way" in sdk.os.environ["MLSEG_SUPERVISELY_MISSING"]
    assert precious.read_text() == "all of it"


def test_the_projects_own_list_is_found_and_pins_the_sdk(load_script: Callable[[str], ModuleType]) -> None:
    import sys

    sys.path.insert(0, str(SCRIPTS))
    try:
        loaded = load_script("supervisely_sdk")
    finally:
        sys.path.remove(str(SCRIPTS))
    assert any(line.startswith("supervisely==") for line in loaded.requirements())


def test_the_program_keeps_the_syntax_of_old_pythons() -> None:
    source = (SCRIPTS / "supervisely_sdk.py").read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 6))
    assert "from __future__ import annotations" not in source
