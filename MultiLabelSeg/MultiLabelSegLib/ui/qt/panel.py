"""The panel: data, labels, tools, interpolation and history below each other, the same in Slicer and the workbench."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import OptionError
from ..presenter import Presenter
from ..topics import Changed, Topic
from .ai.box import AiBox
from .binding import get, is_event, qt
from .data_box import DataBox
from .errors import desk, guarded
from .file_actions import FileActions
from .history_list import HistoryList
from .in_sight import InSight
from .interpolation_box import InterpolationBox
from .label_actions import LabelActions
from .label_tree import LabelTree
from .layout import UNIT, HonestHeight, Section, icon_button, repaint_icons
from .panel_dialogs import PanelDialogs
from .preview_box import PreviewBox
from .shortcuts import Shortcuts
from .status_lines import BusyBox, HoverLine, NoteLine
from .strips import Strips
from .style_sheets import redress
from .tool_box import ToolBox
from .tool_options import ToolOptionsBox
from .tree_view import set_header_icons

#: the width down to which everything can be read and reached
MINIMUM_WIDTH = 280


class Panel:
    """Composes the parts over one presenter. ``widget`` goes into a window or into Slicer's module panel.

    ``with_hover``: what lies under the mouse and what a gesture did are said in lines of the panel; without it the
    window around it has a line of its own for both. Call ``enter`` when the panel is shown and ``exit``
    when it is hidden: its keys live in between. ``close`` ends it.
    """

    def __init__(self, presenter: Presenter, parent: Any = None, with_hover: bool = False) -> None:
        self.presenter = presenter
        self.widget = qt.QWidget(parent)
        self.widget.setMinimumWidth(MINIMUM_WIDTH)
        self.files = FileActions(presenter, self.widget)
        self.actions = LabelActions(presenter, self.widget)
        self.dialogs = PanelDialogs(presenter, self.widget)
        self.data = DataBox(presenter, self.files.open_image, self.files.new_segmentation, self.files.more)
        self.tree = LabelTree(presenter, self.actions)
        self.tools = ToolBox(presenter, self.tip)
        self.options = ToolOptionsBox(presenter, self.tools.last_button)
        self.ai = AiBox(presenter)
        self.preview = PreviewBox(presenter)
        self.interpolation = InterpolationBox(presenter)
        self.history = HistoryList(presenter)
        self.busy = BusyBox(presenter)
        self.note = NoteLine(presenter, is_shown=with_hover)
        self.hover = HoverLine(presenter) if with_hover else None
        self.strips = Strips(presenter)
        self.buttons: dict[str, Any] = {}
        self.sections: dict[str, Section] = {}
        self._lay_out()
        self._handle_actions()
        self.shortcuts = Shortcuts(
            self.widget, presenter.keys.bindings, self.run, presenter.tools.key, lambda: bool(presenter.tools.active)
        )
        self._height = HonestHeight(self.widget)
        parts = (self.options.widget, self.ai.widget, self.preview.widget)
        self._in_sight = InSight(presenter, self.widget, parts, self.preview.confirm)
        self._palette_watch = _PaletteWatch(self.widget, self._palette_changed)
        self._disconnect = presenter.changed.connect(self._on_changed)
        self._refresh_buttons()
        self._refresh_tips()

    # ---- life --------------------------------------------------------------------------------------------------
    def enter(self) -> None:
        """The panel is in front: its keys work, in the whole window."""
        desk.parent = self.widget.window()
        self.shortcuts.enter(desk.parent)
        self.data.refresh()

    def exit(self) -> None:
        """Something else is in front: the keys are gone, no gesture goes on."""
        desk.parent = None
        self.shortcuts.exit()
        guarded(self.presenter.tools.end_gesture)

    def close(self) -> None:
        """Follows the presenter no more; the widget can be deleted."""
        desk.parent = None
        self.shortcuts.exit()
        self._disconnect()
        self._in_sight.close()
        self.dialogs.close()
        parts = (self.data, self.tree, self.tools, self.options, self.preview, self.interpolation, self.history)
        for part in (*parts, self.ai, self.busy, self.note, self.strips):
            part.close()
        if self.hover is not None:
            self.hover.close()

    # ---- actions -----------------------------------------------------------------------------------------------
    def run(self, action: str) -> None:
        """Runs an action by its name, as its key does."""
        guarded(self.presenter.keys.run, action)

    def _handle_actions(self) -> None:
        """Says what the actions do that open dialogs."""
        for action, function in (
            ("new_label", self.actions.new_label),
            ("preferences", self.dialogs.preferences),
            ("save", self.files.save),
            ("save_as", self.files.save_as),
        ):
            self.presenter.keys.handle(action, function)

    def focus_search(self) -> None:
        """Puts the keyboard into the search box of the labels."""
        self.tree.search.setFocus()
        self.tree.search.selectAll()

    def tip(self, action: str) -> str:
        """What an action does and its key; empty for what no key can be bound to."""
        try:
            return self.presenter.keys.tooltip(action)
        except OptionError:
            return ""

    # ---- building ----------------------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(2 * UNIT)
        column.addLayout(self._tool_bar())
        column.addWidget(self.strips.widget)
        column.addWidget(self.data.widget)
        column.addWidget(self.tree.widget, 1)
        tools = self._section("tools", "Tools", True)
        for part in (self.tools, self.options, self.ai, self.preview):
            tools.body.addWidget(part.widget)
        self._section("interpolation", "Interpolation", False).body.addWidget(self.interpolation.widget)
        self._section("history", "History", False).body.addWidget(self.history.widget)
        for section in self.sections.values():
            column.addWidget(section.widget)
        column.addWidget(self.note.widget)
        if self.hover is not None:
            column.addWidget(self.hover.widget)
        column.addWidget(self.busy.widget)

    def _section(self, name: str, title: str, is_open: bool) -> Section:
        made = Section(title, is_open, lambda now_open: self._unfolded(name, now_open))
        self.sections[name] = made
        return made

    def _unfolded(self, name: str, is_open: bool) -> None:
        if name == "history" and is_open:
            self.history.refresh()

    def _tool_bar(self) -> Any:
        steps, dialogs = self.presenter.steps, self.dialogs
        row = qt.QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        entries: tuple[tuple[str, str, Callable[[], object]] | None, ...] = (
            ("open", "Open a segmentation", self.files.open_file),
            ("save", "Save", self.files.save),
            None,
            ("undo", "Undo", steps.undo),
            ("redo", "Redo", steps.redo),
            None,
            ("overlay", "Labels over the image on and off", self.presenter.labels.toggle_overlay),
            ("statistics", "Statistics", dialogs.statistics),
            ("tasks", "Task list", dialogs.tasks),
            ("presets", "Presets and suggestions", dialogs.presets),
            ("preferences", "Preferences", dialogs.preferences),
        )
        for entry in entries:
            if entry is None:
                row.addSpacing(2 * UNIT)
                continue
            name, tip, function = entry
            self.buttons[name] = icon_button("preset_load" if name == "presets" else name, tip, function)
            row.addWidget(self.buttons[name])
        row.addStretch(1)
        return row

    # ---- following ---------------------------------------------------------------------------------------------
    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in (Topic.HISTORY, Topic.DOCUMENT, Topic.SAVED, Topic.OVERLAY):
            self._refresh_buttons()
        elif changed.topic is Topic.TOOL:
            self.shortcuts.refresh()
        elif changed.topic is Topic.PREFERENCES:
            self.shortcuts.renew()
            self._refresh_tips()

    def _refresh_buttons(self) -> None:
        steps, session = self.presenter.steps, self.presenter.session
        self.buttons["undo"].setEnabled(steps.can_undo)
        self.buttons["redo"].setEnabled(steps.can_redo)
        self.buttons["undo"].setToolTip(f"{self.tip('undo') or 'Undo'}\n{steps.undo_title}".strip())
        self.buttons["redo"].setToolTip(f"{self.tip('redo') or 'Redo'}\n{steps.redo_title}".strip())
        self.buttons["save"].setEnabled(session.current is not None)
        self.buttons["overlay"].setEnabled(session.current is not None)
        self.buttons["overlay"].setCheckable(True)
        self.buttons["overlay"].setChecked(self.presenter.labels.overlay_visible)

    def _refresh_tips(self) -> None:
        shown = {"preferences": self.buttons["preferences"], "overlay": self.buttons["overlay"]}
        shown |= {"new_label": self.tree.buttons["add_label"], "new_instance": self.tree.buttons["add_instance"]}
        for action, button in shown.items():
            tip = self.tip(action)
            if tip:
                button.setToolTip(tip)

    def _palette_changed(self) -> None:
        repaint_icons(self.widget)
        redress(self.widget)
        set_header_icons(self.tree.view)


class _PaletteWatch(qt.QObject):
    """Tells when the style became dark or light."""

    def __init__(self, widget: Any, function: Callable[[], object]) -> None:
        super().__init__(widget)
        self._function = function
        self._last = get(widget, "palette").color(qt.QPalette.ButtonText).name()
        widget.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Lets every event pass."""
        if is_event(event, qt.QEvent.PaletteChange) or is_event(event, qt.QEvent.StyleChange):
            now = get(watched, "palette").color(qt.QPalette.ButtonText).name()
            if now != self._last:
                self._last = now
                self._function()
        return False
