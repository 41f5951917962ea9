"""Label tables that BIDS files share: one in a folder above counts for all that lies below."""

from __future__ import annotations

from pathlib import Path

from ...formats.map_tables import tables_beside
from .names import DESCRIPTION, BidsName, parse_name


def fitting_table(path: Path, name: BidsName, source: Path) -> Path | None:
    """The table beside a segmentation, else the nearest one up to ``source`` whose entities are all among its own."""
    for folder in [path.parent, *path.parent.parents]:
        fitting = []
        for table in folder.glob("*dseg.tsv"):
            found = parse_name(table.name)
            if found is not None and found.entities.items() <= name.entities.items():
                fitting.append((len(found.entities), table))
        if fitting:
            return max(fitting)[1]
        if folder == source:
            break
    return None


def inherited_table(path: Path) -> Path | None:
    """The table that a ``_dseg`` file of a BIDS data set inherits; None where it has one of its own, or is none."""
    name = parse_name(path.name)
    if name is None or name.suffix != "dseg" or tables_beside(path):
        return None
    source = next((folder for folder in path.absolute().parents if (folder / DESCRIPTION).is_file()), None)
    return None if source is None else fitting_table(path.absolute(), name, source)
