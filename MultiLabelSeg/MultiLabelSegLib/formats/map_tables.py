"""Which label table belongs to which image, by their names."""

from __future__ import annotations

from pathlib import Path

from .image_suffixes import image_suffix
from .label_tables import DIALECTS, Dialect

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


def find_table(image: Path) -> Path | None:
    """The label table beside an image, or None: first what we write, then what others write."""
    endings = [*(dialect.suffix for dialect in DIALECTS.values()), *_OTHER_ENDINGS]
    for stem in dict.fromkeys((image_stem(image), image.name)):
        for ending in endings:
            beside = image.with_name(stem + ending)
            if beside.is_file():
                return beside
    return None
