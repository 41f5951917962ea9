"""Seeded growing beside Slicer's FastGrowCut: a synthetic CT of five labels, a real chest CT, and labyrinths.

    python Testing/benchmarks/bench_grow_cut.py [case ...]

The cases are ``synthetic`` (256 x 256 x 150), ``chest`` (slicerio's CT, 128 x 128 x 34) and ``hard`` (inputs on which
growing row by row does badly, without a peer). Prints CPU seconds (all threads), Dice against the truth and ratios from
one run. Slicer works in a process of its own, on the same arrays. Ours includes taking off noise and the state for the
next stroke. Compile the kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parents[2])]
os.environ.setdefault("MLSEG_KERNELS", "always")

import numpy as np  # noqa: E402

from MultiLabelSegLib.ops.growing import SeededGrowing  # noqa: E402
from Testing.benchmarks.case import load  # noqa: E402
from Testing.ops.growing_cases import Spacing, eroded_seeds, halls, labyrinth, mean_dice, slicer_grow_cut  # noqa: E402

Case = tuple[np.ndarray, np.ndarray, np.ndarray, Spacing]


def seconds(job: Callable[[], object]) -> float:
    began = time.process_time()
    job()
    return time.process_time() - began


def synthetic() -> Case:
    """The four biggest organs of the synthetic CT and everything else, with noise of 25 HU; image, seeds, truth."""
    organs, ct = load("small", "organs"), load("small", "ct")
    truth = np.full(organs.shape, 5, np.uint8)
    for number, organ in enumerate(np.argsort(-np.bincount(organs.reshape(-1))[1:])[:4] + 1):
        truth[organs == organ] = number + 1
    bright = np.array([0, 60, 160, -60, 240, 0])[truth]
    clean = np.where(truth < 5, bright, np.where(ct < -500, -1000, 20))
    image = (clean + np.random.default_rng(1).normal(0, 25, clean.shape)).astype(np.int16)
    return image, eroded_seeds(truth), truth, (3.0, 1.6, 1.6)


def chest() -> Case:
    """slicerio's CT; its segmentation, the spine joined and the rest as one more label, is the truth."""
    import MultiLabelSegLib as mls
    from MultiLabelSegLib.datasets.demo import sample_folder, sample_image
    from MultiLabelSegLib.formats.image_io import read_image

    image = read_image(sample_image())
    labels = mls.read(sample_folder() / "Segmentation.seg.nrrd").groups[0].array[0]
    truth = np.array([6, 1, 2, 2, 2, 3, 4, 5], np.uint8)[labels]
    i, j, k = image.geometry.spacing
    return image.array[0].astype(np.int16), eroded_seeds(truth, by=2), truth, (k, j, i)


def compare(name: str, case: Case) -> None:
    """One case: first run, a stroke, taking it back, each beside Slicer's."""
    image, seeds, truth, spacing = case
    stroke = seeds.copy()
    k, j, i = (size // 2 for size in seeds.shape)
    stroke[k, j - 10 : j - 2, i - 10 : i - 2] = truth[k, j - 6, i - 6]
    print(f"{name}: {' x '.join(map(str, image.shape[::-1]))} voxels, {np.count_nonzero(seeds) / seeds.size:.1%} seeds")
    for passes in (2, 0):
        firsts, strokes, erased = [], [], []
        for _ in range(3):
            growing = SeededGrowing(image, spacing, range(1, int(truth.max()) + 1), passes=passes)
            firsts.append(seconds(lambda g=growing: g.run(seeds)))
            score = mean_dice(growing.run(seeds), truth)
            strokes.append(seconds(lambda g=growing: g.run(stroke)))
            erased.append(seconds(lambda g=growing: g.run(seeds)))
        first, later = statistics.median(firsts), statistics.median(strokes)
        what = "ours" if passes else "ours without taking off noise"
        print(f"  {what}: {first:.3f} s, Dice {score:.4f}; a stroke {later * 1e3:.1f} ms", end="")
        print(f", erasing it {statistics.median(erased) * 1e3:.1f} ms")
        if passes:
            ours = first, later, score
    if find_spec("slicer") is None:
        print("  slicer-core is not installed")
        return
    theirs = slicer_grow_cut(image, seeds, spacing, stroke)
    score = mean_dice(theirs["labels"], truth)
    print(f"  Slicer: {theirs['seconds']:.3f} s, Dice {score:.4f}; a stroke {theirs['stroke'] * 1e3:.1f} ms")
    print(
        f"  ratio in CPU: {theirs['seconds'] / ours[0]:.1f}, stroke {theirs['stroke'] / ours[1]:.1f}; "
        f"Dice {ours[2] - score:+.4f}"
    )


def hard() -> None:
    """Inputs on which rows are relaxed again and again: corridors, and noise without any structure."""
    for shape, brightest in (((63, 257, 257), 2000), ((63, 257, 257), 8000), ((149, 257, 257), 2000)):
        image, seeds, closed = labyrinth(shape, brightest)
        growing = SeededGrowing(image, (1.0, 1.0, 1.0), [1, 2], closed=closed, passes=0)
        first = seconds(lambda g=growing, s=seeds: g.run(s))
        assert np.array_equal(growing.run(seeds) == 1, ~closed)
        seeds[-1, 0, 0] = 2
        print(f"labyrinth of {image.size / 1e6:.1f} M voxels, intensities to {brightest}: {first:.2f} s", end="")
        print(f", a seed at its other end {seconds(lambda g=growing, s=seeds: g.run(s)):.2f} s")
    for brightest in (30, 4000):
        image = np.random.default_rng(0).integers(0, brightest, (150, 256, 256)).astype(np.int16)
        seeds = np.zeros(image.shape, np.uint8)
        seeds[0, 0, 0], seeds[-1, -1, -1] = 1, 2
        for where, closed in (("", None), (" in halls", halls(image.shape, 40, 40))):
            growing = SeededGrowing(image, (1.0, 1.0, 1.0), [1, 2], closed=closed, passes=0)
            first = seconds(lambda g=growing, s=seeds: g.run(s))
            print(
                f"noise up to {brightest}{where}, seeds in two corners, {image.size / 1e6:.1f} M voxels: {first:.2f} s"
            )


if __name__ == "__main__":
    from MultiLabelSegLib.ops import growing_kernels

    growing_kernels.warm_up()
    for chosen in sys.argv[1:] or ["synthetic", "chest", "hard"]:
        if chosen == "hard":
            hard()
        else:
            compare(chosen, {"synthetic": synthetic, "chest": chest}[chosen]())
