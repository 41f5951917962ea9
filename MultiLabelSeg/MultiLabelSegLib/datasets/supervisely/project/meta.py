"""``meta.json`` of a project: its classes and tags, both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....core import Label
from ....core.label import MAX_VALUE
from ....errors import CorruptFileError, DatasetError, FormatError
from ....formats.json_text import parse_json

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_VALUE_LINE = re.compile(r"Mask pixel value: *([0-9]{1,5})")
_SEGMENT = re.compile(r"Segment_([0-9]{1,5})")
_SETTINGS = {"multiView": {"enabled": False, "tagName": None, "tagId": None, "isSynced": False}}


def class_title(label: Label) -> str:
    """The class of a label: its name; a class must have one."""
    return label.name or f"Label {label.value}"


# ---- writing ----------------------------------------------------------------------------------------------------
@dataclass
class _Class:
    color: str
    values: set[int] = field(default_factory=set)
    descriptions: set[str] = field(default_factory=set)

    @property
    def description(self) -> str:
        """What all labels of the class say, and their value where they share one: importers of masks look for it."""
        texts = list(self.descriptions) if len(self.descriptions) == 1 else []
        if len(self.values) == 1:
            texts.append(f"Mask pixel value: {min(self.values)}")
        return "\n".join(text for text in texts if text)


class ClassTable:
    """The classes of a project as labels come in: names that are shared, with the colour of the first label."""

    def __init__(self) -> None:
        self._classes: dict[str, _Class] = {}

    def add(self, label: Label) -> None:
        """Makes the label one of its class."""
        entry = self._classes.setdefault(class_title(label), _Class(label.hex_color.upper()))
        entry.values.add(label.value)
        entry.descriptions.add(label.description)

    def as_json(self) -> list[dict[str, Any]]:
        """``classes`` of ``meta.json``."""
        return [
            {
                "title": title,
                "description": entry.description,
                "shape": "mask_3d",
                "color": entry.color,
                "geometry_config": {},
                "hotkey": "",
            }
            for title, entry in self._classes.items()
        ]


class TagTable:
    """The tags of a project as objects and volumes with tags come in."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, Any]] = {}

    def add(self, tag: Mapping[str, Any]) -> str:
        """Makes sure that the project knows a tag (``name``, ``value``, ``meta``); returns the name to use.

        A tag that another one of its name contradicts gets ``_1``, ``_2``...
        """
        meta = dict(tag["meta"]) if isinstance(tag.get("meta"), Mapping) else _guessed_meta(tag)
        meta.pop("id", None)
        wanted, number = str(tag.get("name", "tag")), 0
        while True:
            meta["name"] = f"{wanted}_{number}" if number else wanted
            known = self._tags.setdefault(meta["name"], meta)
            if all(known.get(key) == meta.get(key) for key in ("value_type", "values")):
                return str(meta["name"])
            number += 1

    def as_json(self) -> list[dict[str, Any]]:
        """``tags`` of ``meta.json``."""
        return list(self._tags.values())


def _guessed_meta(tag: Mapping[str, Any]) -> dict[str, Any]:
    value = tag.get("value")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    kind = "none" if value is None else "any_number" if number else "any_string"
    shared = {"hotkey": "", "applicable_type": "all", "classes": [], "target_type": "all"}
    return {"value_type": kind, "color": "#808080", **shared}


def meta_json(classes: ClassTable, tags: TagTable) -> dict[str, Any]:
    """The content of ``meta.json``."""
    return {
        "classes": classes.as_json(),
        "tags": tags.as_json(),
        "projectType": "volumes",
        "projectSettings": _SETTINGS,
    }


# ---- reading ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ClassMeta:
    """A class as ``meta.json`` describes it; ``color`` is ``#RRGGBB`` or empty where there is no proper one."""

    title: str
    color: str = ""
    description: str = ""
    shape: str = ""

    @property
    def rgb(self) -> tuple[float, float, float] | None:
        """The colour as 0...1."""
        if not self.color:
            return None
        red, green, blue = (int(self.color[at : at + 2], 16) / 255 for at in (1, 3, 5))
        return red, green, blue

    @property
    def pixel_value(self) -> int | None:
        """The label value that the class names: a line of its own in the description, or ``Segment_N``."""
        lines = [_VALUE_LINE.fullmatch(line.strip()) for line in self.description.splitlines()]
        named = next((match for match in lines if match), None) or _SEGMENT.fullmatch(self.title)
        value = int(named[1]) if named else 0
        return value if 0 < value <= MAX_VALUE else None

    @property
    def text(self) -> str:
        """The description without the line of the value."""
        lines = self.description.splitlines()
        return "\n".join(line for line in lines if not _VALUE_LINE.fullmatch(line.strip()))


@dataclass(frozen=True)
class ProjectMeta:
    """Classes by title, tags by name as JSON; ``notes`` say what is odd in the description of classes."""

    classes: Mapping[str, ClassMeta]
    tags: Mapping[str, dict[str, Any]]
    notes: tuple[str, ...] = ()


def read_json(path: Path, what: str) -> Any:
    """The data of a JSON file. Raises FormatError (CorruptFileError)."""
    try:
        return parse_json(path.read_text(encoding="utf-8-sig"), path, what, keep_last=True)
    except UnicodeDecodeError:
        raise CorruptFileError(path, f"is no UTF-8 text; {what} is expected") from None
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror})") from None


def read_meta(path: Path) -> ProjectMeta:
    """Classes and tags of a project. Raises DatasetError for a project of another type, CorruptFileError."""
    data = read_json(path, "the description of a project")
    if not isinstance(data, dict) or not isinstance(data.get("classes"), list):
        raise CorruptFileError(path, "classes: none found, expected an array of them")
    kind = data.get("projectType", "volumes")
    if kind != "volumes":
        raise DatasetError(f"{path}: projectType is {kind!r:.60}, expected 'volumes'")
    classes: dict[str, ClassMeta] = {}
    notes = []
    for entry in data["classes"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("title"), str):
            raise CorruptFileError(path, f"classes: found {entry!r:.80}, expected an object with a title")
        if entry["title"] in classes:
            notes.append(f"the class {entry['title']!r:.80} occurs again; the last one counts")
        color = entry.get("color")
        if not isinstance(color, str) or not _HEX.fullmatch(color):
            notes.append(
                f"the class {entry['title']!r:.80} has no proper colour: found {color!r:.40}, expected #RRGGBB"
            )
        classes[entry["title"]] = ClassMeta(
            entry["title"],
            color.upper() if isinstance(color, str) and _HEX.fullmatch(color) else "",
            _text(entry.get("description")),
            _text(entry.get("shape")),
        )
    tags = data.get("tags") if isinstance(data.get("tags"), list) else []
    named = {tag["name"]: tag for tag in tags or () if isinstance(tag, dict) and isinstance(tag.get("name"), str)}
    return ProjectMeta(classes, named, tuple(notes))


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""
