"""Cases read against the truth of the golden data sets, and every oddity that masks come with."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Label, Segmentation
from MultiLabelSegLib.core.geometry import lps_from_ras
from MultiLabelSegLib.datasets.supervisely.discovery.cases import Case, ExistingVolume, MaskFile
from MultiLabelSegLib.datasets.supervisely.masks.alignment import Reordering
from MultiLabelSegLib.datasets.supervisely.masks.case_reader import CaseContent, read_case
from MultiLabelSegLib.datasets.supervisely.masks.objects import FreeValues, changes_in_words
from MultiLabelSegLib.datasets.supervisely.object_properties import CLASS_ID, MODE, SOURCE, VALUE
from MultiLabelSegLib.datasets.supervisely.tables.class_colors import ClassColors
from MultiLabelSegLib.errors import CorruptFileError, DatasetError, FormatError, ValueSpaceFullError
from MultiLabelSegLib.formats.report import Cancelled
from MultiLabelSegLib.formats.voxel_file import VoxelFile
from Testing.datasets.supervisely.golden_cases import NAMES, volumes
from Testing.datasets.supervisely.test_alignment import ALL_48, tilted

SIZE = (6, 5, 4)
AFFINE = np.array([[0.75, 0, 0, -3.5], [0, 1.25, 0, 2.25], [0, 0, 2.0, -9.0], [0, 0, 0, 1.0]])


def save(path: Path, array: np.ndarray, affine: np.ndarray = AFFINE) -> Path:
    nib.save(nib.Nifti1Image(array, affine, dtype=array.dtype), path)
    return path


def blank(dtype: Any = np.uint8) -> np.ndarray:
    return np.zeros(SIZE, dtype)


def boxes(*values: int, dtype: Any = np.uint8, row: int = 0) -> np.ndarray:
    """A mask (x, y, z) in which the n-th value fills the column x = n of row ``row``."""
    array = blank(dtype)
    for x, value in enumerate(values):
        array[x, row] = value
    return array


def named(*names: str) -> tuple[MaskFile, ...]:
    return tuple(MaskFile(f"v/{name}.nii", "named", name) for name in names)


class Folder:
    """A folder with a volume ``v.nii`` and masks beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "v").mkdir()
        save(root / "v.nii", np.arange(120, dtype=np.int16).reshape(SIZE))

    def mask(self, name: str, array: np.ndarray, affine: np.ndarray = AFFINE) -> None:
        save(self.root / "v" / f"{name}.nii", array, affine)

    def read(self, *masks: MaskFile, **options: Any) -> CaseContent:
        return read_case(Case("v.nii", "by-name", masks=masks), lambda name: self.root / name, **options)


@pytest.fixture
def a_folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def voxels(found: Segmentation, label: Label) -> np.ndarray:
    """The mask (x, y, z) of a label."""
    return found.mask(label.value)[0].T


def reasons(content: CaseContent) -> dict[str, str]:
    return {remark.path: remark.reason for remark in content.left_out}


