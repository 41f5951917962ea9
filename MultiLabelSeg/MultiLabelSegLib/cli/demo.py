"""Convert a real chest CT segmentation from Slicer's format to MITK's, to a stack of NIfTI files and back.

Every step is verified; the end is compared with the beginning; a page with pictures shows it all.
"""

from __future__ import annotations

import argparse
from html import escape
from pathlib import Path

from ..datasets.demo import SAMPLES, Journey, Step, sample_folder, sample_image, travel
from .console import Console

_NEXT = """scripts/mlseg workbench                        see and edit it in a window
scripts/mlseg info FILE                        what is in a file
scripts/mlseg convert -i FILE -o OUT.nrrd      your own file as a MITK segmentation
scripts/mlseg convert -i FILE -o OUT.seg.nrrd  ... for 3D Slicer
scripts/mlseg convert -i FILE -o OUT.nii.gz --output-options "Save strategy"=instance
scripts/mlseg preview FILE --image CT -o OUT.html
scripts/mlseg diff A B                         are two files the same?"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg demo``."""
    parser.add_argument("-o", "--output", type=Path, default=Path("mlseg-demo"), metavar="FOLDER", help="(mlseg-demo)")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Runs the demo; 0 when every result is identical with the start, else 1."""
    folder: Path = arguments.output
    source = sample_folder()
    journeys = []
    for number, (title, name) in enumerate(SAMPLES.items()):
        console.say(f"\n{title}  ({name})")
        journey = travel(title, source / name, folder / f"case-{number + 1}", lambda step: _say(step, console))
        journeys.append(journey)
        labels = f"{len(journey.start.labels)} labels in {len(journey.start.groups)} groups"
        console.say(f"  back where it began: {labels}, {'identical' if journey.identical else 'DIFFERENT'}")
    report = folder / "report.html"
    report.write_text(_page(journeys), encoding="utf-8")
    console.say(f"\nThe report with pictures: {report}\n\nWhat to try next:\n{_indented(_NEXT)}")
    return 0 if all(journey.identical for journey in journeys) else 1


def _say(step: Step, console: Console) -> None:
    state = "identical" if step.comparison.identical else "DIFFERENT"
    console.say(
        f"  {step.title:<32} {step.files:>3} files {step.size / 1000:>8,.1f} kB {step.seconds:>6.2f} s  {state}"
    )


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())


def _page(journeys: list[Journey]) -> str:
    from ..formats.image_io import read_image
    from ..formats.registry import read_segmentation
    from ..reports import page
    from ..reports.sheet import png_bytes, sheet

    image = read_image(sample_image())
    parts = []
    for journey in journeys:
        end = read_segmentation(journey.steps[-1].output)
        rows = [
            (
                escape(step.title),
                f"<code>{escape(step.command)}</code>",
                str(step.files),
                f"{step.size / 1000:,.1f} kB",
                f"{step.seconds:.2f} s",
                page.verdict(step.comparison.identical, "identical" if step.comparison.identical else "different"),
            )
            for step in journey.steps
        ]
        heads = ("step", "the same by hand", "files", "size", "time", "compared with the start")
        state = "Identical with the start, voxel by voxel" if journey.identical else "Different from the start"
        parts.append(
            page.section(
                journey.title,
                page.picture(png_bytes(sheet(end, image, "", 2, 300)), f"slices of {journey.title}"),
                f"<p>{page.verdict(journey.identical, state)}: values, names, colours, locks, groups.</p>",
                page.table(heads, rows, (2, 3, 4)),
                page.label_table(end),
            )
        )
    parts.append(page.section("What to try next", page.code(_NEXT)))
    lead = (
        "A real chest CT segmentation went from 3D Slicer's format to MITK's, to a stack of NIfTI masks and back. "
        "The pictures show the last file of the journey, over the CT."
    )
    return page.page("MultiLabelSeg: converted without loss", lead, parts)
