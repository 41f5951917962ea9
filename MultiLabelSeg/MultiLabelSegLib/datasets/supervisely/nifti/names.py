"""File names of a NIfTI data set that every system can hold and that both importers understand."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from pathlib import PurePosixPath

from ....core import Geometry
from ....formats.label_tables.dialect import is_control
from ....formats.mask_names import safe_name
from ..discovery.cases import PLANES, Plane

VOLUME_WORD, MASK_WORD, SCORE_WORD = "anatomic", "inference", "score"
SUFFIX = ".nii.gz"
#: axis (0 = i, 1 = j, 2 = k) of a grid with the axes R, A, S -> the plane whose slices follow each other along it
_PLANE_OF_AXIS: tuple[Plane, Plane, Plane] = ("sag", "cor", "axl")
_WORD_ENDS = re.compile(r"[^0-9A-Za-z]+")
#: Supervisely reads two of these, joined by "_", as patient and case
_NAMESPACE = uuid.UUID("6d0c6a3e-9a55-5b0e-8a6e-2f1f4f6f7d11")
#: names that Supervisely's own importer does not look into
OVERLOOKED = "converted"


def plane_of_name(stem: str) -> Plane:
    """The one plane that a name has as a word of its own (``knee-AXL_anatomic``); empty for none or several."""
    words = {word.lower() for word in _WORD_ENDS.split(stem)}
    found = [plane for plane in PLANES if plane in words]
    return found[0] if len(found) == 1 else ""


def plane_of_grid(geometry: Geometry) -> Plane:
    """The plane in which a grid with the axes R, A, S was taken: slices follow along the largest spacing.

    ``axl`` where two spacings are as large (within a thousandth).
    """
    spacing = geometry.spacing
    largest = [axis for axis in range(3) if spacing[axis] >= max(spacing) * (1 - 1e-3)]
    return _PLANE_OF_AXIS[largest[0]] if len(largest) == 1 else "axl"


def safe_folder(folder: str) -> str:
    """A relative folder of which every part is a name that file systems allow; ``..`` and drives are none."""
    parts = (safe_name(part) for part in PurePosixPath(folder.replace("\\", "/")).parts)
    return "/".join(part for part in parts if part)


def unique(name: str, taken: set[str]) -> str:
    """The name, or the name with ``_01``, ``_02``... as Supervisely numbers them, and notes it as taken.

    Names that differ in case only are one.
    """
    number, found = 0, name
    while found.casefold() in taken:
        number += 1
        found = f"{name}_{number:02d}"
    taken.add(found.casefold())
    return found


def by_plane_stem(stem: str, plane: Plane) -> str:
    """The name of a volume in the layout by plane: the stem with plane and type as Supervisely looks for them.

    It takes the plane only as lower-case word between ``_``, the first of cor, sag, axl, so other planes are left out.
    """
    words = [word.lower() if word.lower() in PLANES else word for word in stem.split("_")]
    words = [word for word in words if word and (word == plane or word not in PLANES)]
    if plane not in words:
        words.append(plane)
    if VOLUME_WORD not in "_".join(words):
        words.append(VOLUME_WORD)
    return "_".join(words)


def with_ids(folder: str, stem: str) -> str:
    """Two UUIDs made from folder and stem in front of the stem, by which Supervisely keeps items of one plane apart."""
    patient, case = (uuid.uuid5(_NAMESPACE, text) for text in (f"{folder}/", f"{folder}/{stem}"))
    return f"{patient}_{case}_{stem}"


def mask_stem(volume_stem: str, number: str = "") -> str:
    """The name of a mask of a volume in the layout by plane; ``number`` is that of its class in instance masks."""
    stem = _swapped(volume_stem, MASK_WORD)
    return f"{stem}_{number}" if number else stem


def score_name(volume_stem: str) -> str:
    """The name of a volume's table of scores in the layout by plane."""
    return _swapped(volume_stem, SCORE_WORD) + ".csv"


def _swapped(volume_stem: str, word: str) -> str:
    return volume_stem.replace(f"{VOLUME_WORD}al", word).replace(VOLUME_WORD, word)


def line_names(classes: Iterable[tuple[str, int]]) -> dict[str, str]:
    """What a line of a colour map calls each class (name, number): single blanks only, no control characters.

    Two classes are never called the same: the later one has its number behind its name.
    """
    taken: set[str] = set()
    result = {}
    for name, number in classes:
        plain = " ".join("".join(" " if is_control(character) else character for character in name).split())
        while len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'":
            plain = plain[1:-1].strip()
        plain = plain or f"Segment_{number}"
        while plain in taken:
            plain = f"{plain}_{number}"
        taken.add(plain)
        result[name] = plain
    return result
