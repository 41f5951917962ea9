"""nnU-Net as a tool of recipes and panels: parameters that JSON can hold, a preview of what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from ...errors import DatasetError, OptionError
from ...formats.image_io import read_image
from ...ops.progress import Progress
from ...tools.base import Preview, Scene, Scope
from ...tools.parameters import check_ranges, parameter
from ..environments.needs import environment_for
from ..proposals import propose_with, request_of
from ..proposals.placing import check_other_grid
from ..settings import ProgramSettings
from .choice import choose
from .options import PredictOptions
from .predicting import NnUNetPredictor, predictor_of
from .results import Model, results_folder, scan_results


@dataclass(frozen=True, kw_only=True)
class NnUNet:
    """Finds labels with a model that nnU-Net (v2 or v1) has trained; several configurations are an ensemble."""

    name: ClassVar[str] = "nnunet"
    title: ClassVar[str] = "nnU-Net"
    scope: ClassVar[Scope] = "3d"
    dataset: str | None = parameter(None, help="dataset (or its number) or task; the only one unless given")
    configuration: str | None = parameter(None, help="2d, 3d_fullres, ...; several joined by + are an ensemble")
    trainer: str | None = parameter(None, help="the trainer's name; nnU-Net's default unless given")
    plans: str | None = parameter(None, help="the plans' name; nnU-Net's default unless given")
    folds: tuple[str | int, ...] = parameter((), help="folds to use; all of the cross-validation unless given")
    channels: Mapping[str, str] | None = parameter(
        None, help='files of channels by name, {"T2": "t2.nii.gz"}; the image is the channel that is not named'
    )
    device: str = parameter("auto", help="auto, cpu, mps, or the number of a GPU")
    mirroring: bool = parameter(
        True, help="predict mirrored images too and take the mean: better, several times slower"
    )
    mixed_precision: bool = parameter(True, help="off: full precision (v1 alone)")
    step_size: float = parameter(
        0.5, minimum=0.01, maximum=1, help="step of the sliding window as a share of its size; larger is faster"
    )
    postprocessing: bool = parameter(True, help="post-process as nnU-Net found best, where the model says how")
    cache: bool = parameter(True, help="take the result of the same images, model and options from the cache")
    results: str | None = parameter(
        None, help="nnU-Net's results folder; nnUNet_results or RESULTS_FOLDER unless given"
    )
    environment: str | None = parameter(None, help="base folder of the environment; the remembered one unless given")
    frames: Literal["current", "all"] = parameter("current", help="the current frame alone, or all, each by itself")
    other_grid: Literal["refuse", "resample"] = parameter("refuse", help="what to do with images on another grid")
    limit_s: float = parameter(0, minimum=0, unit="s", help="time limit; 0 is that of the preferences")
    settings: ProgramSettings = field(default=ProgramSettings(), repr=False)  # no parameter: whoever runs it knows

    def __post_init__(self) -> None:
        check_ranges(self)
        check_other_grid(self.other_grid)
        self.options()

    def options(self) -> PredictOptions:
        """How it predicts; the time limit may be that of the settings. Raises OptionError."""
        return PredictOptions(
            self.device,
            self.mirroring,
            self.mixed_precision,
            self.step_size,
            self.postprocessing,
            self.cache,
            self.limit_s or self.settings.limit_s,
        )

    def propose(self, scene: Scene, progress: Progress | None = None) -> Preview:
        """See ``Tool``; an active label is not needed. ``progress`` ends the work by raising.

        Raises OptionError, DatasetError, ExternalToolError, ToolError, FormatError.
        """
        predictor = self.predictor()
        others = {name: read_image(Path(path)) for name, path in (self.channels or {}).items()}
        request = request_of(scene, predictor.channels, others, self.frames, self.other_grid)
        return propose_with(predictor, scene, request, None if progress is None else lambda part, _: progress(part))

    def predictor(self) -> NnUNetPredictor:
        """The models that are meant, ready to predict. Raises as ``propose``."""
        models, settings = self.models(), self.settings
        named = None if self.environment is None else Path(self.environment)
        environment = environment_for(self.name, named, settings.environment)
        return predictor_of(environment, models, self.options(), names_folder=settings.names_folder)

    def models(self) -> list[tuple[Model, tuple[str, ...]]]:
        """The model, or the members of the ensemble, with the folds. Raises OptionError, DatasetError."""
        folder = Path(self.results) if self.results else results_folder(preferred=self.settings.results)
        if folder is None:
            raise DatasetError("where are the trained models? Name the results folder, or set nnUNet_results")
        found = scan_results(folder)
        folds = [str(fold) for fold in self.folds]
        members = []
        for configuration in (self.configuration or "").split("+"):
            wanted = {"dataset": self.dataset, "configuration": configuration.strip() or None}
            choice = choose(found, {**wanted, "trainer": self.trainer, "plans": self.plans}, folds)
            if choice.model is None:
                raise OptionError("configuration", configuration, choice.options("configuration"))
            members.append((choice.model, choice.folds))
        return members
