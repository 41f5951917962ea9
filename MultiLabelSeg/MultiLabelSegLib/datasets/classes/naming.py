"""Names of labels over all cases: which are one class, and which look like one but are spelled differently."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...core import Label
from .examined import Examined

_MOST_SHOWN = 6


@dataclass
class NameUse:
    """How a name is used: its first label, the cases that have it, their values, the group that it was first in."""

    label: Label
    group: tuple[int, str]
    cases: list[str] = field(default_factory=list)
    values: Counter[int] = field(default_factory=Counter)
    several: list[str] = field(default_factory=list)

    @property
    def lowest(self) -> int:
        """The lowest of its values."""
        return min(self.values)


def names_used(examined: Mapping[str, Examined]) -> dict[str, NameUse]:
    """Name -> how it is used, over all cases in their order."""
    used: dict[str, NameUse] = {}
    for case_id, case in examined.items():
        for index, group in enumerate(case.groups):
            for label in group.labels:
                use = used.setdefault(label.name, NameUse(label, (index, group.name)))
                use.values[label.value] += 1
                if case_id not in use.cases:
                    use.cases.append(case_id)
                elif case_id not in use.several:
                    use.several.append(case_id)
    return used


def spelling_variants(names: Iterable[str]) -> list[list[str]]:
    """Names that differ in capitals, blanks, signs and leading zeros only, together."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(_key(name), []).append(name)
    return [found for found in alike.values() if len(found) > 1]


def _key(name: str) -> str:
    plain = "".join(re.findall(r"[^\W_]+", name.casefold()))
    return re.sub(r"(?<!\d)0+(?=\d)", "", plain) or name


def shown(items: Iterable[str]) -> str:
    """A few of many, for messages."""
    every = list(items)
    more = f" and {len(every) - _MOST_SHOWN} more" if len(every) > _MOST_SHOWN else ""
    return ", ".join(every[:_MOST_SHOWN]) + more
