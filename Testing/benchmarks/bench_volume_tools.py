"""Threshold, Otsu, picking and statistics beside SimpleITK, scipy and scikit-image (where installed).

    python Testing/benchmarks/bench_volume_tools.py [big|small|tiny]

Prints CPU seconds (all threads) and ratios from one run. Ours are whole tools: previews over the box of what was found,
notes, locks asked where they count. Compile the kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import statistics as plain_statistics
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
import SimpleITK as sitk  # noqa: E402
from case import ORGANS, SPACINGS, load  # noqa: E402
from scipy import ndimage  # noqa: E402
from timing import cpu_seconds  # noqa: E402

from MultiLabelSegLib.compiled import use_kernels  # noqa: E402
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.ops.components import components  # noqa: E402
from MultiLabelSegLib.tools.base import Scene  # noqa: E402
from MultiLabelSegLib.tools.confirm import confirm  # noqa: E402
from MultiLabelSegLib.tools.otsu import Otsu  # noqa: E402
from MultiLabelSegLib.tools.pick import Pick  # noqa: E402
from MultiLabelSegLib.tools.statistics import statistics  # noqa: E402
from MultiLabelSegLib.tools.threshold import Threshold  # noqa: E402


def say(what: str, ours: float, **peers: float) -> None:
    """One line: our seconds, and each peer's with the ratio."""
    told = ", ".join(f"{name} {seconds:.3f} s = {seconds / ours:.1f}x" for name, seconds in peers.items())
    print(f"{what}: ours {ours * 1000:.1f} ms{'; ' + told if told else ''}", flush=True)


def a_scene(name: str) -> Scene:
    """The organs on their CT; the first organ is active."""
    organs, ct = load(name, "organs"), load(name, "ct")
    geometry = Geometry.from_parts(organs.shape, SPACINGS[name])
    labels = [Label(value, f"organ {value}") for value in range(1, ORGANS + 1)]
    return Scene(Segmentation(geometry, [Group(organs, labels)]), Image(ct, geometry), 1)


def bench_threshold(scene: Scene, image: sitk.Image) -> None:
    """A step of the slider, and confirming it."""
    tool = Threshold(lower=100, upper=300)
    tool.propose(scene)
    say(
        "threshold, a step of the slider",
        cpu_seconds(lambda: tool.propose(scene), 5),
        SimpleITK=cpu_seconds(lambda: sitk.BinaryThreshold(image, 100, 300)),
    )
    preview = tool.propose(scene)
    say("threshold, confirming", cpu_seconds(lambda: confirm(scene, preview)))


def bench_otsu(scene: Scene, image: sitk.Image) -> None:
    """Three and five regions; SimpleITK tries all combinations."""

    def peer(regions: int, bins: int) -> None:
        otsu = sitk.OtsuMultipleThresholdsImageFilter()
        otsu.SetNumberOfThresholds(regions - 1)
        otsu.SetNumberOfHistogramBins(bins)
        otsu.Execute(image)

    for regions, bins in ((3, 128), (3, 256), (5, 128)):
        ours = cpu_seconds(lambda r=regions, b=bins: Otsu(regions=r, bins=b).propose(scene), 5)
        theirs = {"SimpleITK": cpu_seconds(lambda r=regions, b=bins: peer(r, b), 1)}
        if regions == 3 and find_spec("skimage"):
            from skimage.filters import threshold_multiotsu

            array = sitk.GetArrayViewFromImage(image)
            theirs["skimage"] = cpu_seconds(
                lambda a=array, b=bins: np.searchsorted(threshold_multiotsu(a, 3, nbins=b), a), 1
            )
        say(f"Otsu, {regions} regions, {bins} bins", ours, **theirs)
    say("Otsu, 32 regions, 4096 bins", cpu_seconds(lambda: Otsu(regions=32, bins=4096).propose(scene)))
    emphasised = Otsu(regions=5, bins=128, valley_emphasis=True)
    say("Otsu, 5 regions, valley emphasis", cpu_seconds(lambda: emphasised.propose(scene)))


