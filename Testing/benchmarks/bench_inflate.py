"""The codecs alone, beside SimpleITK and nibabel: groups to and from gzip in chunks, and masks inflated sparsely.

    python Testing/benchmarks/bench_inflate.py [big|small|tiny]

Prints CPU seconds (all threads, the least of some runs) and ratios from one run. Files are those that SimpleITK writes,
so that nobody reads what was made for him. Compile the kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import sys
import tempfile
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import SPACINGS, load  # noqa: E402
from timing import least_cpu_seconds as cpu_seconds  # noqa: E402

from MultiLabelSegLib.compiled import use_kernels  # noqa: E402
from MultiLabelSegLib.formats.codec import byte_source, gzip_write  # noqa: E402
from MultiLabelSegLib.formats.codec.gzip_stream import open_source, read_groups  # noqa: E402
from MultiLabelSegLib.formats.codec.gzip_write import write_groups  # noqa: E402
from MultiLabelSegLib.formats.codec.sparse_inflate import Inflater, scatter_items  # noqa: E402

SAMPLE = 8
NIFTI_HEAD = 352


def measure_groups(name: str, folder: Path) -> None:
    """Two interleaved groups as gzip, with both engines."""
    import SimpleITK as sitk

    groups = [load(name, "organs"), load(name, "lesions")]
    path = folder / "two.nrrd"
    image = sitk.Compose(*(sitk.GetImageFromArray(group.astype(np.uint16)) for group in groups))
    image.SetSpacing(SPACINGS[name])
    peer_save = cpu_seconds(lambda: sitk.WriteImage(image, str(path), True), 2)
    peer_load = cpu_seconds(lambda: sitk.ReadImage(str(path)), 3)
    shape, start = (1, *groups[0].shape), path.read_bytes().index(b"\n\n") + 2

    def read() -> list[np.ndarray]:
        with path.open("rb") as file:
            file.seek(start)
            return read_groups(open_source(file, "gzip"), shape, 2)

    def save() -> None:
        with (folder / "ours.gz").open("wb") as file:
            write_groups(file, groups)

    for engine in ("isal", "zlib"):
        if engine == "zlib":
            byte_source.fast_zlib = gzip_write.fast_zlib = lambda: zlib  # type: ignore[assignment]
        loaded, saved = cpu_seconds(read), cpu_seconds(save)
        assert all(np.array_equal(a[0], b) for a, b in zip(read(), groups, strict=True))
        size = (folder / "ours.gz").stat().st_size / 1e6
        print(
            f"two groups, {engine}: load {loaded:.3f} s (SimpleITK {peer_load:.3f} s = {peer_load / loaded:.2f} x), "
            f"save {saved:.3f} s, {size:.2f} MB (SimpleITK {peer_save:.3f} s = {peer_save / saved:.2f} x)",
            flush=True,
        )
    tracemalloc.start()
    read()
    peak, both = tracemalloc.get_traced_memory()[1], groups[0].size * 4
    tracemalloc.stop()
    print(f"two groups: peak memory of loading {peak / 1e6:.0f} MB = {peak / both:.2f} x both groups as uint16")


def measure_masks(name: str, folder: Path) -> None:
    """One label in eight of the organs as a uint16 .nii.gz each."""
    import nibabel
    import SimpleITK as sitk

    organs = load(name, "organs")
    files = {}
    for value in range(1, 105, SAMPLE):
        files[value] = folder / f"{value}.nii.gz"
        sitk.WriteImage(sitk.GetImageFromArray((organs == value) * np.uint16(value)), str(files[value]))
    inflater, found = Inflater(), np.zeros(organs.size, np.uint8)

    def sparse() -> None:
        for value, path in files.items():
            content = inflater.inflate(path.read_bytes(), NIFTI_HEAD + 2 * organs.size)
            scatter_items(content, NIFTI_HEAD, np.dtype(np.uint16), found, {value: value})
        inflater.clear()

    def peer_loop(read: Callable[[Path], np.ndarray]) -> None:
        target = np.zeros(organs.shape, np.uint16)
        for value, path in files.items():
            target[read(path) > 0] = value

    ours = cpu_seconds(sparse)
    assert np.array_equal(found.reshape(organs.shape), np.where(np.isin(organs, list(files)), organs, 0))
    itk = cpu_seconds(lambda: peer_loop(lambda path: sitk.GetArrayFromImage(sitk.ReadImage(str(path)))), 1)
    nib = cpu_seconds(lambda: peer_loop(lambda path: np.asarray(nibabel.load(path).dataobj).T), 1)
    print(
        f"{len(files)} masks into one array: {ours:.3f} s; SimpleITK {itk:.2f} s = {itk / ours:.0f} x, "
        f"nibabel {nib:.2f} s = {nib / ours:.0f} x",
        flush=True,
    )
    plain = cpu_seconds(lambda: [zlib.decompress(path.read_bytes(), 31) for path in files.values()], 1)
    print(f"    zlib, inflating alone: {plain:.2f} s = {plain / ours:.0f} x")


def main() -> None:
    """All of it for the case that the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "big"
    print(f"case {name}, isal: {byte_source.fast_zlib() is not zlib}, compiled kernels: {use_kernels(1 << 30)}")
    with tempfile.TemporaryDirectory(prefix="bench-inflate-") as folder:
        measure_masks(name, Path(folder))
        measure_groups(name, Path(folder))


if __name__ == "__main__":
    main()
