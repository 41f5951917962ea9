"""Make polygon models of labels, one file for all or one a label.

  mlseg surface seg.nrrd -o organs.glb
  mlseg surface seg.nrrd -o folder/{name}.stl --smooth --decimation 0.5
  mlseg surface seg.nrrd -o liver.ply --labels Liver

Coordinates are LPS mm; .glb is turned and scaled for viewers. {name} and {value} in the name make one file a label;
of many segmentations: mlseg surface 'in/*.nrrd' -o 'out/{stem}_{{name}}.stl'.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..batch.targets import label_values
from ..core.surface import Surface
from ..errors import OptionError
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..formats.surface_files import write_surfaces
from ..ops.surface import enclosed_volume
from ..tools.surface import SMOOTHING, polygon_models
from .console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg surface``."""
    parser.add_argument("segmentation", type=Path, metavar="SEG")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help=".vtp, .stl, .obj, .ply or .glb")
    parser.add_argument("--labels", nargs="+", metavar="LABEL", help="values or names; all unless given")
    parser.add_argument("--smooth", action="store_true", help="smooth all labels together in one pass")
    parser.add_argument("--iterations", type=int, default=SMOOTHING, metavar="N", help=f"of smoothing ({SMOOTHING})")
    parser.add_argument(
        "--decimation", type=float, default=0.0, metavar="SHARE", help="triangles to take away, 0..0.99"
    )
    parser.add_argument("--frame", type=int, default=0, metavar="T", help="frame of a dynamic segmentation (0)")
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Writes the models; 3 when a label that was asked for has no voxels."""
    if arguments.iterations < 1:
        raise OptionError("iterations", arguments.iterations, "a whole number of at least 1")
    report = Report()
    segmentation = read_segmentation(arguments.segmentation, report=report)
    keys = None if arguments.labels is None else tuple(_key(text) for text in arguments.labels)
    values = None if keys is None else label_values(segmentation, keys)
    with console.progress("surfaces") as moved:
        models = polygon_models(
            segmentation,
            values,
            arguments.frame,
            smoothing=arguments.iterations if arguments.smooth else 0,
            decimation=arguments.decimation,
            progress=lambda done: moved(done, ""),
        )
    made = {model.value for model in models}
    for value in values or ():
        if value not in made:
            report.leave_out(f"label {value} {segmentation.label(value).name!r} has no voxels, so no surface")
    for path, surfaces in _files(arguments.output, models):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_surfaces(surfaces, path, arguments.overwrite)
        triangles = sum(len(surface.triangles) for surface in surfaces)
        millilitres = sum(enclosed_volume(surface.points, surface.triangles) for surface in surfaces) / 1000
        console.say(f"wrote {path}: {len(surfaces)} surfaces, {triangles} triangles, {millilitres:.2f} ml")
    console.show(report)
    return 3 if report.left_out else 0


def _key(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _files(output: str, models: list[Surface]) -> list[tuple[Path, list[Surface]]]:
    """The files to write and what goes into each; labels of one name get their value behind it."""
    if "{name}" not in output and "{value}" not in output:
        return [(Path(output), models)]
    names = [model.name for model in models]
    files = []
    for model in models:
        name = "".join(mark if mark.isalnum() or mark in " -_." else "_" for mark in model.name).strip(" .") or "label"
        if names.count(model.name) > 1 and "{value}" not in output:
            name += f"_{model.value}"
        files.append((Path(output.replace("{name}", name).replace("{value}", str(model.value))), [model]))
    if len({str(path).lower() for path, _ in files}) < len(files):
        raise OptionError("output", output, "{value} in the name: several labels would share a file")
    return files
