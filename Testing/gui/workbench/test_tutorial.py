"""The ten minutes of the tutorial, played with mouse and keys: every step of the page does what the page says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.compare import compare
from Testing.gui.workbench.test_main_window import ROOT, mlseg

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]
SCRIPTS = ROOT / "docs" / "scripts"


def test_the_tutorial_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from MultiLabelSegLib.datasets.demo import IMAGE, sample_folder

    monkeypatch.chdir(tmp_path)
    done = mlseg("workbench", str(sample_folder() / IMAGE), "--script", str(SCRIPTS / "tutorial.json"))
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.png")) == sorted(
        f"tutorial-{number}-workbench.png" for number in range(1, 11)
    )

    document = mls.read(tmp_path / "liver.nrrd")
    assert [group.name for group in document.groups][1:] == ["Lesions"]
    assert [label.name for label in document.groups[0].labels] == ["Liver", "Stomach", "Bones"]
    assert [label.name for label in document.groups[1].labels] == ["Lesion", "Lesion"]
    assert all(label.locked for label in document.labels)
    organs, lesions = document.groups[0].array[0], document.groups[1].array[0]
    assert sorted(set(np.nonzero(organs == document["Liver"].value)[0])) == [4, 5, 6, 7, 8]
    assert sorted(set(np.nonzero(organs == document["Stomach"].value)[0])) == [6]
    assert (organs == document["Bones"].value).sum() > 10_000
    inside = organs[lesions > 0] == document["Liver"].value
    assert inside.all()
    assert compare(mls.read(tmp_path / "liver.seg.nrrd"), document).identical
    parts = [mls.read(tmp_path / f"liver_group_{number}.nii.gz") for number in (0, 1)]
    np.testing.assert_array_equal(parts[0].groups[0].array[0], organs)
    np.testing.assert_array_equal(parts[1].groups[0].array[0], lesions)


def test_the_script_of_the_tools_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = mlseg("workbench", "--script", str(SCRIPTS / "tools.json"))
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.png"))) == 5


def test_the_script_on_the_page_of_the_workbench_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from MultiLabelSegLib.datasets.demo import IMAGE, sample_folder

    text = (ROOT / "docs" / "workbench.md").read_text(encoding="utf-8")
    (tmp_path / "actions.json").write_text(text.split("```json\n", 1)[1].split("```", 1)[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    done = mlseg("workbench", str(sample_folder() / IMAGE), "--script", "actions.json")
    assert done.returncode == 0, done.stderr
    document = mls.read(tmp_path / "liver.nrrd")
    assert document.voxels(document["Liver"].value) > 100
    assert (tmp_path / "liver.png").is_file()


def test_keys_and_actions_on_the_page_of_the_workbench_are_those_of_the_window(a_window) -> None:  # type: ignore[no-untyped-def]
    from MultiLabelSegLib.workbench.app import commands_of

    text = (ROOT / "docs" / "workbench.md").read_text(encoding="utf-8")
    table = text.split("## Keys of the window", 1)[1].split("##", 1)[0]
    told = {
        title.strip(): key.strip().strip("`")
        for key, title in (line.strip("|").split("|") for line in table.splitlines() if line.startswith("| `"))
    }
    shown = {
        action.text().replace("&", ""): action.shortcut().toString()
        for menu in a_window.menuBar().actions()
        for action in menu.menu().actions()
        if not action.shortcut().isEmpty()
    }
    assert told == shown
    listed = text.split("or one of `drag`", 1)[1].split("other entries", 1)[0]
    assert {"drag", *(part for part in listed.split("`")[1::2])} == set(commands_of(a_window))
