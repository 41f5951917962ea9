"""The small stable face of the library: read, write, new, do, and SimpleITK images."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .core import Geometry, Group, Image, Label, Segmentation
from .core.naming import lut_color
from .errors import GeometryError, OptionError

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
    Raises FormatError when a path cannot be read, OptionError for anything else.
    """
    if isinstance(image, Geometry):
        return Segmentation(image)
    if isinstance(image, (Image, Segmentation)):
        return Segmentation(image.geometry)
    if isinstance(image, (str, os.PathLike)):
        from .formats.image_io import read_image

        return Segmentation(read_image(Path(image)).geometry)
    if not hasattr(image, "GetDimension"):
        raise OptionError("image", type(image).__name__, "a geometry, an image, one of SimpleITK, or the path of one")
    from .bridges.sitk import geometry_from_sitk

    return Segmentation(geometry_from_sitk(image))


def do(
    target: Segmentation | History,
    tool: str,
    *,
    image: Image | PathLike | sitk.Image | None = None,
    **parameters: Any,
) -> StepResult:
    """Does one step on a segmentation: a tool (``mlseg tools``) or a label operation, with its parameters by name.

    For example ``do(seg, "dilate", label="Liver", radius_mm=3)``. Beside the tool's own parameters there are ``label``,
    ``group``, ``frame`` and ``confirm``, as in recipes; numbers and arrays of numpy are taken too. ``image`` is ours,
    SimpleITK's or the path of one. Given a ``History`` the step can be undone there. Returns what was written, what
    locks kept, new labels, notes and, of ``mask_image``, the image.

    Raises ToolError that names the step, FormatError when the image cannot be read, OptionError for another target or
    image.
    """
    from .batch.recipe import recipe_from
    from .batch.running import RecipeRun, do_step
    from .edit import History

    if not isinstance(target, (Segmentation, History)):
        raise OptionError("target", target, "a segmentation, or the history of one")
    (step,) = recipe_from({"steps": [{"do": tool, **_without_numpy(parameters)}]}).steps
    history = target if isinstance(target, History) else History(target)
    return do_step(RecipeRun(history, None if image is None else _image(image)), step)


def _without_numpy(given: Any) -> Any:
    """Scalars and arrays of numpy as Python's own numbers and lists, as they are in a recipe."""
    if isinstance(given, (np.generic, np.ndarray)):
        return given.tolist()
    if isinstance(given, Mapping):
        return {key: _without_numpy(value) for key, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_without_numpy(value) for value in given]
    return given


def _image(given: Image | PathLike | sitk.Image) -> Image:
    if isinstance(given, Image):
        return given
    if isinstance(given, (str, os.PathLike)):
        from .formats.image_io import read_image

        return read_image(Path(given))
    if not hasattr(given, "GetDimension"):
        raise OptionError("image", type(given).__name__, "an image, one of SimpleITK, or the path of one")
    from .bridges.sitk import image_from_sitk

    return image_from_sitk(given)


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
    """One frame of one group as a label map of SimpleITK (a copy).

    Raises GroupError, GeometryError for a frame that there is not.
    """
    from .bridges.sitk import sitk_from_array

    if not 0 <= t < segmentation.geometry.time_steps:
        raise GeometryError(f"there is no frame {t}; there are 0...{segmentation.geometry.time_steps - 1}")
    array = np.asarray(segmentation.group(group).array[t])
    return sitk_from_array(array, segmentation.geometry)
