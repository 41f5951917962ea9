"""What the name of a file in a NIfTI data set says: volume, annotation or scores, its plane, ids and number.

Nothing is read from disk. Words count in any case; ``_``, ``-``, ``.`` and blanks separate them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from .cases import PLANES, Plane

Content = Literal["nifti", "csv", "txt", "json", "other"]
#: what a file is by its type word; empty without one
Role = Literal["volume", "annotation", "score", ""]
NameKey = tuple[str, ...]

_SUFFIXES: tuple[tuple[str, Content], ...] = (
    (".nii.gz", "nifti"),
    (".nii", "nifti"),
    (".csv", "csv"),
    (".txt", "txt"),
    (".json", "json"),
)
_UUID = re.compile(r"(?<![0-9a-z])([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-z])", re.IGNORECASE)
_SEPARATORS = re.compile(r"[_\-.\s]+")
#: type words count inside longer words too, as in Supervisely; ``inferenceal`` is what its export makes of "anatomical"
_ANNOTATION_WORDS = "inference(?:al|s)?|segmentations?|annotations?|labels?|masks?"
_TYPES = re.compile(rf"(anatomic(?:al)?|{_ANNOTATION_WORDS})", re.IGNORECASE)
_CSV_TYPES = re.compile(rf"(anatomic(?:al)?|scores?|{_ANNOTATION_WORDS})", re.IGNORECASE)
#: too short to count inside longer words (channel, annulus), but it may carry a number
_SHORT_TYPE = re.compile(r"(anns?)([0-9]*)", re.IGNORECASE)
#: where words that are written together meet: case7axl, kneeAxl
_SUBWORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^A-Za-z0-9]+")
_ENDS_WITH_PLANE = re.compile(r"(.*[a-z])(cor|sag)", re.IGNORECASE | re.DOTALL)
_LONG_PLANES: dict[str, Plane] = {"axial": "axl", "coronal": "cor", "sagittal": "sag"}
#: of a name with several planes Supervisely takes the first in this order
_PLANE_ORDER: tuple[Plane, ...] = ("cor", "sag", "axl")
#: longer rows of digits are ids
_LONGEST_NUMBER = 18
_DIGITS = re.compile(r"[0-9]+")
_DIGIT_RUNS = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True)
class FileName:
    """A path relative to the data set's root and what it says.

    ``key`` are all words in their order with ``*`` for the type word: equal keys are names that differ in it alone.
    ``rest`` are the words beside type, plane and ``number`` (the last word, when it consists of digits).
    ``mixed``: called a volume and an annotation at once. All but ``path``, ``folder`` and ``stem`` is lower case.
    """

    path: str
    folder: str
    stem: str
    suffix: str
    content: Content
    role: Role = ""
    plane: Plane = ""
    number: int | None = None
    patient: str = ""
    case: str = ""
    rest: NameKey = ()
    key: NameKey = ()
    mixed: bool = False
    #: natural order: file 2 before file 10, ``mask`` before ``mask_2``; no two paths are equal in it
    sort_key: tuple[object, ...] = field(default=(), compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name without its folder."""
        return self.path.rpartition("/")[2]

    @property
    def uuids(self) -> tuple[str, str]:
        """The UUIDs of patient and case; empty where the name has none."""
        return (self.patient, self.case)


@dataclass(frozen=True, slots=True)
class _Word:
    kind: Literal["uuid", "type", "plane", "id"]
    text: str


def parse_name(path: str) -> FileName:
    """What a file's name says; the path is relative to the data set's root and written with ``/``."""
    folder, _, name = path.rpartition("/")
    suffix, content = _suffix_of(name)
    stem = name[: len(name) - len(suffix)]
    if content not in ("nifti", "csv"):
        return FileName(path, folder, stem, suffix, content, sort_key=_sort_key(path, folder, stem))
    words = _words(stem, _CSV_TYPES if content == "csv" else _TYPES)
    types = [word.text for word in words if word.kind == "type"]
    plane = _plane_of(words)
    number, rest = _number_and_rest(words, plane, content)
    uuids = [word.text for word in words if word.kind == "uuid"]
    is_volume = any(text.startswith("anatomic") for text in types)
    return FileName(
        path,
        folder,
        stem,
        suffix,
        content,
        role=_role_of(types, content),
        plane=plane,
        number=number,
        patient=uuids[0] if uuids else "",
        case=uuids[1] if len(uuids) > 1 else "",
        rest=rest,
        key=_key_of(words),
        mixed=is_volume and not all(text.startswith("anatomic") for text in types),
        sort_key=_sort_key(path, folder, stem),
    )


def _sort_key(path: str, folder: str, stem: str) -> tuple[object, ...]:
    return (natural_key(folder), natural_key(stem), path)


@lru_cache(maxsize=10_000)
def natural_key(text: str) -> tuple[object, ...]:
    """Sorts ``a2`` before ``a10`` and capitals beside small letters."""
    pieces = _DIGIT_RUNS.split(text.casefold())
    # odd pieces are digits: their length without leading zeros, then they themselves, is the order of the numbers
    return tuple((len(p.lstrip("0")), p.lstrip("0"), p) if n % 2 else p for n, p in enumerate(pieces))


