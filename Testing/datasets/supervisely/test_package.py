"""What the package gives by name, and that its page in the documentation tells how to use it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import nrrd
import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.datasets import supervisely
from Testing.cli.cases import a_segmentation
from Testing.datasets.supervisely.archive_cases import make_zip
from Testing.datasets.supervisely.imported import input_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "supervisely.md"


def test_every_name_is_there_and_loaded_when_asked_for() -> None:
    assert sorted(supervisely._HOMES) == sorted(supervisely.__all__)
    assert set(supervisely.__all__) <= set(dir(supervisely))
    for name in supervisely.__all__:
        assert getattr(supervisely, name).__name__ == name
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = supervisely.no_such_name


def test_the_package_alone_loads_none_of_its_modules() -> None:
    code = (
        "import sys, MultiLabelSegLib.datasets.supervisely as one\n"
        "print([name for name in sys.modules if name.startswith(one.__name__ + '.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_environment())
    assert (done.stdout, done.stderr) == ("[]\n", "")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(mls.__file__).parents[1])}


def test_the_python_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = shutil.copytree(input_of("ex4_scores"), tmp_path / "dataset")
    make_zip(tmp_path / "dataset.zip", {path.name: path.read_bytes() for path in source.iterdir()})
    mls.write(a_segmentation(overlapping=False), tmp_path / "seg.nrrd")
    geometry = a_segmentation().geometry
    nib.save(nib.Nifti1Image(np.zeros(geometry.size, np.int16), geometry.ijk_to_ras), tmp_path / "ct.nii.gz")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    exec(blocks[0], {})
    assert '"objects": 2' in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "out").iterdir())[0] == "axl_anatomic.nrrd"
    assert len(supervisely.read_project(tmp_path / "project")) == 3
    assert (tmp_path / "new dataset").is_dir()
    mask = (np.arange(120).reshape(6, 5, 4) % 7 == 0).astype(np.uint8)
    nrrd.write(
        "volume.nrrd",
        mask,
        {"space": "left-posterior-superior", "space directions": np.eye(3), "space origin": [0, 0, 0]},
    )
    nib.save(nib.Nifti1Image(mask, np.diag([-1.0, -1, 1, 1])), "mask.nii.gz")
    found = {"supervisely": supervisely, "mask": mask}
    exec(blocks[1], found)
    assert np.array_equal(found["mask"], mask[::-1, ::-1])
    assert found["header"]["space"] == "right-anterior-superior"
