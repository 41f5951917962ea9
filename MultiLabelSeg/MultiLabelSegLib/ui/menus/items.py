"""What a context menu consists of, and what its actions are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...core import Segmentation
from ..field_making import label_choices
from ..fields import Choice, Field
from ..session import Session
from ..tree.rows import Row


@dataclass(frozen=True)
class MenuItem:
    """One line of a menu. With ``fields`` a form comes first; ``children`` are a menu of its own.

    ``reason`` says why it is not ``enabled``; ``separator`` draws a line above it.
    """

    id: str
    title: str
    enabled: bool = True
    reason: str = ""
    fields: tuple[Field, ...] = ()
    children: tuple[MenuItem, ...] = ()
    separator: bool = False


@dataclass(frozen=True)
class Chosen:
    """What a menu is about: the rows, and the labels that they stand for."""

    session: Session
    document: Segmentation
    rows: tuple[Row, ...]
    values: tuple[int, ...]

    @property
    def first(self) -> Row:
        """The row under the mouse."""
        return self.rows[0]

    @property
    def value(self) -> int:
        """The first label."""
        return self.values[0]

    @cached_property
    def labels(self) -> tuple[Choice, ...]:
        """All labels of the document to choose from; many forms of one menu offer them."""
        return label_choices(self.document)

    @property
    def groups(self) -> tuple[int, ...]:
        """The groups of the rows, each once."""
        return tuple(dict.fromkeys(row.group for row in self.rows))


Given = Mapping[str, Any]


@dataclass(frozen=True)
class Action:
    """One thing that a menu offers.

    ``run`` is called with what is chosen and the values of the form. ``fields`` makes that form; ``why_not`` answers
    with a reason when the action is not possible now.
    """

    id: str
    title: str
    run: Callable[[Chosen, Given], object]
    fields: Callable[[Chosen], tuple[Field, ...]] | None = None
    why_not: Callable[[Chosen], str] | None = None
    separator: bool = False

    def item(self, chosen: Chosen) -> MenuItem:
        """The line of the menu."""
        reason = "" if self.why_not is None else self.why_not(chosen)
        fields = () if self.fields is None or reason else self.fields(chosen)
        return MenuItem(self.id, self.title, not reason, reason, fields, separator=self.separator)


def given_with_defaults(action: Action, chosen: Chosen, given: Given) -> dict[str, Any]:
    """The values of a form; what was not given has the value that the form shows first."""
    fields = () if action.fields is None else action.fields(chosen)
    return {field.name: field.value for field in fields} | dict(given)
