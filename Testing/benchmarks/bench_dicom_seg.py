"""DICOM segmentations beside their peers: 256 x 256 x 100 voxels, 20 segments, written and read.

    python Testing/benchmarks/bench_dicom_seg.py

Prints CPU and wall seconds and ratios of CPU seconds from one run. Our writing is timed without reading back what was
written, which the peers do not do either, and with it; it reads the headers of the series each time, as dcmqi does,
while highdicom is given them. dcmqi and MITK are processes of their own; dcmqi starts anew for each file. Peers that
are not installed are left out.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parents[2])]
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np  # noqa: E402
import SimpleITK as sitk  # noqa: E402
from case import load  # noqa: E402

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.formats.base import WriteRequest  # noqa: E402
from MultiLabelSegLib.formats.dicom_seg import FORMAT, DicomWriteOptions  # noqa: E402
from MultiLabelSegLib.formats.registry import read_segmentation  # noqa: E402
from MultiLabelSegLib.formats.saving import write_segmentation  # noqa: E402
from MultiLabelSegLib.formats.staging import Stage  # noqa: E402
from Testing.formats.dicom_cases import write_series  # noqa: E402

SEGMENTS, SLICES = 20, 100
AFFINE = np.diag([1.6, 1.6, 3.0, 1.0])
MITK = """
import os, sys, time
import mitk
began, wall = time.process_time(), time.perf_counter()
found = mitk.IOUtil.load(sys.argv[1])
print("SECONDS", time.process_time() - began, time.perf_counter() - wall, flush=True)
os._exit(0)
"""


def make_segmentation() -> Segmentation:
    """20 of the case's organs, from large to small, as values 1 to 20."""
    organs = load("small", "organs")[25 : 25 + SLICES]
    counts = np.bincount(organs.ravel(), minlength=256)
    counts[0] = 0
    chosen = np.sort(np.argsort(-counts)[: 3 * SEGMENTS : 3])
    table = np.zeros(256, np.uint8)
    table[chosen] = np.arange(1, SEGMENTS + 1)
    array = np.ascontiguousarray(table[organs])
    labels = [Label(value, f"organ {value}") for value in range(1, SEGMENTS + 1)]
    return Segmentation(Geometry(array.shape, AFFINE), [Group(array, labels)])


def cpu_seconds() -> float:
    """CPU seconds of this process, all its threads and its children so far."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measure(name: str, work: Callable[[], object], runs: int = 5) -> float:
    """Median CPU seconds of this process and its children; printed with the wall time."""
    cpu, wall = [], []
    for _ in range(runs):
        before, began = cpu_seconds(), time.perf_counter()
        work()
        cpu.append(cpu_seconds() - before)
        wall.append(time.perf_counter() - began)
    print(f"{name:52s} cpu {np.median(cpu):7.3f} s  wall {np.median(wall):7.3f} s", flush=True)
    return float(np.median(cpu))


def write_ours(segmentation: Segmentation, path: Path, series: Path, encoding: str, verified: bool) -> None:
    """One file, through the common way with its check or through the writer alone."""
    if verified:
        options = {"source": str(series), "encoding": encoding}
        write_segmentation(segmentation, path, options=options, overwrite=True)
        return
    with Stage(path) as stage:
        options = DicomWriteOptions(source=str(series), encoding=encoding)
        FORMAT.writer(WriteRequest(segmentation, path, stage, options))
        stage.commit()


def with_highdicom(segmentation: Segmentation, folder: Path, series: Path) -> dict[str, float]:
    """highdicom's times: writing from a series that is read before, reading all segments as one map."""
    import highdicom as hd
    import pydicom
    from pydicom.sr.codedict import codes

    sources = [pydicom.dcmread(file) for file in sorted(series.iterdir())]
    array = segmentation.groups[0].array[0]
    described = [
        hd.seg.SegmentDescription(n, f"S{n}", codes.SCT.Organ, codes.SCT.Liver, "MANUAL")
        for n in range(1, SEGMENTS + 1)
    ]
    found = {}
    for kind in ("BINARY", "LABELMAP"):
        path = folder / f"highdicom_{kind}.dcm"

        def write(kind: str = kind, path: Path = path) -> None:
            hd.seg.Segmentation(
                sources, array, kind, described, "1.2.3", 2, "1.2.3.4", 1, "m", "m", "1", "1",
                transfer_syntax_uid=pydicom.uid.ExplicitVRLittleEndian,
            ).save_as(path)  # fmt: skip

        found[f"write {kind}"] = measure(f"highdicom write {kind}", write, 3)
        found[f"read {kind}"] = measure(
            f"highdicom read {kind}",
            lambda path=path: hd.seg.segread(path).get_volume(combine_segments=True, relabel=False),
            3,
        )
    return found


