"""nnU-Net's own ``verify_dataset_integrity`` on what we write, where an interpreter that has it is named.

MLSEG_NNUNET_PYTHON   a Python with nnunetv2 (a venv's bin/python)
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from Testing.datasets.made_cases import folders_of, make_cases

PYTHON = os.environ.get("MLSEG_NNUNET_PYTHON", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="MLSEG_NNUNET_PYTHON names no Python with nnunetv2 (gigabytes, see docs)"),
]
CHECK = """
import sys
from nnunetv2.experiment_planning.verify_dataset_integrity import verify_dataset_integrity
if __name__ == "__main__":
    for folder in sys.argv[1:]:
        verify_dataset_integrity(folder, 1)
"""


def test_its_own_check_passes_for_labels_regions_ignore_and_all_endings(mlseg, tmp_path: Path) -> None:
    made = {kind: make_cases(tmp_path / kind, 3, kind == "regions") for kind in ("labels", "regions")}
    variants = {
        "Dataset001_Labels": ("labels", ".nii.gz", ()),
        "Dataset002_Regions": ("regions", ".nii.gz", ("--folds", 3)),
        "Dataset003_Ignore": ("regions", ".nrrd", ("--ignore", "Spleen")),
        "Dataset004_Mha": ("labels", ".mha", ()),
    }
    for name, (kind, ending, options) in variants.items():
        folders = (*folders_of(made[kind]), "-o", tmp_path / name)
        answer = mlseg("dataset", "export", "--to", "nnunet", *folders, "--file-ending", ending, *options)
        assert answer.code == 0, answer.err
    (tmp_path / "check.py").write_text(CHECK)
    places = {key: str(tmp_path) for key in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")}
    command = [PYTHON, str(tmp_path / "check.py"), *(str(tmp_path / name) for name in variants)]
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, env={**clean, **places}, capture_output=True, text=True, timeout=600)  # noqa: PLW1510
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    assert said.count("verify_dataset_integrity Done") == len(variants)
    assert "Warning" not in done.stdout
    assert "Error" not in done.stdout
