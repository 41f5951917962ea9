"""What a quick command does not load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import MultiLabelSegLib as mls
from Testing.cli.cases import a_segmentation

LIBRARY = Path(mls.__file__).parents[1]
_SCRIPT = """
import sys
from MultiLabelSegLib.cli.main import main
assert main(sys.argv[1:]) == 0
print(" ".join(sys.modules))
"""
_HEAVY = {"scipy", "numba", "SimpleITK", "vtk", "nibabel", "pydicom", "rich", "tempfile", "concurrent.futures"}


def loaded_by(*words: object) -> set[str]:
    """The modules that a command has loaded at its end."""
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY), "MLSEG_KERNELS": "never"}
    command = [sys.executable, "-c", _SCRIPT, *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("name", ["a.nrrd", "a.seg.nrrd", "a.nii.gz"])
def test_info_loads_nothing_of_formats_that_come_later_and_nothing_that_writes(tmp_path: Path, name: str) -> None:
    mls.write(a_segmentation(overlapping=False), tmp_path / name)
    loaded = loaded_by("info", tmp_path / name)
    assert not loaded & _HEAVY
    assert "MultiLabelSegLib.formats.dicom.parse" not in loaded
    if name == "a.nrrd":
        assert not {f"MultiLabelSegLib.formats.{part}" for part in ("labelmap", "slicer.incoming")} & loaded
    assert "MultiLabelSegLib.formats.mitk_nrrd" in loaded or name == "a.seg.nrrd"


def test_help_of_a_command_that_takes_many_cases_loads_no_arrays() -> None:
    for command in ("split", "merge", "batch", "dataset"):
        assert "numpy" not in loaded_by(command, "--help")


def test_a_window_ends_without_taking_python_apart_but_with_what_was_promised_for_the_end() -> None:
    text = (
        "import atexit, weakref\n"
        "from MultiLabelSegLib.cli.main import _end_at_once\n"
        "class Thing: pass\n"
        "thing = Thing()\n"
        "weakref.finalize(thing, print, 'at exit')\n"
        "Thing.__del__ = lambda self: print('taken apart')\n"
        "print('done', end=' ')\n"
        "_end_at_once(3)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    ended = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, env=environment)
    assert (ended.returncode, ended.stdout) == (3, "done at exit\n")