def with_dcmqi(segmentation: Segmentation, folder: Path, series: Path) -> dict[str, float]:
    """dcmqi's times."""
    program = Path(sys.executable).parent
    image = sitk.GetImageFromArray(segmentation.groups[0].array[0])
    image.SetSpacing(segmentation.geometry.spacing)
    sitk.WriteImage(image, str(folder / "in.nrrd"))
    code = {"CodeValue": "10200004", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Liver"}
    keys = ("SegmentedPropertyCategoryCodeSequence", "SegmentedPropertyTypeCodeSequence")
    segments = [
        {"labelID": n, "SegmentLabel": f"S{n}", "SegmentAlgorithmType": "MANUAL", **dict.fromkeys(keys, code)}
        for n in range(1, SEGMENTS + 1)
    ]
    meta = {"ContentCreatorName": "a", "SeriesNumber": "3", "InstanceNumber": "1", "SeriesDescription": "s"}
    (folder / "meta.json").write_text(json.dumps({**meta, "segmentAttributes": [segments]}))
    target = folder / "dcmqi.dcm"
    writing = [program / "itkimage2segimage", "--inputImageList", folder / "in.nrrd", "--inputDICOMDirectory", series]
    writing += ["--inputMetadata", folder / "meta.json", "--outputDICOM", target, "--skip"]
    (folder / "out").mkdir(exist_ok=True)
    reading = [program / "segimage2itkimage", "--inputDICOM", target, "--outputDirectory", folder / "out"]
    reading += ["--outputType", "nii", "--mergeSegments"]

    def run(command: list[object]) -> None:
        subprocess.run([str(word) for word in command], check=True, capture_output=True)

    return {
        "write": measure("dcmqi itkimage2segimage", lambda: run(writing), 3),
        "read": measure("dcmqi segimage2itkimage", lambda: run(reading), 3),
    }


def with_mitk(path: Path) -> float:
    """CPU seconds that MITK's own loading takes, its start left out."""
    done = subprocess.run([sys.executable, "-c", MITK, str(path)], capture_output=True, text=True, check=False)
    seconds = [line.split() for line in done.stdout.splitlines() if line.startswith("SECONDS")]
    if not seconds:
        return float("nan")
    print(f"{'MITK load':52s} cpu {float(seconds[0][1]):7.3f} s  wall {float(seconds[0][2]):7.3f} s", flush=True)
    return float(seconds[0][1])


def main() -> None:
    """Runs everything and prints the ratios."""
    segmentation = make_segmentation()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        series = write_series(folder / "series", segmentation.geometry.shape, AFFINE)
        ours = {}
        for kind in ("binary", "labelmap"):
            path = folder / f"ours_{kind}.dcm"
            for verified in (False, True):
                text = f"ours write {kind}{', read back and compared' if verified else ''}"
                job = lambda k=kind, p=path, v=verified: write_ours(segmentation, p, series, k, v)  # noqa: E731
                ours[text] = measure(text, job)
            ours[f"read {kind}"] = measure(f"ours read {kind}", lambda p=path: read_segmentation(p))
        ratios = {}
        if find_spec("highdicom"):
            peer = with_highdicom(segmentation, folder, series)
            for kind in ("binary", "labelmap"):
                ratios[f"write {kind} / highdicom"] = peer[f"write {kind.upper()}"] / ours[f"ours write {kind}"]
                ratios[f"read {kind} / highdicom"] = peer[f"read {kind.upper()}"] / ours[f"read {kind}"]
            theirs = measure("ours read highdicom's BINARY", lambda: read_segmentation(folder / "highdicom_BINARY.dcm"))
            ratios["read highdicom's BINARY / highdicom"] = peer["read BINARY"] / theirs
        if shutil.which("itkimage2segimage", path=str(Path(sys.executable).parent)):
            peer = with_dcmqi(segmentation, folder, series)
            theirs = measure("ours read dcmqi's", lambda: read_segmentation(folder / "dcmqi.dcm"))
            ratios["write binary / dcmqi"] = peer["write"] / ours["ours write binary"]
            ratios["read dcmqi's / dcmqi"] = peer["read"] / theirs
        if find_spec("mitk"):
            ratios["read binary / MITK"] = with_mitk(folder / "ours_binary.dcm") / ours["read binary"]
        for text, ratio in ratios.items():
            print(f"{text:52s} {ratio:6.1f} x")


if __name__ == "__main__":
    main()
