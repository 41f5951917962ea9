"""The plain values that a Python file assigns to names, without running it."""

from __future__ import annotations

import ast
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import DatasetError

#: what evaluating an expression that is not plain, or nested too deeply, ends with
_NOT_PLAIN = (ValueError, TypeError, KeyError, IndexError, RecursionError)


@dataclass(frozen=True)
class Constants:
    """Plain values by name, and the lines of names and entries whose value only running the file would tell."""

    values: dict[str, Any] = field(default_factory=dict)
    computed: dict[str, int] = field(default_factory=dict)

    def why_missing(self, name: str) -> str:
        """Why there is no value of a name, as the end of a sentence."""
        line = self.computed.get(name)
        return "there is none" if line is None else f"line {line} computes it, and nothing of the package is run"


def constants_of(path: Path) -> Constants:
    """The names that a file assigns plain values to, with these.

    Understood are literals, names and entries that were assigned before, copies of them (``.copy()``), and
    assignments to an entry. A name or entry that is given any other value is ``computed``: it has none that is known.
    Raises DatasetError.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or error}") from None
    except (SyntaxError, ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: is no Python: {error}") from None
    found = Constants()
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            _assign(node.targets[0], node.value, found)
    return found


def _assign(target: ast.expr, given: ast.expr, found: Constants) -> None:
    try:
        value = _value(given, found.values)
        if isinstance(target, ast.Name):
            found.values[target.id] = value
        elif isinstance(target, ast.Subscript):
            _value(target.value, found.values)[_value(target.slice, found.values)] = value
    except _NOT_PLAIN:
        found.computed[ast.unparse(target)] = target.lineno
        _forget(target, found.values)
    else:
        found.computed.pop(ast.unparse(target), None)


def _forget(target: ast.expr, known: dict[str, Any]) -> None:
    """What a name or an entry was before is not what it is now; where the entry is not known, the whole is a guess."""
    try:
        if isinstance(target, ast.Subscript):
            _value(target.value, known).pop(_value(target.slice, known), None)
    except (*_NOT_PLAIN, AttributeError):
        while isinstance(target, (ast.Subscript, ast.Attribute)):
            target = target.value
    if isinstance(target, ast.Name):
        known.pop(target.id, None)


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    """The value of an expression. Raises ValueError, KeyError for what is not plain."""
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.Subscript):
        return _value(node.value, known)[_value(node.slice, known)]
    is_copy = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "copy"
    if is_copy and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return deepcopy(_value(node.func.value, known))
    return ast.literal_eval(node)