def plane_anywhere(text: str) -> Plane:
    """The plane whose letters occur anywhere in a name, small and in Supervisely's order of its export; else empty."""
    return next((plane for plane in PLANES if plane in text), "")


def ancestors(folder: str) -> Iterable[str]:
    """The folder itself and all above it up to the root, which is ``""``."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def join(folder: str, name: str) -> str:
    """A path below a folder; the root is ``""``."""
    return f"{folder}/{name}" if folder else name


def _suffix_of(name: str) -> tuple[str, Content]:
    lower = name.lower()
    for suffix, content in _SUFFIXES:
        if lower.endswith(suffix):
            return suffix, content
    return "", "other"


def _role_of(types: list[str], content: Content) -> Role:
    """Supervisely's order: a score table, then a volume, then an annotation."""
    if content == "csv":
        return "score" if any(text.startswith("score") for text in types) else ""
    if any(text.startswith("anatomic") for text in types):
        return "volume"
    return "annotation" if types else ""


def _words(stem: str, types: re.Pattern[str]) -> list[_Word]:
    words: list[_Word] = []
    for n, piece in enumerate(_UUID.split(stem)):
        if n % 2:
            words.append(_Word("uuid", piece.lower()))
            continue
        for token in _SEPARATORS.split(piece):
            if token:
                words += _split_types(token, types)
    if any(word.kind == "type" for word in words) and not any(word.kind == "plane" for word in words):
        return _with_hidden_plane(words)
    return [_Word(word.kind, word.text.lower()) for word in words]


def _split_types(token: str, types: re.Pattern[str]) -> list[_Word]:
    """One token as words: type words are found inside it, planes only as a whole."""
    short = _SHORT_TYPE.fullmatch(token)
    pieces = ["", *short.groups()] if short else types.split(token)
    words = []
    for n, piece in enumerate(pieces):
        if n % 2:
            words.append(_Word("type", piece.lower()))
        elif piece:
            words.append(_Word("plane" if piece.lower() in PLANES else "id", piece))
    return words


def _with_hidden_plane(words: list[_Word]) -> list[_Word]:
    """The words with the first plane that is written together with others taken out of its word, all lower case."""
    for n, word in enumerate(words):
        if word.kind != "id":
            continue
        parts = _glued(word.text)
        if not parts and _ends_a_phrase(words, n):
            parts = ["", _LONG_PLANES.get(word.text.lower(), ""), ""]
        if parts and parts[1]:
            split = [_Word("plane" if m == 1 else "id", part) for m, part in enumerate(parts) if part]
            words = [*words[:n], *split, *words[n + 1 :]]
            break
    return [_Word(word.kind, word.text.lower()) for word in words]


def _glued(text: str) -> list[str]:
    """What is before a plane in a word, the plane, and what is behind it; empty when there is none."""
    pieces = _SUBWORDS.findall(text)
    for n, piece in enumerate(pieces):
        if piece.lower() in PLANES:
            return ["".join(pieces[:n]), piece, "".join(pieces[n + 1 :])]
    before, found, behind = text.lower().partition("axl")  # letters that no anatomical word has in a row
    if found:
        return [before, found, behind]
    ending = _ENDS_WITH_PLANE.fullmatch(text)  # at the end only: coronary, cortex and sagittal begin with one
    return [ending[1], ending[2], ""] if ending else []


def _ends_a_phrase(words: list[_Word], n: int) -> bool:
    """Whether only a type word or the file's number follows: ``sagittal_mask``, but not ``sagittal_sinus_mask``."""
    following = words[n + 1 : n + 2]
    return not following or following[0].kind == "type" or bool(_DIGITS.fullmatch(following[0].text))


def _plane_of(words: list[_Word]) -> Plane:
    found = {word.text for word in words if word.kind == "plane"}
    return next((plane for plane in _PLANE_ORDER if plane in found), "")


def _number_and_rest(words: list[_Word], plane: Plane, content: Content) -> tuple[int | None, NameKey]:
    """The trailing number (before a closing ``score`` too) and the words beside type, plane and that number."""
    last = len(words) - 1
    if content == "csv" and words and words[last].text.startswith("score") and words[last].kind == "type":
        last -= 1
    number = None
    if last >= 0 and words[last].kind == "id" and _is_number(words[last].text):
        number = int(words[last].text)
    rest = [
        word.text
        for n, word in enumerate(words)
        if word.kind in ("id", "uuid")
        and not (number is not None and n == last)
        or (word.kind == "plane" and word.text != plane)
    ]
    return number, tuple(rest)


def _key_of(words: list[_Word]) -> NameKey:
    """All words with one ``*`` for the first type word; numbers at the end without leading zeros."""
    key: list[str] = []
    for n, word in enumerate(words):
        if word.kind == "type":
            key += [] if "*" in key else ["*"]
        elif n == len(words) - 1 and word.kind == "id" and _is_number(word.text):
            key.append(str(int(word.text)))
        else:
            key.append(word.text)
    return tuple(key)


def _is_number(text: str) -> bool:
    return len(text) <= _LONGEST_NUMBER and bool(_DIGITS.fullmatch(text))
