"""Make an empty segmentation for an image, with the labels of a preset or with one label.

mlseg new --image ct.nii.gz -o seg.nrrd
mlseg new --image ct.nii.gz --preset organs.lsetp -o seg.nrrd
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..core import Geometry
from ..errors import UnsupportedFormatError
from ..formats.image_io import read_geometry
from ..formats.registry import matching_formats, read_segmentation
from ..formats.report import Report
from ..formats.saving import write_segmentation
from ..presets.any_preset import read_preset
from ..presets.new_segmentation import new_segmentation
from .console import Console
from .dicom_flags import add_dicom_flags, writer_options
from .inputs import refuse_inputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg new``."""
    parser.add_argument("--image", type=Path, metavar="IMG", required=True, help="image or segmentation with the grid")
    parser.add_argument("--preset", type=Path, metavar="PRESET", help="preset, segmentation or label table")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True)
    parser.add_argument("--format", metavar="ID", help="output format, where the name does not say it")
    parser.add_argument("--overwrite", action="store_true", help="replace existing output files")
    add_dicom_flags(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Writes the new segmentation; 0, or 3 when the preset had to leave something out."""
    refuse_inputs((arguments.output,), (arguments.image, arguments.preset, arguments.dicom_source))
    report = Report()
    preset = None if arguments.preset is None else read_preset(arguments.preset, report)
    segmentation = new_segmentation(_geometry(arguments.image, report), preset)
    result = write_segmentation(
        segmentation,
        arguments.output,
        format_id=arguments.format,
        options=writer_options(arguments, report, (arguments.image,)),
        overwrite=arguments.overwrite,
        report=report,
    )
    console.show(report)
    for path in result.main:
        contents = f"{len(segmentation.groups)} groups, {len(segmentation.labels)} labels, {segmentation.geometry}"
        console.say(f"wrote {path}: {contents}")
    return 3 if report.left_out else 0


def _geometry(path: Path, report: Report) -> Geometry:
    """The grid of an image; that of a segmentation where the file is one that images cannot be read from."""
    try:
        return read_geometry(path, report)
    except UnsupportedFormatError:
        if not matching_formats(path):
            raise
        return read_segmentation(path, report=report).geometry
