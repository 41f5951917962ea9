"""The workbench's window: tools drawn by real mouse events, keys, files, scripts and pictures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import read, write
from MultiLabelSegLib.core import Label
from MultiLabelSegLib.errors import FormatError, HostError
from Testing.gui.workbench.cases import a_case

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]
ROOT = Path(__file__).resolve().parents[3]


def mlseg(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``mlseg`` in a process of its own, without a display."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    own = {"PYTHONPATH": str(ROOT / "MultiLabelSeg"), "QT_QPA_PLATFORM": "offscreen", **environment}
    command = [sys.executable, "-m", "MultiLabelSegLib", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**inherited, **own}, timeout=300)


def test_a_stroke_of_the_mouse_paints_and_its_key_takes_it_back(a_window: Any, views: Any) -> None:
    document = a_window.presenter.session.document
    before = document.group(0).array.copy()
    views.key("P")
    assert a_window.presenter.tools.active == "paint"
    a_window.presenter.tools.set_option("diameter", 3)
    views.drag("axial", [(20, 20, 6), (24, 20, 6), (28, 20, 6)])
    painted = np.argwhere(document.group(0).array[0] != before[0])
    assert {tuple(each) for each in painted} >= {(6, 20, i) for i in range(20, 29)}
    assert set(painted[:, 0]) == {6}
    views.key("Ctrl+Z")
    np.testing.assert_array_equal(document.group(0).array, before)
    views.key("Ctrl+Y")
    assert (document.group(0).array != before).sum() == len(painted)


def test_a_stroke_over_a_locked_label_leaves_it_alone(a_window: Any, views: Any) -> None:
    document = a_window.presenter.session.document
    a_window.presenter.labels.activate(2)
    views.key("P")
    views.drag("axial", [(3, 5, 6), (7, 5, 6)])
    assert (document.group(0).array == 1).sum() == 12 * 36
    assert "protected" in a_window.presenter.tools.note


def test_the_picture_shows_what_was_painted(a_window: Any, views: Any) -> None:
    view = a_window.canvas.view("axial")
    a_window.canvas.set_style("filled")
    a_window.presenter.tools.toggle("paint")
    views.show("axial", 6)
    x, y = map(round, view.point_of_ijk((24, 20, 6)))
    before = view.pixels()[y, x].astype(int)
    views.drag("axial", [(24, 20, 6)])
    views.move("axial", (5, 35, 6))
    after = view.pixels()[y, x].astype(int)
    assert after[0] - after[1] > before[0] - before[1] + 60  # the kidney is red


def test_the_wheel_scrolls_while_a_tool_is_on_and_the_crosshair_rests(a_window: Any, views: Any) -> None:
    a_window.presenter.tools.toggle("paint")
    view, crosshair = a_window.canvas.view("axial"), a_window.canvas.crosshair
    index = view.frame.slice
    views.wheel("axial", (24, 20, index), 1)
    assert view.frame.slice == index + 1
    views.drag("axial", [(10, 20, index + 1), (20, 20, index + 1)])
    assert a_window.canvas.crosshair == crosshair


def test_another_frame_document_or_overlay_reaches_the_canvas(a_window: Any, views: Any) -> None:
    presenter, canvas = a_window.presenter, a_window.canvas
    views.key("H")
    assert not canvas.overlay_visible
    views.key("H")
    assert canvas.overlay_visible
    presenter.labels.jump_to(7)
    assert canvas.view("axial").frame.slice == 6
    presenter.data.duplicate()
    assert canvas.document is presenter.session.document
    presenter.data.close(discard=True)
    presenter.data.close(discard=True)
    assert canvas.document is None


def test_the_title_tells_name_and_unsaved_changes(a_window: Any, tmp_path: Path) -> None:
    assert a_window.windowTitle() == "ball-labels[*] - MultiLabelSeg"
    a_window.presenter.labels.add_label("New")
    assert a_window.isWindowModified()
    a_window.presenter.files.save_as(tmp_path / "out.nrrd")
    a_window.settle()
    assert not a_window.isWindowModified()
    assert [label.name for label in read(tmp_path / "out.nrrd").labels] == [
        "Kidney",
        "Spleen",
        "Ring",
        "Vessel",
        "New",
        "Lesion",
    ]


def test_dropped_files_open_images_first(a_window: Any, tmp_path: Path) -> None:
    image, document = a_case()
    seg, ct = tmp_path / "a_seg.nrrd", tmp_path / "ct.nrrd"
    document.group(0).set_label(Label(1, "Dropped"))
    write(document, seg)
    import SimpleITK as sitk

    from MultiLabelSegLib.bridges.sitk import sitk_from_array

    sitk.WriteImage(sitk_from_array(image.array[0], image.geometry), str(ct))
    a_window.open_paths([seg, ct])
    assert a_window.presenter.session.current.name.startswith("a_seg")
    titles = {item.id: item.title for item in a_window.presenter.data.images()}
    assert titles[a_window.presenter.session.image_id].startswith("ct")


def test_two_windows_do_not_disturb_each_other(a_window: Any, views: Any, empty_window: Any) -> None:
    from MultiLabelSegLib.workbench.window_input import ViewInput

    image, document = a_case()
    other = empty_window
    image_id = other.host.add_image(image, "ball")
    other.presenter.data.select_image(image_id)
    other.presenter.session.add_document(document, "other", image_id=image_id)
    other.presenter.labels.activate(4)
    ViewInput(other.canvas).key("P")
    assert (other.presenter.tools.active, a_window.presenter.tools.active) == ("paint", "")
    ViewInput(other.canvas).drag("axial", [(20, 20, 6)])
    first = a_window.presenter.session.document
    assert document.voxels(4) > 0
    assert first.voxels(4) == 0
    views.key("W")
    assert (other.presenter.tools.active, a_window.presenter.tools.active) == ("paint", "wipe")


def test_what_the_program_consists_of_is_spared_and_what_is_dropped_later_is_collected() -> None:
    import gc
    import weakref

    from MultiLabelSegLib.workbench.app import spare_collector

    class Ring:
        def __init__(self) -> None:
            self.itself = self

    before = weakref.ref(Ring())
    try:
        spare_collector()
        assert before() is None
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < gc.get_freeze_count()
        after = weakref.ref(Ring())
        gc.collect()
        assert after() is None
    finally:
        gc.unfreeze()


def test_a_script_that_fails_names_the_action(a_window: Any, tmp_path: Path) -> None:
    from MultiLabelSegLib.workbench.app import play
    from MultiLabelSegLib.workbench.script import read_actions

    with pytest.raises(HostError, match=r"action 2 \(labels.fly\): there is no such action"):
        play(a_window, [{"do": "wait"}, {"do": "labels.fly"}])
    with pytest.raises(HostError, match="no such action"):
        play(a_window, [{"do": "session._numbers"}])
    path = tmp_path / "actions.json"
    for text, message in (("[1", "is no JSON"), ("{}", '"actions"'), ('{"actions": [{"view": 1}]}', "action 1")):
        path.write_text(text)
        with pytest.raises(FormatError, match=message):
            read_actions(path)


def test_the_command_plays_a_script_and_writes_pictures(tmp_path: Path) -> None:
    _, document = a_case()
    seg, script, picture = tmp_path / "seg.nrrd", tmp_path / "actions.json", tmp_path / "out" / "window.png"
    write(document, seg)
    saved = tmp_path / "saved.nrrd"
    actions = [
        {"do": "labels.activate", "value": 2},
        {"do": "tools.toggle", "name": "paint"},
        {"do": "show", "view": "sagittal", "slice": 30},
        {"do": "drag", "view": "sagittal", "points_ijk": [[30, 10, 4], [30, 20, 4]]},
        {"do": "screenshot", "path": str(tmp_path / "step.png")},
        {"do": "files.save_as", "path": str(saved)},
    ]
    script.write_text(json.dumps({"actions": actions}))
    done = mlseg("workbench", str(seg), "--script", str(script), "--screenshot", str(picture), "--size", "900x640")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "step.png").stat().st_size > 10_000
    assert picture.stat().st_size > 10_000
    painted = read(saved).group(0).array[0] != document.group(0).array[0]
    assert painted[4, 10:21, 30].all()


def test_what_is_missing_is_said_in_one_line(tmp_path: Path) -> None:
    done = mlseg("workbench", QT_QPA_PLATFORM="xcb")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "no display" in done.stderr
    done = mlseg("workbench", "--screenshot", str(tmp_path / "x.png"), "--script", str(tmp_path / "none.json"))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert mlseg("workbench", "--size", "huge").returncode == 2


def test_files_that_cannot_be_opened_are_each_said_once(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    (tmp_path / "none.nrrd").touch()
    files = [str(tmp_path / name) for name in ("note.txt", "none.nrrd")]
    done = mlseg("workbench", *files, "--screenshot", str(tmp_path / "x.png"))
    said = [line for line in done.stderr.splitlines() if not line.startswith("This plugin does not support")]
    assert (done.returncode, len(said)) == (1, 1)
    assert all(said[0].count(file) == 1 for file in files)


@pytest.mark.parametrize("name", ["nnunet", "totalsegmentator"])
def test_the_page_of_an_outside_program_is_there_and_asks_for_its_environment(a_window: Any, name: str) -> None:
    tools = a_window.presenter.tools
    tools.toggle(name)
    a_window.settle()
    assert tools.active == name
    tools.leave()
    a_window.settle()
    assert (tools.active, tools.preview) == ("", None)
