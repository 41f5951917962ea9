"""Which dialect a text is of: by its marks, by the shape of its rows, and only then by its file's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from .dialect import Dialect
from .text import TableText, is_number

#: how a row without marks is built: cells, colour before the name, name before the colour
Shape = Literal["cells", "color first", "name first"]
#: rows that are looked at; the rest is of the same kind
_LOOKED_AT = 2000


def find_dialect(text: TableText, dialects: Sequence[Dialect]) -> Dialect | None:
    """The first dialect that recognises the text, else one that has rows of this shape; None when there is no such.

    Of several with that shape the one is taken whose name hint, the longest, the file's name has.
    """
    for dialect in dialects:
        if dialect.recognises(text):
            return dialect
    shape = row_shape(text)
    name = text.path.name.lower()
    fitting = [
        (len(hint), dialect) for dialect in dialects for hint in dialect.name_hints
        if shape is not None and shape in dialect.shapes and (name.endswith(hint) if "." in hint else hint in name)
    ]  # fmt: skip
    if fitting:
        return max(fitting, key=lambda found: found[0])[1]
    only = [dialect for dialect in dialects if shape in dialect.shapes]
    return only[0] if len(only) == 1 else None


def row_shape(text: TableText) -> Shape | None:
    """The shape that most rows have; None when none has any."""
    shapes = Counter(shape for _, line in text.data[:_LOOKED_AT] if (shape := _shape(line)) is not None)
    return shapes.most_common(1)[0][0] if shapes else None


def _shape(line: str) -> Shape | None:
    fields = line.split()
    first = fields[0]
    if not is_number(first):
        mark = min((place for place in map(first.find, ",;") if place > 0), default=0)
        return "cells" if mark and is_number(first[:mark].strip('"')) else None
    if len(fields) < 2:
        return None
    numbers = 1
    while numbers < len(fields) and is_number(fields[numbers]):
        numbers += 1
    return "color first" if 4 <= numbers < len(fields) else "name first"
