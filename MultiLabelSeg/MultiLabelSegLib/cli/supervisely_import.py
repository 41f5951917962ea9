"""Import a NIfTI data set, an archive of one, or a volume project, as segmentations in any of our formats.

  mlseg supervisely import DATASET -o OUT
  mlseg supervisely import DATASET.zip -o PROJECT --format supervisely-project
  mlseg supervisely import MASKS -o OUT --existing PROJECT --json report.json

Every file of the input is imported or named with its reason. Exit codes: 0 all is in, 3 something was left out and
named, 1 nothing could be imported.
"""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ..datasets.supervisely.importing.data_sets import LAYOUTS, ImportOptions, import_data_set
from ..datasets.supervisely.importing.report import ImportReport
from ..datasets.supervisely.importing.targets import FileTarget, ProjectTarget
from ..errors import DatasetError, FormatError, OptionError
from ..formats.registry import formats
from ..formats.staging import Stage
from .console import Console, plain
from .option_text import parse_option_text
from .remarks import line_of

PROJECT = "supervisely-project"
DONE, FAILED, LEFT_OUT, INTERRUPTED = 0, 1, 3, 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg supervisely import``."""
    parser.add_argument("input", type=Path, metavar="INPUT", help="a folder, or a zip or tar archive")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="folder to write to")
    parser.add_argument("--format", metavar="ID", default="mitk-nrrd", help=f"see mlseg formats, or {PROJECT}")
    parser.add_argument("--overwrite", action="store_true", help="replace existing output")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--strict", action="store_true", help="exit with 1 instead of 3 when something was left out")
    what = parser.add_argument_group("how to understand the input")
    what.add_argument("--layout", choices=LAYOUTS, default="auto", help="found folder by folder unless given")
    kind = what.add_mutually_exclusive_group()
    kind.add_argument("--semantic", action="store_true", help="grouped by plane: every value is a class of its own")
    kind.add_argument("--instance", action="store_true", help="grouped by plane: every file is a class, values objects")
    what.add_argument("--resample", action="store_true", help="take masks on another grid, by the nearest voxel")
    what.add_argument("--layers-from", choices=("0", "1", "auto"), default="1", help="first layer of score tables (1)")
    what.add_argument(
        "--layer-order",
        choices=("file", "geometry"),
        default="file",
        help="layers of score tables count frames of the volume (Supervisely), or slices as the file shows them",
    )
    only = parser.add_argument_group("annotations for volumes that exist already")
    only.add_argument("--existing", type=Path, metavar="PATH", help="a project folder, or a JSON list of volumes")
    only.add_argument(
        "--dataset-id", type=int, metavar="N", help="their data set; an empty one means the whole project"
    )
    only.add_argument("--mapping", type=Path, metavar="FILE", help="JSON: annotation file -> id of a volume")
    out = parser.add_argument_group("how to write")
    out.add_argument("--datasets", choices=("one", "folders"), default="one", help="data sets of a project")
    out.add_argument("--volumes", action="store_true", help="write the volumes beside the segmentations, as RAS .nrrd")
    out.add_argument("--overlap", choices=("error", "split-files", "priority", "combine"), default="error")
    out.add_argument("--output-options", nargs="+", default=[], metavar="OPTION", help="JSON or pairs name=value")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Imports and reports; see the exit codes above."""
    _refuse_inside(arguments)
    target: Any = None
    try:
        with console.progress("import") as progress, _target(arguments) as target:
            report = import_data_set(arguments.input, target, _options(arguments), progress)
    except (DatasetError, FormatError) as error:
        report = ImportReport()
        report.leave_out(arguments.input.name, str(error))
        _write_report(arguments.json, report)
        raise
    except KeyboardInterrupt:
        if not getattr(target, "done", 0):
            raise
        console.error(f"cancelled; {target.done} volumes were finished and are in {arguments.output}")
        return INTERRUPTED
    _write_report(arguments.json, report)
    _show(report, console)
    if not report.imported:
        console.error(f"{arguments.input}: nothing could be imported")
        return FAILED
    if report.left_out:
        return FAILED if arguments.strict else LEFT_OUT
    return DONE


def _options(arguments: argparse.Namespace) -> ImportOptions:
    layers: Any = arguments.layers_from if arguments.layers_from == "auto" else int(arguments.layers_from)
    return ImportOptions(
        layout=arguments.layout,
        mask_mode="semantic" if arguments.semantic else "instance" if arguments.instance else "auto",
        existing=arguments.existing,
        dataset_id=arguments.dataset_id,
        mapping=arguments.mapping,
        resample=arguments.resample,
        layers_from=layers,
        layer_order=arguments.layer_order,
    )


def _target(arguments: argparse.Namespace) -> Any:
    """The place to write to, as a context manager. Raises OptionError."""
    if arguments.format == PROJECT:
        by_folder = arguments.datasets == "folders"
        return ProjectTarget(arguments.output, _root_name(arguments.input), arguments.overwrite, by_folder)
    writable = [known.id for known in formats() if known.writer is not None]
    if arguments.format not in writable:
        raise OptionError("format", arguments.format, [*writable, PROJECT])
    target = FileTarget(
        arguments.output,
        arguments.format,
        arguments.overwrite,
        arguments.overlap,
        arguments.volumes,
        parse_option_text("output-options", arguments.output_options),
        protected=arguments.input if arguments.input.is_dir() else None,
    )
    return nullcontext(target)


def _root_name(source: Path) -> str:
    """The data set's name: that of the folder, or of the archive up to its first dot, as Supervisely has it."""
    return source.resolve().name if source.is_dir() else source.name.split(".")[0] or "ds0"


def _refuse_inside(arguments: argparse.Namespace) -> None:
    """The input is never changed: nothing is written into it, and no project replaces a folder that it lies in."""
    source = arguments.input.resolve()
    written = [path for path in (arguments.output, arguments.json) if path is not None]
    for path in written:
        if path.resolve() == source or (source.is_dir() and path.resolve().is_relative_to(source)):
            raise FormatError(path, "lies in the input, which is never changed; choose another place")
    if arguments.format == PROJECT and arguments.overwrite and source.is_relative_to(arguments.output.resolve()):
        raise FormatError(arguments.output, "would be replaced, but the input lies in it; choose another place")


def _write_report(path: Path | None, report: ImportReport) -> None:
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with Stage(path) as stage:
        stage.file(path).write_text(report.text(), encoding="utf-8")
        stage.commit()


def _show(report: ImportReport, console: Console) -> None:
    for entry in report.imported:
        console.say(f"{plain(entry.source)} -> {entry.output}: {entry.objects} objects ({entry.layout})")
    for note in report.notes:
        console.say(f"note: {plain(line_of(note))}")
    for remark in report.left_out:
        console.warn(f"left out: {plain(line_of(remark))}")
    objects = sum(entry.objects for entry in report.imported)
    console.say(
        f"imported {len(report.imported)} volumes with {objects} objects; {len(report.left_out)} left out, "
        f"{len(report.notes)} notes"
    )
