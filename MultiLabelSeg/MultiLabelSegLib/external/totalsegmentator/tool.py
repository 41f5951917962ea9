"""TotalSegmentator as a tool of recipes and panels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from ...ops.progress import Progress
from ...tools.base import Preview, Scene, Scope
from ...tools.parameters import check_ranges, parameter
from ..environments.needs import environment_for
from ..proposals import propose_with, request_of
from ..settings import ProgramSettings
from .licence import given_key
from .predicting import TotalOptions, TotalSegmentatorPredictor, predictor_of


@dataclass(frozen=True, kw_only=True)
class TotalSegmentator:
    """Finds organs, bones, muscles and vessels in CT and MR images; several tasks become groups of their own."""

    name: ClassVar[str] = "totalsegmentator"
    title: ClassVar[str] = "TotalSegmentator"
    scope: ClassVar[Scope] = "3d"
    task: str | tuple[str, ...] = parameter("total", help="what to find: a task of TotalSegmentator, or a list of them")
    speed: Literal["normal", "fast", "fastest"] = parameter(
        "normal", help="fast works at 3 mm, fastest at 6 mm; good for a machine without GPU"
    )
    roi_subset: tuple[str, ...] = parameter((), help="classes to find alone, by name; all unless given")
    device: str = parameter("auto", help="auto, cpu, mps, or the number of a GPU")
    license_file: str | None = parameter(
        None, help="a file with the licence key; the variable MLSEG_TOTALSEGMENTATOR_LICENSE unless given"
    )
    cache: bool = parameter(True, help="take the result of the same image, task and options from the cache")
    environment: str | None = parameter(None, help="base folder of the environment; the remembered one unless given")
    frames: Literal["current", "all"] = parameter("current", help="the current frame alone, or all, each by itself")
    other_grid: Literal["refuse", "resample"] = parameter("refuse", help="what to do with an image on another grid")
    limit_s: float = parameter(0, minimum=0, unit="s", help="time limit; 0 is that of the preferences")
    settings: ProgramSettings = field(default=ProgramSettings(), repr=False)  # no parameter: whoever runs it knows

    def __post_init__(self) -> None:
        check_ranges(self)
        TotalOptions(self.device, self.speed, self.roi_subset, self.cache, self.limit_s)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks, one or several."""
        return (self.task,) if isinstance(self.task, str) else tuple(self.task)

    def propose(self, scene: Scene, progress: Progress | None = None) -> Preview:
        """See ``Tool``; an active label is not needed. ``progress`` ends the work by raising.

        Raises OptionError, DatasetError, ExternalToolError, ToolError.
        """
        predictor = self.predictor()
        request = request_of(scene, frames=self.frames, other_grid=self.other_grid)
        return propose_with(predictor, scene, request, None if progress is None else lambda part, _: progress(part))

    def predictor(self) -> TotalSegmentatorPredictor:
        """The tasks that are meant, ready to run. Raises as ``propose``."""
        named = None if self.environment is None else Path(self.environment)
        key = given_key(None if self.license_file is None else Path(self.license_file))
        limit = self.limit_s or self.settings.limit_s
        options = TotalOptions(self.device, self.speed, self.roi_subset, self.cache, limit, key)
        return predictor_of(environment_for(self.name, named, self.settings.environment), self.tasks, options)
