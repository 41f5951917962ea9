"""Segment an image with nnU-Net or TotalSegmentator, which run as programs of their own.

  mlseg segment --with totalsegmentator -i ct.nii.gz -o seg.nrrd --speed fast
  mlseg segment --with nnunet -i t1.nii.gz --channel T2=t2.nii.gz --dataset 4 --configuration 3d_fullres -o seg.nrrd

`mlseg environments` finds or makes the environment that they run in; `mlseg tools nnunet` and
`mlseg tools totalsegmentator` explain all options, which recipes of `mlseg run` have too.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Literal

from ..batch.program_settings import with_stored_settings
from ..batch.recipe import recipe_from
from ..core import Image, Segmentation
from ..edit.history import History
from ..errors import FormatError, OptionError
from ..external.catalog import PROGRAM_TOOLS
from ..external.proposals import propose_with, request_of
from ..formats.image_io import read_image
from ..formats.registry import read_segmentation
from ..formats.report import Cancelled, Report
from ..formats.saving import plan_write, write_segmentation
from ..tools.base import Scene
from ..tools.confirm import ConfirmOptions, confirm
from .console import Console, plain
from .inputs import refuse_inputs

#: options of the command line -> parameters of the tools; what a tool does not have is refused by its parameters
_PARAMETERS = (
    "task",
    "speed",
    "roi_subset",
    "license_file",
    "dataset",
    "configuration",
    "trainer",
    "plans",
    "folds",
    "channels",
    "step_size",
    "results",
    "device",
    "environment",
    "frames",
    "other_grid",
    "limit_s",
)
_OFF = {"no_mirroring": "mirroring", "no_postprocessing": "postprocessing", "no_cache": "cache"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg segment``."""
    parser.add_argument("--with", dest="program", choices=PROGRAM_TOOLS, required=True, help="what finds the labels")
    parser.add_argument("-i", "--image", type=Path, metavar="IMAGE", required=True, help="the image")
    parser.add_argument(
        "-s", "--segmentation", type=Path, metavar="SEG", help="add to this one; a new one unless given"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="the segmentation to write")
    parser.add_argument("--format", metavar="ID", help="output format, where the name does not say it")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    common = parser.add_argument_group("both programs")
    common.add_argument("--device", metavar="DEV", help="auto, cpu, mps, or the number of a GPU")
    common.add_argument(
        "--environment", metavar="DIR", help="base folder of the environment; the remembered one unless given"
    )
    common.add_argument("--frames", choices=("current", "all"), help="the first frame alone, or all (unless given)")
    common.add_argument(
        "--other-grid", choices=("refuse", "resample"), help="images on another grid: refuse or resample"
    )
    common.add_argument("--limit-s", type=float, metavar="S", help="time limit in seconds")
    common.add_argument("--no-cache", action="store_true", help="compute it even where the result is known")
    total = parser.add_argument_group("TotalSegmentator")
    total.add_argument("--task", nargs="+", metavar="TASK", help="total unless given; several become groups")
    total.add_argument("--speed", choices=("normal", "fast", "fastest"), help="fast: 3 mm, fastest: 6 mm")
    total.add_argument("--roi-subset", nargs="+", metavar="CLASS", help="find these classes alone")
    total.add_argument("--license-file", metavar="FILE", help="a file with the licence key (or the variable, see docs)")
    net = parser.add_argument_group("nnU-Net")
    net.add_argument("--results", metavar="DIR", help="results folder; nnUNet_results or RESULTS_FOLDER unless given")
    net.add_argument("--dataset", metavar="NAME", help="dataset or task, or its number")
    net.add_argument("--configuration", metavar="NAME", help="2d, 3d_fullres, ...; joined by + an ensemble")
    net.add_argument("--trainer", metavar="NAME", help="nnU-Net's default unless given")
    net.add_argument("--plans", metavar="NAME", help="nnU-Net's default unless given")
    net.add_argument("--folds", nargs="+", metavar="FOLD", help="all unless given")
    net.add_argument("--channel", action="append", default=[], metavar="NAME=FILE", help="the image of another channel")
    net.add_argument("--step-size", type=float, metavar="X", help="0.5 unless given; larger is faster")
    net.add_argument("--no-mirroring", action="store_true", help="faster, less exact")
    net.add_argument("--no-postprocessing", action="store_true", help="leave the prediction as it is")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Checks what can be checked, predicts, writes; no input is changed."""
    _check_paths(arguments)
    step = recipe_from({"steps": [{"do": arguments.program, **_given(arguments)}]}).steps[0]
    tool = with_stored_settings(step.action)
    predictor = tool.predictor()
    report = Report()
    image = read_image(arguments.image, report)
    segmentation = _segmentation(arguments, image, report)
    scene = Scene(segmentation, image)
    others = {name: read_image(Path(path), report) for name, path in (getattr(tool, "channels", None) or {}).items()}
    names = getattr(predictor, "channels", ("",))
    every = arguments.frames == "all" or (arguments.frames is None and segmentation.geometry.time_steps > 1)
    frames: Literal["current", "all"] = "all" if every else "current"
    request = request_of(scene, names, others, frames, tool.other_grid)
    try:
        with console.progress(predictor.title) as progress:
            preview = propose_with(predictor, scene, request, progress)
    except Cancelled:
        raise KeyboardInterrupt from None
    done = confirm(scene, preview, ConfirmOptions(frames=frames))
    History(segmentation).do(done.command)
    write_segmentation(
        segmentation, arguments.output, format_id=arguments.format, overwrite=arguments.overwrite, report=report
    )
    console.show(report)
    for note in preview.notes:
        console.say(f"note: {plain(note)}")
    found = sum(1 for value in done.command.values if segmentation.voxels(value))
    written = done.command.resolution.written
    console.say(f"wrote {arguments.output}: {found} of {len(done.command.values)} labels have voxels, {written} in all")
    return 0


def _check_paths(arguments: argparse.Namespace) -> None:
    """What would fail in the end fails before the long part. Raises FormatError."""
    output = arguments.output
    channels = (Path(text.partition("=")[2]) for text in arguments.channel or ())
    refuse_inputs((output,), (arguments.image, arguments.segmentation, *channels))
    if output.exists() and not arguments.overwrite:
        raise FormatError(output, "exists already; overwriting must be asked for (--overwrite)")
    if not output.absolute().parent.is_dir():
        raise FormatError(output, f"the folder {output.absolute().parent} does not exist")


def _segmentation(arguments: argparse.Namespace, image: Image, report: Report) -> Segmentation:
    if arguments.segmentation is not None:
        return read_segmentation(arguments.segmentation, report=report)
    made = Segmentation(image.geometry)
    plan_write(made, arguments.output, format_id=arguments.format)  # a name that no format has is told at once
    return made


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    """The parameters that the user gave. Raises OptionError for a channel without a name or given twice."""
    found = {name: value for name in _PARAMETERS if (value := getattr(arguments, name, None)) is not None}
    found.update({name: False for option, name in _OFF.items() if getattr(arguments, option)})
    channels: dict[str, str] = {}
    for text in arguments.channel:
        name, mark, path = text.partition("=")
        if not mark or not name or not path or name in channels:
            raise OptionError("channel", text, "NAME=FILE, each name once")
        channels[name] = path
    return {**found, "channels": channels} if channels else found
