"""The module's widget with the real panel on the real scene; slice views are real slice nodes and interactors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from Testing.host.slicer_application import Application, layout_manager
from Testing.host.test_slicer_module import MODULE, load_file

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]


@pytest.fixture
def slicer(application: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Application:  # noqa: ARG001
    pytest.importorskip("slicer")
    made = Application(monkeypatch, tmp_path)
    made.qt_module(monkeypatch)
    made.layout_manager = layout_manager(made.scene)
    return made


@pytest.fixture
def module(slicer: Application, monkeypatch: pytest.MonkeyPatch) -> ModuleType:  # noqa: ARG001
    loaded = load_file(MODULE / "MultiLabelSeg.py")
    monkeypatch.setitem(sys.modules, "MultiLabelSeg", loaded)
    return loaded


@pytest.fixture
def widget(module: ModuleType, slicer: Application) -> Iterator[Any]:
    """The module's widget, entered, on the sample data."""
    from MultiLabelSegLib.ui.qt.errors import desk

    desk.silent = True
    desk.forget()
    made = module.MultiLabelSegWidget(None)
    made.setup()
    assert slicer.shown == []
    image, node = made.logic.loadSample()
    made.enter()
    made.slicerPanel.presenter.data.select_image(image.GetID())
    made.slicerPanel.presenter.data.select_segmentation(node.GetID())
    yield made
    told = list(desk.told)
    made.cleanup()
    assert told == []


def jump(slicer: Application, name: str, ras: tuple[float, float, float]) -> Any:
    """Centres a view on a point."""
    view = slicer.layout_manager.sliceWidget(name)
    view.mrmlSliceNode().JumpSliceByCentering(*ras)
    view.mrmlSliceNode().UpdateMatrices()
    return view


def settle(panel: Any) -> None:
    from MultiLabelSegLib.ui.qt.binding import application

    for _ in range(200):
        application().processEvents()
        panel.host.pump()
        if not panel.host.is_busy:
            return


def test_strokes_in_slicers_views_paint_the_node(widget: Any, slicer: Application) -> None:
    presenter = widget.slicerPanel.presenter
    document = presenter.session.document
    heart = next(label.value for label in document.labels if label.name == "Heart")
    presenter.labels.activate(heart)
    presenter.tools.toggle("paint")
    presenter.tools.set_option("diameter_mm", 12.0)
    before = document.group(0).array.copy()
    view = jump(slicer, "Red", (0.0, -95.0, 0.0))  # at the back of the torso, where nothing is labelled
    for name, x in (("LeftButtonPressEvent", 90), ("MouseMoveEvent", 110), ("LeftButtonReleaseEvent", 110)):
        view.send(name, x, 80)
    changed = document.group(0).array != before
    assert changed.sum() > 50
    assert set(np.unique(document.group(0).array[changed])) == {heart}
    assert len(set(np.argwhere(changed)[:, 1])) == 1  # one axial slice
    settle(widget.slicerPanel)
    node = presenter.session.view.node
    from vtkmodules.util.numpy_support import vtk_to_numpy

    segment = node.GetSegmentation().GetSegmentIdBySegmentName("Heart")
    shared = node.GetBinaryLabelmapInternalRepresentation(segment)
    voxels = vtk_to_numpy(shared.GetPointData().GetScalars())
    assert (voxels == heart).sum() == (document.group(0).array == heart).sum()
    presenter.steps.undo()
    np.testing.assert_array_equal(document.group(0).array, before)


def test_a_tool_takes_the_mouse_and_gives_it_back(widget: Any, slicer: Application) -> None:
    view = jump(slicer, "Red", (0.0, -95.0, 0.0))
    seen: list[str] = []
    view.sliceView().interactor().AddObserver("LeftButtonPressEvent", lambda *_: seen.append("press"), 1.0)
    view.send("LeftButtonPressEvent", 100, 80)
    view.send("LeftButtonReleaseEvent", 100, 80)
    assert seen == ["press"]
    widget.slicerPanel.presenter.tools.toggle("paint")
    view.send("LeftButtonPressEvent", 100, 80)
    view.send("LeftButtonReleaseEvent", 100, 80)
    assert seen == ["press"]
    widget.exit()
    view.send("LeftButtonPressEvent", 100, 80)
    assert seen == ["press", "press"]
    assert widget.slicerPanel.presenter.tools.active == ""


