"""Writing is atomic: whatever goes wrong, the old files are whole and nothing is left behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from MultiLabelSegLib.errors import WriteError
from MultiLabelSegLib.formats.staging import Stage


def test_a_committed_file_is_there_and_the_hidden_folder_is_gone(tmp_path: Path) -> None:
    with Stage(tmp_path / "a.txt") as stage:
        stage.file(tmp_path / "a.txt").write_text("new")
        assert not (tmp_path / "a.txt").exists()
        assert stage.commit() == (tmp_path / "a.txt",)
    assert (tmp_path / "a.txt").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_without_commit_everything_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with Stage(tmp_path / "a.txt") as stage:
        stage.file(tmp_path / "a.txt").write_text("new")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_an_error_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ZeroDivisionError), Stage(tmp_path / "a.txt") as stage:  # noqa: PT012
        stage.file(tmp_path / "a.txt").write_text("ne")
        raise ZeroDivisionError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_a_write_error_and_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(WriteError, match="No space left"), Stage(tmp_path / "a.txt") as stage:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(stage.file(tmp_path / "a.txt")))
    assert (tmp_path / "a.txt").read_text() == "old"


def test_when_a_later_file_cannot_be_placed_the_earlier_ones_are_taken_back(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old a")
    (tmp_path / "b.txt").mkdir()  # a folder of that name cannot be replaced by a file
    (tmp_path / "b.txt" / "kept").write_text("kept")
    with pytest.raises(WriteError, match=r"b\.txt"), Stage(tmp_path / "a.txt") as stage:  # noqa: PT012
        stage.file(tmp_path / "new.txt").write_text("new")
        stage.file(tmp_path / "a.txt").write_text("new a")
        stage.file(tmp_path / "b.txt").write_text("new b")
        stage.commit()
    assert (tmp_path / "a.txt").read_text() == "old a"
    assert (tmp_path / "b.txt" / "kept").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="does not exist"):
        Stage(tmp_path / "nowhere" / "a.txt")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(WriteError, match="cannot be written to"):
        Stage(tmp_path / "a.txt")


def test_files_may_not_leave_the_output_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with Stage(tmp_path / "out" / "a.txt") as stage, pytest.raises(WriteError, match="outside"):
        stage.file(tmp_path / "elsewhere.txt")


def test_a_killed_writer_leaves_the_old_file_whole(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from MultiLabelSegLib.formats.staging import Stage
        target = Path(sys.argv[1])
        with Stage(target) as stage:
            stage.file(target).write_text("half of the ne")
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    if not hasattr(signal, "SIGKILL"):
        pytest.skip("this system has no SIGKILL")
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "a.txt"], env=_environment(), check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "a.txt").read_text() == "old"


def _environment() -> dict[str, str]:
    import MultiLabelSegLib

    return {**os.environ, "PYTHONPATH": str(Path(MultiLabelSegLib.__file__).parents[1])}
