"""The context menu of the tree: every operation on labels, groups and folders, and the post-processing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import OptionError, ToolError
from ..field_making import value_field
from ..fields import Field
from ..files.supervisely_projects import EXPORT
from ..session import Session
from .groups import FOLDER_ACTIONS, GROUP_ACTIONS, SPACE_ACTIONS, not_last
from .items import Action, Chosen, Given, MenuItem, given_with_defaults
from .labels import PLACE_ACTIONS, REMOVE_ACTION, VOXEL_ACTIONS
from .looks import ABOUT_ACTIONS, LOCK_ACTIONS, LOOK_ACTIONS
from .models import FILE_ACTIONS
from .post_processing import WHOLE, post_tools, tool_action
from .transfer import TRANSFER

if TYPE_CHECKING:
    from ..tree.labels import Labels


class Submenu(NamedTuple):
    """Actions behind one line of the menu."""

    id: str
    title: str
    actions: tuple[Action, ...]
    separator: bool = False


Entry = Action | Submenu


class LabelMenu:
    """Makes the menu for rows, and runs what is chosen."""

    def __init__(self, session: Session, labels: Labels) -> None:
        self._session, self._labels = session, labels
        self._tools = Submenu("post", "Post-processing", tuple(map(tool_action, post_tools())), separator=True)
        self._whole = Submenu("whole", "Whole segmentation", (*map(tool_action, WHOLE), EXPORT))
        self._new = (
            Action("add_label", "New label", self._add_label),
            Action("add_group", "New group", lambda _chosen, _given: labels.add_group()),
        )

    def menu(self, keys: Sequence[str]) -> tuple[MenuItem, ...]:
        """The menu for rows, the one under the mouse first; of none it is that of the whole tree.

        Empty without a document. Raises UnknownLabelError for a key that no row has.
        """
        if self._session.document is None:
            return ()
        chosen = self._chosen(keys)
        return tuple(_item(entry, chosen) for entry in self._entries(chosen))

    def run(self, item_id: str, keys: Sequence[str], **values: Any) -> None:
        """Does what an item says; ``values`` are those of its form, with what the form shows where they are missing.

        Raises OptionError for an item that the menu of these rows does not have, ToolError with the reason of one that
        is not possible now, else what the action raises.
        """
        self._session.collect()
        chosen = self._chosen(keys)
        known: dict[str, Action] = {}
        for entry in self._entries(chosen):
            actions = entry.actions if isinstance(entry, Submenu) else (entry,)
            known |= {action.id: action for action in actions}
        action = known.get(item_id)
        if action is None:
            raise OptionError("menu item", item_id, known)
        reason = "" if action.why_not is None else action.why_not(chosen)
        if reason:
            raise ToolError(f"{action.title.rstrip('.')}: {reason}")
        action.run(chosen, given_with_defaults(action, chosen, values))

    def _chosen(self, keys: Sequence[str]) -> Chosen:
        rows = tuple(self._labels.row(key) for key in dict.fromkeys(keys))
        values = tuple(dict.fromkeys(value for row in rows for value in row.values))
        return Chosen(self._session, self._session.need().document, rows, values)

    def _entries(self, chosen: Chosen) -> list[Entry]:
        if not chosen.rows:
            return [*self._new, self._show_all(), *SPACE_ACTIONS, self._whole]
        kinds = {row.kind for row in chosen.rows}
        entries: list[Entry] = [self._rename()] if len(chosen.rows) == 1 else []
        if kinds == {"group"}:
            entries += [*self._new, *GROUP_ACTIONS[:2]]
        elif kinds == {"folder"}:
            entries += FOLDER_ACTIONS
        else:
            entries += [self._instance(), self._jump(), self._solo()]
        if chosen.values:
            entries += self._on_labels(kinds == {"group"})
        if kinds == {"group"}:
            remove = Action("remove_group", "Remove group", self._remove_groups, None, not_last, separator=True)
            entries += [GROUP_ACTIONS[2], *SPACE_ACTIONS, self._whole, remove]
        else:
            entries.append(REMOVE_ACTION)
        return entries

    def _on_labels(self, are_groups: bool) -> list[Entry]:
        looks = Submenu("look", "Show and hide", (*LOOK_ACTIONS, self._show_all()), separator=True)
        locks = Submenu("locks", "Lock", LOCK_ACTIONS)
        about = Submenu("about", "About", ABOUT_ACTIONS)
        voxels = () if are_groups else VOXEL_ACTIONS
        return [looks, locks, about, *voxels, *PLACE_ACTIONS, TRANSFER, self._tools, *FILE_ACTIONS]

    # ---- actions of the tree itself ------------------------------------------------------------------------------
    def _add_label(self, chosen: Chosen, _given: Given) -> None:
        self._labels.add_label(group=chosen.first.group if chosen.rows else None)

    def _remove_groups(self, chosen: Chosen, _given: Given) -> None:
        with self._session.grouped(f"Remove {len(chosen.groups)} groups" if len(chosen.groups) > 1 else "Remove group"):
            for group in sorted(chosen.groups, reverse=True):
                self._labels.remove_group(group)

    def _rename(self) -> Action:
        def fields(chosen: Chosen) -> tuple[Field, ...]:
            return (value_field("name", "Name", chosen.first.name),)

        def run(chosen: Chosen, given: Given) -> None:
            self._labels.rename(chosen.first.key, str(given["name"]))

        return Action("rename", "Rename...", run, fields)

    def _instance(self) -> Action:
        return Action("add_instance", "New instance", lambda chosen, _given: self._labels.add_instance(chosen.value))

    def _jump(self) -> Action:
        def why_not(chosen: Chosen) -> str:
            return "" if chosen.document.voxels(chosen.value) else "the label has no voxels yet"

        return Action("jump", "Go to", lambda chosen, _given: self._labels.jump_to(chosen.value), None, why_not)

    def _solo(self) -> Action:
        return Action("solo", "Show this only, or all again", lambda chosen, _given: self._labels.solo(chosen.value))

    def _show_all(self) -> Action:
        def why_not(chosen: Chosen) -> str:
            return "all are visible" if all(label.visible for label in chosen.document.labels) else ""

        return Action("show_all", "Show all labels", lambda _chosen, _given: self._labels.show_all(), None, why_not)


def _item(entry: Entry, chosen: Chosen) -> MenuItem:
    if isinstance(entry, Action):
        return entry.item(chosen)
    children = tuple(action.item(chosen) for action in entry.actions)
    return MenuItem(entry.id, entry.title, children=children, separator=entry.separator)
