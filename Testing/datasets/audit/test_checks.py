"""Checks on facts made by hand: frames, sides, volumes of few cases, and what no map can mend."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from MultiLabelSegLib.datasets.audit import CaseFacts, ExaminedSet, LabelFacts, examine, proposed_map
from MultiLabelSegLib.presets.value_map import read_value_map


def a_label(value: int, name: str, x: float = 0.0, ml: float = 10.0, pieces: int = 1, beside: int = 0) -> LabelFacts:
    return LabelFacts(value, name, int(ml * 100), ml, 0, (x, 0.0, 0.0), pieces, beside)


def a_set(*cases: tuple[LabelFacts, ...], frames: tuple[int, ...] = ()) -> ExaminedSet:
    counts = frames or (1,) * len(cases)
    return examine(
        [
            CaseFacts(f"c{number}", f"c{number}.nrrd", frames=count, labels=labels, content=f"hash {number}")
            for number, (labels, count) in enumerate(zip(cases, counts, strict=True))
        ]
    )


def kinds(examined: ExaminedSet) -> list[tuple[str, str]]:
    return [(found.kind, found.case) for found in examined.findings]


def test_other_numbers_of_frames_stand_out() -> None:
    found = a_set(*[(a_label(1, "A"),)] * 4, frames=(2, 2, 1, 2))
    assert kinds(found) == [("frames", "c2")]
    assert found.findings[0].text == "1 frames; 3 of 4 cases have 2"


def test_a_label_without_its_counterpart_is_held_against_the_midline() -> None:
    pair = (a_label(1, "Lung left", 60), a_label(2, "Lung right", -60))
    assert kinds(a_set((*pair, a_label(3, "Hip left", 40)))) == []
    found = a_set((*pair, a_label(3, "Hip left", -40)))
    assert kinds(found) == [("side", "c0")]
    assert "40.0 mm beyond the midline" in found.findings[0].text
    assert kinds(a_set((*pair, a_label(3, "Hip left", -10)))) == []


def test_exchanged_pairs_are_named_and_all_of_them_may_be_a_mirror() -> None:
    lungs = (a_label(1, "Lung left", -60), a_label(2, "Lung right", 60))
    hips = (a_label(3, "L hip", -50), a_label(4, "R hip", 50))
    found = a_set((*lungs, *hips))
    assert kinds(found) == [("side", "c0"), ("side", "c0")]
    assert all("may be mirrored" in each.text for each in found.findings)


def test_rare_labels_of_a_numbered_series_are_not_unexpected() -> None:
    liver, first = a_label(1, "Liver"), a_label(2, "Node 1")
    cases = [(liver, first)] * 6 + [(liver,)] * 4
    assert kinds(a_set(*cases, (liver, first, a_label(3, "node_2")))) == []
    assert kinds(a_set(*cases, (liver, first, a_label(3, "Cyst 2")))) == [("unexpected", "c10")]
    assert kinds(a_set(*cases, (liver, first, a_label(3, "Node left 2")))) == [("unexpected", "c10")]


def test_values_without_names_are_no_series() -> None:
    usual = [a_label(value, "") for value in (1, 2)]
    cases = [CaseFacts(f"c{n}", "x", named=False, labels=tuple(usual), content=str(n)) for n in range(6)]
    odd = CaseFacts("odd", "x", named=False, labels=(*usual, a_label(9, "")), content="odd")
    assert kinds(examine([*cases, odd])) == [("unexpected", "odd")]


def in_a_row(case: int, *places: float) -> tuple[LabelFacts, ...]:
    """Labels A, B, C... at these x, moved with their case and a little by themselves."""
    return tuple(a_label(n, "ABCDEF"[n - 1], x + 30 * case + (case * n) % 4) for n, x in enumerate(places, 1))


def test_labels_in_each_others_place_are_named_even_without_sides() -> None:
    usual = [in_a_row(case, -60, -20, 35, 90) for case in range(7)]
    assert kinds(a_set(*usual)) == []
    found = a_set(*usual, in_a_row(7, -60, 35, -20, 90))
    assert kinds(found) == [("exchanged", "c7")]
    assert "'B' and 'C' lie where the other cases have them exchanged" in found.findings[0].text
    assert kinds(a_set(*usual[:2], in_a_row(7, -60, 35, -20, 90))) == []  # two other cases are no witnesses


def test_two_labels_alone_may_be_in_each_others_place() -> None:
    usual = [in_a_row(case, -30, 30) for case in range(6)]
    assert kinds(a_set(*usual, in_a_row(6, 30, -30))) == [("exchanged", "c6")]


def test_a_whole_case_turned_over_is_not_called_exchanged() -> None:
    usual = [in_a_row(case, -60, -20, 35, 90) for case in range(7)]
    assert kinds(a_set(*usual, in_a_row(7, 60, 20, -35, -90))) == [("mirrored", "c7")]


@pytest.mark.parametrize("seed", range(8))
def test_labels_that_lie_anywhere_are_never_exchanged(seed: int) -> None:
    rng = random.Random(seed)
    cases = [in_a_row(case, -60, 0, 60, *(rng.uniform(-100, 100) for _ in range(3))) for case in range(25)]
    assert [kind for kind, _ in kinds(a_set(*cases)) if kind == "exchanged"] == []


@pytest.mark.parametrize(("count", "outlier"), [(5, False), (7, True)])
def test_volumes_need_enough_cases_to_stand_out(count: int, outlier: bool) -> None:
    cases = [(a_label(1, "A", ml=10.0 + number / 10),) for number in range(count - 1)]
    found = a_set(*cases, (a_label(1, "A", ml=100.0),))
    assert kinds(found) == ([("volume", f"c{count - 1}")] if outlier else [])
    assert all(f"of {count} cases" in each.text for each in found.findings)


def test_crumbs_are_told_from_labels_that_are_often_in_pieces() -> None:
    crumbs = a_label(1, "A", pieces=3, beside=2)
    assert kinds(a_set((crumbs,))) == [("islands", "c0")]
    often = [(a_label(1, "A", pieces=number, beside=400),) for number in (1, 3, 2, 5, 4)]
    assert kinds(a_set(*often)) == []
    assert kinds(a_set(*often, (a_label(1, "A", pieces=11, beside=400),))) == [("islands", "c5")]


def test_a_value_that_another_label_of_the_case_has_is_left_to_a_person() -> None:
    right = (a_label(1, "A"), a_label(2, "B"))
    found = a_set(right, right, right, right, (a_label(3, "A"), a_label(1, "C"), a_label(2, "B")))
    proposal = proposed_map(found)
    assert proposal.rules == {}
    assert proposal.open == ("'A' (3) cannot become 1: another label of case c4 has it",)


def test_names_that_a_table_would_change_survive_the_map(tmp_path: Path) -> None:
    odd = '#Liver, "big"; '
    cases = [(a_label(1, '#Liver, "BIG";'),)] * 3 + [(a_label(7, odd),)]
    proposal = proposed_map(a_set(*cases))
    assert proposal.rules == {(odd, 7): ('#Liver, "BIG";', 1)}
    (tmp_path / "m.csv").write_text(proposal.as_csv(), "utf-8")
    (rule,) = read_value_map(tmp_path / "m.csv")
    assert (rule.from_value, rule.to_name, rule.to_value) == (7, '#Liver, "BIG";', 1)

    class _Label:
        name, value = odd, 7

    assert rule.means(_Label())  # type: ignore[arg-type]
