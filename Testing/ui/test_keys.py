"""Keys: as the issue lists them, rebound without conflicts, stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib.errors import OptionError
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.presets.preference_file import TomlPreferences
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.settings.key_bindings import normal_keys
from Testing.ui.panel_cases import a_document, a_presenter, wait_for


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("alt+ctrl+n", "Ctrl+Alt+N"),
        ("Shift+Tab", "Shift+Tab"),
        ("Backtab", "Shift+Tab"),
        ("[", "["),
        ("Ctrl++", "Ctrl++"),
        ("delete", "Delete"),
        ("", ""),
    ],
)
def test_keys_have_one_spelling(text: str, normal: str) -> None:
    assert normal_keys(text) == normal


@pytest.mark.parametrize("text", ["Ctrl", "Hyper+A", "Ctrl+"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="one key"):
        normal_keys(text)


def test_default_keys_are_all_different_and_run_something_or_are_left_to_the_view() -> None:
    presenter = a_presenter(a_document())
    keys = [binding.keys for binding in presenter.keys.bindings() if binding.keys]

    assert len(set(keys)) == len(keys)
    assert presenter.keys.action_of("n") == "new_label"
    assert presenter.keys.tooltip("tool:paint") == "Paint (P)"
    assert not presenter.keys.run("preferences")


def test_keys_do_what_they_say() -> None:
    presenter = a_presenter(a_document())
    presenter.labels.activate(1)

    for keys in ("n", "Shift+N", "Tab", "Ctrl+Z", "H"):
        action = presenter.keys.action_of(keys)
        assert action is not None
        assert presenter.keys.run(action)

    assert presenter.steps.entries() == ["Add Label 1", "Add instance of Label 1"]
    assert presenter.steps.index == 1
    assert presenter.labels.active == 7
    assert not presenter.labels.overlay_visible


def test_keys_that_another_action_has_are_refused_by_its_name() -> None:
    keys = a_presenter().keys

    with pytest.raises(OptionError, match="'Paint' has them"):
        keys.rebind("overlay", "p")
    with pytest.raises(OptionError, match="action"):
        keys.rebind("fly", "x")


def test_other_keys_are_stored_and_can_be_reset() -> None:
    host = HeadlessHost()
    keys = Presenter(host).keys
    keys.rebind("tool:paint", "")
    keys.rebind("overlay", "p")

    again = Presenter(host).keys
    assert (again.action_of("p"), again.keys_of("tool:paint"), again.tooltip("tool:paint")) == ("overlay", "", "Paint")
    again.reset()
    assert Presenter(host).keys.action_of("p") == "tool:paint"


def test_keys_and_recent_files_are_kept_in_a_file_of_preferences_too(tmp_path: Path) -> None:
    host = HeadlessHost()
    host.preferences = TomlPreferences(tmp_path / "preferences.toml")
    presenter = a_presenter(a_document(), host)
    presenter.keys.rebind("tool:paint", "Ctrl+[")
    for name in ("a b.nrrd", "ü.nrrd"):
        presenter.files.save_as(tmp_path / name)
        wait_for(host)
    presenter.preferences.set("opacity", 0.5)

    again = Presenter(host)

    assert again.keys.keys_of("tool:paint") == "Ctrl+["
    assert again.files.recent() == [tmp_path / "ü.nrrd", tmp_path / "a b.nrrd"]
    assert again.preferences.current.opacity == 0.5
