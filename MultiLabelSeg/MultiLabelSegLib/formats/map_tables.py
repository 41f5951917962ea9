"""Which label table belongs to which image, by their names."""

from __future__ import annotations

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


def image_stem(path: Path) -> str:
    """The name of an image without its suffix, and without ``.seg`` before that."""
    suffix = image_suffix(path)
    stem = path.name[: -len(suffix)] if suffix else path.stem
    return stem[: -len(".seg")] if stem.lower().endswith(".seg") else stem


def table_path(image: Path, dialect: Dialect) -> Path:
    """Where the table of a dialect lies beside an image that we write."""
    return image.with_name(image_stem(image) + dialect.suffix)


def possible_tables(image: Path) -> Iterator[Path]:
    """Where a label table may lie beside an image, in the order in which it is looked for."""
    endings = [*(dialect.suffix for dialect in DIALECTS.values()), *_OTHER_ENDINGS]
    for stem in dict.fromkeys((image_stem(image), image.name)):
        for ending in endings:
            yield image.with_name(stem + ending)


def find_table(image: Path) -> Path | None:
    """The label table beside an image, or None: first what we write, then what others write."""
    return next((beside for beside in possible_tables(image) if beside.is_file()), None)


def is_prose(beside: Path, image: Path, table: LabelTable) -> bool:
    """Whether a ``.txt`` that only shares the image's name says nothing that marks it as a table.

    A note such as "3 patients were scanned" must not become a label.
    """
    if beside.name not in (image_stem(image) + ".txt", image.name + ".txt"):
        return False
    if any(entry.color is not None for entry in (*table.entries, table.background) if entry is not None):
        return False
    text = load_text(beside, Report())
    return not any(dialect.recognises(text) for dialect in DIALECTS.values())
