"""What the panel says of a refusal names its fields, never options of the command line."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib
from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.errors import OVERWRITE, FormatError, LossError, MultiLabelSegError, OptionError, Remedy
from MultiLabelSegLib.formats.losses import UNDECLARED
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.presets.any_preset import write_preset
from MultiLabelSegLib.presets.preset import LabelSetPreset
from MultiLabelSegLib.ui.qt.errors import described
from MultiLabelSegLib.ui.wording import _WAYS, reworded, worded
from Testing.ui.panel_cases import a_document, a_presenter, an_image, wait_for

LIBRARY = Path(MultiLabelSegLib.__file__).parent
#: what is run from the command line alone, and arguments of outside programs
ELSEWHERE = ("cli", "batch", "external", "reports", "datasets", "__init__.py")
#: what the panel does with data sets
DATASETS = ("datasets/task_list*.py", "datasets/supervisely/project/*.py", "datasets/supervisely/masks/*.py")
_FLAG = re.compile(r"(?<![-\w])--[a-z]")


def _modules() -> Iterator[Path]:
    for path in sorted(LIBRARY.rglob("*.py")):
        name = path.relative_to(LIBRARY).as_posix()
        if not any(name == each or name.startswith(f"{each}/") for each in ELSEWHERE):
            yield path
    for pattern in DATASETS:
        yield from sorted(LIBRARY.glob(pattern))


def _texts(tree: ast.AST) -> Iterator[tuple[ast.Constant, bool]]:
    """Texts that are no documentation, and whether they are a remedy's."""
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    remedies = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Remedy"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node, id(node) in remedies


def test_options_of_the_command_line_are_named_in_remedies_alone_wherever_the_panel_may_read() -> None:
    found = [
        f"{path.relative_to(LIBRARY)}:{node.lineno} {node.value!r}"
        for path in _modules()
        if "--" in path.read_text("utf-8")
        for node, is_remedy in _texts(ast.parse(path.read_text("utf-8")))
        if _FLAG.search(str(node.value)) and not is_remedy
    ]
    assert found == []


def test_the_panel_has_words_for_every_remedy() -> None:
    options = {
        node.args[0].value
        for path in sorted(LIBRARY.rglob("*.py"))
        if "Remedy(" in path.read_text("utf-8")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Remedy"
        and isinstance(node.args[0], ast.Constant)
    }
    assert len(options) > 5
    assert options <= set(_WAYS)
    assert not any(_FLAG.search(way) for way in _WAYS.values())


def test_a_refused_export_names_the_field_that_would_help(tmp_path: Path) -> None:
    host = HeadlessHost({"CT": an_image()})
    presenter = a_presenter(a_document(), host)
    presenter.files.export(tmp_path / "a.nii.gz")
    with pytest.raises(LossError) as refused:
        wait_for(host)
    assert "--overlap" in str(refused.value)

    said = described(refused.value)[0]
    title = next(field.title for field in presenter.files.fields("labelmap", "write") if field.name == "overlap")
    assert f"choose under “{title}” how they are written" in said
    assert "--" not in said
    assert "Liver" in said


def test_what_a_format_cannot_hold_is_listed_without_options_of_the_command_line() -> None:
    where = Geometry.from_parts((1, 1, 2), (1.0, 1.0, 1.0))
    array = np.array([[[[1, 9]]]], np.uint8)
    presenter = a_presenter(Segmentation(where, [Group(array, [Label(1, "Liver")])]))
    lost = presenter.files.losses("dicom-seg")
    assert any("voxels without a label (values 9); give them a label" in each for each in lost)
    assert not any("--" in each for each in lost)


def test_a_file_that_exists_is_refused_in_words_of_the_panel(tmp_path: Path) -> None:
    path = tmp_path / "a.lsetp"
    write_preset(LabelSetPreset(()), path)
    with pytest.raises(FormatError) as refused:
        write_preset(LabelSetPreset(()), path)
    assert str(refused.value).endswith("exists already; overwriting must be asked for (--overwrite)")
    assert worded(refused.value) == f"{path}: exists already; choose another name, or allow that it is replaced"


def test_an_error_that_repeats_another_is_worded_too() -> None:
    try:
        try:
            raise FormatError("a.nrrd", f"exists already; {OVERWRITE}").offering(OVERWRITE)
        except FormatError as error:
            raise MultiLabelSegError(f"task 1: {error}") from None
    except MultiLabelSegError as error:
        outer = error
    assert worded(outer) == "task 1: a.nrrd: exists already; choose another name, or allow that it is replaced"


def test_an_option_is_called_as_its_field() -> None:
    assert worded(OptionError("overlap", "x", ("error",))).startswith("“Overlapping groups”: 'x' is not allowed")
    assert worded(OptionError("save_strategy", "x", ("group",))).startswith("“Save strategy”: ")


def test_a_remedy_that_the_panel_has_not_goes_with_what_joins_it() -> None:
    cut = Remedy("resample", "must be asked for (--resample)")
    assert reworded(f"lies outside; {cut}", cut) == "lies outside"
    assert reworded(f"was not resampled {cut}: both", cut) == "was not resampled: both"
    assert reworded("values 9", UNDECLARED) == "values 9"


def test_remedies_survive_a_process_of_its_own() -> None:
    error = FormatError("a.nrrd", f"exists already; {OVERWRITE}").offering(OVERWRITE)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.remedies) == (str(error), (OVERWRITE,))
