"""The plain values that a Python file assigns to names, without running it."""

from __future__ import annotations

import ast
from copy import deepcopy
from pathlib import Path
from typing import Any

from ...errors import DatasetError


def constants_of(path: Path) -> dict[str, Any]:
    """The names that a file assigns plain values to, with these.

    Understood are literals, names and entries that were assigned before, copies of them (``.copy()``), and
    assignments to an entry; every other statement is passed over. Raises DatasetError.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or error}") from None
    except (SyntaxError, ValueError) as error:
        raise DatasetError(f"{path}: is no Python: {error}") from None
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            try:
                _assign(node.targets[0], _value(node.value, found), found)
            except (ValueError, TypeError, KeyError, IndexError, RecursionError):
                continue
    return found


def _assign(target: ast.expr, value: Any, known: dict[str, Any]) -> None:
    if isinstance(target, ast.Name):
        known[target.id] = value
    elif isinstance(target, ast.Subscript):
        _value(target.value, known)[_value(target.slice, known)] = value


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
