"""Stacks beside their peers: export and import of 104 + 10 labels as one .nii.gz each.

    python Testing/benchmarks/bench_stack.py [big|small|tiny]

Prints CPU seconds (all threads) and ratios from one run, for seconds differ from machine to machine. MITK does all 114
files in a process of its own (where mitk-python is installed); the loops over nibabel and SimpleITK do one label in
eight and are scaled to all. Compile the kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import SPACINGS, load  # noqa: E402

from MultiLabelSegLib.compiled import use_kernels  # noqa: E402
from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.formats.base import WriteRequest  # noqa: E402
from MultiLabelSegLib.formats.mitk_stack import FORMAT  # noqa: E402
from MultiLabelSegLib.formats.options import make_options  # noqa: E402
from MultiLabelSegLib.formats.registry import read_segmentation  # noqa: E402
from MultiLabelSegLib.formats.saving import write_segmentation  # noqa: E402
from MultiLabelSegLib.formats.staging import Stage  # noqa: E402

SAMPLE = 8
#: MITK in a process of its own: saves or loads, prints its CPU seconds, and leaves before it can crash at the end
MITK = """
import os, sys, time
import mitk
job, source, target = sys.argv[1:]
segmentation = mitk.MultiLabelSegmentation(source) if job == "save" else None
began = time.process_time()
if job == "save":
    segmentation.save(target)
else:
    segmentation = mitk.MultiLabelSegmentation(source)
