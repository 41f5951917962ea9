"""Options as people type them: JSON as in MITK's guide, in every shell's quoting, or ``"Save strategy"=group``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..errors import OptionError

#: quotation marks, and what a page or a document made of them
_QUOTES = "\"'“”„‟‘’‚‛"
_EXPECTED = """JSON such as '{"Save strategy": "instance"}' or pairs such as "Save strategy"=group"""


def parse_option_text(option: str, words: Sequence[str]) -> dict[str, Any]:
    """A flat mapping from what follows ``--output-options`` or ``--input-options``.

    ``words`` are the arguments as the shell left them: shells that eat the quotes of JSON may have cut it at blanks.
    Raises OptionError for anything that is neither flat JSON nor pairs.
    """
    text = " ".join(words).strip()
    if not text:
        return {}
    if text.startswith("'{") and text.endswith("}'"):
        text = text[1:-1]  # cmd.exe hands single quotes on
    if text.startswith("{"):
        return _from_json(option, text)
    found: dict[str, Any] = {}
    for pair in _pairs(words):
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise OptionError(option, pair, _EXPECTED)
        _put(found, option, _bare(key), _bare(value))
    return found


def _put(found: dict[str, Any], option: str, key: str, value: Any) -> None:
    if key in found:
        raise OptionError(option, key, "each name once")
    found[key] = value


def _from_json(option: str, text: str) -> dict[str, Any]:
    try:
        pairs: Any = json.loads(text, object_pairs_hook=list)
    except ValueError:
        return _from_bare_json(option, text)
    parsed: dict[str, Any] = {}
    for key, value in pairs:
        _put(parsed, option, key, value)
    if any(isinstance(value, (dict, list)) or value is None for value in parsed.values()):
        raise OptionError(option, text, "flat JSON: text, numbers, true or false")
    return dict(parsed)


def _from_bare_json(option: str, text: str) -> dict[str, Any]:
    """``{Save strategy: instance, Instance value: original}``: JSON whose quotes a shell has eaten, or left escaped."""
    text = text.replace('\\"', '"')
    if not text.endswith("}"):
        raise OptionError(option, text, _EXPECTED)
    found: dict[str, Any] = {}
    for item in filter(str.strip, text[1:-1].split(",")):
        key, colon, value = item.partition(":")
        if not colon or not _bare(key) or any(mark in value for mark in "{}[]"):
            raise OptionError(option, text, _EXPECTED)
        _put(found, option, _bare(key), _bare(value))
    return found


def _pairs(words: Sequence[str]) -> list[str]:
    """Words that belong together: a word without ``=`` goes on with the next one (``Save strategy=group`` unquoted)."""
    pairs: list[str] = []
    open_word = ""
    for word in words:
        open_word = f"{open_word} {word}".strip()
        if "=" in word:
            pairs.append(open_word)
            open_word = ""
    return [*pairs, open_word] if open_word else pairs


def _bare(text: str) -> str:
    return text.strip().strip(_QUOTES).strip()
