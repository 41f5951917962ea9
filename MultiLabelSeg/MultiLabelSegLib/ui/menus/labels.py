"""Menu actions on labels: look, locks, instances, voxels, groups."""

from __future__ import annotations

from ...core.naming import group_title
from ...edit import OverwriteStyle, operations
from ...edit.operations import SmallParts
from ...tools.contour_store import remove_labels
from ..field_making import choice_field, value_field
from ..fields import Choice, Field
from ..tree.label_removal import erase
from .items import Action, Chosen, Given

_LOCKS = (("regard", "keep their voxels"), ("ignore", "are overwritten"))
_CONNECTIVITY = ((6, "over faces"), (18, "over faces and edges"), (26, "over faces, edges and corners"))
_NEW_GROUP = -1


def _style(given: Given) -> OverwriteStyle:
    return OverwriteStyle.IGNORE_LOCKS if given["locks"] == "ignore" else OverwriteStyle.REGARD_LOCKS


def _locks_field() -> Field:
    return choice_field("locks", "Locked labels", "regard", _LOCKS, help="What happens to locked labels in the way.")


# ---- voxels --------------------------------------------------------------------------------------------------------
def _has_voxels(chosen: Chosen) -> str:
    any_voxels = any(chosen.document.voxels(value) for value in chosen.values)
    return "" if any_voxels else "there are no voxels"


def _erase_fields(chosen: Chosen) -> tuple[Field, ...]:
    if chosen.document.geometry.time_steps == 1:
        return ()
    return (choice_field("frames", "Frames", "all", (("all", "all"), ("current", "the current one"))),)


def _erase(chosen: Chosen, given: Given) -> None:
    erase(chosen.session, chosen.values, chosen.session.frame if given.get("frames") == "current" else None)


def _remove(chosen: Chosen, _given: Given) -> None:
    chosen.session.do(remove_labels(chosen.document, chosen.values))


def _merge_fields(chosen: Chosen) -> tuple[Field, ...]:
    targets = tuple(each for each in chosen.labels if each.value in chosen.values)
    into = Field("into", "Into", "choice", chosen.value, chosen.value, choices=targets)
    help_text = "Remove the labels that were merged; otherwise they stay, and those of other groups keep their voxels."
    return into, _locks_field(), value_field("remove", "Remove the merged labels", False, help=help_text)


def _merge(chosen: Chosen, given: Given) -> None:
    target = int(given["into"])
    sources = [value for value in chosen.values if value != target]
    chosen.session.do(
        operations.merge_labels(chosen.document, target, sources, _style(given), remove_sources=bool(given["remove"]))
    )


def _two_or_more(chosen: Chosen) -> str:
    return "" if len(chosen.values) > 1 else "select two labels or more"


def _swap(chosen: Chosen, _given: Given) -> None:
    first, second = chosen.values
    chosen.session.do(operations.relabel(chosen.document, {first: second, second: first}))


def _exactly_two(chosen: Chosen) -> str:
    if len(chosen.values) != 2:
        return "select exactly two labels"
    one, other = (chosen.document.group_index_of(value) for value in chosen.values)
    return "" if one == other else "the labels are in different groups"


# ---- instances and values ------------------------------------------------------------------------------------------
def _split_fields(_chosen: Chosen) -> tuple[Field, ...]:
    small = ((SmallParts.LARGEST.value, "stay with the largest"), (SmallParts.TOGETHER.value, "become one instance"))
    help_text = "Connected parts with fewer voxels do not become instances of their own."
    least = value_field("minimum_voxels", "Smallest instance", 1, help=help_text, minimum=1, unit="voxels")
    joined = choice_field("connectivity", "Voxels join", 26, _CONNECTIVITY)
    return joined, least, choice_field("small", "Smaller parts", "largest", small)


def _split(chosen: Chosen, given: Given) -> None:
    with chosen.session.grouped(f"Split {_named(chosen)}"):
        for value in chosen.values:
            command = operations.split_label(
                chosen.document,
                value,
                connectivity=int(given["connectivity"]),
                minimum_voxels=int(given["minimum_voxels"]),
                small=SmallParts(given["small"]),
            )
            chosen.session.need().history.do(command)


