"""Preferences: MITK's defaults, checks, and the TOML file that keeps them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.errors import OptionError, PresetError, WriteError
from MultiLabelSegLib.presets import toml_text
from MultiLabelSegLib.presets.preference_file import TomlPreferences, config_folder
from MultiLabelSegLib.presets.preferences import (
    Preferences,
    help_of,
    known_keys,
    load_preferences,
    save_preferences,
)
from MultiLabelSegLib.presets.toml_text import TomlError, read_simple_toml, read_toml, toml_value, with_values

#: what MITK's preference pages show before anything was changed
MITK_DEFAULTS = {
    "compact_view": False,
    "outline": True,
    "opacity": 1.0,
    "selection_mode": False,
    "label_set_preset": "",
    "default_label_naming": True,
    "suggestions_file": "",
    "replace_standard_suggestions": True,
    "enforce_suggestions": False,
    "suggest_once": True,
    "smoothing_hint": True,
    "smoothing_mm": 1.0,
    "decimation_rate": 0.5,
    "monailabel_timeout_s": 180,
    "sam_model": "vit_b",
    "sam_device": -1,
    "sam_timeout_s": 300,
    "totalsegmentator_license": False,
}


@pytest.fixture
def store(tmp_path: Path) -> TomlPreferences:
    return TomlPreferences(tmp_path / "new folder" / "preferences.toml")


@pytest.fixture(params=["own reader", "small reader"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the interpreter's reader of TOML, and as on Python 3.10 without any."""
    if request.param == "small reader":
        monkeypatch.setitem(sys.modules, "tomllib", None)
        monkeypatch.setitem(sys.modules, "tomli", None)
    elif sys.version_info < (3, 11):
        pytest.importorskip("tomli")
    return str(request.param)


def test_the_defaults_are_those_of_mitk() -> None:
    assert MITK_DEFAULTS.items() <= Preferences().as_mapping().items()
    assert Preferences().changed() == {}


def test_every_preference_has_a_help_text() -> None:
    for entry in fields(Preferences):
        assert len(help_of(entry.name)) > 10
        assert "\n" not in help_of(entry.name)
    assert len(known_keys()) == len(fields(Preferences))


def test_preferences_change_as_copies() -> None:
    before = Preferences()
    after = before.with_(outline=False, opacity=0, sam_model="medsam")
    assert (before.outline, after.outline, after.opacity) == (True, False, 0.0)
    assert after.changed() == {"outline": False, "opacity": 0.0, "sam_model": "medsam"}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("outline", 1, "true or false"),
        ("opacity", 1.5, "a number from 0 to 1"),
        ("opacity", float("nan"), "a number from 0 to 1"),
        ("opacity", True, "a number"),
        ("sam_timeout_s", 2.5, "a whole number from 1 to 86400"),
        ("sam_timeout_s", 0, "a whole number from 1"),
        ("sam_device", -2, "a whole number from -1"),
        ("sam_model", "vit_x", "one of vit_b, vit_l, vit_h, medsam"),
        ("label_set_preset", None, "text"),
        ("label_set_preset", "a\0b", "text"),
        ("nonsense", 1, "one of the preferences compact_view"),
    ],
)
def test_impossible_values_are_refused_by_name(key: str, value: object, expected: str) -> None:
    with pytest.raises(OptionError, match=f"option {key}: .* is not allowed; expected {expected}"):
        Preferences().with_(**{key: value})


def test_a_missing_file_means_defaults_and_saving_makes_it_with_help(store: TomlPreferences, reader: str) -> None:
    assert load_preferences(store) == Preferences()
    save_preferences(store, Preferences().with_(outline=False, suggestions_file='C:\\päth "x"\t# no comment'))
    text = store.path.read_text(encoding="utf-8")
    assert f"# {help_of('outline')}\noutline = false\n" in text
    assert "compact_view" not in text
    back = load_preferences(store)
    assert (back.outline, back.suggestions_file) == (False, 'C:\\päth "x"\t# no comment')
    assert [path.name for path in store.path.parent.iterdir()] == ["preferences.toml"]


