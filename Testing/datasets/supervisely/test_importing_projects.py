"""Projects as inputs: ours, the SDK's and the export apps'; from archives and beside NIfTI folders; damaged ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Image, Segmentation
from MultiLabelSegLib.datasets.supervisely.importing.data_sets import import_data_set
from MultiLabelSegLib.datasets.supervisely.importing.report import ImportReport
from MultiLabelSegLib.datasets.supervisely.importing.targets import FileTarget, ProjectTarget
from MultiLabelSegLib.datasets.supervisely.masks.volumes import read_volume
from MultiLabelSegLib.datasets.supervisely.object_properties import SOURCE
from MultiLabelSegLib.datasets.supervisely.project.writer import ProjectWriter
from Testing.datasets.supervisely.archive_cases import make_zip
from Testing.datasets.supervisely.imported import assert_every_file_is_named, project_items, tree_hash
from Testing.datasets.supervisely.project_cases import (
    GRID,
    KEYS,
    a_mask,
    a_segmentation,
    an_image,
    assert_same,
    changed_json,
    figure,
    foreign_project,
    nrrd_bytes,
    voxels_xyz,
)
from Testing.datasets.supervisely.test_case_reader import boxes, save
from Testing.datasets.supervisely.test_importing import WHOLE, a_data_set, outcome, place


def imported(source: Path, volumes: bool = False) -> ImportReport:
    """The report of an import of a folder into ``out`` beside it; the input is unchanged, every file of it is named."""
    before = tree_hash(source)
    report = import_data_set(source, FileTarget(source.parent / "out", volumes=volumes))
    assert tree_hash(source) == before
    assert_every_file_is_named(source, report.as_json())
    return report


def a_project(folder: Path, *datasets: str) -> Path:
    """A project of one volume a data set, written by us."""
    with ProjectWriter(folder) as writer:
        for name in datasets or ("ds0",):
            writer.add(name, "scan", an_image(), a_segmentation())
        writer.finish()
    return folder


def packed(archive: Path, folder: Path, top: str = "") -> Path:
    files = {f"{top}{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return make_zip(archive, files)


def test_our_own_project_comes_back_as_it_was(tmp_path: Path) -> None:
    report = imported(a_project(tmp_path / "p", "one", "two/deep"), volumes=True)
    assert (report.left_out, report.notes) == ([], [])
    assert [(entry.source, entry.layout, entry.objects) for entry in report.imported] == [
        ("one/volume/scan.nrrd", "project", 4),
        ("two/datasets/deep/volume/scan.nrrd", "project", 4),
    ]
    for entry, folder in zip(report.imported, ("one", "two/deep"), strict=True):
        assert entry.output == tmp_path / "out" / folder / "scan.nrrd"
        assert_same(mls.read(entry.output), a_segmentation())
        image = read_volume(entry.output.with_name("scan.volume.nrrd"))
        assert np.array_equal(image.array, an_image().array[:, :, ::-1, ::-1])
        assert [label["voxels"] for label in entry.labels] == [12, 1, 0, 8]


def test_the_files_of_a_volume_are_those_that_it_was_read_from(tmp_path: Path) -> None:
    source = a_project(tmp_path / "p")
    (entry,) = imported(source).imported
    everything = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert {entry.source, *entry.files} == everything


@pytest.mark.parametrize("top", ["", "my project/"])
def test_a_project_in_an_archive(top: str, tmp_path: Path) -> None:
    archive = packed(tmp_path / "p.zip", a_project(tmp_path / "p"), top)
    report = import_data_set(archive, FileTarget(tmp_path / "out"))
    assert (report.left_out, [entry.source for entry in report.imported]) == ([], ["ds0/volume/scan.nrrd"])
    assert_same(mls.read(tmp_path / "out" / "ds0" / "scan.nrrd"), a_segmentation())


def test_projects_beside_nifti_folders_and_in_archives_beside_them(tmp_path: Path) -> None:
    source = a_data_set(tmp_path / "in")
    a_project(source / "projects" / "one")
    before = {path for path in source.rglob("*") if path.is_file()}
    packed(source / "two.zip", a_project(tmp_path / "two"), "two/")
    report = import_data_set(source, FileTarget(tmp_path / "out"))
    classes, reasons = outcome(report)
    names = ["Lesion", "Lesion", "Liver", "Vessel"]
    one, two = "projects/one/ds0/volume/scan.nrrd", "two/ds0/volume/scan.nrrd"
    assert (classes, reasons) == ({**WHOLE, one: names, two: names}, {})
    assert {path for path in source.rglob("*") if path.is_file()} == before | {source / "two.zip"}


def test_a_project_becomes_a_project(tmp_path: Path) -> None:
    a_project(tmp_path / "p", "one", "two")
    for by_folder, names in ((False, ["all", "all"]), (True, ["one", "two"])):
        with ProjectTarget(tmp_path / str(by_folder), "all", by_folder=by_folder) as target:
            import_data_set(tmp_path / "p", target)
        items = project_items(tmp_path / str(by_folder)).values()
        assert [item.dataset for item in items] == names
        for item in items:
            assert_same(item.segmentation(), a_segmentation())
            assert np.array_equal(item.image().array, an_image().array[:, :, ::-1, ::-1])


def test_what_the_export_app_adds_is_named_and_not_read_twice(tmp_path: Path) -> None:
    mask = a_mask((1, 2, 3), (2, 2, 3))
    source = foreign_project(tmp_path / "p", ["A"], [figure(0, 0)], {0: nrrd_bytes(mask)})
    place(source, "class2idx.json", '{"A": 1}')
    place(source, "ds0/mask/scan.nrrd/human-readable-objects/A_001.nrrd", nrrd_bytes(mask))
    place(source, "ds0/mask/scan.nrrd/semantic_segmentation.nrrd", nrrd_bytes(mask))
    report = imported(source)
    (entry,) = report.imported
    assert report.left_out == []
    assert {note.path for note in report.notes} == {
        "class2idx.json",
        "ds0/mask/scan.nrrd/human-readable-objects",
        "ds0/mask/scan.nrrd/semantic_segmentation.nrrd",
    }
    assert voxels_xyz(mls.read(entry.output), entry.labels[0]["value"]) == [(1, 2, 3), (2, 2, 3)]
    assert not any("human" in path or "semantic_segmentation" in path for path in entry.files)


def exported_by_plane(root: Path) -> Path:
    """What the app that exports to cloud storage writes: no type words in names, layers from 0, zeros for no score."""
    for plane in ("axl", "cor"):
        save_to(root / "ds1" / f"knee_{plane}.nii.gz", an_image())
        save(root / "ds1" / f"knee_{plane}_2.nii.gz", boxes(1, 2), np.diag([1.0, 2, 3, 1]))
    place(root, "color_map.txt", "1 Femur 255 0 0\n2 Tibia 0 255 0\n")
    return root


def save_to(path: Path, image: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, np.ascontiguousarray(image.array[0].T), np.diag([1.0, 2, 3, 1]))


def test_what_the_cloud_export_app_wrote_by_plane(tmp_path: Path) -> None:
    report = imported(exported_by_plane(tmp_path / "project_nifti"))
    assert outcome(report) == (
        {f"ds1/knee_{plane}.nii.gz": ["Femur", "Tibia"] for plane in ("axl", "cor")},
        {},
    )
    assert {label["color"] for entry in report.imported for label in entry.labels} == {"#ff0000", "#00ff00"}


def test_a_project_without_its_voxels_is_imported_on_the_grid_of_its_annotation(tmp_path: Path) -> None:
    source = a_project(tmp_path / "p")
    (source / "ds0" / "volume" / "scan.nrrd").unlink()
    report = imported(source)
    assert report.left_out == []
    found = mls.read(report.imported[0].output)
    assert found.geometry.shape == GRID.shape
    assert [found.voxels(label.value) for label in found.labels] == [12, 1, 0, 8]


def test_a_damaged_volume_costs_only_itself(tmp_path: Path) -> None:
    source = a_project(tmp_path / "p", "one", "two")
    volume = source / "one" / "volume" / "scan.nrrd"
    volume.write_bytes(volume.read_bytes()[:-30])
    report = imported(source)
    assert [entry.source for entry in report.imported] == ["two/volume/scan.nrrd"]
    reasons = outcome(report)[1]
    assert reasons["one/ann/scan.nrrd.json"] == "its volume one/volume/scan.nrrd could not be imported"
    assert "meta.json" not in reasons


def test_a_damaged_mask_costs_only_its_object(tmp_path: Path) -> None:
    source = a_project(tmp_path / "p")
    mask = sorted((source / "ds0" / "mask" / "scan.nrrd").iterdir())[0]
    mask.write_bytes(b"NRRD")
    report = imported(source)
    assert [remark.path for remark in report.left_out] == [mask.relative_to(source).as_posix()]
    assert sum(label["voxels"] for label in report.imported[0].labels) < 21


def test_a_damaged_annotation_costs_its_volume(tmp_path: Path) -> None:
    source = a_project(tmp_path / "p", "one", "two")
    (source / "one" / "ann" / "scan.nrrd.json").write_text("{")
    report = imported(source)
    assert [entry.source for entry in report.imported] == ["two/volume/scan.nrrd"]
    assert "one/volume/scan.nrrd" in outcome(report)[1]


def test_a_project_whose_meta_is_damaged_is_named_file_by_file_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = a_data_set(tmp_path / "in")
    (a_project(source / "p") / "meta.json").write_text("[]")
    a_project(source / "q")
    report = imported(source)
    classes, reasons = outcome(report)
    assert sorted(classes) == sorted([*WHOLE, "q/ds0/volume/scan.nrrd"])
    assert set(reasons) == {path.relative_to(source).as_posix() for path in (source / "p").rglob("*") if path.is_file()}
    assert reasons["p/ds0/volume/scan.nrrd"] == "its project cannot be read, see p/meta.json"


def test_strangers_in_a_project_are_named(tmp_path: Path) -> None:
    source = a_project(tmp_path / "p")
    strangers = {
        "README.md", "notes/a/b.txt", "ds0/extra.txt", "ds0/volume/photo.jpg", "ds0/ann/old.txt",
        f"ds0/mask/scan.nrrd/{KEYS[0]}.nrrd", "ds0/mask/other.nrrd/x.nrrd", "ds0/metadata/x.json",
    }  # fmt: skip
    for name in strangers:
        place(source, name, "x")
    reasons = outcome(imported(source))[1]
    assert strangers - {"notes/a/b.txt"} == set(reasons) - {"notes"}
    assert "notes" in reasons


def test_a_link_out_of_a_project_is_not_followed(tmp_path: Path) -> None:
    source = a_project(tmp_path / "p", "one", "two")
    volume = source / "one" / "volume" / "scan.nrrd"
    shutil.move(volume, tmp_path / "elsewhere.nrrd")
    volume.symlink_to(tmp_path / "elsewhere.nrrd")
    report = imported(source)
    assert [entry.source for entry in report.imported] == ["two/volume/scan.nrrd"]
    assert "link that leads out" in outcome(report)[1]["one/volume/scan.nrrd"]


def test_a_project_within_a_folder_of_a_project_is_its_part(tmp_path: Path) -> None:
    """Only the outermost counts, so that no volume is imported twice."""
    source = a_project(tmp_path / "p")
    shutil.copytree(a_project(tmp_path / "q"), source / "inner")
    report = imported(source)
    assert sorted(entry.source for entry in report.imported) == [
        "ds0/volume/scan.nrrd",
        "inner/ds0/volume/scan.nrrd",
    ]


def test_changes_made_in_the_project_count(tmp_path: Path) -> None:
    source = a_project(tmp_path / "p")

    def rename(data: dict[str, object]) -> None:
        for entry in data["classes"]:  # type: ignore[attr-defined]
            entry["title"] = entry["title"].replace("Liver", "Hepar")

    changed_json(source / "meta.json", rename)

    def rename_object(data: dict[str, object]) -> None:
        for entry in data["objects"]:  # type: ignore[attr-defined]
            entry["classTitle"] = entry["classTitle"].replace("Liver", "Hepar")

    changed_json(source / "ds0" / "ann" / "scan.nrrd.json", rename_object)
    found: Segmentation = mls.read(imported(source).imported[0].output)
    assert [label.name for label in found.labels] == ["Hepar", "Lesion", "Lesion", "Vessel"]
    assert (found.labels[0].value, found.labels[1].locked) == (1, False)
    assert SOURCE not in found.labels[0].properties
