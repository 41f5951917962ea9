"""Which labels an operation is about, and how its title names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...core import Segmentation
from ...errors import UnknownLabelError

#: one label by value, several, or None for all
Selection = int | Iterable[int] | None


def chosen(segmentation: Segmentation, values: Selection, group: int | None = None) -> tuple[int, ...]:
    """The values of a selection, each once, in their order; ``group`` restricts "all" to one group.

    Raises UnknownLabelError for a value that is no label, GroupError.
    """
    if values is None:
        return segmentation.values if group is None else segmentation.group(group).values
    found = tuple(dict.fromkeys([values] if isinstance(values, int) else (int(value) for value in values)))
    known = set(segmentation.values)
    for value in found:
        if value not in known:
            listed = ", ".join(map(str, sorted(known))) or "none"
            raise UnknownLabelError(f"no label has the value {value}; there are {listed}")
    return found


def counted(segmentation: Segmentation, values: Sequence[int]) -> str:
    """For titles: the name of one label, or how many there are."""
    return segmentation.label(values[0]).name if len(values) == 1 else f"{len(values)} labels"
