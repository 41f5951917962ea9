"""TotalSegmentator's program as far as we call it: the same options, its multi-label file with names in the header.

Each class of the task whose value occurs in the image, rounded, is found there. Every call is noted in the file that
FAKE_CALLS names, with what a licence's settings say.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np


def parser() -> argparse.ArgumentParser:
    """As TotalSegmentator 2.18.0."""
    made = argparse.ArgumentParser(prog="TotalSegmentator")
    made.add_argument("-i", metavar="filepath", dest="input")
    made.add_argument("-o", metavar="directory", dest="output")
    made.add_argument("-ot", "--output_type", nargs="+", default=["nifti"])
    made.add_argument("-ml", "--ml", action="store_true")
    made.add_argument("-nr", "--nr_thr_resamp", type=int, default=1)
    made.add_argument("-ro", "--resampling_order", type=int, default=1)
    made.add_argument("-ns", "--nr_thr_saving", type=int, default=6)
    made.add_argument("-f", "--fast", action="store_true")
    made.add_argument("-ff", "--fastest", action="store_true")
    made.add_argument("-sl", "--save_lowres", action="store_true")
    made.add_argument("-t", "--nora_tag", type=str)
    made.add_argument("-p", "--preview", action="store_true")
    made.add_argument("-ta", "--task", default="total")
    made.add_argument("-ms", "--model_size", choices=["big", "small"], default="big")
    made.add_argument("-rs", "--roi_subset", type=str, nargs="+")
    made.add_argument("-rsr", "--roi_subset_robust", type=str, nargs="+")
    made.add_argument("-rc", "--robust_crop", action="store_true")
    made.add_argument("--higher_order_resampling_LEGACY", "--high_order_resampling_LEGACY", action="store_true")
    made.add_argument("-ho", "--higher_order_resampling", "--high_order_resampling", action="store_true")
    made.add_argument("-s", "--statistics", nargs="?", const=True)
    made.add_argument("-r", "--radiomics", action="store_true")
    made.add_argument("-rp", "--report")
    made.add_argument("-sii", "--stats_include_incomplete", action="store_true")
    made.add_argument("-sa", "--stats_aggregation", choices=["mean", "median"], default="mean")
    made.add_argument("-sx", "--statistics_extra", action="store_true")
    made.add_argument("-cp", "--crop_path")
    for short, long in (("-bs", "--body_seg"), ("-fs", "--force_split"), ("-ss", "--skip_saving")):
        made.add_argument(short, long, action="store_true")
    made.add_argument("-ndm", "--no_derived_masks", action="store_true")
    made.add_argument("-v1o", "--v1_order", action="store_true")
    made.add_argument("-rmb", "--remove_small_blobs", nargs="?", const=200.0)
    made.add_argument("-d", "--device", type=device, default="gpu")
    made.add_argument("-q", "--quiet", action="store_true")
    made.add_argument("-sp", "--save_probabilities")
    made.add_argument("-v", "--verbose", action="store_true")
    made.add_argument("--debug", action="store_true")
    made.add_argument("-l", "--license_number", type=str)
    made.add_argument("--test", metavar="0|1|3", choices=[0, 1, 3], default=0, type=int)
    made.add_argument("-lt", "--list-tasks", action="store_true")
    made.add_argument("-lc", "--list-classes", nargs="?", const="total")
    made.add_argument("--version", action="version", version="2.18.0")
    return made


def device(text: str) -> str:
    """The real program's check."""
    if text not in ("gpu", "cpu", "mps") and not text.removeprefix("gpu:").isdigit():
        raise argparse.ArgumentTypeError(f"Invalid device type: '{text}'.")
    return text


def licence() -> str:
    home = Path(os.environ.get("TOTALSEG_HOME_DIR") or Path.home() / ".totalsegmentator")
    path = home / "config.json"
    return json.loads(path.read_text()).get("license_number", "") if path.exists() else ""


def note(key: str) -> None:
    home = os.environ.get("TOTALSEG_HOME_DIR")
    mode = oct(Path(home, "config.json").stat().st_mode & 0o777) if home and key else ""
    about = {
        "arguments": sys.argv[1:],
        "gpu": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "licence": key,
        "mode": mode,
        "home": home,
        "weights": os.environ.get("TOTALSEG_WEIGHTS_PATH"),
    }
    with Path(os.environ["FAKE_CALLS"]).open("a") as file:
        file.write(json.dumps(about) + "\n")


def main() -> None:
    from MultiLabelSegLib.core import Group, Label, Segmentation
    from MultiLabelSegLib.formats.image_io import read_image
    from MultiLabelSegLib.formats.saving import write_segmentation
    from Testing.external.totalsegmentator_files import CLASSES, LICENSED

    arguments = parser().parse_args()
    key = arguments.license_number or licence()
    note(key)
    if arguments.task not in CLASSES:
        raise SystemExit(f"TotalSegmentator: error: argument -ta/--task: invalid choice: '{arguments.task}'")
    if arguments.task in LICENSED and len(key) != 18:
        raise SystemExit(f"ERROR: Invalid license number ({key}). Please check your license number or contact support.")
    if os.environ.get("FAKE_OFFLINE"):
        raise SystemExit("urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>")
    print(f"using {key}" if key else "using no licence")
    image = read_image(Path(arguments.input))
    names = CLASSES[arguments.task]
    kept = {value: name for value, name in names.items() if not arguments.roi_subset or name in arguments.roi_subset}
    numbers = np.rint(image.array).astype(np.uint8)
    numbers[~np.isin(numbers, list(kept))] = 0
    group = Group(numbers, [Label(value, name) for value, name in names.items()])
    table = {"label_table": "totalsegmentator"}
    write_segmentation(Segmentation(image.geometry, [group]), Path(arguments.output), options=table, sidecar="never")
    sys.stderr.write("\r 50%|#####     | 1/2\r100%|##########| 2/2\n")


if __name__ == "__main__":
    main()
