"""scripts/mlseg and scripts/test: which Python they take, when they install, and what they say when they cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"

posix_only = pytest.mark.skipif(os.name == "nt", reason="the stand-ins for Python are shell scripts")
in_our_environment = pytest.mark.skipif(
    not (Path(sys.prefix) / "installed.txt").exists() or Path(sys.prefix) != ROOT / ".venv",
    reason="not started by scripts/test",
)


@pytest.fixture
def find_python(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("find_python")


@pytest.fixture
def environment(
    load_script: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    """The program for a project of its own, whose environment has two packages for Python 3.12."""
    monkeypatch.syspath_prepend(SCRIPTS)
    loaded = load_script("environment")
    venv = tmp_path / "a project" / ".venv"
    for package in ("numpy-2.0.0.dist-info", "rich-13.0.dist-info", "numpy"):
        (venv / "lib" / "python3.12" / "site-packages" / package).mkdir(parents=True)
    (venv.parent / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    names = {"ROOT": venv.parent, "VENV": venv, "PYTHON": venv / "bin" / "python", "STAMP": venv / "installed.txt"}
    names |= {"UNFINISHED": venv / "unfinished", "PYPROJECT": venv.parent / "pyproject.toml"}
    for name, path in names.items():
        monkeypatch.setattr(loaded, name, str(path))
    monkeypatch.setattr(loaded, "WINDOWS", False)
    return loaded


def stand_in(folder: Path, name: str, answer: str | None) -> Path:
    """A program that answers as a Python that is asked for its version; with None it fails, as pyenv's shims do."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {answer}\n" if answer else "#!/bin/sh\necho command not found >&2\nexit 127\n")
    path.chmod(0o755)
    return path


# --- which Python -------------------------------------------------------------------------------------------


@posix_only
@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ({"python3.13": "3.13.1 1 1", "python3.12": "3.12.4 1 1", "python3.11": "3.11.2 1 1"}, "python3.12"),
        ({"python3.13": "3.13.1 1 1", "python3.11": "3.11.2 1 1", "python3": "3.14.0 1 1"}, "python3.13"),
        ({"python3.11": "3.11.2 1 1", "python3.10": "3.10.9 1 1"}, "python3.11"),
        ({"python3": "3.10.9 1 1", "python": "2.7.18 1 0"}, "python3"),
        ({"python3.12": None, "python3": "3.11.7 1 1"}, "python3"),
        ({"python3.12": "3.12.4 1 0", "python3.10": "3.10.9 1 1"}, "python3.10"),
        ({"python3.13": "3.13.0 0 1", "python3.10": "3.10.9 1 1"}, "python3.10"),
    ],
    ids=["3.12 first", "then 3.13", "then 3.11", "plain name", "dead shim", "no venv module", "no packages for it"],
)
def test_the_python_that_fits_best_is_taken(
    there: dict[str, str | None], taken: str, find_python: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, answer in there.items():
        stand_in(tmp_path / "bin", name, answer)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "no pyenv"))
    command, _ = find_python.find_python(str(tmp_path / ".venv"))
    assert command == [str(tmp_path / "bin" / taken)]


@posix_only
def test_a_python_that_pyenv_has_but_has_not_switched_on_is_found(
    find_python: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path / "shims", "python3.12", None)
    stand_in(tmp_path / "shims", "python3", "3.11.7 1 1")
    for version in ("3.12.1", "3.12.10", "3.9.18", "3.1"):
        stand_in(tmp_path / "pyenv" / "versions" / version / "bin", "python", f"{version} 1 1")
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    command, version = find_python.find_python(str(tmp_path / ".venv"))
    assert command == [str(tmp_path / "pyenv" / "versions" / "3.12.10" / "bin" / "python")]
    assert version == "3.12.10"