def test_comments_unknown_keys_and_tables_survive(store: TomlPreferences, reader: str) -> None:
    store.path.parent.mkdir()
    store.path.write_text(
        "# mine\nfuture = 'x'  # keep\nopacity = 0.25 # half\nsam_timeout_s=60\n\n[other]\nopacity = 7\nlist = [1]\n",
        encoding="utf-8",
    )
    save_preferences(store, load_preferences(store).with_(opacity=0.5, outline=False))
    lines = store.path.read_text(encoding="utf-8").splitlines()
    assert lines[:4] == ["# mine", "future = 'x'  # keep", "opacity = 0.5", "sam_timeout_s = 60"]
    assert lines[-4:] == ["", "[other]", "opacity = 7", "list = [1]"]
    found = load_preferences(store)
    assert (found.opacity, found.outline, found.sam_timeout_s) == (0.5, False, 60)
    save_preferences(store, found.with_(opacity=1.0))
    assert load_preferences(store).opacity == 1.0, "a stored value goes back to its default too"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("outline = 1", "outline: found 1, expected true or false"),
        ('opacity = "full"', "opacity: found 'full', expected a number from 0 to 1"),
        ("sam_model = 'x'", "sam_model: found 'x', expected one of vit_b"),
        ("outline = yes", "is no TOML: "),
        ("outline", "is no TOML: "),
        ("outline = true\noutline = false", "is no TOML: "),
        ('opacity = "half', "is no TOML: "),
    ],
)
def test_bad_files_are_named_with_key_found_and_expected(
    store: TomlPreferences, reader: str, text: str, what: str
) -> None:
    store.path.parent.mkdir()
    store.path.write_text(text, encoding="utf-8")
    with pytest.raises(PresetError, match=rf"preferences\.toml: {what}"):
        load_preferences(store)
    if what.startswith("is no"):
        with pytest.raises(PresetError):
            save_preferences(store, Preferences())
        assert store.path.read_text(encoding="utf-8") == text


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(PresetError, match="is not text in UTF-8"):
        TomlPreferences(tmp_path / "p.toml").load()
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(PresetError, match=r"folder\.toml"):
        TomlPreferences(tmp_path / "folder.toml").load()
    (tmp_path / "file").write_text("x")
    with pytest.raises((PresetError, WriteError), match="file"):
        save_preferences(TomlPreferences(tmp_path / "file" / "p.toml"), Preferences().with_(outline=False))


def test_what_spans_lines_is_never_damaged(store: TomlPreferences) -> None:
    if sys.version_info < (3, 11):
        pytest.importorskip("tomli")
    text = 'future = """\noutline = false\n"""\n'
    store.path.parent.mkdir()
    store.path.write_text(text, encoding="utf-8")
    with pytest.raises(PresetError, match="cannot be changed: its values span lines"):
        save_preferences(store, Preferences().with_(outline=False))
    assert store.path.read_text(encoding="utf-8") == text


def test_a_host_may_keep_preferences_elsewhere() -> None:
    class Memory:
        place = "memory"

        def __init__(self) -> None:
            self.values: dict[str, object] = {"theirs": [1]}

        def load(self) -> Mapping[str, object]:
            return self.values

        def save(self, values: Mapping[str, object]) -> None:
            self.values.update(values)

    memory = Memory()
    save_preferences(memory, Preferences().with_(compact_view=True))
    assert memory.values == {"theirs": [1], "compact_view": True}
    assert load_preferences(memory).compact_view
    memory.values["compact_view"] = "yes"
    with pytest.raises(PresetError, match="memory: compact_view: found 'yes'"):
        load_preferences(memory)


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLSEG_CONFIG_DIR", str(tmp_path))
    assert TomlPreferences().path == tmp_path / "preferences.toml"
    monkeypatch.delenv("MLSEG_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "x"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert config_folder() == tmp_path / "x" / "multilabelseg"


# ---- TOML ----------------------------------------------------------------------------------------------------------
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)


@given(st.dictionaries(st.sampled_from(["a", "b-c", "d_1"]), SCALARS))
def test_values_come_back_from_both_readers(values: dict[str, object]) -> None:
    text = with_values("# head\n", values)  # type: ignore[arg-type]
    for read in (read_simple_toml, read_toml):
        back = read(text)
        assert back == values
        assert [type(value) for value in back.values()] == [type(value) for value in values.values()]


@pytest.mark.parametrize(
    "line",
    [
        "a = 0x1F", "a = [1]", "a = {b = 1}", "a = 1979-05-27", "a = 'x' y", 'a = """x"""', "a.b = 1", "= 1", "a = 01",
        "a = 1.", "a = .5", "a = 1__0", "a = \"\\q\"", "a = inf",
    ],
)  # fmt: skip
def test_the_small_reader_refuses_what_it_does_not_know(line: str) -> None:
    with pytest.raises(TomlError, match="line 2"):
        read_simple_toml(f"\n{line}\n")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a = 1_000", 1000),
        ("a = +1.5e-3", 0.0015),
        ("a = 'C:\\x' # c", "C:\\x"),
        ('a = "\\u00e9\\U0001F600\\\\U"', "é😀\\U"),
        ("a = \"\"", ""),
    ],
)  # fmt: skip
def test_the_small_reader_reads_what_people_write(line: str, value: object) -> None:
    assert read_simple_toml(line + "\r\n[t]\n???") == {"a": value}


def test_numbers_and_marks_are_written_so_that_toml_reads_them() -> None:
    assert [toml_value(value) for value in (True, 3, 1e-7, "a\x7f\n")] == ["true", "3", "1e-07", '"a\\u007f\\n"']
    assert toml_text.read_toml('a = "a\\u007f"') == {"a": "a\x7f"}
