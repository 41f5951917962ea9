"""Texts inside Slicer's tags: ``key:value|key:value|``, where nothing but the caller keeps separators out of values."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from ..errors import LabelError

#: printable ASCII passes, so that the tags stay readable; ``|`` ends a tag, ``\`` is escaped by some readers only
_SAFE = "".join(chr(code) for code in range(32, 127) if chr(code) not in "%|\\")


def encode_text(text: str) -> str:
    """Percent-encoded so that it survives any tag, any header and readers that know ASCII only."""
    if text != text.strip():
        return quote(text.encode("utf-8", "surrogatepass"), safe=_SAFE.replace(" ", ""))
    return quote(text.encode("utf-8", "surrogatepass"), safe=_SAFE)


def decode_text(text: str, what: str = "tag") -> str:
    """The inverse of ``encode_text``. Raises LabelError naming ``what`` for bytes that are not UTF-8."""
    try:
        return unquote(text, encoding="utf-8", errors="surrogatepass")
    except UnicodeDecodeError:
        raise LabelError(f"{what}: {text[:60]!r} is not percent-encoded UTF-8") from None


def encode_json(value: Any) -> str:
    """A JSON value, compact and percent-encoded."""
    return encode_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def decode_json(text: str, kind: type, what: str) -> Any:
    """The inverse of ``encode_json``. Raises LabelError naming ``what`` unless it is JSON of the type ``kind``."""
    try:
        value = json.loads(decode_text(text, what))
    except (ValueError, RecursionError):
        raise LabelError(f"{what}: {text[:60]!r} is not JSON") from None
    if not isinstance(value, kind):
        raise LabelError(f"{what}: found {type(value).__name__}, expected {kind.__name__}")
    return value


def parse_tags(text: str) -> dict[str, str]:
    """Keys and values of a ``SegmentN_Tags`` text; what has no ``:`` is dropped, as Slicer does."""
    pairs = (part.partition(":") for part in text.split("|"))
    return {key: value for key, colon, value in pairs if colon}


def format_tags(tags: Mapping[str, str]) -> str:
    """The text of ``SegmentN_Tags``, sorted by key as Slicer writes it.

    Raises LabelError for a key or value that would not come back (see ``is_tag``).
    """
    for key, value in tags.items():
        if not is_tag(key, value):
            raise LabelError(f"a segment tag cannot hold {key[:60]!r}: {value[:60]!r}")
    return "".join(f"{key}:{tags[key]}|" for key in sorted(tags))


def is_tag(key: str, value: str) -> bool:
    """Whether Slicer gives this tag back as it is: no ``|`` and no control characters, no ``:`` in the key."""
    return bool(key) and ":" not in key and "|" not in key + value and not has_controls(key + value)


def has_controls(text: str) -> bool:
    """Whether a text holds what no header and no tag keeps: surrogates, control characters but tab and line end."""
    return any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n" for char in text)
