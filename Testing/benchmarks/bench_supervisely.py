"""Supervisely data sets, beside Supervisely's own SDK on the same files: import, project writing, 5,000 objects.

    python Testing/benchmarks/bench_supervisely.py [tiny]

Prints CPU seconds (all threads) of the job alone and of the whole process with its start-up, peak memory and ratios,
all from one run; every job has a process of its own. Ours is measured as users get it, everything read back and
compared. The SDK finds and converts the same files without a server; a project of ours is held against that and the
compression of the masks, which the SDK does before it sends them. The SDK lives in the Python that
MLSEG_SUPERVISELY_PYTHON names, or in the one of scripts/test. Compile the kernels first:
``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "MultiLabelSeg"), str(ROOT)]

import nibabel as nib  # noqa: E402
import numpy as np  # noqa: E402

from Testing.conftest import supervisely_python  # noqa: E402

_AFFINE = np.array([[1.6, 0, 0, -200.0], [0, 1.6, 0, -190.5], [0, 0, 1.5, 30.25], [0, 0, 0, 1]])
#: runs in a process of its own: the job is a line of Python that ends in the name ``done``
_COUNTED = """
import json, re, sys, time
sys.path[:0] = {paths!r}
{setup}
began = time.process_time()
{job}
whole = time.process_time()
with open("/proc/self/status") as file:  # ru_maxrss would begin with what the parent had
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", file.read())[1]) / 1024
{answers}.write("\\n" + json.dumps({{"job": whole - began, "whole": whole, "peak": peak}})); {answers}.flush()
import os; os._exit(0)
"""
_SDK_IMPORT = """
from pathlib import Path
import tempfile
from sly_offline import OfflineServer
import supervisely.convert.volume
from supervisely.convert.converter import ImportManager
from supervisely.convert.volume.volume_converter import VolumeConverter
"""
_SDK_IMPORT_JOB = """
server = OfflineServer(None)
importer = VolumeConverter({source!r}, "default").detect_format()
importer.upload_dataset(server.api(), 1, log_progress=False)
figures = [one for found in server.annotations.values() for each in found for one in each.spatial_figures]
assert len(figures) == {objects}
"""
_SDK_ENCODE = """
from supervisely.volume.nrrd_encoder import encode
for figure in figures:
    encode(figure.geometry.data.astype("uint8"), figure.geometry.create_header())
"""
_SDK_WRITE_JOB = "sly_child.op_write({{'path': {out!r}, 'source': {source!r}}}, {{}})"
_OUR_WRITE = """
import numpy as np
from pathlib import Path
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.core.geometry import lps_from_ras
from MultiLabelSegLib.datasets.supervisely.project.writer import ProjectWriter
with np.load({source!r}) as file:
    image, labels, affine = (file[name] for name in ("image", "labels", "affine"))
geometry = Geometry(image.shape, lps_from_ras(affine))
"""
_OUR_WRITE_JOB = """
group = Group(labels, [Label(value, f"C{{value}}") for value in range(1, int(labels.max()) + 1)])
with ProjectWriter(Path({out!r})) as writer:
    writer.add("ds0", "scan", Image(image, geometry), Segmentation(geometry, [group]))
    writer.finish()
