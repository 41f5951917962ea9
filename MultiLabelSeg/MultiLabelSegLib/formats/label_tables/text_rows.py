"""Rows of the kind ``value name red green blue [alpha]``, where the name may have blanks and quotation marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .rows import RowCollector
from .text import TableText, exact_names, is_number, unquoted


@dataclass(frozen=True)
class NamedRow:
    """A row taken apart: ``word`` is the name as written, ``numbers`` are what stood behind it."""

    value: str
    word: str
    numbers: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name without quotation marks around it."""
        return unquoted(self.word)


def trailing_numbers(content: str) -> int:
    """How many numbers end a row, its first field and what stands in quotation marks not counted."""
    fields = content.replace("\t", " ").split()[1:]
    count = 0
    while count < len(fields) and is_number(fields[-1 - count]):
        count += 1
    return count


def split_row(content: str, most: int) -> NamedRow | None:
    """A row whose last three to ``most`` fields may be numbers; fewer belong to the name. None: only one field."""
    fields = content.split()
    if len(fields) < 2 and not content.rstrip().endswith("\t"):
        return None
    count = min(trailing_numbers(content), most)
    count = count if count >= 3 else 0
    numbers = tuple(fields[len(fields) - count :])
    name = content.strip()
    for number in reversed(numbers):
        name = name[: -len(number)].rstrip()
    value = fields[0]
    return NamedRow(value, name[len(value) :].strip(), numbers)


def each_row(text: TableText, rows: RowCollector, most: int) -> Iterator[tuple[int, NamedRow]]:
    """(line, row) of each row of a table; what is none is reported as left out."""
    for line, content in text.data:
        row = split_row(content, most)
        if row is None:
            rows.skip(line, f"line left out: expected a value, a name and a colour, found {content.strip()[:60]!r}")
        else:
            yield line, row


def named_rows(
    text: TableText, rows: RowCollector, most: int, shown: Callable[[str], str], read_back: Callable[[str], str]
) -> Iterator[tuple[int, NamedRow, str]]:
    """(line, row, name) of each row of a table whose names are one word; see ``each_row``.

    The name is the one that a comment keeps for the value, as long as ``shown`` still makes this word of it; else what
    ``read_back`` makes of the word.
    """
    exact = exact_names(text)
    for line, row in each_row(text, rows, most):
        kept = exact.get(row.value)
        yield line, row, kept if kept is not None and shown(kept) == row.word else read_back(row.word)


def numbers_per_row(text: TableText) -> int:
    """How many numbers the rows of a table have behind the name: 3, 4 or 0.

    With four, the last is the alpha of a Slicer or FreeSurfer table, where names have no blanks and the alpha of all
    labels is one and the same, mostly; else the fourth from the end belongs to a name that ends in a number. So it does
    where all end in 0 and names would occur twice without their numbers.
    """
    counts = [trailing_numbers(line) for _, line in text.data]
    if not any(count >= 3 for count in counts):
        return 0
    four = [line.split() for (_, line), count in zip(text.data, counts, strict=True) if count >= 4]
    four = [fields for fields in four if all(0 <= float(number) <= 255 for number in fields[-4:])]
    if 2 * len(four) <= sum(count >= 3 for count in counts):
        return 3
    alphas = [fields[-1] for fields in four if fields[0] != "0"]
    most_common = max((alphas.count(alpha) for alpha in set(alphas)), default=0)
    one_word = sum(len(fields) == 6 for fields in four)
    if set(alphas) == {"0"} and len({fields[1] for fields in four}) < len(four):
        return 3
    return 4 if 2 * one_word > len(four) and 2 * most_common >= len(alphas) else 3
