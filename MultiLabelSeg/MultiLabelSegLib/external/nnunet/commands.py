"""nnU-Net's command lines, of both versions, as programs to run one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import ExternalToolError, ToolError
from ..devices import Device, device_of
from ..environments import Environment
from ..process import Program
from .description import ModelDescription
from .options import PredictOptions
from .results import Model, postprocessing_of


@dataclass(frozen=True, eq=False)
class Plan:
    """Programs to run in turn, and the folder in which the result then lies."""

    programs: tuple[Program, ...]
    result: Path


@dataclass(frozen=True, eq=False)
class Prediction:
    """One model of an ensemble, or the only one, with the folds to use."""

    model: Model
    folds: tuple[str, ...]
    description: ModelDescription


def plan_prediction(
    members: Sequence[Prediction], environment: Environment, options: PredictOptions, source: Path, work: Path
) -> Plan:
    """What to run for the images in ``source``; results go to folders in ``work``.

    Several members are an ensemble. Raises ToolError for members that do not fit each other, ExternalToolError for a
    program that the environment does not have.
    """
    version = _common(members)
    maker = _V2(environment, options) if version == 2 else _V1(environment, options)
    programs: list[Program] = []
    folders: list[Path] = []
    several = len(members) > 1
    for number, member in enumerate(members):
        folders.append(work / f"prediction_{number}")
        programs += maker.predict(member, source, folders[-1], several)
    result = folders[0]
    post = _postprocessing(members) if options.postprocessing else None
    if several:
        result = work / "ensemble"
        programs.append(maker.ensemble(members[0].model, folders, result, post))
    if version == 2 and post is not None:
        after = work / "postprocessed"
        programs.append(maker.postprocess(members[0].model, result, after, post))
        result = after
    return Plan(tuple(programs), result)


def _postprocessing(members: Sequence[Prediction]) -> Path | None:
    return postprocessing_of(tuple(member.model for member in members), members[0].folds)


def _common(members: Sequence[Prediction]) -> int:
    """The version of all members. Raises ToolError where they cannot be an ensemble."""
    first = members[0]
    for member in members[1:]:
        for what, mine, theirs in (
            ("version of nnU-Net", first.model.version, member.model.version),
            ("dataset", first.model.dataset, member.model.dataset),
            ("labels", first.description.labels, member.description.labels),
            ("channels", first.description.channels, member.description.channels),
        ):
            if mine != theirs:
                names = f"{first.model.identifier} and {member.model.identifier}"
                raise ToolError(f"{names} cannot be an ensemble: they differ in {what}")
    if len({member.model.identifier for member in members}) < len(members):
        raise ToolError(f"an ensemble needs models that differ; {first.model.identifier} is named twice")
    return first.model.version


class _Maker:
    """What both versions share."""

    def __init__(self, environment: Environment, options: PredictOptions) -> None:
        self.environment, self.options = environment, options
        self.device: Device = device_of(options.device)

    def program(self, model: Model, name: str, *arguments: object) -> Program:
        """A program of the environment, with nnU-Net's own variables. Raises ExternalToolError."""
        script = self.environment.script(name)
        if not script.is_file():
            hint = "choose another environment, or let mlseg environments make nnunet make one"
            raise ExternalToolError(name, 127, [f"it is not installed in {self.environment.folder}; {hint}"])
        variable = "nnUNet_results" if model.version == 2 else "RESULTS_FOLDER"
        variables: dict[str, str | None] = {variable: str(model.root), **self.device.variables()}
        path = str(self.environment.python.parent)
        return Program((str(script), *map(str, arguments)), name, variables, folder=None).with_path(path)


class _V2(_Maker):
    def predict(self, member: Prediction, source: Path, target: Path, keep_probabilities: bool) -> list[Program]:
        """The prediction, behind that of the stage before where the model is a cascade."""
        model, programs = member.model, []
        more: list[object] = ["--save_probabilities"] if keep_probabilities else []
        if member.description.previous:
            before = target.with_name(f"{target.name}_previous")
            programs.append(self._predict(model, member.description.previous, member.folds, source, before, []))
            more += ["-prev_stage_predictions", before]
        return [*programs, self._predict(model, model.configuration, member.folds, source, target, more)]

    def _predict(
        self, model: Model, configuration: str, folds: tuple[str, ...], source: Path, target: Path, more: list[object]
    ) -> Program:
        options = self.options
        arguments: list[object] = ["-i", source, "-o", target, "-d", model.dataset, "-c", configuration]
        arguments += ["-tr", model.trainer, "-p", model.plans, "-f", *folds, "-chk", model.checkpoint]
        arguments += ["-npp", 1, "-nps", 1, "-device", self.device.kind, "-step_size", options.step_size]
        arguments += [] if options.mirroring else ["--disable_tta"]
        return self.program(model, "nnUNetv2_predict", *arguments, *more)

    def ensemble(self, model: Model, folders: list[Path], target: Path, post: Path | None) -> Program:
        """The mean of the probabilities; ``post`` is a program of its own in this version."""
        del post
        return self.program(model, "nnUNetv2_ensemble", "-i", *folders, "-o", target, "-np", 1)

    def postprocess(self, model: Model, source: Path, target: Path, post: Path) -> Program:
        """What nnU-Net found to be better done afterwards, such as keeping the largest part."""
        files = ["-plans_json", model.folder / "plans.json", "-dataset_json", model.folder / "dataset.json"]
        arguments = ["-i", source, "-o", target, "-pp_pkl_file", post, "-np", 1, *files]
        return self.program(model, "nnUNetv2_apply_postprocessing", *arguments)


class _V1(_Maker):
    def predict(self, member: Prediction, source: Path, target: Path, keep_probabilities: bool) -> list[Program]:
        """The prediction; v1 runs the stage before a cascade, and a single model's post-processing, by itself."""
        model, options = member.model, self.options
        cascade = model.configuration == "3d_cascade_fullres"
        arguments: list[object] = ["-i", source, "-o", target, "-t", model.dataset, "-m", model.configuration]
        arguments += ["-ctr" if cascade else "-tr", model.trainer, "-p", model.plans, "-f", *member.folds]
        arguments += ["-chk", model.checkpoint, "--num_threads_preprocessing", 1, "--num_threads_nifti_save", 1]
        arguments += ["--step_size", options.step_size]
        arguments += [] if options.mirroring else ["--disable_tta"]
        arguments += [] if options.mixed_precision else ["--disable_mixed_precision"]
        arguments += ["--save_npz"] if keep_probabilities else []
        return [self.program(model, "nnUNet_predict", *arguments)]

    def ensemble(self, model: Model, folders: list[Path], target: Path, post: Path | None) -> Program:
        """The mean of the probabilities, post-processed where there is a file that says how."""
        more = [] if post is None else ["-pp", post]
        return self.program(model, "nnUNet_ensemble", "-f", *folders, "-o", target, "-t", 1, *more)

    def postprocess(self, model: Model, source: Path, target: Path, post: Path) -> Program:
        """Never asked for: ``ensemble`` does it. Raises ToolError."""
        raise ToolError(
            f"nnU-Net v1 has no program that post-processes {source} into {target} ({model.dataset}, {post})"
        )
