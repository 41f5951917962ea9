"""Environments: found without starting them, asked, made with the real venv and pip."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from MultiLabelSegLib.errors import ExternalToolError, OptionError
from MultiLabelSegLib.external.environments import (
    NEEDS,
    Need,
    check_environment,
    environment_at,
    environment_for,
    find_environments,
    installed_packages,
    make_environment,
)
from MultiLabelSegLib.external.environments.finding import UNFINISHED
from MultiLabelSegLib.formats.report import Cancelled
from Testing.external.fake_environment import a_wheel, an_environment, without_place

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the folders of these environments are POSIX's")


@pytest.fixture
def a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_place(monkeypatch, tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.parametrize("part", ["", "bin", "bin/python3"])
def test_the_base_folder_is_enough_and_what_lies_in_it_means_the_same(tmp_path: Path, part: str) -> None:
    folder = an_environment(tmp_path / "myenv")
    found = environment_at(folder / part)
    assert (found.folder, found.python, found.kind) == (folder, folder / "bin" / "python3", "venv")


def test_a_folder_without_python_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=rf"{tmp_path}.*base folder of a Python environment"):
        environment_at(tmp_path)


def test_environments_of_all_kinds_are_found_once(a_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data/environments/nnunet", ".virtualenvs/a", ".venv", ".pyenv/versions/3.11.7"):
        an_environment(a_home / name)
    (a_home / ".pyenv/versions/3.11.7/pyvenv.cfg").unlink()
    conda = an_environment(a_home / "elsewhere" / "torch")
    (conda / "pyvenv.cfg").unlink()
    (conda / "conda-meta").mkdir()
    (a_home / ".conda").mkdir()
    (a_home / ".conda" / "environments.txt").write_text(f"{conda}\n/gone/away\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(a_home / ".venv"))
    monkeypatch.setenv("PATH", str(a_home / ".virtualenvs/a/bin"))
    found = find_environments()
    assert [(each.folder.name, each.kind) for each in found] == [
        ("nnunet", "venv"),
        (".venv", "venv"),
        ("a", "venv"),
        ("torch", "conda"),
        ("3.11.7", "pyenv"),
    ]


def test_an_environment_that_was_not_finished_is_not_offered(a_home: Path) -> None:
    half = an_environment(a_home / ".venv")
    (half / UNFINISHED).touch()
    assert find_environments() == ()
    with pytest.raises(OptionError, match="finished environment"):
        environment_at(half)


def test_what_cannot_be_looked_into_is_told_and_the_others_are_found(
    a_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = an_environment(a_home / "envs" / "fits")
    half = an_environment(a_home / "envs" / "half")
    (half / UNFINISHED).touch()
    (a_home / "envs" / "notes").mkdir()
    (a_home / "circle").symlink_to(a_home / "circle")
    monkeypatch.setenv("VIRTUAL_ENV", str(a_home / "circle"))
    told: dict[Path, str] = {}
    found = find_environments([a_home / "gone"], told.setdefault)
    assert [each.folder for each in found] == [fits]
    assert told == {
        half: "expected a finished environment; this one was not made to its end",
        a_home / "circle": "Too many levels of symbolic links",
    }
    with pytest.raises(OptionError, match="a folder that can be read .Too many levels of symbolic links"):
        environment_at(a_home / "circle")


def test_a_folder_that_the_system_refuses_to_list_is_told(a_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Path.iterdir

    def refuse(folder: Path) -> Iterator[Path]:
        if folder == a_home / "envs":
            raise PermissionError(13, "Permission denied", str(folder))
        return listed(folder)

    an_environment(a_home / "envs" / "hidden")
    monkeypatch.setattr(Path, "iterdir", refuse)
    told: dict[Path, str] = {}
    assert find_environments(passed_over=told.setdefault) == ()
    assert told == {a_home / "envs": "Permission denied"}


def test_packages_are_read_from_the_folders_whatever_their_spelling(tmp_path: Path) -> None:
    folder = an_environment(tmp_path / "e", {"totalsegmentator": "2.18.0", "nnunetv2": "2.8.1"})
    found = installed_packages(environment_at(folder), ["TotalSegmentator", "nnunetv2", "nnunet"])
    assert found == {"TotalSegmentator": "2.18.0", "nnunetv2": "2.8.1"}


def test_checking_asks_the_environments_own_python(tmp_path: Path) -> None:
    check = check_environment(environment_at(an_environment(tmp_path / "e")), ["numpy", "no-such-package"])
    assert check.python == ".".join(map(str, sys.version_info[:3]))
    assert set(check.packages) == {"numpy"}
    assert check.makes_environments
    assert check.as_json()["packages"]["numpy"] == check.packages["numpy"]


def test_a_python_that_does_not_start_is_an_error_with_its_words(tmp_path: Path) -> None:
    folder = an_environment(tmp_path / "e")
    (folder / "bin" / "python3").write_text("#!/bin/sh\necho broken library >&2\nexit 9\n")
    with pytest.raises(ExternalToolError, match="ended with 9: broken library"):
        check_environment(environment_at(folder))


@pytest.fixture
def a_need(tmp_path: Path) -> tuple[Need, tuple[str, ...]]:
    a_wheel(tmp_path, "tinytool", "1.2")
    return Need("tiny", "Tiny", ("tinytool",), ("tinytool",)), ("--no-index", "--find-links", str(tmp_path))


def test_an_environment_is_made_with_the_real_venv_and_pip(
    tmp_path: Path, a_need: tuple[Need, tuple[str, ...]]
) -> None:
    seen: list[float] = []
    need, options = a_need
    made = make_environment(
        need, tmp_path / "new", Path(sys.executable), lambda part, text: seen.append(part), pip_options=options
    )
    assert installed_packages(made, ["tinytool"]) == {"tinytool": "1.2"}
    assert not (tmp_path / "new" / UNFINISHED).exists()
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    with pytest.raises(OptionError, match="does not exist yet"):
        make_environment(need, tmp_path / "new", Path(sys.executable), pip_options=options)


def test_when_pip_fails_its_words_are_told_and_nothing_is_left(tmp_path: Path) -> None:
    need = Need("tiny", "Tiny", ("no-such-tool",), ("no-such-tool",))
    with pytest.raises(ExternalToolError, match="pip install ended with 1.*no-such-tool"):
        make_environment(need, tmp_path / "new", Path(sys.executable), pip_options=("--no-index",))
    assert not (tmp_path / "new").exists()


def test_cancelling_leaves_no_half_folder(tmp_path: Path, a_need: tuple[Need, tuple[str, ...]]) -> None:
    def stop(fraction: float, text: str) -> bool:
        return (tmp_path / "new" / "pyvenv.cfg").exists()

    with pytest.raises(Cancelled):
        make_environment(a_need[0], tmp_path / "new", Path(sys.executable), stop, pip_options=a_need[1])
    assert not (tmp_path / "new").exists()


def test_what_a_killed_attempt_left_is_made_anew(tmp_path: Path, a_need: tuple[Need, tuple[str, ...]]) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / UNFINISHED).touch()
    (tmp_path / "new" / "rest").touch()
    make_environment(a_need[0], tmp_path / "new", Path(sys.executable), pip_options=a_need[1])
    assert not (tmp_path / "new" / "rest").exists()


def test_a_python_without_venv_names_the_package_that_is_missing(tmp_path: Path) -> None:
    folder = an_environment(tmp_path / "system")
    answer = '{"python": "3.11.2", "packages": {}, "torch": null, "venv": false}'
    (folder / "bin" / "python3").write_text(f"#!/bin/sh\necho 'MLSEG-CHECK {answer}'\n")
    with pytest.raises(ExternalToolError, match=r"apt install python3-venv \(or python3\.11-venv\)"):
        make_environment(NEEDS["nnunet"], tmp_path / "new", folder)
    assert not (tmp_path / "new").exists()


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    folder = an_environment(tmp_path / "system")
    answer = '{"python": "3.8.1", "packages": {}, "torch": null, "venv": true}'
    (folder / "bin" / "python3").write_text(f"#!/bin/sh\necho 'MLSEG-CHECK {answer}'\n")
    with pytest.raises(ExternalToolError, match=r"Python 3\.8\.1; 3\.10 or newer"):
        make_environment(NEEDS["nnunet"], tmp_path / "new", folder)


def test_the_environment_is_the_named_one_then_the_chosen_then_the_first_that_fits(a_home: Path) -> None:
    an_environment(a_home / ".virtualenvs" / "a")
    fits = an_environment(a_home / ".virtualenvs" / "b", {"nnunetv2": "2.8.1"})
    other = an_environment(a_home / "other", {"nnunet": "1.7.1"})
    assert environment_for("nnunet", None).folder == fits
    assert environment_for("nnunet", None, other).folder == other
    assert environment_for("nnunet", fits, other).folder == fits
    with pytest.raises(OptionError, match="with TotalSegmentator.*environments make totalsegmentator"):
        environment_for("totalsegmentator", None)
    with pytest.raises(OptionError, match="an environment with nnU-Net"):
        environment_for("nnunet", a_home / ".virtualenvs" / "a")
