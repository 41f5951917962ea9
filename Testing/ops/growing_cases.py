"""Cases for growing: seeds out of known labels, labyrinths, and the real Slicer's GrowCut to hold ours against.

As a program it is the child process in which Slicer works: ``growing_cases.py IN.npz OUT.npz``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

Spacing = tuple[float, float, float]


def eroded_seeds(truth: np.ndarray, by: int = 3, slices: int = 5) -> np.ndarray:
    """What a user might draw: in some slices of each label (k, j, i), what is left of it after eroding in the plane."""
    seeds = np.zeros_like(truth)
    for value in np.flatnonzero(np.bincount(truth.reshape(-1)))[1:]:
        found = np.flatnonzero((truth == value).any(axis=(1, 2)))
        for k in found[(np.linspace(0.2, 0.8, slices) * (len(found) - 1)).astype(int)]:
            mask = truth[k] == value
            for left in range(by, -1, -1):  # of a thin label less is eroded, so that something is left of it
                core = mask
                for _ in range(left):
                    core = _eroded(core)
                if core.any():
                    break
            seeds[k][core] = value
    return seeds


def _eroded(mask: np.ndarray) -> np.ndarray:
    core = mask.copy()
    core[1:-1, 1:-1] = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    core[[0, -1]] = core[:, [0, -1]] = False
    return core


def mean_dice(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean over the labels of the truth of 2 |A and B| / (|A| + |B|)."""
    values = np.flatnonzero(np.bincount(truth.reshape(-1)))[1:]
    scores = [
        2
        * np.count_nonzero((found == value) & (truth == value))
        / (np.count_nonzero(found == value) + np.count_nonzero(truth == value))
        for value in values
    ]
    return float(np.mean(scores))


def labyrinth(shape: tuple[int, int, int], brightest: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image, seed and closed voxels of one corridor that fills every other slice and row; the seed is its beginning.

    In every slice the corridor turns at the end of every row; slices are joined at the far end of it. ``shape`` is
    of odd numbers. The image is random up to ``brightest``.
    """
    slices, rows, _ = shape
    closed = np.zeros(shape, np.bool_)
    closed[1::2] = True
    closed[:, 1::2] = True
    turns = rows // 2
    for k in range(0, slices, 2):
        for turn in range(turns):
            closed[k, 2 * turn + 1, 0 if turn % 2 else -1] = False
    end = -1 if turns % 2 == 0 else 0
    for number, k in enumerate(range(1, slices, 2)):
        closed[k, -1 if number % 2 == 0 else 0, end if number % 2 == 0 else 0] = False
    seeds = np.zeros(shape, np.uint8)
    seeds[0, 0, 0] = 1
    return np.random.default_rng(0).integers(0, brightest + 1, shape).astype(np.int16), seeds, closed


def halls(shape: tuple[int, int, int], high: int, wide: int) -> np.ndarray:
    """Closed voxels of a labyrinth of halls ``high`` slices and ``wide`` rows apart, with doors at their far ends."""
    closed = np.zeros(shape, np.bool_)
    for number, j in enumerate(range(wide - 1, shape[1], wide)):
        closed[:, j] = True
        closed[:, j, slice(0, 2) if number % 2 else slice(-2, None)] = False
    for number, k in enumerate(range(high - 1, shape[0], high)):
        closed[k] = True
        closed[k, slice(0, 2) if number % 2 else slice(-2, None), slice(0, 2) if number % 2 else slice(-2, None)] = (
            False
        )
    return closed


def slicer_grow_cut(
    image: np.ndarray, seeds: np.ndarray, spacing: Spacing, stroke: np.ndarray | None = None
) -> dict[str, Any]:
    """Slicer's ``labels``, its CPU ``seconds``, and those for ``stroke``, seeds that are given to it afterwards.

    ``spacing`` is (k, j, i). Slicer works in a process of its own. Raises RuntimeError when that fails.
    """
    with TemporaryDirectory() as folder:
        given, made = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, image=image, seeds=seeds, spacing=spacing, stroke=seeds if stroke is None else stroke)
        done = subprocess.run(
            [sys.executable, __file__, str(given), str(made)], capture_output=True, text=True, check=False, timeout=300
        )
        if not made.exists():
            raise RuntimeError(f"Slicer ended with {done.returncode}: {done.stderr[-500:]}")
        with np.load(made) as found:
            return {"labels": found["labels"], "seconds": float(found["seconds"]), "stroke": float(found["stroke"])}


def _run_slicer(given: Path, made: Path) -> None:
    import slicer
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    def as_vtk(array: np.ndarray, kind: int) -> Any:
        image = slicer.vtkOrientedImageData()
        image.SetDimensions(array.shape[::-1])
        image.SetSpacing(*spacing[::-1])
        image.GetPointData().SetScalars(numpy_to_vtk(array.reshape(-1), deep=1, array_type=kind))
        return image

    with np.load(given) as case:
        image, seeds, spacing, stroke = case["image"], case["seeds"], case["spacing"].tolist(), case["stroke"]
    growing = slicer.vtkImageGrowCutSegment()
    growing.SetIntensityVolume(as_vtk(image.astype(np.int16), vtk.VTK_SHORT))
    growing.SetSeedLabelVolume(as_vtk(seeds, vtk.VTK_UNSIGNED_CHAR))
    began = time.process_time()
    growing.Update()
    seconds = time.process_time() - began
    labels = vtk_to_numpy(growing.GetOutput().GetPointData().GetScalars()).reshape(image.shape).copy()
    growing.SetSeedLabelVolume(as_vtk(stroke, vtk.VTK_UNSIGNED_CHAR))
    began = time.process_time()
    growing.Update()
    np.savez(made, labels=labels, seconds=seconds, stroke=time.process_time() - began)


if __name__ == "__main__":
    _run_slicer(Path(sys.argv[1]), Path(sys.argv[2]))
