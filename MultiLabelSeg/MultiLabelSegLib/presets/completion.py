"""Completion of names while they are typed: first what begins so, then words that begin so, then what holds it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

#: letters that do not fall into a letter and its accent
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Text without case, accents and marks, its words apart by one blank: ``Tumör_2`` and ``TUMOR 2`` are the same."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    letters = "".join(mark for mark in plain if not unicodedata.combining(mark))
    return _BETWEEN_WORDS.sub(" ", letters).strip()


class Completion:
    """Finds names by what is typed; they are folded and sorted once, so that a query only looks."""

    def __init__(self, names: Sequence[str]) -> None:
        # a blank before each name makes every beginning of a word look alike
        self._rows = sorted((f" {fold(name)}", index) for index, name in enumerate(names))
        self._count = len(names)

    def find(self, text: str) -> list[int]:
        """Indices of the names that fit, the best first and by alphabet among equals; all, in order, for no text.

        A name fits best when it begins with the text, then when one of its words does, then when each word of the
        text begins one of its words, then when it holds the text anywhere.
        """
        if not text.strip():
            return list(range(self._count))
        query = fold(text)
        if not query:
            return []
        at_word = f" {query}"
        ranks: tuple[list[int], ...] = ([], [], [], [])
        for name, index in self._rows:
            if query in name:
                if name.startswith(at_word):
                    ranks[0].append(index)
                else:
                    ranks[1 if at_word in name else 3].append(index)
        ranks[2].extend(index for name, index in self._with_words(query) if query not in name)
        return [index for rank in ranks for index in rank]

    def _with_words(self, query: str) -> list[tuple[str, int]]:
        """The rows in which each of several words begins a word; the longest word, which fits fewest, is first."""
        words = sorted(query.split(), key=len, reverse=True)
        rows = self._rows if len(words) > 1 else []
        for word in words:
            begin = f" {word}"
            rows = [row for row in rows if begin in row[0]]
        return rows
