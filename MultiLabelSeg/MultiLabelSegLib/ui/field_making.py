"""Form fields generated from what they set: parameters of tools, options of formats, preferences."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ..core import Segmentation
from ..core.naming import display_names, group_title
from ..formats.options import option_title
from ..tools.parameters import ParameterInfo, parameters_of
from .fields import Choice, Field, FieldKind

_KINDS: dict[str, FieldKind] = {"integer": "int", "number": "float", "boolean": "bool", "text": "text"}
_TYPES: dict[Any, FieldKind] = {bool: "bool", int: "int", float: "float", str: "text"}
#: parameters that name labels
LABEL_PARAMETERS = frozenset(("labels", "inside", "outside", "sources"))
#: options of formats that are paths
_PATHS = frozenset(("label_table", "source"))
#: words of a choice that read badly when they are only capitalised
_WORDS = {
    "3d": "3D",
    "bids": "BIDS",
    "ctbl": "Slicer colour table",
    "csv": "CSV",
    "freesurfer": "FreeSurfer",
    "itksnap": "ITK-SNAP",
    "json": "JSON",
    "slicer-csv": "Slicer CSV",
    "totalsegmentator": "TotalSegmentator",
}
#: the name of a field that a docstring is about to explain
_EXPLAINED = re.compile(r"``(\w+)``(?: of the \w+)?:\s*")
#: what a name does not say well enough by itself
_TITLES = {
    "into": "Result goes to",
    "merge": "What is there already",
    "locks": "Locked labels",
    "frames": "Frames",
    "inside": "Only inside",
    "outside": "Only outside of",
    "intensity_lower": "Intensity from",
    "intensity_upper": "Intensity to",
    "region": "In",
    "minimum_mm3": "Minimum volume",
    "synthetic": "Make up missing patient data",
}
_CHOICES: dict[tuple[str, Any], str] = {
    ("into", "same"): "the label itself",
    ("into", "active"): "the active label",
    ("into", "new"): "a new label",
    ("into", "group"): "a new label in a new group",
    ("merge", "replace"): "is replaced",
    ("merge", "merge"): "is kept",
    ("locks", "regard"): "keep their voxels",
    ("locks", "ignore"): "are overwritten",
    ("frames", "all"): "all",
    ("frames", "current"): "the current one",
    ("region", "3d"): "the volume",
    ("region", "axial"): "axial slices",
    ("region", "coronal"): "coronal slices",
    ("region", "sagittal"): "sagittal slices",
    ("connectivity", 6): "over faces",
    ("connectivity", 18): "over faces and edges",
    ("connectivity", 26): "over faces, edges and corners",
    ("save_strategy", "instance"): "one image a label",
    ("save_strategy", "group"): "one image a group",
}
#: parameters of three numbers that are typed as text
NUMBERS = frozenset(("spacing",))


def choice_title(name: str, value: Any) -> str:
    """How one of the values of a field is shown: ``remove_small`` is "Remove small"."""
    if (name, value) in _CHOICES:
        return _CHOICES[name, value]
    text = str(value)
    if text in _WORDS:
        return _WORDS[text]
    if not isinstance(value, str) or text.startswith("."):
        return text
    plain = text.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def sentence(text: str) -> str:
    """A help text with a capital letter and a full stop, on one line."""
    plain = " ".join(text.split()).replace("``", "").rstrip(";, ")
    return plain[:1].upper() + plain[1:] + ("" if not plain or plain[-1] in ".?!" else ".")


def label_choices(document: Segmentation | None) -> tuple[Choice, ...]:
    """The labels of a document to choose from."""
    if document is None:
        return ()
    several = len(document.groups) > 1
    found = []
    for index, group in enumerate(document.groups):
        where = f" - {group_title(group.name, index)}" if several else ""
        found += [Choice(value, f"{name} ({value}){where}") for value, name in display_names(group.labels).items()]
    return tuple(found)


def parameter_fields(
    kind: type,
    values: Mapping[str, Any] | None = None,
    *,
    skip: Collection[str] = (),
    advanced: Collection[str] = (),
    labels: tuple[Choice, ...] = (),
) -> tuple[Field, ...]:
    """The fields of a tool's parameters, with these values where they are given; ``skip`` are left out.

    ``labels`` are those that fields for labels offer.
    """
    given = values or {}
    hints = _hints(kind)
    return tuple(
        _parameter_field(info, hints[info.name], given, info.name in advanced, labels)
        for info in parameters_of(kind)
        if info.name not in skip
    )


def _parameter_field(
    info: ParameterInfo, hint: Any, given: Mapping[str, Any], advanced: bool, labels: tuple[Choice, ...]
) -> Field:
    kind: FieldKind = _KINDS.get(info.type, "shown")
    choices: tuple[Choice, ...] = ()
    if info.choices:
        kind, choices = "choice", tuple(Choice(value, choice_title(info.name, value)) for value in info.choices)
    elif info.name in LABEL_PARAMETERS:
        kind, choices = "several", labels
    elif "number" in info.type.split(" or "):
        kind = "float"
    elif info.name in NUMBERS:
        kind = "text"
    whole = kind == "int"
    return Field(
        info.name,
        _parameter_title(info.name, bool(info.default is None)),
        kind,
        given.get(info.name, info.default),
        info.default,
        info.minimum,
        info.maximum,
        1 if whole else None,
        info.unit,
        sentence(info.help),
        choices,
        optional=_is_optional(hint),
        advanced=advanced,
    )


def _parameter_title(name: str, beside_another: bool) -> str:
    """``thickness_mm`` is "Thickness", its unit stands behind the number; one of two ways to say it names the unit."""
    if name in _TITLES:
        return _TITLES[name]
    plain = option_title(name.removesuffix("_mm").removesuffix("_s"))
    return f"{plain} in mm" if name.endswith("_mm") and beside_another else plain


def title_of(option: str) -> str:
    """How a form calls an option of a format."""
    return _TITLES.get(option, option_title(option))


def option_fields_of(cls: type, values: Mapping[str, Any] | None = None) -> tuple[Field, ...]:
    """The fields of a format's options dataclass; their help is what its docstring says of each."""
    given, hints, helps = values or {}, _hints(cls), _helps(cls)
    found = []
    for each in dataclasses.fields(cls):
        hint = hints[each.name]
        kind: FieldKind = "path" if each.name in _PATHS else _TYPES.get(hint, "text")
        choices: tuple[Choice, ...] = ()
        if get_origin(hint) is Literal:
            kind, choices = "choice", tuple(Choice(value, choice_title(each.name, value)) for value in get_args(hint))
        value, title = given.get(each.name, each.default), title_of(each.name)
        help_text = helps.get(each.name, "")
        found.append(Field(each.name, title, kind, value, each.default, help=help_text, choices=choices))
    return tuple(found)


@lru_cache(maxsize=64)
def _helps(cls: type) -> dict[str, str]:
    """What a docstring says of each field: the text behind its name in double backquotes, up to the next name."""
    names = {each.name for each in dataclasses.fields(cls)}
    text = cls.__doc__ or ""
    marks = [mark for mark in _EXPLAINED.finditer(text) if mark.group(1) in names]
    ends = [*(mark.start() for mark in marks), len(text)][1:]
    found: dict[str, str] = {}
    for mark, end in zip(marks, ends, strict=True):
        found.setdefault(mark.group(1), sentence(text[mark.end() : end]))
    return found


@lru_cache(maxsize=128)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _is_optional(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)


def value_field(name: str, title: str, value: Any, *, help: str = "", **about: Any) -> Field:
    """A field of a form of our own; its kind follows from the value unless it is given."""
    kind = about.pop("kind", None) or _TYPES.get(type(value), "text")
    return Field(name, title, kind, value, value, help=help, **about)


def choice_field(name: str, title: str, value: Any, choices: Sequence[tuple[Any, str]], *, help: str = "") -> Field:
    """A field with a few values to choose from."""
    listed = tuple(Choice(each, shown) for each, shown in choices)
    return Field(name, title, "choice", value, value, help=help, choices=listed)
