"""Post-processing beside its peers: one label reshaped within its box against SimpleITK on the whole volume.

    python Testing/benchmarks/bench_post.py [big|small|tiny]

Prints CPU seconds (all threads) and ratios from one run. Ours are whole steps: the proposal, the decision about locks,
the write, the record for undo, the index of the labels. The peers filter a mask of the label that they are given.
Where both mean the same, the results are compared first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
import SimpleITK as sitk  # noqa: E402
from bench_edit import cpu_seconds  # noqa: E402
from case import ORGANS, SPACINGS, load  # noqa: E402

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.edit import History  # noqa: E402
from MultiLabelSegLib.tools.autocrop import Autocrop  # noqa: E402
from MultiLabelSegLib.tools.base import Scene  # noqa: E402
from MultiLabelSegLib.tools.boolean import Union  # noqa: E402
from MultiLabelSegLib.tools.islands import Islands  # noqa: E402
from MultiLabelSegLib.tools.margin import Hollow, Margin  # noqa: E402
from MultiLabelSegLib.tools.morphology import CloseMorphology, Dilate, Erode, FillHoles, Open  # noqa: E402
from MultiLabelSegLib.tools.resample import Resample  # noqa: E402
from MultiLabelSegLib.tools.smooth import Smooth  # noqa: E402

Judge = Callable[[sitk.Image], sitk.Image]


def a_document(name: str) -> Segmentation:
    """The organs, and the lesions in a second group; all labels unlocked."""
    organs, lesions = load(name, "organs").copy(), load(name, "lesions").copy()
    geometry = Geometry.from_parts(organs.shape, SPACINGS[name])
    first = [Label(value, f"organ {value}", locked=False) for value in range(1, ORGANS + 1)]
    lesions[lesions > 0] += 200 - 1
    second = [Label(value, f"lesion {value}", locked=False) for value in range(200, 210)]
    return Segmentation(geometry, [Group(organs, first), Group(lesions, second)])


def median_label(segmentation: Segmentation) -> int:
    """The organ of median size."""
    group = segmentation.group(0)
    return sorted(group.values, key=group.voxels)[len(group.values) // 2]


def pairs(spacing: tuple[float, float, float]) -> list[tuple[str, Any, Judge | None, bool]]:
    """What is measured: title, our tool, the peer's way, and whether both mean exactly the same."""
    steps = [int(3 / step) for step in spacing]
    ball, sigma = sitk.sitkBall, 2.0
    return [
        ("dilate by 3 mm", Dilate(radius_mm=3.0), lambda mask: sitk.BinaryDilate(mask, steps, ball), False),
        ("dilate by 3 mm: distance map", Dilate(radius_mm=3.0), lambda mask: by_distance(mask, 3.0), True),
        ("dilate by 3 voxels", Dilate(radius=3), lambda mask: sitk.BinaryDilate(mask, [3] * 3, ball), True),
        ("erode by 3 voxels", Erode(radius=3), lambda mask: sitk.BinaryErode(mask, [3] * 3, ball), True),
        ("open by 3 voxels", Open(radius=3), lambda mask: sitk.BinaryMorphologicalOpening(mask, [3] * 3, ball), True),
        (
            "close by 3 voxels",
            CloseMorphology(radius=3),
            lambda mask: sitk.BinaryMorphologicalClosing(mask, [3] * 3, ball),
            True,
        ),
        ("fill holes", FillHoles(), sitk.BinaryFillhole, True),
        ("margin of 10 mm", Margin(margin_mm=10.0), lambda mask: by_distance(mask, 10.0), True),
        ("hollow, two voxels inside", Hollow(thickness_mm=2 * max(spacing)), None, False),
        ("median 5 x 5 x 5", Smooth(radius=2.0), lambda mask: sitk.BinaryMedian(mask, [2] * 3), True),
        (
            f"Gaussian of {sigma:g} mm",
            Smooth(method="gaussian", radius_mm=sigma),
            lambda mask: sitk.DiscreteGaussian(sitk.Cast(mask, sitk.sitkFloat32), sigma**2) > 0.5,
            False,
        ),
        (
            "largest island",
            Islands(connectivity=6),
            lambda mask: sitk.RelabelComponent(sitk.ConnectedComponent(mask)) == 1,
            True,
        ),
        ("joint smoothing of all organs, 1.5 mm", Smooth(method="joint", radius_mm=1.5), None, False),
        ("dilate all organs by 3 mm", Dilate(radius_mm=3.0, labels="all"), None, False),
        ("union of 3 across groups", Union(labels=(5, 6, 200)), None, False),
        ("autocrop", Autocrop(), None, False),
        ("resample to half the spacing in i and j, nearest", Resample(spacing=halved(spacing)), resampled, False),
    ]


def halved(spacing: tuple[float, float, float]) -> tuple[float, float, float]:
    """Twice the voxel's length, thus a quarter of the voxels of a slice: what fits any machine's memory."""
    return spacing[0] * 2, spacing[1] * 2, spacing[2]


def by_distance(mask: sitk.Image, millimetres: float) -> sitk.Image:
    """A dilation in mm, as SimpleITK's users make it; ties count, which its rounding would leave out."""
    return sitk.SignedMaurerDistanceMap(mask, False, False, True) <= millimetres + 1e-4


def resampled(mask: sitk.Image) -> sitk.Image:
    """The whole label map onto a grid of twice the spacing; ``mask`` gives the grid."""
    i, j, k = mask.GetSize()
    spacing = halved(mask.GetSpacing())
    return sitk.Resample(mask, [i // 2, j // 2, k], sitk.Transform(), sitk.sitkNearestNeighbor, (0, 0, 0), spacing)


def measured(segmentation: Segmentation, value: int, tool: Any) -> tuple[float, np.ndarray]:
    """CPU seconds of a whole step, and the label's frame (k, j, i) afterwards; it is taken back."""
    history = History(segmentation)
    scene = Scene(segmentation, None, value)

    def step() -> None:
        history.do(tool.propose(scene).command(segmentation))

    def undo() -> None:
        if history.can_undo:
            history.undo()

    step()
    result = segmentation.mask(value)[0]
    undo()
    return cpu_seconds(step, 3, undo), result


def main(name: str) -> None:
    """Measures and prints everything."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(2)
    segmentation = a_document(name)
    value = median_label(segmentation)
    for group in segmentation.groups:
        group.present_values()
    spacing = segmentation.geometry.spacing
    mask = sitk.GetImageFromArray(segmentation.mask(value)[0].astype(np.uint8))
    mask.SetSpacing(spacing)
    print(f"{name}: {segmentation.geometry}; organ {value} of {segmentation.voxels(value)} voxels\n")
    print(f"{'':<50}{'ours':>10}{'SimpleITK':>11}{'ratio':>8}")
    for title, tool, judge, same in pairs(spacing):
        ours, result = measured(segmentation, value, tool)
        if judge is None:
            print(f"{title:<50}{ours:>9.4f}s")
            continue
        if same and not np.array_equal(result, sitk.GetArrayFromImage(judge(mask)) > 0):
            raise SystemExit(f"{title}: the results differ")
        theirs = cpu_seconds(lambda judge=judge: judge(mask))
        print(f"{title:<50}{ours:>9.4f}s{theirs:>10.3f}s{theirs / ours:>7.0f}x")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "big")
