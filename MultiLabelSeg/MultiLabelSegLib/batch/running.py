"""Running a recipe: every step through the history, so that what was done can be told and taken back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..core import Box, Image, Segmentation
from ..edit.changes import Command
from ..edit.history import History
from ..errors import MultiLabelSegError, ToolError
from ..formats.report import ProgressCallback, Report
from ..ops.progress import Progress, Rising, part_of, parts
from ..tools.base import Draft, ImageResult, Preview, Scene, propose, tells_progress
from ..tools.confirm import ConfirmOptions, confirm
from .program_settings import with_stored_settings
from .recipe import Recipe, RecipeStep
from .targets import group_index, label_value

__all__ = ["RecipeRun", "StepResult", "do_step", "run_recipe"]


@dataclass(frozen=True)
class StepResult:
    """What one step did: voxels written, voxels that locks kept (by label), labels that came, notes, seconds.

    ``image`` is the image that the step made, where it is one that makes an image.
    """

    number: int
    do: str
    title: str
    written: int = 0
    protected: Mapping[int, int] = field(default_factory=dict)
    values: tuple[int, ...] = ()
    cleared: Mapping[int, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    image: Image | None = None

    def as_json(self) -> dict[str, Any]:
        """For a report."""
        return {
            "step": self.number,
            "do": self.do,
            "title": self.title,
            "written": self.written,
            "protected": {str(value): count for value, count in self.protected.items()},
            "labels": list(self.values),
            "cleared": {str(value): count for value, count in self.cleared.items()},
            "notes": list(self.notes),
            "seconds": round(self.seconds, 4),
        }


@dataclass(frozen=True)
class _Done:
    """What a step comes to: a command for the history, or an image with its title."""

    command: Command | None = None
    cleared: Mapping[int, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    title: str = ""
    image: Image | None = None


@dataclass
class RecipeRun:
    """A recipe at work on one document: what was done so far, and the image, which tools may replace.

    ``active`` is the label that the last step was about: the one that it named, or that it made.
    """

    history: History
    image: Image | None = None
    results: list[StepResult] = field(default_factory=list)
    active: int | None = None

    @property
    def segmentation(self) -> Segmentation:
        """The document."""
        return self.history.segmentation

    def do(self, step: RecipeStep, progress: Progress | None = None) -> StepResult:
        """Does one step. Raises MultiLabelSegError; then the document is as it was before the step.

        ``progress`` is called with the share that is done; what it raises ends the step, which leaves nothing.
        """
        started = time.perf_counter()
        done = self._of_tool(step, progress) if step.is_tool else _Done(step.action.command(self.segmentation))
        command = done.command
        if command is not None:
            self.history.do(command)
            self._follow_grid()
        self._activate(step, command)
        title = command.title if command is not None else done.title or step.do
        written = command.resolution.written if command is not None else 0
        protected = command.resolution.protected if command is not None else {}
        values = command.values if command is not None else ()
        seconds = time.perf_counter() - started
        result = StepResult(
            step.number, step.do, title, written, protected, values, done.cleared, done.notes, seconds, done.image
        )
        self.results.append(result)
        return result

    def _of_tool(self, step: RecipeStep, progress: Progress | None) -> _Done:
        step = replace(step, action=with_stored_settings(step.action))
        scene = self._scene(step)
        frames = self._frames_to_confirm(step)
        # a tool that is quick to propose may have a command that is not
        share = 0.9 / frames if tells_progress(step.action) else 0.0
        outcome = propose(step.action, scene, part_of(progress, 0, share))
        if not isinstance(outcome, Preview) and step.confirm != ConfirmOptions():
            raise ToolError('has no preview, so there is nothing to "confirm"; its own parameters say how it writes')
        if isinstance(outcome, ImageResult):
            self.image = outcome.image
            return _Done(notes=outcome.notes, title=outcome.name, image=outcome.image)
        if isinstance(outcome, Draft):
            return _Done(outcome.command(self.segmentation, part_of(progress, share, 1)), notes=outcome.notes)
        preview = self._whole(step, scene, outcome, part_of(progress, share, 1))
        done = confirm(scene, preview, step.confirm)
        return _Done(done.command, done.cleared, preview.notes)

    def _activate(self, step: RecipeStep, command: Command | None) -> None:
        """Makes the label active that a tool's step named, or that a step has added to a group."""
        if step.is_tool and step.label is not None:
            found = self.segmentation.labels_named(step.label) if isinstance(step.label, str) else ()
            self.active = found[0].value if found else step.label if isinstance(step.label, int) else self.active
        elif step.do in ("add_label", "add_instance") and command is not None:
            self.active = command.values[0]

    def _follow_grid(self) -> None:
        """Crops the image where the segmentation was cropped, so that the next tools find both on one grid."""
        grid = self.segmentation.geometry
        if self.image is None or self.image.geometry.is_congruent(grid, check_time=False):
            return
        start = self.image.geometry.offset_of(grid)
        if start is None:
            return
        box = Box(start, (start[0] + grid.shape[0], start[1] + grid.shape[1], start[2] + grid.shape[2]))
        if Box.whole(self.image.geometry.shape).contains(box):
            geometry = self.image.geometry.cropped(start, grid.shape)
            self.image = Image(self.image.array[(slice(None), *box.slices)], geometry, self.image.metadata)

    def _scene(self, step: RecipeStep) -> Scene:
        """What the step works on; where it names no label, the active one, else the only one that there is."""
        label = None if step.label is None else label_value(self.segmentation, step.label)
        if label is None:
            values = self.segmentation.values
            if step.group is not None:
                values = self.segmentation.group(group_index(self.segmentation, step.group)).values
            label = self.active if self.active in values else values[0] if len(values) == 1 else None
        return Scene(self.segmentation, self.image, label, step.frame, step.image_frame)

    def _frames_to_confirm(self, step: RecipeStep) -> int:
        return self.segmentation.geometry.time_steps if step.confirm.frames == "all" else 1

    def _whole(self, step: RecipeStep, scene: Scene, preview: Preview, progress: Progress | None) -> Preview:
        """The preview over every frame that is to be confirmed, in the group that the step names."""
        if step.confirm.frames == "all":
            missing = [t for t in range(self.segmentation.geometry.time_steps) if t not in preview.frames]
            for t, part in parts(missing, progress):
                more = propose(step.action, replace(scene, t=t), part)
                if isinstance(more, Preview):
                    preview = preview.joined(more)
        group = preview.group if step.group is None else group_index(self.segmentation, step.group)
        return replace(preview, group=group)


def do_step(run: RecipeRun, step: RecipeStep, progress: Progress | None = None) -> StepResult:
    """Does one step of a run, see ``RecipeRun.do``.

    Raises ToolError that names the step; then the document is as it was before it.
    """
    try:
        return run.do(step, progress)
    except MultiLabelSegError as error:
        raise ToolError(f"step {step.number} ({step.do}): {error}") from error


def run_recipe(
    recipe: Recipe,
    segmentation: Segmentation,
    image: Image | None = None,
    progress: ProgressCallback | None = None,
) -> RecipeRun:
    """Runs a recipe on a document, which it changes; every step can be undone in the run's ``history``.

    ``progress`` is called with the share that is done, rising from 0 to 1, and the name of the step; it cancels by
    answering True or by raising. When a step fails or is cancelled, the steps before it are taken back: the document
    is as it was. Raises ToolError that names the step, Cancelled.
    """
    run = RecipeRun(History(segmentation), image)
    report = Report(progress)
    name = ""
    told = Rising(lambda done: report.step(done, name))
    try:
        for step, part in parts(recipe.steps, told):
            name = step.do
            do_step(run, step, part)
        told(1.0)
    except BaseException:
        while run.history.can_undo:
            run.history.undo()
        raise
    return run
