"""Labels, groups and folders as the tree shows them, and what is done to them there: each action one step to undo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from ...core import Label, Segmentation
from ...core.label import Color
from ...edit import Command, operations
from ...edit.operations.selection import counted
from ...presets.suggestions import add_suggested
from ...tools.contour_store import remove_labels
from ..look import show_look
from ..menus.items import MenuItem
from ..menus.label_menu import LabelMenu
from ..session import Session
from ..topics import Emit, Topic
from .label_names import LabelNames
from .label_places import middle_of
from .label_removal import erase, remove_group
from .row_cache import RowCache
from .row_moves import Position, move_rows
from .row_names import rename_row
from .rows import Row, RowTree, filtered


class Labels(LabelNames):
    """See the module. Rows are named by their ``key``, labels by their value."""

    def __init__(self, session: Session, emit: Emit) -> None:
        super().__init__(session)
        self._emit = emit
        self._cache = RowCache(session)
        self._listed: tuple[int, ...] | None = None

    # ---- rows --------------------------------------------------------------------------------------------------
    def rows(self, filter: str = "") -> RowTree:
        """The rows that fit a text (names, values; case and accents do not matter), all for an empty one.

        ``next`` and ``previous`` go through the labels as they were listed last.
        """
        kept = filtered(self._cache.all_rows(), filter)
        values = tuple(row.value for row in kept if row.value is not None)
        self._listed = values if filter.strip() else None
        return RowTree(tuple(kept), values)

    def row(self, key: str) -> Row:
        """One row as it is now. Raises UnknownLabelError for a key that no row has (any more)."""
        return self._cache.row(key)

    def refreshed(self, values: Iterable[int]) -> tuple[Row, ...]:
        """The rows of labels and of all that they are in, as they are now: what to show anew after LABELS."""
        return self._cache.with_parents(values)

    def values_of(self, keys: Iterable[str]) -> tuple[int, ...]:
        """The labels that rows stand for, each once. Raises UnknownLabelError."""
        return tuple(dict.fromkeys(value for key in keys for value in self._cache.row(key).values))

    def menu(self, keys: Sequence[str]) -> tuple[MenuItem, ...]:
        """The context menu for rows, the one under the mouse first; of none it is that of the whole tree."""
        return self._context_menu.menu(keys)

    def run_menu(self, item_id: str, keys: Sequence[str], **values: Any) -> None:
        """Does what an item of that menu says, with the values of its form.

        Raises ToolError with the reason of an item that is not possible now, OptionError for an unknown one.
        """
        self._context_menu.run(item_id, keys, **values)

    @cached_property
    def _context_menu(self) -> LabelMenu:
        return LabelMenu(self._session, self)

    # ---- active and selected -----------------------------------------------------------------------------------
    @property
    def active(self) -> int | None:
        """The value of the active label."""
        return self._session.active

    def activate(self, value: int | None) -> None:
        """Makes a label the active one. Raises UnknownLabelError, ToolError without a document."""
        self._session.activate(value)

    @property
    def selection(self) -> tuple[int, ...]:
        """The values of the selected labels."""
        return self._session.selection

    def select(self, values: Iterable[int]) -> None:
        """Selects labels; several may be. Raises UnknownLabelError, ToolError without a document."""
        opened = self._session.need()
        chosen = tuple(dict.fromkeys(values))
        for value in chosen:
            opened.document.label(value)
        if chosen != opened.selection:
            opened.selection = chosen
            self._emit(Topic.SELECTION, chosen)

    def next(self) -> int | None:
        """Makes the next label of the list the active one, from the last the first; None where there are none."""
        return self._step(1)

    def previous(self) -> int | None:
        """Makes the previous label of the list the active one, from the first the last."""
        return self._step(-1)

    def _step(self, by: int) -> int | None:
        document = self._session.document
        if document is None:
            return None
        listed = self._listed if self._listed is not None else self.rows().values
        known = set(document.values)
        order = [value for value in listed if value in known]
        if not order:
            return None
        if self.active in order:
            value = order[(order.index(self.active) + by) % len(order)]
        else:
            value = order[0 if by > 0 else -1]
        self.activate(value)
        self.select([value])
        return value

    def jump_to(self, value: int) -> tuple[int, int, int]:
        """Views go to a voxel of the label near its middle; returns it (i, j, k). Raises ToolError without voxels."""
        t, ijk = middle_of(self._session.need().document, value, self._session.frame)
        if t != self._session.frame:
            self._session.show_time(t)
        self._emit(Topic.JUMP, ijk)
        return ijk

    # ---- adding ------------------------------------------------------------------------------------------------
    def add_label(self, name: str = "", group: int | None = None, color: Color | None = None) -> int:
        """Adds an empty label, which becomes active; returns its value. Without ``group`` it joins the active label's.

        Colour and codes come with a name that the suggestions know. Raises LabelError for a name that is not allowed,
        GroupError, ValueSpaceFullError.
        """
        home = self._home() if group is None else group

        def make(document: Segmentation) -> Command:
            if not name.strip():
                return operations.add_label(document, home, color=color)
            made = add_suggested(document, self.list_of_names(), name, home)
            if color is None:
                return made
            template = _label_in(made)
            return operations.add_label(document, home, label=template, color=color)

        return self._added(make)

    def add_instance(self, value: int | None = None) -> int:
        """Adds an empty instance of a label's class (the active one's unless named), which becomes active."""
        source = self._session.scene().active_label().value if value is None else value
        return self._added(lambda document: operations.add_instance(document, source))

    def add_group(self, name: str = "", label: str | None = "") -> int:
        """Adds a group at the end, with a first label of this name (None: with none); returns its index."""
        session = self._session
        with session.grouped(f"Add group {name}".rstrip()):
            opened = session.need()
            index = len(opened.document.groups)
            opened.history.do(operations.add_group(opened.document, name))
            if label is not None:
                self.add_label(label, index)
        return index

    def _home(self) -> int:
        """The group that new labels join: of the first selected label, else of the active one, else the first.

        A selection that the active label is not in belongs to what was done before, as after a pick in a view.
        """
        document = self._session.need().document
        is_older = self.active is not None and self.active not in self.selection
        for value in (self.active, *self.selection[:1]) if is_older else (*self.selection[:1], self.active):
            if value is not None and value in document:
                return document.group_index_of(value)
        return 0

    def _added(self, make: Any) -> int:
        value = int(self._session.do_made(make).values[0])
        self.activate(value)
        self.select([value])
        return value

    # ---- taking away -------------------------------------------------------------------------------------------
    def remove(self, values: Iterable[int]) -> None:
        """Removes labels with their voxels and contours; locks do not count. Raises UnknownLabelError."""
        chosen = tuple(values)
        self._session.do_made(lambda document: remove_labels(document, chosen))

    def remove_group(self, group: int) -> None:
        """Removes a group with its labels. Raises GroupError for the last one."""
        remove_group(self._session, group)

    def erase(self, values: Iterable[int]) -> None:
        """Makes the voxels of labels unlabelled in all frames; the labels stay, their contours go."""
        erase(self._session, tuple(values))

    # ---- look and locks ----------------------------------------------------------------------------------------
    def rename(self, key: str, name: str) -> None:
        """Names what a row stands for: a group, a folder, all instances of a class, or one label, which leaves its
        class. Raises LabelError for a name that the suggestions do not allow.
        """
        row = self.row(key)
        self._session.do_made(lambda document: rename_row(document, row, name, self.list_of_names()))

    def recolor(self, values: Iterable[int], color: Color) -> None:
        """Colours labels (red, green, blue within 0...1)."""
        self._change(values, "Colour {}", color=color)

    def set_locked(self, values: Iterable[int], locked: bool) -> None:
        """Locks or unlocks labels, as one step."""
        self._change(values, f"{'Lock' if locked else 'Unlock'} {{}}", locked=locked)

    def set_visible(self, values: Iterable[int], visible: bool) -> None:
        """Shows or hides labels, as one step."""
        self._change(values, f"{'Show' if visible else 'Hide'} {{}}", visible=visible)

    def set_opacity(self, values: Iterable[int], opacity: float) -> None:
        """Sets the opacity (0...1) of labels. Raises LabelError."""
        chosen = tuple(values)
        self._session.do_made(lambda document: operations.set_opacity(document, opacity, chosen))

    def _change(self, values: Iterable[int], title: str, **fields: Any) -> None:
        chosen = tuple(values)

        def make(document: Segmentation) -> Command:
            named = counted(document, chosen) if chosen else "no labels"
            return operations.change_labels(document, chosen, title=title.format(named), **fields)

        self._session.do_made(make)

    def solo(self, value: int) -> None:
        """Shows this label only; again brings back what was hidden for it."""
        session, opened = self._session, self._session.need()
        session.collect()
        document = opened.document
        others = {label.value for label in document.labels if label.visible and label.value != value}
        if others or not document.label(value).visible:
            opened.hidden = tuple(others)
            session.do(operations.show_only(document, value))
        else:
            back = opened.hidden if opened.hidden is not None else document.values
            self.set_visible([other for other in back if other in document], True)
            opened.hidden = None

    def show_all(self) -> None:
        """Shows all labels."""
        self.set_visible(self._session.need().document.values, True)

    # ---- order -------------------------------------------------------------------------------------------------
    def move(self, keys: Sequence[str], target: str, position: Position = "into") -> None:
        """Moves rows into, before or after another: labels into folders and other groups, groups among groups.

        A label that goes to another group takes its voxels along. Raises LockedError where locked labels of that group
        would keep some of them out, GroupError for a move that makes no sense.
        """
        self._session.collect()
        move_rows(self._session, [self.row(key) for key in keys], self.row(target), position)

    # ---- the overlay -------------------------------------------------------------------------------------------
    @property
    def overlay_visible(self) -> bool:
        """Whether labels are drawn over the image."""
        return self._session.overlay_visible

    def toggle_overlay(self) -> None:
        """Draws the labels over the image, or no longer; the labels' own visibility stays as it is."""
        self._session.overlay_visible = not self._session.overlay_visible
        show_look(self._session)
        self._emit(Topic.OVERLAY)


def _label_in(command: Command) -> Label:
    """The label that a command adds."""
    label: Label = command.changes[0].label  # type: ignore[attr-defined]
    return label
