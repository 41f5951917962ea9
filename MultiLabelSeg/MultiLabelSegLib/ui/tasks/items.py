"""Tasks as the list shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ...datasets.task_list_session import TaskSession


@dataclass(frozen=True)
class TaskItem:
    """One task as the list shows it; tasks are counted from 0, shown from 1."""

    index: int
    title: str
    description: str
    state: str
    is_current: bool
    is_active: bool
    is_done: bool
    has_interim: bool
    is_modified: bool


class TaskQuestion(NamedTuple):
    """What the user has to decide before it goes on; ``answer`` takes one of the answers."""

    text: str
    answers: tuple[str, ...]


def items_of(session: TaskSession) -> list[TaskItem]:
    """All tasks with their states; the files are looked at now."""
    tasks = session.tasks
    return [
        TaskItem(
            index,
            tasks.title_of(index),
            tasks.task(index).description or "",
            state.text,
            state.is_current,
            state.is_active,
            state.is_done,
            state.has_interim,
            state.has_unsaved_changes,
        )
        for index, state in enumerate(session.states())
    ]
