"""Label tables in every dialect: read tolerantly line by line, written as their owners write them."""

from __future__ import annotations

from pathlib import Path

from ...errors import FormatError, OptionError
from ..image_suffixes import image_suffix
from ..nifti import Extension, read_extensions
from ..report import Report
from . import bids_dseg, cls_color_map, freesurfer_lut, itksnap, plain_csv, plain_json, slicer_ctbl
from . import totalsegmentator_map as totalsegmentator
from .detect import find_dialect
from .dialect import Dialect
from .model import LabelTable, TableEntry
from .text import TableText, load_text

__all__ = [
    "DIALECTS",
    "Dialect",
    "LabelTable",
    "TableEntry",
    "dialect_of",
    "extension_of",
    "read_table",
    "table_in_header",
    "table_text",
    "write_table",
]

#: by id, in the order in which they are asked whether a text is theirs
DIALECTS: dict[str, Dialect] = {
    dialect.id: dialect
    for dialect in (
        plain_json.DIALECT,
        totalsegmentator.DIALECT,
        itksnap.DIALECT,
        slicer_ctbl.CTBL,
        freesurfer_lut.DIALECT,
        slicer_ctbl.CSV,
        bids_dseg.DIALECT,
        plain_csv.DIALECT,
        cls_color_map.DIALECT,
    )
}


def dialect_of(text: TableText) -> Dialect | None:
    """The dialect of a text by its content and its file's name; None when nothing speaks for one."""
    return find_dialect(text, list(DIALECTS.values()))


def read_table(path: Path, report: Report | None = None) -> LabelTable:
    """A label table of any dialect, or the one in the header of a NIfTI file.

    Wrong lines are skipped and reported (``left_out``), never the rest. Raises FormatError when the file cannot be read
    or has nothing that a table has.
    """
    report = report or Report()
    if image_suffix(path) in (".nii", ".nii.gz"):
        table = table_in_header(path, report)
        if table is None:
            raise FormatError(path, "the header holds no label table (no header extension with a class map)")
        return table
    text = load_text(path, report)
    dialect = dialect_of(text)
    return cls_color_map.parse_any(text, report) if dialect is None else dialect.parse(text, report)


def table_in_header(path: Path, report: Report) -> LabelTable | None:
    """The class map in a header extension of a NIfTI file; None for files without one and for other formats.

    Raises FormatError when the header cannot be read.
    """
    if image_suffix(path) not in (".nii", ".nii.gz"):
        return None
    for _, content in read_extensions(path):
        table = totalsegmentator.parse_extension(content, path, report)
        if table is not None:
            return table
    return None


def table_text(table: LabelTable, dialect_id: str, path: Path | None = None) -> str:
    """The text of a table in a dialect. ``path`` is named in errors.

    Raises OptionError for an unknown dialect, FormatError naming every label that the dialect cannot hold.
    """
    if dialect_id not in DIALECTS:
        raise OptionError("label table", dialect_id, DIALECTS)
    dialect = DIALECTS[dialect_id]
    refused = [(entry, dialect.refuses(entry)) for entry in table.entries]
    reasons = [f"label {entry.value}: {reason}" for entry, reason in refused if reason is not None]
    if reasons:
        ways = "choose another label table, such as json"
        raise FormatError(path, f"a {dialect.title} cannot hold {'; '.join(reasons[:5])}; {ways}")
    return dialect.render(table)


def write_table(table: LabelTable, path: Path, dialect_id: str) -> None:
    """Writes a table. Raises as ``table_text``, and OSError."""
    path.write_text(table_text(table, dialect_id, path), encoding="utf-8", newline="\n")


def extension_of(table: LabelTable, path: Path) -> Extension:
    """The NIfTI header extension that holds a table as TotalSegmentator reads it. Raises as ``table_text``."""
    table_text(table, totalsegmentator.DIALECT.id, path)
    return totalsegmentator.EXTENSION_CODE, totalsegmentator.extension_content(table)
