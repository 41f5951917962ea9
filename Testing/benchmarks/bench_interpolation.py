"""Interpolation beside its peers: all labels between key slices in 2D, and a surface through twenty contours.

    python Testing/benchmarks/bench_interpolation.py [small|tiny]

Every tenth axial slice of 104 organs is kept and the rest filled. Prints CPU seconds (all threads), ratios and the mean
Dice of the filled slices (labels of more than 200 voxels there). Slicer's filter works in a process of its own on the
same array, all labels at once, which is its quickest way; scipy's distances go over whole slices, label by label.
Compile the kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import ORGANS, SPACINGS, load  # noqa: E402
from timing import cpu_seconds  # noqa: E402

STEP = 10


def sparse_of(organs: np.ndarray) -> np.ndarray:
    """Only every tenth slice."""
    kept = np.zeros_like(organs)
    kept[::STEP] = organs[::STEP]
    return kept


def mean_dice(found: np.ndarray, organs: np.ndarray) -> float:
    """Mean Dice of the labels in the slices that were to be filled."""
    between = np.ones(len(organs), bool)
    between[::STEP] = False
    between[(len(organs) - 1) // STEP * STEP :] = False
    ours, truth = found[between].reshape(-1), organs[between].reshape(-1)
    mine, theirs, both = (
        np.bincount(values, minlength=ORGANS + 1)[: ORGANS + 1] for values in (ours, truth, truth[ours == truth])
    )
    large = theirs > 200
    large[0] = False
    return float((2 * both[large] / (mine[large] + theirs[large])).mean())


def slicer_child(name: str, target: Path) -> None:
    """Slicer's filter on the case; runs in the child process and leaves seconds and result in a file."""
    import slicer
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    sparse = sparse_of(load(name, "organs"))
    image = vtk.vtkImageData()
    image.SetDimensions(sparse.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(sparse.reshape(-1), deep=True))
    interpolator = slicer.vtkITKMorphologicalContourInterpolator()
    interpolator.SetInputData(image)
    interpolator.SetLabel(0)
    interpolator.SetAxis(2)
    seconds = cpu_seconds(interpolator.Update, 1)
    found = vtk_to_numpy(interpolator.GetOutput().GetPointData().GetScalars()).reshape(sparse.shape)
    np.savez(target, seconds=seconds, found=found)
    os._exit(0)


def ask_slicer(name: str) -> tuple[float, np.ndarray] | None:
    """Slicer's seconds and result; None where it is not installed."""
    if find_spec("slicer") is None:
        print("slicer-core is not installed")
        return None
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "found.npz"
        child = subprocess.run(
            [sys.executable, __file__, name, "--slicer", str(target)], capture_output=True, text=True, check=False
        )
        if not target.is_file():
            print(f"Slicer ended with {child.returncode}: {child.stderr[-300:]}")
            return None
        with np.load(target) as stored:
            return float(stored["seconds"]), stored["found"]


def by_scipy(sparse: np.ndarray) -> np.ndarray:
    """Signed distances of whole slices, one label after the other, as one would write it down."""
    from scipy.ndimage import distance_transform_edt as distance

    result = sparse.copy()
    weights = (np.arange(1, STEP) / STEP)[:, None, None]
    for low in range(0, len(sparse) - STEP, STEP):
        below, above = sparse[low], sparse[low + STEP]
        deepest = np.full((STEP - 1, *below.shape), -1e-6, np.float32)
        filled = np.zeros(deepest.shape, np.uint8)
        for value in np.intersect1d(below[below > 0], above[above > 0]):
            first, last = (distance(part == value) - distance(part != value) for part in (below, above))
            blend = ((1 - weights) * first + weights * last).astype(np.float32)
            deeper = blend > deepest
            filled[deeper], deepest[deeper] = value, blend[deeper]
        result[low + 1 : low + STEP] = filled
    return result


