"""MITK's task lists: read, written, and worked through without losing anybody's work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.datasets.task_list import TaskList, interim_candidates, interim_path
from MultiLabelSegLib.datasets.task_list_json import is_task_list, parse_task_list, read_task_list, write_task_list
from MultiLabelSegLib.datasets.task_list_opening import OpenedTask, preferences_for
from MultiLabelSegLib.datasets.task_list_session import Question, TaskSession
from MultiLabelSegLib.edit import Command, History, VoxelPatch
from MultiLabelSegLib.errors import CorruptFileError, DatasetError, FormatError, OptionError, UnsupportedFormatError
from MultiLabelSegLib.presets.preferences import Preferences
from Testing.datasets.task_list_cases import (
    SHAPE,
    a_scene,
    a_segmentation,
    an_image,
    tasks_json,
    three_tasks,
    write_list,
)


@pytest.fixture
def session(tmp_path: Path) -> TaskSession:
    return TaskSession(read_task_list(three_tasks(tmp_path)))


def opened(step: object) -> OpenedTask:
    assert isinstance(step, OpenedTask), step
    return step


def edit(task: OpenedTask, k: int = 0) -> None:
    box = Box((k, 0, 0), (k + 1, *SHAPE[1:]))
    value = task.segmentation.values[0]
    History(task.segmentation).do(Command("Paint", (VoxelPatch.of_array(0, 0, box, value),)))


# ---- the file ---------------------------------------------------------------------------------------------------
def test_a_list_is_read_with_its_defaults_and_paths_relative_to_it(tmp_path: Path) -> None:
    tasks = read_task_list(three_tasks(tmp_path))
    assert (tasks.title, len(tasks.tasks), tasks.minimum_version) == ("Abdomen", 3, 1)
    liver, spleen = tasks.task(0), tasks.task(2)
    assert (liver.label_name, liver.image, liver.description) == ("My liver", "images/ct.nrrd", "all organs")
    assert tasks.result_path(0) == tmp_path / "results" / "liver.seg.nrrd"
    assert [tasks.title_of(index) for index in range(3)] == ["Liver", "Kidneys", "Task 3"]
    assert spleen.extra == {"Note": {"by": "us"}}
    assert tasks.resolve("a\\b.nrrd") == tmp_path / "a" / "b.nrrd"


def test_a_task_overrides_the_defaults_also_with_false(tmp_path: Path) -> None:
    an_image(tmp_path / "a.nrrd", 2)
    data = tasks_json({"Result": "r.nrrd", "Dynamic": False}, Defaults={"Image": "a.nrrd", "Dynamic": True})
    assert read_task_list(write_list(tmp_path, data)).task(0).dynamic is False


def test_unknown_keys_and_everything_else_survive_writing(tmp_path: Path) -> None:
    path = three_tasks(tmp_path)
    tasks = read_task_list(path)
    before = json.loads(path.read_text())
    with pytest.raises(FormatError, match="exists already"):
        write_task_list(tasks)
    write_task_list(tasks, overwrite=True)
    assert json.loads(path.read_text()) == before
    assert read_task_list(path) == tasks


@pytest.mark.parametrize(
    ("more", "version"),
    [
        ({"Image": "a.nrrd"}, 1),
        ({"Image": "a.nrrd", "Form": {"Path": "f.json", "Result": "f.csv", "x": 1}}, 2),
        ({"Scene": {"Path": "s.mitk", "Image": "CT"}}, 3),
        (
            {
                "Scene": {"Path": "s.mitk", "Image": "CT", "Segmentation": "s", "y": 2},
                "Form": {"Path": "f", "Result": "g"},
            },
            3,
        ),
    ],
)
def test_the_lowest_version_that_holds_it_is_written(tmp_path: Path, more: dict[str, Any], version: int) -> None:
    text = json.dumps(tasks_json({"Result": "r.nrrd", **more}, version=3))
    tasks = parse_task_list(text, tmp_path / "tasks.json")
    write_task_list(tasks)
    written = json.loads((tmp_path / "tasks.json").read_text())
    assert written == json.loads(text) | {"Version": version}


def test_a_list_without_tasks_is_read_but_neither_written_nor_worked_through(tmp_path: Path) -> None:
    tasks = read_task_list(write_list(tmp_path, tasks_json()))
    assert tasks.tasks == ()
    with pytest.raises(CorruptFileError, match="Tasks: found none, expected one task at least"):
        write_task_list(TaskList(tmp_path / "new.json", ()))
    assert not (tmp_path / "new.json").exists()
    with pytest.raises(DatasetError, match="found none"):
        TaskSession(tasks)


FINE = {"Image": "a.nrrd", "Result": "r.nrrd"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("{", "is no JSON"),
        ([], r"FileFormat: found \[\], expected 'MITK Segmentation Task List'"),
        ({"FileFormat": "x"}, "FileFormat: found 'x'"),
        (tasks_json(version=4), "Version: found 4, expected 1, 2 or 3"),
        (tasks_json(version=True), "Version: found True"),
        (tasks_json() | {"Tasks": {}}, "Tasks: found {}, expected an array"),
        (tasks_json(5), "task 1: found 5, expected an object"),
        (tasks_json(FINE, {"Image": 5, "Result": "s.nrrd"}), "task 2: Image: found 5, expected the path of a file"),
        (tasks_json({**FINE, "Image": " "}), "task 1: Image: found ' '"),
        (tasks_json({**FINE, "Image": "a\0b"}), "task 1: Image: found 'a.x00b'"),
        (tasks_json({**FINE, "Name": None}), "task 1: Name: found nothing, expected text"),
        (tasks_json({**FINE, "Dynamic": 1}), "task 1: Dynamic: found 1, expected true or false"),
        (tasks_json({"Image": "a.nrrd"}), "task 1: Result: found nothing"),
        (tasks_json({"Result": "r.nrrd"}), "task 1: Image: found neither"),
        (tasks_json({"Result": "r.nrrd"}, version=3), "task 1: Image or Scene: found neither"),
        (
            tasks_json({"Result": "r", "Scene": {"Path": "a.nrrd", "Image": "n"}}),
            "Scene, which version 1 does not know",
        ),
        (tasks_json({**FINE, "Scene": {"Path": "a.nrrd", "Image": "n"}}, version=3), "both Image and Scene"),
        (tasks_json({**FINE, "Form": "f"}, version=2), "task 1: Form: found 'f', expected an object"),
        (tasks_json({**FINE, "Form": {"Path": "f"}}, version=2), "task 1: Form: found .* expected Path and Result"),
        (tasks_json(FINE, Defaults={"Result": "r.nrrd"}), "Defaults: Result: found 'r.nrrd', expected none"),
        (tasks_json(FINE, Name=3), "Name: found 3, expected text"),
        (tasks_json(FINE, FINE), "task 2: Result: found 'r.nrrd', which is that of task 1; expected a file of its own"),
        (tasks_json(FINE, {**FINE, "Result": "x/../r.interim.nrrd"}), "task 2: Result: .* that of task 1"),
        (tasks_json({**FINE, "Result": "a.nrrd"}), "task 1: Result: found 'a.nrrd', which is Image of task 1"),
        (tasks_json({**FINE, "Result": "tasks.json"}), "found 'tasks.json', which is the task list itself"),
        (tasks_json({**FINE, "Image": "b.nrrd"}), "task 1: Image: found 'b.nrrd', which does not exist"),
        (
            tasks_json({"Result": "r", "Scene": {"Path": "b", "Image": "n"}}, version=3),
            "task 1: Scene: found 'b', which",
        ),
        (tasks_json({**FINE, "Form": {"Path": "b", "Result": "c"}}, version=2), "task 1: Form: found 'b', which"),
        (
            tasks_json({**FINE, "Result": "../r.nrrd"}),
            "task 1: Result: found '../r.nrrd', expected a file in the list's",
        ),
        (tasks_json({**FINE, "Form": {"Path": "a.nrrd", "Result": "../c"}}, version=2), "task 1: Form.Result: found"),
    ],
)
def test_what_is_wrong_is_refused_with_file_task_field_found_and_expected(tmp_path: Path, data: Any, says: str) -> None:
    an_image(tmp_path / "a.nrrd")
    path = write_list(tmp_path, data)
    with pytest.raises(FormatError, match=says) as told:
        read_task_list(path)
    assert told.value.path == str(path)


def test_results_may_lie_elsewhere_on_request_and_images_always(tmp_path: Path) -> None:
    image = an_image(tmp_path / "images" / "a.nrrd")
    (tmp_path / "list").mkdir()
    data = tasks_json(
        {"Image": "../images/a.nrrd", "Result": "../out/r.nrrd"}, {"Image": str(image), "Result": "s.nrrd"}
    )
    path = write_list(tmp_path / "list", data)
    session = TaskSession(read_task_list(path, allow_outside=True))
    opened(session.open(0))
    session.save_final()
    assert (tmp_path / "out" / "r.nrrd").is_file()
    assert opened(session.open(1)).image.geometry.shape == SHAPE


def test_task_lists_are_told_from_other_files(tmp_path: Path) -> None:
    assert is_task_list(write_list(tmp_path, tasks_json(version=9)))
    assert not is_task_list(write_list(tmp_path, {"a": 1}))
    (tmp_path / "x.json").write_bytes(b"\xff\xfe")
    assert not is_task_list(tmp_path / "x.json")
    with pytest.raises(UnsupportedFormatError, match="no UTF-8 text"):
        read_task_list(tmp_path / "x.json")
    with pytest.raises(FormatError, match="no such file"):
        read_task_list(tmp_path / "nowhere.json")


def test_the_list_of_the_page_about_task_lists_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "task-lists.md").read_text("utf-8")
    tasks = parse_task_list(page.split("```json\n")[1].split("```")[0], tmp_path / "tasks.json")
    assert [tasks.title_of(index) for index in range(3)] == ["Liver", "Kidneys", "Spleen"]
    assert {tasks.task(index).image for index in range(3)} == {"images/ct.nrrd"}


# ---- names of interim files -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("result", "interim"),
    [
        ("liver.nrrd", "liver.interim.nrrd"),
        ("liver.seg.nrrd", "liver.interim.seg.nrrd"),
        ("a.b.NII.GZ", "a.b.interim.NII.GZ"),
        ("liver.odd", "liver.interim.odd"),
    ],
)
def test_interim_files_keep_the_whole_suffix(result: str, interim: str) -> None:
    assert interim_path(Path("r") / result) == Path("r") / interim


def test_the_interim_files_of_mitk_itself_are_found_too() -> None:
    assert [path.name for path in interim_candidates(Path("a.seg.nrrd"))] == [
        "a.interim.seg.nrrd",
        "a.seg.interim.nrrd",
    ]


# ---- the session ------------------------------------------------------------------------------------------------
def test_new_segmentations_have_the_labels_that_the_task_says(session: TaskSession) -> None:
    liver = opened(session.open())
    assert (liver.source, [label.name for label in liver.segmentation.labels]) == ("new", ["My liver"])
    assert liver.suggestions == session.tasks.path.parent / "pre" / "names.json"
    kidneys = opened(session.open(1))
    assert (kidneys.source, [label.name for label in kidneys.segmentation.labels]) == ("new", ["from preset"])
    assert not kidneys.segmentation.groups[0].array.any()
    spleen = opened(session.open(2))
    assert (spleen.source, spleen.segmentation.labels[0].name) == ("segmentation", "first idea")
    assert spleen.mismatch == ()


def test_the_work_is_taken_up_where_it_stands(session: TaskSession) -> None:
    task = opened(session.open(2))
    edit(task)
    assert session.save_interim().name == "spleen.interim.nii.gz"
    session.close()
    again = opened(session.open(2))
    assert (again.source, again.segmentation.voxels(1)) == ("interim", 40)
    edit(again, 2)
    assert session.save_final().name == "spleen.nii.gz"
    session.close()
    left = sorted(path.name for path in (session.tasks.path.parent / "results").iterdir())
    assert "spleen.nii.gz" in left
    assert not any("interim" in name for name in left)
    final = opened(session.open(2))
    assert (final.source, final.segmentation.voxels(1), final.segmentation.labels[0].name) == (
        "result",
        60,
        "first idea",
    )


def test_interim_saves_the_result_where_there_is_one(session: TaskSession) -> None:
    task = opened(session.open(1))
    session.save_final()
    edit(task)
    assert session.save_interim() == session.tasks.result_path(1)
    assert mls.read(session.tasks.result_path(1)).voxels(1) == 20
    assert not interim_path(session.tasks.result_path(1)).exists()


def test_states_tell_active_done_begun_and_unsaved(session: TaskSession) -> None:
    told: list[int] = []
    session.changed.connect(lambda: told.append(1))
    assert [state.text for state in session.states()] == ["inactive, not done"] * 3
    task = opened(session.open(0))
    assert session.state(0).text == "active, not done"
    before = len(told)
    edit(task)
    edit(task, 1)
    assert len(told) == before + 1
    assert session.state(0).text == "active, unsaved changes"
    session.save_interim()
    assert session.state(0).text == "active, not done, begun"
    session.save_final()
    assert session.state(0).text == "active, done"
    session.close()
    assert session.state(0).text == "inactive, done"
    assert session.active is None


def test_unsaved_changes_are_asked_about_before_anything_is_lost(session: TaskSession) -> None:
    task = opened(session.open(0))
    edit(task)
    question = session.open(1)
    assert isinstance(question, Question)
    assert (question.kind, question.answers) == ("unsaved", ("save", "discard", "cancel"))
    assert question.answer("cancel") is None
    assert session.active is task
    assert session.has_unsaved_changes
    with pytest.raises(OptionError):
        question.answer("maybe")
    assert opened(question.answer("save")).index == 1
    assert mls.read(interim_path(session.tasks.result_path(0))).voxels(1) == 20
    edit(opened(session.open(0)), 1)
    question = session.close()
    assert isinstance(question, Question)
    assert question.answer("discard") is None
    assert session.active is None
    assert mls.read(interim_path(session.tasks.result_path(0))).voxels(1) == 20


def test_accepting_saves_and_goes_to_the_next_undone_task_around_the_end(session: TaskSession) -> None:
    opened(session.open(1))
    assert opened(session.accept()).index == 2
    assert session.is_done(1)
    assert opened(session.accept()).index == 0
    assert session.accept() is None
    assert all(state.is_done for state in session.states())
    assert session.active is not None
    assert session.active.index == 0


def test_neighbours_and_finding(session: TaskSession) -> None:
    assert session.neighbour("previous") is None
    assert session.go("next") == 1
    opened(session.open())
    session.save_final()
    session.go_to(0)
    assert session.neighbour("next") == 1
    assert session.neighbour("next undone") == 2
    assert session.neighbour("previous undone") == 2
    assert session.go("previous") is None
    assert session.current == 0
    assert (session.find("3"), session.find("kid"), session.find("LIVER"), session.find("x")) == ((2,), (1,), (0,), ())
    with pytest.raises(DatasetError, match="there is no task 9; there are 3"):
        session.open(8)
    with pytest.raises(OptionError):
        session.neighbour("up")  # type: ignore[arg-type]


def test_what_somebody_else_wrote_meanwhile_is_not_replaced_unasked(session: TaskSession) -> None:
    task = opened(session.open(1))
    edit(task)
    result = session.tasks.result_path(1)
    result.parent.mkdir()
    mls.write(a_segmentation("theirs"), result)
    for save in (session.save_final, session.save_interim, session.accept):
        with pytest.raises(FormatError, match="was made by somebody else"):
            save()
    assert mls.read(result).labels[0].name == "theirs"
    assert session.has_unsaved_changes
    session.save_final(overwrite=True)
    assert mls.read(result).labels[0].name == "from preset"


def test_side_files_of_a_result_never_replace_what_is_not_its_own(tmp_path: Path) -> None:
    an_image(tmp_path / "ct.nrrd")
    data = tasks_json(
        {"Image": "ct.nrrd", "Result": "out/a.nii.gz"},
        {"Image": "ct.nrrd", "Result": "out/b.nii.gz", "Preset": "out/b.label.txt"},
    )
    session = TaskSession(read_task_list(write_list(tmp_path, data)))
    for index, says in ((0, "exists already, and would be written beside"), (1, "but is Preset of task 2")):
        side = session.tasks.result_path(index).with_name(f"{'ab'[index]}.label.txt")
        side.parent.mkdir(exist_ok=True)
        side.write_text("mine")
        opened(session.open(index))
        with pytest.raises(FormatError, match=says):
            session.save_final()
        assert side.read_text() == "mine"
        assert not session.is_done(index)


def test_a_task_that_cannot_be_read_leaves_the_open_one_open(session: TaskSession) -> None:
    task = opened(session.open(0))
    session.tasks.resolve("pre/spleen.nrrd").unlink()
    with pytest.raises(DatasetError, match="task 3: Segmentation: found 'pre/spleen.nrrd', which does not exist"):
        session.open(2)
    assert session.active is task
    assert session.current == 0
    session.tasks.resolve("images/ct.nrrd").write_bytes(b"NRRD")
    with pytest.raises(FormatError):
        session.open(1)
    assert session.active is task


def test_a_preset_that_cannot_be_read_is_told_and_one_label_stands_in(session: TaskSession) -> None:
    session.tasks.resolve("pre/kidneys.nrrd").write_text("no preset")
    task = opened(session.open(1))
    assert [label.name for label in task.segmentation.labels] == ["Label 1"]
    assert "task 2: Preset" in str(session.report.left_out[0])


@pytest.mark.parametrize(("said", "frames"), [(True, 3), (False, 1)])
def test_the_task_decides_between_static_and_dynamic(tmp_path: Path, said: bool, frames: int) -> None:
    an_image(tmp_path / "us.nrrd", 3)
    data = tasks_json({"Image": "us.nrrd", "Result": "r.nrrd", "Dynamic": said})
    task = opened(TaskSession(read_task_list(write_list(tmp_path, data))).open())
    assert task.segmentation.geometry.time_steps == frames


def test_without_a_word_about_time_the_user_is_asked(tmp_path: Path) -> None:
    an_image(tmp_path / "us.nrrd", 3)
    session = TaskSession(read_task_list(write_list(tmp_path, tasks_json({"Image": "us.nrrd", "Result": "r.nrrd"}))))
    question = session.open()
    assert isinstance(question, Question)
    assert (question.kind, question.answers) == ("dynamic", ("static", "dynamic", "cancel"))
    assert question.answer("cancel") is None
    assert session.active is None
    geometry = opened(question.answer("static")).segmentation.geometry
    assert geometry.time_steps == 1
    assert session.active is not None
    image = session.active.image.geometry
    assert geometry.bounds == (image.bounds[0], image.bounds[-1])  # one frame for all of the time
    session.close()
    assert opened(question.answer("dynamic")).segmentation.geometry.full_shape == (3, *SHAPE)


def test_a_scene_gives_image_and_segmentation(tmp_path: Path) -> None:
    image = an_image(tmp_path / "ct.nrrd")
    mls.write(a_segmentation("in scene"), tmp_path / "seg.nrrd")
    nodes = {"CT": ("Image", image), "Idea": ("MultiLabelSegmentation", tmp_path / "seg.nrrd")}
    a_scene(tmp_path / "s.mitk", tmp_path, nodes)
    with_both = {"Path": "s.mitk", "Image": "CT", "Segmentation": "Idea"}
    data = tasks_json(
        {"Scene": with_both, "Result": "a.nrrd"},
        {"Scene": {"Path": "s.mitk", "Image": "CT"}, "Result": "b.nrrd"},
        {"Scene": {"Path": "s.mitk", "Image": "MR"}, "Result": "c.nrrd"},
        version=3,
    )
    session = TaskSession(read_task_list(write_list(tmp_path, data)))
    first = opened(session.open(0))
    assert (first.source, first.segmentation.labels[0].name) == ("scene", "in scene")
    assert np.array_equal(first.image.array, mls.formats.image_io.read_image(image).array)
    assert opened(session.open(1)).source == "new"
    with pytest.raises(FormatError, match="0 nodes are named 'MR', expected one; there are 'CT', 'Idea'"):
        session.open(2)
    whole = (tmp_path / "s.mitk").read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "s.mitk").write_bytes(whole[:cut])
        with pytest.raises(FormatError, match=r"s\.mitk"):
            session.open(0)


def test_suggestions_of_a_task_set_the_preferences_and_none_reset_them(session: TaskSession) -> None:
    liver = opened(session.open(0))
    asked = preferences_for(Preferences(suggest_once=False), liver)
    assert (asked.default_label_naming, asked.suggestions_file) == (False, str(liver.suggestions))
    assert (asked.replace_standard_suggestions, asked.suggest_once) == (True, True)
    plain = preferences_for(asked, opened(session.open(1)))
    assert (plain.default_label_naming, plain.suggestions_file) == (True, "")


def test_a_segmentation_on_another_grid_is_told(session: TaskSession) -> None:
    other = mls.Segmentation(mls.Geometry.from_parts((2, 2, 2)), [mls.Group(np.ones((2, 2, 2), np.uint8))])
    mls.write(other, session.tasks.resolve("pre/spleen.nrrd"), overwrite=True)
    assert any("size" in line for line in opened(session.open(2)).mismatch)