def test_the_brush_is_drawn_in_the_view_under_the_mouse(widget: Any, slicer: Application) -> None:
    view = jump(slicer, "Green", (0.0, 0.0, 0.0))
    widget.slicerPanel.presenter.tools.toggle("paint")
    widget.slicerPanel.presenter.tools.set_option("diameter_mm", 40.0)
    renders, before = view.renders, view.picture()
    view.send("MouseMoveEvent", 100, 80)
    assert view.renders > renders
    where = np.argwhere((view.picture() != before).any(axis=2))
    height, width = where.max(axis=0) - where.min(axis=0)
    assert (height, width) == pytest.approx((20, 20), abs=2)  # 40 mm at 2 mm a pixel


def test_jumping_to_a_label_moves_slicers_views(widget: Any, slicer: Application) -> None:
    presenter = widget.slicerPanel.presenter
    liver = next(label.value for label in presenter.session.document.labels if label.name == "Liver")
    presenter.labels.jump_to(liver)
    matrix = slicer.layout_manager.sliceWidget("Red").mrmlSliceNode().GetSliceToRAS()
    assert [matrix.GetElement(axis, 3) for axis in range(3)] == pytest.approx((55, 10, -80), abs=12)


def test_what_was_chosen_is_in_the_scene(widget: Any) -> None:
    node = widget.logic.getParameterNode()
    session = widget.slicerPanel.presenter.session
    assert node.GetNodeReferenceID("ReferenceImage") == session.image_id
    assert node.GetNodeReferenceID("Segmentation") == session.view.node.GetID()


def test_a_loaded_scene_goes_on_where_it_was(widget: Any, module: ModuleType) -> None:
    session = widget.slicerPanel.presenter.session
    image, node = session.image_id, session.view.node.GetID()
    widget.cleanup()
    again = module.MultiLabelSegWidget(None)
    again.setup()
    again.enter()
    found = again.slicerPanel.presenter.session
    assert (found.image_id, found.view.node.GetID()) == (image, node)
    again.cleanup()


def test_a_closed_scene_closes_the_document(widget: Any, slicer: Application) -> None:
    slicer.scene.Clear()
    settle(widget.slicerPanel)
    assert widget.slicerPanel.presenter.session.document is None


def test_edits_of_the_segment_editor_are_steps_to_undo(widget: Any) -> None:
    panel = widget.slicerPanel
    node, document = panel.presenter.session.view.node, panel.presenter.session.document
    segment = node.GetSegmentation().GetSegmentIdBySegmentName("Spine")
    value = next(label.value for label in document.labels if label.name == "Spine")
    from vtkmodules.util.numpy_support import vtk_to_numpy

    shared = node.GetBinaryLabelmapInternalRepresentation(segment)
    voxels = vtk_to_numpy(shared.GetPointData().GetScalars())
    count = (document.group(0).array == value).sum()
    voxels[:40] = value
    shared.GetPointData().GetScalars().Modified()
    shared.Modified()
    node.GetSegmentation().InvokeEvent(node.GetSegmentation().SourceRepresentationModified)
    settle(panel)
    assert (document.group(0).array == value).sum() == count + 40
    assert panel.presenter.steps.can_undo


def test_no_main_window_means_no_views_and_no_error(module: ModuleType, slicer: Application) -> None:
    slicer.layout_manager = None
    made = module.MultiLabelSegWidget(None)
    made.setup()
    made.enter()
    made.exit()
    made.cleanup()
    assert slicer.shown == []


def test_outside_programs_have_their_pages_in_slicer_too(widget: Any) -> None:
    tools = widget.slicerPanel.presenter.tools
    for name in ("nnunet", "totalsegmentator"):
        tools.toggle(name)
        settle(widget.slicerPanel)
        assert tools.active == name
    tools.leave()
    assert tools.active == ""
