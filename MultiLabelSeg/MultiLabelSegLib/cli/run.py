"""Run a recipe: steps of tools and label operations on a segmentation, or on a new one for an image.

  mlseg run recipe.json -i ct.nii.gz -o seg.nrrd
  mlseg run recipe.json -i ct.nii.gz -s seg.nrrd -o out.nrrd --json report.json

A recipe is {"steps": [{"do": "otsu", "regions": 3, "confirm": {"into": "new"}}, ...]}; `mlseg tools` lists what can be
done. When a step fails nothing is written.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..batch.recipe import read_recipe
from ..batch.running import RecipeRun, StepResult, run_recipe
from ..core import Image, Segmentation
from ..errors import FormatError, OptionError
from ..formats.image_io import read_image
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..formats.saving import write_segmentation
from ..formats.staging import Stage
from .console import Console, plain
from .dicom_flags import add_dicom_flags, writer_options
from .fitting_image import turned_image


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg run``."""
    parser.add_argument("recipe", type=Path, metavar="RECIPE", help="a JSON file")
    parser.add_argument("-i", "--image", type=Path, metavar="IMAGE", help="the image that the tools look at")
    parser.add_argument(
        "-s", "--segmentation", type=Path, metavar="SEG", help="what they change; a new one unless given"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="the changed segmentation")
    parser.add_argument("--format", metavar="ID", help="output format, where the name does not say it")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    add_dicom_flags(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what every step did as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Reads, runs, writes; an input is never changed."""
    if arguments.image is None and arguments.segmentation is None:
        raise OptionError("image", None, "an image (-i), a segmentation (-s) or both")
    for path in (arguments.image, arguments.segmentation, arguments.recipe):
        if path is not None and path.exists() and arguments.output.exists() and path.samefile(arguments.output):
            raise FormatError(arguments.output, "is an input; inputs are never changed, choose another output")
    recipe = read_recipe(arguments.recipe)
    report = Report()
    image = None if arguments.image is None else read_image(arguments.image, report)
    segmentation = _segmentation(arguments.segmentation, image, report)
    if image is not None:
        image = turned_image(image, segmentation.geometry, arguments.image, report)
    with console.progress("run") as progress:
        done = run_recipe(recipe, segmentation, image, progress)
    write_segmentation(
        done.segmentation,
        arguments.output,
        format_id=arguments.format,
        options=writer_options(arguments, report, (arguments.image, arguments.segmentation)),
        overwrite=arguments.overwrite,
        report=report,
    )
    console.show(report)
    for result in done.results:
        _say(result, console)
    if arguments.json is not None:
        _write_report(arguments.json, done)
    console.say(f"wrote {arguments.output}: {len(done.results)} steps, {len(done.segmentation.labels)} labels")
    return 0


def _segmentation(path: Path | None, image: Image | None, report: Report) -> Segmentation:
    if path is not None:
        return read_segmentation(path, report=report)
    if image is None:
        raise OptionError("image", None, "an image (-i) for a new segmentation")
    return Segmentation(image.geometry)


def _say(result: StepResult, console: Console) -> None:
    kept = sum(result.protected.values())
    protected = f", {kept} voxels kept by locks" if kept else ""
    gone = sum(result.cleared.values())
    cleared = f", {gone} voxels replaced" if gone else ""
    console.say(f"{result.number:>3} {result.title}: {result.written} voxels{protected}{cleared}")
    for note in result.notes:
        console.say(f"    note: {plain(note)}")


def _write_report(path: Path, done: RecipeRun) -> None:
    text = json.dumps({"steps": [result.as_json() for result in done.results]}, indent=1) + "\n"
    with Stage(path) as stage:
        stage.file(path).write_text(text, encoding="utf-8")
        stage.commit()
