"""Labels as parameters name them: values, names, or all."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Segmentation
from ..core.naming import display_names
from ..errors import OptionError, ToolError
from .base import Scene
from .masking import LabelKey

#: values or names, or one of them; the word ``all``; nothing is the active label
LabelChoice = tuple[LabelKey, ...] | LabelKey


def operands(segmentation: Segmentation, keys: LabelChoice) -> tuple[tuple[int, ...], ...]:
    """For each key the values that it means: one value, or all labels of a name. ``all`` means each label by itself.

    Raises UnknownLabelError, LabelError, OptionError for what is neither value nor name.
    """
    if keys == "all":
        return tuple((value,) for value in segmentation.values)
    if isinstance(keys, (int, str)):
        return (_meant(segmentation, keys),)
    if not isinstance(keys, Sequence):
        raise OptionError("labels", keys, "values or names of labels, or all")
    return tuple(_meant(segmentation, key) for key in keys)


def _meant(segmentation: Segmentation, key: LabelKey) -> tuple[int, ...]:
    if isinstance(key, bool) or not isinstance(key, (int, str)):
        raise OptionError("labels", key, "a value or a name of a label")
    named = segmentation.labels_named(key) if isinstance(key, str) else ()
    return tuple(label.value for label in named) or (segmentation.label(key).value,)


def chosen_values(scene: Scene, keys: LabelChoice) -> tuple[int, ...]:
    """The values of the labels that are meant, each once; the active label where none is named.

    Raises as ``operands``, and ToolError when nothing is named and no label is active, or there is no label at all.
    """
    if keys == ():
        return (scene.active_label().value,)
    found = tuple(dict.fromkeys(value for values in operands(scene.segmentation, keys) for value in values))
    if not found:
        raise ToolError("the segmentation has no labels")
    return found


def shown(segmentation: Segmentation, value: int) -> str:
    """The name of a label as lists show it."""
    return display_names(segmentation.group_of(value).labels)[value]