@pytest.mark.parametrize("kernels", ["never", "always"])
@pytest.mark.parametrize("name", NAMES)
def test_a_golden_data_set_is_read_as_its_truth(
    name: str, kernels: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    seen = 0
    for volume in volumes(name, tmp_path):
        content = read_case(volume.case, volume.path_of, volume.color_map)
        assert content.left_out == ()
        assert content.geometry.is_congruent(volume.geometry, tolerance_mm=1e-5)
        found = content.segmentation.labels
        assert len(found) == len(volume.objects)
        by_origin = {(label.properties[SOURCE], label.properties[VALUE]): label for label in found}
        for truth, mask in volume.objects:
            label = by_origin[truth["source"], truth["value"]]
            assert label.name == truth["class"]
            assert label.locked
            assert truth["color"] is None or list(label.color_bytes) == truth["color"]
            assert label.properties.get(CLASS_ID) == truth.get("class_id")
            assert label.properties[MODE] == truth.get("mode", "named")
            assert np.array_equal(voxels(content.segmentation, label), mask)
            seen += 1
        image = content.read_volume()
        assert image.array.dtype == volume.array.dtype
        assert np.array_equal(image.array[0].T, volume.array)
    assert seen > 0


def test_objects_are_ordered_by_file_then_value_and_keep_free_values(a_folder: Folder) -> None:
    a_folder.mask("b", boxes(9, 3))
    a_folder.mask("a", boxes(3, 4, row=2))
    content = a_folder.read(*named("b", "a"))
    found = content.segmentation.labels
    assert [(label.name, label.value, label.properties[VALUE]) for label in found] == [
        ("b", 3, 3),
        ("b", 9, 9),
        ("a", 10, 3),
        ("a", 4, 4),
    ]
    assert content.files == ("v/b.nii", "v/a.nii")
    (note,) = content.notes
    assert note.path == "v/a.nii"
    assert note.reason.endswith("'supervisely.value': 3 -> 10")


def test_masks_that_overlap_get_groups_and_the_others_share_one(a_folder: Folder) -> None:
    a_folder.mask("lung", boxes(1, 2))
    a_folder.mask("tumor", boxes(1))  # meets lung
    a_folder.mask("vessel", boxes(0, 0, 1, 2))  # fits beside lung
    a_folder.mask("node", boxes(0, 1, row=0))  # meets lung, fits beside tumor
    segmentation = a_folder.read(*named("lung", "tumor", "vessel", "node")).segmentation
    assert [[label.name for label in group.labels] for group in segmentation.groups] == [
        ["lung", "lung", "vessel", "vessel"],
        ["tumor", "node"],
    ]
    assert [group.name for group in segmentation.groups] == ["", ""]
    for label in segmentation.labels:
        source = np.asarray(nib.load(a_folder.root / str(label.properties[SOURCE])).dataobj)
        assert np.array_equal(voxels(segmentation, label), source == label.properties[VALUE])


def test_a_group_of_one_class_among_others_is_called_like_it(a_folder: Folder) -> None:
    a_folder.mask("lung", boxes(1, 2))
    a_folder.mask("tumor", boxes(1))
    assert [group.name for group in a_folder.read(*named("lung", "tumor")).segmentation.groups] == ["lung", "tumor"]
    assert [group.name for group in a_folder.read(*named("lung")).segmentation.groups] == [""]


@pytest.mark.parametrize("kernels", ["never", "always"])
def test_noise_and_calm_masks_share_groups_only_where_no_voxel_is_taken(
    a_folder: Folder, kernels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    noise = np.random.default_rng(2).integers(1, 250, SIZE).astype(np.int16)
    noise[0], noise[1:, 0, 0] = 0, 0
    a_folder.mask("noise", noise)
    a_folder.mask("beside", boxes(300, dtype=np.int16))
    a_folder.mask("across", boxes(0, 1))
    a_folder.mask("more", noise)
    masks = tuple(MaskFile(f"v/{name}.nii", "semantic") for name in ("noise", "beside", "across", "more"))
    for order in (masks, masks[::-1]):
        segmentation = a_folder.read(*order).segmentation
        sources = [sorted({str(label.properties[SOURCE]) for label in group.labels}) for group in segmentation.groups]
        assert sorted(sources) == [["v/across.nii"], ["v/beside.nii", "v/noise.nii"], ["v/more.nii"]] or sorted(
            sources
        ) == [["v/across.nii"], ["v/beside.nii", "v/more.nii"], ["v/noise.nii"]]
        for label in segmentation.labels:
            stored = np.asarray(nib.load(a_folder.root / str(label.properties[SOURCE])).dataobj)
            assert np.array_equal(voxels(segmentation, label), stored == label.properties[VALUE])


def test_the_three_modes_name_classes_by_file_number_and_value(a_folder: Folder) -> None:
    a_folder.mask("m", boxes(2, 5))
    table = {2: ("Tibia", (1, 2, 3)), 7: ("Femur", (4, 5, 6)), 8: ("Patella", None)}
    masks = {
        "named": MaskFile("v/m.nii", "named", "m"),
        "instance": MaskFile("v/m.nii", "instance", class_id=7),
        "unknown": MaskFile("v/m.nii", "instance", class_id=9),
        "no color": MaskFile("v/m.nii", "instance", class_id=8),
        "semantic": MaskFile("v/m.nii", "semantic"),
    }
    found = {key: a_folder.read(mask, color_map=table).segmentation.labels for key, mask in masks.items()}
    assert [(label.name, label.properties.get(CLASS_ID)) for label in found["named"]] == [("m", None)] * 2
    assert [(label.name, label.properties[CLASS_ID]) for label in found["instance"]] == [("Femur", 7)] * 2
    assert [label.color_bytes for label in found["instance"]] == [(4, 5, 6)] * 2
    assert [label.name for label in found["unknown"]] == ["Segment_9"] * 2
    assert [label.name for label in found["no color"]] == ["Patella"] * 2
    assert [(label.name, label.properties[CLASS_ID]) for label in found["semantic"]] == [("Tibia", 2), ("Segment_5", 5)]
    assert found["semantic"][0].color_bytes == (1, 2, 3)


def test_classes_have_distinct_colors_that_their_objects_share_in_every_case(a_folder: Folder) -> None:
    names = [f"class {n}" for n in range(60)]
    for name in names:
        a_folder.mask(name, boxes(1, 2))
    colors = ClassColors()
    first = a_folder.read(*named(*names), colors=colors).segmentation.labels
    second = a_folder.read(*named(*reversed(names)), colors=colors).segmentation.labels
    by_name = {label.name: label.color_bytes for label in first}
    assert len(set(by_name.values())) == 60
    assert all(by_name[label.name] == label.color_bytes for label in (*first, *second))
    again = a_folder.read(*named(*names)).segmentation.labels
    assert [label.color for label in again] == [label.color for label in first]


def test_made_up_colors_avoid_those_of_the_map(a_folder: Folder) -> None:
    a_folder.mask("m", boxes(1, 2, 3, 4))
    own = a_folder.read(MaskFile("v/m.nii", "semantic")).segmentation.labels[0].color_bytes
    found = a_folder.read(MaskFile("v/m.nii", "semantic"), color_map={4: ("Femur", own)}).segmentation.labels
    assert found[3].color_bytes == own
    assert len({label.color_bytes for label in found}) == 4


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("kernels", ["never", "always"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "i4", "u4", "i8", "u8", "f4", "f8", ">i2", ">f4", ">u4"])
def test_every_type_of_voxels_gives_the_same_objects(
    a_folder: Folder, dtype: str, kernels: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    array = boxes(100, 1, 0, 7)
    image = nib.Nifti1Image(array.astype(dtype), AFFINE, dtype=np.dtype(dtype))
    nib.save(image, a_folder.root / f"m{suffix}")
    content = a_folder.read(MaskFile(f"m{suffix}", "semantic"))
    assert content.remarks == ()
    assert [label.name for label in content.segmentation.labels] == ["Segment_1", "Segment_7", "Segment_100"]
    for label in content.segmentation.labels:
        assert np.array_equal(voxels(content.segmentation, label), array == label.value)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.int64, np.float32, np.float64])
def test_negative_values_become_objects_with_values_that_are_free(a_folder: Folder, dtype: type) -> None:
    array = boxes(-3, 1, -200, 2, dtype=dtype)
    a_folder.mask("m", array)
    content = a_folder.read(MaskFile("v/m.nii", "semantic"))
    found = content.segmentation.labels
    assert [(label.name, label.value) for label in found] == [
        ("Segment_-200", 3),
        ("Segment_-3", 4),
        ("Segment_1", 1),
        ("Segment_2", 2),
    ]
    for label in found:
        assert np.array_equal(voxels(content.segmentation, label), array == label.properties[VALUE])
    assert content.notes[0].reason.endswith("-200 -> 3, -3 -> 4")


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.uint64, np.float64])
def test_values_above_65535_become_objects(a_folder: Folder, dtype: type) -> None:
    array = boxes(65535, 70000, 2_000_000_000, dtype=dtype)
    a_folder.mask("m", array)
    content = a_folder.read(MaskFile("v/m.nii", "instance", class_id=3))
    found = content.segmentation.labels
    assert [(label.properties[VALUE], label.value) for label in found] == [
        (65535, 65535),
        (70000, 1),
        (2_000_000_000, 2),
    ]
    for label in found:
        assert np.array_equal(voxels(content.segmentation, label), array == label.properties[VALUE])


