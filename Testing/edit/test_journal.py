"""The autosave journal: what a crash leaves is exactly the document after its last complete edit."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.edit import Command, History, VoxelPatch
from MultiLabelSegLib.edit.changes import PropertyChange
from MultiLabelSegLib.edit.journal import Journal, find_recoverable, journal, pieces, recover, recovery
from MultiLabelSegLib.edit.journal.store import SessionStore
from MultiLabelSegLib.errors import CorruptFileError, FormatError, WriteError
from Testing.edit.journal_cases import Editor, a_document, fingerprint

ROOT = Path(__file__).resolve().parents[2]


def fill(value: int, shape: tuple[int, int, int]) -> Command:
    return Command(f"Fill {value}", (VoxelPatch.of_array(0, 0, Box((0, 0, 0), shape), value),))


def crashed(running: Journal, to: Path) -> Path:
    """What a crash at this moment would leave: a copy of the session's files without its lock."""
    assert running.folder is not None
    shutil.copytree(running.folder, to / running.folder.name)
    return to


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 30), copies=st.booleans(), waits=st.integers(1, 9))
def test_random_edits_are_recovered_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, seed: int, steps: int, copies: bool, waits: int
) -> None:
    root = tmp_path_factory.mktemp("journals")
    document = a_document()
    editor = Editor(document, seed)
    with pytest.MonkeyPatch.context() as patch:
        if not copies:  # everything is left to the worker, in many small pieces
            patch.setattr(journal, "COPY_BYTES", -1)
            patch.setattr(pieces, "PIECE_BYTES", 40)
        running = Journal(editor.history, root, growth_bytes=20_000)
        for number in range(steps):
            editor.step()
            if number % waits == 0:
                assert running.wait(10)
        running.close(keep=True)
    assert running.problem is None
    (found,) = find_recoverable(root)
    assert fingerprint(recover(found)) == fingerprint(document)
    assert not found.is_torn


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_process_leaves_the_state_after_an_edit_not_before_the_last_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "Testing.edit.journal_cases", str(tmp_path), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "MultiLabelSeg"), str(ROOT)))},
    )
    assert child.stdout is not None
    acknowledged = int(child.stdout.readline())
    assert find_recoverable(tmp_path) == []  # it still runs
    time.sleep(random.Random(seed).uniform(0, 0.4))
    child.kill()
    lines = child.stdout.read().split("\n")
    child.wait()
    child.stdout.close()
    acknowledged = max([acknowledged, *(int(line) for line in lines[:-1])])

    (found,) = find_recoverable(tmp_path)
    recovered = fingerprint(recover(found))
    document = a_document()
    document.uid = "fixed"
    editor = Editor(document, seed)
    for _ in range(acknowledged):
        editor.step()
    for _ in range(2000):
        if fingerprint(document) == recovered:
            break
        editor.step()
    assert fingerprint(document) == recovered
    assert found.about["image"] == "ct.nrrd"
    found.discard()
    assert find_recoverable(tmp_path) == []


def test_a_file_cut_anywhere_gives_the_last_complete_state(tmp_path: Path) -> None:
    document = a_document()
    editor = Editor(document, 3)
    running = Journal(editor.history, tmp_path / "j")
    states, sizes = [], []
    for _ in range(8):
        editor.step()
        assert running.wait(10)
        states.append(fingerprint(document))
        (path,) = (tmp_path / "j").rglob("*.journal")
        sizes.append(path.stat().st_size)
    data = path.read_bytes()
    running.close()
    assert sizes[-1] == len(data)
    folder = tmp_path / "cut" / "session-x"
    folder.mkdir(parents=True)
    for size in sorted({*range(0, len(data), 41), *sizes, *(size - 1 for size in sizes)}):
        (folder / "000001.journal").write_bytes(data[:size])
        found = find_recoverable(tmp_path / "cut")
        complete = [state for state, until in zip(states, sizes, strict=True) if until <= size]
        assert [fingerprint(recover(entry)) for entry in found] == complete[-1:]
        assert [entry.is_torn for entry in found] == [size not in sizes][: len(found)]


