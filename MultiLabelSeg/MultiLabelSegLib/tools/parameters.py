"""Parameters of tools: fields of a dataclass that know their range, unit and help text."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ..errors import OptionError

_KINDS = {int: "integer", float: "number", bool: "boolean", str: "text"}
#: types of parameters that take true and false, or refuse them with words of their own
_CHECKED = ("boolean", "integer", "number", "text", "choice")


def parameter(
    default: Any = MISSING,
    *,
    help: str,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    factory: Any = MISSING,
) -> Any:
    """A dataclass field of a tool. Without a default the parameter is required; ``factory`` makes a default anew."""
    about = {"help": help, "minimum": minimum, "maximum": maximum, "unit": unit}
    if factory is not MISSING:
        return field(default_factory=factory, metadata=about)
    return field(metadata=about) if default is MISSING else field(default=default, metadata=about)


@dataclass(frozen=True)
class ParameterInfo:
    """What a catalog says of one parameter. ``choices`` are the allowed values where it is one of a few."""

    name: str
    type: str
    default: Any
    required: bool
    minimum: float | None
    maximum: float | None
    unit: str
    help: str
    choices: tuple[Any, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """``{"name", "type", "default", "minimum", "maximum", "unit", "help"}``, and ``choices``, ``required``."""
        told: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "default": self.default,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "unit": self.unit,
            "help": self.help,
        }
        if self.choices:
            told["choices"] = list(self.choices)
        if self.required:
            told["required"] = True
        return told


def parameters_of(kind: type) -> tuple[ParameterInfo, ...]:
    """The parameters of a tool's dataclass, in their order."""
    return _infos(kind)


@lru_cache(maxsize=256)
def _infos(kind: Any) -> tuple[ParameterInfo, ...]:
    hints = get_type_hints(kind)
    return tuple(_info(each, hints[each.name]) for each in fields(kind) if each.metadata.get("help"))


def _info(each: Field[Any], hint: Any) -> ParameterInfo:
    required = each.default is MISSING and each.default_factory is MISSING
    default = None if required else _default(each)
    kind, choices = _kind(hint)
    about = each.metadata
    found = (about["minimum"], about["maximum"], about["unit"], about["help"])
    return ParameterInfo(each.name, kind, default, required, *found, choices)


def _default(each: Field[Any]) -> Any:
    make: Any = each.default_factory
    return each.default if make is MISSING else make()


def _kind(hint: Any) -> tuple[str, tuple[Any, ...]]:
    if get_origin(hint) is Literal:
        return "choice", get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        known = [part for part in get_args(hint) if part is not type(None)]
        return _kind(known[0]) if len(known) == 1 else (" or ".join(_kind(part)[0] for part in known), ())
    if hint in _KINDS:
        return _KINDS[hint], ()
    return "list" if get_origin(hint) in (tuple, list) else "value", ()


def check_ranges(tool: Any) -> None:
    """Refuses parameters outside their range, of another type or no number; for ``__post_init__`` of a tool.

    Raises OptionError naming parameter, value and what is allowed.
    """
    kind: Any = type(tool)
    read, infos, defaults = _fields(kind)
    for value, info, default in zip(read(tool), infos, defaults, strict=True):
        if value is not default and value is not None:
            _check(info, value)


@lru_cache(maxsize=256)
def _fields(kind: Any) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[ParameterInfo, ...], tuple[Any, ...]]:
    """How to read all parameters of a tool at once; at every dab of a brush one more call would be felt."""
    infos = _infos(kind)
    names = tuple(info.name for info in infos)
    if len(names) < 2:
        return (lambda tool: tuple(getattr(tool, name) for name in names)), infos, tuple(i.default for i in infos)
    return attrgetter(*names), infos, tuple(info.default for info in infos)


def _check(info: ParameterInfo, value: Any) -> None:
    if info.choices:
        if value not in info.choices:
            raise OptionError(info.name, value, info.choices)
        return
    if info.type == "boolean" and not isinstance(value, bool):
        raise OptionError(info.name, value, "true or false")
    if info.type == "text" and not isinstance(value, str):
        raise OptionError(info.name, value, "text")
    if info.type not in ("integer", "number"):
        return
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (info.type == "number" and isinstance(value, float) and math.isfinite(value)):
        raise OptionError(info.name, value, "a whole number" if info.type == "integer" else "a number")
    low = -math.inf if info.minimum is None else info.minimum
    high = math.inf if info.maximum is None else info.maximum
    if not low <= value <= high:
        unit = f" {info.unit}" if info.unit else ""
        raise OptionError(info.name, value, f"{_range(low, high)}{unit}")


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"at least {low:g}"
    return f"at most {high:g}" if math.isinf(low) else f"{low:g} to {high:g}"


def made_from(kind: type, given: Mapping[str, Any], known: Iterable[str] = ()) -> Any:
    """A tool from named parameters, as a recipe holds them; lists become tuples.

    ``known`` are names that belong to the step and not to the tool. Raises OptionError: an unknown parameter (naming
    the nearest), one that is missing, or a value that is not allowed.
    """
    infos = {info.name: info for info in parameters_of(kind)}
    for name in given:
        if name not in infos:
            near = get_close_matches(name, [*infos, *known], 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(name, given[name], f"one of the parameters {', '.join(infos) or '(none)'}{hint}")
    for info in infos.values():
        if info.required and info.name not in given:
            raise OptionError(info.name, None, f"a value: {info.help}")
        if info.name in given and info.type not in _CHECKED and _has_truth(given[info.name]):
            # to Python true is the number 1
            raise OptionError(info.name, given[info.name], f"{info.help}; true and false are no numbers")
    return kind(**{name: _frozen(value) for name, value in given.items()})


def _has_truth(value: Any) -> bool:
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return isinstance(value, bool) or any(map(_has_truth, parts))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
