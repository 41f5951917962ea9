"""Options of readers and writers: dataclasses, filled from MITK's phrases, JSON or keywords."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from ..errors import OptionError

OptionsType = TypeVar("OptionsType")


@dataclasses.dataclass(frozen=True)
class NoOptions:
    """For formats without options."""


def field_key(text: str) -> str:
    """MITK's ``Save strategy`` and ``save-strategy`` are both the field ``save_strategy``."""
    return "_".join(text.replace("-", " ").replace("_", " ").lower().split())


def option_title(name: str) -> str:
    """The phrase that MITK would show for a field: ``save_strategy`` is ``Save strategy``."""
    return name.replace("_", " ").capitalize()


def make_options(cls: type[OptionsType], given: Mapping[str, Any]) -> OptionsType:
    """An options dataclass from a mapping of phrases or field names to values.

    Text is turned into the field's type; ``Literal`` fields take their choices in any case.
    Raises OptionError for an unknown option and for a value that is not allowed.
    """
    hints = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    values = {}
    for phrase, value in given.items():
        name = field_key(phrase)
        if name not in names:
            known = [option_title(known) for known in names] or "no options"
            raise OptionError(phrase, value, known)
        values[name] = _converted(phrase, value, hints[name])
    return cls(**values)


def _converted(phrase: str, value: Any, hint: Any) -> Any:
    if typing.get_origin(hint) is typing.Literal:
        choices = typing.get_args(hint)
        by_text = {str(choice).lower(): choice for choice in choices}
        if str(value).strip().lower() in by_text:
            return by_text[str(value).strip().lower()]
        raise OptionError(phrase, value, choices)
    if hint is bool:
        texts = {
            "true": True,
            "1": True,
            "yes": True,
            "on": True,
            "false": False,
            "0": False,
            "no": False,
            "off": False,
        }
        if str(value).strip().lower() in texts:
            return texts[str(value).strip().lower()]
        raise OptionError(phrase, value, ("true", "false"))
    if hint in (int, float, str):
        try:
            return hint(value)
        except (TypeError, ValueError):
            raise OptionError(phrase, value, f"a value of type {hint.__name__}") from None
    return value
