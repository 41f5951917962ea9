"""Whatever a tree of names holds: every name is in exactly one place, and their number costs no more than itself."""

from __future__ import annotations

import sys
from collections import Counter
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.datasets.supervisely.discovery.data_sets import Discovery, survey_names
from MultiLabelSegLib.datasets.supervisely.discovery.names import natural_key

WORDS = st.sampled_from(
    ["axl", "cor", "AXL", "anatomic", "mask", "inference", "score", "CT", "lung", "P1", "P2", "1", "2", "map", "cord"]
)
STEMS = st.builds(lambda words, by: by.join(words), st.lists(WORDS, min_size=1, max_size=3), st.sampled_from("__-. "))
SUFFIXES = st.sampled_from([".nii", ".nii", ".nii.gz", ".csv", ".txt", ".json", ".zip", ".NII.GZ", ""])
FOLDERS = st.lists(st.one_of(st.sampled_from(["CT", "axl_anatomic", "P1", "a"]), STEMS), max_size=3)
PATHS = st.builds(lambda parts, stem, end: "/".join([*parts, stem + end]), FOLDERS, STEMS, SUFFIXES)
TREES = st.lists(st.one_of(PATHS, st.just("color_map.txt")), max_size=25, unique=True)
LAYOUTS = st.sampled_from(["auto", "auto", "by-name", "by-plane", "annotations"])
MODES = st.sampled_from(["auto", "semantic", "instance"])


def places(found: Discovery) -> Counter[str]:
    """How often each name is in one of the places where it can be; candidates for colour maps count once."""
    places = Counter(remark.path for remark in (*found.cases.left_out, *found.unmatched))
    candidates = {*found.annotation_maps}
    for case in found.cases.cases:
        places.update((case.source, *case.scores, *(mask.path for mask in case.masks)))
        candidates.update(case.color_maps)
    places.update((*candidates, *found.mappings))
    return places


@given(TREES, LAYOUTS, MODES)
def test_every_name_is_in_exactly_one_place(names: list[str], layout: str, mode: str) -> None:
    found = survey_names(names, layout, mode)  # type: ignore[arg-type]
    assert places(found) == Counter(names)
    settled = found.without_existing()
    assert places(Discovery(settled)) == Counter(names)


@given(TREES, st.randoms())
def test_the_order_of_the_names_does_not_matter(names: list[str], random: object) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert survey_names(shuffled) == survey_names(names)


@given(TREES)
def test_masks_and_volumes_differ_and_class_numbers_are_there_where_needed(names: list[str]) -> None:
    for case in survey_names(names).cases.cases:
        assert case.source not in {mask.path for mask in case.masks}
        for mask in case.masks:
            assert bool(mask.class_name) == (mask.mode == "named")
            assert mask.class_id >= 0


def _many(layout: str, count: int) -> list[str]:
    """Names of so many volumes or files, in folder trees where comparing each with each would be tempting."""
    planes, numbers = ("axl", "cor", "sag"), range(count)
    if layout == "items":
        words = [f"{plane}_{end}" for plane in planes for end in ("anatomic.nii", "mask_1.nii", "mask_2.nii")]
        return [f"d{n // 30}/item_{n}/{word}" for n in numbers for word in (*words, "axl_score.csv")]
    if layout == "one folder":
        return [f"P{n}_{plane}_{word}.nii" for n in numbers for plane in planes for word in ("anatomic", "mask")]
    if layout == "apart":
        pairs = (("images", "anatomic"), ("labels", "mask"))
        return [f"{top}/P{n}/{plane}_{word}.nii" for n in numbers for plane in planes for top, word in pairs]
    if layout == "orphans":
        return [name for n in numbers for name in (f"a{n}/axl_anatomic.nii", f"b{n}/axl_mask.nii")]
    if layout == "unclear folders":
        return [name for n in numbers for name in (f"a{n}/x{n}/CT.nii", f"b{n}/y{n}/CT/lung.nii")]
    if layout == "one volume":
        return ["axl_anatomic.nii", *(f"axl_mask_{n}.nii" for n in numbers)]
    if layout == "exported":
        return ["color_map.txt", *(f"P{n}_axl{end}.nii.gz" for n in numbers for end in ("", "_2", "_3"))]
    return [f"{n}/CT{end}" for n in numbers for end in (".nii.gz", "/lung.nii.gz", "/sub/liver.nii.gz")]


def _calls(names: list[str]) -> int:
    """How many functions are called to match the names: the same on every machine, however busy it is."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    natural_key.cache_clear()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        survey_names(names)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "layout", ["items", "one folder", "apart", "orphans", "unclear folders", "one volume", "exported", "by name"]
)
def test_twice_as_many_names_take_twice_the_work_and_not_four_times(layout: str) -> None:
    few, many = _calls(_many(layout, 200)), _calls(_many(layout, 400))
    assert many < 2.3 * few


def test_ten_thousand_names_are_all_placed() -> None:
    names = _many("items", 1000)
    assert len(names) == 10_000
    found = survey_names(names)
    assert places(found) == Counter(names)
    assert [len(case.masks) for case in found.cases.cases] == [2] * 3000
    assert sum(len(case.scores) for case in found.cases.cases) == 1000
