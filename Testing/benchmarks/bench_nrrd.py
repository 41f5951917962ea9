"""Saving and loading two groups (104 + 10 labels) as .nrrd, beside SimpleITK and the real MITK.

    python Testing/benchmarks/bench_nrrd.py [big|small|tiny]

Prints CPU seconds (all threads, medians) and ratios from one run. Ours is measured as users get it (written, flushed,
read back and compared, put in place) and without the verification, which no peer does. MITK runs in a process of its
own and is measured there. Compile the kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import SPACINGS, load  # noqa: E402
from timing import warm_cpu_seconds as cpu_seconds  # noqa: E402

import MultiLabelSegLib as mls  # noqa: E402
from MultiLabelSegLib.compiled import use_kernels  # noqa: E402
from MultiLabelSegLib.formats import mitk_nrrd  # noqa: E402
from MultiLabelSegLib.formats.base import ReadRequest, WriteRequest  # noqa: E402
from MultiLabelSegLib.formats.staging import Stage  # noqa: E402

_MITK = """
import json, os, sys, time
import numpy as np
answers = os.fdopen(os.dup(1), "w"); os.dup2(2, 1)
import mitk
def cpu(job, times=3):
    job(); found = []
    for _ in range(times):
        began = time.process_time(); job(); found.append(time.process_time() - began)
    return sorted(found)[len(found) // 2]
source, target = sys.argv[1:]
seg = mitk.MultiLabelSegmentation(source)
load = cpu(lambda: mitk.MultiLabelSegmentation(source))
save = cpu(lambda: seg.save(target))
answers.write(json.dumps({"load": load, "save": save})); answers.flush(); os._exit(0)
"""


def a_case(name: str) -> mls.Segmentation:
    """The two groups of the case as a segmentation; arrays are copies, so that nothing is known of them."""
    organs, lesions = load(name, "organs"), load(name, "lesions").astype(np.uint16)
    lesions[lesions > 0] += 200
    geometry = mls.Geometry.from_parts(organs.shape, SPACINGS[name])
    groups = [
        mls.Group(organs, [mls.Label(value, f"organ {value}") for value in range(1, 105)], "organs"),
        mls.Group(lesions, [mls.Label(200 + value, f"lesion {value}") for value in range(1, 11)], "lesions"),
    ]
    return mls.Segmentation(geometry, groups)


def write_only(segmentation: mls.Segmentation, path: Path) -> None:
    """The write without reading back."""
    with Stage(path) as stage:
        mitk_nrrd.FORMAT.writer(WriteRequest(segmentation, path, stage))  # type: ignore[misc]
        stage.commit()


def peak_megabytes() -> float:
    """The largest memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """All of it for the case that the command line names."""
    import SimpleITK as sitk

    name = sys.argv[1] if len(sys.argv) > 1 else "big"
    segmentation = a_case(name)
    voxels = segmentation.geometry.voxels
    print(f"case {name} {segmentation.geometry.size}, compiled kernels: {use_kernels(voxels)}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ours.nrrd"
        before = peak_megabytes()
        verified = cpu_seconds(lambda: mls.write(segmentation, path, overwrite=True))
        plain = cpu_seconds(lambda: write_only(segmentation, path))
        bare = cpu_seconds(lambda: mitk_nrrd.FORMAT.reader(ReadRequest(path)))  # type: ignore[misc]
        ours = cpu_seconds(lambda: mls.read(path).groups[0].voxels(1))
        print(
            f"peak memory grew by {peak_megabytes() - before:.0f} MB; both groups as uint16: {voxels * 4 / 1e6:.0f} MB"
        )
        image = sitk.Compose(
            *(sitk.GetImageFromArray(group.array[0].astype(np.uint16)) for group in segmentation.groups)
        )
        image.SetSpacing(segmentation.geometry.spacing)
        other = Path(folder) / "sitk.nrrd"
        sitk_save = cpu_seconds(lambda: sitk.WriteImage(image, str(other), True))
        sitk_load = cpu_seconds(lambda: sitk.ReadImage(str(path)))
        print(f"save: {plain:.3f} s, verified {verified:.3f} s, {path.stat().st_size / 1e6:.2f} MB")
        print(
            f"    SimpleITK {sitk_save:.3f} s = {sitk_save / plain:.2f} x ours, {sitk_save / verified:.2f} x verified"
        )
        print(f"load: {bare:.3f} s, with the index of all labels {ours:.3f} s")
        print(
            f"    SimpleITK {sitk_load:.3f} s = {sitk_load / bare:.2f} x ours, {sitk_load / ours:.2f} x with the index"
        )
        if find_spec("mitk") is None:
            print("    MITK is not installed")
            return
        command = [sys.executable, "-c", _MITK, str(path), str(Path(folder) / "mitk.nrrd")]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        mitk = json.loads(done.stdout)
        save, read = mitk["save"], mitk["load"]
        print(f"MITK save {save:.2f} s = {save / plain:.1f} x ours, {save / verified:.1f} x verified")
        print(f"MITK load {read:.2f} s = {read / bare:.1f} x ours, {read / ours:.1f} x with the index")


if __name__ == "__main__":
    main()
