"""Drives a window by a list of actions: for pictures of the documentation, for tests, and to replay a mistake.

The list is JSON: ``{"actions": [{"do": NAME, ...}, ...]}``. NAME is a method of the presenter (``labels.add_label``,
``tools.toggle``), whose arguments are the other entries, or one of

- ``drag``: ``view``, ``points_ijk``, ``button``, ``modifiers``: press at the first point, move, release at the last
- ``click``, ``double_click``: ``view``, ``point_ijk``, ``button``, ``modifiers``; ``wheel``: also ``steps``
- ``move``: ``view``, ``point_ijk``; ``key``: ``keys`` ("Ctrl+Z"), ``view`` (default axial)
- ``show``: ``view``, ``slice``; ``layout``: ``name``; ``window``: ``window``, ``level``; ``theme``: ``name``
- ``jump``: ``point_ijk``; ``zoom``: ``view``, ``factor``; ``surfaces``; ``wait``; ``pause``: ``seconds``;
  ``screenshot``: ``path``
- ``run``: ``action`` of a key; ``tab``, ``section``: ``name`` in the panel; ``open``: ``path``
- ``dialog``: ``name``, of those on files also ``path`` and ``format``; ``close_dialogs``; ``context_menu``: ``label``,
  or ``group``; ``type``: ``text`` into what has the keyboard; ``pick``: ``text`` of the suggestions that are open;
  ``press``: ``title`` of a button

After each action the window is given time until nothing is left to do in the background.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import FormatError, HostError

Actions = tuple[Mapping[str, Any], ...]


def read_actions(path: Path) -> Actions:
    """The actions of a file. Raises FormatError, naming what is wrong with which of them."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise FormatError(path, f"is no JSON: {error}") from None
    actions = data.get("actions") if isinstance(data, dict) else None
    if not isinstance(actions, list):
        raise FormatError(path, 'expected {"actions": [...]}')
    for number, action in enumerate(actions, 1):
        if not isinstance(action, dict) or not isinstance(action.get("do"), str):
            raise FormatError(path, f'action {number}: expected {{"do": NAME, ...}}, found {json.dumps(action)[:80]}')
    return tuple(actions)


@dataclass(eq=False)
class ScriptPlayer:
    """Plays actions: ``commands`` are those of the window, everything else is a method of ``presenter``.

    ``settle`` is called after each, and returns when the window has nothing left to do.
    """

    presenter: Any
    commands: Mapping[str, Callable[..., Any]]
    settle: Callable[[], None]

    def play(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Plays all. Raises HostError that says which action failed, and why."""
        for number, action in enumerate(actions, 1):
            name = str(action["do"])
            given = {key: value for key, value in action.items() if key != "do"}
            try:
                self._method(name)(**_paths(given))
                self.settle()
            except Exception as error:
                raise HostError(f"action {number} ({name}): {error}") from error

    def _method(self, name: str) -> Callable[..., Any]:
        if name in self.commands:
            return self.commands[name]
        found: Any = self.presenter
        for part in name.split("."):
            found = None if part.startswith("_") else getattr(found, part, None)
        if not inspect.ismethod(found):
            raise HostError(
                f"there is no such action; there are {', '.join(self.commands)}, and the presenter's methods"
            )
        return found


def _paths(given: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has neither paths nor tuples."""
    return {
        key: Path(value) if key == "path" else tuple(value) if isinstance(value, list) else value
        for key, value in given.items()
    }
