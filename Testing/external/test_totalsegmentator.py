"""TotalSegmentator: its package read by names, its program called with the real options, its licence kept secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Image, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import DatasetError, ExternalToolError, OptionError, ToolError
from MultiLabelSegLib.external.cache import ResultCache
from MultiLabelSegLib.external.environments import Environment, environment_at
from MultiLabelSegLib.external.proposals import (
    Answer,
    AnswerLabel,
    AnswerLayer,
    LabelMap,
    preview_of,
    propose_with,
    request_of,
)
from MultiLabelSegLib.external.totalsegmentator import TaskInfo, TotalOptions, predictor_of, read_package
from MultiLabelSegLib.external.totalsegmentator.licence import VARIABLE, given_key, settings_with
from MultiLabelSegLib.external.totalsegmentator.plain_python import constants_of
from MultiLabelSegLib.external.totalsegmentator.predicting import read_result
from MultiLabelSegLib.formats.image_io import read_label_array
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.tools.base import Preview, Scene
from MultiLabelSegLib.tools.confirm import confirm
from Testing.external import fake_totalsegmentator
from Testing.external.conftest import GRID
from Testing.external.fake_environment import add_program, an_environment
from Testing.external.help_text import golden_options, options_of
from Testing.external.totalsegmentator_files import write_package

KEY = "aca_12345678901234"
REAL_RESULT = Path(__file__).resolve().parents[1] / "golden" / "totalsegmentator"
Calls = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    folder = an_environment(tmp_path / "env", {"totalsegmentator": "2.18.0"})
    write_package(folder)
    add_program(folder, "TotalSegmentator", Path(fake_totalsegmentator.__file__))
    return environment_at(folder)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    path = tmp_path / "calls.jsonl"
    monkeypatch.setenv("FAKE_CALLS", str(path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in (VARIABLE, "TOTALSEG_HOME_DIR", "TOTALSEG_WEIGHTS_PATH"):
        monkeypatch.delenv(name, raising=False)
    return lambda: [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def image() -> Image:
    array = np.zeros(GRID.full_shape, np.int16)
    array[0, 0, 0, :4] = (1, 2, 3, 9)
    return Image(array, GRID)


def find(environment: Environment, tmp_path: Path, image: Image, *tasks: str, **options: Any) -> Preview:
    about = TotalOptions(**{"device": "cpu", "use_cache": False, **options})
    predictor = predictor_of(environment, tasks or ("total",), about, ResultCache(tmp_path / "cache"))
    scene = Scene(Segmentation(GRID), image)
    return propose_with(predictor, scene, request_of(scene))


def test_the_fake_takes_the_options_of_the_real_program() -> None:
    assert options_of(fake_totalsegmentator.parser().format_help()) == golden_options("TotalSegmentator")


def test_tasks_classes_licences_codes_and_colours_come_from_the_package(environment: Environment) -> None:
    package = read_package(environment)
    assert package.version == "2.18.0"
    assert list(package.tasks) == ["total", "total_v3", "body", "tissue_types"]
    assert package.task("total_v3").classes[5] == "liver_new"
    assert package.task("total").classes[5] == "liver"
    assert [task.name for task in package.tasks.values() if task.licensed] == ["tissue_types"]
    assert package.looks["spleen"].color == (50 / 255, 170 / 255, 60 / 255)
    assert package.looks["kidney_left"].color is None
    assert package.looks["kidney_left"].properties["segmented_property_type.modifier.[0].meaning"] == "Left"
    with pytest.raises(OptionError, match="task: 'lungs'.*total, total_v3, body"):
        package.task("lungs")


def test_an_older_package_without_registry_and_colours_is_read_too(tmp_path: Path) -> None:
    folder = an_environment(tmp_path / "env", {"TotalSegmentator": "2.1.0"})
    write_package(folder, old=True)
    package = read_package(environment_at(folder))
    assert list(package.tasks) == ["total", "body", "tissue_types"]
    assert package.looks["spleen"].color is None
    assert package.looks["spleen"].properties["segmented_property_type.value"] == "78961009"


def test_files_that_are_not_what_they_were_are_named(tmp_path: Path) -> None:
    folder = an_environment(tmp_path / "env", {"TotalSegmentator": "9.0"})
    package = write_package(folder)
    (package / "map_to_binary.py").write_text("class_map = load()\n")
    with pytest.raises(DatasetError, match=r"map_to_binary\.py: class_map: expected classes by.*line 1 computes it"):
        read_package(environment_at(folder))
    (package / "map_to_binary.py").write_text("class_map = {")
    with pytest.raises(DatasetError, match="is no Python"):
        read_package(environment_at(folder))


def test_parsing_a_python_file_runs_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = {'a': 1}\ny = x.copy()\ny['b'] = 2\nz = open('made', 'w')\nx['c'] = print(1)\n")
    found = constants_of(path)
    assert found.values == {"x": {"a": 1}, "y": {"a": 1, "b": 2}}
    assert found.computed == {"z": 4, "x['c']": 5}
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("then", "values"),
    [
        ("x = f()", {}),
        ("x['a'] = f()", {"x": {"b": 2}}),
        ("x[f()] = 1", {}),
        ("x[[]] = 1", {}),
        ("x = f()\nx = 3", {"x": 3}),
    ],
)
def test_what_is_computed_afterwards_is_not_what_it_was_before(
    tmp_path: Path, then: str, values: dict[str, object]
) -> None:
    path = tmp_path / "a.py"
    path.write_text(f"x = {{'a': 1, 'b': 2}}\n{then}\n")
    assert constants_of(path).values == values


def test_a_package_that_computes_its_classes_says_where(environment: Environment) -> None:
    path = environment.site_packages()[0] / "totalsegmentator" / "map_to_binary.py"
    path.write_text("import os\nclass_map = dict(os.environ)\n")
    with pytest.raises(DatasetError, match=f"{path}: class_map: expected classes by task; line 2 computes it"):
        read_package(environment)
    path.write_text("tasks = {}\n")
    with pytest.raises(DatasetError, match="expected classes by task; there is none"):
        read_package(environment)


def test_a_task_becomes_one_group_with_names_codes_and_colours(
    environment: Environment, tmp_path: Path, calls: Calls, image: Image
) -> None:
    document = Segmentation(GRID)
    scene = Scene(document, image)
    History(document).do(confirm(scene, find(environment, tmp_path, image)).command)
    (group,) = document.groups
    assert group.name == "TotalSegmentator total"
    assert [(label.value, label.name) for label in group.labels] == [
        (1, "spleen"),
        (2, "kidney_right"),
        (3, "kidney_left"),
        (5, "liver"),
    ]
    assert group.array[0, 0, 0].tolist() == [1, 2, 3, 0, 0]
    assert document["spleen"].color_bytes == (50, 170, 60)
    assert document["spleen"].properties["segmented_property_type.value"] == "78961009"
    (call,) = calls()
    assert "--ml" in call["arguments"]
    assert call["arguments"][call["arguments"].index("--device") + 1] == "cpu"
    assert (call["gpu"], call["licence"]) == ("-1", "")


def test_overlapping_tasks_become_groups_of_their_own(
    environment: Environment, tmp_path: Path, calls: Calls, image: Image
) -> None:
    document = Segmentation(GRID)
    scene = Scene(document, image)
    History(document).do(confirm(scene, find(environment, tmp_path, image, "total", "body")).command)
    assert [group.name for group in document.groups] == ["TotalSegmentator total", "TotalSegmentator body"]
    assert document.mask("spleen")[0, 0, 0, 0]
    assert document.mask("body_trunc")[0, 0, 0, 0]
    assert len(set(document.values)) == 6


def test_speed_subset_and_gpu_arrive(environment: Environment, tmp_path: Path, calls: Calls, image: Image) -> None:
    preview = find(
        environment,
        tmp_path,
        image,
        "total",
        "body",
        speed="fastest",
        roi_subset=("spleen", "body_trunc"),
        device="gpu:2",
    )
    first, second = calls()
    assert "--fastest" in first["arguments"]
    assert first["arguments"][-2:] == ["--roi_subset", "spleen"]
    assert second["arguments"][-2:] == ["--roi_subset", "body_trunc"]
    assert (first["gpu"], first["arguments"][first["arguments"].index("--device") + 1]) == ("2", "gpu")
    assert [[label.name for label in layer.labels] for layer in preview.layers] == [["spleen"], ["body_trunc"]]
    with pytest.raises(OptionError, match="roi_subset: 'splen'"):
        find(environment, tmp_path, image, roi_subset=("splen",))


def test_a_licence_goes_by_a_private_file_and_never_by_the_command_line(
    environment: Environment, tmp_path: Path, calls: Calls, image: Image
) -> None:
    (tmp_path / "home" / ".totalsegmentator").mkdir(parents=True)
    (tmp_path / "home" / ".totalsegmentator" / "config.json").write_text('{"send_usage_stats": false}')
    find(environment, tmp_path, image, "tissue_types", license=KEY)
    (call,) = calls()
    assert call["licence"] == KEY
    assert KEY not in " ".join(call["arguments"])
    assert call["mode"] == "0o600"
    assert not Path(call["home"]).exists()
    assert call["weights"] == str(tmp_path / "home" / ".totalsegmentator" / "nnunet" / "results")
    assert KEY not in (tmp_path / "home" / ".totalsegmentator" / "config.json").read_text()


def test_a_key_that_the_program_repeats_is_blotted_out_of_its_error(
    environment: Environment, tmp_path: Path, calls: Calls, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_OFFLINE", "1")
    with pytest.raises(
        ExternalToolError, match="this machine is offline.*first run.*Temporary failure in name resolution"
    ) as caught:
        find(environment, tmp_path, image, "tissue_types", license=KEY)
    assert KEY not in str(caught.value)
    assert KEY not in repr(TotalOptions(license=KEY))


def test_a_licensed_task_without_a_key_is_refused_before_anything_runs(
    environment: Environment, tmp_path: Path, calls: Calls, image: Image
) -> None:
    with pytest.raises(ToolError, match="task tissue_types needs a licence key"):
        find(environment, tmp_path, image, "tissue_types")
    assert calls() == []


def test_a_key_comes_from_a_file_or_a_variable_and_a_wrong_one_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f" {KEY}\n")
    assert given_key(path) == KEY
    assert given_key(None, {VARIABLE: KEY}) == KEY
    assert given_key(None, {}) == ""
    path.write_text("aca_tooshort")
    with pytest.raises(OptionError, match="12 characters") as caught:
        given_key(path)
    assert "tooshort" not in str(caught.value)
    with pytest.raises(OptionError, match="a readable file"):
        given_key(tmp_path / "none")


def test_a_key_that_is_stored_already_needs_no_copy(calls: Calls, tmp_path: Path) -> None:
    (tmp_path / "home" / ".totalsegmentator").mkdir(parents=True)
    (tmp_path / "home" / ".totalsegmentator" / "config.json").write_text(json.dumps({"license_number": KEY}))
    with settings_with(KEY) as variables:
        assert variables == {}


def test_each_task_is_kept_by_itself(environment: Environment, tmp_path: Path, calls: Calls, image: Image) -> None:
    find(environment, tmp_path, image, "total", use_cache=True)
    preview = find(environment, tmp_path, image, "total", "body", use_cache=True)
    assert [call["arguments"][call["arguments"].index("--task") + 1] for call in calls()] == ["total", "body"]
    assert "task total taken from the cache" in preview.notes
    find(environment, tmp_path, image, "total", use_cache=True, speed="fast")
    assert len(calls()) == 3


def test_an_environment_without_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="an environment with TotalSegmentator"):
        predictor_of(environment_at(an_environment(tmp_path / "other")))


def test_its_real_example_result_is_imported_with_the_names_of_its_task() -> None:
    array, geometry = read_label_array(REAL_RESULT / "organs.nii.gz")
    rows = [line.split(",") for line in (REAL_RESULT / "labels.csv").read_text().splitlines()[1:]]
    labels = tuple(AnswerLabel(name, (int(value),), int(value)) for value, name in rows)
    document = Segmentation(geometry)
    scene = Scene(document, Image(array.astype(np.int16), geometry))
    answer = Answer((AnswerLayer("total", labels, {0: LabelMap(array[0], geometry.with_time(1))}),))
    History(document).do(confirm(scene, preview_of("TotalSegmentator", scene, request_of(scene), answer)).command)
    assert np.array_equal(document.groups[0].array, array)
    assert {label.value: label.name for label in document.labels} == {int(value): name for value, name in rows}
    spleen = document.voxels(1)
    assert spleen == int(np.count_nonzero(array == 1)) > 0


def test_a_file_that_the_real_package_wrote_is_read_with_its_names() -> None:
    path = REAL_RESULT / "multilabel.nii.gz"
    found = read_segmentation(path)
    assert {label.name for label in found.labels if found.voxels(label.value)} == {"spleen", "liver", "heart"}
    assert len(found.labels) == 117
    task = TaskInfo("total", {1: "spleen", 5: "liver", 51: "heart"}, False, "CT")
    assert read_result(path, task).array[0, 0].tolist() == [1, 5, 51, 0, 0]


def test_a_file_that_names_a_value_otherwise_than_the_package_is_refused() -> None:
    task = TaskInfo("total", {1: "spleen", 5: "kidney"}, False, "CT")
    with pytest.raises(ExternalToolError, match="its file calls value 5 of task total 'liver', its package 'kidney'"):
        read_result(REAL_RESULT / "multilabel.nii.gz", task)


def test_a_multi_label_file_of_the_program_reads_with_its_own_names(
    environment: Environment, tmp_path: Path, calls: Calls, image: Image
) -> None:
    from MultiLabelSegLib.external.process import Program, run_program
    from MultiLabelSegLib.external.proposals import write_frame

    write_frame(tmp_path / "ct.nii.gz", image.array[0], GRID)
    command = (str(environment.script("TotalSegmentator")), "-i", str(tmp_path / "ct.nii.gz"), "--ml")
    run_program(Program((*command, "-o", str(tmp_path / "out.nii.gz"), "-d", "cpu")))
    assert [label.name for label in read_segmentation(tmp_path / "out.nii.gz").labels][:2] == ["spleen", "kidney_right"]
