"""What the tree and the keys do with labels where a form or a menu comes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..menus.items import MenuItem
from ..presenter import Presenter
from .dialogs.base import Dialog
from .dialogs.form_dialog import FormDialog
from .dialogs.label_dialog import LabelDialog
from .dialogs.new_segmentation import NewSegmentationDialog
from .menus import fill_menu, new_menu


class LabelActions:
    """New labels, context menus, and the forms of their items. ``dialogs`` are those that are open."""

    def __init__(self, presenter: Presenter, parent: Any) -> None:
        self.presenter, self.parent = presenter, parent
        self.dialog: Dialog | None = None
        self.menu: Any = None
        self.menu_actions: dict[str, Any] = {}

    def new_label(self) -> None:
        """Adds a label; asks for name and colour first where the preferences say so.

        An image without a segmentation gets a new one, whose first label is the one that was wanted.
        """
        labels, data = self.presenter.labels, self.presenter.data
        if self.presenter.session.current is None and data.image_id:
            if data.frames > 1:  # whether it is static or dynamic must be asked
                self.dialog = NewSegmentationDialog(self.parent, self.presenter)
                self.dialog.open()
                return
            data.new_segmentation()
            if data.begins_with_default_label:
                return
        if not labels.asks_names:
            labels.add_label()
            return
        name, color = labels.default_label()
        self.dialog = LabelDialog(
            self.parent,
            "New label",
            name,
            color,
            labels.suggestions,
            lambda chosen, colored: labels.add_label(chosen, color=colored),
        )
        self.dialog.open()

    def new_instance(self) -> None:
        """Adds an instance of the active label."""
        self.presenter.labels.add_instance()

    def new_group(self) -> None:
        """Adds a group with a first label."""
        self.presenter.labels.add_group()

    def show_menu(self, keys: tuple[str, ...], position: Any, rename: Callable[[str], object]) -> None:
        """The context menu of rows; renaming happens in the tree."""
        items = self.presenter.labels.menu(keys)
        if not items:
            return
        self.menu = new_menu(self.parent)
        self.menu_actions = fill_menu(self.menu, items, lambda item: self.run(item, keys, rename))
        self.menu.popup(position)

    def run(self, item: MenuItem, keys: tuple[str, ...], rename: Callable[[str], object]) -> None:
        """Runs an item of the menu, after its form where it has one."""
        labels = self.presenter.labels
        if item.id == "rename" and len(keys) == 1:
            rename(keys[0])
        elif item.fields:
            self.dialog = FormDialog(
                self.parent, item.title, item.fields, lambda values: labels.run_menu(item.id, keys, **values)
            )
            self.dialog.open()
        else:
            labels.run_menu(item.id, keys)
