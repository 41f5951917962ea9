"""No command writes over what it reads, whatever its options are and whatever the file is called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Image
from MultiLabelSegLib.formats.image_file import save_image
from Testing.cli.cases import a_segmentation


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of each kind of input, and a link to the segmentation."""
    monkeypatch.chdir(tmp_path)
    segmentation = a_segmentation(overlapping=False)
    mls.write(segmentation, "seg.nrrd")
    mls.write(segmentation, "stack.mitklabel.json")
    save_image(Image(np.ones((1, 4, 5, 6), np.int16), segmentation.geometry), Path("ct.nii.gz"))
    Path("recipe.json").write_text('{"steps": [{"do": "lock", "label": 3}]}')
    Path("map.csv").write_text("from_name,from_value,to_name,to_value\nLiver,3,Liver,5\n")
    Path("link.nrrd").symlink_to("seg.nrrd")
    Path("masks").mkdir()
    save_image(Image(np.ones((1, 4, 5, 6), np.uint8), segmentation.geometry), Path("masks/liver.nii.gz"))
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "stats seg.nrrd --csv seg.nrrd --overwrite",
        "stats seg.nrrd -i ct.nii.gz --json ct.nii.gz --overwrite",
        "run recipe.json -s seg.nrrd -o seg.nrrd --overwrite",
        "run recipe.json -s seg.nrrd -o new.nrrd --json recipe.json --overwrite",
        "run recipe.json -s seg.nrrd -o new.nrrd --json link.nrrd --overwrite",
        "run recipe.json -s seg.nrrd -i ct.nii.gz -o new.nrrd --image-output ct.nii.gz --overwrite",
        "convert -i seg.nrrd -o link.nrrd --overwrite",
        "convert -i seg.nrrd -o ct.nii.gz --reference ct.nii.gz --overwrite",
        "convert -i seg.nrrd -o map.csv --map map.csv --format mitk-nrrd --overwrite",
        "convert -i stack.mitklabel.json -o stack_label_3.nii.gz --overwrite",
        "convert -i masks -o masks/liver.nii.gz --overwrite",
        "new --image ct.nii.gz -o ct.nii.gz --overwrite",
        "labels seg.nrrd -o link.nrrd --overwrite set 3 --lock",
        "crop seg.nrrd -o new.nrrd --image ct.nii.gz --image-output ct.nii.gz --overwrite",
        "preset save stack.mitklabel.json -o stack.mitklabel.json --overwrite",
        "preset apply stack.mitklabel.json -i seg.nrrd -o stack.mitklabel.json --overwrite",
        "extract stack.mitklabel.json -o . --as instances --overwrite",
    ],
)
def test_an_input_is_never_written_over(folder: Path, mlseg, line: str) -> None:
    (folder / "Organs instances.nii.gz").symlink_to("stack_label_3.nii.gz")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    answer = mlseg(*line.split())
    assert answer.code == 1, answer
    assert "never changed" in answer.err
    assert answer.err.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert (folder / "link.nrrd").is_symlink()
