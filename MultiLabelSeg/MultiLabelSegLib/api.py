"""The small stable face of the library: read, write, new, do, and SimpleITK images."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .core import Geometry, Group, Image, Label, Segmentation
from .core.naming import lut_color

if TYPE_CHECKING:
    import SimpleITK as sitk

    from .batch.running import StepResult
    from .edit import History

PathLike = str | os.PathLike[str]


def read(
    path: PathLike,
    *,
    format: str | None = None,
    options: Mapping[str, Any] | None = None,
    reference: PathLike | None = None,
    allow_outside: bool = False,
    progress: Callable[[float, str], object] | None = None,
) -> Segmentation:
    """Reads a segmentation of any format that ``mlseg formats`` lists.

    ``format`` is a format id, else it is found from content and name; ``options`` are the reader's, by name or by
    MITK's phrases. ``reference`` is an image whose grid the result must have: it is taken over when the difference is
    rounding, padded or cropped on the same lattice when nothing is lost. ``allow_outside`` permits files that name
    other files outside of their folder. ``progress(fraction, text)`` may return True to cancel.

    Raises FormatError (UnsupportedFormatError, CorruptFileError), OptionError, GeometryError.
    """
    from .formats.registry import read_segmentation
    from .formats.report import Report

    report = Report(progress)
    return read_segmentation(
        Path(path),
        format_id=format,
        options=options,
        reference=None if reference is None else Path(reference),
        allow_outside=allow_outside,
        report=report,
    )


def write(
    segmentation: Segmentation,
    path: PathLike,
    *,
    format: str | None = None,
    options: Mapping[str, Any] | None = None,
    overlap: str = "error",
    sidecar: str = "auto",
    overwrite: bool = False,
    progress: Callable[[float, str], object] | None = None,
) -> list[Path]:
    """Writes a segmentation atomically, reads it back and compares, then puts it in place; returns all paths written.

    ``overlap`` says what to do where groups overlap and the target cannot hold that: ``error``, ``split-files``,
    ``priority`` or ``combine``. ``sidecar`` (``auto``, ``always``, ``never``) keeps what the target has no place for.

    Raises LossError when the target cannot hold something, WriteError, FormatError, OptionError.
    """
    from .formats.report import Report
    from .formats.saving import write_segmentation

    result = write_segmentation(
        segmentation,
        Path(path),
        format_id=format,
        options=options,
        overlap=overlap,
        sidecar=sidecar,
        overwrite=overwrite,
        report=Report(progress),
    )
    return list(result.paths)


def new(image: Geometry | Image | Segmentation | PathLike | sitk.Image) -> Segmentation:
    """An empty segmentation with one unnamed group on the grid of an image.

    ``image`` is a geometry, an image (ours, SimpleITK's or the path of one) or another segmentation.
    Raises FormatError when a path cannot be read.
    """
    if isinstance(image, Geometry):
        return Segmentation(image)
    if isinstance(image, (Image, Segmentation)):
        return Segmentation(image.geometry)
    if isinstance(image, (str, os.PathLike)):
        from .formats.image_io import read_image

        return Segmentation(read_image(Path(image)).geometry)
    from .bridges.sitk import geometry_from_sitk

    return Segmentation(geometry_from_sitk(image))


def do(
    target: Segmentation | History,
    tool: str,
    *,
    image: Image | PathLike | None = None,
    **parameters: Any,
) -> StepResult:
    """Does one step on a segmentation: a tool (``mlseg tools``) or a label operation, with its parameters by name.

    For example ``do(seg, "dilate", label="Liver", radius_mm=3)``. Beside the tool's own parameters there are ``label``,
    ``group``, ``frame`` and ``confirm``, as in recipes. Given a ``History`` the step can be undone there. Returns what
    was written, what locks kept, new labels and notes.

    Raises ToolError that names the step, FormatError when the image cannot be read.
    """
    from .batch.recipe import recipe_from
    from .batch.running import RecipeRun, do_step
    from .edit import History

    (step,) = recipe_from({"steps": [{"do": tool, **parameters}]}).steps
    if isinstance(image, (str, os.PathLike)):
        from .formats.image_io import read_image

        image = read_image(Path(image))
    return do_step(RecipeRun(target if isinstance(target, History) else History(target), image), step)


def from_sitk(image: sitk.Image, names: Mapping[int, str] | None = None) -> Segmentation:
    """A segmentation with one group from a label map of SimpleITK; values without a name are ``object-N`` as in MITK.

    Raises GroupError for values that are no label values, GeometryError for an impossible grid.
    """
    from .bridges.sitk import array_from_sitk, geometry_from_sitk

    group = Group(array_from_sitk(image))
    found = group.present_values()
    digits = len(str(max(found, default=0)))
    for value in found:
        name = (names or {}).get(value, f"object-{value:0{digits}d}")
        group.set_label(Label(value, name, lut_color(value)))
    return Segmentation(geometry_from_sitk(image), [group])


def to_sitk(segmentation: Segmentation, group: int = 0, t: int = 0) -> sitk.Image:
    """One frame of one group as a label map of SimpleITK (a copy). Raises GroupError."""
    from .bridges.sitk import sitk_from_array

    array = np.asarray(segmentation.group(group).array[t])
    return sitk_from_array(array, segmentation.geometry)
