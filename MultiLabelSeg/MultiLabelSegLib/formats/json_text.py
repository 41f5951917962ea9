"""JSON text as MITK writes and reads it: strict, UTF-8, sorted keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import CorruptFileError, UnsupportedFormatError


def parse_json(
    text: str,
    path: Path | None,
    what: str,
    twice: Callable[[str], object] | None = None,
    *,
    keep_last: bool = False,
    lenient: bool = False,
) -> Any:
    """The data of a JSON text. ``what`` names it in errors.

    A key that one object has twice is refused, unless ``twice`` is given, which hears of each, or ``keep_last``: then
    the last one counts, as the program takes it that owns the format.
    Raises CorruptFileError where it is no JSON, with the place; for NaN and Infinity, and for characters that no UTF-8
    text can hold, unless ``lenient`` lets them in: for forms whose writer writes them again.
    """
    told = twice or partial(_refuse_twice, path, what)
    hook = None if keep_last else partial(_object, told)
    try:
        constants = None if lenient else _refuse_constant
        data = json.loads(text, parse_constant=constants, object_pairs_hook=hook)
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 20) : error.pos + 20]
        reason = f"{what} is no JSON: {error.msg} at character {error.pos}, near {near!r}"
        raise CorruptFileError(path, reason) from None
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(path, f"{what} is no JSON: {str(error)[:200]}") from None
    if not lenient and "\\u" in text and not is_utf8(data):
        raise CorruptFileError(path, f"{what} holds half of a surrogate pair (\\ud800...\\udfff), which is no text")
    return data


def _object(twice: Callable[[str], object], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        key, count = Counter(key for key, _ in pairs).most_common(1)[0]
        twice(f"the key {key!r:.60} is there {count} times in one object")
    return found


def _refuse_twice(path: Path | None, what: str, reason: str) -> None:
    raise CorruptFileError(path, f"{what}: {reason}; expected once")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not allowed")


def is_utf8(data: Any) -> bool:
    """Whether every text within JSON data can be encoded in UTF-8."""
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def compact_json(data: Any, path: Path | None = None) -> str:
    """JSON on one line without blanks, keys sorted, not ``\\u``-escaped.

    Raises UnsupportedFormatError for text that UTF-8 cannot hold and for numbers that are not finite.
    """
    return _dumped(data, path, separators=(",", ":"))


def pretty_json(data: Any, path: Path | None = None) -> str:
    """JSON with an indent of 4, keys sorted, with a final line end. Raises as ``compact_json``."""
    return _dumped(data, path, indent=4) + "\n"


def _dumped(data: Any, path: Path | None, **style: Any) -> str:
    try:
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, allow_nan=False, **style)
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        found = error.object[max(0, error.start - 20) : error.start + 1]
        raise UnsupportedFormatError(path, f"text that UTF-8 cannot hold: {found!r}") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise UnsupportedFormatError(path, f"data that JSON cannot hold: {error}") from None
    return text