def test_huge_unsigned_numbers_do_not_wrap(a_folder: Folder) -> None:
    array = blank(np.uint64)
    array[0, 0, 0] = 2**64 - 1
    a_folder.mask("m", array)
    (label,) = a_folder.read(*named("m")).segmentation.labels
    assert label.properties[VALUE] == 2**64 - 1


def test_not_a_number_is_background_and_noted(a_folder: Folder) -> None:
    array = boxes(1, 2, dtype=np.float32)
    array[5] = np.nan
    a_folder.mask("m", array)
    content = a_folder.read(*named("m"))
    assert [label.value for label in content.segmentation.labels] == [1, 2]
    assert content.segmentation.voxels(1) == 4
    assert [note.reason for note in content.notes] == ["20 voxels are not a number (NaN); taken as background"]


def test_floats_near_whole_numbers_are_rounded_and_noted(a_folder: Folder) -> None:
    a_folder.mask("m", boxes(1, 2, dtype=np.float32) * np.float32(1.0002))
    content = a_folder.read(*named("m"))
    assert [label.value for label in content.segmentation.labels] == [1, 2]
    assert "8 voxels lie within 0.001 of whole numbers" in content.notes[0].reason


@pytest.mark.parametrize("value", [0.37, np.inf, -np.inf, 1e300])
def test_a_map_of_probabilities_is_left_out_and_the_others_stay(a_folder: Folder, value: float) -> None:
    array = boxes(1, dtype=np.float64)
    array[3, 3, 3] = value
    a_folder.mask("probability", array)
    a_folder.mask("good", boxes(1))
    content = a_folder.read(*named("probability", "good"))
    assert [label.name for label in content.segmentation.labels] == ["good"]
    assert content.files == ("v/good.nii",)
    assert set(reasons(content)) == {"v/probability.nii"}
    assert f"first: {value:g}" in reasons(content)["v/probability.nii"]


