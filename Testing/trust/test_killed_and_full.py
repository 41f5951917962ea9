"""Killed in the middle, a full disk, a folder that takes nothing: the old files are whole, and one line says why."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib
from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.errors import MultiLabelSegError
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.map_cases import differing, left_behind

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of processes are those of Unix")
#: output name, options of the command line, the reader to compare with
WRITERS = {
    "mitk-nrrd": ("o.nrrd", []),
    "slicer-seg-nrrd": ("o.seg.nrrd", []),
    "mitk-stack": ("o.nii.gz", ["--output-options", "Save strategy=instance"]),
    "labelmap": ("o.nii.gz", []),
    "labelmap .mhd": ("o.mhd", []),
    "label-folder": ("o", ["--format", "label-folder"]),
}
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(MultiLabelSegLib.__file__).parents[1])}
#: caps the size of files, as a full disk does, and keeps the signal from ending the process
_LIMITED = (
    "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}));"
    "from MultiLabelSegLib.cli.main import main; sys.exit(main(sys.argv[1:]))"
)


def noisy(seed: int) -> Segmentation:
    """Ten labels in noise, so that writing takes a while and files are large."""
    geometry = Geometry.from_parts((16, 80, 80))
    array = np.random.default_rng(seed).integers(0, 11, geometry.full_shape).astype(np.uint16)
    return Segmentation(geometry, [Group(array, [Label(value, f"{seed}-{value}") for value in range(1, 11)])])


def convert(source: Path, target: Path, options: list[str]) -> list[str]:
    return ["convert", "-i", str(source), "-o", str(target), *options, "--overwrite"]


def main_file(target: Path, writer: str) -> Path:
    return target.with_name("o.mitklabel.json") if writer == "mitk-stack" else target


@pytest.fixture
def old_and_new(tmp_path: Path) -> tuple[Segmentation, Segmentation, Path]:
    """Two segmentations, the second as a file in a folder of its own."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    write_segmentation(noisy(2), tmp_path / "in" / "new.nrrd")
    return noisy(1), noisy(2), tmp_path / "in" / "new.nrrd"


@pytest.mark.parametrize("writer", WRITERS)
def test_killed_at_any_moment_the_old_or_the_new_file_is_whole(
    tmp_path: Path, writer: str, old_and_new: tuple[Segmentation, Segmentation, Path]
) -> None:
    old, new, source = old_and_new
    name, options = WRITERS[writer]
    target = tmp_path / "out" / name
    command = [sys.executable, "-m", "MultiLabelSegLib", *convert(source, target, options)]
    started = time.perf_counter()
    subprocess.run(command, env=_ENVIRONMENT, check=True, capture_output=True)
    whole = time.perf_counter() - started
    format_id = None if options and writer != "label-folder" else writer.split()[0]
    written = {"options": {"Save strategy": "instance"}} if writer == "mitk-stack" else {"format_id": format_id}
    write_segmentation(old, target, overwrite=True, **written)  # type: ignore[arg-type]
    moments = random.Random(writer)
    for _ in range(3):
        with subprocess.Popen(command, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            time.sleep(whole * moments.uniform(0.5, 1.0))
            child.send_signal(signal.SIGKILL)
        found = read_segmentation(main_file(target, writer))
        assert [] in (differing(old, found), differing(new, found))


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("limit", [0, 5000])
def test_a_full_disk_is_one_line_and_the_old_file_stays(
    tmp_path: Path, writer: str, limit: int, old_and_new: tuple[Segmentation, Segmentation, Path]
) -> None:
    old, _, source = old_and_new
    name, options = WRITERS[writer]
    target = tmp_path / "out" / name
    written = {"Save strategy": "instance"} if writer == "mitk-stack" else {}
    write_segmentation(old, target, format_id=writer.split()[0], options=written)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    command = [sys.executable, "-c", _LIMITED.format(limit), *convert(source, target, options)]
    done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "File too large" in done.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before
    assert left_behind(tmp_path / "out") == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_one_line(
    tmp_path: Path, old_and_new: tuple[Segmentation, Segmentation, Path]
) -> None:
    (tmp_path / "out").chmod(0o500)
    command = [sys.executable, "-m", "MultiLabelSegLib", *convert(old_and_new[2], tmp_path / "out" / "o.nrrd", [])]
    done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    (tmp_path / "out").chmod(0o700)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "cannot be written to" in done.stderr


def test_a_folder_that_takes_nothing_is_a_typed_error() -> None:
    for folder in ("/proc", "/dev/null"):
        if Path(folder).exists():
            with pytest.raises(MultiLabelSegError, match="cannot be written to|does not exist"):
                write_segmentation(noisy(1), Path(folder) / "o.nrrd")