def _value_fields(chosen: Chosen) -> tuple[Field, ...]:
    help_text = "The number of the label in voxels and files."
    return (value_field("value", "Value", chosen.value, help=help_text, minimum=1, maximum=65535),)


def _change_value(chosen: Chosen, given: Given) -> None:
    chosen.session.do(operations.change_values(chosen.document, {chosen.value: int(given["value"])}))


def _renumber_fields(_chosen: Chosen) -> tuple[Field, ...]:
    help_text = "The labels get the lowest free values from here on, in their order."
    return (value_field("first", "First value", 1, help=help_text, minimum=1, maximum=65535),)


def _renumber(chosen: Chosen, given: Given) -> None:
    chosen.session.do(operations.renumber_labels(chosen.document, chosen.values, int(given["first"])))


def _one(chosen: Chosen) -> str:
    return "" if len(chosen.values) == 1 else "select one label"


# ---- groups and folders --------------------------------------------------------------------------------------------
def _group_choices(chosen: Chosen, new: bool) -> tuple[Choice, ...]:
    listed = [Choice(index, group_title(group.name, index)) for index, group in enumerate(chosen.document.groups)]
    return (*listed, Choice(_NEW_GROUP, "a new group")) if new else tuple(listed)


def _copy_fields(chosen: Chosen) -> tuple[Field, ...]:
    to = Field("group", "To", "choice", _NEW_GROUP, _NEW_GROUP, choices=_group_choices(chosen, new=True))
    return to, _locks_field()


def _copy(chosen: Chosen, given: Given) -> None:
    group = int(given["group"])
    history = chosen.session.need().history
    with chosen.session.grouped(f"Copy {_named(chosen)}"):
        for value in chosen.values:
            target = None if group == _NEW_GROUP else group
            history.do(operations.copy_label_to_group(chosen.document, value, target, _style(given)))
            if group == _NEW_GROUP:
                group = len(chosen.document.groups) - 1  # the others join the first one


def _move_fields(chosen: Chosen) -> tuple[Field, ...]:
    choices = _group_choices(chosen, new=True)
    others = tuple(each for each in choices if each.value not in chosen.groups)
    return Field("group", "To", "choice", others[0].value, others[0].value, choices=others), _locks_field()


def _move(chosen: Chosen, given: Given) -> None:
    group = int(given["group"])
    history = chosen.session.need().history
    with chosen.session.grouped(f"Move {_named(chosen)}"):
        if group == _NEW_GROUP:
            group = len(chosen.document.groups)
            history.do(operations.add_group(chosen.document))
        for value in chosen.values:
            if value not in chosen.document.group(group):
                history.do(operations.move_label_to_group(chosen.document, value, group, _style(given)))


def _folder_fields(chosen: Chosen) -> tuple[Field, ...]:
    help_text = "A path such as Bones/Spine; nothing takes the labels out of their folder."
    return (value_field("folder", "Folder", chosen.first.folder, help=help_text),)


def _folder(chosen: Chosen, given: Given) -> None:
    chosen.session.do(operations.set_folder(chosen.document, chosen.values, str(given["folder"])))


def _named(chosen: Chosen) -> str:
    return chosen.session.name_of(chosen.value) if len(chosen.values) == 1 else f"{len(chosen.values)} labels"


#: on labels, and on classes and folders as all the labels in them
VOXEL_ACTIONS = (
    Action("erase", "Clear content", _erase, _erase_fields, _has_voxels, separator=True),
    Action("merge", "Merge...", _merge, _merge_fields, _two_or_more),
    Action("swap", "Swap voxels", _swap, None, _exactly_two),
    Action("split", "Split into instances...", _split, _split_fields, _has_voxels),
)
PLACE_ACTIONS = (
    Action("copy", "Copy to group...", _copy, _copy_fields, separator=True),
    Action("move", "Move to group...", _move, _move_fields),
    Action("folder", "Put into folder...", _folder, _folder_fields),
    Action("value", "Change value...", _change_value, _value_fields, _one),
    Action("renumber", "Renumber...", _renumber, _renumber_fields),
)
REMOVE_ACTION = Action("remove", "Remove", _remove, separator=True)