def test_damage_never_gives_another_document(tmp_path: Path) -> None:
    document = a_document()
    editor = Editor(document, 5)
    running = Journal(editor.history, tmp_path / "j")
    states = set()
    for _ in range(5):
        editor.step()
        assert running.wait(10)
        states.add(fingerprint(document))
    (path,) = (tmp_path / "j").rglob("*.journal")
    data = path.read_bytes()
    running.close()
    folder = tmp_path / "bad" / "session-x"
    folder.mkdir(parents=True)
    for at in range(0, len(data), 23):
        (folder / "000001.journal").write_bytes(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
        problems: list[FormatError] = []
        for entry in find_recoverable(tmp_path / "bad", problems):
            assert fingerprint(recover(entry)) in states
        assert all("session-x" in str(problem) for problem in problems)
    (folder / "000001.journal").write_bytes(b"something else entirely")
    problems = []
    assert find_recoverable(tmp_path / "bad", problems) == []
    assert "is no journal" in str(problems[0])
    assert folder.is_dir()  # what is not understood is not removed


def test_background_copies_are_never_a_mixture_of_two_edits(tmp_path: Path) -> None:
    shape = (64, 512, 512)
    document = Segmentation(Geometry.from_parts(shape), [Group(np.zeros(shape, np.uint8), [Label(1, "a")])])
    history = History(document, 0)
    running = Journal(history, tmp_path / "j")
    seen = set()
    for value in range(1, 40):
        history.do(fill(value, shape))
        time.sleep(0.002 * (value % 7))
        if value % 10 == 0:
            assert running.wait(20)
        if value % 4 == 2 and running.folder is not None:
            for entry in find_recoverable(crashed(running, tmp_path / f"crash {value}")):
                array = recover(entry).groups[0].array
                assert array.min() == array.max() >= value // 10 * 10
                seen.add(int(array.max()))
    running.close()
    assert len(seen) > 2


def test_the_editing_thread_never_waits_50_ms_whatever_is_changed(tmp_path: Path) -> None:
    shape = (256, 512, 512)
    waits = []
    for attempt in range(3):  # the machine may be busy: the best of three counts
        document = Segmentation(Geometry.from_parts(shape), [Group(np.zeros(shape, np.uint16), [Label(1, "a")])])
        history = History(document, 0)
        running = Journal(history, tmp_path / str(attempt))
        for value in (1, 300, 2):
            history.do(fill(value, shape))
            for k in range(40):
                box = Box((k, 100, 100), (k + 1, 150, 150))
                history.do(Command("dab", (VoxelPatch.of_array(0, 0, box, 7),)))
        waits.append(running.longest_wait)
        running.close()
        if waits[-1] < 0.05:
            break
    assert min(waits) < 0.05


def test_disk_use_is_bounded_and_old_generations_go(tmp_path: Path) -> None:
    document = a_document()
    editor = Editor(document, 9)
    running = Journal(editor.history, tmp_path, growth_bytes=10_000)
    most = 0
    for _ in range(400):
        editor.step()
        assert running.wait(10)
        files = list(tmp_path.rglob("*.journal"))
        assert len(files) == 1
        most = max(most, files[0].stat().st_size)
    assert files[0].name > "000001.journal"
    assert most < 60_000
    running.close()


def test_nothing_is_written_before_the_first_change_unless_the_document_is_unsaved(tmp_path: Path) -> None:
    history = History(a_document())
    running = Journal(history, tmp_path)
    with history.grouped("nothing"):
        pass
    assert running.wait(5)
    assert list(tmp_path.iterdir()) == []
    running.close()
    assert list(tmp_path.iterdir()) == []
    document = a_document()
    running = Journal(History(document), tmp_path, unsaved=True)
    running.close(keep=True)
    assert [fingerprint(recover(entry)) for entry in find_recoverable(tmp_path)] == [fingerprint(document)]


def test_saving_and_closing_remove_it_and_later_changes_begin_anew(tmp_path: Path) -> None:
    document = a_document()
    history = History(document)
    running = Journal(history, tmp_path)
    history.do(fill(3, (4, 5, 6)))
    assert running.wait(5)
    assert len(list(tmp_path.rglob("*.journal"))) == 1
    running.saved()
    deadline = time.monotonic() + 5
    while list(tmp_path.rglob("*.journal")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert list(tmp_path.rglob("*.journal")) == []
    history.do(fill(4, (4, 5, 6)))
    assert running.wait(5)
    (entry,) = find_recoverable(crashed(running, tmp_path / "crash"))
    assert fingerprint(recover(entry)) == fingerprint(document)
    running.close()
    assert [path.name for path in tmp_path.iterdir()] == ["crash"]


def test_two_sessions_on_one_document_do_not_clash(tmp_path: Path) -> None:
    document = a_document()
    history = History(document)
    first, second = Journal(history, tmp_path), Journal(history, tmp_path)
    history.do(fill(3, (4, 5, 6)))
    assert first.wait(5)
    assert second.wait(5)
    assert find_recoverable(tmp_path) == []  # both run
    first.close(keep=True)
    history.do(fill(40, (4, 5, 6)))
    second.close(keep=True)
    later, earlier = find_recoverable(tmp_path)
    assert recover(later).groups[0].array.max() == 40
    assert recover(earlier).groups[0].array.max() == 3


def test_changes_beside_the_history_are_kept_too(tmp_path: Path) -> None:
    document = a_document()
    running = Journal(History(document), tmp_path)
    VoxelPatch.of_array(1, 1, Box((0, 0, 0), (1, 2, 3)), 9).apply(document)
    PropertyChange(1, "name", "direct").apply(document)
    running.close(keep=True)
    (entry,) = find_recoverable(tmp_path)
    assert fingerprint(recover(entry)) == fingerprint(document)


def test_a_full_disk_never_disturbs_and_is_told_once_and_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = a_document()
    history = History(document)
    running = Journal(history, tmp_path)
    told: list[WriteError] = []
    running.failed.connect(told.append)
    history.do(fill(1, (4, 5, 6)))
    assert running.wait(5)
    before = fingerprint(document)
    whole = SessionStore.write

    def full(self: SessionStore, data: bytes) -> None:
        whole(self, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SessionStore, "write", full)
    for value in (2, 3, 4):
        history.do(fill(value, (4, 5, 6)))
        assert not running.wait(5)
    assert document.groups[0].array.max() == 4
    assert [str(error) for error in told] == [str(running.problem)]
    assert "No space left on device" in str(told[0])
    (entry,) = find_recoverable(crashed(running, tmp_path / "crash"))
    assert fingerprint(recover(entry)) == before  # what was complete before stays

    monkeypatch.setattr(SessionStore, "write", whole)
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.0)
    history.do(fill(5, (4, 5, 6)))
    assert running.wait(5)
    running.close(keep=True)
    assert fingerprint(document) in {fingerprint(recover(found)) for found in find_recoverable(tmp_path)}
    assert len(told) == 1


def test_a_folder_that_cannot_be_made_and_a_property_that_json_cannot_hold_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    history = History(a_document())
    running = Journal(history, tmp_path / "file")
    history.do(fill(1, (4, 5, 6)))
    assert not running.wait(5)
    running.close()
    assert isinstance(running.problem, WriteError)
    history = History(a_document())
    running = Journal(history, tmp_path / "j")
    history.do(Command("odd", (PropertyChange(None, "extras", {"odd": object()}),)))
    assert not running.wait(5)
    running.close()
    assert "object cannot be kept in a journal" in str(running.problem)


def test_empty_folders_of_ended_sessions_are_removed_but_not_young_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "session-a").mkdir()
    assert find_recoverable(tmp_path) == []
    assert (tmp_path / "session-a").is_dir()
    monkeypatch.setattr(recovery, "_YOUNG_SECONDS", -1.0)
    assert find_recoverable(tmp_path) == []
    assert not (tmp_path / "session-a").exists()
    assert find_recoverable(tmp_path / "nowhere") == []


def test_records_that_contradict_each_other_are_refused_by_name(tmp_path: Path) -> None:
    running = Journal(History(a_document()), tmp_path, unsaved=True)
    running.close(keep=True)
    (path,) = tmp_path.rglob("*.journal")
    from MultiLabelSegLib.edit.journal.records import VOXELS, framed, framed_commit

    far = pieces.CopiedPiece(0, 7, Box((0, 0, 0), (1, 1, 1)), np.ones((1, 1, 1), np.uint8)).packed()
    with path.open("ab") as file:
        file.write(framed(VOXELS, far) + framed_commit(9, 0.0))
    (entry,) = find_recoverable(tmp_path)
    with pytest.raises(CorruptFileError, match="voxels of frame 7") as told:
        recover(entry)
    assert told.value.path == str(path)
