"""Show a segmentation task list (MITK's JSON) and how far its tasks are.

mlseg tasks tasks.json
mlseg tasks tasks.json --json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..datasets.task_list_json import read_task_list
from ..datasets.task_list_session import TaskSession
from .console import Console, plain

_WIDEST = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg tasks``."""
    parser.add_argument("list", type=Path, metavar="LIST.json")
    parser.add_argument("--allow-outside", action="store_true", help="allow results outside of the list's folder")
    parser.add_argument("--json", action="store_true", help="everything as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Prints the tasks with their states."""
    session = TaskSession(read_task_list(arguments.list, allow_outside=arguments.allow_outside))
    rows = [_described(session, index) for index in range(len(session.tasks.tasks))]
    done = sum(row["done"] for row in rows)
    if arguments.json:
        answer = {"name": session.tasks.title, "version": session.tasks.minimum_version, "done": done, "tasks": rows}
        console.out(json.dumps(answer, indent=2, ensure_ascii=False))
        return 0
    console.out(f"{plain(session.tasks.title)}: {done} of {len(rows)} tasks done")
    names = [plain(row["name"]) for row in rows]
    width = min(max(map(len, names)), _WIDEST)
    console.out(f"{'task':>5}  {'state':<8}  {'name':<{width}}  result")
    for name, row in zip(names, rows, strict=True):
        state = "done" if row["done"] else "begun" if row["interim"] else "not done"
        console.out(f"{row['number']:>5}  {state:<8}  {name:<{width}}  {plain(row['result'])}")
    return 0


def _described(session: TaskSession, index: int) -> dict[str, Any]:
    task, state = session.tasks.task(index), session.state(index)
    return {
        "number": index + 1,
        "name": session.tasks.title_of(index),
        "description": task.description or "",
        "done": state.is_done,
        "interim": state.has_interim,
        "image": task.image or (task.scene.path if task.scene else ""),
        "result": task.result,
        "segmentation": task.segmentation,
        "preset": task.preset,
        "label_name": task.label_name,
        "label_name_suggestions": task.label_name_suggestions,
        "dynamic": task.dynamic,
    }
