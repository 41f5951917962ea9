"""Recipes: steps of tools and label operations as JSON, checked as a whole before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import FormatError, MultiLabelSegError, OptionError, ToolError
from ..external.catalog import PROGRAM_TOOLS, program_class
from ..formats.json_text import parse_json
from ..tools.catalog import tool_class, tool_names
from ..tools.confirm import ConfirmOptions
from ..tools.parameters import made_from
from .label_steps import LABEL_STEPS
from .targets import LabelKey

#: what a step of a tool may say beside the tool's own parameters
_OF_TOOLS = ("label", "frame", "image_frame", "confirm", "group")


@dataclass(frozen=True)
class RecipeStep:
    """One step: ``action`` is a tool or a label operation with its parameters.

    ``label`` is the label that a tool works on, by value or name, ``group`` one whose first label may be taken where no
    label is given; ``frame`` its frame. ``confirm`` says how a preview is written.
    """

    number: int
    do: str
    action: Any
    is_tool: bool
    label: LabelKey | None = None
    group: int | str | None = None
    frame: int = 0
    image_frame: int | None = None
    confirm: ConfirmOptions = ConfirmOptions()


@dataclass(frozen=True)
class Recipe:
    """Steps in their order."""

    steps: tuple[RecipeStep, ...]


def read_recipe(path: Path) -> Recipe:
    """A recipe from a JSON file. Raises FormatError for what cannot be read, ToolError that names the step."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError as error:
        raise FormatError(path, f"is no text in UTF-8 (byte {error.start})") from None
    data = parse_json(text, path, "the recipe")
    try:
        return recipe_from(data)
    except MultiLabelSegError as error:
        raise ToolError(f"{path}: {error}") from None


def recipe_from(data: Any) -> Recipe:
    """A recipe from parsed JSON: ``{"steps": [{"do": name, ...}]}``.

    Raises ToolError naming the step: an unknown name or parameter (with the nearest), a missing one, a bad value.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("steps"), list):
        raise ToolError('a recipe is an object with a list "steps"')
    extra = sorted(set(data) - {"steps", "name", "description"})
    if extra:
        raise ToolError(f'a recipe has "steps", and may have "name" and "description"; found {", ".join(extra)}')
    return Recipe(tuple(_step(number, entry) for number, entry in enumerate(data["steps"], 1)))


def _step(number: int, entry: Any) -> RecipeStep:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("do"), str):
        raise ToolError(f'step {number}: expected an object with "do", found {entry!r:.80}')
    name = entry["do"]
    given = {key: value for key, value in entry.items() if key not in ("do", "comment")}
    try:
        if name in LABEL_STEPS:
            return RecipeStep(number, name, made_from(LABEL_STEPS[name], given), is_tool=False)
        return _tool_step(number, name, given)
    except (OptionError, ToolError) as error:
        raise ToolError(f"step {number} ({name}): {error}") from None


def _tool_step(number: int, name: str, given: dict[str, Any]) -> RecipeStep:
    kind = _kind(name)
    own = {each.name for each in fields(kind)}
    around = {key: given.pop(key) for key in _OF_TOOLS if key in given and key not in own}
    confirm = around.pop("confirm", {})
    action = made_from(kind, given, _OF_TOOLS)
    return RecipeStep(number, name, action, is_tool=True, confirm=_confirm(confirm), **_checked(around))


def _kind(name: str) -> Any:
    known = [*tool_names(), *PROGRAM_TOOLS, *LABEL_STEPS]
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ToolError(f"there is no step {name!r}; {hint}there are {', '.join(known)}")
    return program_class(name) if name in PROGRAM_TOOLS else tool_class(name)


def _checked(around: dict[str, Any]) -> dict[str, Any]:
    for key in ("frame", "image_frame"):
        value = around.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise OptionError(key, value, "a frame counted from 0")
    for key in ("label", "group"):
        value = around.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise OptionError(key, value, "a value, index or name")
    return around


def _confirm(given: Any) -> ConfirmOptions:
    known = [each.name for each in fields(ConfirmOptions)]
    if not isinstance(given, Mapping):
        raise OptionError("confirm", given, f"an object with {', '.join(known)}")
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"confirm.{key}", given[key], f"one of {', '.join(known)}{hint}")
    labels = given.get("labels", "all")
    return ConfirmOptions(**{**given, "labels": tuple(labels) if isinstance(labels, list) else labels})
