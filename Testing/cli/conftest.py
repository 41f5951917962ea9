"""A segmentation on disk and a way to call the command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.cli.main import main
from Testing.cli.cases import a_segmentation


@dataclass
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def mlseg(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Calls ``mlseg`` with arguments (paths or text) and returns exit code and output."""

    def call(*arguments: object) -> Answer:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return call


@pytest.fixture
def seg_nrrd(tmp_path: Path) -> Path:
    """The overlapping segmentation as a MITK file, in a folder with blanks and umlauts."""
    folder = tmp_path / "my földer"
    folder.mkdir()
    mls.write(a_segmentation(), folder / "seg.nrrd")
    return folder / "seg.nrrd"


@pytest.fixture
def apart_nrrd(tmp_path: Path) -> Path:
    """The same without overlapping voxels."""
    mls.write(a_segmentation(overlapping=False), tmp_path / "apart.nrrd")
    return tmp_path / "apart.nrrd"
