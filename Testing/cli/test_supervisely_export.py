"""mlseg supervisely export: any segmentation into a project or a NIfTI data set, and back to the same document."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Group, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.masks.alignment import ras_reordering
from MultiLabelSegLib.datasets.supervisely.object_properties import SCORES, scores_of
from Testing.datasets.supervisely.imported import (
    PROJECT,
    assert_every_file_is_named,
    existing_of,
    input_of,
    project_items,
    report_of,
    tree_hash,
)
from Testing.datasets.supervisely.project_cases import GRID, SHAPE, a_segmentation, an_image, assert_same, written
from Testing.formats.mitk_truth import GOLDEN, NRRD_CASES

KINDS = ("project", "nifti-by-name", "nifti-by-plane")
CASES = [case for case in NRRD_CASES if not case.startswith("time_")]


def turned(segmentation: Segmentation) -> Segmentation:
    """The same with its axes toward R, A, S, as volumes of a NIfTI data set are."""
    turn = ras_reordering(segmentation.geometry)
    groups = [
        Group(np.ascontiguousarray(turn.array(group.array)), group.labels, group.name, group.properties)
        for group in segmentation.groups
    ]
    return replaced(segmentation, geometry=turn.geometry(segmentation.geometry), groups=groups)


def exported_and_back(mlseg: Any, kind: str, source: Path, folder: Path, *options: object) -> list[Path]:
    """Exports, imports again as MITK files, and returns these; nothing may be left out on the way."""
    answer = mlseg("supervisely", "export", source, "-o", folder / "set", "--as", kind, *options)
    assert (answer.code, answer.err) == (0, "")
    return back(mlseg, folder)


def back(mlseg: Any, folder: Path) -> list[Path]:
    report = folder / "r.json"
    answer = mlseg("supervisely", "import", folder / "set", "-o", folder / "back", "--json", report)
    assert (answer.code, answer.err) == (0, "")
    assert_every_file_is_named(folder / "set", report_of(report))
    return [Path(entry["output"]) for entry in report_of(report)["imported"]]


@pytest.mark.parametrize("case", CASES)
def test_mitks_files_come_back_from_a_project_as_they_were(case: str, mlseg: Any, tmp_path: Path) -> None:
    source = GOLDEN / case
    (found,) = exported_and_back(mlseg, "project", source, tmp_path)
    assert found == tmp_path / "back" / "ds0" / f"{source.stem}.nrrd"
    assert_same(mls.read(found), with_uid_of(mls.read(found), source))


def with_uid_of(found: Segmentation, source: Path) -> Segmentation:
    """The source; where it has no uid, so that every reading makes another one up, with the one that was found."""
    first, second = mls.read(source), mls.read(source)
    return first if first.uid == second.uid else replaced(first, uid=found.uid)


def replaced(segmentation: Segmentation, **fields: Any) -> Segmentation:
    """The segmentation with other fields."""
    known = {
        "uid": segmentation.uid,
        "unlabeled_locked": segmentation.unlabeled_locked,
        "properties": segmentation.properties,
        "extras": segmentation.extras,
    }
    geometry, groups = fields.pop("geometry", segmentation.geometry), fields.pop("groups", segmentation.groups)
    copies = [Group(group.array, group.labels, group.name, group.properties) for group in groups]
    return Segmentation(geometry, copies, **{**known, **fields})


def masks_option(segmentation: Segmentation, kind: str) -> list[str]:
    """Objects that overlap need a mask for each class."""
    overlapping = sum((group.array != 0).astype(int) for group in segmentation.groups).max() > 1
    return ["--masks", "instance"] if overlapping and kind == "nifti-by-plane" else []


@pytest.mark.parametrize("kind", ["nifti-by-name", "nifti-by-plane"])
@pytest.mark.parametrize("case", CASES)
def test_mitks_files_come_back_from_nifti_as_they_were(case: str, kind: str, mlseg: Any, tmp_path: Path) -> None:
    source = GOLDEN / case
    segmentation = mls.read(source)
    options = masks_option(segmentation, kind)
    (found,) = exported_and_back(mlseg, kind, source, tmp_path, *options)
    meant = turned(with_uid_of(mls.read(found), source))
    if not any((tmp_path / "set").glob("*.mlseg.json")):  # nothing but what every segmentation has
        meant = replaced(meant, uid=mls.read(found).uid, properties=mls.read(found).properties)
    assert_same_up_to_rounding(mls.read(found), meant)


def assert_same_up_to_rounding(found: Segmentation, expected: Segmentation) -> None:
    """NIfTI keeps places in single precision; everything else is the same to the bit."""
    assert found.geometry.is_congruent(expected.geometry)
    assert_same(replaced(found, geometry=expected.geometry), expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", [case for case in NRRD_CASES if case.startswith("time_")])
def test_frames_of_time_are_refused_before_anything_is_written(
    case: str, kind: str, mlseg: Any, tmp_path: Path
) -> None:
    answer = mlseg("supervisely", "export", GOLDEN / case, "-o", tmp_path / "set", "--as", kind)
    assert (answer.code, answer.err.count("\n"), list(tmp_path.iterdir())) == (1, 1, [])
    assert "time steps" in answer.err
    assert Path(case).stem in answer.err


def test_overlapping_objects_of_one_class_need_a_project(mlseg: Any, tmp_path: Path) -> None:
    one, two = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    one[1, 1, 1:3], two[1, 1, 2:4] = 1, 2
    mls.write(Segmentation(GRID, [Group(one, [Label(1, "A")]), Group(two, [Label(2, "A")])]), tmp_path / "s.nrrd")
    answer = mlseg("supervisely", "export", tmp_path / "s.nrrd", "-o", tmp_path / "set", "--as", "nifti-by-name")
    assert answer.code == 1
    assert "the overlap of 1 'A' and 2 'A' (1 voxels)" in answer.err
    assert "write a Supervisely project" in answer.err
    by_plane = mlseg("supervisely", "export", tmp_path / "s.nrrd", "-o", tmp_path / "set", "--as", "nifti-by-plane")
    assert by_plane.code == 1
    assert not (tmp_path / "set").exists()
    (found,) = exported_and_back(mlseg, "project", tmp_path / "s.nrrd", tmp_path)
    assert_same(mls.read(found), mls.read(tmp_path / "s.nrrd"))


# ---- images -------------------------------------------------------------------------------------------------------
def an_input(folder: Path, name: str = "liver") -> tuple[Path, Path]:
    """A segmentation and its image, which is called otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    mls.write(apart(), folder / f"{name}.nrrd")
    array, affine = np.ascontiguousarray(an_image().array[0].T), GRID.ijk_to_ras
    nib.save(nib.Nifti1Image(array, affine), folder / f"{name}_ct.nii.gz")
    return folder / f"{name}.nrrd", folder / f"{name}_ct.nii.gz"


