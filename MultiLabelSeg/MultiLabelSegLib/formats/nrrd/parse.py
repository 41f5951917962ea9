"""From the bytes of a file to its header, and from fields to the bytes of a header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from ...errors import CorruptFileError, FormatError, UnsupportedFormatError
from .header import NrrdHeader
from .text import is_writable_text, key_line, split_line

#: longest header that is read: 65,535 labels with long names need about a quarter of it
MAX_HEADER_BYTES = 128 << 20
_CHUNK = 1 << 16
_MAGIC = re.compile(rb"NRRD000[1-5]\r?\n")
_END = re.compile(rb"\n\r?\n")
_ONE_FILE = re.compile(r"[^%\s]+(?: [^%\s0-9][^%\s]*)*")


def read_header(path: Path, *, allow_outside: bool = False) -> NrrdHeader:
    """The header of an NRRD file, and where its voxels are.

    A detached header must name one data file in its own folder; ``allow_outside`` lets it lie anywhere.
    Raises FormatError (cannot be opened), CorruptFileError (no or damaged header), UnsupportedFormatError (data
    spread over several files, or outside of the folder).
    """
    try:
        with path.open("rb") as file:
            text, start = _header_bytes(file, path)
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror})") from None
    header = parse_header(text, path)
    if "data file" in header.fields:
        data_path = _detached(header, path, allow_outside)
        return NrrdHeader(path, header.fields, header.keyvalues, data_path, 0, header.notes)
    if start is None:
        raise CorruptFileError(path, "the NRRD header does not end: no blank line before the end of the file")
    return NrrdHeader(path, header.fields, header.keyvalues, path, start, header.notes)


def _header_bytes(file: BinaryIO, path: Path) -> tuple[bytes, int | None]:
    """The header without its final blank line, and where the data begin (None: the file ends before)."""
    head = bytearray(file.read(_CHUNK))
    if not _MAGIC.match(head):
        raise CorruptFileError(path, f"not an NRRD file: it begins with {bytes(head[:8])!r}, expected b'NRRD0004'")
    searched = 0
    while True:
        end = _END.search(head, searched)
        if end:
            return bytes(head[: end.start()]), end.end()
        searched = max(0, len(head) - 2)
        if len(head) > MAX_HEADER_BYTES:
            raise CorruptFileError(path, f"the NRRD header is longer than {MAX_HEADER_BYTES} bytes")
        more = file.read(_CHUNK)
        if not more:
            return bytes(head), None
        head += more


def parse_header(text: bytes, path: Path | None = None) -> NrrdHeader:
    """A header from its bytes, magic line included, without the blank line that ends it.

    Lines may end in CR LF. Lines that are not UTF-8 are read as Latin-1, and a key that occurs twice takes its last
    value; both are noted. Raises CorruptFileError for lines that are neither field, key nor comment, and for fields
    that occur twice.
    """
    if not _MAGIC.match(text + b"\n"):
        raise CorruptFileError(path, f"not an NRRD header: it begins with {text[:8]!r}, expected b'NRRD0004'")
    fields: dict[str, str] = {}
    keyvalues: dict[str, str] = {}
    notes: list[str] = []
    for number, raw in enumerate(text.split(b"\n")[1:], 2):
        line = _decoded(raw.removesuffix(b"\r"), number, notes)
        if not line.strip() or line.startswith("#"):
            continue
        parts = split_line(line)
        if parts is None:
            reason = f"NRRD header, line {number}: neither field, key nor comment: {line[:60]!r}"
            raise CorruptFileError(path, reason)
        name, value, is_field = parts
        if is_field and name in fields:
            raise CorruptFileError(path, f"NRRD header, line {number}: field '{name}' occurs twice")
        if not is_field and keyvalues.get(name, value) != value:
            notes.append(f"NRRD header, line {number}: key {name!r} occurs twice, the last value counts")
        (fields if is_field else keyvalues)[name] = value
    return NrrdHeader(path, fields, keyvalues, notes=tuple(notes))


def _decoded(raw: bytes, number: int, notes: list[str]) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        notes.append(f"NRRD header, line {number}: not UTF-8, read as Latin-1")
        return raw.decode("latin-1")


def _detached(header: NrrdHeader, path: Path, allow_outside: bool) -> Path:
    """The one data file of a detached header."""
    name = header.fields["data file"]
    if name.split(" ")[0] == "LIST" or not _ONE_FILE.fullmatch(name):
        raise UnsupportedFormatError(path, f"NRRD field 'data file': {name!r}; only a single data file is supported")
    found = path.parent / name
    if not allow_outside:
        within = found.resolve().parent == path.parent.resolve()
        if Path(name).is_absolute() or "\\" in name or not within:
            reason = f"NRRD field 'data file': {name!r} is not in the folder of the header, which must be allowed"
            raise UnsupportedFormatError(path, reason)
    if not found.is_file():
        raise CorruptFileError(path, f"NRRD field 'data file': there is no file {name!r}")
    return found


def format_header(fields: Mapping[str, str], keyvalues: Mapping[str, str]) -> bytes:
    """Bytes of a header: magic, fields in their order, keys sorted, and the blank line that ends it.

    Keys and values are escaped and encoded in UTF-8. Raises UnsupportedFormatError for text that no header can hold.
    """
    lines = ["NRRD0004"]
    for name, value in fields.items():
        if "\n" in value or not is_writable_text(value):
            raise UnsupportedFormatError(None, f"an NRRD header cannot hold {value!r} as field '{name}'")
        lines.append(f"{name}: {value}")
    lines.extend(key_line(key, keyvalues[key]) for key in sorted(keyvalues))
    return ("\n".join(lines) + "\n\n").encode("utf-8")
