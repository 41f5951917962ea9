"""Every seeded fault is found and named, and nothing is found where there is none."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.datasets.audit import CaseFacts, ExaminedSet, examine, proposed_map
from MultiLabelSegLib.datasets.audit.measuring import measured
from MultiLabelSegLib.datasets.case_files import find_case_files, find_images, images_of
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.saving import write_segmentation
from MultiLabelSegLib.presets.value_map import apply_value_map, read_value_map
from Testing.datasets.audit.sets import FAULTS, MadeCase, a_clean_set, write_set


def audited(folder: Path, images: Path | None = None) -> ExaminedSet:
    known = {} if images is None else find_images(images)
    facts = [measured(case, images_of(case, known))[0] for case in find_case_files(folder)]
    # as between processes
    return examine([CaseFacts.from_json(json.loads(json.dumps(each.to_json()))) for each in facts])


def audited_set(cases: list[MadeCase]) -> ExaminedSet:
    with tempfile.TemporaryDirectory() as place:
        write_set(cases, Path(place) / "labels", Path(place) / "images")
        return audited(Path(place) / "labels", Path(place) / "images")


@given(st.integers(0, 2**31))
@settings(max_examples=8)
def test_nothing_is_found_in_a_clean_set(seed: int) -> None:
    assert audited_set(a_clean_set(seed)).findings == ()


@pytest.mark.parametrize("fault", FAULTS)
@given(st.integers(0, 2**31))
@settings(max_examples=3)
def test_a_seeded_fault_is_found_in_its_case(fault: str, seed: int) -> None:
    cases = a_clean_set(seed)
    kind, change = FAULTS[fault]
    name = change(cases, random.Random(seed))
    found = audited_set(cases).findings
    assert [each for each in found if each.kind == kind and each.case == name], found
    assert {each.case for each in found if each.kind != "duplicate"} <= {name}, found


@given(
    st.integers(0, 2**31),
    st.lists(
        st.sampled_from([name for name, (kind, _) in FAULTS.items() if kind in ("spelling", "value")]),
        min_size=1,
        max_size=3,
    ),
)
@example(0, ["other word", "other value"])
@settings(max_examples=8)
def test_the_proposed_map_leaves_no_spelling_and_no_value_to_mend(seed: int, faults: list[str]) -> None:
    cases = a_clean_set(seed, 10)
    for number, fault in enumerate(faults):
        FAULTS[fault][1](cases[number : number + 1], random.Random(seed))
    with tempfile.TemporaryDirectory() as place:
        folder, mended = Path(place) / "labels", Path(place) / "mended"
        write_set(cases, folder, Path(place) / "images", ".nrrd")
        before = audited(folder)
        assert {each.kind for each in before.findings} & {"spelling", "value"}
        proposal = proposed_map(before)
        (Path(place) / "map.csv").write_text(proposal.as_csv(), "utf-8")
        mended.mkdir()
        rules = read_value_map(Path(place) / "map.csv")
        for case in find_case_files(folder):
            write_segmentation(
                apply_value_map(read_segmentation(case.path), rules).segmentation, mended / case.path.name
            )
        assert proposal.open == ()
        assert audited(mended).findings == ()


def test_an_unreadable_file_is_named_and_the_others_are_looked_at(tmp_path: Path) -> None:
    write_set(a_clean_set(5), tmp_path / "labels", tmp_path / "images")
    broken = tmp_path / "labels" / "case_03.nii.gz"
    broken.write_bytes(broken.read_bytes()[:200])
    found = audited(tmp_path / "labels", tmp_path / "images").findings
    assert [(each.kind, each.case) for each in found] == [("unreadable", "case_03")]


def test_masks_of_a_case_that_share_voxels_are_named(tmp_path: Path) -> None:
    for case in a_clean_set(6, 4):
        (tmp_path / case.name).mkdir()
        for value, name in case.labels.items():
            mask = (case.array == value).astype("uint8")
            if (case.name, name) == ("case_02", "Spleen"):
                mask |= case.array == case.value_of("Heart")
            from MultiLabelSegLib.formats.image_write import write_label_image
            from MultiLabelSegLib.formats.staging import Stage

            path = tmp_path / case.name / f"{name}.nii.gz"
            with Stage(path) as stage:
                write_label_image(stage, path, mask, case.geometry, "uint8")
                stage.commit()
    found = [each for each in audited(tmp_path).findings if each.kind == "overlap"]
    assert [each.case for each in found] == ["case_02"]
    assert "Heart" in found[0].text
    assert "Spleen" in found[0].text