def apart() -> Segmentation:
    """The segmentation of two groups without their overlap, so that every target holds it."""
    segmentation = a_segmentation()
    other = segmentation.groups[1].array.copy()
    other[segmentation.groups[0].array != 0] = 0
    groups = [segmentation.groups[0], Group(other, segmentation.groups[1].labels, "tubes")]
    return Segmentation(
        GRID, groups, uid="doc", unlabeled_locked=True, properties={"q": "r"}, extras=segmentation.extras
    )


def test_the_volume_is_the_image_and_is_called_like_it(mlseg: Any, tmp_path: Path) -> None:
    segmentation, image = an_input(tmp_path / "in")
    before = tree_hash(tmp_path / "in")
    for kind, name in (
        ("project", "ds0/volume/liver_ct.nrrd"),
        ("nifti-by-name", "liver_ct.nii.gz"),
        ("nifti-by-plane", "liver_ct_axl_anatomic.nii.gz"),
    ):
        out = tmp_path / kind
        answer = mlseg("supervisely", "export", segmentation, "--image", image, "-o", out, "--as", kind)
        assert (answer.code, answer.err) == (0, "")
        assert answer.out.endswith(f"exported 1 volumes to {out} ({kind})\n")
        assert (out / name).is_file()
        if kind != "project":
            volume = nib.load(out / name)
            expected = nib.as_closest_canonical(nib.load(image))
            assert np.array_equal(np.asarray(volume.dataobj), np.asarray(expected.dataobj))
            np.testing.assert_allclose(volume.affine, expected.affine, atol=1e-6)
    (item,) = project_items(tmp_path / "project").values()
    assert np.array_equal(item.image().array, an_image().array[:, :, ::-1, ::-1])
    assert_same(item.segmentation(), mls.read(segmentation))
    assert tree_hash(tmp_path / "in") == before


