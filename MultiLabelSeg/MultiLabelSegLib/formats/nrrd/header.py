"""The header of an NRRD file: its fields as typed values, each checked before it is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite, prod
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ...errors import CorruptFileError, UnsupportedFormatError

#: most axes that the format knows
MAX_DIMENSION = 16
_TYPE_NAMES: dict[str, tuple[str, ...]] = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_TYPES = {name: code for code, names in _TYPE_NAMES.items() for name in names}
_ENCODINGS = {
    "raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2",
    "txt": "ascii", "text": "ascii", "ascii": "ascii",
}  # fmt: skip
_SPACES = {
    "right-anterior-superior": "RAS", "ras": "RAS", "left-anterior-superior": "LAS", "las": "LAS",
    "left-posterior-superior": "LPS", "lps": "LPS", "scanner-xyz": "scanner-xyz",
    "3d-right-handed": "3D-right-handed", "3d-left-handed": "3D-left-handed",
}  # fmt: skip
_SHORT_TIME = {"rast": "RAS", "last": "LAS", "lpst": "LPS"}
_VECTOR = re.compile(r"\(([^()]*)\)|none", re.IGNORECASE)
Vector = tuple[float, ...]


@dataclass(frozen=True)
class NrrdHeader:
    """A parsed header. ``fields`` holds the raw text of each field under its proper name, ``keyvalues`` the unescaped
    key/value pairs in the order of the file.

    ``data_path`` is the file of the voxels, ``data_start`` the byte at which they begin (before line and byte skip).
    ``notes`` are sentences about what was tolerated. Properties parse a field when asked and raise CorruptFileError
    or UnsupportedFormatError, which name it.
    """

    path: Path | None
    fields: Mapping[str, str]
    keyvalues: Mapping[str, str]
    data_path: Path | None = None
    data_start: int = 0
    notes: tuple[str, ...] = field(default=())

    def corrupt(self, name: str, expected: str) -> CorruptFileError:
        """An error that says what a field holds and what was expected."""
        found = repr(self.fields[name][:120]) if name in self.fields else "nothing"
        return CorruptFileError(self.path, f"NRRD field '{name}': found {found}, expected {expected}")

    def unsupported(self, name: str, known: str) -> UnsupportedFormatError:
        """An error that says which value of a field is not supported."""
        found = self.fields.get(name, "")[:120]
        return UnsupportedFormatError(self.path, f"NRRD field '{name}': {found!r} is not supported; known is {known}")

    @cached_property
    def dimension(self) -> int:
        """Number of axes, 1...16."""
        return self._integer("dimension", 1, MAX_DIMENSION)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Items along each axis, the fastest first; each at least 1."""
        words = self._per_axis("sizes", self._text("sizes").split())
        if not all(word.isascii() and word.isdigit() and len(word) < 19 and int(word) > 0 for word in words):
            raise self.corrupt("sizes", "whole numbers of at least 1")
        return tuple(int(word) for word in words)

    @property
    def items(self) -> int:
        """Product of the sizes: the number of items that the file promises."""
        return prod(self.sizes)

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Type of an item, in the byte order of the file."""
        name = " ".join(self._text("type").lower().split())
        if name not in _TYPES:
            raise self.unsupported("type", "signed and unsigned integers of 8 to 64 bits, float, double")
        return np.dtype(_TYPES[name]).newbyteorder("<" if self.endian == "little" else ">")

    @cached_property
    def endian(self) -> Literal["little", "big"]:
        """Byte order of the items; where it does not matter (bytes, text) it may be missing and is ``little``."""
        word = self.fields.get("endian", "").lower()
        if word in ("little", "big"):
            return "little" if word == "little" else "big"
        name = " ".join(self._text("type").lower().split())
        if not word and (self.encoding == "ascii" or _TYPES.get(name, "") in ("u1", "i1")):
            return "little"
        raise self.corrupt("endian", "little or big")

    @cached_property
    def encoding(self) -> str:
        """``raw``, ``gzip``, ``bzip2`` or ``ascii``."""
        word = self._text("encoding").lower()
        if word not in _ENCODINGS:
            raise self.unsupported("encoding", ", ".join(_ENCODINGS))
        return _ENCODINGS[word]

    @cached_property
    def space(self) -> str | None:
        """``RAS``, ``LAS``, ``LPS``, ``scanner-xyz``, ``3D-right-handed``, ``3D-left-handed`` or None (not given)."""
        return None if self._space is None else self._space[0]

    @cached_property
    def space_dimension(self) -> int | None:
        """Components of the vectors in space: 3, or 4 with time; None when neither space nor dimension is given."""
        if self._space is not None:
            return self._space[1]
        return self._integer("space dimension", 1, MAX_DIMENSION) if "space dimension" in self.fields else None

    @cached_property
    def _space(self) -> tuple[str, int] | None:
        if "space" not in self.fields:
            return None
        if "space dimension" in self.fields:
            raise self.corrupt("space dimension", "nothing beside the field 'space'")
        word = self.fields["space"].lower()
        if word in _SHORT_TIME:
            return _SHORT_TIME[word], 4
        name = _SPACES.get(word.removesuffix("-time"))
        if name is None:
            raise self.unsupported("space", ", ".join(_SPACES))
        return name, 4 if word.endswith("-time") else 3

    @cached_property
    def space_directions(self) -> tuple[Vector | None, ...] | None:
        """One vector an axis, None for an axis without (``none``); None when the field is missing."""
        if "space directions" not in self.fields:
            return None
        vectors = self._vectors("space directions")
        self._per_axis("space directions", list(vectors))
        return vectors

    @cached_property
    def space_origin(self) -> Vector | None:
        """Position of the first item; None when the field is missing."""
        if "space origin" not in self.fields:
            return None
        vectors = self._vectors("space origin")
        if len(vectors) != 1:
            raise self.corrupt("space origin", "one vector")
        return vectors[0]

    @cached_property
    def spacings(self) -> Vector | None:
        """Distance of items along each axis (not a number where unknown); None when the field is missing."""
        if "spacings" not in self.fields:
            return None
        try:
            return tuple(float(word) for word in self._per_axis("spacings", self.fields["spacings"].split()))
        except ValueError:
            raise self.corrupt("spacings", "numbers") from None

    @cached_property
    def kinds(self) -> tuple[str, ...] | None:
        """What each axis is, in lower case (``domain``, ``vector``, ``none``, ...); None when the field is missing."""
        if "kinds" not in self.fields:
            return None
        return tuple(word.lower() for word in self._per_axis("kinds", self.fields["kinds"].split()))

    @cached_property
    def line_skip(self) -> int:
        """Lines to skip before the data."""
        return self._integer("line skip", 0, 1 << 31) if "line skip" in self.fields else 0

    @cached_property
    def byte_skip(self) -> int:
        """Bytes to skip before the items, after decompression; -1: raw items are the end of the file."""
        if "byte skip" not in self.fields:
            return 0
        skip = self._integer("byte skip", -1, 1 << 62)
        if skip < 0 and self.encoding != "raw":
            raise self.corrupt("byte skip", "at least 0 unless the encoding is raw")
        return skip

    def _text(self, name: str) -> str:
        if not self.fields.get(name):
            raise self.corrupt(name, "the field, which every NRRD file needs")
        return self.fields[name]

    def _integer(self, name: str, low: int, high: int) -> int:
        text = self._text(name)
        if not re.fullmatch(r"-?[0-9]{1,19}", text, re.ASCII) or not low <= int(text) <= high:
            raise self.corrupt(name, f"a whole number within {low}...{high}")
        return int(text)

    def _per_axis(self, name: str, entries: list[Any]) -> list[Any]:
        if len(entries) != self.dimension:
            raise self.corrupt(name, f"{self.dimension} entries, one for each axis, not {len(entries)}")
        return entries

    def _vectors(self, name: str) -> tuple[Vector | None, ...]:
        text = self.fields[name]
        if _VECTOR.sub("", text).strip():
            raise self.corrupt(name, "vectors like (1,0,0), or none")
        found: list[Vector | None] = []
        for match in _VECTOR.finditer(text):
            if match[1] is None:
                found.append(None)
                continue
            try:
                vector = tuple(float(number) for number in match[1].split(","))
            except ValueError:
                raise self.corrupt(name, "vectors of numbers") from None
            if not all(map(isfinite, vector)):
                raise self.corrupt(name, "finite numbers")
            expected = self.space_dimension
            if expected is not None and len(vector) != expected:
                raise self.corrupt(name, f"vectors of {expected} components")
            found.append(vector)
        return tuple(found)
