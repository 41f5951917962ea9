"""Supervisely's projects from the panel: exported from its menu, opened again with the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.datasets.supervisely import read_project
from MultiLabelSegLib.errors import DatasetError, OptionError
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.ui.presenter import Presenter
from Testing.ui.panel_cases import a_document, a_presenter, an_image, wait_for


def exported(folder: Path, kind: str = "project") -> Presenter:
    image = an_image()
    presenter = Presenter(HeadlessHost({"CT": image}))
    presenter.data.select_image("CT")
    presenter.session.add_document(a_document(), "CT-labels", image_id="CT")
    presenter.labels.run_menu("supervisely", [], path=str(folder), kind=kind)
    wait_for(presenter.host)
    return presenter


def test_a_project_is_exported_and_opened_with_its_image(tmp_path: Path) -> None:
    exported(tmp_path / "project")
    (item,) = read_project(tmp_path / "project")
    assert item.name == "CT.nrrd"
    other = Presenter(HeadlessHost())
    for path in (tmp_path / "project", tmp_path / "project" / "meta.json", item.paths.annotation):
        assert other.files.kind_of(path) == "project"
    other.data.open_project(item.paths.annotation)
    wait_for(other.host)
    found = other.session.need()
    assert (found.name, other.data.image_id) == ("CT-labels", "CT")
    assert [label.name for label in found.document.labels] == [label.name for label in a_document().labels]
    for mine, theirs in zip(found.document.groups, a_document().groups, strict=True):
        np.testing.assert_array_equal(mine.array, theirs.array)
    assert other.session.image is not None
    assert other.session.image.array.shape == an_image().array.shape


def test_a_nifti_data_set_is_exported(tmp_path: Path) -> None:
    exported(tmp_path / "set", "nifti-by-name")
    assert {path.name for path in (tmp_path / "set").iterdir()} >= {"CT", "CT.nii.gz"}


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    presenter = a_presenter(a_document())
    with pytest.raises(OptionError):
        presenter.labels.run_menu("supervisely", [], path=" ")
    with pytest.raises(DatasetError, match="no Supervisely project"):
        presenter.data.open_project(tmp_path)
