"""Menus built from what the presenter offers; items with fields open a form first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..fields import Field
from .binding import connect, qt


class Offered(Protocol):
    """An item of a menu, as the presenter describes it."""

    id: str
    title: str
    enabled: bool
    reason: str
    fields: tuple[Field, ...]
    separator: bool

    @property
    def children(self) -> Sequence[Offered]:
        """The items of its own menu; none for one that is run."""
        ...


def fill_menu(menu: Any, items: Sequence[Offered], chosen: Callable[[Offered], object]) -> dict[str, Any]:
    """Adds items to a menu; returns the actions by the items' ids. A reason why not is the action's tool tip."""
    actions: dict[str, Any] = {}
    menu.setToolTipsVisible(True)
    for item in items:
        if item.separator:
            menu.addSeparator()
            continue
        if item.children:
            inner = menu.addMenu(item.title)
            inner.setEnabled(item.enabled)
            actions.update(fill_menu(inner, item.children, chosen))
            continue
        action = menu.addAction(item.title + ("…" if item.fields and not item.title.endswith("…") else ""))
        action.setEnabled(item.enabled)
        action.setToolTip(item.reason)
        connect(action, "triggered()", _caller(chosen, item))
        actions[item.id] = action
    return actions


def _caller(chosen: Callable[[Offered], object], item: Offered) -> Callable[[], object]:
    return lambda: chosen(item)


def new_menu(parent: Any) -> Any:
    """An empty menu that is deleted when it closed."""
    menu = qt.QMenu(parent)
    connect(menu, "aboutToHide()", menu.deleteLater)
    return menu
