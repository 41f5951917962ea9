"""A user who does anything at random in a window of the workbench."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from MultiLabelSegLib.errors import MultiLabelSegError
from MultiLabelSegLib.ui.qt.errors import desk
from Testing.gui.workbench.cases import a_case, at
from Testing.gui.workbench.watching import Watched, state_of

VIEWS = {"axial": (12, (48, 40)), "coronal": (40, (48, 12)), "sagittal": (48, (40, 12))}
DRAWN = ("add", "subtract", "lasso", "fill", "erase", "close", "paint", "wipe", "region_growing", "live_wire")
PREVIEWED = ("threshold", "threshold_ul", "otsu", "grow_cut", "pick")
POST = ("union", "dilate", "erode", "smooth", "islands", "margin", "fill_holes", "hollow")
#: formats in which a document is saved without asking
FILES = ("saved.nrrd", "saved.seg.nrrd", "saved.mitklabel.json")


class RandomUser(Watched):
    """``seed`` decides everything; ``refused`` lists what the program would not do, with its reasons."""

    def __init__(self, window: Any, views: Any, image_id: str, journals: Path, folder: Path, seed: int) -> None:
        super().__init__(window, journals, folder)
        self.views, self.image_id = views, image_id
        self.chance = random.Random(seed)
        self.refused: list[str] = []
        self.adopt(self.presenter.session.add_document(a_case()[1], "ball-labels", image_id=image_id))

    # ---- what is done --------------------------------------------------------------------------------------------
    def act(self) -> None:
        """Does one thing, and looks whether all that must hold does."""
        action = self.chance.choice(self._actions())
        session = self.presenter.session
        before = {opened.id: state_of(opened.document) for opened in session.documents}
        kept = self.locked_voxels()
        self.done.append(action.__name__.strip("_"))
        desk.forget()
        try:
            action()
            self.window.settle()
        except MultiLabelSegError as error:
            self.refused.append(f"{self.done[-1]}: {error}")
        for told in desk.told:
            assert "unforeseen" not in told, (told, self.done[-8:])
        desk.forget()
        for opened in session.documents:
            self.beginnings.setdefault(opened.id, state_of(opened.document))
        self.check(before, kept if action in (self._draw, self._draw_wildly, self._preview, self._interpolate) else [])

    def _actions(self) -> list[Callable[[], Any]]:
        if self.presenter.session.document is None:
            return [self._new, self._new, self._new, self._switch]
        often = [self._draw] * 8 + [self._draw_wildly] * 2 + [self._key] * 4 + [self._undo] * 3 + [self._redo] * 2
        looks = [self._activate, self._next, self._lock, self._show, self._solo, self._recolor, self._rename]
        makes = [self._add_label, self._add_instance, self._add_group, self._remove, self._move, self._menu, self._post]
        volume = [self._preview] * 2 + [self._interpolate] * 2
        around = [self._option, self._scroll, self._hover, self._overlay]
        files = [self._new, self._duplicate, self._switch, self._close, self._save, self._join, self._jump]
        return often + looks + makes + volume + around + files

    def _point(self, view: str) -> tuple[float, float]:
        _, (wide, high) = VIEWS[view]
        return self.chance.uniform(-0.4, wide - 0.6), self.chance.uniform(-0.4, high - 0.6)

    def _draw(self) -> None:
        tools, view = self.presenter.tools, self.chance.choice(list(VIEWS))
        if tools.active not in DRAWN:
            tools.toggle(self.chance.choice(DRAWN))
        index = self.chance.randrange(VIEWS[view][0])
        self.views.show(view, index)
        points = [at(view, *self._point(view), index) for _ in range(self.chance.randint(1, 6))]
        held = ("ctrl",) if self.chance.random() < 0.2 else ()
        if tools.active in ("lasso", "live_wire"):
            self.views.double_click(view, points[0], modifiers=held)
            for point in points[1:-1]:
                self.views.click(view, point, modifiers=held)
            if self.chance.random() < 0.8:
                self.views.double_click(view, points[-1])
        else:
            self.views.drag(view, points, modifiers=held)

    def _draw_wildly(self) -> None:
        """With another button or none, with modifiers that mean something else."""
        view = self.chance.choice(list(VIEWS))
        index = self.chance.randrange(VIEWS[view][0])
        points = [at(view, *self._point(view), index) for _ in range(3)]
        button = self.chance.choice(["left", "middle", "right"])
        self.views.drag(view, points, button, self.chance.sample(["ctrl", "shift", "alt"], self.chance.randint(0, 3)))
        self.window.canvas.reset_views()

    def _key(self) -> None:
        keys = [binding.keys for binding in self.presenter.keys.bindings()]
        calm = [key for key in keys if key and key not in ("Ctrl+P", "N", "Ctrl+S", "Ctrl+Shift+S", "Ctrl+Alt+L")]
        self.views.key(self.chance.choice([*calm, "Escape", "Return", "Delete"]), self.chance.choice(list(VIEWS)))

    def _undo(self) -> None:
        for _ in range(self.chance.randint(1, 5)):
            if self.presenter.steps.can_undo:
                self.presenter.steps.undo()

    def _redo(self) -> None:
        for _ in range(self.chance.randint(1, 5)):
            if self.presenter.steps.can_redo:
                self.presenter.steps.redo()

    def _jump(self) -> None:
        self.presenter.steps.jump(self.chance.randint(0, len(self.presenter.steps.entries())))

    def _values(self, most: int = 3) -> list[int]:
        values = list(self.presenter.session.need().document.values)
        return self.chance.sample(values, min(len(values), self.chance.randint(1, most)))

    def _activate(self) -> None:
        for value in self._values(1):
            self.presenter.labels.activate(value)

    def _next(self) -> None:
        self.chance.choice([self.presenter.labels.next, self.presenter.labels.previous])()

    def _lock(self) -> None:
        self.presenter.labels.set_locked(self._values(), self.chance.random() < 0.5)

    def _show(self) -> None:
        self.presenter.labels.set_visible(self._values(), self.chance.random() < 0.5)

    def _solo(self) -> None:
        for value in self._values(1):
            self.presenter.labels.solo(value)

    def _recolor(self) -> None:
        self.presenter.labels.recolor(self._values(), tuple(self.chance.random() for _ in range(3)))

    def _rename(self) -> None:
        rows = self.presenter.labels.rows().rows
        names = ["Liver", "Lesion", "", "a & b <c>", "\u00e4\u00f6\u00fc \u809d\u81d3", "x" * 80]
        self.presenter.labels.rename(self.chance.choice(rows).key, self.chance.choice(names))

    def _hover(self) -> None:
        view = self.chance.choice(list(VIEWS))
        self.views.move(view, at(view, *self._point(view), self.chance.randrange(VIEWS[view][0])))

    def _add_label(self) -> None:
        self.presenter.labels.add_label(self.chance.choice(["", "Liver", "Lesion", "Bone"]))

    def _add_instance(self) -> None:
        self.presenter.labels.add_instance()

    def _add_group(self) -> None:
        if len(self.presenter.session.need().document.groups) < 5:
            self.presenter.labels.add_group(self.chance.choice(["", "More"]))

    def _remove(self) -> None:
        labels = self.presenter.labels
        which = self.chance.random()
        if which < 0.4:
            labels.remove(self._values(2))
        elif which < 0.8:
            labels.erase(self._values(2))
        else:
            labels.remove_group(self.chance.randrange(len(self.presenter.session.need().document.groups)))

    def _move(self) -> None:
        rows = self.presenter.labels.rows().rows
        keys = [row.key for row in self.chance.sample(rows, min(len(rows), self.chance.randint(1, 3)))]
        self.presenter.labels.move(keys, self.chance.choice(rows).key, self.chance.choice(["into", "before", "after"]))

    def _menu(self) -> None:
        """Any line of a row's menu that writes no file, with what its form shows."""
        rows = self.presenter.labels.rows().rows
        keys = [row.key for row in self.chance.sample(rows, min(len(rows), self.chance.randint(1, 2)))]
        items = self.presenter.labels.menu(keys)
        flat = [each for item in items for each in (item.children or (item,)) if each.enabled]
        calm = [each for each in flat if not any(field.kind in ("path", "new path") for field in each.fields)]
        if calm:
            chosen = self.chance.choice(calm)
            self.done[-1] = f"menu {chosen.id}"
            self.presenter.labels.run_menu(chosen.id, keys)

    def _post(self) -> None:
        tools = self.presenter.tools
        tools.leave()
        tools.toggle(self.chance.choice(POST))
        tools.propose()
        self.window.settle()
        self.chance.choice([tools.confirm, tools.cancel, tools.leave])()

    def _preview(self) -> None:
        tools = self.presenter.tools
        tools.leave()
        tools.toggle(self.chance.choice(PREVIEWED))
        self.done[-1] = f"preview {tools.active}"
        if tools.active == "pick":
            self.views.click("axial", at("axial", *self._point("axial"), 6))
        else:
            tools.propose()
            if self.chance.random() < 0.8:
                self.window.settle()
        if tools.preview is not None and self.chance.random() < 0.5:
            tools.set_confirm("into", "active")
        self.chance.choice([tools.confirm, tools.confirm, tools.cancel, tools.leave])()

    def _interpolate(self) -> None:
        interpolation = self.presenter.interpolation
        interpolation.set_mode(self.chance.choice(["2d", "2d", "3d", "off"]))
        self.window.settle()
        if interpolation.mode == "2d":
            self.views.move("axial", (20, 20, self.chance.randrange(12)))
            self.chance.choice([interpolation.confirm_slice, interpolation.confirm_all])()
        elif interpolation.mode == "3d":
            interpolation.confirm_3d()

    def _option(self) -> None:
        fields = [field for field in self.presenter.tools.fields() if field.enabled]
        if fields:
            field = self.chance.choice(fields)
            if field.kind == "bool":
                self.presenter.tools.set_option(field.name, not field.value)
            elif field.kind == "choice":
                self.presenter.tools.set_option(field.name, self.chance.choice(field.choices).value)
            elif field.kind == "int" and field.minimum is not None:
                most = min(field.maximum or 20, 20)
                self.presenter.tools.set_option(field.name, self.chance.randint(int(field.minimum), int(most)))

    def _scroll(self) -> None:
        view = self.chance.choice(list(VIEWS))
        held = self.chance.choice([(), ("ctrl",), ("ctrl", "shift")])
        self.views.wheel(view, at(view, *self._point(view), 3), self.chance.choice([-1, 1]), held)

    def _overlay(self) -> None:
        self.presenter.labels.toggle_overlay()

    # ---- documents ---------------------------------------------------------------------------------------------
    def _new(self) -> None:
        if len(self.presenter.session.documents) < 3:
            self.presenter.data.select_image(self.image_id)
            self.adopt(self.presenter.data.new_segmentation())

    def _duplicate(self) -> None:
        if len(self.presenter.session.documents) < 3:
            self.presenter.data.duplicate()

    def _switch(self) -> None:
        opened = self.presenter.session.documents
        if opened:
            self.presenter.data.select_segmentation(self.chance.choice(opened).id)

    def _close(self) -> None:
        self.presenter.data.close(discard=self.chance.random() < 0.5)

    def _save(self) -> None:
        from MultiLabelSegLib import read

        path = self.folder / self.chance.choice(FILES)
        self.presenter.files.save_as(path, overwrite=True)
        self.window.settle()
        session = self.presenter.session
        if session.path == path and not session.is_modified:
            found, document = read(path), session.need().document
            for group, written in zip(document.groups, found.groups, strict=True):
                np.testing.assert_array_equal(written.array, group.array)

    def _join(self) -> None:
        path = self.folder / self.chance.choice(FILES)
        if path.exists() and len(self.presenter.session.need().document.groups) < 5:
            self.presenter.files.import_into(path)
