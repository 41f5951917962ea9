"""The demo: a real chest CT segmentation from Slicer's format through MITK's and back, each step verified."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from ..core import Segmentation
from ..core.compare import Comparison, compare
from ..errors import DatasetError
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..formats.saving import write_segmentation

#: file of the chest CT
IMAGE = "CTChest4.nrrd"
#: title -> file of the sample segmentations
SAMPLES = {
    "Chest CT, one group": "Segmentation.seg.nrrd",
    "Chest CT, overlapping labels in two groups": "SegmentationOverlapping.seg.nrrd",
}


@dataclass(frozen=True)
class Step:
    """One conversion: from what to what, the command that does the same, its time and files, and whether it held."""

    title: str
    command: str
    output: Path
    files: int
    size: int
    seconds: float
    comparison: Comparison


@dataclass
class Journey:
    """One sample on its way through the formats. ``final`` compares the last file with the first."""

    title: str
    source: Path
    start: Segmentation
    steps: list[Step] = field(default_factory=list)
    final: Comparison | None = None

    @property
    def identical(self) -> bool:
        """Whether every step and the end hold exactly what the beginning held."""
        return bool(self.final and self.final.identical and all(step.comparison.identical for step in self.steps))


def sample_folder() -> Path:
    """Where the package ``slicerio`` keeps its sample data. Raises DatasetError when it is not installed."""
    found = find_spec("slicerio")
    folder = Path(found.origin).parent / "data" if found and found.origin else None
    if folder is None or not (folder / IMAGE).is_file():
        raise DatasetError("the demo's chest CT comes with the package slicerio; install it: pip install slicerio")
    return folder


def sample_image() -> Path:
    """The chest CT itself. Raises DatasetError when it is not there."""
    return sample_folder() / IMAGE


def travel(title: str, source: Path, folder: Path, tell: Callable[[Step], None]) -> Journey:
    """Slicer -> MITK -> stack of binary masks -> MITK -> Slicer; files go to ``folder``; ``tell`` hears of each step.

    Raises FormatError when anything cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journey = Journey(title, source, read_segmentation(source))
    binary = {"Save strategy": "instance", "Instance value": "binary"}
    stops: tuple[tuple[str, str, Mapping[str, str]], ...] = (
        ("Slicer to MITK", "from-slicer.nrrd", {}),
        ("MITK to a stack of NIfTI masks", "stack/chest.nii.gz", binary),
        ("stack to MITK", "from-stack.nrrd", {}),
        ("MITK to Slicer", "back.seg.nrrd", {}),
    )
    previous = source
    for name, output, options in stops:
        step = _convert(name, previous, folder / output, options, journey.start)
        journey.steps.append(step)
        tell(step)
        previous = step.output
    journey.final = compare(journey.start, read_segmentation(previous))
    return journey


def _convert(title: str, source: Path, output: Path, options: Mapping[str, str], expected: Segmentation) -> Step:
    output.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    segmentation = read_segmentation(source, report=Report())
    result = write_segmentation(segmentation, output, options=options, overwrite=True)
    seconds = time.perf_counter() - started
    written = result.main[0]
    size = sum(path.stat().st_size for path in result.paths)
    comparison = compare(expected, read_segmentation(written))
    return Step(title, _command(source, output, options), written, len(result.paths), size, seconds, comparison)


def _command(source: Path, output: Path, options: Mapping[str, str]) -> str:
    words = ["mlseg", "convert", "-i", source.name, "-o", output.name]
    if options:
        words += ["--output-options", *(f"{name}={value}" for name, value in options.items())]
    return shlex.join(words)
