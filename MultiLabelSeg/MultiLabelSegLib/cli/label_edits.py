"""What the parts of ``mlseg labels`` do: commands, made one after the other on the segmentation as it then is."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from ..core import Segmentation
from ..core.annotations import MadeBy, now
from ..core.label import Color
from ..edit import Command, OverwriteStyle
from ..edit import operations as ops
from ..errors import OptionError
from ..presets.schema import Schema
from ..presets.suggestion_json import load_suggestions
from ..presets.suggestions import SuggestionRules, Suggestions, add_suggested, rename_as_suggested
from ..tools.contour_store import remove_labels
from .label_choice import chosen_labels, color_meant, group_meant, label_meant, labels_meant, new_values

Commands = Iterator[Command]


def commands_of(segmentation: Segmentation, arguments: argparse.Namespace, schema: Schema | None = None) -> Commands:
    """The commands of a part; each must be done before the next is asked for. New names get what the schema says.

    Raises OptionError and whatever the operations raise.
    """
    if arguments.part == "add":
        return _add(segmentation, arguments, schema)
    return _MAKERS[arguments.part](segmentation, arguments)


def _add(segmentation: Segmentation, arguments: argparse.Namespace, schema: Schema | None) -> Commands:
    color = color_meant(arguments.color)
    if arguments.instance_of is not None:
        template = labels_meant(segmentation, arguments.instance_of)[0]
        fields: dict[str, Any] = {} if color is None else {"color": color}
        if arguments.name is not None:
            raise OptionError("instance-of", arguments.instance_of, "no NAME beside it: an instance has its class's")
        added = ops.add_instance(segmentation, template, new_value=arguments.value, **fields)
    else:
        group = group_meant(segmentation, arguments.group)
        if arguments.name is None:
            added = ops.add_label(segmentation, group, value=arguments.value, color=color)
        else:
            value = arguments.value
            if schema is not None:
                value, color = _stated(schema, segmentation, arguments.name, value, color)
            added = add_suggested(segmentation, _list_of(arguments), arguments.name, group, value, color)
    yield added
    if arguments.folder is not None:
        yield ops.set_folder(segmentation, added.values, arguments.folder)


def _stated(
    schema: Schema, segmentation: Segmentation, name: str, value: int | None, color: Color | None
) -> tuple[int | None, Color | None]:
    """Value and colour of a new label: those that are given, else the schema's. Raises LabelError."""
    if value is None:
        value = schema.label_for(name, segmentation.values).value
    return value, color or next(iter(schema.colors.get(name, ())), None)


def _list_of(arguments: argparse.Namespace) -> Suggestions:
    """The suggestions that the options name. A name may be used as often as wanted here, unless its list limits it."""
    rules = SuggestionRules(arguments.enforce, suggest_once=False)
    if arguments.plain:
        if arguments.enforce or arguments.suggestions is not None:
            raise OptionError("plain", True, "neither --enforce nor --suggestions beside it")
        return Suggestions((), rules)
    return load_suggestions(arguments.suggestions, extend=arguments.extend, rules=rules)


