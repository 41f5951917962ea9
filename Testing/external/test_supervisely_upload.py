"""Uploading through the real SDK to a fake of the server: what arrives, what is refused, what is printed."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nrrd
import numpy as np
import pytest

from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.core import Group, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.object_properties import OBJECT, SCORES
from MultiLabelSegLib.datasets.supervisely.project.writer import ProjectWriter
from Testing.conftest import supervisely_python
from Testing.datasets.supervisely.imported import tree_hash
from Testing.datasets.supervisely.project_cases import GRID, SHAPE, a_segmentation, an_image, written
from Testing.external.fake_supervisely_server import TOKEN, FakeServer
from Testing.interop.child_client import ChildClient

SCORED = {"0-0-1": {"3": {"score": "0.80", "comment": "unsure"}}}
TAG = {"name": "quality", "value": "good"}
Upload = Callable[..., dict[str, Any]]


class UploadClient(ChildClient):
    """Runs command lines in the Python of the SDK."""

    name = "The command line with the Supervisely SDK"
    script = Path(__file__).with_name("upload_child.py")

    def run(self, *arguments: object, token: str = TOKEN) -> dict[str, Any]:
        request = {"arguments": [str(argument) for argument in arguments], "token": token}
        found: dict[str, Any] = json.loads(self._ask(json.dumps(request)))
        return found


@pytest.fixture(scope="module")
def client() -> Iterator[UploadClient]:
    python = supervisely_python()
    if python is None:
        pytest.skip("the Supervisely SDK is not installed")
    with UploadClient(str(python)) as found:
        yield found


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as found:
        yield found


@pytest.fixture
def upload(client: UploadClient, server: FakeServer) -> Upload:
    """Uploads a folder to the fake server; more options may follow."""

    def run(folder: Path, *options: object, token: str = TOKEN) -> dict[str, Any]:
        command = ("supervisely", "upload", folder, "--server", server.url, "--token-env", "UPLOAD_TOKEN")
        return client.run(*command, *options, token=token)

    return run


def a_project(folder: Path) -> Segmentation:
    """A project of one volume: overlapping groups, a label without voxels, scores, a tag, masks of a few voxels."""
    segmentation = a_segmentation()
    properties = {SCORES: SCORED, OBJECT: {"tags": [TAG]}}
    segmentation.set_label(0, segmentation.label(1).with_(properties=properties))
    written(folder, segmentation, an_image())
    return segmentation


def voxels_of(content: bytes, folder: Path) -> np.ndarray:
    """The array (x, y, z) of a NRRD file."""
    (folder / "part.nrrd").write_bytes(content)
    return np.asarray(nrrd.read(str(folder / "part.nrrd"))[0])


def in_ras(mask: np.ndarray) -> np.ndarray:
    """A mask (k, j, i) of the grid, whose i and j run toward left and posterior, as (x, y, z) toward R, A, S."""
    return np.asarray(mask[:, ::-1, ::-1].T)


@pytest.mark.supervisely_sdk
def test_everything_of_a_project_arrives(upload: Upload, server: FakeServer, tmp_path: Path) -> None:
    segmentation = a_project(tmp_path / "case")
    before = tree_hash(tmp_path / "case")
    answer = upload(tmp_path / "case")
    assert server.unknown == []
    ((number, project),) = server.projects.items()
    assert answer == {"code": 0, "out": f"uploaded {tmp_path / 'case'} as project {number} 'case'\n", "err": ""}
    assert tree_hash(tmp_path / "case") == before
    assert (project["name"], project["type"]) == ("case", "volumes")
    assert server.workspaces[project["workspaceId"]]["name"] == "space"
    classes = {kind["id"]: (kind["title"], kind["color"].upper()) for kind in project["meta"]["classes"]}
    assert sorted(classes.values()) == [("Lesion", "#00FF00"), ("Liver", "#FF0000"), ("Vessel", "#336699")]
    ((dataset_number, dataset),) = server.datasets.items()
    assert (dataset["name"], dataset["projectId"]) == ("ds0", number)
    ((volume_number, volume),) = server.volumes.items()
    assert (volume["name"], volume["datasetId"]) == ("scan.nrrd", dataset_number)
    assert np.array_equal(voxels_of(server.storage[volume["hash"]], tmp_path), in_ras(an_image().array[0]))
    assert len(volume["slices"]) == sum(SHAPE)
    assert all(one["hash"] in server.storage for one in volume["slices"])
    # objects and their masks
    assert [classes[one["classId"]][0] for one in server.objects.values()] == ["Liver", "Lesion", "Lesion", "Vessel"]
    values = dict(zip(server.objects, [label.value for label in segmentation.labels], strict=True))
    drawn = {values[figure["objectId"]]: figure for figure in server.figures.values()}
    assert sorted(drawn) == [1, 7, 300], "label 9 has no voxels"
    for value, figure in drawn.items():
        mask = voxels_of(figure["geometry"], tmp_path)
        assert np.array_equal(mask != 0, in_ras(segmentation.mask(value)[0]))
        assert (figure["entityId"], figure["geometryType"]) == (volume_number, "mask_3d")
        assert figure["customData"] == (SCORED if value == 1 else {})
    # the tag
    (tag,) = project["meta"]["tags"]
    assert next(iter(server.objects.values()))["tags"] == [(tag["id"], "good")]


@pytest.mark.supervisely_sdk
def test_masks_of_one_voxel_and_of_all_do_not_abort(upload: Upload, server: FakeServer, tmp_path: Path) -> None:
    """The SDK reads masks through a buffer that it never flushes, and refuses files without a voxel of 0."""
    tiny, full = np.zeros(SHAPE, np.uint8), np.full(SHAPE, 2, np.uint8)
    tiny[0, 0, 0] = 1
    groups = [Group(tiny, [Label(1, "tiny")]), Group(full, [Label(2, "full")])]
    written(tmp_path / "case", Segmentation(GRID, groups), an_image())
    assert upload(tmp_path / "case")["code"] == 0
    masks = [voxels_of(figure["geometry"], tmp_path) for figure in server.figures.values()]
    assert [int((mask != 0).sum()) for mask in masks] == [1, GRID.voxels]


@pytest.mark.supervisely_sdk
def test_data_sets_and_volumes_arrive_under_their_names(upload: Upload, server: FakeServer, tmp_path: Path) -> None:
    with ProjectWriter(tmp_path / "case") as writer:
        for dataset, stem in (("one", "a"), ("one", "b"), ("two", "a")):
            writer.add(dataset, stem, an_image(), a_segmentation())
        writer.finish()
    assert upload(tmp_path / "case", "--name", "another name")["code"] == 0
    assert [project["name"] for project in server.projects.values()] == ["another name"]
    names = [(server.datasets[volume["datasetId"]]["name"], volume["name"]) for volume in server.volumes.values()]
    assert sorted(names) == [("one", "a.nrrd"), ("one", "b.nrrd"), ("two", "a.nrrd")]
    assert len(server.figures) == 9


@pytest.mark.supervisely_sdk
def test_a_name_that_is_taken_gets_a_number(upload: Upload, server: FakeServer, tmp_path: Path) -> None:
    a_project(tmp_path / "case")
    assert upload(tmp_path / "case")["code"] == 0
    answer = upload(tmp_path / "case")
    names = [project["name"] for project in server.projects.values()]
    assert (answer["code"], names[0], len(set(names))) == (0, "case", 2)
    assert repr(names[1]) in answer["out"]


@pytest.mark.supervisely_sdk
def test_quiet_prints_nothing(upload: Upload, tmp_path: Path) -> None:
    a_project(tmp_path / "case")
    assert upload(tmp_path / "case", "--quiet") == {"code": 0, "out": "", "err": ""}


@pytest.mark.supervisely_sdk
@pytest.mark.parametrize("token", ["w" * 128, "short"])
def test_a_wrong_token_is_one_clear_line_that_does_not_show_it(token: str, upload: Upload, tmp_path: Path) -> None:
    a_project(tmp_path / "case")
    answer = upload(tmp_path / "case", token=token)
    assert (answer["code"], answer["out"], answer["err"].count("\n")) == (1, "", 1)
    assert "token" in answer["err"]
    assert token not in answer["err"]


@pytest.mark.supervisely_sdk
def test_a_server_that_refuses_is_quoted(upload: Upload, server: FakeServer, tmp_path: Path) -> None:
    a_project(tmp_path / "case")
    server.refuse["projects.add"] = 403, "you may not make projects here"
    answer = upload(tmp_path / "case")
    assert (answer["code"], answer["out"], answer["err"].count("\n")) == (1, "", 1)
    assert "you may not make projects here" in answer["err"]
    assert "incomplete" not in answer["err"]


@pytest.mark.supervisely_sdk
def test_an_upload_that_breaks_off_names_what_is_left_on_the_server(
    upload: Upload, server: FakeServer, tmp_path: Path
) -> None:
    a_project(tmp_path / "case")
    server.refuse["figures.bulk.add"] = 400, "no room for figures"
    answer = upload(tmp_path / "case")
    (number,) = server.projects
    assert (answer["code"], answer["err"].count("\n")) == (1, 1)
    assert "no room for figures" in answer["err"]
    assert f"project {number} 'case' on the server is incomplete" in answer["err"]


@pytest.mark.supervisely_sdk
def test_what_the_sdk_skips_with_a_warning_is_said(upload: Upload, server: FakeServer, tmp_path: Path) -> None:
    a_project(tmp_path / "case")
    server.refuse["volumes.slices.bulk.add"] = 400, "no slices today"
    answer = upload(tmp_path / "case")
    assert (answer["code"], answer["out"].count("uploaded")) == (3, 1)
    assert all(line.startswith("the SDK warned: ") for line in answer["err"].splitlines())
    assert "no slices today" in answer["err"]


@pytest.mark.supervisely_sdk
def test_a_server_that_is_not_there_is_one_line(client: UploadClient, tmp_path: Path) -> None:
    a_project(tmp_path / "case")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    answer = client.run("supervisely", "upload", tmp_path / "case", "--server", url, "--token-env", "UPLOAD_TOKEN")
    assert (answer["code"], answer["out"], answer["err"].count("\n")) == (1, "", 1)
    assert f"upload to {url}" in answer["err"]


@pytest.mark.supervisely_sdk
@pytest.mark.parametrize(
    ("spaces", "found"),
    [({"team": []}, "none is visible"), ({"A": ["one", "two"], "B": ["three"]}, "A / one")],
    ids=["none", "several"],
)
def test_without_one_clear_workspace_they_are_listed(
    spaces: dict[str, list[str]], found: str, client: UploadClient, tmp_path: Path
) -> None:
    a_project(tmp_path / "case")
    with FakeServer(spaces) as server:
        command = ["supervisely", "upload", tmp_path / "case", "--server", server.url, "--token-env", "UPLOAD_TOKEN"]
        answer = client.run(*command)
        assert (answer["code"], answer["out"], answer["err"].count("\n")) == (1, "", 1)
        assert "workspace" in answer["err"]
        assert found in answer["err"]
        assert server.projects == {}
        for number, space in server.workspaces.items():
            assert f"{number} (" in answer["err"]
            assert client.run(*command, "--workspace", number, "--name", space["name"])["code"] == 0
        assert [server.workspaces[one["workspaceId"]]["name"] for one in server.projects.values()] == [
            one["name"] for one in server.workspaces.values()
        ]


@pytest.mark.supervisely_sdk
def test_a_folder_that_is_no_project_is_refused_before_anything_is_asked(
    upload: Upload, server: FakeServer, tmp_path: Path
) -> None:
    answer = upload(tmp_path)
    assert (answer["code"], server.asked) == (1, [])
    assert answer["err"] == f"mlseg: {tmp_path}: no Supervisely project, there is no meta.json in it\n"


# ---- without the SDK ------------------------------------------------------------------------------------------------
def test_without_the_sdk_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_project(tmp_path / "case")
    monkeypatch.setitem(sys.modules, "supervisely", None)
    monkeypatch.setenv("UPLOAD_TOKEN", TOKEN)
    command = ["supervisely", "upload", str(tmp_path / "case"), "--server", "http://127.0.0.1:9"]
    assert main([*command, "--token-env", "UPLOAD_TOKEN"]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert "pip install 'multilabelseg[supervisely]'" in printed.err


def test_a_token_that_is_not_set_is_a_matter_of_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("UPLOAD_TOKEN", raising=False)
    command = ["supervisely", "upload", str(tmp_path), "--server", "http://127.0.0.1:9"]
    assert main([*command, "--token-env", "UPLOAD_TOKEN"]) == 2
    assert "UPLOAD_TOKEN" in capsys.readouterr().err