@posix_only
def test_the_environments_own_python_is_never_what_it_is_built_on(
    find_python: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = stand_in(tmp_path / ".venv" / "bin", "python3.12", "3.12.1 1 1").parent
    stand_in(tmp_path / "bin", "python3", "3.10.1 1 1")
    monkeypatch.setenv("PATH", f"{inside}{os.pathsep}{tmp_path / 'bin'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "no pyenv"))
    assert find_python.find_python(str(tmp_path / ".venv"))[1] == "3.10.1"


@posix_only
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("3.9.18 1 1", "no Python 3.10 to 3.13 found on PATH or in pyenv; install one, 3.12 is best"),
        ("3.11.2 1 0", "python3.11 lacks its venv module; on Debian: apt-get install python3.11-venv"),
    ],
)
def test_without_a_fitting_python_one_line_says_what_helps(
    answer: str, message: str, find_python: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, "python3", answer)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "no pyenv"))
    with pytest.raises(find_python.NoPythonFailure) as caught:
        find_python.find_python(str(tmp_path / ".venv"))
    assert str(caught.value) == message


def test_the_probe_works_on_this_very_python(find_python: ModuleType) -> None:
    version, fit, has_venv = find_python.probe([sys.executable])
    assert (version, fit, has_venv) == (".".join(map(str, sys.version_info[:3])), True, True)


# --- when it is made anew -----------------------------------------------------------------------------------


def stamped(environment: ModuleType, extras: list[str]) -> None:
    environment.write(environment.STAMP, environment.stamp_text((3, 12), extras))


def test_a_whole_environment_serves_its_own_extras_and_fewer(environment: ModuleType) -> None:
    stamped(environment, ["demo", "test"])
    assert environment.is_current((3, 12), ["demo"])
    assert environment.is_current((3, 12), ["demo", "test"])
    assert not environment.is_current((3, 12), ["demo", "interop"])


@pytest.mark.parametrize(
    "change",
    [
        lambda e: Path(e.PYPROJECT).write_text("[project]\nname = 'y'\n"),
        lambda e: (Path(e.VENV) / "lib/python3.12/site-packages/numpy-2.0.0.dist-info").rmdir(),
        lambda e: Path(e.UNFINISHED).write_text(""),
        lambda e: Path(e.STAMP).unlink(),
        lambda e: Path(e.STAMP).write_bytes(b"\xff\xfe"),
        lambda e: Path(e.STAMP).write_text(Path(e.STAMP).read_text()[:-5]),
        lambda e: setattr(e, "ROOT", "/elsewhere"),
    ],
    ids=["pyproject", "package gone", "unfinished", "no stamp", "garbage", "truncated", "moved"],
)
def test_an_environment_that_is_not_what_was_installed_is_not_current(
    change: Callable[[ModuleType], object], environment: ModuleType
) -> None:
    stamped(environment, ["demo"])
    change(environment)
    assert not environment.is_current((3, 12), ["demo"])


def test_packages_that_the_user_added_do_no_harm(environment: ModuleType) -> None:
    stamped(environment, ["demo"])
    (Path(environment.VENV) / "lib/python3.12/site-packages/jupyter-1.dist-info").mkdir()
    assert environment.is_current((3, 12), ["demo"])


def test_a_network_that_breaks_down_is_not_taken_for_a_machine_without_wheels(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        environment, "run", lambda command, what=None: (int("interop" in command[-1]), "ReadTimeoutError")
    )
    with pytest.raises(environment.EnvironmentFailure, match="no network"):
        environment.install(["demo", "interop"])


def test_another_version_of_python_is_not_current(environment: ModuleType) -> None:
    stamped(environment, ["demo"])
    assert not environment.is_current((3, 13), ["demo"])
    assert not environment.is_current(None, ["demo"])


def test_a_folder_that_is_no_environment_is_never_removed(environment: ModuleType) -> None:
    precious = Path(environment.VENV) / "thesis.txt"
    precious.write_text("all of it")
    with pytest.raises(environment.EnvironmentFailure, match="is in the way"):
        environment.remove_rest()
    assert precious.read_text() == "all of it"