def bench_2d(name: str) -> None:
    """All labels at once, the bare array and as a tool with locks and undo."""
    from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
    from MultiLabelSegLib.edit import History
    from MultiLabelSegLib.ops.interpolation import interpolate
    from MultiLabelSegLib.tools.base import Scene
    from MultiLabelSegLib.tools.interpolate_2d import Interpolate2D

    organs = load(name, "organs")
    sparse = sparse_of(organs)
    values = list(range(1, ORGANS + 1))
    interpolate(sparse[:21], values)
    ours = cpu_seconds(lambda: interpolate(sparse, values), 5)
    region = interpolate(sparse, values)
    print(f"2D, ours: {ours:.3f} s, mean Dice {mean_dice(np.where(region > 0, region, sparse), organs):.4f}")
    labels = [Label(value, str(value)) for value in values]
    geometry = Geometry.from_parts(sparse.shape, SPACINGS[name])
    segmentation = Segmentation(geometry, [Group(sparse.copy(), labels)])
    history = History(segmentation)

    def as_tool() -> None:
        draft = Interpolate2D(labels="all").propose(Scene(segmentation))
        history.do(draft.command(segmentation))
        history.undo()

    print(f"    as a tool, done and undone: {cpu_seconds(as_tool):.3f} s")
    one = Scene(segmentation, label=int(np.bincount(sparse[sparse > 0]).argmax()))
    single = cpu_seconds(lambda: Interpolate2D(slices=len(sparse) // 2 + 2).propose(one), 20)
    print(f"    one slice of one label: {single * 1e3:.1f} ms")
    scipy = cpu_seconds(lambda: by_scipy(sparse), 1)
    print(f"    scipy: {scipy:.2f} s = {scipy / ours:.0f} x ours, mean Dice {mean_dice(by_scipy(sparse), organs):.4f}")
    asked = ask_slicer(name)
    if asked is not None:
        seconds, found = asked
        print(f"    Slicer: {seconds:.2f} s = {seconds / ours:.0f} x ours, mean Dice {mean_dice(found, organs):.4f}")


def bench_3d(name: str) -> None:
    """Twenty contours of the largest organ: seven axial, seven coronal, six sagittal; and MITK's dense system."""
    from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
    from MultiLabelSegLib.ops.iso_contours import iso_contours
    from MultiLabelSegLib.tools.base import Scene
    from MultiLabelSegLib.tools.contour_record import in_slice
    from MultiLabelSegLib.tools.contour_store import ContourStore
    from MultiLabelSegLib.tools.interpolate_3d import Interpolate3D
    from MultiLabelSegLib.tools.slices import PLANES, SliceOf

    organs = load(name, "organs")
    value = int(np.bincount(organs[organs > 0]).argmax())
    body = organs == value
    geometry = Geometry.from_parts(organs.shape, SPACINGS[name])
    segmentation = Segmentation(geometry, [Group(np.zeros_like(organs), [Label(value, "organ")])])
    store = ContourStore.of(segmentation)
    for axis, count in enumerate((7, 7, 6)):
        held = body.any(axis=tuple(other for other in range(3) if other != axis)).nonzero()[0]
        for index in np.linspace(held[0] + 1, held[-1] - 1, count).round().astype(int).tolist():
            where = SliceOf(geometry, PLANES[axis], index)
            polygons = iso_contours(where.take(body))
            new = in_slice(value, 0, where, polygons)
            store = ContourStore(geometry, (*store.contours, new)) if polygons else store
    segmentation.extras.update({"contours_3d": store.as_json()})
    scene, tool = Scene(segmentation, label=value), Interpolate3D(keep_drawn=False)
    preview = tool.propose(scene)
    began = time.perf_counter()
    seconds = cpu_seconds(lambda: tool.propose(scene))
    wall = (time.perf_counter() - began) / 3
    surface = cpu_seconds(preview.surface)
    found = np.zeros_like(body)
    found[preview.frames[0].box.slices] = preview.frames[0].region > 0
    dice = 2 * np.count_nonzero(found & body) / (np.count_nonzero(found) + np.count_nonzero(body))
    points, centres = len(preview.fitted.points), len(preview.fitted.centres)
    print(
        f"3D, {len(store.contours)} contours, {points} points, {centres} centres: {seconds:.2f} s ({wall:.2f} s wall),"
    )
    print(f"    surface {surface:.2f} s, Dice {dice:.3f} of {np.count_nonzero(body)} voxels")
    system = np.random.default_rng(0).normal(size=(3 * points, 3 * points))
    dense = cpu_seconds(lambda: np.linalg.solve(system, system[0]), 1)
    print(f"    the dense system of three times the points, as MITK solves it, alone: {dense:.1f} s")


def main() -> None:
    """All of it for the case that the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "small"
    if "--slicer" in sys.argv:
        slicer_child(name, Path(sys.argv[-1]))
    import MultiLabelSegLib.ops.interpolation_kernels  # noqa: F401  from here on the kernels count as loaded
    from MultiLabelSegLib.compiled import use_kernels

    print(f"case {name}, compiled kernels: {use_kernels(load(name, 'organs').size)}")
    bench_2d(name)
    bench_3d(name)


if __name__ == "__main__":
    main()
