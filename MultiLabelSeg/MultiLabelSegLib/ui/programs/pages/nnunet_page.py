"""nnU-Net's page without Qt: folder, drop-downs that narrow each other, folds, channels, options, cache, models."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from ....core import Image
from ....errors import MultiLabelSegError
from ....external.cache import ResultCache
from ....external.devices import Gpu, find_gpus
from ....external.nnunet import (
    FIELDS,
    Model,
    ModelChoice,
    PredictOptions,
    predictor_of,
    results_folder,
    scan_results,
)
from ....external.nnunet.description import describe_model
from ....external.nnunet.pretrained import Pretrained, fetch_pretrained, list_pretrained
from ....external.nnunet.results import postprocessing_of
from ....external.proposals import OtherGrid, propose_with, request_of
from ....formats.report import ProgressCallback
from ....presets.preference_file import config_folder
from ....presets.preferences import PreferenceStore, load_preferences, save_preferences
from ....tools.base import Preview, Scene
from .channels import ChannelTable
from .looking import Look, Run, at_once
from .program_page import ProgramPage
from .state import Availability, Choice, device_choice, with_option

GpuFinder = Callable[[], tuple[Gpu, ...]]


class NnUNetPage(ProgramPage):
    """State and rules of the page; see ``ProgramPage``.

    The usual order: ``set_folder`` or the folder from the environment, ``select`` down the fields, ``channels``,
    ``set_option``, then ``task`` in the background, whose preview ``tools.confirm`` takes.
    """

    def __init__(
        self,
        store: PreferenceStore,
        find: GpuFinder = find_gpus,
        cache: ResultCache | None = None,
        run: Run = at_once,
    ) -> None:
        super().__init__("nnunet", store, run, cache)
        self._models_look = Look(run, self.changed.emit)
        self.channels = ChannelTable(Look(run, self.changed.emit), config_folder())
        self._looks += (self._models_look, self.channels.look)
        self.options = PredictOptions()
        self.folder: Path | None = None
        self._first_folder: Path | None = None
        self._store, self._find = store, find
        self._choices = [ModelChoice(())]
        self._gpus = find()
        self.environment.changed.connect(self._follow)
        try:
            preferences = load_preferences(store)
            preferred = preferences.nnunet_results_path
            self.options = PredictOptions(limit_s=preferences.external_timeout_s)
        except MultiLabelSegError as error:
            preferred, self.problem = "", str(error)
        self._first_folder = results_folder(preferred=Path(preferred) if preferred else None)
        if self._first_folder is not None:
            self._scan(self._first_folder)

    # folder

    def set_folder(self, folder: Path) -> None:
        """Looks into another results folder and remembers it; ``problem`` says why not, what was shown then stays."""
        self._scan(folder, remembered=False)

    def refresh(self) -> None:
        """Looks into the folder again (models were added), and asks for GPUs again; choices that still fit stay."""
        self._gpus = self._find()
        folder = self.folder or self._first_folder
        if folder is not None:
            self._scan(folder)
        self.measure_cache()
        self.changed.emit()

    def _scan(self, folder: Path, remembered: bool = True) -> None:
        def found(models: tuple[Model, ...]) -> None:
            self.folder, self.problem = folder, ""
            kept = [choice.among(models) for choice in self._choices]
            self._choices = kept[:1] + [choice for choice in kept[1:] if choice.model is not None]
            self._follow_model()
            if not remembered:
                self._remember(folder)

        self._models_look.start(
            "Looking for trained models", lambda stop: scan_results(folder, stop), found, self._refused
        )

    def _refused(self, error: MultiLabelSegError) -> None:
        self.problem = str(error)

    def _remember(self, folder: Path) -> None:
        try:
            save_preferences(self._store, load_preferences(self._store).with_(nnunet_results_path=str(folder)))
        except MultiLabelSegError as error:
            self.problem = str(error)

    # the model, or the members of an ensemble

    @property
    def members(self) -> int:
        """How many models are chosen between: more than one is an ensemble."""
        return len(self._choices)

    def choice(self, name: str, member: int = 0) -> Choice:
        """A drop-down: ``dataset``, ``configuration``, ``trainer`` or ``plans``."""
        held = self._choices[member]
        before = next((each for each in FIELDS[: FIELDS.index(name)] if held.value(each) is None), "")
        missing = "looking for trained models" if self._models_look.text else "choose a folder"
        state = Availability(f"choose the {before} first" if before else "" if held.models else missing)
        return Choice(tuple((text, text) for text in held.options(name)), held.value(name), state)

    def select(self, name: str, text: str, member: int = 0) -> None:
        """Chooses in a drop-down; later ones keep what still fits. Raises OptionError for what is not offered."""
        self._choices[member] = self._choices[member].with_(name, text)
        if name == "dataset" and member == 0:
            del self._choices[1:]
        self._follow_model()
        self.changed.emit()

    def folds(self, member: int = 0) -> tuple[tuple[str, bool], ...]:
        """Each fold of the model and whether it is used; none chosen means all."""
        held = self._choices[member]
        known = () if held.model is None else held.model.folds
        return tuple((fold, fold in held.used_folds) for fold in known)

    def set_folds(self, folds: Iterable[str], member: int = 0) -> None:
        """Chooses folds; none means all. Raises OptionError."""
        self._choices[member] = self._choices[member].with_folds(folds)
        self.changed.emit()

    def ensemble_state(self) -> Availability:
        """Whether a further model can be added: the same dataset needs another configuration, trainer or plans."""
        model = self._choices[0].model
        if model is None:
            return Availability("choose the first model")
        others = [each for each in self._choices[0].models if each.dataset == model.dataset]
        return Availability("" if len(others) > self.members else f"{model.dataset} has no further model")

    def add_member(self) -> None:
        """Adds a model to the ensemble, of the same dataset."""
        first = self._choices[0]
        dataset = first.value("dataset")
        if dataset is not None and self.ensemble_state().enabled:
            self._choices.append(ModelChoice(first.models).with_("dataset", dataset))
            self.changed.emit()

    def remove_member(self) -> None:
        """Takes the last model out of the ensemble."""
        if self.members > 1:
            self._choices.pop()
            self.changed.emit()

    @property
    def models(self) -> tuple[Model, ...]:
        """The chosen models; fewer than ``members`` while a choice is open."""
        return tuple(choice.model for choice in self._choices if choice.model is not None)

    def _follow_model(self) -> None:
        environment = self.environment.selected
        self.channels.follow(self._choices[0].model, lambda model, stop: describe_model(model, environment, stop))

    def _follow(self) -> None:
        if self.channels.description is None:  # v1's plans need the environment's Python
            self._follow_model()
        self.changed.emit()

    # images

    def set_reference(self, image_id: str) -> None:
        """The image that the panel is about; it is the first channel's unless another is chosen there."""
        self.channels.set_reference(image_id)
        self.changed.emit()

    def set_image(self, index: int, image_id: str) -> None:
        """Chooses the image of a channel."""
        self.channels.set_image(index, image_id)
        self.changed.emit()

    def rename_channel(self, index: int, name: str) -> bool:
        """Names a channel; the names are kept beside the model. ``channels.problem`` says why not (False)."""
        done = self.channels.rename(index, name)
        self.changed.emit()
        return done

    # options

    def set_option(self, name: str, value: Any) -> None:
        """Sets a field of ``options``; ``device`` may be typed. Raises OptionError."""
        self.options = with_option(self.options, name, value)
        self.changed.emit()

    def option_state(self, name: str) -> Availability:
        """Whether a field of ``options`` matters now, and why not."""
        models = self.models
        if name == "mixed_precision" and any(model.version == 2 for model in models):
            return Availability(
                "nnU-Net v2 decides by itself: mixed precision on NVIDIA GPUs, full precision elsewhere"
            )
        if name == "postprocessing" and models:
            found = postprocessing_of(models, self._choices[0].used_folds)
            if found is None and not (models[0].version == 1 and len(models) == 1):
                return Availability("the model has no post-processing for these folds")
            if models[0].version == 1 and len(models) == 1:
                return Availability("nnU-Net v1 post-processes a single model's result by itself")
        return Availability()

    def devices(self) -> Choice:
        """The devices: GPUs as nvidia-smi lists them; another number can be typed (``set_option``)."""
        return device_choice(self._gpus, self.options.device)

    # pretrained models

    def pretrained(self, progress: ProgressCallback | None = None) -> tuple[Pretrained, ...]:
        """The models that can be fetched by name (v1). In the background. Raises OptionError, ExternalToolError."""
        environment = self.environment.selected
        return () if environment is None else list_pretrained(environment, progress)

    def fetch_state(self) -> Availability:
        """Whether models can be fetched."""
        if self.environment.selected is None:
            return self.environment.state()
        return Availability("" if self.folder is not None else "choose a results folder first")

    def fetch(self, what: str, progress: ProgressCallback | None = None, version: int = 2) -> tuple[Model, ...]:
        """Fetches a model after the view has asked ``fetch_question``. In the background; then ``refresh``.

        Raises ExternalToolError, which says when this machine is offline, OptionError, DatasetError, Cancelled.
        """
        if self.environment.selected is None or self.folder is None:
            return ()
        return fetch_pretrained(self.environment.selected, self.folder, what, lambda _: True, progress, version)

    def fetch_question(self, what: str) -> str:
        """The sentence to ask before anything is fetched."""
        return (
            f"Fetch {what} into {self.folder}? It may be gigabytes, has a licence of its own, and may replace models."
        )

    # at work

    def preview_state(self) -> Availability:
        """Whether Preview can be pressed, and what is missing."""
        for state in (self.environment.state(), self._models_state(), self.channels.state()):
            if not state.enabled:
                return state
        return Availability()

    def _models_state(self) -> Availability:
        if self.folder is None:
            missing = "looking for trained models" if self._models_look.text else ""
            return Availability(missing or self.problem or "choose the folder of trained models")
        open_choice = len(self.models) < self.members
        return Availability("choose dataset, configuration, trainer and plans" if open_choice else "")

    def task(
        self,
        scene: Scene,
        image: Callable[[str], Image],
        all_frames: bool = False,
        other_grid: OtherGrid = "refuse",
    ) -> Callable[[ProgressCallback | None], Preview]:
        """Work for the background, made here in the view's thread: a function of a progress callback.

        ``image`` gives an image by the host's id. A callback that answers True cancels. Raises HostError at once
        for an image that there is not; the function raises DatasetError, OptionError, ExternalToolError, Cancelled.
        """
        assert self.environment.selected is not None
        chosen = [(choice.model, choice.folds) for choice in self._choices if choice.model is not None]
        about = self.environment.selected, chosen, self.options, self.cache, self.channels.folder
        first, others = self.channels.others(image)
        scene = replace(scene, image=image(first))
        frames: Literal["current", "all"] = "all" if all_frames else "current"

        def work(progress: ProgressCallback | None) -> Preview:
            predictor = predictor_of(*about)  # reads the files of models, or lets a Python read them
            return propose_with(
                predictor, scene, request_of(scene, predictor.channels, others, frames, other_grid), progress
            )

        return work
