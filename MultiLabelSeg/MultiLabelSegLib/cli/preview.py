"""Make a picture or a page that shows a segmentation: slices in three planes with coloured outlines and a legend.

mlseg preview seg.nrrd -o seg.png
mlseg preview seg.nrrd --image ct.nrrd -o seg.html
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..core import Image, Segmentation
from ..errors import FormatError, OptionError
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..formats.staging import Stage
from .console import Console
from .fitting_image import fitting_image

_MOST_SLICES = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg preview``."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--image", type=Path, metavar="IMAGE", help="the image under the outlines")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="OUT.png or OUT.html")
    parser.add_argument(
        "--slices", type=int, default=0, metavar="N", help="slices of each plane (1 in a PNG, 3 in a page)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output file")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Draws and writes; 0."""
    kind = arguments.output.suffix.lower()
    if kind not in (".png", ".html"):
        raise OptionError("output", arguments.output.name, "a name that ends in .png or .html")
    if not 0 <= arguments.slices <= _MOST_SLICES:
        raise OptionError("slices", arguments.slices, f"a number from 1 to {_MOST_SLICES}")
    if arguments.output.exists() and not arguments.overwrite:
        raise FormatError(arguments.output, "exists already; overwriting must be asked for (--overwrite)")
    report = Report()
    segmentation = read_segmentation(arguments.file, report=report)
    image = None if arguments.image is None else fitting_image(arguments.image, segmentation.geometry, report)
    count = arguments.slices or (3 if kind == ".html" else 1)
    with Stage(arguments.output) as stage:
        staged = stage.file(arguments.output)
        if kind == ".png":
            from ..reports.sheet import png_bytes, sheet

            staged.write_bytes(png_bytes(sheet(segmentation, image, arguments.file.name, count)))
        else:
            staged.write_text(_page(arguments.file, segmentation, image, count), encoding="utf-8", errors="replace")
        stage.commit()
    console.show(report)
    console.say(f"wrote {arguments.output}")
    return 0


def _page(path: Path, segmentation: Segmentation, image: Image | None, count: int) -> str:
    from ..reports import page
    from ..reports.sheet import png_bytes, sheet

    png = png_bytes(sheet(segmentation, image, "", count))
    parts = [page.section("Slices", page.picture(png, f"slices of {path.name}"))]
    parts.append(page.section("Labels", page.label_table(segmentation)))
    return page.page(path.name, str(segmentation.geometry), parts)
