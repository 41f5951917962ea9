"""The two options of Supervisely's guide for aligning masks, with the traps of its SDK avoided."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path
from typing import Any

import nibabel as nib
import nrrd
import numpy as np
import pytest

from MultiLabelSegLib.datasets import supervisely
from MultiLabelSegLib.datasets.supervisely import align_mask, mask_to_ras
from MultiLabelSegLib.errors import FormatError, GeometryError, UnsupportedFormatError
from Testing.datasets.supervisely.test_alignment import tilted

SIZE = (2, 3, 4)
MASK = (np.arange(24).reshape(SIZE) % 5 == 0) * np.uint8(7)
#: columns of an affine into the space, as an affine into RAS
TO_RAS = {
    "left-posterior-superior": (-1, -1, 1), "right-anterior-superior": (1, 1, 1), "left-anterior-superior": (-1, 1, 1),
    "LPS": (-1, -1, 1), "RAS": (1, 1, 1), "las": (-1, 1, 1), "Left-Posterior-Superior": (-1, -1, 1),
    "right-anterior-inferior": (1, 1, -1),
}  # fmt: skip


def header_of(affine_ras: np.ndarray, space: str = "right-anterior-superior") -> dict[str, Any]:
    """What pynrrd gives for a volume of this affine, written in another space."""
    affine = np.diag([*TO_RAS[space], 1.0]) @ affine_ras
    return {
        "type": "short", "dimension": 3, "space": space, "sizes": np.array(SIZE),
        "space directions": affine[:3, :3].T.copy(), "kinds": ["domain"] * 3, "encoding": "gzip",
        "space origin": affine[:3, 3].copy(),
    }  # fmt: skip


def turned(axes: tuple[int, ...], signs: tuple[int, ...], axis: int) -> np.ndarray:
    """An affine whose axes are permuted, flipped, and tilted by 20 degrees."""
    affine = np.eye(4)
    affine[:3, :3] = (tilted(axis, 20.0) @ np.diag(signs) * (0.5, 1.25, 2.0))[:, list(axes)]
    affine[:3, 3] = (-7.375, 11.0625, 5.4375)
    return affine


def expected_of(affine: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    image = nib.as_closest_canonical(nib.Nifti1Image(mask, affine))
    return np.asarray(image.dataobj), image.affine


def affine_of(header: dict[str, Any]) -> np.ndarray:
    assert header["space"] == "right-anterior-superior"
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(header["space directions"]).T
    affine[:3, 3] = header["space origin"]
    return affine


@pytest.mark.parametrize("space", TO_RAS)
@pytest.mark.parametrize("axes", list(permutations(range(3))), ids=str)
def test_a_mask_follows_its_volume_from_any_space_and_order(space: str, axes: tuple[int, ...]) -> None:
    for tilt, signs in enumerate(product((1, -1), repeat=3)):
        affine = turned(axes, signs, tilt % 3)
        mask, header = align_mask(MASK, header_of(affine, space))
        voxels, placed = expected_of(affine, MASK)
        assert np.array_equal(mask, voxels)
        assert np.allclose(affine_of(header), placed, rtol=0, atol=1e-12)
        assert tuple(header["sizes"]) == mask.shape


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.int32, np.float64])
def test_a_mask_keeps_its_type_and_is_a_new_array(dtype: type) -> None:
    given = MASK.astype(dtype)
    mask, header = align_mask(given, header_of(np.eye(4)))
    assert mask.dtype == dtype
    assert np.array_equal(mask, given)
    assert mask.flags.c_contiguous
    assert not np.shares_memory(mask, given)
    assert header["type"] in ("unsigned char", "int", "double")


def test_the_origin_is_not_rounded() -> None:
    affine = np.eye(4)
    affine[:3, 3] = (0.1, -2.71828, 1e-3)
    assert align_mask(MASK, header_of(affine))[1]["space origin"].tolist() == [0.1, -2.71828, 1e-3]


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("tilt", [0, 1, 2])
def test_a_nifti_mask_comes_with_a_header_of_its_own(tmp_path: Path, suffix: str, tilt: int) -> None:
    affine = turned((2, 0, 1), (-1, 1, -1), tilt)
    path = tmp_path / f"mask{suffix}"
    nib.save(nib.Nifti1Image(MASK, affine), path)
    mask, header = mask_to_ras(path)
    voxels, placed = expected_of(affine, MASK)
    assert mask.dtype == np.uint8
    assert np.array_equal(mask, voxels)
    assert np.allclose(affine_of(header), placed, rtol=0, atol=1e-6)
    assert mask_to_ras(str(path))[1]["type"] == "unsigned char"


def test_both_options_agree_on_one_mask(tmp_path: Path) -> None:
    affine = turned((1, 2, 0), (1, -1, -1), 1)
    nib.save(nib.Nifti1Image(MASK, affine), tmp_path / "mask.nii")
    first, second = align_mask(MASK, header_of(affine, "LPS")), mask_to_ras(tmp_path / "mask.nii")
    assert np.array_equal(first[0], second[0])
    assert np.allclose(affine_of(first[1]), affine_of(second[1]), rtol=0, atol=1e-6)


def test_pynrrd_writes_and_reads_the_header_as_it_is(tmp_path: Path) -> None:
    mask, header = align_mask(MASK, header_of(turned((1, 2, 0), (1, -1, -1), 0), "LPS"))
    nrrd.write(str(tmp_path / "m.nrrd"), mask, header)
    again, found = nrrd.read(str(tmp_path / "m.nrrd"))
    assert np.array_equal(again, mask)
    assert align_mask(again, found)[0].tolist() == mask.tolist()
    assert np.array_equal(found["space origin"], header["space origin"])
    assert found["space"] == "right-anterior-superior"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"space": None}, "nothing about space"),
        ({"space origin": None}, "space origin"),
        ({"space directions": None}, "space directions"),
        ({"sizes": None}, "sizes"),
        ({"space": "scanner-xyz"}, "scanner-xyz"),
        ({"space": "left-right-superior"}, "left-right-superior"),
        ({"space": "left-posterior-superior-time"}, "time"),
        ({"sizes": [2, 3, 5]}, r"\(2, 3, 4\).*\(2, 3, 5\)"),
        ({"sizes": [2, 3, 4, 5]}, "sizes"),
        ({"space directions": np.full((3, 3), np.nan)}, "finite"),
        ({"space directions": [[1, 0, 0], [1, 0, 0], [0, 0, 1]]}, "singular"),
        ({"space directions": [[1, 0, 0], [0.5, 1, 0], [0, 0, 1]]}, "degrees"),
        ({"space origin": ["a", "b", "c"]}, "space origin"),
    ],
)
def test_a_header_that_gives_no_grid_is_refused(change: dict[str, Any], match: str) -> None:
    with pytest.raises(GeometryError, match=match):
        align_mask(MASK, {**header_of(np.eye(4)), **change})


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4, 1), (2, 3, 4, 2)])
def test_a_mask_that_has_not_three_axes_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UnsupportedFormatError, match="three axes"):
        align_mask(np.zeros(shape, np.uint8), header_of(np.eye(4)))


def test_a_mask_of_objects_is_refused() -> None:
    with pytest.raises(UnsupportedFormatError, match="type object"):
        align_mask(MASK.astype(object), header_of(np.eye(4)))


def test_files_that_are_no_mask_are_refused(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.zeros((2, 3, 4, 2), np.uint8), np.eye(4)), tmp_path / "4d.nii")
    nib.save(nib.Nifti1Image(MASK, None), tmp_path / "nowhere.nii")
    (tmp_path / "short.nii").write_bytes((tmp_path / "4d.nii").read_bytes()[:-7])
    for name, match in (("4d.nii", "4D"), ("nowhere.nii", "orientation"), ("short.nii", "short.nii"), ("no.nii", "no")):
        with pytest.raises(FormatError, match=match):
            mask_to_ras(tmp_path / name)


def test_the_package_names_what_it_gives_and_loads_it_late() -> None:
    assert set(supervisely.__all__) <= set(dir(supervisely))
    assert all(getattr(supervisely, name) is not None for name in supervisely.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = supervisely.no_such_name