def test_an_unfinished_environment_is_removed_with_a_word(
    environment: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(environment.UNFINISHED).write_text("")
    environment.remove_rest()
    assert not Path(environment.VENV).exists()
    assert "broken or unfinished" in capsys.readouterr().err


def test_only_one_start_at_a_time_makes_it(environment: ModuleType) -> None:
    first = environment.take_lock()
    with Path(environment.VENV + ".lock").open("a+") as second:
        assert not environment.lock_file(second)
        first.close()
        assert environment.lock_file(second)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("WARNING: Retrying: NewConnectionError\nERROR: No matching distribution found for x", "no network"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
        ("Collecting x\nERROR: No matching distribution found for x\nhint: see above", "No matching distribution"),
        ("Traceback\n  OSError: Readme file does not exist\nerror: metadata-generation-failed", "Readme file does not"),
        ("", "no message"),
    ],
)
def test_a_failed_installation_says_why_in_one_line(
    output: str, reason: str, environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "run", lambda command, what: (1, output))
    with pytest.raises(environment.EnvironmentFailure) as caught:
        environment.pip_install(["x"], "packages")
    assert str(caught.value).startswith("installing the packages failed: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_the_real_programs_the_rest_is_installed_all_the_same(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = []

    def run(command: list[str], what: str | None = None) -> tuple[int, str]:
        ran.append(command[-1])
        return (1, "ERROR: No matching distribution found for mitk-python") if "interop" in command[-1] else (0, "")

    monkeypatch.setattr(environment, "run", run)
    environment.install(["demo", "test", "interop"])
    assert ran[-2:] == [".[demo,test]", ".[interop]"]
    assert "the tests that need it are skipped" in capsys.readouterr().err


def test_variables_that_lead_other_packages_in_are_left_out(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/opt/ros")
    monkeypatch.setenv("MLSEG_KERNELS", "never")
    variables = environment.clean_variables()
    assert "PYTHONPATH" not in variables
    assert variables["MLSEG_KERNELS"] == "never"


# --- the scripts themselves ---------------------------------------------------------------------------------


@posix_only
@pytest.mark.parametrize("script", ["scripts/mlseg", "scripts/test", ".ci/run"])
def test_a_shell_script_is_executable_and_free_of_syntax_errors(script: str) -> None:
    path = ROOT / script
    assert os.access(path, os.X_OK)
    shell = path.read_text().splitlines()[0].split("/")[-1].split()[-1]
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert subprocess.run([shell, "-n", str(path)], capture_output=True, text=True).stderr == ""


def test_the_windows_twins_have_windows_line_ends() -> None:
    for name in ("mlseg.cmd", "test.cmd"):
        content = (SCRIPTS / name).read_bytes()
        assert content.count(b"\n") == content.count(b"\r\n") > 10
        assert f'bootstrap.py" {name.removesuffix(".cmd")} %*'.encode() in content


def test_the_programs_keep_the_syntax_of_old_pythons() -> None:
    """Any Python 3.6 must be able to read them, so that it can look for a newer one."""
    import ast

    for name in ("bootstrap", "environment", "find_python", "system_libraries"):
        source = (SCRIPTS / f"{name}.py").read_text(encoding="utf-8")
        assert ast.parse(source, feature_version=(3, 6))
        assert "from __future__ import annotations" not in source


@pytest.mark.skipif(sys.platform != "linux", reason="a table of Linux libraries")
def test_missing_libraries_are_named_with_their_debian_packages(
    load_script: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = load_script("system_libraries")
    monkeypatch.setattr(libraries, "DEBIAN_PACKAGES", {"libc.so.6": "libc6", "libno-such-thing.so.1": "libno1"})
    assert libraries.missing_libraries() == ["libno-such-thing.so.1"]


@posix_only
@in_our_environment
def test_a_second_start_is_quick_and_asks_no_network_from_anywhere_through_a_link(tmp_path: Path) -> None:
    import resource

    link = tmp_path / "a link"
    link.symlink_to(SCRIPTS / "mlseg")
    nowhere = os.environ | {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_INDEX": "1", "PYTHONPATH": str(tmp_path)}
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    cpu_seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        child = subprocess.run([link, "--version"], capture_output=True, text=True, cwd=tmp_path, env=nowhere)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert (child.returncode, child.stderr) == (0, "")
        assert child.stdout.startswith("mlseg ")
    assert min(cpu_seconds) < 0.6, "0.25 s, in 0.16 s by the clock, on a quiet machine"


@posix_only
@in_our_environment
def test_arguments_and_exit_codes_pass_through() -> None:
    child = subprocess.run([SCRIPTS / "mlseg", "info", "no such file.nrrd"], capture_output=True, text=True)
    assert child.returncode == 1
    assert "no such file.nrrd" in child.stderr
    assert subprocess.run([SCRIPTS / "mlseg", "frobnicate"], capture_output=True).returncode == 2