def bench_picking(scene: Scene) -> None:
    """The first click, which has to look at the whole group, and later ones; median over organs."""
    organs = np.asarray(scene.values())
    firsts, laters, grown, labelled, scipys = [], [], [], [], []
    chosen = [7, 25, 50, 75, 104]
    for value in chosen:
        k, j, i = np.argwhere(organs == value)[0].tolist()
        tool = Pick(point_ijk=(i, j, k))

        def first(tool: Pick = tool, value: int = value) -> None:
            scene.segmentation.group(0).index.invalidate()
            tool.propose(Scene(scene.segmentation, None, value))

        firsts.append(cpu_seconds(first))
        laters.append(cpu_seconds(lambda t=tool, v=value: t.propose(Scene(scene.segmentation, None, v)), 5))
        image = sitk.GetImageFromArray(organs)
        grown.append(cpu_seconds(lambda im=image, at=(i, j, k), v=value: sitk.ConnectedThreshold(im, [at], v, v), 1))
        labelled.append(cpu_seconds(lambda im=image, v=value: sitk.ConnectedComponent(im == v), 1))
        scipys.append(cpu_seconds(lambda v=value: ndimage.label(organs == v), 1))
    peers = {
        "ConnectedThreshold": plain_statistics.median(grown),
        "ConnectedComponent": plain_statistics.median(labelled),
        "scipy": plain_statistics.median(scipys),
    }
    say("picking, first click", plain_statistics.median(firsts), **peers)
    say("picking, later click", plain_statistics.median(laters), **peers)
    mask = organs == 7
    whole = cpu_seconds(lambda: components(mask))
    say("components of one mask, whole volume", whole, scipy=cpu_seconds(lambda: ndimage.label(mask)))


def bench_statistics(scene: Scene, image: sitk.Image) -> None:
    """All columns of all labels; SimpleITK's have neither centroids nor medians, its shapes no intensities."""
    segmentation = scene.segmentation
    labels = sitk.GetImageFromArray(np.asarray(scene.values()))

    def intensities() -> None:
        judge = sitk.LabelStatisticsImageFilter()
        judge.UseHistogramsOff()
        judge.Execute(image, labels)

    def full() -> None:
        judge = sitk.LabelIntensityStatisticsImageFilter()
        judge.Execute(labels, image)

    def shapes() -> None:
        shape = sitk.LabelShapeStatisticsImageFilter()
        shape.ComputePerimeterOn()
        shape.Execute(labels)

    statistics(segmentation, scene.image)
    label_statistics = cpu_seconds(intensities)
    quick = cpu_seconds(lambda: statistics(segmentation, scene.image, surface_area=False), 5)
    say("statistics of 104 labels without areas", quick, LabelStatistics=label_statistics)
    whole = cpu_seconds(lambda: statistics(segmentation, scene.image), 5)
    theirs = {"LabelIntensityStatistics": cpu_seconds(full, 1), "LabelShape": cpu_seconds(shapes, 1)}
    if find_spec("skimage"):
        from skimage.measure import regionprops_table

        asked = ("label", "area", "centroid", "bbox", "intensity_mean", "intensity_std", "intensity_min")
        ct = sitk.GetArrayViewFromImage(image)
        theirs["skimage"] = cpu_seconds(lambda: regionprops_table(np.asarray(scene.values()), ct, properties=asked), 1)
    say("statistics of 104 labels with areas", whole, LabelStatistics=label_statistics, **theirs)


def main() -> None:
    """Everything for the case that the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "big"
    scene = a_scene(name)
    shape = scene.geometry.shape
    print(f"case {name} {shape}, compiled kernels: {use_kernels(scene.geometry.voxels)}", flush=True)
    image = sitk.GetImageFromArray(scene.pixels())
    bench_threshold(scene, image)
    bench_picking(scene)
    bench_statistics(scene, image)
    bench_otsu(scene, image)


if __name__ == "__main__":
    main()
