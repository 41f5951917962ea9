"""History list, statistics, recovery after a crash, edits of others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.errors import HistoryError, ToolError
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.ui.presenter import Presenter
from Testing.ui.panel_cases import a_document, a_presenter, an_image, wait_for

_CRASH = """
import os, sys
from pathlib import Path
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.ui.presenter import Presenter
from Testing.ui.panel_cases import a_document, an_image
presenter = Presenter(HeadlessHost({"CT": an_image()}), journal_folder=Path(sys.argv[1]))
presenter.session.add_document(a_document(), "Case 7", image_id="CT")
presenter.labels.rename("l1", "Leber")
assert presenter.session.journal.wait(30)  # changes that come while one is written are counted as one
presenter.labels.erase([2])
assert presenter.session.journal.wait(30)
os._exit(1)
"""


def test_the_history_list_goes_back_and_forth_to_any_step() -> None:
    presenter = a_presenter(a_document())
    presenter.labels.erase([1])
    presenter.labels.set_locked([2], False)
    presenter.labels.remove([7])
    titles = ["Clear Liver", "Unlock Rib", "Remove Tumör"]

    presenter.steps.jump(1)

    assert (presenter.steps.entries(), presenter.steps.index) == (titles, 1)
    assert (presenter.steps.undo_title, presenter.steps.redo_title) == ("Clear Liver", "Unlock Rib")
    presenter.steps.jump(3)
    assert not presenter.steps.can_redo
    with pytest.raises(HistoryError, match="0...3"):
        presenter.steps.jump(4)


def test_statistics_are_made_in_the_background_with_intensities_and_say_when_they_are_outdated() -> None:
    host = HeadlessHost({"CT": an_image()})
    presenter = a_presenter(a_document(), host)
    presenter.data.select_image("CT")

    presenter.statistics.compute([1, 7])
    wait_for(host)

    rows = [dict(zip(presenter.statistics.columns(), row, strict=True)) for row in presenter.statistics.rows()]
    assert [(row["Label"], row["Voxels"], row["Volume (ml)"], row["Mean"]) for row in rows] == [
        ("Liver", 5, 0.01, 2.0),
        ("Tumör", 2, 0.004, 0.5),
    ]
    assert presenter.statistics.csv().startswith("frame,group,group_name,value,name,voxels")
    assert not presenter.statistics.is_outdated
    presenter.labels.erase([1])
    assert presenter.statistics.is_outdated


def test_statistics_need_to_be_computed_before_they_are_saved(tmp_path: Path) -> None:
    presenter = a_presenter(a_document())

    with pytest.raises(ToolError, match="compute them first"):
        presenter.statistics.save_csv(tmp_path / "a.csv")


def test_after_a_crash_the_document_is_offered_and_brought_back_unsaved(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(root), str(root / "MultiLabelSeg")])
    environment = {**os.environ, "PYTHONPATH": paths}
    command = [sys.executable, "-c", _CRASH, str(tmp_path)]
    assert subprocess.run(command, env=environment, cwd=root, check=False).returncode == 1
    host = HeadlessHost({"CT": an_image()})
    presenter = Presenter(host, journal_folder=tmp_path)

    (offer,) = presenter.recovery.offers()
    assert (offer.title, "2 changes kept" in offer.text) == ("Case 7", True)
    presenter.recovery.restore(offer.id)
    wait_for(host)

    opened = presenter.session.need()
    expected = a_document()
    expected.uid = opened.document.uid
    assert not compare(expected, opened.document).identical
    assert (opened.document.label(1).name, opened.document.voxels(2), opened.image_id) == ("Leber", 0, "CT")
    assert opened.is_modified
    assert presenter.recovery.offers() == []
    presenter.close()
    (again,) = Presenter(host, journal_folder=tmp_path).recovery.offers()
    assert again.title == "Case 7"


def test_what_is_discarded_is_not_offered_again(tmp_path: Path) -> None:
    presenter = Presenter(HeadlessHost(), journal_folder=tmp_path)
    presenter.session.add_document(a_document(), "a")
    presenter.labels.erase([1])
    presenter.close()

    other = Presenter(HeadlessHost(), journal_folder=tmp_path)
    (offer,) = other.recovery.offers()
    other.recovery.discard(offer.id)

    assert other.recovery.offers() == []
    with pytest.raises(ToolError, match="nothing named"):
        other.recovery.restore(offer.id)


def test_a_saved_document_leaves_nothing_to_recover(tmp_path: Path) -> None:
    host = HeadlessHost()
    presenter = Presenter(host, journal_folder=tmp_path / "journals")
    presenter.session.add_document(a_document(), "a")
    presenter.labels.erase([1])
    presenter.files.save_as(tmp_path / "a.nrrd")
    wait_for(host)
    presenter.close()

    assert Presenter(host, journal_folder=tmp_path / "journals").recovery.offers() == []


def test_autosaving_does_not_hold_the_view(tmp_path: Path) -> None:
    presenter = Presenter(HeadlessHost(), journal_folder=tmp_path)
    opened = presenter.session.add_document(a_document(), "a")
    for _ in range(20):
        presenter.labels.erase([1])
        presenter.steps.undo()

    assert opened.journal is not None
    assert opened.journal.longest_wait < 0.05
    presenter.close()