def test_scaled_values_are_what_they_mean(a_folder: Folder) -> None:
    a_folder.mask("m", boxes(1, 2))
    path = a_folder.root / "v" / "m.nii"
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([2.0, 0.0], "<f4").tobytes()
    path.write_bytes(raw)
    content = a_folder.read(*named("m"))
    assert [label.value for label in content.segmentation.labels] == [2, 4]
    assert "scaled: 2 x stored + 0" in content.notes[0].reason
    raw[112:120] = np.array([1.0, -1.0], "<f4").tobytes()
    path.write_bytes(raw)
    found = a_folder.read(MaskFile("v/m.nii", "semantic")).segmentation.labels
    assert [label.properties[VALUE] for label in found] == [-1, 1]


def test_one_bad_mask_of_each_kind_never_drops_the_good_ones(a_folder: Folder) -> None:
    a_folder.mask("good", boxes(1))
    a_folder.mask("time", np.stack([blank(), blank()], -1))
    nib.save(nib.Nifti1Image(boxes(1), None), a_folder.root / "v" / "nowhere.nii")
    sheared = np.array(AFFINE)
    sheared[0, 1] = 0.4
    image = nib.Nifti1Image(boxes(1), None)
    image.set_sform(sheared, 1)
    nib.save(image, a_folder.root / "v" / "sheared.nii")
    whole = (a_folder.root / "v" / "good.nii").read_bytes()
    (a_folder.root / "v" / "short.nii").write_bytes(whole[:-60])
    (a_folder.root / "v" / "text.nii").write_text("no image")
    names = ("time", "nowhere", "sheared", "short", "text", "missing", "good")
    content = a_folder.read(*named(*names))
    assert [label.name for label in content.segmentation.labels] == ["good"]
    assert list(reasons(content)) == [f"v/{name}.nii" for name in names[:-1]]
    for name, part in {"time": "4D", "nowhere": "orientation", "sheared": "sheared", "text": "not a NIfTI"}.items():
        assert part in reasons(content)[f"v/{name}.nii"]
    assert not any(str(a_folder.root) in reason for reason in reasons(content).values())


