"""Menu actions on groups, folders and the whole segmentation."""

from __future__ import annotations

from ...core.folders import normal_path
from ...edit import operations
from ..field_making import value_field
from ..fields import Field
from .items import Action, Chosen, Given


def _clear_group(chosen: Chosen, _given: Given) -> None:
    chosen.session.do(operations.clear_group(chosen.document, chosen.first.group))


def not_last(chosen: Chosen) -> str:
    return "" if len(chosen.document.groups) > len(chosen.groups) else "the last group cannot be removed"


def _shift(by: int) -> Action:
    def why_not(chosen: Chosen) -> str:
        if len(chosen.rows) > 1:
            return "select one group"
        place = chosen.first.group + by
        return "" if 0 <= place < len(chosen.document.groups) else "there is no group on that side"

    def run(chosen: Chosen, _given: Given) -> None:
        order = list(range(len(chosen.document.groups)))
        place = chosen.first.group
        order[place], order[place + by] = order[place + by], order[place]
        chosen.session.do(operations.reorder_groups(chosen.document, order))

    name = "up" if by < 0 else "down"
    return Action(f"group_{name}", f"Move {name}", run, None, why_not)


def _lock_space(chosen: Chosen, _given: Given) -> None:
    locked = chosen.document.unlabeled_locked
    chosen.session.do(operations.set_unlabeled_lock(chosen.document, not locked))


def _is_locked(wanted: bool) -> Action:
    """Unlabelled space as something that can be locked like a label."""

    def why_not(chosen: Chosen) -> str:
        return f"already {'locked' if wanted else 'unlocked'}" if chosen.document.unlabeled_locked == wanted else ""

    name = "lock" if wanted else "unlock"
    return Action(f"{name}_space", f"{name.capitalize()} unlabelled space", _lock_space, None, why_not)


def _dissolve(chosen: Chosen, _given: Given) -> None:
    row = chosen.first
    parent = row.folder.rpartition("/")[0]
    chosen.session.do(operations.rename_folder(chosen.document, row.folder, parent, row.group))


def _inner_fields(_chosen: Chosen) -> tuple[Field, ...]:
    return (value_field("name", "Name", "", help="The folder that the labels of this one are put into."),)


def _wrap(chosen: Chosen, given: Given) -> None:
    row = chosen.first
    outer = normal_path(f"{row.folder}/{given['name']}")
    chosen.session.do(operations.rename_folder(chosen.document, row.folder, outer, row.group))


GROUP_ACTIONS = (_shift(-1), _shift(1), Action("clear_group", "Clear content", _clear_group, separator=True))
SPACE_ACTIONS = (_is_locked(True), _is_locked(False))
FOLDER_ACTIONS = (
    Action("wrap_folder", "Put into a folder within...", _wrap, _inner_fields),
    Action("dissolve_folder", "Dissolve folder", _dissolve),
)
