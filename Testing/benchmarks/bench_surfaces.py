"""Surfaces of 104 labels against VTK's discrete marching cubes, both in one process; prints CPU seconds and ratios.

python Testing/benchmarks/bench_surfaces.py
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "MultiLabelSeg"), str(Path(__file__).resolve().parent)]

import numpy as np  # noqa: E402
from case import load  # noqa: E402
from vtkmodules.util.numpy_support import numpy_to_vtk  # noqa: E402
from vtkmodules.vtkCommonDataModel import vtkImageData  # noqa: E402
from vtkmodules.vtkFiltersGeneral import vtkDiscreteMarchingCubes  # noqa: E402

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.tools.surface import SMOOTHING, polygon_models  # noqa: E402


def timed(what: Callable[[], Any]) -> float:
    """CPU seconds of one call, all threads."""
    started = time.process_time()
    what()
    return time.process_time() - started


def discrete_marching_cubes(array: np.ndarray[Any, Any], values: int) -> None:
    """All labels of an array (k, j, i) by VTK's filter, as it is used for one label map."""
    image = vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(array.reshape(-1), deep=0))
    cubes = vtkDiscreteMarchingCubes()
    cubes.SetInputData(image)
    cubes.GenerateValues(values, 1, values)
    cubes.Update()


def main() -> None:
    """Prints the table."""
    organs = load(sys.argv[1] if len(sys.argv) > 1 else "big", "organs")
    values = [value for value in np.unique(organs).tolist() if value]
    group = Group(organs[np.newaxis], [Label(value, f"organ {value}") for value in values])
    segmentation = Segmentation(Geometry.from_parts(organs.shape, (0.8, 0.8, 1.5)), [group])
    [segmentation.extent(value) for value in values]  # the index is there before a surface is asked for
    rough = timed(lambda: polygon_models(segmentation, values))
    smooth = timed(lambda: polygon_models(segmentation, values, smoothing=SMOOTHING))
    peer = timed(lambda: discrete_marching_cubes(np.ascontiguousarray(group.array[0]), max(values)))
    print(f"{len(values)} labels, {segmentation.geometry.size}")
    print(f"polygon models            {rough:7.2f} s  discrete marching cubes {peer:7.2f} s  ratio {peer / rough:6.1f}")
    print(
        f"smoothed in one pass      {smooth:7.2f} s  discrete marching cubes {peer:7.2f} s  ratio {peer / smooth:6.1f}"
    )


if __name__ == "__main__":
    main()
