"""Any segmentation comes back whole from label maps with their tables and sidecars, and from folders of masks."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.core import Group, Segmentation
from MultiLabelSegLib.errors import FormatError, LossError
from MultiLabelSegLib.formats.label_tables import DIALECTS, TableEntry
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.map_cases import differing
from Testing.formats.segmentations import segmentations

_SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
SUFFIXES = st.sampled_from([".nii", ".nii.gz", ".nrrd", ".mha"])


def declared(segmentation: Segmentation) -> Segmentation:
    """The same without the voxels that no label explains."""
    groups = []
    for group in segmentation.groups:
        array = np.where(np.isin(group.array, list(group.values)), group.array, 0)
        groups.append(Group(array.astype(np.uint16), group.labels, group.name, group.properties))
    return segmentation.with_groups(groups)


@given(mine=segmentations(), suffix=SUFFIXES)
@_SLOW
def test_any_segmentation_survives_a_folder_of_masks(mine: Segmentation, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "masks"
        options = {"image_suffix": suffix}
        if any(group.undeclared_values() for group in mine.groups):
            with pytest.raises(LossError, match="voxels without a label"):
                write_segmentation(mine, path, format_id="label-folder", options=options)
        kept = declared(mine)
        write_segmentation(kept, path, format_id="label-folder", options=options)
        report = Report()
        found = read_segmentation(path, report=report)
        assert differing(kept, found) == []
        assert [group.properties for group in found.groups] == [group.properties for group in kept.groups]
        assert found.geometry.is_congruent(kept.geometry, tolerance_mm=1e-3, direction_tolerance=1e-5)
        assert found.geometry.bounds == kept.geometry.bounds
        assert report.left_out == []


@given(mine=segmentations(), suffix=SUFFIXES, dialect=st.sampled_from([*DIALECTS, "none"]))
@_SLOW
def test_any_group_survives_a_label_map_with_any_table(mine: Segmentation, suffix: str, dialect: str) -> None:
    mine = declared(mine)
    mine = mine.with_groups([mine.groups[0]])
    table = "json" if dialect == "totalsegmentator" and not suffix.startswith(".nii") else dialect
    refused = table != "none" and any(DIALECTS[table].refuses(TableEntry.of(label)) for label in mine.labels)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"map{suffix}"
        options = {"label_table": table}
        if refused:
            with pytest.raises(FormatError, match="choose another label table"):
                write_segmentation(mine, path, format_id="labelmap", options=options)
            assert list(Path(folder).iterdir()) == []
            return
        write_segmentation(mine, path, format_id="labelmap", options=options)
        report = Report()
        found = read_segmentation(path, format_id="labelmap", report=report)
        assert differing(mine, found) == []
        assert found.groups[0].properties == mine.groups[0].properties
        assert report.left_out == []
        for beside in Path(folder).glob("*.mlseg.json"):
            beside.unlink()
        bare = read_segmentation(path, format_id="labelmap")
        assert np.array_equal(bare.groups[0].array, mine.groups[0].array)
        if table != "none":
            assert {label.value: (label.name, label.color_bytes) for label in bare.labels} == {
                label.value: (label.name, label.color_bytes) for label in mine.labels
            }
