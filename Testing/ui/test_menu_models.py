"""Polygon models and files of selected labels from the context menu."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib import read
from MultiLabelSegLib.errors import OptionError, ToolError, UnsupportedFormatError, WriteError
from MultiLabelSegLib.formats.surface_files import read_surface
from Testing.ui.panel_cases import a_document, a_presenter, wait_for


@pytest.mark.parametrize("item", ["polygon_model", "smoothed_model"])
def test_a_model_of_the_selected_labels_is_written(item: str, tmp_path: Path) -> None:
    presenter = a_presenter(a_document())
    path = tmp_path / "liver.ply"
    presenter.labels.run_menu(item, ["l1"], path=str(path), decimation=0.0)
    wait_for(presenter.host)
    surface = read_surface(path)
    assert len(surface.triangles) > 8
    document = presenter.session.need().document
    box = document.group_of(1).index.box(1, 0)
    assert box is not None
    corner = document.geometry.lps_from_ijk([tuple(edge - 0.5 for edge in box.lower[::-1])])[0]
    assert surface.points.min(axis=0) == pytest.approx(corner, abs=1.0)


def test_what_cannot_be_made_is_refused_at_once(tmp_path: Path) -> None:
    presenter = a_presenter(a_document())
    with pytest.raises(UnsupportedFormatError, match=".stl"):
        presenter.labels.run_menu("polygon_model", ["l1"], path=str(tmp_path / "liver.txt"))
    with pytest.raises(OptionError):
        presenter.labels.run_menu("polygon_model", ["l1"], path="  ")
    presenter.labels.add_label("Empty")
    with pytest.raises(ToolError, match="no voxels"):
        presenter.labels.run_menu("polygon_model", [f"l{presenter.session.active}"], path=str(tmp_path / "e.stl"))


def test_selected_labels_are_exported_alone(tmp_path: Path) -> None:
    presenter = a_presenter(a_document())
    path = tmp_path / "one.nrrd"
    presenter.labels.run_menu("export", ["l1"], path=str(path))
    wait_for(presenter.host)
    assert [label.value for label in read(path).labels] == [1]
    with pytest.raises(WriteError, match="exists already"):
        presenter.labels.run_menu("export", ["l1"], path=str(path))
    with pytest.raises(UnsupportedFormatError):
        presenter.labels.run_menu("export", ["l1"], path=str(tmp_path / "no.format"))