def test_an_empty_mask_is_read_and_noted(a_folder: Folder) -> None:
    a_folder.mask("m", blank())
    content = a_folder.read(*named("m"))
    assert content.segmentation.labels == ()
    assert content.files == ("v/m.nii",)
    assert content.notes[0].reason == "holds no object: every voxel is background"


def test_a_volume_without_masks_gives_one_empty_group(a_folder: Folder) -> None:
    content = a_folder.read()
    assert content.remarks == ()
    assert len(content.segmentation.groups) == 1
    assert content.segmentation.geometry == content.geometry


@pytest.mark.parametrize("stored", ALL_48[::5], ids=str)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mask_in_another_order_than_its_tilted_volume_is_aligned_by_its_header(
    tmp_path: Path, stored: Reordering, axis: int
) -> None:
    affine = np.array(AFFINE)
    affine[:3, :3] = tilted(axis, 20.0) @ AFFINE[:3, :3]
    grid = Geometry(SIZE[::-1], lps_from_ras(affine))
    mask = np.arange(120, dtype=np.uint8).reshape(SIZE)
    save(tmp_path / "v.nii.gz", np.zeros(SIZE, np.int16), affine)
    turned = stored.geometry(grid)
    save(tmp_path / "m.nii.gz", stored.array(mask.T).T, turned.ijk_to_ras)
    case = Case("v.nii.gz", "by-name", masks=(MaskFile("m.nii.gz", "semantic"),))
    content = read_case(case, lambda name: tmp_path / name)
    assert content.remarks == ()
    assert np.array_equal(content.segmentation.groups[0].array[0].T, mask)
    assert np.allclose(content.geometry.ijk_to_ras, affine, rtol=0, atol=1e-5)


def moved(shift: tuple[float, float, float], spacing: float = 1.0) -> np.ndarray:
    """The affine of the volume, shifted by voxels and with other voxel sizes."""
    affine = np.array(AFFINE)
    affine[:3, 3] = (AFFINE @ [*shift, 1.0])[:3]
    affine[:3, :3] *= spacing
    return affine


def test_a_mask_on_another_grid_is_refused_with_both_geometries(a_folder: Folder) -> None:
    a_folder.mask("half", boxes(1, 2), moved((0.5, 0, 0)))
    a_folder.mask("good", boxes(1))
    content = a_folder.read(*named("half", "good"))
    assert [label.name for label in content.segmentation.labels] == ["good"]
    reason = reasons(content)["v/half.nii"]
    assert "--resample" in reason
    assert "origin (3.125, -2.25, -9) mm" in reason
    assert "origin (3.5, -2.25, -9) mm" in reason


def test_a_mask_on_another_grid_is_resampled_when_asked(a_folder: Folder) -> None:
    coarse = np.zeros((3, 3, 2), np.uint8)
    coarse[0], coarse[2] = 5, 9
    a_folder.mask("coarse", coarse, moved((0.5, 0.5, 0.5), 2.0))
    content = a_folder.read(*named("coarse"), resample=True)
    expected = np.repeat(np.repeat(np.repeat(coarse, 2, 0), 2, 1), 2, 2)[:, :5]
    assert np.array_equal(content.segmentation.groups[0].array[0].T, expected)
    assert content.left_out == ()
    assert content.notes[0].reason.startswith("resampled to the nearest voxel: the mask is 3 x 3 x 2")


def test_resampling_a_tilted_mask_takes_the_nearest_voxel_and_0_outside(a_folder: Folder) -> None:
    affine = np.array(AFFINE)
    affine[:3, :3] = tilted(2, 29.0) @ AFFINE[:3, :3]
    mask = np.random.default_rng(1).integers(1, 200, SIZE).astype(np.uint8)
    a_folder.mask("m", mask, affine)
    found = a_folder.read(MaskFile("v/m.nii", "semantic"), resample=True).segmentation.groups[0].array[0].T
    into = np.linalg.inv(affine) @ AFFINE
    for voxel in np.ndindex(*SIZE):
        i, j, k = np.floor((into @ [*voxel, 1])[:3] + 0.5).astype(int)
        inside = all(0 <= n < size for n, size in zip((i, j, k), SIZE, strict=True))
        assert found[voxel] == (mask[i, j, k] if inside else 0)
    assert (found == 0).any()