print("SECONDS", time.process_time() - began, len(segmentation.label_values), flush=True)
os._exit(0)
"""


def make_segmentation(name: str) -> Segmentation:
    """The case: 104 organs in one group, 10 lesions with the values 105 to 114 in another."""
    organs, lesions = load(name, "organs"), load(name, "lesions")
    lesions = np.where(lesions > 0, lesions + np.uint8(104), 0).astype(np.uint8)
    groups = [
        Group(organs, [Label(value, f"organ {value}") for value in range(1, 105)], "organs"),
        Group(lesions, [Label(value, f"lesion {value}") for value in range(105, 115)], "lesions"),
    ]
    return Segmentation(Geometry.from_parts(organs.shape, SPACINGS[name]), groups)


def cpu_seconds(job: Callable[[], object]) -> float:
    began = time.process_time()
    job()
    return time.process_time() - began


def best(job: Callable[[Path], object], folder: Path, times: int = 3) -> float:
    """The least CPU seconds of some runs into fresh folders, after one that does not count."""
    seconds = []
    for number in range(times + 1):
        target = folder / str(number)
        target.mkdir(parents=True)
        seconds.append(cpu_seconds(lambda target=target: job(target)))  # type: ignore[misc]
    return min(seconds[1:])


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def export_ours(segmentation: Segmentation, folder: Path) -> tuple[float, float]:
    """CPU seconds of writing the files alone, and of everything: writing, verifying, flushing, putting in place."""

    def write_files(target: Path) -> None:
        with Stage(target / "a.nii.gz") as stage:
            options = make_options(FORMAT.write_options, {})
            assert FORMAT.writer is not None
            FORMAT.writer(WriteRequest(segmentation, target / "a.nii.gz", stage, options))

    def everything(target: Path) -> None:
        write_segmentation(segmentation, target / "a.nii.gz", format_id="mitk-stack")

    return best(write_files, folder / "files"), best(everything, folder / "whole")


def check_same(mine: Segmentation, theirs: Segmentation) -> None:
    for group, other in zip(mine.groups, theirs.groups, strict=True):
        assert np.array_equal(group.array, other.array), group.name
        assert group.values == other.values


def run_mitk(job: str, source: Path, target: Path) -> float:
    command = [sys.executable, "-c", MITK, job, str(source), str(target)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = [line.split() for line in answer.splitlines() if line.startswith("SECONDS")]
    if not found or found[0][2] != "114":
        raise RuntimeError(f"MITK could not {job}: {answer[-500:]}")
    return float(found[0][1])


def sampled(segmentation: Segmentation) -> tuple[list[tuple[int, np.ndarray]], float]:
    """One label in eight with its frame (k, j, i), and the factor that scales their seconds to all labels."""
    pairs = [(value, np.asarray(group.array[0])) for group in segmentation.groups for value in group.values]
    return pairs[::SAMPLE], len(pairs) / len(pairs[::SAMPLE])


def nibabel_loop(segmentation: Segmentation, folder: Path) -> tuple[float, float]:
    """CPU seconds of exporting and importing by the loop that everyone writes, scaled to all labels."""
    import nibabel as nib

    labels, factor = sampled(segmentation)
    affine = segmentation.geometry.ijk_to_ras
    folder.mkdir()

    def save() -> None:
        for value, frame in labels:
            mask = (frame == value).astype(np.uint16) * np.uint16(value)
            nib.save(nib.Nifti1Image(mask.T, affine), folder / f"{value}.nii.gz")

    def read() -> None:
        volume = np.zeros(segmentation.geometry.shape, np.uint16)
        for value, _ in labels:
            array = np.asarray(nib.load(folder / f"{value}.nii.gz").dataobj).T
            volume[array == value] = value

    return cpu_seconds(save) * factor, cpu_seconds(read) * factor


def simpleitk_loop(segmentation: Segmentation, folder: Path) -> tuple[float, float]:
    """The same by SimpleITK."""
    import SimpleITK as sitk

    labels, factor = sampled(segmentation)
    images = [sitk.GetImageFromArray(np.asarray(group.array[0])) for group in segmentation.groups]
    folder.mkdir()

    def save() -> None:
        for value, _ in labels:
            image = images[segmentation.group_index_of(value)]
            mask = sitk.Cast(image == value, sitk.sitkUInt16) * value
            sitk.WriteImage(mask, str(folder / f"{value}.nii.gz"), True)

    def read() -> None:
        volume = np.zeros(segmentation.geometry.shape, np.uint16)
        for value, _ in labels:
            image = sitk.ReadImage(str(folder / f"{value}.nii.gz"))  # the view below lives on its memory
            volume[sitk.GetArrayViewFromImage(image) == value] = value

    return cpu_seconds(save) * factor, cpu_seconds(read) * factor


def import_sample(folder: Path, segmentation: Segmentation) -> float:
    """CPU seconds in which we read the sampled files of a loop as a stack, scaled to all labels."""
    labels, factor = sampled(segmentation)
    entries = [{"value": value, "name": "n", "_file": f"{value}.nii.gz"} for value, _ in labels]
    groups = [{"labels": [entry for entry in entries if (entry["value"] > 104) == late]} for late in (False, True)]
    path = folder / "s.mitklabel.json"
    path.write_text(json.dumps({"type": "org.mitk.multilabel.segmentation.stack", "groups": groups}), "utf-8")
    read_segmentation(path)
    seconds = min(cpu_seconds(lambda: read_segmentation(path)) for _ in range(2))
    found = read_segmentation(path)
    for value, frame in labels:
        assert found.voxels(value) == np.count_nonzero(frame == value), value
    return seconds * factor


def main() -> None:
    """Everything for the case that the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "big"
    segmentation = make_segmentation(name)
    kernels = use_kernels(segmentation.geometry.voxels)
    print(f"case {name} {segmentation.geometry.shape}, 114 labels, compiled kernels: {kernels}", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-stack-") as temporary:
        folder = Path(temporary)
        files, whole = export_ours(segmentation, folder / "ours")
        own = folder / "ours" / "whole" / "1" / "a.mitklabel.json"
        check_same(segmentation, read_segmentation(own))
        back = min(cpu_seconds(lambda: read_segmentation(own)) for _ in range(3))
        print(f"export: files {files:.3f} s, with verifying and flushing {whole:.3f} s, {megabytes(own.parent):.1f} MB")
        print(f"import of our files: {back:.3f} s", flush=True)
        for peer, loop in (("nibabel", nibabel_loop), ("SimpleITK", simpleitk_loop)):
            saved, read = loop(segmentation, folder / peer)
            theirs = import_sample(folder / peer, segmentation)
            print(
                f"{peer} loop (1 in {SAMPLE}, scaled): export {saved:.1f} s = {saved / files:.0f} x our files, "
                f"{saved / whole:.0f} x all of ours; import {read:.1f} s = {read / back:.0f} x ours of our files, "
                f"{read / theirs:.0f} x ours of its files ({theirs:.2f} s)",
                flush=True,
            )
        if find_spec("mitk") is None:
            print("MITK: mitk-python is not installed (wheels exist for Python 3.12 only)")
            return
        (folder / "mitk").mkdir()
        write_segmentation(segmentation, folder / "source.nrrd")
        stack = folder / "mitk" / "a.mitklabel.json"
        saved, loaded = run_mitk("save", folder / "source.nrrd", stack), run_mitk("load", own, own)
        own_load = run_mitk("load", stack, stack)
        check_same(segmentation, read_segmentation(stack))
        theirs = min(cpu_seconds(lambda: read_segmentation(stack)) for _ in range(2))
        print(
            f"MITK: export {saved:.1f} s, {megabytes(stack.parent):.1f} MB = {saved / files:.0f} x our files, "
            f"{saved / whole:.0f} x all of ours\n"
            f"MITK: import of our files {loaded:.1f} s = {loaded / back:.0f} x ours; of its own {own_load:.1f} s = "
            f"{own_load / theirs:.0f} x ours ({theirs:.2f} s)"
        )


if __name__ == "__main__":
    os.environ.setdefault("MLSEG_KERNELS", "auto")
    main()
