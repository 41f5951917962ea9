"""Suggestions: both JSON forms, MITK's rules, completion, and our own list with its codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import LabelError, PresetError, UnknownLabelError
from MultiLabelSegLib.presets.completion import Completion, fold
from MultiLabelSegLib.presets.css_colors import CSS_COLORS, parse_color
from MultiLabelSegLib.presets.preferences import Preferences
from MultiLabelSegLib.presets.suggestion_json import (
    builtin_suggestions,
    load_suggestions,
    parse_suggestions,
    preferred_suggestions,
    read_suggestions,
)
from MultiLabelSegLib.presets.suggestions import (
    Suggestion,
    SuggestionRules,
    Suggestions,
    add_suggested,
    rename_as_suggested,
    used_names,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "suggestions" / "sct_codes.json"
CODED = ("segmented_property_category", "segmented_property_type", "segmented_property_type.modifier.[0]")


@pytest.fixture
def write(tmp_path: Path):
    def written(content: Any, name: str = "names.json") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return written


# ---- colours as text -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#ff0080", (255, 0, 128)),
        ("#F08", (255, 0, 136)),
        ("#80ff0080", (255, 0, 128)),
        ("#fff000800", (255, 0, 128)),
        ("#ffff00008080", (255, 0, 128)),
        ("CornflowerBlue", (100, 149, 237)),
        ("  light Sea green ", (32, 178, 170)),
        ("rebeccapurple", (102, 51, 153)),
        ("grey", (128, 128, 128)),
    ],
)
def test_colours_as_qt_reads_them(text: str, color: tuple[int, int, int]) -> None:
    found = parse_color(text)
    assert found is not None
    assert tuple(round(channel * 255) for channel in found) == color


@pytest.mark.parametrize("text", ["", "#", "#12", "#12345", "#gggggg", "#١٢٣", "blurple", "ff0000", "#1234567"])
def test_what_is_no_colour(text: str) -> None:
    assert parse_color(text) is None


def test_the_148_keywords_of_css_are_those_of_others() -> None:
    assert len(CSS_COLORS) == 148
    pillow = pytest.importorskip("PIL.ImageColor")
    for name, number in CSS_COLORS.items():
        assert pillow.getrgb(name) == (number >> 16, number >> 8 & 255, number & 255), name


# ---- files ---------------------------------------------------------------------------------------------------------
def test_the_old_form(write) -> None:
    path = write([{"name": "Liver", "color": "#ff0000"}, {"name": "Äpfel", "other": 1}, {"name": "x", "color": "red"}])
    liver, apples, x = read_suggestions(path)
    assert (liver.name, liver.color, liver.max_instances) == ("Liver", (1.0, 0.0, 0.0), None)
    assert (apples.name, apples.color) == ("Äpfel", None)
    assert x.color == liver.color


def test_the_new_form(write) -> None:
    labels = [
        {"name": "Liver", "color": [1.0, 0.5, 0.0], "_max_instance_occurrence": 1, "opacity": 0.25, "value": 7},
        {"name": "Lesion", "color": [255, 128, 0], "segmented_property_type.value": "52988006", "n": 3},
        {"name": "by name", "color": "teal", "_max_instance_occurrence": 5},
    ]
    path = write(
        {"type": "any", "version": 4, "groups": [None, {"name": "Organs", "labels": labels}, {"labels": None}]}
    )
    liver, lesion, teal = read_suggestions(path)
    assert (liver.color, liver.max_instances, liver.group) == ((1.0, 0.5, 0.0), 1, "Organs")
    assert liver.label_fields() == {"name": "Liver", "color": (1.0, 0.5, 0.0), "properties": {}, "opacity": 0.25}
    assert lesion.color == pytest.approx((1, 0.50196, 0), abs=1e-4)
    assert lesion.properties == {"segmented_property_type.value": "52988006", "n": 3}
    assert (teal.max_instances, teal.color) == (5, (0, 128 / 255, 128 / 255))


def test_a_later_entry_of_a_name_only_gives_a_missing_colour(write) -> None:
    path = write([{"name": "a"}, {"name": "b", "color": "red"}, {"name": "a", "color": "blue"}, {"name": "b"}])
    found = load_suggestions(path)
    assert [(entry.name, entry.color) for entry in found.entries] == [("a", (0, 0, 1)), ("b", (1, 0, 0))]


def test_a_list_replaces_or_extends_ours(write) -> None:
    path = write([{"name": "Liver", "color": "red"}, {"name": "Mine"}])
    assert [entry.name for entry in load_suggestions(path).entries] == ["Liver", "Mine"]
    extended = load_suggestions(path, extend=True)
    assert len(extended) == len(builtin_suggestions()) + 1
    assert extended.entries[-1].name == "Mine"
    assert extended.find("Liver") == load_suggestions().find("Liver")
    assert len(load_suggestions(standard=False)) == 0
    assert len(load_suggestions(path, extend=True, standard=False)) == 2


def test_preferences_choose_the_list_and_its_rules(write) -> None:
    own = str(write([{"name": "Mine"}]))
    assert preferred_suggestions(Preferences()).entries == load_suggestions().entries
    assert len(preferred_suggestions(Preferences(standard_suggestions=False))) == 0
    assert len(preferred_suggestions(Preferences(suggestions_file=own))) == 1
    both = preferred_suggestions(Preferences(suggestions_file=own, replace_standard_suggestions=False))
    assert len(both) == len(builtin_suggestions()) + 1
    strict = preferred_suggestions(Preferences(enforce_suggestions=True, suggest_once=False))
    assert (strict.limit("Liver"), strict.limit("Mine")) == (None, 0)


def test_the_forms_in_the_documentation_are_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")
    page = page.partition("## Suggestions")[2]
    old, new = (block.split("```")[0] for block in page.split("```json\n")[1:])
    assert [entry.name for entry in parse_suggestions(old, tmp_path)] == ["Liver", "Left kidney", "Lesion"]
    liver, lesion = parse_suggestions(new, tmp_path)
    assert (liver.max_instances, lesion.max_instances, lesion.group) == (1, 100, "Findings")
    assert liver.properties["segmented_property_type.value"] == "10200004"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ([{"name": "a"}, {"color": "red"}], "entry 2: name: found nothing, expected text"),
        ([{"name": "a"}, "b"], "entry 2: found 'b', expected an object"),
        ([{"name": "Liver", "color": "blurple"}], r"entry 1 \('Liver'\): color: found 'blurple', expected #rrggbb"),
        ([{"name": "Liver", "color": [1, 0, 0]}], r"entry 1 \('Liver'\): color: found \[1, 0, 0\]"),
        ([{"name": " "}], "entry 1 .* name: found ' ', expected text"),
        ("[{", "is no JSON"),
        ("[NaN]", "is no JSON"),
        ({"labels": []}, 'an object with "groups"'),
        (5, "found 5"),
        ({"groups": [], "version": 5}, "version 5 is not known; expected 4 or lower"),
        ({"groups": [3]}, "group 1: found 3, expected an object"),
        ({"groups": [{"labels": {}}]}, "group 1: .* expected an object with an array of labels"),
        ({"groups": [{"name": 1, "labels": []}]}, "group 1: name: found 1, expected text"),
        ({"groups": [{}, {"labels": [{"color": "red"}]}]}, "group 2, entry 1: name: found nothing"),
        (
            {"groups": [{"labels": [{"name": "a", "_max_instance_occurrence": "2"}]}]},
            r"group 1, entry 1 \('a'\): _max_instance_occurrence: found '2', expected a whole number",
        ),
        ({"groups": [{"labels": [{"name": "a", "color": [1.0, 2]}]}]}, r"entry 1 \('a'\): label.color"),
        ({"groups": [{"labels": [{"name": "a", "locked": 1}]}]}, "label.locked: found 1, expected true or false"),
    ],
)
def test_errors_name_file_and_entry(write, content: Any, what: str) -> None:
    with pytest.raises(PresetError, match=rf"names\.json: .*{what}"):
        read_suggestions(write(content))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="missing.json: No such file"):
        read_suggestions(tmp_path / "missing.json")
    (tmp_path / "latin.json").write_bytes('[{"name": "Tumör"}]'.encode("latin-1"))
    with pytest.raises(PresetError, match="latin.json: is not text in UTF-8"):
        read_suggestions(tmp_path / "latin.json")


# ---- completion ----------------------------------------------------------------------------------------------------
def test_completion_ranks_beginnings_then_words_then_anything() -> None:
    names = ["Fatty liver", "Slivers", "Liver tumor", "Liver", "Left kidney", "liver_2"]
    found = [names[index] for index in Completion(names).find("LIV")]
    assert found == ["Liver", "liver_2", "Liver tumor", "Fatty liver", "Slivers"]


def test_words_may_come_in_any_order() -> None:
    names = ["Left kidney", "Kidney", "Kidney of the left side", "Right kidney", "Leftover kidney"]
    found = [names[index] for index in Completion(names).find("kid left")]
    assert found == ["Kidney of the left side", "Left kidney", "Leftover kidney"]


@pytest.mark.parametrize("typed", ["tumör", "TUMOR", "Tumo\u0308r", "tumor"])
def test_case_and_accents_do_not_matter(typed: str) -> None:
    assert Completion(["Tumör", "TUMOR", "Rumor"]).find(typed) == [0, 1]


def test_letters_that_are_not_made_of_parts() -> None:
    assert fold("Øre-Łódź_STRAẞE") == "ore lodz strasse"


def test_no_text_offers_all_in_order_and_marks_nothing() -> None:
    completion = Completion(["b", "a"])
    assert completion.find("  ") == [0, 1]
    assert completion.find("?") == []


# ---- rules ---------------------------------------------------------------------------------------------------------
def a_list(**rules: bool) -> Suggestions:
    entries = [Suggestion("Liver", (1, 0, 0)), Suggestion("Lesion", max_instances=3), Suggestion("Never", None, 0)]
    return Suggestions(entries, SuggestionRules(**rules))


def test_a_name_is_offered_as_often_as_it_may_occur() -> None:
    used = {"Liver": 1, "Lesion": 2}
    assert [entry.name for entry in a_list().complete("", used)] == ["Lesion"]
    assert [entry.name for entry in a_list().complete("", {"Lesion": 3})] == ["Liver"]
    assert [entry.name for entry in a_list(suggest_once=False).complete("", used)] == ["Liver", "Lesion"]
    assert [entry.name for entry in a_list().complete("l", used, current="Liver")] == ["Lesion", "Liver"]
    assert [entry.name for entry in a_list().complete("", most=1)] == ["Liver"]


def test_free_text_is_fine_unless_the_list_is_enforced() -> None:
    a_list().check("Foo", {})
    strict = a_list(enforce=True)
    strict.check("Liver", {})
    strict.check("Liver", {"Liver": 1}, current="Liver")
    with pytest.raises(LabelError, match="'Livre' is not in the list of names.*near it are 'Liver'"):
        strict.check("Livre", {})
    with pytest.raises(LabelError, match="1 labels are named 'Liver' already; 1 may be"):
        strict.check("Liver", {"Liver": 1})


# ---- labels --------------------------------------------------------------------------------------------------------
def empty() -> Segmentation:
    return Segmentation(Geometry.from_parts((1, 1, 2)), [Group(np.zeros((1, 1, 2), np.uint8))])


def test_three_keystrokes_give_a_coded_liver() -> None:
    segmentation = empty()
    ours = load_suggestions()
    first = ours.complete("liv", used_names(segmentation))[0]
    History(segmentation).do(add_suggested(segmentation, ours, first.name))
    label = segmentation.label("Liver")
    assert label.color == pytest.approx(first.color, abs=1e-6)
    assert label.properties["segmented_property_type.value"] == "10200004"
    assert label.properties["segmented_property_category.meaning"] == "Anatomical Structure"
    assert "Liver" not in [entry.name for entry in ours.complete("liv", used_names(segmentation))]


def test_free_names_get_the_next_colour() -> None:
    segmentation = empty()
    History(segmentation).do(add_suggested(segmentation, load_suggestions(), "My own thing", value=9))
    assert (segmentation.label(9).name, segmentation.label(9).color_bytes) == ("My own thing", (190, 0, 50))


def test_renaming_brings_the_new_codes_and_takes_the_old_ones_away() -> None:
    segmentation = empty()
    ours = load_suggestions()
    history = History(segmentation)
    history.do(add_suggested(segmentation, ours, "Left kidney"))
    before = segmentation.label(1).with_(properties={**segmentation.label(1).properties, "k": 1}, locked=False)
    segmentation.set_label(0, before)
    history.do(rename_as_suggested(segmentation, ours, 1, "Spleen"))
    label = segmentation.label(1)
    assert (label.name, label.locked, label.properties["k"]) == ("Spleen", False, 1)
    assert label.properties["segmented_property_type.meaning"] == "Spleen"
    assert not any("modifier" in key for key in label.properties)
    history.undo()
    assert segmentation.label(1) == before
    with pytest.raises(UnknownLabelError):
        rename_as_suggested(segmentation, ours, 5, "Spleen")


def test_enforced_names_hold_for_adding_and_renaming() -> None:
    segmentation = Segmentation(
        Geometry.from_parts((1, 1, 2)), [Group(np.zeros((1, 1, 2), np.uint8), [Label(1, "a"), Label(2, "Liver")])]
    )
    strict = a_list(enforce=True)
    with pytest.raises(LabelError, match="'b' is not in the list"):
        add_suggested(segmentation, strict, "b")
    with pytest.raises(LabelError, match="already"):
        rename_as_suggested(segmentation, strict, 1, "Liver")
    History(segmentation).do(rename_as_suggested(segmentation, strict, 2, "Liver"))
    assert segmentation.label(2).color == (1.0, 0.0, 0.0)
    with pytest.raises(LabelError, match="already"):
        rename_as_suggested(segmentation, a_list(enforce=True), [1, 2], "Liver")
    History(segmentation).do(rename_as_suggested(segmentation, strict, 1, "Lesion"))
    assert segmentation.label(1).name == "Lesion"


# ---- our own list --------------------------------------------------------------------------------------------------
def test_our_list_has_colours_of_its_own_and_headings() -> None:
    entries = builtin_suggestions()
    assert len(entries) >= 130
    assert len({entry.name for entry in entries}) == len(entries)
    colors = {tuple(round(channel * 255) for channel in entry.color or ()) for entry in entries}
    assert len(colors) == len(entries)
    assert all(entry.group for entry in entries)
    assert {entry.max_instances for entry in entries} == {None, 65535}


def test_every_code_of_our_list_is_published_with_its_meaning() -> None:
    """The table holds codes and meanings of DICOM's content mapping resource and TotalSegmentator's mapping."""
    published = json.loads(GOLDEN.read_text(encoding="utf-8"))
    checked = set()
    for entry in builtin_suggestions():
        names = [name for name in CODED if f"{name}.value" in entry.properties]
        assert names[:2] == list(CODED[:2]), entry.name
        for name in names:
            code, scheme, meaning = (entry.properties[f"{name}.{part}"] for part in ("value", "scheme", "meaning"))
            assert scheme == "SCT"
            assert str(meaning).lower() in [known.lower() for known in published[code]], (entry.name, code)
            checked.add(code)
    assert checked == set(published)


def test_sides_are_coded_as_modifiers() -> None:
    for entry in builtin_suggestions():
        side = entry.properties.get("segmented_property_type.modifier.[0].meaning")
        if entry.name.split()[0] in ("Left", "Right") and side is not None:
            assert side == entry.name.split()[0]
    ours = load_suggestions()
    for side, code in (("Left", "7771000"), ("Right", "24028007")):
        kidney = ours.find(f"{side} kidney")
        assert kidney is not None
        assert kidney.properties["segmented_property_type.modifier.[0].value"] == code


def test_the_codes_are_those_of_dicom() -> None:
    """Against pydicom's own dictionary, where it is installed."""
    concepts = pytest.importorskip("pydicom.sr._concepts_dict").concepts["SCT"]
    dictionary: dict[str, set[str]] = {}
    for keyword in concepts.values():
        for code, (meaning, _) in keyword.items():
            dictionary.setdefault(code, set()).add(meaning)
    published = json.loads(GOLDEN.read_text(encoding="utf-8"))
    known = [code for code in published if code in dictionary]
    assert len(known) >= 240
    assert all(dictionary[code] <= set(published[code]) for code in known)