def test_objects_that_resampling_loses_are_named(a_folder: Folder) -> None:
    a_folder.mask("m", boxes(1, 2, 3), moved((-1.4, 0, 0)))
    content = a_folder.read(*named("m"), resample=True)
    assert [label.value for label in content.segmentation.labels] == [2, 3]
    assert reasons(content) == {"v/m.nii": "objects without a voxel on the volume's grid, by their values: 1"}


def test_a_box_of_the_volumes_grid_is_filled_up_exactly(a_folder: Folder) -> None:
    whole = boxes(0, 1, 2, 0, 3, dtype=np.int16)
    box = whole[1:5, 0:2, 1:3]
    stored = nib.Nifti1Image(box, moved((1, 0, 1))).as_reoriented(np.array([[1, -1], [0, 1], [2, -1]]))
    nib.save(stored, a_folder.root / "v" / "m.nii")
    content = a_folder.read(*named("m"))
    expected = np.zeros_like(whole)
    expected[1:5, 0:2, 1:3] = box
    assert np.array_equal(content.segmentation.groups[0].array[0].T, expected)
    assert content.left_out == ()
    assert (
        "a box of 4 x 2 x 2 voxels of the volume's grid of 6 x 5 x 4, from voxel (1, 0, 1)" in content.notes[0].reason
    )


def test_a_box_beyond_the_volume_is_cut_only_where_it_is_empty_or_when_asked(a_folder: Folder) -> None:
    a_folder.mask("m", boxes(1, 2), moved((-1, 0, 0)))
    refused = a_folder.read(*named("m"))
    assert "4 of its voxels lie outside of the volume" in reasons(refused)["v/m.nii"]
    assert refused.segmentation.labels == ()
    asked = a_folder.read(*named("m"), resample=True)
    assert [label.value for label in asked.segmentation.labels] == [2]
    assert "by their values: 1" in reasons(asked)["v/m.nii"]
    a_folder.mask("m", boxes(0, 2), moved((-1, 0, 0)))
    fits = a_folder.read(*named("m"))
    assert fits.left_out == ()
    assert np.array_equal(voxels(fits.segmentation, fits.segmentation.labels[0]), boxes(2) == 2)
    a_folder.mask("m", blank(), moved((-90, 0, 0)))
    assert a_folder.read(*named("m")).left_out == ()


def test_a_volume_without_a_place_is_refused(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(blank(), None), tmp_path / "v.nii")
    with pytest.raises(FormatError, match=r"v\.nii.*orientation"):
        read_case(Case("v.nii", "by-name"), lambda name: tmp_path / name)


