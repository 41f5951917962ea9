"""Descriptions, maps and lists of any JSON at all: read, or refused by an error that names the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.datasets.bids.importing import BidsImporter
from MultiLabelSegLib.datasets.classes.stored_map import read_map
from MultiLabelSegLib.datasets.monai.importing import MonaiImporter
from MultiLabelSegLib.datasets.nnunet.description import read_description
from MultiLabelSegLib.errors import MultiLabelSegError
from MultiLabelSegLib.formats.sidecar import seal

LEAVES = st.none() | st.booleans() | st.integers(-3, 70000) | st.floats(allow_nan=False) | st.text(max_size=4)
_FIELDS = """labels channel_names modality file_ending regions_class_order dataset training test image label images 0 1
a
background ignore plan documents cases classes codes regions order groups document sha256 uid properties"""
KEYS = st.sampled_from(_FIELDS.split())
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(folder: Path, name: str, data: object) -> Path:
    (folder / name).write_text(json.dumps(data), encoding="utf-8")
    return folder / name


def expect_named(error: MultiLabelSegError, path: Path) -> None:
    assert path.name in str(error)


@QUICK
@given(OBJECTS)
def test_any_dataset_json_is_read_or_refused_by_name(tmp_path: Path, data: dict) -> None:
    path = written(tmp_path, "dataset.json", data)
    try:
        found = read_description(path)
    except MultiLabelSegError as error:
        expect_named(error, path)
        return
    plan = found.plan()
    assert {name for names in plan.codes.values() for name in names} | {plan.ignore} >= set(found.labels) - {"ignore"}


@QUICK
@given(OBJECTS)
def test_any_datalist_is_read_or_refused_by_name(tmp_path: Path, data: dict) -> None:
    path = written(tmp_path, "list.json", data)
    try:
        found = MonaiImporter().find(path, {})
    except MultiLabelSegError as error:
        expect_named(error, path)
        return
    assert found.left_out or found.cases


@QUICK
@given(OBJECTS, st.booleans())
def test_any_map_is_refused_by_name_even_with_a_valid_seal(tmp_path: Path, data: dict, sealed: bool) -> None:
    body = {**data, "type": "org.multilabelseg.dataset-map", "version": 1}
    path = written(tmp_path, "mlseg_map.json", {**body, "seal": seal(body)} if sealed else body)
    with pytest.raises(MultiLabelSegError, match="mlseg_map.json"):
        read_map(path)


@QUICK
@given(VALUES)
def test_any_json_beside_a_bids_segmentation_is_taken_or_passed_over(tmp_path: Path, data: object) -> None:
    folder = tmp_path / "sub-1" / "anat"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sub-1_dseg.nii.gz").write_bytes(b"x")
    written(folder, "sub-1_dseg.json", {"MultiLabelSeg": data})
    found = BidsImporter().find(tmp_path, {})
    assert len(found.cases) + len(found.left_out) == 1
