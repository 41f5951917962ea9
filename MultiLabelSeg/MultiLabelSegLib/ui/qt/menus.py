"""Menus built from what the presenter offers; items with fields open a form first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..menus.items import MenuItem
from .binding import connect, qt


def fill_menu(menu: Any, items: Sequence[MenuItem], chosen: Callable[[MenuItem], object]) -> dict[str, Any]:
    """Adds items to a menu; returns the actions by the items' ids. A reason why not is the action's tool tip."""
    actions: dict[str, Any] = {}
    menu.setToolTipsVisible(True)
    for item in items:
        if item.separator:
            menu.addSeparator()
        title = item.title.replace("...", "…")
        if item.children:
            inner = menu.addMenu(title)
            inner.setEnabled(item.enabled)
            actions.update(fill_menu(inner, item.children, chosen))
            continue
        action = menu.addAction(title + ("…" if item.fields and not title.endswith("…") else ""))
        action.setEnabled(item.enabled)
        action.setToolTip(item.reason[:1].upper() + item.reason[1:])
        connect(action, "triggered()", _caller(chosen, item))
        actions[item.id] = action
    return actions


def _caller(chosen: Callable[[MenuItem], object], item: MenuItem) -> Callable[[], object]:
    return lambda: chosen(item)


def new_menu(parent: Any) -> Any:
    """An empty menu that is deleted after it closed."""
    menu = qt.QMenu(parent)
    connect(menu, "aboutToHide()", lambda: menu.deleteLater())
    return menu
