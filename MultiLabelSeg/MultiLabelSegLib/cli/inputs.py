"""Inputs are never changed: what every command refuses before it writes, even with ``--overwrite``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import FormatError
from ..formats.report import Report
from ..formats.stack_json import read_document

_STACK = ".mitklabel.json"


def refuse_inputs(outputs: Iterable[Path | None], inputs: Iterable[Path | None]) -> None:
    """Refuses outputs that exist and are inputs, by any name or link; None stands for an option that is not given.

    Of an input folder all that lies in it is input, and of a stack all images that it names. Raises FormatError.
    """
    there = [path for path in outputs if path is not None and path.exists()]
    if not there:
        return
    for path in inputs:
        if path is None or not path.exists():
            continue
        files = list(_files(path))
        for output in there:
            if any(output.samefile(file) for file in files):
                raise FormatError(output, "is an input; inputs are never changed, choose another output")
            if path.is_dir() and output.resolve().is_relative_to(path.resolve()):
                raise FormatError(output, f"lies in the input {path}; inputs are never changed, choose another output")


def _files(path: Path) -> Iterator[Path]:
    """The input itself and the files that it names."""
    yield path
    if not path.name.lower().endswith(_STACK):
        return
    try:
        groups = read_document(path, Report()).groups
    except FormatError:
        # reading it will say what is wrong
        return
    for group in groups:
        yield from (file for name in group.files() if (file := path.parent / name).exists())
