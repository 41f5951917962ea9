"""Run by a Python that has nnunetv2: makes tiny trained models by nnU-Net's own code, in the folder that is named.

Two datasets of five cases (as many as nnU-Net has folds) of 24 x 20 x 16 voxels: Dataset901 with two channels and two
labels (2d and 3d_fullres, folds 0 and 1), Dataset902 with nested regions (3d_fullres). Fingerprint, plans,
preprocessing and the trainer are nnU-Net's; the trainer does ``iterations`` steps of one epoch, so that the weights are
all but random.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
CASES = 5
ITERATIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 1
for part in ("raw", "preprocessed", "results"):
    os.environ[f"nnUNet_{part}"] = str(ROOT / part)
    (ROOT / part).mkdir(parents=True, exist_ok=True)
os.environ.update(nnUNet_n_proc_DA="1", nnUNet_compile="f", nnUNet_def_n_proc="1", CUDA_VISIBLE_DEVICES="-1")

import nibabel as nib  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from batchgenerators.utilities.file_and_folder_operations import load_json  # noqa: E402
from nnunetv2.experiment_planning.plan_and_preprocess_api import (  # noqa: E402
    extract_fingerprints,
    plan_experiments,
    preprocess,
)
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer  # noqa: E402

AFFINE = np.array([[-0.8, 0, 0, 90.5], [0, -0.8, 0, 60.25], [0, 0, 2.5, -30], [0, 0, 0, 1.0]])
DATASETS = {
    901: ("Dataset901_TinyTwo", {"0": "CT", "1": "PET"}, {"background": 0, "organ": 1, "lesion": 2}, None),
    902: (
        "Dataset902_TinyRegions",
        {"0": "MRI"},
        {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "active": 3},
        [1, 2, 3],
    ),
}


def a_case(number: int, channels: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Images of nested blocks with noise, and the blocks as labels."""
    random = np.random.default_rng(number)
    labels = np.zeros((24, 20, 16), np.uint8)
    labels[4:20, 4:16, 3:13] = 1
    labels[8:16, 7:13, 5:11] = 2
    labels[10:14, 8:12, 6:9] = 3
    return [
        (labels * 100.0 * (n + 1) + random.normal(0, 10, labels.shape)).astype(np.float32) for n in range(channels)
    ], labels


def write_raw(name: str, channels: dict[str, str], labels: dict[str, object], order: list[int] | None) -> None:
    folder = ROOT / "raw" / name
    for part in ("imagesTr", "labelsTr", "imagesTs"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number in range(CASES + 1):
        images, mask = a_case(number, len(channels))
        if order is None:
            mask = np.minimum(mask, 2)
        place = "imagesTr" if number < CASES else "imagesTs"
        for channel, image in enumerate(images):
            nib.save(nib.Nifti1Image(image, AFFINE), folder / place / f"case_{number}_{channel:04d}.nii.gz")
        if number < CASES:
            nib.save(nib.Nifti1Image(mask, AFFINE), folder / "labelsTr" / f"case_{number}.nii.gz")
    about = {"channel_names": channels, "labels": labels, "numTraining": CASES, "file_ending": ".nii.gz"}
    if order is not None:
        about["regions_class_order"] = order
    (folder / "dataset.json").write_text(json.dumps(about))


def train(name: str, configuration: str, fold: int) -> None:
    """One epoch of a few iterations with nnU-Net's own trainer."""
    torch.manual_seed(0)
    np.random.seed(0)
    folder = ROOT / "preprocessed" / name
    plans = {**load_json(folder / "nnUNetPlans.json"), "continue_training": False}
    trainer = nnUNetTrainer(plans, configuration, fold, load_json(folder / "dataset.json"), torch.device("cpu"))
    trainer.num_epochs, trainer.num_iterations_per_epoch, trainer.num_val_iterations_per_epoch = 1, ITERATIONS, 1
    trainer.run_training()


def main() -> None:
    for about in DATASETS.values():
        write_raw(*about)
    numbers = list(DATASETS)
    extract_fingerprints(numbers, num_processes=1, check_dataset_integrity=True)
    plan_experiments(numbers)
    preprocess(numbers, configurations=("2d", "3d_fullres"), num_processes=(1, 1))
    os.environ.update(nnUNet_n_proc_DA="0")  # in this process; the planner wants one
    for configuration, fold in (("3d_fullres", 0), ("3d_fullres", 1), ("2d", 0), ("2d", 1)):
        train(DATASETS[901][0], configuration, fold)
    train(DATASETS[902][0], "3d_fullres", 0)


if __name__ == "__main__":
    main()
