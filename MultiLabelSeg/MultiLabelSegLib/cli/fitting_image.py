"""The image that belongs to a segmentation, with the segmentation's axes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core import Geometry, Image
from ..core.reordering import lattice_place
from ..errors import GeometryError
from ..formats.image_io import read_image
from ..formats.report import Report

#: how far an image may lie from the segmentation's grid: mm, direction
_TOLERANCES = 1e-2, 1e-4


def fitting_image(path: Path, geometry: Geometry, report: Report) -> Image:
    """The image of a file, or of a DICOM series, on a segmentation's grid; its own frames stay.

    An image whose axes run the other way round or in another order (NIfTI beside DICOM) is flipped and swapped, noted
    in the report; it is never resampled. Raises GeometryError for another grid, FormatError.
    """
    image = turned_image(read_image(path, report), geometry, path, report)
    problems = geometry.differences(image.geometry, *_TOLERANCES, check_time=False)
    if problems:
        raise GeometryError(f"{path} does not lie on the segmentation's grid: {'; '.join(problems)}")
    return Image(image.array, geometry.with_time(image.geometry.time_steps), image.metadata)


def turned_image(image: Image, geometry: Geometry, path: Path, report: Report) -> Image:
    """The image with the axes of a grid where both are boxes of one lattice; itself in all other cases."""
    place = lattice_place(image.geometry, geometry)
    if place is None or place[0].is_identity:
        return image
    report.note("axes of the image were flipped or swapped into those of the segmentation", path)
    reordering = place[0]
    array = np.ascontiguousarray(reordering.array(image.array))
    return Image(array, reordering.geometry(image.geometry), image.metadata)