"""


@dataclass(frozen=True)
class Cost:
    """What a job took: CPU seconds alone and with the start of its process, and the peak megabytes of that."""

    job: float
    whole: float
    peak: float

    def __str__(self) -> str:
        return f"{self.job:6.2f} s, {self.whole:6.2f} s with start-up, {self.peak:4.0f} MB"


def command_line(*arguments: object) -> Cost:
    """One command line of ours."""
    setup = "from MultiLabelSegLib.cli import main, supervisely_import"
    return counted(sys.executable, setup, f"assert main.main({[*map(str, arguments)]!r}) == 0")


def counted(python: str, setup: str, job: str, answers: str = "sys.stdout") -> Cost:
    """A job within a process of its own, after its ``setup``."""
    paths = [str(ROOT / "MultiLabelSeg"), str(ROOT / "Testing" / "interop")]
    code = _COUNTED.format(paths=paths, setup=setup, job=job, answers=answers)
    done = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def compare(title: str, ours: Cost, theirs: Cost | None, size: float) -> None:
    """One paragraph of the answer; ``size`` are the megabytes of volume and mask together."""
    print(f"{title} (volume and mask {size:.0f} MB)\n    ours {ours}, {ours.peak / size:.1f} x volume and mask")
    if theirs is not None:
        ratios = f"{theirs.job / ours.job:.1f} x ours, {theirs.whole / ours.whole:.1f} x with start-up"
        print(f"    SDK  {theirs}, {theirs.peak / size:.1f} x volume and mask\n         {ratios}", flush=True)


# ---- data -----------------------------------------------------------------------------------------------------------
def a_volume(shape: tuple[int, int, int]) -> np.ndarray:
    """A CT of smooth blobs and noise."""
    rng = np.random.default_rng(3)
    grid = np.ogrid[tuple(slice(0, size) for size in shape)]
    body = sum(((grid[axis] / shape[axis] - 0.5) / 0.45) ** 2 for axis in range(3)) < 1
    return (np.where(body, 40, -1000) + rng.normal(0, 18, shape)).astype(np.int16)


def blobs(shape: tuple[int, int, int], count: int, radius: tuple[float, float]) -> np.ndarray:
    """Ellipsoids of rising value, the later ones over the earlier ones; uint8 where that is enough."""
    rng = np.random.default_rng(5)
    array = np.zeros(shape, np.uint8 if count < 256 else np.uint16)
    for value in range(1, count + 1):
        radii = np.array([rng.uniform(*radius) * size for size in shape])
        center = np.array([rng.uniform(0.12, 0.88) * size for size in shape])
        low = np.maximum(0, (center - radii).astype(int))
        high = np.minimum(shape, (center + radii).astype(int) + 2)
        grid = np.ogrid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        inside = sum(((grid[axis] - center[axis]) / radii[axis]) ** 2 for axis in range(3)) < 1
        part = array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        part[inside] = value
    return array


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array, _AFFINE, dtype=array.dtype), path)


def data_set(folder: Path, image: np.ndarray, labels: np.ndarray, one_file_each: bool) -> Path:
    """A data set by name: every label a class file, or one file with all as objects."""
    save(folder / "CT.nii.gz", image)
    if one_file_each:
        for value in range(1, int(labels.max()) + 1):
            save(folder / "CT" / f"organ_{value:02d}.nii.gz", (labels == value).astype(np.uint8))
    else:
        save(folder / "CT" / "lesion.nii.gz", labels)
    return folder


# ---- jobs -----------------------------------------------------------------------------------------------------------
def imports(folder: Path, title: str, image: np.ndarray, labels: np.ndarray, one_file_each: bool, sdk: str) -> None:
    """A data set into MITK files, and into a project."""
    source = data_set(folder / "in", image, labels, one_file_each)
    objects, size = len(np.unique(labels)) - 1, (image.nbytes + labels.nbytes) / 1e6
    for kind, more in (("mitk-nrrd", ""), ("supervisely-project", _SDK_ENCODE)):
        copy = shutil.copytree(source, folder / f"in for {kind}") if sdk else source  # the SDK writes into its input
        job = _SDK_IMPORT_JOB.format(source=str(copy), objects=objects)
        ours = command_line("supervisely", "import", source, "-o", folder / kind, "--format", kind, "-q")
        theirs = counted(sdk, "import sly_child" + _SDK_IMPORT, job + more, "sly_child._answers") if sdk else None
        compare(f"import to {kind}: {title}", ours, theirs, size)


def writes(folder: Path, title: str, image: np.ndarray, labels: np.ndarray, sdk: str) -> None:
    """A volume and its labels in memory into a project."""
    folder.mkdir()
    source = folder / "source.npz"
    np.savez(source, image=image, labels=labels, affine=_AFFINE)
    np.savez(folder / "kji.npz", image=image.T.copy(), labels=labels.T.copy(), affine=_AFFINE)
    setup = _OUR_WRITE.format(source=str(folder / "kji.npz"))
    ours = counted(sys.executable, setup, _OUR_WRITE_JOB.format(out=str(folder / "ours")))
    job = _SDK_WRITE_JOB.format(out=str(folder / "theirs"), source=str(source))
    theirs = counted(sdk, "import sly_child", job, "sly_child._answers") if sdk else None
    compare(f"project writing: {title}", ours, theirs, (image.nbytes + labels.nbytes) / 1e6)


def main() -> None:
    """All jobs, one after the other."""
    tiny = sys.argv[1:] == ["tiny"]
    cube, slab = ((64, 64, 64), (64, 64, 40)) if tiny else ((256, 256, 256), (256, 256, 160))
    python = supervisely_python()
    sdk = "" if python is None else str(python)
    if not sdk:
        print("the Supervisely SDK is not installed: ours alone")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        organs, lesions, many = (
            blobs(shape, count, radius)
            for shape, count, radius in ((cube, 20, (0.08, 0.2)), (slab, 40, (0.03, 0.1)), (slab, 5000, (0.005, 0.02)))
        )
        imports(folder / "a", f"{cube}, 20 class files", a_volume(cube), organs, True, sdk)
        imports(folder / "b", f"{slab}, one mask of 40 objects", a_volume(slab), lesions, False, sdk)
        writes(folder / "c", f"{cube}, 20 classes", a_volume(cube), organs, sdk)
        writes(folder / "d", f"{slab}, 40 classes", a_volume(slab), lesions, sdk)
        # the SDK holds every object as a whole volume at once: 50 GB here
        imports(folder / "e", f"{slab}, one mask of 5,000 objects", a_volume(slab), many, False, "")


if __name__ == "__main__":
    main()
