"""The two ways in which Supervisely's guide aligns masks with their volume, without the traps of its SDK.

There, a header in another space than RAS makes it flip the wrong axes and turn the mask to bytes, the tilt of oblique
grids comes out mirrored, and origins are rounded to whole millimetres. Here voxels are permuted and flipped by what the
header says, origins stay exact, and types as they are. Arrays are (x, y, z), as Supervisely and nibabel have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core import Geometry
from ....errors import GeometryError, UnsupportedFormatError
from ....formats.nifti import refuse_shear
from .alignment import ras_reordering
from .volume_files import NRRD_TYPES
from .volumes import read_volume

#: unit vectors in LPS of the words and letters by which NRRD names the axes of a space
_TOWARD = {
    "left": (1, 0, 0), "right": (-1, 0, 0), "posterior": (0, 1, 0), "anterior": (0, -1, 0), "superior": (0, 0, 1),
    "inferior": (0, 0, -1),
}  # fmt: skip
_LETTERS = {word[0]: word for word in _TOWARD}


def align_mask(mask: NDArray[Any], reference_header: Mapping[str, Any]) -> tuple[NDArray[Any], dict[str, Any]]:
    """A mask on the grid of a volume, brought to R, A, S with its header (option 1 of the guide).

    ``mask`` is (x, y, z) with its voxels in the order of the volume's file. ``reference_header`` is the volume's NRRD
    header as pynrrd reads it (``sizes``, ``space``, ``space directions``, ``space origin``), in any anatomical space:
    the words or letters of ``left-posterior-superior``, ``RAS`` and so on.

    Returns the mask (x, y, z), C-ordered, of the same type, and its header: pynrrd's keys, space
    right-anterior-superior, the origin in exact mm. Raises GeometryError when the header gives no place in space,
    names another shape than the mask's, or is sheared; UnsupportedFormatError for a mask that is no array of three
    axes of numbers.
    """
    mask = np.asarray(mask)
    if mask.ndim != 3:
        raise UnsupportedFormatError(None, f"a mask (x, y, z) has three axes, found the shape {mask.shape}")
    geometry = _header_geometry(reference_header)
    if mask.shape != geometry.size:
        raise GeometryError(f"the mask has the shape {mask.shape}, the header the sizes {geometry.size} along x, y, z")
    return _in_ras(mask.transpose(2, 1, 0), geometry)


def mask_to_ras(path: str | Path) -> tuple[NDArray[Any], dict[str, Any]]:
    """A NIfTI mask brought to R, A, S, with a header of its own (option 2 of the guide); also volumes and NRRD files.

    Returns what ``align_mask`` returns; voxels keep the file's type (scaled ones are floats, as ``read_volume`` says).
    Raises FormatError for a file that is no volume (2D, several frames, sheared, no orientation), truncated or damaged.
    """
    image = read_volume(Path(path))
    return _in_ras(image.array[0], image.geometry)


def _in_ras(array: NDArray[Any], geometry: Geometry) -> tuple[NDArray[Any], dict[str, Any]]:
    """Voxels (k, j, i) on their geometry as (x, y, z) in R, A, S, and the header."""
    reordering = ras_reordering(geometry)
    placed = reordering.geometry(geometry)
    voxels = np.array(reordering.array(array).transpose(2, 1, 0), order="C")
    kind = "u1" if voxels.dtype.kind == "b" else voxels.dtype.str[1:]
    if kind not in NRRD_TYPES:
        raise UnsupportedFormatError(None, f"voxels of type {voxels.dtype}; expected numbers of 8 to 64 bits")
    affine = placed.ijk_to_ras + 0.0
    header = {
        "type": NRRD_TYPES[kind],
        "dimension": 3,
        "space": "right-anterior-superior",
        "sizes": np.array(placed.size),
        "space directions": np.array(affine[:3, :3].T),
        "endian": "little",
        "encoding": "gzip",
        "space origin": np.array(affine[:3, 3]),
    }
    return voxels, header


def _header_geometry(header: Mapping[str, Any]) -> Geometry:
    """The grid of an NRRD header as pynrrd reads it. Raises GeometryError."""
    missing = [name for name in ("space", "sizes", "space directions", "space origin") if header.get(name) is None]
    if missing:
        raise GeometryError(f"the header says nothing about {', '.join(missing)}; a mask cannot be placed by it")
    sizes = _numbers(header, "sizes", (3,))
    directions = _numbers(header, "space directions", (3, 3))
    affine = np.eye(4)
    to_lps = _space(header["space"])
    affine[:3, :3] = to_lps @ directions.T
    affine[:3, 3] = to_lps @ _numbers(header, "space origin", (3,))
    if (sizes != np.rint(sizes)).any() or sizes.min() < 1:
        raise GeometryError(f"header field 'sizes': {sizes.tolist()}; expected whole numbers of at least 1")
    geometry = Geometry((int(sizes[2]), int(sizes[1]), int(sizes[0])), affine)
    refuse_shear(geometry)
    return geometry


def _numbers(header: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """A field of finite numbers. Raises GeometryError, also for the rows without numbers that vectors and time have."""
    try:
        found = np.array(header[name], np.float64)
    except (TypeError, ValueError):
        found = np.full(shape, np.nan)
    if found.shape != shape or not np.isfinite(found).all():
        expected = " x ".join(map(str, shape))
        raise GeometryError(f"header field '{name}': {header[name]!r}; expected {expected} finite numbers")
    return found


def _space(name: object) -> NDArray[np.float64]:
    """3x3: columns are the axes of an anatomical space, in LPS. Raises GeometryError for other spaces."""
    text = str(name).strip().lower()
    words = text.split("-") if "-" in text else [_LETTERS.get(letter, letter) for letter in text]
    columns = np.array([_TOWARD.get(word, (0, 0, 0)) for word in words], np.float64)
    if columns.shape != (3, 3) or np.linalg.matrix_rank(columns) < 3:
        expected = "three directions such as right-anterior-superior or LPS"
        raise GeometryError(f"header field 'space': {name!r} does not say how the patient lies; expected {expected}")
    return columns.T
