"""Which label table belongs to which image, by their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from .image_suffixes import image_suffix
from .label_tables import DIALECTS, Dialect, LabelTable
from .label_tables.text import load_text
from .report import Report

#: endings that people give to the table of an image, beside those of the dialects; the first that is there is taken
_OTHER_ENDINGS = (
    ".label",
    "_labels.txt",
    "_label.txt",
    "-labels.txt",
    "_labels.csv",
    "_labels.tsv",
    "_labels.json",
    ".ctbl",
    ".tsv",
    ".txt",
    ".lut",
)
#: a name of one word, with a number behind it perhaps
_WORD = re.compile(r"\S+( +[0-9]+)?")


def image_stem(path: Path) -> str:
    """The name of an image without its suffix, and without ``.seg`` before that."""
    suffix = image_suffix(path)
    stem = path.name[: -len(suffix)] if suffix else path.stem
    return stem[: -len(".seg")] if stem.lower().endswith(".seg") else stem


def table_path(image: Path, dialect: Dialect) -> Path:
    """Where the table of a dialect lies beside an image that we write."""
    return image.with_name(image_stem(image) + dialect.suffix)


def _stems(image: Path) -> tuple[str, ...]:
    """What the name of a table may begin with: MRIcron's table of ``aal.nii.gz`` is ``aal.nii.txt``."""
    unpacked = image.name[: -len(".gz")] if image.name.lower().endswith(".gz") else image.name
    return tuple(dict.fromkeys((image_stem(image), unpacked, image.name)))


def possible_tables(image: Path) -> Iterator[Path]:
    """Where a label table may lie beside an image, in the order in which it is looked for."""
    yield from map(image.with_name, _possible_names(image))


def _possible_names(image: Path) -> Iterator[str]:
    endings = [*(dialect.suffix for dialect in DIALECTS.values()), *_OTHER_ENDINGS]
    for stem in _stems(image):
        for ending in endings:
            yield stem + ending


def tables_beside(image: Path) -> list[Path]:
    """The files beside an image that may be its label table: first what we write, then what others write."""
    # in plain text, for there are many names and many masks of a case
    folder = os.path.join(image.parent, "")  # noqa: PTH118
    return [image.with_name(name) for name in _possible_names(image) if os.path.isfile(folder + name)]  # noqa: PTH113


def is_prose(beside: Path, image: Path, table: LabelTable) -> bool:
    """Whether a ``.txt`` that only shares the image's name says nothing that marks it as a table.

    A note such as "3 patients were scanned" must not become a label; MRIcron's ``1 Precentral_L 2001`` is one.
    """
    if beside.name not in [stem + ".txt" for stem in _stems(image)]:
        return False
    if any(entry.color is not None for entry in (*table.entries, table.background) if entry is not None):
        return False
    if len(table.entries) > 1 and all(_WORD.fullmatch(entry.name) for entry in table.entries):
        return False
    text = load_text(beside, Report())
    return not any(dialect.recognises(text) for dialect in DIALECTS.values())
