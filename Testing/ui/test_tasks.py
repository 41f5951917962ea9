"""The task list in the panel: states, going, saving, accepting, questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.errors import DatasetError, OptionError, ToolError
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.tasks.making import NewTasks
from Testing.ui.panel_cases import geometry, wait_for, write_image


@pytest.fixture
def task_list(tmp_path: Path) -> Path:
    for number in (1, 2, 3):
        write_image(tmp_path / f"image{number}.nrrd", number, geometry())
    tasks = [
        {"Name": name, "Image": f"image{n}.nrrd", "Result": f"results/{n}.nrrd", "LabelName": "Liver"}
        for n, name in enumerate(("First", "Second", "Third"), 1)
    ]
    path = tmp_path / "list.json"
    content = {"FileFormat": "MITK Segmentation Task List", "Version": 1, "Name": "Livers", "Tasks": tasks}
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def host() -> HeadlessHost:
    return HeadlessHost()


@pytest.fixture
def presenter(host: HeadlessHost, task_list: Path) -> Presenter:
    presenter = Presenter(host)
    presenter.tasks.load(task_list)
    return presenter


def test_a_list_shows_its_tasks_and_how_they_stand(presenter: Presenter) -> None:
    items = presenter.tasks.items()

    assert [(item.title, item.state, item.is_current) for item in items] == [
        ("First", "inactive, not done", True),
        ("Second", "inactive, not done", False),
        ("Third", "inactive, not done", False),
    ]
    assert (presenter.tasks.title, presenter.tasks.progress_text()) == ("Livers", "0 of 3 tasks done")
    assert presenter.tasks.find("sec") == (1,)


def test_a_task_opens_with_its_image_and_a_label_of_the_wanted_name(presenter: Presenter, host: HeadlessHost) -> None:
    presenter.keys.run("load_task")
    wait_for(host)

    image = presenter.session.image
    assert image is not None
    assert image.array[0, 0, 0, 0] == 1
    assert [label.name for label in presenter.session.need().document.labels] == ["Liver"]
    assert presenter.tasks.items()[0].state == "active, not done"
    assert (presenter.data.offer(), presenter.session.is_modified) == (None, False)


def test_accepting_saves_the_result_and_opens_the_next_task(
    presenter: Presenter, host: HeadlessHost, task_list: Path
) -> None:
    presenter.tasks.open()
    wait_for(host)
    presenter.labels.rename("l1", "Leber")

    presenter.keys.run("accept_task")
    wait_for(host)

    assert mls.read(task_list.parent / "results" / "1.nrrd").label(1).name == "Leber"
    assert [item.state for item in presenter.tasks.items()[:2]] == ["inactive, done", "active, not done"]
    assert presenter.session.need().name == "Second"
    assert [choice.title for choice in host.images()] == ["Second"]
    assert len(presenter.session.documents) == 1


def test_unfinished_work_is_saved_beside_the_result_and_taken_up_again(
    presenter: Presenter, host: HeadlessHost, task_list: Path
) -> None:
    presenter.tasks.open()
    wait_for(host)
    presenter.labels.add_label("Cyst")
    assert presenter.tasks.items()[0].state == "active, unsaved changes"

    presenter.keys.run("save")
    wait_for(host)
    assert presenter.tasks.items()[0].state == "active, not done, begun"
    assert (task_list.parent / "results" / "1.interim.nrrd").exists()

    again = Presenter(host)
    again.tasks.load(task_list)
    again.tasks.open()
    wait_for(host)
    assert [label.name for label in again.session.need().document.labels] == ["Liver", "Cyst"]


def test_going_on_with_unsaved_changes_asks_and_cancel_stays(presenter: Presenter, host: HeadlessHost) -> None:
    presenter.tasks.open()
    wait_for(host)
    presenter.labels.add_label("Cyst")
    presenter.keys.run("next_task")
    presenter.tasks.open()
    wait_for(host)

    question = presenter.tasks.question()
    assert question is not None
    assert question.answers == ("save", "discard", "cancel")
    with pytest.raises(OptionError, match="answer"):
        presenter.tasks.answer("perhaps")
    presenter.tasks.answer("cancel")
    assert (presenter.session.need().name, presenter.tasks.question()) == ("First", None)

    presenter.tasks.open()
    wait_for(host)
    presenter.tasks.answer("save")
    wait_for(host)
    assert presenter.session.need().name == "Second"
    assert presenter.tasks.items()[0].has_interim


def test_changes_made_while_the_result_is_saved_stay_unsaved(presenter: Presenter, host: HeadlessHost) -> None:
    presenter.tasks.open()
    wait_for(host)
    work = presenter.tasks.save_interim()
    presenter.labels.add_label("late")
    while not work.is_done:
        host.pump()

    assert presenter.tasks.items()[0].is_modified
    assert presenter.tasks.is_modified


def test_the_saved_result_is_the_document_as_it_was_when_saving_began(
    presenter: Presenter, host: HeadlessHost, task_list: Path
) -> None:
    presenter.tasks.open()
    wait_for(host)
    for round_ in range(8):
        before = [label.name for label in presenter.session.need().document.labels]
        work = presenter.tasks.save_final(overwrite=True)
        presenter.labels.add_label(f"late {round_}")
        while not work.is_done:
            host.pump()
        saved = mls.read(task_list.parent / "results" / "1.nrrd")
        assert [label.name for label in saved.labels] == before


def test_a_task_that_is_changed_while_it_is_accepted_stays_open(presenter: Presenter, host: HeadlessHost) -> None:
    presenter.tasks.open()
    wait_for(host)
    document = presenter.session.need().document
    presenter.tasks.accept()
    presenter.labels.add_label("late")
    wait_for(host)

    assert presenter.session.need().document is document
    assert presenter.tasks.is_modified
    presenter.tasks.accept(overwrite=True)
    wait_for(host)
    assert presenter.session.need().document is not document


def test_a_task_that_is_changed_while_another_is_opened_is_not_lost(presenter: Presenter, host: HeadlessHost) -> None:
    presenter.tasks.open()
    wait_for(host)
    opened = presenter.session.need()
    presenter.tasks.go("next")
    presenter.tasks.open()
    presenter.labels.add_label("late")
    wait_for(host)

    assert presenter.session.need() is not opened
    kept = [other for other in presenter.session.documents if other is opened]
    assert len(kept) == 1
    assert kept[0].is_modified
    assert "late" in [label.name for label in kept[0].document.labels]


def test_an_image_of_several_frames_asks_static_or_dynamic(tmp_path: Path, host: HeadlessHost) -> None:
    write_image(tmp_path / "i.nii.gz", 1, geometry(2))
    path = tmp_path / "l.json"
    tasks = [{"Image": "i.nii.gz", "Result": "r.nrrd"}]
    path.write_text(json.dumps({"FileFormat": "MITK Segmentation Task List", "Version": 1, "Tasks": tasks}))
    presenter = Presenter(host)
    presenter.tasks.load(path)
    presenter.tasks.open()
    wait_for(host)

    question = presenter.tasks.question()
    assert question is not None
    assert question.answers == ("static", "dynamic", "cancel")
    presenter.tasks.answer("dynamic")
    wait_for(host)
    assert presenter.session.need().document.geometry.time_steps == 2


def test_the_list_of_names_of_a_task_asks_for_names(tmp_path: Path, host: HeadlessHost) -> None:
    write_image(tmp_path / "i.nrrd", 1, geometry())
    (tmp_path / "names.json").write_text('[{"name": "Zyste", "color": "#00ff00"}]')
    tasks = [{"Image": "i.nrrd", "Result": "r.nrrd", "LabelNameSuggestions": "names.json"}]
    path = tmp_path / "l.json"
    path.write_text(json.dumps({"FileFormat": "MITK Segmentation Task List", "Version": 1, "Tasks": tasks}))
    presenter = Presenter(host)
    presenter.tasks.load(path)
    assert not presenter.labels.asks_names
    presenter.tasks.open()
    wait_for(host)

    assert presenter.labels.asks_names
    assert [item.name for item in presenter.labels.suggestions("")] == ["Zyste"]
    presenter.tasks.close()
    wait_for(host)
    assert not presenter.labels.asks_names


def test_without_a_list_or_an_open_task_it_is_said() -> None:
    presenter = Presenter(HeadlessHost())

    with pytest.raises(ToolError, match="load one first"):
        presenter.tasks.accept()


def test_saving_needs_an_open_task(presenter: Presenter) -> None:
    with pytest.raises(DatasetError, match="no task is open"):
        presenter.tasks.save_interim()


def test_a_list_is_made_of_images_and_loaded(tmp_path: Path, host: HeadlessHost) -> None:
    (tmp_path / "a").mkdir()
    for folder in (tmp_path, tmp_path / "a"):
        write_image(folder / "ct.nii.gz", 1, geometry())
    presenter = Presenter(host)

    images = [tmp_path / "ct.nii.gz", tmp_path / "a" / "ct.nii.gz"]
    presenter.tasks.create(tmp_path / "new.json", images, NewTasks("Two", label_name="Liver"))

    stored = json.loads((tmp_path / "new.json").read_text())
    assert (stored["FileFormat"], stored["Version"], stored["Name"]) == ("MITK Segmentation Task List", 1, "Two")
    assert [task["Image"] for task in stored["Tasks"]] == ["ct.nii.gz", "a/ct.nii.gz"]
    assert [item.title for item in presenter.tasks.items()] == ["ct", "ct-2"]
    presenter.tasks.open(1)
    wait_for(host)
    assert [label.name for label in presenter.session.need().document.labels] == ["Liver"]
    with pytest.raises(DatasetError, match="no images"):
        presenter.tasks.create(tmp_path / "none.json", [])


# ---- colours ---------------------------------------------------------------------------------------------------------
def write_picture(path: Path, red: int, green: int, blue: int, opacity: int | None = None) -> None:
    from PIL import Image as Picture

    mode, color = ("RGB", (red, green, blue)) if opacity is None else ("RGBA", (red, green, blue, opacity))
    Picture.new(mode, (5, 4), color).save(path)


@pytest.fixture
def pictures(tmp_path: Path, host: HeadlessHost) -> Presenter:
    """A list of two pictures in colours, one that is transparent too, and one of grey."""
    write_picture(tmp_path / "a.png", 10, 20, 30)
    write_picture(tmp_path / "b.png", 11, 21, 31)
    write_picture(tmp_path / "c.png", 12, 22, 32, 200)
    presenter = Presenter(host)
    presenter.tasks.create(tmp_path / "list.json", [tmp_path / f"{name}.png" for name in "abc"])
    return presenter


def test_of_a_task_in_colours_a_channel_is_asked_for_and_nothing_is_opened_before(
    pictures: Presenter, host: HeadlessHost
) -> None:
    pictures.tasks.open()
    wait_for(host)
    question = pictures.tasks.question()
    assert question is not None
    assert question.text == "Each voxel of a holds 3 numbers. Tools work on one of them: which?"
    assert question.answers == ("red", "green", "blue", "cancel")
    assert pictures.session.current is None

    pictures.tasks.answer("green")
    wait_for(host)
    assert pictures.session.image is not None
    assert pictures.session.image.array.max() == 20
    assert pictures.tasks.question() is None
    assert any("a has colours; tools see its channel 'green'" in message.text for message in host.messages)


def test_the_channel_is_remembered_for_the_next_tasks_of_the_list_and_said(
    pictures: Presenter, host: HeadlessHost
) -> None:
    pictures.tasks.open()
    wait_for(host)
    pictures.tasks.answer("green")
    wait_for(host)
    for index, value in ((1, 21), (2, 22)):
        pictures.tasks.open(index)
        wait_for(host)
        assert pictures.session.image is not None
        assert pictures.session.image.array.max() == value
        assert pictures.tasks.question() is None
    assert sum("tools see its channel 'green'" in message.text for message in host.messages) == 3


def test_a_channel_that_the_next_picture_has_not_is_asked_for_again(pictures: Presenter, host: HeadlessHost) -> None:
    pictures.tasks.open(2)
    wait_for(host)
    pictures.tasks.answer("opacity")
    wait_for(host)
    pictures.tasks.open(0)
    wait_for(host)
    question = pictures.tasks.question()
    assert question is not None
    assert question.answers == ("red", "green", "blue", "cancel")
    assert pictures.session.need().name == "c"  # the task that is open stays open meanwhile

    assert pictures.tasks.answer("cancel") is None
    assert pictures.session.need().name == "c"


def test_a_list_that_is_loaded_anew_asks_again(pictures: Presenter, host: HeadlessHost, tmp_path: Path) -> None:
    pictures.tasks.open()
    wait_for(host)
    pictures.tasks.answer("red")
    wait_for(host)
    pictures.tasks.load(tmp_path / "list.json")
    pictures.tasks.open()
    wait_for(host)
    assert pictures.tasks.question() is not None


def test_a_channel_is_asked_for_after_accepting_as_well(host: HeadlessHost, tmp_path: Path) -> None:
    write_image(tmp_path / "grey.nrrd", 3, geometry())
    write_picture(tmp_path / "b.png", 11, 21, 31)
    presenter = Presenter(host)
    presenter.tasks.create(tmp_path / "list.json", [tmp_path / "grey.nrrd", tmp_path / "b.png"])
    presenter.tasks.open()
    wait_for(host)
    presenter.tasks.accept()
    wait_for(host)
    assert presenter.tasks.question() is not None
    presenter.tasks.answer("blue")
    wait_for(host)
    assert presenter.session.need().name == "b"
    assert presenter.session.image is not None
    assert presenter.session.image.array.max() == 31
