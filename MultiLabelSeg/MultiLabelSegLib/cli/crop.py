"""Cut a segmentation, and its image alike, to the box around its labels. Nothing moves in space.

mlseg crop seg.nrrd -o small.nrrd --margin-mm 10
mlseg crop seg.nrrd -o liver.nrrd --labels Liver --margin 5 --image ct.nii.gz --image-output liver_ct.nii.gz
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..core import Box, Segmentation
from ..core.naming import display_names
from ..edit.history import History
from ..errors import FormatError, OptionError
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..formats.saving import execute, plan_write
from .console import Console
from .dicom_flags import add_dicom_flags, writer_options
from .fitting_image import fitting_image
from .inputs import refuse_inputs
from .label_choice import labels_meant


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg crop``."""
    parser.add_argument("file", type=Path, metavar="SEG", help="the segmentation")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="the cropped segmentation")
    parser.add_argument("--image", type=Path, metavar="IMG", help="an image on the same grid that is cropped alike")
    parser.add_argument("--image-output", type=Path, metavar="OUT2", help="the cropped image")
    margin = parser.add_mutually_exclusive_group()
    margin.add_argument("--margin", type=int, default=0, metavar="N", help="voxels to leave around on each side")
    margin.add_argument("--margin-mm", type=float, metavar="X", help="the same in mm, rounded up to voxels")
    parser.add_argument(
        "--labels", nargs="+", metavar="LABEL", help="crop to these, by value or name; other labels may be cut off"
    )
    parser.add_argument("--format", metavar="ID", help="output format, where the name does not say it")
    parser.add_argument("--overwrite", action="store_true", help="replace existing output files")
    add_dicom_flags(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Reads, crops, writes; 0, or 3 when voxels of labels that were not named are cut off."""
    from ..tools.autocrop import crop, crop_image, lost_by_crop

    _check(arguments)
    report = Report()
    segmentation = read_segmentation(arguments.file, report=report)
    image = None if arguments.image is None else fitting_image(arguments.image, segmentation.geometry, report)
    box = _box(segmentation, arguments)
    for value, voxels in lost_by_crop(segmentation, box).items():
        report.leave_out(f"{_name(segmentation, value)}: {voxels} voxels lie outside of the box")
    before = str(segmentation.geometry)
    if box != Box.whole(segmentation.geometry.shape):
        History(segmentation).do(crop(segmentation, box))
    options = writer_options(arguments, report, (arguments.image, arguments.file))
    plan = plan_write(segmentation, arguments.output, format_id=arguments.format, options=options, report=report)
    if image is not None:
        from ..formats.image_file import save_image

        save_image(crop_image(image, box), arguments.image_output, overwrite=arguments.overwrite, report=report)
    result = execute(plan, arguments.overwrite)
    console.show(report)
    (i0, i1), (j0, j1), (k0, k1) = box.inclusive_ijk()
    console.say(f"was {before}")
    console.say(f"now {segmentation.geometry}: voxels i {i0}...{i1}, j {j0}...{j1}, k {k0}...{k1}")
    for path in (*result.main, *([arguments.image_output] if image is not None else [])):
        console.say(f"wrote {path}")
    return 3 if report.left_out else 0


def _check(arguments: argparse.Namespace) -> None:
    """Everything that can be known before reading. Raises OptionError, FormatError."""
    if (arguments.image is None) != (arguments.image_output is None):
        raise OptionError("image-output", arguments.image_output, "--image and --image-output together, or neither")
    if arguments.margin < 0:
        raise OptionError("margin", arguments.margin, "0 or more voxels")
    if arguments.margin_mm is not None and not 0 <= arguments.margin_mm < float("inf"):
        raise OptionError("margin-mm", arguments.margin_mm, "0 or more mm")
    outputs = [path for path in (arguments.output, arguments.image_output) if path is not None]
    if len({path.absolute() for path in outputs}) < len(outputs):
        raise OptionError("image-output", arguments.image_output, "another file than --output")
    refuse_inputs(outputs, (arguments.file, arguments.image, arguments.dicom_source))
    for output in outputs:
        if output.exists() and not arguments.overwrite:
            raise FormatError(output, "exists already; overwriting must be asked for (--overwrite)")
    if arguments.image_output is not None:
        from ..formats.image_file import check_image_target

        check_image_target(arguments.image_output)


def _box(segmentation: Segmentation, arguments: argparse.Namespace) -> Box:
    from ..tools.autocrop import labelled_box

    values = None
    if arguments.labels is not None:
        values = [value for text in arguments.labels for value in labels_meant(segmentation, text)]
    in_mm = arguments.margin_mm is not None
    return labelled_box(segmentation, values, arguments.margin_mm if in_mm else arguments.margin, in_mm=in_mm)


def _name(segmentation: Segmentation, value: int) -> str:
    if value not in segmentation:
        return f"the value {value}"
    return display_names(segmentation.group_of(value).labels)[value]
