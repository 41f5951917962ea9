"""nnU-Net at work: images out, its programs run, label maps back, or taken from the cache."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import ToolError
from ...formats.image_file import SUFFIXES
from ...formats.report import ProgressCallback
from ..cache import Key, ResultCache
from ..environments import Environment, installed_packages
from ..process.steps import run_steps
from ..proposals import (
    Answer,
    LabelMap,
    Request,
    layers_without_overlap,
    read_answer_map,
    work_folder,
    write_frame,
)
from .channel_names import with_own_names
from .commands import Prediction, plan_prediction
from .description import describe_model
from .options import PredictOptions
from .results import Model, postprocessing_of


@dataclass(frozen=True, eq=False)
class NnUNetPredictor:
    """Predicts with one model, or with several as an ensemble; see ``proposals.Predictor``."""

    environment: Environment
    members: tuple[Prediction, ...]
    options: PredictOptions = PredictOptions()
    cache: ResultCache = field(default_factory=ResultCache)

    @property
    def title(self) -> str:
        """How undo lists call it."""
        return f"nnU-Net {self.members[0].model.dataset}"

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels, in their order."""
        return self.members[0].description.channels

    def predict(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        """See ``Predictor``. All frames that are asked for are cases of one run."""
        description = self.members[0].description
        if len(request.channels) != len(description.channels):
            needed = ", ".join(description.channels)
            raise ToolError(
                f"the model takes {len(description.channels)} channels ({needed}), not {len(request.channels)}"
            )
        begun = time.monotonic()
        key = self.key(request)
        maps = self.cache.get(key) if self.options.use_cache else None
        if maps is not None:
            said = "taken from the cache: the same images, model and options were predicted before"
        else:
            maps = self._run(request, progress)
            said = f"predicted in {time.monotonic() - begun:.1f} s"
            if self.options.use_cache and not self.cache.put(key, maps):
                said += "; it could not be kept in the cache"
        layers = layers_without_overlap(self.members[0].model.dataset, description.labels, maps)
        return Answer(layers, (said, *description.notes))

    def key(self, request: Request) -> str:
        """What the cache knows this prediction by: content of the images, models with their weights, and options."""
        key = Key().add(frames=sorted(request.frames), versions=installed_packages(self.environment, _PACKAGES))
        options = self.options
        key.add(mirroring=options.mirroring, step=options.step_size, mixed=options.mixed_precision)
        for t in sorted(request.frames):
            for number in range(len(request.channels)):
                key.add_image(request.pixels(number, t), request.geometry)
        for member in self.members:
            model = member.model
            key.add(model=model.identifier, dataset=model.dataset, folds=member.folds, checkpoint=model.checkpoint)
            key.add_files(_weights(model, member.folds))
        post = postprocessing_of(tuple(member.model for member in self.members), self.members[0].folds)
        key.add(postprocessing=options.postprocessing).add_files([post] if post and options.postprocessing else [])
        return key.text()

    def _run(self, request: Request, progress: ProgressCallback | None) -> dict[int, LabelMap]:
        ending = self.members[0].description.file_ending
        if ending not in SUFFIXES:
            raise ToolError(f"the model takes images as {ending} files; they are written as {', '.join(SUFFIXES)}")
        with work_folder() as folder:
            plan = plan_prediction(self.members, self.environment, self.options, folder / "in", folder / "out")
            if progress is not None:
                progress(0.0, "writing the images")
            for t in request.frames:
                for number in range(len(request.channels)):
                    path = folder / "in" / f"frame_{t:04d}_{number:04d}{ending}"
                    write_frame(path, request.pixels(number, t), request.geometry)
            lines = run_steps(plan.programs, progress, self.options.limit_s)
            program = plan.programs[-1].title
            return {t: read_answer_map(plan.result / f"frame_{t:04d}{ending}", program, lines) for t in request.frames}


_PACKAGES = ("nnunetv2", "nnunet")


def _weights(model: Model, folds: tuple[str, ...]) -> list[Path]:
    names = ("dataset.json", "plans.json", "plans.pkl", "postprocessing.json")
    checkpoint = model.checkpoint if model.version == 2 else f"{model.checkpoint}.model"
    places = [model.folder / (fold if fold == "all" and model.version == 1 else f"fold_{fold}") for fold in folds]
    return [*(model.folder / name for name in names), *(place / checkpoint for place in places)]


def predictor_of(
    environment: Environment,
    models: Sequence[tuple[Model, tuple[str, ...]]],
    options: PredictOptions | None = None,
    cache: ResultCache | None = None,
    names_folder: Path | None = None,
) -> NnUNetPredictor:
    """A predictor of models with their folds; empty folds are all. Reads the files beside the models.

    ``names_folder`` is that of ``channel_names.keep_names``. Raises DatasetError, ExternalToolError, OptionError.
    """
    members = tuple(
        Prediction(
            model, folds or model.all_folds, with_own_names(model, describe_model(model, environment), names_folder)
        )
        for model, folds in models
    )
    return NnUNetPredictor(environment, members, options or PredictOptions(), cache or ResultCache())
