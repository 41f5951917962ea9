"""A segmentation of Slicer that went through the real MITK is still Slicer's: names, IDs, tags, terminology, voxels."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib import read, write
from Testing.formats.slicer_cases import everything, header_text
from Testing.interop.mitk_client import MitkClient

pytestmark = pytest.mark.mitk
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "slicer"


@pytest.mark.parametrize("name", ["Segmentation", "SegmentationOverlapping", "layers", "cropped"])
def test_slicer_mitk_slicer_keeps_every_label_to_the_letter(mitk: MitkClient, tmp_path: Path, name: str) -> None:
    original = read(GOLDEN / f"{name}.seg.nrrd")
    write(original, tmp_path / "ours.nrrd")
    found = mitk.resave(tmp_path / "ours.nrrd", tmp_path / "mitk.nrrd")
    assert [problem for problem in found.problems if "not present in the pixel data" not in problem] == []
    for label in original.labels:
        theirs = found.labels[label.value]["properties"]
        coded = {key: text for key, text in label.properties.items() if key.startswith("segmented_property")}
        assert {key: theirs[key] for key in coded} == coded
    returned = read(tmp_path / "mitk.nrrd")
    write(returned, tmp_path / "back.seg.nrrd")
    again = everything(read(tmp_path / "back.seg.nrrd"))
    before = everything(original)
    assert again["voxels"] == before["voxels"]
    for (_, _, labels), (_, _, expected) in zip(again["groups"], before["groups"], strict=True):
        assert {label.value: label for label in labels} == {label.value: label for label in expected}
    entries = [line for line in header_text(GOLDEN / f"{name}.seg.nrrd").split("\n") if "_Tags:=" in line]
    after = header_text(tmp_path / "back.seg.nrrd")
    for line in entries:
        entry = line[line.index("TerminologyEntry:") :].partition("|")[0]
        assert after.count(entry + "|") == sum(entry + "|" in other for other in entries)