@pytest.mark.parametrize("kind", KINDS)
def test_without_an_image_voxels_of_0_stand_in_and_that_is_said(kind: str, mlseg: Any, tmp_path: Path) -> None:
    segmentation, _ = an_input(tmp_path / "in")
    answer = mlseg("supervisely", "export", segmentation, "-o", tmp_path / "out", "--as", kind)
    assert answer.code == 0
    assert "voxels of 0 stand in" in answer.out


@pytest.mark.parametrize("kind", KINDS)
def test_several_inputs_find_their_images_in_a_folder(kind: str, mlseg: Any, tmp_path: Path) -> None:
    segmentations = []
    for name in ("one", "two"):
        segmentation, image = an_input(tmp_path / "in", name)
        (tmp_path / "images").mkdir(exist_ok=True)
        image.rename(tmp_path / "images" / f"{name}.nii.gz")
        segmentations.append(segmentation)
    (tmp_path / "images" / "other.nii.gz").write_bytes(b"not looked at")
    options = ["--images", tmp_path / "images", "-o", tmp_path / "set", "--as", kind]
    assert mlseg("supervisely", "export", *segmentations, *options).code == 0
    for path, meant in zip(back(mlseg, tmp_path), segmentations, strict=True):
        found = mls.read(path)
        assert_same_up_to_rounding(found, turned(mls.read(meant)) if kind != "project" else mls.read(meant))
        assert meant.stem in str(path)


def test_images_are_given_one_for_each_segmentation_and_must_be_on_its_grid(mlseg: Any, tmp_path: Path) -> None:
    one, image = an_input(tmp_path / "in", "one")
    two, _ = an_input(tmp_path / "in", "two")
    answer = mlseg("supervisely", "export", one, two, "--image", image, "-o", tmp_path / "out")
    assert (answer.code, "one for each of the 2 segmentations" in answer.err) == (2, True)
    answer = mlseg("supervisely", "export", one, "--images", tmp_path / "in", "-o", tmp_path / "out")
    assert (answer.code, "one image called one.* is expected" in answer.err) == (1, True)
    shifted = nib.load(image)
    nib.save(nib.Nifti1Image(np.asarray(shifted.dataobj)[1:], shifted.affine), tmp_path / "small.nii.gz")
    for kind in KINDS:
        answer = mlseg(
            "supervisely", "export", one, "--image", tmp_path / "small.nii.gz", "-o", tmp_path / "out", "--as", kind
        )
        assert (answer.code, answer.err.count("\n")) == (1, 1)
        assert "grid" in answer.err
        assert not (tmp_path / "out").exists()


def test_equal_names_are_numbered(mlseg: Any, tmp_path: Path) -> None:
    inputs = [an_input(tmp_path / folder, "scan")[0] for folder in ("a", "b", "c")]
    for kind in KINDS:
        folder = tmp_path / kind
        options = ["-o", folder / "set", "--as", kind]
        assert mlseg("supervisely", "export", *inputs, *options).code == 0
        assert len(back(mlseg, folder)) == 3


