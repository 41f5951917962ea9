"""Data sets: 117 masks of a case split and merged beside loops over nibabel, and whole exports of several cases.

    python Testing/benchmarks/bench_datasets.py [big|small|tiny]

Prints CPU seconds (all threads) and ratios from one run, for seconds differ from machine to machine. The loops do one
mask in eight and are scaled to all; they verify nothing, ours compares every file with what was meant. Exports are
wall-clock seconds of the command line for six cases of the size ``small`` (``tiny`` with tiny). Compile the kernels
first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import nibabel as nib  # noqa: E402
import numpy as np  # noqa: E402
from case import SPACINGS, load  # noqa: E402

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.datasets.classes.examined import document_of  # noqa: E402
from MultiLabelSegLib.datasets.totalsegmentator.exporting import write_masks  # noqa: E402
from MultiLabelSegLib.datasets.totalsegmentator.importing import read_masks  # noqa: E402
from MultiLabelSegLib.formats.image_file import save_image  # noqa: E402
from MultiLabelSegLib.formats.report import Report  # noqa: E402
from MultiLabelSegLib.formats.saving import write_segmentation  # noqa: E402
from MultiLabelSegLib.formats.staging import Stage  # noqa: E402

MASKS, SAMPLE, CASES = 117, 8, 6


def make_segmentation(name: str) -> Segmentation:
    """104 organs, 10 lesions that overlap them, and three labels without voxels: 117."""
    organs, lesions = load(name, "organs"), load(name, "lesions")
    lesions = np.where(lesions > 0, lesions + np.uint8(104), 0).astype(np.uint8)
    geometry = Geometry.from_parts(organs.shape[-3:], SPACINGS[name])
    groups = [
        Group(organs, [Label(value, f"organ {value}") for value in range(1, 105)], "organs"),
        Group(lesions, [Label(value, f"lesion {value}") for value in range(105, MASKS + 1)], "lesions"),
    ]
    return Segmentation(geometry, groups)


def cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def split(segmentation: Segmentation, folder: Path) -> None:
    files = {label.name: f"{label.name}.nii.gz" for label in segmentation.labels}
    with Stage(folder / "case") as stage:
        write_masks(stage, segmentation, folder / "ours", files, Report())
        stage.commit()


def nibabel_split(segmentation: Segmentation, folder: Path) -> float:
    folder.mkdir(exist_ok=True)
    labels, affine = segmentation.labels[::SAMPLE], segmentation.geometry.ijk_to_ras

    def loop() -> None:
        for label in labels:
            mask = (segmentation.group_of(label.value).array[0] == label.value).astype(np.uint8)
            nib.save(nib.Nifti1Image(np.ascontiguousarray(mask.T), affine), folder / f"{label.name}.nii.gz")

    return cpu_seconds(loop) * MASKS / len(labels)


def nibabel_merge(segmentation: Segmentation, folder: Path) -> float:
    labels = segmentation.labels[::SAMPLE]
    merged = np.zeros(segmentation.geometry.size, np.uint8)

    def loop() -> None:
        for label in labels:
            mask = np.asanyarray(nib.load(folder / f"{label.name}.nii.gz").dataobj)
            merged[mask > 0] = label.value

    return cpu_seconds(loop) * MASKS / len(labels)


def masks(name: str) -> None:
    """One case of 117 masks, both ways, both sides."""
    segmentation = make_segmentation(name)
    document = document_of(segmentation)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        ours = min(cpu_seconds(lambda: split(segmentation, folder)) for _ in range(3))
        theirs = nibabel_split(segmentation, folder / "theirs")
        print(f"split into {MASKS} masks: {ours:.2f} s, nibabel {theirs:.2f} s = {theirs / ours:.0f} x", flush=True)
        for whose in ("ours", "theirs"):
            if whose == "theirs":
                for label in segmentation.labels:  # nibabel's way of compressing, for all masks
                    mask = (segmentation.group_of(label.value).array[0] == label.value).astype(np.uint8)
                    image = nib.Nifti1Image(np.ascontiguousarray(mask.T), segmentation.geometry.ijk_to_ras)
                    nib.save(image, folder / whose / f"{label.name}.nii.gz")
            read = min(
                cpu_seconds(lambda: read_masks(folder / whose, document, {}, Report()))  # noqa: B023 - called at once
                for _ in range(3)
            )
            loop = nibabel_merge(segmentation, folder / whose)
            print(
                f"merge {MASKS} masks of {whose}: {read:.2f} s, nibabel {loop:.2f} s = {loop / read:.0f} x", flush=True
            )


def exports(name: str) -> None:
    """Whole data sets by the command line, one and two cases at a time."""
    segmentation = make_segmentation(name)
    flat = Segmentation(segmentation.geometry, [segmentation.groups[0]])
    values = np.random.default_rng(1).integers(-1000, 1000, segmentation.geometry.full_shape).astype(np.int16)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for part in ("ct", "seg"):
            (folder / part).mkdir()
        for number in range(CASES):
            save_image(Image(values, segmentation.geometry), folder / "ct" / f"c{number}.nii.gz")
            write_segmentation(flat, folder / "seg" / f"c{number}.nrrd")
        for layout in ("nnunet", "totalsegmentator", "bids"):
            for jobs in (1, 2):
                out = folder / f"{layout} {jobs}"
                words = ["dataset", "export", "--to", layout, "--images", str(folder / "ct"), "--segmentations"]
                words += [str(folder / "seg"), "-o", str(out), "-j", str(jobs), "-q"]
                began = time.perf_counter()
                library = str(Path(__file__).parents[2] / "MultiLabelSeg")
                subprocess.run(
                    [sys.executable, "-m", "MultiLabelSegLib", *words], check=True, env={"PYTHONPATH": library}
                )
                seconds = time.perf_counter() - began
                print(
                    f"{layout}, {CASES} cases, -j {jobs}: {seconds:.1f} s, {3600 * CASES / seconds:.0f} cases/h",
                    flush=True,
                )


if __name__ == "__main__":
    size = sys.argv[1] if len(sys.argv) > 1 else "small"
    masks(size)
    exports("tiny" if size == "tiny" else "small")