def _rename(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    values = chosen_labels(segmentation, arguments)
    color = color_meant(arguments.color)
    yield rename_as_suggested(segmentation, _list_of(arguments), values, arguments.name)
    if color is not None:
        yield ops.set_color(segmentation, color, values)


def _remove(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    yield remove_labels(segmentation, chosen_labels(segmentation, arguments))


def _clear(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    yield ops.clear_labels(segmentation, chosen_labels(segmentation, arguments), arguments.frame)


def _merge(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    target = label_meant(segmentation, arguments.target)
    found = [value for text in arguments.labels for value in labels_meant(segmentation, text) if value != target]
    yield ops.merge_labels(segmentation, target, found, _overwrite(arguments), remove_sources=arguments.remove)


def _overwrite(arguments: argparse.Namespace) -> OverwriteStyle:
    return OverwriteStyle.IGNORE_LOCKS if arguments.ignore_locks else OverwriteStyle.REGARD_LOCKS


def _split(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    minimum = arguments.minimum
    if arguments.minimum_mm3 is not None:
        if not (math.isfinite(arguments.minimum_mm3) and arguments.minimum_mm3 >= 0):
            raise OptionError("minimum-mm3", arguments.minimum_mm3, "a volume from 0 on")
        # just below a whole number of voxels is that number: volumes are rounded when they are typed
        minimum = max(1, math.ceil(arguments.minimum_mm3 / segmentation.geometry.voxel_volume_mm3 - 1e-6))
    for value in chosen_labels(segmentation, arguments):
        yield ops.split_label(
            segmentation,
            value,
            connectivity=arguments.connectivity,
            minimum_voxels=minimum,
            small=ops.SmallParts(arguments.small),
        )


def _set(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    values = chosen_labels(segmentation, arguments)
    made = [make(segmentation, values, arguments) for make in (_look, _known, _properties)]
    if not any(made):
        raise OptionError("set", None, "what to set, such as --color, --lock, --folder (see --help)")
    for makers in made:
        for maker in makers:
            yield maker()


Makers = list[Callable[[], Command]]


def _look(segmentation: Segmentation, values: tuple[int, ...], arguments: argparse.Namespace) -> Makers:
    makers: Makers = []
    color = color_meant(arguments.color)
    if color is not None:
        makers.append(lambda: ops.set_color(segmentation, color, values))
    if arguments.opacity is not None:
        makers.append(lambda: ops.set_opacity(segmentation, arguments.opacity, values))
    if arguments.visible is not None:
        makers.append(lambda: ops.set_visible(segmentation, arguments.visible, values))
    if arguments.show_only:
        makers.append(lambda: ops.show_only(segmentation, values))
    if arguments.locked is not None:
        makers.append(lambda: ops.set_locked(segmentation, arguments.locked, values))
    return makers


def _known(segmentation: Segmentation, values: tuple[int, ...], arguments: argparse.Namespace) -> Makers:
    makers: Makers = []
    if arguments.folder is not None:
        makers.append(lambda: ops.set_folder(segmentation, values, arguments.folder))
    if arguments.description is not None:
        makers.append(lambda: ops.set_description(segmentation, values, arguments.description))
    if arguments.tracking_id is not None or arguments.tracking_uid is not None:
        tracking = arguments.tracking_id, arguments.tracking_uid
        makers.append(lambda: ops.set_tracking(segmentation, values, *tracking))
    if arguments.review is not None:
        makers.append(lambda: ops.set_review(segmentation, values, arguments.review, arguments.reviewer or "", now()))
    elif arguments.reviewer is not None:
        raise OptionError("reviewer", arguments.reviewer, "--review beside it")
    if arguments.notes is not None:
        makers.append(lambda: ops.set_notes(segmentation, values, arguments.notes))
    tool, model, version = arguments.tool, arguments.model, arguments.model_version
    if any(text is not None for text in (tool, model, version)):
        maker = MadeBy(tool or "", model or "", version or "", now())
        makers.append(lambda: ops.set_made_by(segmentation, values, maker))
    return makers


def _properties(segmentation: Segmentation, values: tuple[int, ...], arguments: argparse.Namespace) -> Makers:
    updates: dict[str, Any] = {}
    for pair in arguments.property:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise OptionError("property", pair, "KEY=VALUE")
        updates[key] = _json_or_text(text)
    if not updates and not arguments.remove_property:
        return []
    return [lambda: ops.set_label_properties(segmentation, values, updates, arguments.remove_property)]


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda name: name)
    except (ValueError, RecursionError):
        return text


def _move(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    group = group_meant(segmentation, arguments.to)
    for value in chosen_labels(segmentation, arguments):
        yield ops.move_label_to_group(segmentation, value, group, _overwrite(arguments))


def _copy(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    group = None if arguments.to is None else group_meant(segmentation, arguments.to)
    for value in chosen_labels(segmentation, arguments):
        name = arguments.new_group or ""
        yield ops.copy_label_to_group(segmentation, value, group, _overwrite(arguments), group_name=name)
        group = len(segmentation.groups) - 1 if group is None else group


def _order(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    first = chosen_labels(segmentation, arguments)
    for index, group in enumerate(segmentation.groups):
        mine = [value for value in first if value in group]
        yield ops.reorder_labels(segmentation, index, [*mine, *(value for value in group.values if value not in mine)])


def _revalue(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    yield ops.change_values(segmentation, new_values(arguments.values))


def _renumber(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    bare = not (arguments.labels or arguments.all or arguments.in_group or arguments.in_folder)
    values = None if bare else chosen_labels(segmentation, arguments)
    yield ops.renumber_labels(segmentation, values, arguments.first)


def _add_group(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    before = None if arguments.before is None else group_meant(segmentation, arguments.before)
    yield ops.add_group(segmentation, arguments.name, index=before)


def _rename_group(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    yield ops.rename_group(segmentation, group_meant(segmentation, arguments.group), arguments.name)


def _remove_group(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    yield ops.remove_group(segmentation, group_meant(segmentation, arguments.group))


def _order_groups(segmentation: Segmentation, arguments: argparse.Namespace) -> Commands:
    first = list(dict.fromkeys(group_meant(segmentation, text) for text in arguments.groups))
    rest = [index for index in range(len(segmentation.groups)) if index not in first]
    yield ops.reorder_groups(segmentation, [*first, *rest])


_MAKERS: dict[str, Callable[[Segmentation, argparse.Namespace], Commands]] = {
    "rename": _rename,
    "remove": _remove,
    "clear": _clear,
    "merge": _merge,
    "split": _split,
    "set": _set,
    "move": _move,
    "copy": _copy,
    "order": _order,
    "revalue": _revalue,
    "renumber": _renumber,
    "add-group": _add_group,
    "rename-group": _rename_group,
    "remove-group": _remove_group,
    "order-groups": _order_groups,
}