def test_the_data_set_may_be_named(mlseg: Any, tmp_path: Path) -> None:
    segmentation, _ = an_input(tmp_path / "in")
    for kind, place in (("project", "my set/volume"), ("nifti-by-name", "my set"), ("nifti-by-plane", "my set")):
        options = ["-o", tmp_path / kind, "--as", kind, "--dataset", "my set"]
        assert mlseg("supervisely", "export", segmentation, *options).code == 0
        assert (tmp_path / kind / place).is_dir()


# ---- projects as inputs, scores, changes ----------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_a_project_is_exported_volume_by_volume(kind: str, mlseg: Any, tmp_path: Path) -> None:
    written(tmp_path / "p", apart(), an_image())
    (found,) = exported_and_back(mlseg, kind, tmp_path / "p", tmp_path)
    assert_same_up_to_rounding(mls.read(found), apart() if kind == "project" else turned(apart()))


def test_a_damaged_mask_of_a_project_is_named_and_the_exit_code_says_so(mlseg: Any, tmp_path: Path) -> None:
    written(tmp_path / "p", apart(), an_image())
    mask = sorted((tmp_path / "p" / "ds0" / "mask" / "scan.nrrd").iterdir())[0]
    mask.write_bytes(b"NRRD")
    (tmp_path / "p" / "stray.txt").write_text("x")
    for kind in KINDS:
        answer = mlseg("supervisely", "export", tmp_path / "p", "-o", tmp_path / kind, "--as", kind)
        assert answer.code == 3
        assert [line.split(": ")[1] for line in answer.err.splitlines()] == [
            "p/stray.txt", f"p/ds0/mask/scan.nrrd/{mask.name}"
        ]  # fmt: skip


@pytest.mark.parametrize("name", ["ex4_scores", "robust_map_csv", "ex2_semantic", "ex3_multi", "ann_dataset_scores"])
@pytest.mark.parametrize("kind", ["project", "nifti-by-plane"])
def test_scores_classes_and_colours_survive_there_and_back(name: str, kind: str, mlseg: Any, tmp_path: Path) -> None:
    existing = existing_of(name, "project")
    options = ["--format", PROJECT, "-o", tmp_path / "p", "--datasets", "folders", *existing]
    assert mlseg("supervisely", "import", input_of(name), *options).code == 0
    before = [item.segmentation() for item in project_items(tmp_path / "p").values()]
    options = ["--masks", "instance"] if name == "ex3_multi" and kind == "nifti-by-plane" else []
    after = [mls.read(path) for path in exported_and_back(mlseg, kind, tmp_path / "p", tmp_path, *options)]
    assert len(after) == len(before) > 0
    described = [
        sorted(
            (label.name, label.hex_color, label.value, segmentation.voxels(label.value), str(scores_of(label)))
            for label in segmentation.labels
        )
        for segmentation in (*before, *after)
    ]
    assert sorted(described[: len(before)]) == sorted(described[len(before) :])


def by_plane_with_scores(mlseg: Any, folder: Path) -> Path:
    """A data set by plane of labels A (locked, exact scores) and B, exported with a sidecar."""
    array = np.zeros(SHAPE, np.uint8)
    array[0, 0, 0], array[1, 1, 1] = 1, 2
    scores = {"0-0-1": {"0": {"score": "0.12345", "comment": None}, "1": {"score": "0.5", "comment": None}}}
    labels = [Label(1, "A", (1, 0, 0), properties={SCORES: scores}), Label(2, "B", (0, 1, 0), locked=False)]
    mls.write(Segmentation(GRID, [Group(array, labels, "organs")]), folder / "s.nrrd")
    assert mlseg("supervisely", "export", folder / "s.nrrd", "-o", folder / "set", "--as", "nifti-by-plane").code == 0
    return folder / "set"


