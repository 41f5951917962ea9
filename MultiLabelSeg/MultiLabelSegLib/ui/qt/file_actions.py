"""Opening, saving and closing as the user meets them: with the dialogs and the questions that come before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import WriteError
from ..fields import Field
from ..presenter import Presenter
from ..wording import worded
from .asking import ask_choice, ask_folder, ask_open
from .binding import connect, get, qt
from .dialogs.base import Dialog
from .dialogs.files import FileDialog, filters_of
from .dialogs.form_dialog import FormDialog
from .dialogs.new_segmentation import NewSegmentationDialog
from .errors import guarded
from .icons import icon
from .menus import new_menu


class FileActions:
    """``dialog`` is the one that was opened last."""

    def __init__(self, presenter: Presenter, parent: Any) -> None:
        self.presenter, self.parent = presenter, parent
        self.dialog: Dialog | None = None
        self.menu: Any = None
        self._after_save: Callable[[], object] | None = None

    # ---- opening -----------------------------------------------------------------------------------------------
    def open_file(self) -> None:
        """Asks for a file and opens it as what it is."""
        path = ask_open(self.parent, "Open", "", filters_of(self.presenter.files.readers()))
        if path:
            self.open_path(Path(path))

    def open_path(self, path: Path) -> None:
        """Opens a segmentation, an image, a Supervisely project, a task list or a preset, whatever the path is."""
        kind = self.presenter.files.kind_of(path)
        if kind == "segmentation":
            self.presenter.files.open(path)
        elif kind == "image":
            self.presenter.data.open_image(path, is_sure=False)
        elif kind == "project":
            self.presenter.data.open_project(path)
        elif kind == "task list":
            self.presenter.tasks.load(path)
        else:
            self.presenter.presets.load(path)

    def open_image(self) -> None:
        """Asks for an image or, in a menu of two, for a folder of DICOM images."""
        self.menu = new_menu(self.parent)
        for title, name, ask in (("Image file…", "open", ask_open), ("DICOM folder…", "folder", ask_folder)):
            action = self.menu.addAction(icon(name), title)
            connect(action, "triggered()", self._image_asker(ask, title))
        self.menu.popup(qt.QCursor.pos())

    def _image_asker(self, ask: Callable[..., str], title: str) -> Callable[[], None]:
        def call() -> None:
            path = ask(self.parent, title.rstrip("…"))
            if path:
                self.presenter.data.open_image(Path(path))

        return call

    def import_file(self) -> None:
        """Adds the groups of a file to the current segmentation."""
        files = self.presenter.files
        self._show(FileDialog(self.parent, self.presenter, "Import into this segmentation", "read", files.import_into))

    def new_segmentation(self) -> None:
        """Asks for name, preset and time, then begins."""
        self._show(NewSegmentationDialog(self.parent, self.presenter))

    # ---- saving ------------------------------------------------------------------------------------------------
    def save(self) -> None:
        """Saves to the document's file; asks for one where there is none, and before overwriting others' changes."""
        files = self.presenter.files
        if files.path is None:
            self.save_as()
            return
        try:
            files.save()
        except WriteError as error:
            if not files.changed_on_disk():
                raise
            self._ask_about_disk(worded(error))

    def _ask_about_disk(self, text: str) -> None:
        choices = [("save", "Save anyway"), ("reload", "Read it again"), ("save_as", "Save as another file")]
        answers: dict[str, Callable[[], object]] = {
            "save": lambda: self.presenter.files.save(overwrite=True),
            "reload": lambda: self.presenter.files.reload(discard=True),
            "save_as": self.save_as,
        }
        details = "Saving replaces those changes; reading it again discards yours."
        ask_choice(self.parent, text, choices, lambda answer: guarded(answers.get(answer, lambda: None)), details)

    def save_as(self) -> None:
        """Asks for file, format and options, then saves there."""

        def go(path: Path, format_id: str | None, options: dict[str, Any]) -> object:
            return self.presenter.files.save_as(path, format_id, options, overwrite=path.is_file())

        self._show(FileDialog(self.parent, self.presenter, "Save as", "write", go, self._default_path()))

    def export(self) -> None:
        """Writes to another file; the document keeps its own."""

        def go(path: Path, format_id: str | None, options: dict[str, Any]) -> object:
            return self.presenter.files.export(path, format_id, options, overwrite=path.is_file())

        self._show(FileDialog(self.parent, self.presenter, "Export", "write", go, self._default_path()))

    def _default_path(self) -> str:
        current = self.presenter.session.need()
        return str(current.path) if current.path is not None else f"{current.name}.nrrd"

    # ---- the rest ----------------------------------------------------------------------------------------------
    def rename(self) -> None:
        """Asks for another name of the segmentation."""
        field = Field("name", "Name", "text", self.presenter.session.need().name)
        data = self.presenter.data
        self._show(FormDialog(self.parent, "Rename", [field], lambda values: data.rename(values["name"])))

    def reload(self) -> None:
        """Reads the file again; asks before changes are lost."""
        if not self.presenter.files.is_modified:
            self.presenter.files.reload()
            return
        choices = [("discard", "Discard my changes")]
        text = "Reading the file again discards what you changed."
        ask_choice(self.parent, text, choices, lambda answer: self._reload(answer))

    def _reload(self, answer: str) -> None:
        if answer == "discard":
            guarded(self.presenter.files.reload, True)

    def close(self) -> None:
        """Closes the segmentation; asks where changes would be lost."""
        current = self.presenter.session.need()
        if not current.is_modified:
            self.presenter.data.close()
            return
        choices = [("save", "Save"), ("discard", "Discard")]
        text = f"{current.name} has unsaved changes."
        ask_choice(self.parent, text, choices, self._close, "Save them before it is closed?")

    def _close(self, answer: str) -> None:
        if answer == "discard":
            guarded(self.presenter.data.close, True)
        elif answer == "save":
            guarded(self.save)

    def more(self, button: Any) -> None:
        """The menu beside the list of segmentations."""
        self.menu = new_menu(self.parent)
        has_file = self.presenter.files.path is not None
        for entry in (
            ("Save", "save", self.save),
            ("Save as…", "save_as", self.save_as),
            ("Export…", "export", self.export),
            ("Import into it…", "import", self.import_file),
            None,
            ("Duplicate", "duplicate", self.presenter.data.duplicate),
            ("Rename…", "rename", self.rename),
            ("Read its file again", "reload", self.reload if has_file else None),
            None,
            ("Close", "cancel", self.close),
        ):
            if entry is None:
                self.menu.addSeparator()
                continue
            title, name, function = entry
            action = self.menu.addAction(icon(name), title)
            action.setEnabled(function is not None)
            if function is not None:
                connect(action, "triggered()", function)
        self.menu.popup(button.mapToGlobal(qt.QPoint(0, int(get(button, "height")))))

    def _show(self, dialog: Dialog) -> None:
        self.dialog = dialog
        dialog.open()
