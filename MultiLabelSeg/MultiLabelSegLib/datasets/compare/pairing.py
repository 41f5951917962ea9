"""Which file of one set belongs to which of another: by the names of the cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import DatasetError
from ..case_files import Case


@dataclass(frozen=True)
class Pair:
    """One case of both sets; None where a set has no such case."""

    case: str
    a: Path | None
    b: Path | None


def paired_cases(first: Sequence[Case], second: Sequence[Case]) -> list[Pair]:
    """The cases of both sets by their names, in the order of the names. Raises DatasetError when no name is in both."""
    mine = {case.name: case.path for case in first}
    theirs = {case.name: case.path for case in second}
    if not set(mine) & set(theirs):
        shown = " and ".join(", ".join(map(repr, sorted(names)[:3])) for names in (mine, theirs))
        raise DatasetError(
            f"no case is in both sets; their first names are {shown}; a pattern with {{case}} says which"
        )
    return [Pair(name, mine.get(name), theirs.get(name)) for name in sorted({*mine, *theirs})]
