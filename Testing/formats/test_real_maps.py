"""A real chest CT segmentation as label map and as folder of masks, and back: nothing is lost."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.core import Segmentation
from MultiLabelSegLib.errors import LossError
from MultiLabelSegLib.formats.label_tables import table_in_header
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.map_cases import differing

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "slicer"


def chest(name: str) -> Segmentation:
    """Seven segments of a chest CT, or eight in two layers that overlap."""
    return read_segmentation(GOLDEN / name)


@pytest.mark.parametrize(
    "table", ["itksnap", "ctbl", "slicer-csv", "freesurfer", "bids", "csv", "json", "totalsegmentator"]
)
def test_the_chest_as_a_label_map_with_every_table(tmp_path: Path, table: str) -> None:
    mine = chest("Segmentation.seg.nrrd")
    path = write_segmentation(mine, tmp_path / "chest.nii.gz", options={"label_table": table}).main[0]
    assert differing(mine, read_segmentation(path)) == []
    (tmp_path / "chest.nii.gz.mlseg.json").unlink()
    found = read_segmentation(path)
    assert [(label.value, label.name, label.color_bytes) for label in found.labels] == sorted(
        (label.value, label.name, label.color_bytes) for label in mine.labels
    )
    assert np.array_equal(found.groups[0].array, mine.groups[0].array)
    assert (table_in_header(path, Report()) is not None) == (table == "totalsegmentator")


def test_overlapping_layers_do_not_fit_a_label_map_but_a_folder(tmp_path: Path) -> None:
    mine = chest("SegmentationOverlapping.seg.nrrd")
    with pytest.raises(LossError, match=r"overlap of .* voxels"):
        write_segmentation(mine, tmp_path / "chest.nii.gz")
    folder = write_segmentation(mine, tmp_path / "masks", format_id="label-folder").main[0]
    assert differing(mine, read_segmentation(folder)) == []
    (folder / "labels.json").unlink()
    plain = read_segmentation(folder)
    assert len(plain.groups) == 2
    assert {label.name: plain.voxels(label.value) for label in plain.labels} == {
        label.name: mine.voxels(label.value) for label in mine.labels
    }


def test_nibabel_and_simpleitk_find_each_segment_of_the_chest_in_its_mask(tmp_path: Path) -> None:
    mine = chest("Segmentation.seg.nrrd")
    folder = write_segmentation(mine, tmp_path / "masks", format_id="label-folder").main[0]
    for label in mine.labels:
        path = folder / f"{label.name}.nii.gz"
        array = np.asarray(nibabel.load(path).dataobj)
        assert array.dtype == np.uint8
        assert np.array_equal(array.T, mine.mask(label.value)[0])
        image = sitk.ReadImage(str(path))
        statistics = sitk.LabelShapeStatisticsImageFilter()
        statistics.Execute(image)
        assert statistics.GetCentroid(1) == pytest.approx(mine.centroid_lps(label.value), abs=1e-2)
