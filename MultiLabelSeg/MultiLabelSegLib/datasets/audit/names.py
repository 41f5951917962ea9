"""Whether two names mean one label: capitals, blanks, accents, sides and their order, abbreviations, slips."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Side = Literal["left", "right", ""]
_LEFT = {"left", "lt", "li", "lft", "links", "linke", "linker", "linkes", "sin", "sinister", "sinistra", "gauche"}
_RIGHT = {"right", "rt", "re", "rgt", "rechts", "rechte", "rechter", "rechtes", "dex", "dexter", "dextra", "droite"}
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe"}
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_TOKENS = re.compile(r"[^\W\d_]+|\d+")
#: letters from which on one (two) slips are taken for the same word
_ONE_SLIP, _TWO_SLIPS = 5, 9
_SHORTEST_ABBREVIATION = 3


@dataclass(frozen=True)
class Words:
    """A name taken apart: its side, and its other words in their order, twice: umlauts as two letters and as one."""

    side: Side
    wide: tuple[str, ...]
    narrow: tuple[str, ...]

    @property
    def keys(self) -> frozenset[str]:
        """Names with a key in common differ in nothing that matters."""
        forms = {form for words in (self.wide, self.narrow) for form in ("".join(words), " ".join(sorted(words)))}
        joined = {"".join(sorted(words)) for words in (self.wide, self.narrow)}
        return frozenset(f"{self.side}|{form}" for form in forms | joined)

    @property
    def marks(self) -> tuple[str, ...]:
        """Numbers and single letters, which tell labels apart and are never slips."""
        return tuple(sorted(word for word in self.narrow if word.isdigit() or len(word) == 1))


@lru_cache(maxsize=65536)
def words_of(name: str) -> Words:
    """A name taken apart. A single L or R is a side at either end."""
    text = unicodedata.normalize("NFC", name).replace("ß", "ss")
    text = _CAMEL.sub(" ", text).casefold()
    parts = _TOKENS.findall(text)
    side: Side = ""
    for at, part in enumerate(parts):
        is_end = at in (0, len(parts) - 1) and len(parts) > 1
        if part in _LEFT or (part == "l" and is_end):
            side = "left"
        elif part in _RIGHT or (part == "r" and is_end):
            side = "right"
        else:
            continue
        parts = parts[:at] + parts[at + 1 :]
        break
    wide = tuple(_plain("".join(_UMLAUTS.get(mark, mark) for mark in part)) for part in parts)
    return Words(side, wide, tuple(_plain(part) for part in parts))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def same_words(first: str, second: str) -> bool:
    """Whether names differ in capitals, blanks, separators, accents, and the place and spelling of a side alone."""
    mine, theirs = words_of(first), words_of(second)
    has_words = any(mine.wide) and any(theirs.wide)
    return first == second or (has_words and not mine.keys.isdisjoint(theirs.keys))


def near_words(first: str, second: str) -> bool:
    """Whether one name may be an abbreviation or a slip of the other; sides, numbers and single letters must agree."""
    mine, theirs = words_of(first), words_of(second)
    if mine.side != theirs.side or mine.marks != theirs.marks:
        return False
    if _is_abbreviation(mine.narrow, theirs.narrow):
        return True
    a, b = "".join(mine.narrow), "".join(theirs.narrow)
    shorter = min(len(a), len(b))
    allowed = 2 if shorter >= _TWO_SLIPS else 1 if shorter >= _ONE_SLIP else 0
    return allowed > 0 and edit_distance(a, b, allowed) <= allowed


def _is_abbreviation(first: Sequence[str], second: Sequence[str]) -> bool:
    if len(first) != len(second) or not first:
        return False
    pairs = [sorted(pair, key=len) for pair in zip(first, second, strict=True)]
    return all(
        longer.startswith(short) and (short == longer or len(short) >= _SHORTEST_ABBREVIATION)
        for short, longer in pairs
    )


def edit_distance(first: str, second: str, limit: int) -> int:
    """Letters to insert, drop, replace or exchange with the next to make one text the other; ``limit`` + 1 if more.

    Optimal string alignment by dynamic programming.
    """
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, mine in enumerate(first, 1):
        before, last, row = row, before, [i]
        for j, theirs in enumerate(second, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (mine != theirs))
            if i > 1 and j > 1 and mine == second[j - 2] and first[i - 2] == theirs:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def counterpart_key(name: str) -> tuple[Side, str]:
    """The side of a name, and what it shares with the label of the other side."""
    words = words_of(name)
    return words.side, " ".join(sorted(words.narrow))
