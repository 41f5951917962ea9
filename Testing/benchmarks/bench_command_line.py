"""The command line as a user meets it: start-up, a first conversion without compiled kernels, and with them.

    python Testing/benchmarks/bench_command_line.py

Wall and CPU seconds of whole processes: ``--version``, ``--help``, a synthetic 128x128x128 file and the real chest CT
segmentation of the package slicerio, each to every format and back; the fallback (``MLSEG_KERNELS=never``,
what a machine does before its kernels are compiled) beside the compiled path. The import of SimpleITK
stands beside it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import load  # noqa: E402

import MultiLabelSegLib as mls  # noqa: E402
from MultiLabelSegLib.datasets.demo import sample_folder  # noqa: E402

LIBRARY = str(Path(mls.__file__).parents[1])


def run(command: list[str], kernels: str = "auto", times: int = 3) -> tuple[float, float]:
    """Median wall and CPU seconds of a command run as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": LIBRARY, "MLSEG_KERNELS": kernels}
    wall, cpu = [], []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        wall.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(wall), median(cpu)


def mlseg(*arguments: object) -> list[str]:
    """The command line of one call."""
    return [sys.executable, "-m", "MultiLabelSegLib", *map(str, arguments)]


def show(title: str, measured: tuple[float, float]) -> None:
    """One line of the table."""
    print(f"{title:<58} wall {measured[0]:6.2f} s  cpu {measured[1]:6.2f} s")


def a_cube(path: Path) -> None:
    """A 128x128x128 file of the synthetic case, both groups."""
    organs = np.ascontiguousarray(load("small", "organs")[11:139, 64:192, 64:192])
    lesions = np.ascontiguousarray(load("small", "lesions")[11:139, 64:192, 64:192]).astype(np.uint16)
    lesions[lesions > 0] += 200
    groups = []
    for name, array in (("organs", organs), ("lesions", lesions)):
        group = mls.Group(array, name=name)
        for value in group.present_values():
            group.set_label(mls.Label(value, f"{name} {value}"))
        groups.append(group)
    mls.write(mls.Segmentation(mls.Geometry.from_parts(organs.shape), groups), path)


def main() -> None:
    """All of it."""
    show("mlseg --version", run(mlseg("--version"), times=7))
    show("mlseg --help", run(mlseg("--help"), times=7))
    show("python -c 'import SimpleITK'", run([sys.executable, "-c", "import SimpleITK"]))
    with tempfile.TemporaryDirectory() as folder:
        cube = Path(folder) / "cube.nrrd"
        a_cube(cube)
        real = sample_folder() / "SegmentationOverlapping.seg.nrrd"
        for title, source in (("128x128x128", cube), ("real chest CT", real)):
            for kernels in ("never", "auto", "always"):
                for target in ("out.nrrd", "out.seg.nrrd", "out.mitklabel.json"):
                    command = mlseg("convert", "-q", "-i", source, "-o", Path(folder) / target, "--overwrite")
                    show(f"{title} -> {target}, kernels {kernels}", run(command, kernels))
            back = mlseg("convert", "-q", "-i", Path(folder) / "out.mitklabel.json", "-o", cube, "--overwrite")
            show(f"{title}: stack -> .nrrd", run(back))


if __name__ == "__main__":
    main()
