"""nnU-Net's folder of trained models, scanned: v2's ``nnUNet_results`` and v1's ``RESULTS_FOLDER``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import DatasetError
from ...formats.report import ProgressCallback, Report

#: v1's name of the folder in RESULTS_FOLDER
_V1 = "nnUNet"
_V1_CONFIGURATIONS = ("2d", "3d_lowres", "3d_fullres", "3d_cascade_fullres")
#: the checkpoints that may be predicted with, the one that nnU-Net itself takes first
_CHECKPOINTS = {2: ("checkpoint_final.pth", "checkpoint_best.pth"), 1: ("model_final_checkpoint", "model_best")}


@dataclass(frozen=True)
class Model:
    """One trained model. ``folds`` are those that hold ``checkpoint``: "0"..."4" or "all". ``root`` is what the
    environment variable of its nnU-Net has to name."""

    version: int
    dataset: str
    configuration: str
    trainer: str
    plans: str
    folds: tuple[str, ...]
    folder: Path
    root: Path
    checkpoint: str

    @property
    def identifier(self) -> str:
        """As v2 names its folder: trainer, plans and configuration."""
        return f"{self.trainer}__{self.plans}__{self.configuration}"

    @property
    def all_folds(self) -> tuple[str, ...]:
        """What is meant where no fold is chosen: all of the cross-validation, else the one trained on everything."""
        numbered = tuple(fold for fold in self.folds if fold != "all")
        return numbered or self.folds


def results_folder(environment: Mapping[str, str] | None = None, preferred: Path | None = None) -> Path | None:
    """The folder to begin with: ``nnUNet_results``, else ``RESULTS_FOLDER``, else the preferred one."""
    variables = os.environ if environment is None else environment
    for text in (variables.get("nnUNet_results", ""), variables.get("RESULTS_FOLDER", "")):
        if text:
            return Path(text)
    return preferred


def scan_results(folder: Path, progress: ProgressCallback | None = None) -> tuple[Model, ...]:
    """All models of a folder, of both versions, in the order of their names; nothing in them is opened.

    Either version's results folder will do, v1's ``nnUNet`` inside of it too, and so will the folder of one dataset.
    Raises DatasetError when the folder is not there or holds no model, saying what was looked for,
    Cancelled.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such folder of nnU-Net's results")
    try:
        found = tuple(
            sorted(
                _models(folder, Report(progress)),
                key=lambda model: (model.dataset, model.configuration, model.trainer, model.plans),
            )
        )
    except OSError as error:
        raise DatasetError(f"{error.filename or folder}: {error.strerror or error}") from None
    if not found:
        raise DatasetError(
            f"{folder}: no trained model; expected DatasetNNN_Name/Trainer__Plans__configuration/fold_N with a "
            "checkpoint (v2), or nnUNet/configuration/TaskNNN_Name/Trainer__Plans/fold_N (v1)"
        )
    return found


def _models(folder: Path, report: Report) -> Iterator[Model]:
    if folder.name.startswith("Dataset"):
        yield from _v2_dataset(folder, folder.parent)
    for path in _folders(folder):
        if path.name.startswith("Dataset"):
            report.step(0.0, path.name)
            yield from _v2_dataset(path, folder)
    base = folder if folder.name == _V1 else folder / _V1
    for configuration in _V1_CONFIGURATIONS:
        for task in _folders(base / configuration):
            report.step(0.0, task.name)
            for path in _folders(task):
                trainer, mark, plans = path.name.partition("__")
                if mark:
                    yield from _model(1, task.name, configuration, trainer, plans, path, base.parent)


def _v2_dataset(folder: Path, root: Path) -> Iterator[Model]:
    for path in _folders(folder):
        parts = path.name.split("__")
        if len(parts) == 3:
            yield from _model(2, folder.name, parts[2], parts[0], parts[1], path, root)


def _model(
    version: int, dataset: str, configuration: str, trainer: str, plans: str, folder: Path, root: Path
) -> Iterator[Model]:
    names = [path.name for path in _folders(folder) if path.name.startswith("fold_") or path.name == "all"]
    for checkpoint in _CHECKPOINTS[version]:
        file = checkpoint if version == 2 else f"{checkpoint}.model"
        folds = tuple(name.removeprefix("fold_") for name in names if os.path.isfile(f"{folder}/{name}/{file}"))  # noqa: PTH113
        if folds:
            yield Model(version, dataset, configuration, trainer, plans, folds, folder, root, checkpoint)
            return


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    # several times quicker than Path.iterdir, and folders of results hold thousands of folders
    with os.scandir(folder) as entries:
        return [folder / name for name in sorted(entry.name for entry in entries if entry.is_dir())]


def postprocessing_of(members: tuple[Model, ...], folds: tuple[str, ...]) -> Path | None:
    """The file that says how to post-process one model's result, or that of an ensemble; None where there is none.

    v1 applies that of a single model by itself, so it has one for ensembles alone.
    """
    first = members[0]
    if len(members) == 1:
        if first.version == 1:
            return None
        places = [first.folder / f"crossval_results_folds_{'_'.join(folds)}", first.folder]
        return next((path for place in places if (path := place / "postprocessing.pkl").is_file()), None)
    for order in (members, members[::-1]):
        if first.version == 2:
            name = "___".join(("ensemble", *(model.identifier for model in order), "_".join(folds)))
            path = first.root / first.dataset / "ensembles" / name / "postprocessing.pkl"
        else:
            parts = (f"{model.configuration}__{model.trainer}__{model.plans}" for model in order)
            path = (
                first.root / _V1 / "ensembles" / first.dataset / f"ensemble_{'--'.join(parts)}" / "postprocessing.json"
            )
        if path.is_file():
            return path
    return None
