"""Errors in the words of the panel: the field of a form where the command line has an option."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import MultiLabelSegError, OptionError, Remedy
from .field_making import title_of
from .files.common_fields import COMMON, OVERLAP, SIDECAR

_COMMON = dict(zip(COMMON, (OVERLAP.title, SIDECAR.title), strict=True))
#: what the panel says for what the command line does by an option; nothing where the panel has no other way
_WAYS = {
    "allow_outside": "put both into one folder",
    "overlap": f"choose under “{OVERLAP.title}” how they are written, or a format that holds groups",
    "overwrite": "choose another name, or allow that it is replaced",
    "resample": "",
    "series": f"name one of them under “{title_of('series')}”, or one of its files in place of the folder",
    "source": f"give the folder of the image series under “{title_of('source')}”, or check “{title_of('synthetic')}”",
    "synthetic": f"check “{title_of('synthetic')}” beside “{title_of('source')}”",
    "undeclared": "give them a label, or erase them",
}


def worded(error: BaseException) -> str:
    """What an error says, for somebody who has forms and no command line."""
    text = str(error)
    if isinstance(error, OptionError):
        text = text.replace(f"option {error.option}:", f"“{_COMMON.get(error.option, title_of(error.option))}”:", 1)
    for remedy in _remedies(error):
        text = reworded(text, remedy)
    return text


def reworded(text: str, remedy: Remedy) -> str:
    """A text with the panel's words in place of a remedy's; without them it goes, with what joins it to the rest."""
    way = _WAYS[remedy.option]
    found = re.search(r"(?P<join>[;,]? +)?" + re.escape(str(remedy)), text)
    if found is None:
        return text
    join = found["join"] or ""
    if str(remedy)[:1].isupper():
        way = way[:1].upper() + way[1:]
    return text[: found.start()] + (join + way if way else "") + text[found.end() :]


def _remedies(error: BaseException) -> Iterator[Remedy]:
    """Those of the error and of the errors that it repeats."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, MultiLabelSegError):
            yield from current.remedies
        current = current.__cause__ or current.__context__
