"""nnU-Net's programs, both versions, as far as we call them: the same options, files and complaints, no network.

What it predicts is checkable by eye: the number at a voxel is the first channel's, rounded, plus one where the second
channel is above 50; with ``--disable_tta`` one less where there is something, so that an option can be seen to arrive.
Every call is written to ``calls.jsonl`` in the results folder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np

#: nnU-Net's own spelling
RESULTS = "nnUNet_results"


def predict_v2() -> argparse.ArgumentParser:
    """As nnunetv2 2.8.1."""
    parser = argparse.ArgumentParser(prog="nnUNetv2_predict")
    parser.add_argument("-i", type=str, required=True)
    parser.add_argument("-o", type=str, required=True)
    parser.add_argument("-d", type=str, required=True)
    parser.add_argument("-p", type=str, default="nnUNetPlans")
    parser.add_argument("-tr", type=str, default="nnUNetTrainer")
    parser.add_argument("-c", type=str, required=True)
    parser.add_argument("-f", nargs="+", type=str, default=(0, 1, 2, 3, 4))
    parser.add_argument("-step_size", type=float, default=0.5)
    parser.add_argument("--disable_tta", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--save_probabilities", action="store_true")
    parser.add_argument("--continue_prediction", action="store_true")
    parser.add_argument("-chk", type=str, default="checkpoint_final.pth")
    parser.add_argument("-npp", type=int, default=3)
    parser.add_argument("-nps", type=int, default=3)
    parser.add_argument("-prev_stage_predictions", type=str)
    parser.add_argument("-num_parts", type=int, default=1)
    parser.add_argument("-part_id", type=int, default=0)
    parser.add_argument("-device", type=str, default="cuda")
    parser.add_argument("--disable_progress_bar", action="store_true")
    parser.add_argument("--not_on_device", action="store_true")
    return parser


def ensemble_v2() -> argparse.ArgumentParser:
    """As nnunetv2 2.8.1."""
    parser = argparse.ArgumentParser(prog="nnUNetv2_ensemble")
    parser.add_argument("-i", nargs="+", type=str, required=True)
    parser.add_argument("-o", type=str, required=True)
    parser.add_argument("-np", type=int, default=8)
    parser.add_argument("--save_npz", action="store_true")
    return parser


def postprocess_v2() -> argparse.ArgumentParser:
    """As nnunetv2 2.8.1."""
    parser = argparse.ArgumentParser("nnUNetv2_apply_postprocessing")
    for name in ("-i", "-o", "-pp_pkl_file"):
        parser.add_argument(name, type=str, required=True)
    parser.add_argument("-np", type=int, default=8)
    parser.add_argument("-plans_json", type=str)
    parser.add_argument("-dataset_json", type=str)
    return parser


def download_v2() -> argparse.ArgumentParser:
    """As nnunetv2 2.8.1."""
    parser = argparse.ArgumentParser(prog="nnUNetv2_download_pretrained_model_by_url")
    parser.add_argument("url", type=str)
    return parser


def predict_v1() -> argparse.ArgumentParser:
    """As nnunet 1.7.1."""
    parser = argparse.ArgumentParser(prog="nnUNet_predict")
    parser.add_argument("-i", "--input_folder", required=True)
    parser.add_argument("-o", "--output_folder", required=True)
    parser.add_argument("-t", "--task_name", required=True)
    parser.add_argument("-tr", "--trainer_class_name", default="nnUNetTrainerV2")
    parser.add_argument("-ctr", "--cascade_trainer_class_name", default="nnUNetTrainerV2CascadeFullRes")
    parser.add_argument("-m", "--model", default="3d_fullres")
    parser.add_argument("-p", "--plans_identifier", default="nnUNetPlansv2.1")
    parser.add_argument("-f", "--folds", nargs="+", default="None")
    parser.add_argument("-z", "--save_npz", action="store_true")
    parser.add_argument("-l", "--lowres_segmentations", default="None")
    parser.add_argument("--part_id", type=int, default=0)
    parser.add_argument("--num_parts", type=int, default=1)
    parser.add_argument("--num_threads_preprocessing", default=6, type=int)
    parser.add_argument("--num_threads_nifti_save", default=2, type=int)
    parser.add_argument("--disable_tta", action="store_true")
    parser.add_argument("--overwrite_existing", action="store_true")
    parser.add_argument("--mode", type=str, default="normal")
    parser.add_argument("--all_in_gpu", type=str, default="None")
    parser.add_argument("--step_size", type=float, default=0.5)
    parser.add_argument("-chk", default="model_final_checkpoint")
    parser.add_argument("--disable_mixed_precision", action="store_true")
    return parser


def ensemble_v1() -> argparse.ArgumentParser:
    """As nnunet 1.7.1."""
    parser = argparse.ArgumentParser(prog="nnUNet_ensemble")
    parser.add_argument("-f", "--folders", nargs="+", required=True)
    parser.add_argument("-o", "--output_folder", required=True)
    parser.add_argument("-t", "--threads", default=2, type=int)
    parser.add_argument("-pp", "--postprocessing_file")
    parser.add_argument("--npz", action="store_true")
    return parser


PARSERS = {
    "nnUNetv2_predict": predict_v2,
    "nnUNetv2_ensemble": ensemble_v2,
    "nnUNetv2_apply_postprocessing": postprocess_v2,
    "nnUNetv2_download_pretrained_model_by_url": download_v2,
    "nnUNet_predict": predict_v1,
    "nnUNet_ensemble": ensemble_v1,
}


def note(name: str, arguments: list[str]) -> None:
    root = Path(os.environ.get(RESULTS) or os.environ["RESULTS_FOLDER"])
    about = {"program": name, "arguments": arguments, "gpu": os.environ.get("CUDA_VISIBLE_DEVICES")}
    with (root / "calls.jsonl").open("a") as file:
        file.write(json.dumps(about) + "\n")


def read(path: Path) -> tuple[np.ndarray, object]:
    from MultiLabelSegLib.formats.image_io import read_image

    image = read_image(path)
    return image.array[0], image.geometry


def write(path: Path, numbers: np.ndarray, geometry: object) -> None:
    from MultiLabelSegLib.core import Image
    from MultiLabelSegLib.formats.image_file import save_image

    save_image(Image(numbers[np.newaxis], geometry), path, overwrite=True)  # type: ignore[arg-type]


def predict(source: Path, target: Path, ending: str, channels: int, mirrored: bool, extra: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    cases = sorted(path.name[: -len(f"_0000{ending}")] for path in source.glob(f"*_0000{ending}"))
    if not cases:
        raise SystemExit(f"no cases in {source}")
    for number, case in enumerate(cases):
        images = [source / f"{case}_{channel:04d}{ending}" for channel in range(channels)]
        missing = [path.name for path in images if not path.exists()]
        if missing:
            raise SystemExit(f"AssertionError: missing {missing}")
        first, geometry = read(images[0])
        numbers = np.rint(first).astype(np.uint8)
        if channels > 1:
            numbers[read(images[1])[0] > 50] += 1
        if not mirrored:
            numbers[numbers > 0] -= 1
        write(target / f"{case}{ending}", numbers, geometry)
        if extra:
            (target / f"{case}.npz").write_bytes(b"")
            (target / f"{case}.pkl").write_bytes(b"")
        sys.stderr.write(f"\r{(number + 1) * 100 // len(cases):3d}%|####| {number + 1}/{len(cases)}")
        sys.stderr.flush()
    sys.stderr.write("\n")


def run_predict_v2(arguments: argparse.Namespace) -> None:
    folder = Path(os.environ[RESULTS]) / arguments.d / f"{arguments.tr}__{arguments.p}__{arguments.c}"
    if arguments.device not in ("cpu", "cuda", "mps"):
        raise SystemExit(f"AssertionError: -device must be either cpu, mps or cuda. Got: {arguments.device}.")
    for fold in arguments.f:
        if not (folder / f"fold_{fold}" / arguments.chk).exists():
            raise SystemExit(f"FileNotFoundError: {folder}/fold_{fold}/{arguments.chk}")
    dataset = json.loads((folder / "dataset.json").read_text())
    if (folder / "slow").exists():
        print("begun", flush=True)
        time.sleep(60)
    if (folder / "out_of_memory").exists():
        raise SystemExit("torch.cuda.OutOfMemoryError: CUDA out of memory")
    if arguments.c == "3d_cascade_fullres" and not arguments.prev_stage_predictions:
        raise SystemExit("AssertionError: this is a cascade; -prev_stage_predictions is missing")
    out = Path(arguments.o)
    extra = "npz" if arguments.save_probabilities else ""
    channels = len(dataset["channel_names"])
    predict(Path(arguments.i), out, dataset["file_ending"], channels, not arguments.disable_tta, extra)
    for name in ("dataset.json", "plans.json"):
        shutil.copy(folder / name, out / name)


def run_ensemble(folders: list[str], out: str, ending: str) -> None:
    """The greatest number of all members at each voxel."""
    Path(out).mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(folders[0]).glob(f"*{ending}")):
        case = path.name[: -len(ending)]
        for folder in folders:
            if not (Path(folder) / f"{case}.npz").exists():
                raise SystemExit("AssertionError: Not all patient npz are available in all folders")
        found = [read(Path(folder) / path.name) for folder in folders]
        write(Path(out) / path.name, np.max([numbers for numbers, _ in found], axis=0).astype(np.uint8), found[0][1])


def run_postprocess(source: str, out: str) -> None:
    """Takes the first slice away, so that it can be seen."""
    Path(out).mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(source).glob("*.nii.gz")):
        numbers, geometry = read(path)
        numbers[0] = 0
        write(Path(out) / path.name, numbers, geometry)


def run_download(url: str) -> None:
    """A file address is unpacked; anything else is the error of a machine without a network."""
    if not url.startswith("file:"):
        raise SystemExit("requests.exceptions.ConnectionError: Failed to establish a new connection: [Errno 101]")
    shutil.unpack_archive(url.removeprefix("file:"), os.environ[RESULTS])


def main() -> None:
    name = Path(sys.argv[0]).name
    arguments = PARSERS[name]().parse_args()
    note(name, sys.argv[1:])
    if name == "nnUNetv2_predict":
        run_predict_v2(arguments)
    elif name == "nnUNetv2_ensemble":
        run_ensemble(arguments.i, arguments.o, ".nii.gz")
    elif name == "nnUNetv2_apply_postprocessing":
        run_postprocess(arguments.i, arguments.o)
    elif name == "nnUNetv2_download_pretrained_model_by_url":
        run_download(arguments.url)
    elif name == "nnUNet_predict":
        folder = Path(os.environ["RESULTS_FOLDER"]) / "nnUNet" / arguments.model / arguments.task_name
        if not folder.is_dir():
            raise SystemExit(f"AssertionError: model output folder not found. Expected: {folder}")
        cases = Path(arguments.input_folder)
        channels = len({path.name[-11:-7] for path in cases.glob("*.nii.gz")})
        extra = "npz" if arguments.save_npz else ""
        predict(cases, Path(arguments.output_folder), ".nii.gz", channels, not arguments.disable_tta, extra)
    else:
        run_ensemble(arguments.folders, arguments.output_folder, ".nii.gz")
        if arguments.postprocessing_file:
            run_postprocess(arguments.output_folder, arguments.output_folder)


if __name__ == "__main__":
    main()
