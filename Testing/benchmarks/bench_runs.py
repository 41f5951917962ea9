"""The run engine beside its peers: statistics of all labels, masks of all labels, and two groups as one stream.

    python Testing/benchmarks/bench_runs.py [big|small|tiny]

Prints CPU seconds (all threads) and ratios from one run, for seconds differ from machine to machine. Compile the
kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import load  # noqa: E402
from timing import warm_cpu_seconds as cpu_seconds  # noqa: E402

from MultiLabelSegLib.compiled import use_kernels  # noqa: E402
from MultiLabelSegLib.core.runs import RunTable, scan  # noqa: E402
from MultiLabelSegLib.formats.codec.intervals import Intervals, intervals_of_runs  # noqa: E402
from MultiLabelSegLib.formats.codec.run_deflate import (  # noqa: E402
    encode_intervals,
    gzip_member,
    intervals_of_calm_groups,
)
from MultiLabelSegLib.formats.codec.run_inflate import decode_groups, difference  # noqa: E402

HEADER = bytes(352)


def bench_statistics(organs: np.ndarray) -> RunTable:
    """Counts, boxes and centroids of all labels: ours beside SimpleITK's two filters."""
    import SimpleITK as sitk

    ours = cpu_seconds(lambda: scan(organs).statistics())
    print(f"statistics of all labels: {ours:.3f} s")
    image = sitk.GetImageFromArray(organs)
    intensity, shape = sitk.LabelStatisticsImageFilter(), sitk.LabelShapeStatisticsImageFilter()
    for name, job in (
        ("LabelStatistics (no centroids)", lambda: intensity.Execute(image, image)),
        ("LabelShapeStatistics", lambda: shape.Execute(image)),
    ):
        theirs = cpu_seconds(job, 1)
        print(f"    SimpleITK {name}: {theirs:.2f} s = {theirs / ours:.0f} x ours")
    table = scan(organs)
    found = table.statistics()
    for row, value in enumerate(found.values.tolist()):
        assert shape.GetNumberOfPixels(value) == found.voxels[row], value
        assert np.allclose(shape.GetCentroid(value), found.centroids_kji[row][::-1]), value
    return table


def bench_masks(table: RunTable, organs: np.ndarray, itemsize: int) -> None:
    """Every label as a gzip member, then verified; sizes beside isal level 1 for a sample."""
    from isal import igzip

    def contents() -> list[Intervals]:
        values = table.values.tolist()
        return [intervals_of_runs(*table.runs(row), table.size, value, itemsize) for row, value in enumerate(values)]

    def encode() -> list[bytes]:
        return [b"".join(gzip_member(encode_intervals(one), HEADER)) for one in contents()]

    expected, files = contents(), encode()
    for file, one in zip(files, expected, strict=True):
        assert difference(file, one, HEADER) is None
    encoding = cpu_seconds(encode)
    verifying = cpu_seconds(lambda: [difference(file, one, HEADER) for file, one in zip(files, expected, strict=True)])
    print(
        f"{len(files)} masks of {itemsize} byte(s): encoding {encoding:.3f} s, verifying {verifying:.3f} s, "
        f"{sum(map(len, files)) / 1e6:.2f} MB"
    )
    sample = range(0, len(files), max(1, len(files) // 8))
    sizes, began = [], time.process_time()
    for row in sample:
        mask = (organs == table.values[row]).astype(f"<u{itemsize}") * np.dtype(f"u{itemsize}").type(table.values[row])
        sizes.append(len(igzip.compress(HEADER + mask.tobytes(), 1)))
    theirs = (time.process_time() - began) * len(files) / len(sizes)
    ratios = [len(files[row]) / size for row, size in zip(sample, sizes, strict=True)]
    print(
        f"    isal level 1, {len(sizes)} of them: {theirs:.1f} s for all = {theirs / encoding:.0f} x ours; "
        f"our files are {min(ratios):.2f} to {max(ratios):.2f} of its size"
    )


def bench_groups(organs: np.ndarray, lesions: np.ndarray) -> None:
    """Two interleaved uint16 groups as one stream, verified; beside isal and SimpleITK's default zlib level."""
    import SimpleITK as sitk
    from isal import igzip

    def encode() -> tuple[Intervals, bytes]:
        found = intervals_of_calm_groups([organs, lesions], 2)
        assert found is not None
        return found, b"".join(gzip_member(encode_intervals(found)))

    expected, file = encode()
    assert difference(file, expected) is None
    encoding, verifying = cpu_seconds(encode), cpu_seconds(lambda: difference(file, expected))
    loading = cpu_seconds(lambda: decode_groups(file, organs.shape, 2, 2))
    print(
        f"two groups: encoding {encoding:.3f} s, verifying {verifying:.3f} s, decoding to arrays {loading:.3f} s, "
        f"{len(file) / 1e6:.2f} MB"
    )
    content = np.stack([organs, lesions], axis=-1).astype("<u2")
    raw = content.tobytes()
    theirs = cpu_seconds(lambda: igzip.compress(raw, 1), 2)
    size = len(igzip.compress(raw, 1))
    print(f"    isal level 1, bytes ready: {theirs:.3f} s; our stream is {len(file) / size:.2f} of its size")
    image = sitk.GetImageFromArray(content, isVector=True)
    target = Path(__file__).parent / "bench_runs.nrrd"
    try:
        theirs = cpu_seconds(lambda: sitk.WriteImage(image, str(target), True), 2)
        size = target.stat().st_size
        reading = cpu_seconds(lambda: sitk.ReadImage(str(target)), 2)
    finally:
        target.unlink(missing_ok=True)
    print(
        f"    SimpleITK writes it in {theirs:.3f} s = {theirs / encoding:.1f} x ours; "
        f"our stream is {len(file) / size:.2f} of its file; "
        f"it reads in {reading:.3f} s = {reading / loading:.1f} x ours"
    )


def main() -> None:
    """All of it for the case that the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "big"
    organs, lesions = load(name, "organs"), load(name, "lesions")
    print(f"case {name} {organs.shape}, compiled kernels: {use_kernels(organs.size)}")
    table = bench_statistics(organs)
    for itemsize in (2, 1):
        bench_masks(table, organs, itemsize)
    bench_groups(organs, lesions)


if __name__ == "__main__":
    main()
