"""What the actions of keys do, as far as no window is needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from .key_bindings import DEFAULTS

if TYPE_CHECKING:
    from ..presenter import Presenter

_TOOL = "tool:"


def connect_actions(presenter: Presenter) -> None:
    """Says what actions do; those that open dialogs (preferences, save as) are left to the view."""
    keys, labels, tasks = presenter.keys, presenter.labels, presenter.tasks
    for action in DEFAULTS:
        if action.startswith(_TOOL):
            keys.handle(action, partial(presenter.tools.toggle, action.removeprefix(_TOOL)))
    plain: dict[str, Callable[[], object]] = {
        "new_label": labels.add_label,
        "new_instance": labels.add_instance,
        "next_label": labels.next,
        "previous_label": labels.previous,
        "pick_label": presenter.hover.pick_label_at,
        "smaller_brush": partial(presenter.tools.brush_size, -1),
        "larger_brush": partial(presenter.tools.brush_size, 1),
        "overlay": labels.toggle_overlay,
        "undo": lambda: presenter.tools.key("Ctrl+Z") or presenter.steps.undo(),  # a contour that is drawn comes first
        "redo": lambda: presenter.tools.key("Ctrl+Y") or presenter.steps.redo(),
        "save": partial(_save, presenter),
        "next_task": tasks.next,
        "previous_task": tasks.previous,
        "next_undone_task": partial(tasks.go, "next undone"),
        "previous_undone_task": partial(tasks.go, "previous undone"),
        "load_task": tasks.open,
        "save_interim": tasks.save_interim,
        "accept_task": tasks.accept,
    }
    for action, function in plain.items():
        keys.handle(action, function)


def _save(presenter: Presenter) -> None:
    """Saves the document to its file, that of a task as interim result."""
    if presenter.tasks.is_at_work:
        presenter.tasks.save_interim()
    else:
        presenter.files.save()
