"""Existing volumes of a project on disk and of a list: ids, data sets, geometries, and errors that name the fault."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nrrd
import numpy as np
import pytest

from MultiLabelSegLib.datasets.supervisely.importing.existing_volumes import read_existing
from MultiLabelSegLib.errors import CorruptFileError, DatasetError, FormatError, UnsupportedFormatError

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "supervisely"
CASES = ("ann_dataset_mapping", "ann_dataset_names", "ann_dataset_scores", "ann_project_mapping")
VOLUME = "dataset_name_1/volume/axl_anatomic.nrrd"
ANNOTATION = "dataset_name_1/ann/axl_anatomic.nrrd.json"
IDENTITY = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of a golden project with two volumes, ids 100 and 101."""
    return Path(shutil.copytree(GOLDEN / "ann_dataset_names" / "existing_project", tmp_path / "project"))


def change(path: Path, **fields: Any) -> None:
    """Sets fields of a JSON file; None removes one."""
    data = json.loads(path.read_text())
    data.update(fields)
    path.write_text(json.dumps({name: value for name, value in data.items() if value is not None}))


def a_list(path: Path, **volume: Any) -> Path:
    entry = {"id": 7, "name": "axl_anatomic.nrrd", "shape": [4, 5, 6], "affine": IDENTITY, **volume}
    entry = {name: value for name, value in entry.items() if value is not None}
    path.write_text(json.dumps({"datasets": [{"id": 1, "name": "one", "volumes": [entry]}]}))
    return path


@pytest.mark.parametrize("case", CASES)
def test_the_golden_projects_and_lists_describe_the_same_volumes_as_their_truth(case: str) -> None:
    truth = json.loads((GOLDEN / case / "truth.json").read_text())["volumes"]
    listed = read_existing(GOLDEN / case / "existing.json")
    on_disk = read_existing(GOLDEN / case / "existing_project")
    for found in (listed, on_disk):
        assert [(v.id, v.dataset, v.name) for v in found] == [(t["id"], t["dataset"], t["name"]) for t in truth]
        for volume, true in zip(found, truth, strict=True):
            assert list(volume.geometry.size) == true["shape_ras"]
            np.testing.assert_allclose(volume.geometry.ijk_to_ras, true["affine_ras"], atol=1e-9)
    assert {volume.dataset_id for volume in listed} <= {11, 12}
    assert all(volume.path is None for volume in listed)
    assert all(volume.dataset_id is None for volume in on_disk)
    assert all(volume.path is not None and volume.path.name == volume.name for volume in on_disk)


def test_only_the_header_of_a_volume_is_read(project: Path) -> None:
    path = project / VOLUME
    header = path.read_bytes().split(b"\n\n")[0]
    path.write_bytes(header + b"\n\n" + b"no gzip stream")
    assert read_existing(project)[0].geometry.size == (14, 12, 13)


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow")
def test_a_volume_in_lps_gets_the_axes_r_a_s_without_moving(project: Path) -> None:
    array = np.zeros((3, 4, 5), np.int16)
    header = {
        "space": "left-posterior-superior",
        "space directions": [[0, 0, 2.0], [1.0, 0, 0], [0, 1.5, 0]],
        "space origin": [10.25, 20.5, 30.75],
    }
    nrrd.write(str(project / VOLUME), array, header)
    [geometry] = [volume.geometry for volume in read_existing(project) if volume.id == 100]
    assert geometry.size == (4, 5, 3)
    expected = [[1, 0, 0, -13.25], [0, 1.5, 0, -26.5], [0, 0, 2, 30.75], [0, 0, 0, 1]]
    np.testing.assert_allclose(geometry.ijk_to_ras, expected)