def test_what_no_table_holds_comes_back_from_the_sidecar(mlseg: Any, tmp_path: Path) -> None:
    source = by_plane_with_scores(mlseg, tmp_path)
    (found,) = back(mlseg, tmp_path)
    label = mls.read(found).labels[0]
    assert scores_of(label)["0-0-1"]["0"] == {"score": "0.12345", "comment": None}
    for path in source.glob("*.csv"):
        path.unlink()
    (source / "cls_color_map.txt").unlink()
    shutil.rmtree(tmp_path / "back")
    (found,) = back(mlseg, tmp_path)
    assert mls.read(found).labels[0] == label, "files that are gone say nothing against the sidecar"


def test_a_changed_table_and_map_go_before_the_sidecar_and_the_rest_of_it_stays(mlseg: Any, tmp_path: Path) -> None:
    source = by_plane_with_scores(mlseg, tmp_path)
    (table,) = source.glob("*.csv")
    table.write_text(table.read_text().replace(",0.5", ",0.75"))
    colors = source / "cls_color_map.txt"
    assert colors.read_text() == "1 A 255 0 0\n2 B 0 255 0\n"
    colors.write_text("1 Aorta 255 0 0\n2 B 0 0 255\n")
    (found,) = back(mlseg, tmp_path)
    segmentation = mls.read(found)
    first, second = segmentation.labels
    assert (first.name, first.hex_color, first.locked) == ("Aorta", "#ff0000", True)
    assert (second.name, second.hex_color, second.locked) == ("B", "#0000ff", False)
    assert scores_of(first)["0-0-1"] == {
        "0": {"score": "0.12", "comment": None}, "1": {"score": "0.75", "comment": None}
    }  # fmt: skip
    assert segmentation.groups[0].name == "organs"


# ---- what is refused ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_existing_output_is_kept_unless_overwriting_is_asked_for(kind: str, mlseg: Any, tmp_path: Path) -> None:
    segmentation, _ = an_input(tmp_path / "in")
    command = ["supervisely", "export", segmentation, "-o", tmp_path / "out", "--as", kind]
    assert mlseg(*command).code == 0
    before = tree_hash(tmp_path / "out", folder_times=False)
    answer = mlseg(*command)
    assert (answer.code, "exists already" in answer.err) == (1, True)
    assert tree_hash(tmp_path / "out", folder_times=False) == before
    assert mlseg(*command, "--overwrite").code == 0


def test_outputs_in_inputs_and_inputs_in_replaced_outputs_are_refused(mlseg: Any, tmp_path: Path) -> None:
    written(tmp_path / "p", apart(), an_image())
    mls.write(apart(), tmp_path / "p" / "seg.nrrd")
    before = tree_hash(tmp_path / "p")
    inside = mlseg("supervisely", "export", tmp_path / "p", "-o", tmp_path / "p" / "out")
    around = mlseg("supervisely", "export", tmp_path / "p" / "seg.nrrd", "-o", tmp_path / "p", "--overwrite")
    assert (inside.code, around.code, tree_hash(tmp_path / "p")) == (1, 1, before)
    assert "lies in an input" in inside.err
    assert "the input seg.nrrd lies in it" in around.err


def test_an_input_that_cannot_be_read_leaves_nothing(mlseg: Any, tmp_path: Path) -> None:
    good, _ = an_input(tmp_path / "in")
    (tmp_path / "bad.nrrd").write_bytes(b"NRRD0004\nnonsense\n\n")
    for kind in KINDS:
        answer = mlseg("supervisely", "export", good, tmp_path / "bad.nrrd", "-o", tmp_path / "out", "--as", kind)
        assert (answer.code, answer.err.count("\n"), (tmp_path / "out").exists()) == (1, 1, False)
        assert "bad.nrrd" in answer.err


def test_verbose_lists_the_files(mlseg: Any, tmp_path: Path) -> None:
    segmentation, _ = an_input(tmp_path / "in")
    answer = mlseg("supervisely", "export", segmentation, "-o", tmp_path / "out", "--as", "nifti-by-name", "--verbose")
    assert f"wrote {tmp_path / 'out' / 'liver_01.nii.gz'}" in answer.out
