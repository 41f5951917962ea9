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

from ..batch.recipe import Recipe, read_recipe
from ..batch.running import RecipeRun, StepResult, run_recipe
from ..core import Image, Segmentation
from ..errors import FormatError, OptionError, ToolError
from ..formats.image_file import check_image_target, save_image
from ..formats.image_io import read_image
from ..formats.registry import read_segmentation
from ..formats.report import ProgressCallback, Report
from ..formats.saving import execute, plan_write
from ..formats.staging import Stage
from .console import Console, plain
from .dicom_flags import add_dicom_flags, writer_options
from .fitting_image import turned_image
from .inputs import refuse_inputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg run``."""
    parser.add_argument("recipe", type=Path, metavar="RECIPE", help="a JSON file")
    parser.add_argument("-i", "--image", type=Path, metavar="IMAGE", help="the image that the tools look at")
    parser.add_argument(
        "-s", "--segmentation", type=Path, metavar="SEG", help="what they change; a new one unless given"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="the changed segmentation")
    parser.add_argument(
        "--image-output", type=Path, metavar="OUT2", help="the image as the steps leave it: masked, cropped"
    )
    parser.add_argument("--format", metavar="ID", help="output format, where the name does not say it")
    parser.add_argument("--overwrite", action="store_true", help="replace existing output files")
    add_dicom_flags(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what every step did as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Reads, runs, writes; an input is never changed."""
    if arguments.image is None and arguments.segmentation is None:
        raise OptionError("image", None, "an image (-i), a segmentation (-s) or both")
    _check_outputs(arguments)
    recipe = read_recipe(arguments.recipe)
    report = Report()
    image = None if arguments.image is None else read_image(arguments.image, report)
    segmentation = _segmentation(arguments.segmentation, image, report)
    if image is not None:
        image = turned_image(image, segmentation.geometry, arguments.image, report)
    with console.progress("run") as progress:
        done = _run(arguments, recipe, segmentation, image, progress)
    _write(done, arguments, report)
    console.show(report)
    for result in done.results:
        _say(result, console)
    if arguments.image_output is not None:
        console.say(f"wrote {arguments.image_output}")
    elif any(result.image is not None for result in done.results):
        console.say("note: the image that the steps made is not kept; --image-output FILE writes it")
    count = len(done.results)
    console.say(
        f"wrote {arguments.output}: {count} step{'' if count == 1 else 's'}, {len(done.segmentation.labels)} labels"
    )
    return 0


def _write(done: RecipeRun, arguments: argparse.Namespace, report: Report) -> None:
    """Plans the segmentation first, so that nothing is written when it cannot be."""
    plan = plan_write(
        done.segmentation,
        arguments.output,
        format_id=arguments.format,
        options=writer_options(arguments, report, (arguments.image, arguments.segmentation)),
        report=report,
    )
    if arguments.image_output is not None and done.image is not None:
        save_image(done.image, arguments.image_output, overwrite=arguments.overwrite, report=report)
    execute(plan, arguments.overwrite)
    if arguments.json is not None:
        _write_report(arguments.json, done)


def _run(
    arguments: argparse.Namespace,
    recipe: Recipe,
    segmentation: Segmentation,
    image: Image | None,
    progress: ProgressCallback,
) -> RecipeRun:
    try:
        return run_recipe(recipe, segmentation, image, progress)
    except ToolError as error:
        raise ToolError(f"{arguments.recipe}: {error}") from error


def _check_outputs(arguments: argparse.Namespace) -> None:
    """What would fail in the end fails before the steps. Raises OptionError, FormatError."""
    given = {"output": arguments.output, "image-output": arguments.image_output, "json": arguments.json}
    outputs = {option: path for option, path in given.items() if path is not None}
    for option, path in outputs.items():
        if any(path.absolute() == other.absolute() for name, other in outputs.items() if name != option):
            raise OptionError(option, str(path), "a file of its own for each output")
    inputs = (arguments.recipe, arguments.image, arguments.segmentation, arguments.dicom_source)
    refuse_inputs(outputs.values(), inputs)
    for path in outputs.values():
        if path.exists() and not arguments.overwrite:
            raise FormatError(path, "exists already; overwriting must be asked for (--overwrite)")
    if arguments.image_output is None:
        return
    if arguments.image is None:
        raise OptionError("image-output", str(arguments.image_output), "an image (-i) that the steps work on")
    check_image_target(arguments.image_output)


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
    written = f": {result.written} voxels" if result.image is None else ""
    console.say(f"{result.number:>3} {result.title}{written}{protected}{cleared}")
    for note in result.notes:
        console.say(f"    note: {plain(note)}")


def _write_report(path: Path, done: RecipeRun) -> None:
    text = json.dumps({"steps": [result.as_json() for result in done.results]}, indent=1) + "\n"
    with Stage(path) as stage:
        stage.file(path).write_text(text, encoding="utf-8")
        stage.commit()
