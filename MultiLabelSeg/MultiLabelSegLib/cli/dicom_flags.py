"""Options of the commands that write segmentations: whose image a DICOM segmentation is of, and how it is encoded."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import OptionError
from ..formats.options import field_key
from ..formats.registry import format_for_writing
from ..formats.report import Report
from .option_text import parse_option_text

_FORMAT = "dicom-seg"
#: attribute of the parsed arguments -> option of the writer
_FLAGS = {
    "dicom_source": "source",
    "dicom_series": "series",
    "dicom_synthetic": "synthetic",
    "dicom_encoding": "encoding",
    "dicom_per_group": "per_group",
}


def add_dicom_flags(parser: argparse.ArgumentParser, missing: Any = None) -> None:
    """The options for outputs that end in .dcm; ``missing`` is what they are when they are not given."""
    group = parser.add_argument_group("output as DICOM segmentation (.dcm)")
    group.add_argument(
        "--source",
        dest="dicom_source",
        type=Path,
        metavar="SERIES",
        default=missing,
        help="the image series that was segmented (its folder, or one of its files), or an earlier segmentation of it",
    )
    group.add_argument(
        "--series", dest="dicom_series", metavar="UID", default=missing, help="which series in the folder of --source"
    )
    group.add_argument(
        "--synthetic",
        dest="dicom_synthetic",
        action="store_true",
        default=missing,
        help="make up patient, study and frame of reference; with --source only what its images lack",
    )
    group.add_argument(
        "--encoding",
        dest="dicom_encoding",
        choices=("auto", "binary", "labelmap"),
        default=missing,
        help="one bit a voxel and label, or one number a voxel; auto: labelmap unless labels overlap",
    )
    group.add_argument(
        "--per-group", dest="dicom_per_group", action="store_true", default=missing, help="one file a group, as MITK"
    )


def writer_options(
    arguments: argparse.Namespace, report: Report, images: tuple[Path | None, ...] = ()
) -> dict[str, Any]:
    """The options for the writer of ``arguments.output``: those of ``--output-options`` and the flags for DICOM.

    ``images`` are what the command was given to look at, the image before the segmentation: the first that is DICOM is
    the source of a DICOM output whose source is not named. Raises OptionError for flags with another output, and for
    options that are given twice.
    """
    found = parse_option_text("output-options", getattr(arguments, "output_options", []))
    given = {option: value for flag, option in _FLAGS.items() if (value := getattr(arguments, flag, None)) is not None}
    given = {option: str(value) if isinstance(value, Path) else value for option, value in given.items()}
    if not given and arguments.output.suffix.lower() != ".dcm" and arguments.format != _FORMAT:
        return found
    _refuse_twice(found, given)
    found.update(given)
    chosen = format_for_writing(arguments.output, arguments.format, found)
    if chosen.id != _FORMAT:
        if given:
            flag = next(iter(given))
            raise OptionError(flag.replace("_", "-"), given[flag], f"a DICOM output (.dcm), not {chosen.title}")
        return found
    names = {field_key(name) for name in found}
    if not names & {"source", "synthetic"}:
        found.update(_seen_source(images, report))
    return found


def _refuse_twice(found: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    for name, value in found.items():
        if field_key(name) in given:
            raise OptionError(name, value, f"--{field_key(name).replace('_', '-')} or --output-options, not both")


def _seen_source(images: tuple[Path | None, ...], report: Report) -> dict[str, Any]:
    from ..formats.dicom.folder import is_dicom_path

    for path in images:
        if path is not None and is_dicom_path(path):
            report.note("is taken for the source of the DICOM output (--source names another)", path)
            return {"source": str(path)}
    return {}
