"""Patterns that find cases, and templates that name their outputs.

A pattern is a path with ``*``, ``?``, ``[...]`` and ``**``, and with ``{case}`` and ``{label}``, which match anything
within one name and keep it. A template may hold ``{stem}``, ``{case}`` and ``{label}``.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from ..datasets.case_files import stack_parts
from ..errors import FormatError, OptionError
from ..formats.image_suffixes import READ_SUFFIXES, image_suffix
from ..formats.map_tables import possible_tables
from ..formats.mask_names import safe_name
from ..formats.registry import formats
from ..formats.sidecar import SUFFIX as SIDECAR_SUFFIX
from ..formats.staging import absolute
from .jobs_options import SEPARATOR
from .jobs_table import Row
from .resume import JOURNAL_NAME

#: what a template may name
FIELDS = ("stem", "case", "label")
_CAPTURED = ("case", "label")
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def has_fields(text: str) -> bool:
    """Whether a text names a field of templates, such as ``{stem}``."""
    return any(found.group(1) in FIELDS for found in _FIELD.finditer(text))


def filled(template: str, fields: Mapping[str, str], option: str = "output") -> str:
    """The template with its fields put in; ``{{`` and ``}}`` are braces.

    Raises OptionError for an unknown field (with the nearest) and for one that this case does not have.
    """

    def put(found: re.Match[str]) -> str:
        name = found.group(1)
        if name is None:
            return found.group(0)[0]
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, 1)
            hint = (
                f" (did you mean {{{near[0]}}}?)" if near else f"; {{{{{name}}}}} is {{{name}}} for the command itself"
            )
            known = ", ".join(f"{{{field}}}" for field in FIELDS)
            raise OptionError(option, template, f"the fields {known}{hint}")
        if name not in fields:
            expected = f"a pattern of inputs with {{{name}}}, such as 'in/{{case}}/{{label}}.nii.gz'"
            raise OptionError(option, template, expected)
        return safe_name(fields[name]) or "_"

    return _FIELD.sub(put, template)


def find_cases(patterns: Sequence[str], folder: Path) -> list[Row]:
    """A row for every file or folder that the patterns find, sorted, each once; relative ones count from ``folder``.

    A path without marks, or one that exists as it is written, is a case by itself. What belongs to another file that
    is found is none: images of a MITK stack, label tables beside an image, a batch's journal. Raises FormatError for a
    pattern that finds nothing.
    """
    found: dict[Path, dict[str, str]] = {}
    named: set[Path] = set()
    for pattern in patterns:
        matches = _matches(pattern, folder)
        if not matches:
            raise FormatError(pattern, "no file or folder fits this pattern")
        named.update(matches if len(matches) == 1 else ())
        for path, fields in matches.items():
            found.setdefault(path, fields)
    belonging = _belonging(found) - named
    found = {path: fields for path, fields in found.items() if path not in belonging}
    rows = [Row(str(path), {"input": str(path)}, folder, {"stem": stem_of(path), **found[path]}) for path in found]
    return named_cases(rows)


def _belonging(found: Iterable[Path]) -> set[Path]:
    """Which files belong to others of those that were found, and are no inputs by themselves."""
    files = [path for path in found if path.is_file()]
    tables = {beside for path in files if image_suffix(path) is not None for beside in possible_tables(path)}
    return stack_parts(files) | tables | {path for path in files if path.name == JOURNAL_NAME}


def named_cases(rows: Sequence[Row]) -> list[Row]:
    """The rows with ``{case}`` where a pattern did not say it: the stem, or the nearest folder whose name differs.

    The first of these that gives every row a name of its own is taken; where none does, the stem.
    """
    missing = [row for row in rows if "case" not in row.fields]
    paths = [absolute(row.folder / first_input(row)) for row in missing]
    levels = [[row.fields["stem"] for row in missing]]
    levels += [
        [path.parts[-depth] for path in paths] for depth in range(2, min((len(p.parts) for p in paths), default=2))
    ]
    chosen = next((names for names in levels if len(set(names)) == len(names)), levels[0])
    for row, name in zip(missing, chosen, strict=True):
        row.fields["case"] = name
    return list(rows)


def first_input(row: Row) -> Path:
    """The first path in the cell ``input``, as it is written there."""
    cell = row.cells["input"]
    return Path(str(cell[0]) if isinstance(cell, list) else str(cell).split(SEPARATOR)[0].strip())


def stem_of(path: Path) -> str:
    """The name without the ending of its format: ``a`` of ``a.seg.nrrd``, ``a.nii.gz`` and ``a.mitklabel.json``."""
    name = path.name
    for suffix in _suffixes():
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return path.stem if path.suffix and not path.is_dir() else name


@lru_cache(maxsize=1)
def _suffixes() -> tuple[str, ...]:
    known = {*READ_SUFFIXES, *(suffix for known in formats() for suffix in known.suffixes)}
    return tuple(sorted((suffix for suffix in known if suffix.startswith(".")), key=len, reverse=True))


def _matches(pattern: str, folder: Path) -> dict[Path, dict[str, str]]:
    whole = absolute(folder / Path(pattern).expanduser())
    if whole.exists():
        return {whole: {}}
    captures = [found.group(1) for found in _FIELD.finditer(pattern) if found.group(1) in _CAPTURED]
    if not captures and not glob.has_magic(pattern):
        return {whole: {}}
    searched = _FIELD.sub(lambda found: "*" if found.group(1) in _CAPTURED else glob.escape(found.group(0)), str(whole))
    expression = re.compile(_expression(str(whole)))
    matches = {}
    for text in sorted(glob.glob(searched, recursive=True)):  # noqa: PTH207 - Path.glob knows no absolute patterns
        fits = expression.fullmatch(Path(text).as_posix())
        if fits is not None and not text.lower().endswith(SIDECAR_SUFFIX):
            matches[absolute(Path(text))] = fits.groupdict()
    return matches


def _expression(pattern: str) -> str:
    """The regular expression of a pattern over paths with forward slashes."""
    text, named = Path(pattern).as_posix(), set()
    parts = []
    for piece in re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|\{case\}|\{label\})", text):
        name = piece[1:-1] if piece in ("{case}", "{label}") else ""
        if name:
            parts.append(f"(?P={name})" if name in named else f"(?P<{name}>[^/]+)")
            named.add(name)
        elif piece in ("**/", "**"):
            parts.append("(?:.*/)?" if piece == "**/" else ".*")
        elif piece in ("*", "?"):
            parts.append("[^/]*" if piece == "*" else "[^/]")
        elif piece.startswith("[") and piece.endswith("]"):
            parts.append("[^" + piece[2:] if piece.startswith("[!") else piece)
        else:
            parts.append(re.escape(piece))
    return "".join(parts)
