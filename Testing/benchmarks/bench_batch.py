"""Batches: start-up, memory of a case against its estimate, throughput against cores x single-case speed, cost.

    python Testing/benchmarks/bench_batch.py [--quick] [--sizes tiny small big] [--cases N]

Cases are copies of the synthetic chest CT of case.py as ``.nii.gz``, converted to ``.nrrd`` and verified, as ``mlseg
convert`` does it. Throughput with 1 and with 2 processes is measured, turn about, in one run; what stands in the table
for more cores is computed from it (see docs/cluster.md) and says so. On a machine that others use too, the processor
time of a case tells more: what it costs beside another case, against alone.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

from case import SHAPES, SPACINGS, load  # noqa: E402

import MultiLabelSegLib as mls  # noqa: E402
from MultiLabelSegLib.batch.isolation import Isolation  # noqa: E402
from MultiLabelSegLib.batch.isolation_case import forget  # noqa: E402
from MultiLabelSegLib.batch.jobs import CaseResult, Job  # noqa: E402
from MultiLabelSegLib.batch.memory import available_cores, estimated_memory  # noqa: E402
from MultiLabelSegLib.batch.runner import Local  # noqa: E402

ENTRY, MOMENT = "MultiLabelSegLib.cli.main:main", "2026-01-01T00:00:00+00:00"
CASES = {"tiny": 200, "small": 24, "big": 12}
COMPUTED = (4, 8, 16, 32, 64)
#: what a disk or a share that all workers use together writes and reads, for the computed part
SHARED_BYTES_PER_SECOND = 200e6


def a_segmentation(size: str) -> mls.Segmentation:
    """The organs of the synthetic case."""
    geometry = mls.Geometry.from_parts(SHAPES[size], SPACINGS[size])
    array = load(size, "organs")
    labels = [mls.Label(int(value), f"Organ {value}") for value in range(1, int(array.max()) + 1)]
    return mls.Segmentation(geometry, [mls.Group(array.copy(), labels)])


def jobs_for(source: Path, folder: Path, count: int, ending: str = ".nrrd") -> list[Job]:
    """``count`` conversions of copies of one file."""
    inputs = folder / "in"
    inputs.mkdir(parents=True, exist_ok=True)
    jobs = []
    for number in range(count):
        own = inputs / f"{number}.nii.gz"
        if not own.exists():
            shutil.copyfile(source, own)
            shutil.copyfile(source.with_name("source.label.txt"), inputs / f"{number}.label.txt")
        output = folder / "out" / f"{number}{ending}"
        argv = ("convert", "--input", str(own), f"--output={output}")
        jobs.append(Job(number, str(number), argv, (str(own),), str(output), (*argv, "--overwrite"), True))
    return jobs


def timed(jobs: list[Job], workers: int) -> tuple[float, list[CaseResult]]:
    """Wall seconds from the first result of each worker on, when all are warm, for the cases after it; all results."""
    isolation = Isolation(
        ENTRY, MOMENT, ("MultiLabelSegLib.cli.convert",), threads=max(available_cores() // workers, 1)
    )
    results: list[CaseResult] = []
    began = 0.0
    for result in Local(isolation, workers).run(jobs):
        if result.status != "done":
            sys.exit(f"a case failed: {result.reason}")
        forget(result.job)
        results.append(result)
        if len(results) == workers:
            began = time.perf_counter()
    return time.perf_counter() - began, results


def measure_throughput(source: Path, folder: Path, size: str, count: int, rounds: int) -> tuple[float, float]:
    """Cases a second with one and with two processes, the medians of rounds turn about."""
    jobs = jobs_for(source, folder, count)
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for workers in rates:
            seconds, results = timed(jobs, workers)
            rates[workers].append((len(results) - workers) / seconds)
    single, double = median(rates[1]), median(rates[2])
    voxels = SHAPES[size][0] * SHAPES[size][1] * SHAPES[size][2] / 1e6
    cpu = [processor_seconds(jobs, workers) for workers in rates]
    print(
        f"{size:<6} {voxels:7.1f} M voxels  1 process {single * 3600:9,.0f} cases/h ({_spread(rates[1])})  "
        f"2 processes {double * 3600:9,.0f} ({_spread(rates[2])})  = {double / (2 * single):.0%} of 2 x single; "
        f"best {max(rates[2]) / (2 * max(rates[1])):.0%}; {count} cases, {rounds} rounds"
    )
    print(
        f"{size:<6} processor time of a case: {cpu[0]:.3f} s alone, {cpu[1]:.3f} s beside another "
        f"= {cpu[0] / cpu[1]:.0%}"
    )
    return single, double


def processor_seconds(jobs: list[Job], workers: int) -> float:
    """Processor time of a case in warm workers, that of this process with it; other programs do not count."""
    spent = []
    for chosen in (jobs[:workers], jobs):
        before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        timed(chosen, workers)
        after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        spent.append(sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True)))
    return (spent[1] - spent[0]) / (len(jobs) - workers)


def _spread(rates: list[float]) -> str:
    return f"{min(rates) * 3600:,.0f}..{max(rates) * 3600:,.0f}"


def measure_memory(source: Path, folder: Path, size: str) -> None:
    """The most that a case held beside its estimate."""
    for ending in (".nrrd", ".seg.nrrd", ".nii.gz", ".mha"):
        _, results = timed(jobs_for(source, folder, 2, ending), 1)
        estimate = estimated_memory(results[1].job.inputs)
        held = results[1].memory
        print(
            f"{size:<6} .nii.gz -> {ending:<10} held {held / 1e6:7.0f} MB with the interpreter, "
            f"estimate {estimate / 1e6:7.0f} MB"
        )


def measure_start() -> None:
    """Wall seconds of whole processes: the best of seven, and the median."""
    environment = {**os.environ, "PYTHONPATH": str(Path(mls.__file__).parents[1])}
    for words in (["--version"], ["--help"], ["batch", "--help"], ["convert", "--help"]):
        seconds = []
        for _ in range(7):
            began = time.perf_counter()
            command = [sys.executable, "-m", "MultiLabelSegLib", *words]
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - began)
        print(f"start-up mlseg {' '.join(words):<16} best {min(seconds):.3f} s  median {median(seconds):.3f} s")


def cost_model(measured: dict[str, tuple[float, float]], sources: dict[str, Path]) -> None:
    """Cases an hour by size and cores; what is not measured says so."""
    heads = ["1 measured", "2 measured", *(f"{cores} computed" for cores in COMPUTED)]
    print("\ncases an hour   " + "".join(f"{head:>13}" for head in heads))
    for size, (single, double) in measured.items():
        bytes_moved = 2 * 2 * sources[size].stat().st_size
        bound = SHARED_BYTES_PER_SECOND / bytes_moved
        share = min(double / (2 * single), 1.0)
        computed = [min(cores * single * share, bound) for cores in COMPUTED]
        print(f"{size:<15} " + "".join(f"{rate * 3600:13,.0f}" for rate in (single, double, *computed)))


def main() -> None:
    """Everything, or with ``--quick`` the small sizes alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=tuple(CASES), default=list(CASES))
    parser.add_argument("--cases", type=int, help="cases of every size, 3 or more")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    if given.cases is not None and given.cases < 3:
        parser.error("--cases: 3 or more, for two processes begin with one each")
    sizes = ["tiny", "small"] if given.quick else given.sizes
    print(f"{available_cores()} cores, load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else "")
    measure_start()
    measured: dict[str, tuple[float, float]] = {}
    sources: dict[str, Path] = {}
    with tempfile.TemporaryDirectory(prefix="bench_batch_") as place:
        for size in sizes:
            folder = Path(place) / size
            folder.mkdir()
            sources[size] = folder / "source.nii.gz"
            mls.write(a_segmentation(size), sources[size])
            measure_memory(sources[size], folder, size)
            count = given.cases or CASES[size]
            measured[size] = measure_throughput(sources[size], folder, size, count, given.rounds)
        cost_model(measured, sources)
    if hasattr(os, "getloadavg"):
        print(f"load {os.getloadavg()[0]:.1f} after; each process of ours adds one")


if __name__ == "__main__":
    main()