def test_the_volume_is_read_only_when_asked_for(a_folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    a_folder.mask("m", boxes(1))
    whole = (a_folder.root / "v.nii").read_bytes()
    (a_folder.root / "v.nii").write_bytes(whole[:-100])
    content = a_folder.read(*named("m"))
    assert len(content.segmentation.labels) == 1
    with pytest.raises(CorruptFileError, match=r"v\.nii"):
        content.read_volume()


def test_an_existing_volume_that_is_only_described_takes_masks_but_has_no_voxels(tmp_path: Path) -> None:
    save(tmp_path / "m.nii", boxes(1, 2))
    existing = ExistingVolume(7, "v.nrrd", "set", Geometry(SIZE[::-1], lps_from_ras(AFFINE)))
    case = Case("set/v.nrrd", "annotations", masks=(MaskFile("m.nii", "semantic"),), existing=existing)
    content = read_case(case, lambda name: tmp_path / name)
    assert content.geometry == existing.geometry
    assert len(content.segmentation.labels) == 2
    assert content.volume_path is None
    with pytest.raises(DatasetError, match=r"set/v\.nrrd"):
        content.read_volume()


def test_5000_objects_take_little_time(tmp_path: Path) -> None:
    size = (170, 160, 100)
    array = np.zeros(size, np.uint16)
    index = np.arange(5000).reshape(25, 20, 10)
    cells = np.kron(index + 1, np.ones((4, 4, 4), np.int64))
    array[: cells.shape[0], : cells.shape[1], : cells.shape[2]] = cells
    save(tmp_path / "v.nii.gz", np.zeros(size, np.int16))
    save(tmp_path / "m.nii.gz", array)
    save(tmp_path / "n.nii.gz", array)
    masks = (MaskFile("m.nii.gz", "named", "cell"), MaskFile("n.nii.gz", "named", "nucleus"))
    started = time.process_time()
    content = read_case(Case("v.nii.gz", "by-name", masks=masks), lambda name: tmp_path / name)
    seconds = time.process_time() - started
    assert len(content.segmentation.labels) == 10000
    assert np.array_equal(content.segmentation.groups[0].array[0].T, array)
    assert np.array_equal(content.segmentation.groups[1].array[0].T, array + np.uint16(5000) * (array > 0))
    assert content.notes[0].reason.endswith("1-5000 -> 5001-10000")
    assert seconds < 5.0


def test_more_objects_than_label_values_are_left_out_by_file(tmp_path: Path) -> None:
    size = (64, 64, 17)
    save(tmp_path / "v.nii", np.zeros(size, np.uint8))
    save(tmp_path / "m.nii", np.arange(np.prod(size), dtype=np.int32).reshape(size))
    half = np.arange(np.prod(size), dtype=np.int32).reshape(size) // 2
    save(tmp_path / "n.nii", half)
    masks = tuple(MaskFile(f"{name}.nii", "named", name) for name in "mnn")
    content = read_case(Case("v.nii", "by-name", masks=masks), lambda name: tmp_path / name)
    assert len(content.segmentation.labels) == half.max()
    assert [remark.path for remark in content.left_out] == ["m.nii", "n.nii"]
    assert "different values" in content.left_out[0].reason
    assert "of 65535 label values" in content.left_out[1].reason


def test_progress_names_the_masks_and_can_stop(a_folder: Folder) -> None:
    a_folder.mask("a", boxes(1))
    a_folder.mask("b", boxes(1))
    steps: list[tuple[float, str]] = []
    a_folder.read(*named("a", "b"), progress=lambda fraction, text: steps.append((fraction, text)))
    assert steps == [(0.0, "v/a.nii"), (0.5, "v/b.nii"), (1.0, "v.nii")]
    with pytest.raises(Cancelled):
        a_folder.read(*named("a", "b"), progress=lambda fraction, text: text == "v/b.nii")


def test_reading_masks_reads_no_volume_and_two_cases_share_no_array(
    a_folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_folder.mask("m", boxes(1))
    read: list[str] = []
    read_array = VoxelFile.read_array
    monkeypatch.setattr(VoxelFile, "read_array", lambda self: read.append(self.named.name) or read_array(self))
    first, second = a_folder.read(*named("m")), a_folder.read(*named("m"))
    assert read == ["m.nii", "m.nii"]
    assert not np.shares_memory(first.segmentation.groups[0].array, second.segmentation.groups[0].array)


def test_free_values_fill_gaps_when_the_highest_is_taken() -> None:
    free = FreeValues()
    assert free.take([65535, 2]) == [65535, 2]
    assert free.take([2, -1, 65536, 3]) == [1, 4, 5, 3]
    with pytest.raises(ValueSpaceFullError, match="65529 are left"):
        free.take(range(1, 65536))
    assert free.take([65535]) == [6]


def test_changes_are_told_as_stretches() -> None:
    pairs = [(-2, 9), (-1, 10), (1, 1), (2, 11), (3, 12), (5, 13)]
    assert changes_in_words(pairs) == "-2 to -1 -> 9-10, 2-3 -> 11-12, 5 -> 13"
    assert changes_in_words([(4, 4)]) == ""


def test_many_changes_are_told_by_the_first_and_the_number_of_the_others() -> None:
    pairs = [(value, value + 1) for value in range(2, 2000, 2)]
    told = changes_in_words([*pairs, (2001, 5000), (2002, 5001)])
    assert told.startswith("2 -> 3, 4 -> 5, ")
    assert told.count("->") == 12
    assert told.endswith(", 24 -> 25, and 989 more")
