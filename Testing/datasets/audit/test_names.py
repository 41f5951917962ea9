"""Which names are one label, and which are never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.datasets.audit.facts import Column, LabelFacts
from MultiLabelSegLib.datasets.audit.names import counterpart_key, edit_distance, near_words, same_words
from MultiLabelSegLib.datasets.audit.spelling import spellings


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Liver", "LIVER"), ("left kidney", "Kidney_L"), ("kidneyLeft", "Kidney, left"), ("  Liver ", "liver"),
        ("Gall bladder", "gallbladder"), ("Läsion", "Laesion"), ("Läsion", "Lasion"), ("Straße", "STRASSE"),
        ("Niere links", "linke Niere"), ("rib_1_left", "Left Rib 1"), ("Médula", "medula"),
    ],
)  # fmt: skip
def test_writing_alone_makes_no_other_label(first: str, second: str) -> None:
    assert same_words(first, second)
    assert same_words(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("kidney left", "kidney right"), ("rib 1", "rib 2"), ("rib 1", "rib 11"), ("Vein A", "Vein B"), ("L1", "L2"),
        ("hip", "lip"), ("upper lobe", "lower lobe"), ("iliac artery", "iliac vein"), ("left rib 1", "left rib 2"),
        ("肝", "脾"), ("1", "2"),
    ],
)  # fmt: skip
def test_other_labels_stay_apart(first: str, second: str) -> None:
    assert not same_words(first, second)
    assert not near_words(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("kidn left", "left kidney"), ("Livver", "Liver"), ("Splene", "Spleen"), ("vert bod", "vertebral body")],
)
def test_abbreviations_and_slips_are_near(first: str, second: str) -> None:
    assert near_words(first, second)
    assert near_words(second, first)
    assert not same_words(first, second)


def test_names_of_one_case_are_never_taken_for_slips_of_each_other() -> None:
    label = LabelFacts(1, "", 5, 0.1)

    def columns(*cases: str) -> dict[str, Column]:
        return {name: Column(name, dict.fromkeys(cases, (label,))) for name in ("Ilium1x", "Ileum1x")}

    together = columns("a", "b")
    assert set(spellings(together).chosen.values()) == {"Ilium1x", "Ileum1x"}
    apart = {**together, "Ileum1x": Column("Ileum1x", {"c": (label,)})}
    assert spellings(apart).chosen == {"Ilium1x": "Ilium1x", "Ileum1x": "Ilium1x"}
    assert spellings(apart, ["Ileum1x"]).chosen["Ilium1x"] == "Ileum1x"
    assert spellings(apart, ["Ileum1x", "Ilium1x"]).reason == {}


def test_sides_have_counterparts() -> None:
    assert counterpart_key("Kidney left") == ("left", "kidney")
    assert counterpart_key("RightKidney") == ("right", "kidney")
    assert counterpart_key("Liver") == ("", "liver")
    assert counterpart_key("L") == ("", "l")


@given(st.text(max_size=12), st.text(max_size=12))
def test_names_of_any_script_are_compared_the_same_both_ways(first: str, second: str) -> None:
    assert same_words(first, first)
    assert same_words(first, second) == same_words(second, first)
    assert near_words(first, second) == near_words(second, first)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edit_distance_counts_steps(first: str, second: str) -> None:
    found = edit_distance(first, second, 12)
    assert found == edit_distance(second, first, 12)
    assert (found == 0) == (first == second)
    assert abs(len(first) - len(second)) <= found <= max(len(first), len(second))
    assert edit_distance(first, second, 1) == min(found, 2) or found > 1
