"""Real files of every format, and seeded ways to spoil them; nothing of it is kept in the repository."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from MultiLabelSegLib.formats.label_tables import DIALECTS, LabelTable, write_table
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.map_cases import STRAIGHT, a_map, overlapping

Spoiler = Callable[[bytes, random.Random], bytes]
#: what stands in for a value in JSON and in headers: too large, of another type, not finite, deep, outside
ODD_JSON: tuple[Any, ...] = (
    None, True, -1, 0, 70000, 65536, 10**30, 1.5, 1e308, float("nan"), float("inf"), "", "x" * 3000, "../../etc/passwd",
    "/dev/zero", ".", "\0", "\ud800", [], {}, [[[[]]]], {"a": {"b": []}}, [None], ["a", "b", "c"], [1e400, 0, 0],
)  # fmt: skip
ODD_NUMBERS = (
    b"-1",
    b"0",
    b"70000",
    b"99999999999999999999",
    b"nan",
    b"inf",
    b"1e308",
    b"1e-308",
    b"",
    b"x",
    b"2147483648",
)
SPECIAL_BYTES = (0x00, 0x7F, 0x80, 0xFF, 0x1F, 0x8B, 0x0A, 0x22, 0x7B)


def seeds(folder: Path) -> list[Path]:
    """One folder a format below ``folder``; returns what a user would open in each."""
    writes: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("mitk", "m.nrrd", overlapping(2), {}),
        ("time", "t.nrrd", overlapping(2, frames=2), {}),
        ("slicer", "s.seg.nrrd", overlapping(2), {}),
        ("stack", "s.mitklabel.json", overlapping(2), {"options": {"Save strategy": "instance"}}),
        ("stack-nrrd", "s.nrrd", overlapping(2), {"options": {"Save strategy": "group"}}),
        ("folder", "masks", overlapping(2), {"format_id": "label-folder", "options": {"image_suffix": ".mha"}}),
        ("header-table", "x.nii.gz", a_map(), {"options": {"label_table": "totalsegmentator"}}),
        ("sidecar", "c.nii.gz", overlapping(3), {"overlap": "combine"}),
    ]
    for suffix in (".nii", ".nii.gz", ".mha", ".mhd", ".gipl", ".gipl.gz", ".nrrd"):
        writes.append((f"map{suffix}", f"m{suffix}", a_map(STRAIGHT), {"format_id": "labelmap"}))
    found = []
    for name, file, segmentation, how in writes:
        (folder / name).mkdir(parents=True)
        found.append(write_segmentation(segmentation, folder / name / file, **how).main[0])
    return found


def tables(folder: Path) -> list[Path]:
    """A label table of every dialect."""
    folder.mkdir()
    made = []
    for dialect in DIALECTS.values():
        path = folder / f"{dialect.id}{dialect.suffix}"
        write_table(LabelTable.of(a_map().labels), path, dialect.id)
        made.append(path)
    return made


# ---- ways to spoil bytes ------------------------------------------------------------------------------------------
def truncate(data: bytes, random_: random.Random) -> bytes:
    return data[: random_.randrange(len(data))]


def flip(data: bytes, random_: random.Random) -> bytes:
    spoiled = bytearray(data)
    for _ in range(random_.choice((1, 1, 2, 8))):
        spoiled[random_.randrange(len(spoiled))] ^= 1 << random_.randrange(8)
    return bytes(spoiled)


def special(data: bytes, random_: random.Random) -> bytes:
    """Bytes that mean something somewhere, mostly near the beginning, where headers are."""
    spoiled = bytearray(data)
    for _ in range(random_.choice((1, 2, 4))):
        spoiled[random_.randrange(min(len(spoiled), 700))] = random_.choice(SPECIAL_BYTES)
    return bytes(spoiled)


def shuffle(data: bytes, random_: random.Random) -> bytes:
    """A piece is left out, doubled or moved."""
    low, high = sorted((random_.randrange(len(data)), random_.randrange(len(data))))
    piece = data[low:high][:500]
    return random_.choice((data[:low] + data[low + len(piece) :], data[:low] + piece + data[low:], piece + data))


def lie(data: bytes, random_: random.Random) -> bytes:
    """A number of a text header says something else; in binary headers two bytes do."""
    head = data[:1500]
    places = [place for place in range(len(head)) if head[place : place + 1].isdigit()]
    if not places or b"\n" not in head:
        spoiled = bytearray(data)
        place = random_.randrange(min(len(data), 350))
        spoiled[place : place + 4] = random_.choice(
            (b"\xff\xff\xff\x7f", b"\x00\x00\xc0\x7f", b"\x00\x00\x80\xff", b"\0\0\0\0")
        )
        return bytes(spoiled)
    low = high = random_.choice(places)
    while high < len(head) and head[high : high + 1].isdigit():
        high += 1
    return data[:low] + random_.choice(ODD_NUMBERS) + data[high:]


def rewrite_json(data: bytes, random_: random.Random) -> bytes:
    """Some value anywhere in JSON is replaced, some key is removed or renamed; other bytes are flipped."""
    try:
        root = json.loads(data)
    except ValueError:
        return flip(data, random_)
    places = list(places_of(root))
    for _ in range(random_.choice((1, 1, 2, 3))):
        container, key = random_.choice(places)
        try:
            _replace(container, key, random_)
        except (KeyError, IndexError):  # an earlier change took the place away
            continue
    return json.dumps(root).encode("ascii")


def _replace(container: Any, key: Any, random_: random.Random) -> None:
    kind = random_.random()
    if kind < 0.7:
        container[key] = random_.choice(ODD_JSON)
    elif kind < 0.85:
        del container[key]
    elif isinstance(container, dict):
        container[random_.choice(("value", "labels", "_file", "name", "version", "\0", "__class__"))] = container.pop(
            key
        )
    else:
        container.extend([container[key]] * 3)


def places_of(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in JSON data: the container and the key or index."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from places_of(node[key])


def repack(data: bytes, random_: random.Random) -> bytes:
    """What is compressed is spoiled inside, with fitting checksums around it."""
    start = data.find(b"\x1f\x8b\x08")
    try:
        if start >= 0:
            return data[:start] + gzip.compress(_spoiled_inside(gzip.decompress(data[start:]), random_), 1)
        start = data.find(b"\x78\x01")
        return data[:start] + zlib.compress(_spoiled_inside(zlib.decompress(data[start:]), random_), 1)
    except (OSError, EOFError, zlib.error):
        return flip(data, random_)


def _spoiled_inside(content: bytes, random_: random.Random) -> bytes:
    way = random_.choice((truncate, flip, special, shuffle, lie))
    return way(content, random_) if content else b"\0"


SPOILERS: tuple[Spoiler, ...] = (truncate, flip, special, shuffle, lie, rewrite_json, repack)
