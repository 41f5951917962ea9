"""117 labels split into 117 files and merged again, beside nibabel on the same files; figures of label pairs.

    python Testing/benchmarks/bench_many.py [small|big|tiny]

Prints CPU seconds (all threads) of each job in a process of its own, its peak memory, and ratios, all from one run.
nibabel does what its users write: one mask at a time, compared, made and saved; loaded, looked up and put into one
array. Ours reads back and compares all that it wrote. ``job`` is without the imports, ``whole`` with them. Compile the
kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "MultiLabelSeg"), str(ROOT)]

import nibabel as nib  # noqa: E402
import numpy as np  # noqa: E402

from Testing.benchmarks.case import SPACINGS, load  # noqa: E402

LABELS = 117
#: runs in a process of its own; the script is put between
_COUNTED = """
import json, re, sys, time
sys.path[:0] = {paths!r}
{setup}
began = time.process_time()
{job}
whole = time.process_time()
with open("/proc/self/status") as file:  # ru_maxrss would begin with what the parent had
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", file.read())[1]) / 1024
print(json.dumps({{"job": whole - began, "whole": whole, "peak": peak}}))
"""
_NIBABEL = """
import nibabel as nib, numpy as np
from pathlib import Path
"""
_NIBABEL_SPLIT = """
image = nib.load({source!r})
array = np.asanyarray(image.dataobj)
for value in range(1, {labels} + 1):
    nib.save(nib.Nifti1Image((array == value).astype(np.uint8), image.affine), {out!r} + f"/L{{value:03d}}.nii.gz")
"""
_NIBABEL_MERGE = """
files = sorted(Path({out!r}).glob("*.nii.gz"))
whole = None
for value, path in enumerate(files, 1):
    image = nib.load(path)
    mask = np.asanyarray(image.dataobj)
    whole = np.zeros(mask.shape, np.uint8) if whole is None else whole
    whole[mask > 0] = value
nib.save(nib.Nifti1Image(whole, image.affine), {merged!r})
"""
_OURS = """
from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.compiled import be_lean
be_lean()  # as the program mlseg does
"""
_OUR_SPLIT = "assert main(['split', {source!r}, '-o', {out!r} + '/{{label}}.nii.gz', '-j', '1', '-q']) == 0"
_OUR_MERGE = "assert main(['merge', {out!r}, '-o', {merged!r}, '--into', 'one', '-j', '1', '-q']) == 0"
_OUR_DIFF = "assert main(['diff', {source!r}, {other!r}, '--metrics', '-j', '1', '-q']) == 1"
_SCIPY = """
import nibabel as nib, numpy as np
from scipy import ndimage
"""
_SCIPY_DIFF = """
first, second = (nib.load(path) for path in ({source!r}, {other!r}))
spacing = first.header.get_zooms()
first, second = (np.asanyarray(each.dataobj) for each in (first, second))
for value in range(1, {labels} + 1):
    a, b = first == value, second == value
    if not (a.any() and b.any()):
        continue
    edges = [mask ^ ndimage.binary_erosion(mask) for mask in (a, b)]
    far = [ndimage.distance_transform_edt(~edge, sampling=spacing) for edge in edges]
    np.percentile(far[1][edges[0]], 95), np.percentile(far[0][edges[1]], 95), 2 * (a & b).sum() / (a.sum() + b.sum())
"""


def measured(setup: str, job: str, **names: object) -> dict[str, float]:
    """CPU seconds and peak megabytes of a job."""
    text = _COUNTED.format(paths=sys.path[:2], setup=setup, job=job.format(**names))
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compared(title: str, ours: dict[str, float], theirs: dict[str, float], who: str) -> None:
    """Prints both sides and their ratio."""
    print(title)
    for name, cost in (("mlseg", ours), (who, theirs)):
        print(f"  {name:8} job {cost['job']:7.2f} s, whole {cost['whole']:7.2f} s CPU, peak {cost['peak']:6.0f} MB")
    print(f"  ratio    job {theirs['job'] / ours['job']:7.1f} x, whole {theirs['whole'] / ours['whole']:7.1f} x")


def make_files(size: str, folder: Path) -> tuple[Path, Path]:
    """A label map of 117 labels, the same moved by a voxel, as NIfTI with tables."""
    organs = load(size, "organs").astype(np.uint8)
    upper = np.arange(len(organs)) >= len(organs) // 2
    biggest = np.argsort(-np.bincount(organs.ravel(), minlength=256)[1:])[: LABELS - int(organs.max())] + 1
    for new, value in enumerate(biggest.tolist(), int(organs.max()) + 1):
        part = organs[upper]
        part[part == value] = new
        organs[upper] = part
    affine = np.diag([*SPACINGS[size], 1.0])
    paths = folder / "whole.nii.gz", folder / "moved.nii.gz"
    for path, array in zip(paths, (organs, np.roll(organs, 1, axis=2)), strict=True):
        nib.save(nib.Nifti1Image(array.transpose(2, 1, 0), affine), path)
        lines = [f'{value} {value} 99 99 1 1 1 "L{value:03d}"' for value in range(1, LABELS + 1)]
        path.with_name(path.name[:-7] + ".txt").write_text("\n".join(lines) + "\n")
    return paths


def run(size: str) -> None:
    """All jobs on both sides."""
    with tempfile.TemporaryDirectory(prefix="mlseg-bench-") as name:
        folder = Path(name)
        whole, moved = make_files(size, folder)
        for side in ("ours", "theirs"):
            (folder / side).mkdir()
        names = {"source": str(whole), "labels": LABELS, "other": str(moved)}
        ours = measured(_OURS, _OUR_SPLIT, out=str(folder / "ours"), **names)
        theirs = measured(_NIBABEL, _NIBABEL_SPLIT, out=str(folder / "theirs"), **names)
        compared(f"split into {LABELS} files ({size})", ours, theirs, "nibabel")
        # in a set the start-up is paid once
        first = _OUR_SPLIT.format(out=str(folder / "first"), **names)
        ours = measured(f"{_OURS}\n{first}", _OUR_SPLIT, out=str(folder / "ours") + "/again", **names)
        compared(f"split a second case into {LABELS} files ({size})", ours, theirs, "nibabel")
        shutil.rmtree(folder / "ours" / "again")
        # each side reads the files that nibabel wrote, then those that ours wrote
        for origin in ("theirs", "ours"):
            ours = measured(_OURS, _OUR_MERGE, out=str(folder / origin), merged=str(folder / f"o_{origin}.nii.gz"))
            theirs = measured(_NIBABEL, _NIBABEL_MERGE, out=str(folder / origin), merged=str(folder / "n.nii.gz"))
            writer = "nibabel" if origin == "theirs" else "mlseg"
            compared(f"merge {LABELS} files written by {writer} ({size})", ours, theirs, "nibabel")
            same = np.array_equal(
                nib.load(folder / f"o_{origin}.nii.gz").dataobj, nib.load(folder / "n.nii.gz").dataobj
            )
            print(f"  the same voxels: {same}")
        if size != "big":
            ours = measured(_OURS, _OUR_DIFF, **names)
            compared(
                f"Dice and HD95 of {LABELS} labels ({size})", ours, measured(_SCIPY, _SCIPY_DIFF, **names), "scipy"
            )
        shutil.rmtree(folder / "theirs")


if __name__ == "__main__":
    run(sys.argv[1] if len(sys.argv) > 1 else "small")