def test_a_listed_affine_of_other_axes_is_brought_to_r_a_s(tmp_path: Path) -> None:
    affine = [[-2.0, 0, 0, 6.5], [0, -1, 0, 4], [0, 0, 1, 0], [0, 0, 0, 1]]
    [volume] = read_existing(a_list(tmp_path / "list.json", affine=affine))
    np.testing.assert_allclose(volume.geometry.ijk_to_ras, [[2, 0, 0, 0.5], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert volume.geometry.size == (4, 5, 6)


def test_nested_data_sets_are_found_with_their_whole_name(project: Path) -> None:
    nested = project / "dataset_name_1" / "datasets" / "child"
    shutil.copytree(project / "dataset_name_1" / "volume", nested / "datasets" / "grandchild" / "volume")
    found = {(volume.dataset, volume.name): volume.id for volume in read_existing(project)}
    assert found == {
        ("dataset_name_1", "axl_anatomic.nrrd"): 100,
        ("dataset_name_1", "cor_anatomic.nrrd"): 101,
        ("dataset_name_1/child/grandchild", "axl_anatomic.nrrd"): -3,
        ("dataset_name_1/child/grandchild", "cor_anatomic.nrrd"): -4,
    }


def test_the_id_comes_from_the_annotation_or_else_from_the_map_of_keys(project: Path) -> None:
    change(project / ANNOTATION, volumeId=None)
    assert [volume.id for volume in read_existing(project)] == [100, 101]
    (project / "key_id_map.json").unlink()
    assert [volume.id for volume in read_existing(project)] == [-1, 101]
    stem_only = project / "dataset_name_1/ann/axl_anatomic.json"
    (project / ANNOTATION).rename(stem_only)
    change(stem_only, volumeId=55)
    assert [volume.id for volume in read_existing(project)] == [55, 101]
    stem_only.unlink()
    assert [volume.id for volume in read_existing(project)] == [-1, 101]


def test_ids_that_contradict_each_other_are_refused(project: Path) -> None:
    change(project / ANNOTATION, volumeId=99)
    with pytest.raises(CorruptFileError, match=r"axl_anatomic\.nrrd\.json: volumeId: found 99, expected 100, as"):
        read_existing(project)
    (project / "key_id_map.json").unlink()
    change(project / ANNOTATION, volumeId=101)
    with pytest.raises(DatasetError, match=r"axl_anatomic\.nrrd and dataset_name_1/cor_anatomic\.nrrd .* same id 101"):
        read_existing(project)


@pytest.mark.parametrize("wrong", ["100", True, 0, -5, 1.5])
def test_an_id_that_is_no_whole_number_above_0_is_refused(wrong: object, project: Path, tmp_path: Path) -> None:
    change(project / ANNOTATION, volumeId=wrong)
    with pytest.raises(CorruptFileError, match=r"volumeId: found .*, expected a whole number above 0"):
        read_existing(project)
    with pytest.raises(CorruptFileError, match=r"datasets\[0\]\.volumes\[0\]\.id: found .* above 0"):
        read_existing(a_list(tmp_path / "list.json", id=wrong))


def test_folders_that_are_no_volume_project_say_what_is_missing(project: Path) -> None:
    change(project / "meta.json", projectType="images")
    with pytest.raises(CorruptFileError, match=r'meta\.json: projectType: found "images", expected "volumes"'):
        read_existing(project)
    (project / "meta.json").unlink()
    with pytest.raises(DatasetError, match=r"meta\.json is missing"):
        read_existing(project)
    (project / "meta.json").write_text('{"classes": []}')
    shutil.rmtree(project / "dataset_name_1")
    with pytest.raises(DatasetError, match="no volumes found; expected <data set>/volume"):
        read_existing(project)
    with pytest.raises(DatasetError, match="there is no such folder or file"):
        read_existing(project / "nothing")


def test_volumes_that_are_dicom_or_damaged_are_named(project: Path) -> None:
    (project / "dataset_name_1/volume/old.dcm").write_bytes(b"DICM")
    with pytest.raises(UnsupportedFormatError, match=r"old\.dcm: DICOM"):
        read_existing(project)
    (project / "dataset_name_1/volume/old.dcm").unlink()
    (project / VOLUME).write_bytes(b"NRRD0005\nbroken")
    with pytest.raises(FormatError, match=r"axl_anatomic\.nrrd"):
        read_existing(project)


@pytest.mark.parametrize(
    ("volume", "said"),
    [
        ({"id": None}, r"volumes\[0\]\.id: is missing, expected a whole number above 0"),
        ({"name": None}, r"volumes\[0\]\.name: is missing, expected a text"),
        ({"name": 5}, r"volumes\[0\]\.name: found 5, expected a text"),
        ({"shape": None}, r"shape: is missing, expected the voxels along x, y, z"),
        ({"shape": [4, 5]}, r"shape: found \[4, 5\], expected .* three whole numbers above 0"),
        ({"shape": [4, 0, 6]}, r"shape: found \[4, 0, 6\]"),
        ({"shape": [4, 5.0, 6]}, r"shape: found \[4, 5.0, 6\]"),
        ({"affine": None}, r"affine: is missing, expected 4 rows of 4 numbers"),
        ({"affine": IDENTITY[:3]}, r"affine: found .*, expected 4 rows"),
        ({"affine": [*IDENTITY[:3], [0, 0, 1, 1]]}, r"affine: found .*, expected 4 rows .* last one 0 0 0 1"),
        ({"affine": [["1", 0, 0, 0], *IDENTITY[1:]]}, r"affine: found .*, expected 4 rows of 4 numbers"),
        ({"affine": [[1e200, 0, 0, 0], *IDENTITY[1:]]}, r"affine: found .*, expected 4 rows of 4 numbers"),
        ({"affine": [[0, 0, 0, 0], *IDENTITY[1:]]}, r"affine: found .*singular"),
    ],
)
def test_a_list_names_the_field_that_is_wrong(volume: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match=said):
        read_existing(a_list(tmp_path / "list.json", **volume))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", r"the whole file: found \[\], expected an object"),
        ("{}", r"datasets: is missing, expected a list"),
        ('{"datasets": {}}', r"datasets: found \{\}, expected a list"),
        ('{"datasets": [5]}', r"datasets\[0\]: found 5, expected an object"),
        ('{"datasets": [{"id": 1, "name": "a"}]}', r"datasets\[0\]\.volumes: is missing"),
        ('{"datasets": [{"id": 1, "name": " ", "volumes": []}]}', r"datasets\[0\]\.name: found"),
        ('{"datasets": [', "is no JSON"),
        ('{"datasets": NaN}', "is no JSON"),
    ],
)
def test_a_list_of_another_form_says_where(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(CorruptFileError, match=said):
        read_existing(tmp_path / "list.json")


def test_ids_of_a_list_must_differ(tmp_path: Path) -> None:
    volume = {"id": 7, "name": "a.nrrd", "shape": [1, 1, 1], "affine": IDENTITY}
    path = tmp_path / "list.json"
    datasets = [{"id": 1, "name": "one", "volumes": [volume]}, {"id": 2, "name": "two", "volumes": [volume]}]
    path.write_text(json.dumps({"datasets": datasets}))
    with pytest.raises(CorruptFileError, match=r"datasets\[1\]\.volumes\[0\]\.id: found 7.*\(one/a\.nrrd\)"):
        read_existing(path)
    path.write_text(json.dumps({"datasets": [datasets[0], {**datasets[1], "id": 1}]}))
    with pytest.raises(CorruptFileError, match=r"datasets\[1\]\.id: found 1, expected an id that no other"):
        read_existing(path)


def test_files_that_are_no_list_or_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("{}")
    with pytest.raises(UnsupportedFormatError, match=r"list\.txt"):
        read_existing(tmp_path / "list.txt")
    (tmp_path / "list.json").write_bytes(b'{"datasets": "\xff"}')
    with pytest.raises(CorruptFileError, match="no UTF-8 text: byte 14"):
        read_existing(tmp_path / "list.json")
    a_list(tmp_path / "list.json")
    (tmp_path / "list.json").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "list.json").read_bytes())
    assert [volume.id for volume in read_existing(tmp_path / "list.json")] == [7]
