"""Lines of an NRRD header: escapes, names of fields, and what tells a field from a key."""

from __future__ import annotations

import re

from ...errors import UnsupportedFormatError

#: every field of the format; spellings without blanks (``datafile``) mean the same
FIELDS = (
    "type", "block size", "dimension", "space", "space dimension", "sizes", "spacings", "thicknesses", "axis mins",
    "axis maxs", "space directions", "centers", "centerings", "kinds", "labels", "units", "min", "max", "old min",
    "old max", "endian", "encoding", "space units", "space origin", "measurement frame", "data file", "line skip",
    "byte skip", "number", "content", "sample units",
)  # fmt: skip
_BY_SQUEEZED = {name.replace(" ", ""): name for name in FIELDS}
_ESCAPED = re.compile(r"\\[\\n]")


def field_name(text: str) -> str | None:
    """The proper name of a field in any case and spacing; None when it is no field of the format."""
    return _BY_SQUEEZED.get("".join(text.lower().split()))


def unescape(text: str) -> str:
    r"""Two backslashes are one, ``\n`` is a line end; any other backslash stays, as the reference library has it."""
    return _ESCAPED.sub(lambda found: "\n" if found[0] == "\\n" else "\\", text)


def escape(text: str) -> str:
    """The inverse of ``unescape``: safe on one line of a header."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def is_writable_text(text: str) -> bool:
    """Whether a header line can hold the text: no carriage return, no NUL, nothing that UTF-8 cannot encode."""
    if "\r" in text or "\0" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_writable_key(key: str) -> bool:
    """Whether every reader finds this key again: not empty, no ``:=`` and ``: ``, not like a comment."""
    plain = bool(key) and key == key.strip() and not key.startswith(("#", "NRRD0"))
    return plain and ":=" not in key and ": " not in key and not key.endswith(":") and is_writable_text(key)


def split_line(line: str) -> tuple[str, str, bool] | None:
    """A header line as (name, value, is a field); None when it is neither field nor key.

    The name of a field is made proper, unknown fields keep theirs; keys and their values are unescaped.
    """
    name, colon, value = line.partition(":")
    known = field_name(name)
    if colon and known is not None and (value.startswith(" ") or not (value.startswith("=") or ":=" in value)):
        return known, value.strip(), True
    key, separator, text = line.partition(":=")
    if separator:
        return unescape(key), unescape(text), False
    if colon and value.startswith(" "):
        return name.strip().lower(), value.strip(), True
    return None


def key_line(key: str, value: str) -> str:
    """A key and its value as one line. Raises UnsupportedFormatError when a header cannot hold them."""
    if not is_writable_key(key):
        raise UnsupportedFormatError(None, f"an NRRD header cannot hold the key {key!r}")
    if not is_writable_text(value):
        raise UnsupportedFormatError(None, f"an NRRD header cannot hold the value of {key}: {value[:60]!r}")
    return f"{escape(key)}:={escape(value)}"
