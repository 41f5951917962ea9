"""The real MITK loads stacks of every strategy and finds everything; we read what it saves as a stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.formats.label_json import label_to_json
from Testing.formats.segmentations import segmentations
from Testing.formats.stack_cases import GEOMETRY, SHAPE, a_segmentation, assert_same, read_stack, write_stack
from Testing.interop.mitk_client import MitkClient, MitkRefused, MitkSegmentation

pytestmark = pytest.mark.mitk
OPTIONS = [("instance", "original"), ("instance", "binary"), ("group", "original")]
TURNED = Geometry.from_parts(
    SHAPE, (0.8, 1.5, 2.25), (-12.5, 33.0, 70.25), np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
)
FIELDS = ("name", "locked", "visible", "description", "tracking_id", "tracking_uid")
_OWN_FIELDS = (*FIELDS, "value", "color", "opacity")


def single_precision(value: Any) -> Any:
    """JSON as MITK holds it: bare numbers with a point have single precision."""
    return float(np.float32(value)) if isinstance(value, float) else value


def assert_mitk_found(found: MitkSegmentation, expected: Segmentation) -> None:
    """Every value, name, colour, flag, text and voxel at its place. MITK does not restore names of groups."""
    assert np.allclose(found.spacing, expected.geometry.spacing)
    assert np.allclose(found.origin, expected.geometry.origin)
    assert np.allclose(found.direction, expected.geometry.direction, atol=1e-6)
    assert [sorted(group["values"]) for group in found.groups] == [sorted(group.values) for group in expected.groups]
    for group, array in zip(expected.groups, found.arrays, strict=True):
        assert np.array_equal(array.reshape(group.shape), group.array)
    assert sorted(found.labels) == sorted(expected.values)
    for label in expected.labels:
        other = found.labels[label.value]
        assert {key: other[key] for key in FIELDS} == {key: getattr(label, key) for key in FIELDS}
        assert np.allclose([*other["color"], other["opacity"]], [*label.color, label.opacity], atol=1e-6)
        native = label_to_json(label, keep_meta=False)
        assert other["properties"] == {key: single_precision(native[key]) for key in native if key not in _OWN_FIELDS}


@pytest.mark.parametrize(("strategy", "value"), OPTIONS)
@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd", ".mha", ".mhd"])
def test_mitk_finds_everything_in_stacks_of_every_strategy_value_and_suffix(
    tmp_path: Path, mitk: MitkClient, strategy: str, value: str, suffix: str
) -> None:
    segmentation = a_segmentation(geometry=TURNED)
    path = write_stack(segmentation, tmp_path / f"a{suffix}", save_strategy=strategy, instance_value=value)
    found = mitk.load(path)
    assert_mitk_found(found, segmentation)
    assert found.properties["note"] == "kept"


def test_mitk_finds_everything_in_gipl_stacks(tmp_path: Path, mitk: MitkClient) -> None:
    assert_mitk_found(mitk.load(write_stack(a_segmentation(), tmp_path / "a.gipl.gz")), a_segmentation())


@pytest.mark.parametrize("kernels", ["never", "always"])
def test_mitk_reads_files_of_the_compiled_and_of_the_numpy_coder_alike(
    tmp_path: Path, mitk: MitkClient, monkeypatch: pytest.MonkeyPatch, kernels: str
) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    random = np.random.default_rng(2)
    array = np.kron(random.choice([0, 0, 1, 40000, 65535], (4, 8, 8)), np.ones((3, 5, 6))).astype(np.uint16)
    labels = [Label(value, f"n{value}") for value in (1, 40000, 65535)]
    segmentation = Segmentation(Geometry.from_parts(array.shape, (0.7, 0.9, 1.3)), [Group(array, labels)])
    assert_mitk_found(mitk.load(write_stack(segmentation, tmp_path / "a.nii.gz")), segmentation)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_simpleitk_and_nibabel_read_every_image_with_its_voxels_at_their_place(tmp_path: Path, suffix: str) -> None:
    segmentation = a_segmentation(geometry=TURNED)
    write_stack(segmentation, tmp_path / f"a{suffix}")
    for label in segmentation.labels:
        group = segmentation.group_of(label.value)
        expected = np.where(group.array[0] == label.value, label.value, 0)
        path = tmp_path / f"a_label_{label.value}{suffix}"
        image = sitk.ReadImage(str(path))
        assert np.array_equal(sitk.GetArrayFromImage(image), expected)
        assert np.allclose(np.reshape(image.GetDirection(), (3, 3)), TURNED.direction, atol=1e-6)
        if suffix == ".nii.gz":
            by_nibabel = nib.load(path)
            assert np.array_equal(np.asarray(by_nibabel.dataobj).T, expected)
            assert np.allclose(by_nibabel.affine, TURNED.ijk_to_ras, atol=1e-5)


def test_what_mitk_saves_as_a_stack_is_what_we_gave_it(tmp_path: Path, mitk: MitkClient) -> None:
    segmentation = Segmentation(TURNED, [group for group in a_segmentation().groups if group.labels])
    ours = write_stack(segmentation, tmp_path / "ours.nii.gz")
    theirs = tmp_path / "theirs.mitklabel.json"
    mitk.resave(ours, theirs)
    found = read_stack(theirs)
    for group, other in zip(segmentation.groups, found.groups, strict=True):
        assert np.array_equal(group.array, other.array)
    for label in segmentation.labels:
        other = found.label(label.value)
        assert {key: getattr(other, key) for key in FIELDS} == {key: getattr(label, key) for key in FIELDS}
        assert other.properties == label.properties
    again = write_stack(found, tmp_path / "again.nii.gz")
    assert_same(found, read_stack(again))


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("strategy", ["instance", "group"])
def test_mitk_finds_the_frames_of_a_stack(tmp_path: Path, mitk: MitkClient, suffix: str, strategy: str) -> None:
    segmentation = a_segmentation(2, GEOMETRY.with_time(2))
    found = mitk.load(write_stack(segmentation, tmp_path / f"a{suffix}", save_strategy=strategy))
    assert found.time_steps == 2
    assert_mitk_found(found, segmentation)


def test_mitk_refuses_images_of_other_types_which_is_why_ours_are_uint16(tmp_path: Path, mitk: MitkClient) -> None:
    path = write_stack(a_segmentation(), tmp_path / "a.nrrd")
    image = sitk.ReadImage(str(tmp_path / "a_label_1.nrrd"))
    sitk.WriteImage(sitk.Cast(image, sitk.sitkUInt8), str(tmp_path / "a_label_1.nrrd"))
    with pytest.raises(MitkRefused):
        mitk.load(path)
    assert_same(a_segmentation(), read_stack(path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(segmentation=segmentations())
def test_mitk_finds_everything_in_any_stack(tmp_path: Path, mitk: MitkClient, segmentation: Segmentation) -> None:
    for group in segmentation.groups:  # the common path refuses voxels without label before it comes to a stack
        array = group.writable()
        array[np.isin(array, group.undeclared_values())] = 0
        group.index.invalidate()
    path = write_stack(segmentation, tmp_path / "a.nii.gz")
    if segmentation.geometry.time_steps == 1:
        assert_mitk_found(mitk.load(path), segmentation)
    assert_same(segmentation, read_stack(path))


def test_mitk_loads_a_stack_on_a_grid_that_nifti_1_cannot_hold(mitk: MitkClient, tmp_path: Path) -> None:
    fine = Geometry.from_parts(SHAPE, (3.0, 1e-4, 1.0), (-69.9, 1234.5678, 7.25))
    path = tmp_path / "a.mitklabel.json"
    segmentation = a_segmentation(geometry=fine)
    write_stack(segmentation, path)
    assert {part.suffix for part in tmp_path.iterdir()} == {".json", ".nrrd"}
    assert_mitk_found(mitk.load(path), segmentation)
