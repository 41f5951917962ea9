"""Names that the user gave to a model's channels, kept beside the model, or in a folder of the caller's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import DatasetError, OptionError, WriteError
from ...formats.staging import Stage
from .description import ModelDescription, read_object
from .results import Model

FILE = "mlseg_channels.json"


def with_own_names(model: Model, description: ModelDescription, folder: Path | None = None) -> ModelDescription:
    """The description with the user's names of channels, where there are as many as the model has.

    ``folder`` is looked in where there are none beside the model. Raises DatasetError for a file that is damaged.
    """
    path = next((path for path in _places(model, folder) if path.is_file()), None)
    if path is None:
        return description
    names = read_object(path).get("channels")
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise DatasetError(f"{path}: channels: expected a list of names, found {names!r:.80}")
    if len(names) != len(description.channels) or len(set(names)) != len(names):
        raise DatasetError(
            f"{path}: channels: expected {len(description.channels)} different names, found {', '.join(names)}"
        )
    return replace(description, channels=tuple(names))


def keep_names(model: Model, names: Sequence[str], folder: Path | None = None) -> Path:
    """Keeps names of a model's channels, in ``folder`` where that of the model is read-only; returns the file.

    Raises OptionError for names that are empty or alike, WriteError when neither folder can be written to.
    """
    cleaned = [name.strip() for name in names]
    if not all(cleaned) or len(set(cleaned)) != len(cleaned):
        raise OptionError("channels", list(names), "names that are not empty and differ from each other")
    text = json.dumps({"channels": cleaned}, indent=1, ensure_ascii=False) + "\n"
    beside, *others = _places(model, folder)
    try:
        return _write(beside, text)
    except WriteError:
        if not others:
            raise
    (own,) = others
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(own, error.strerror or str(error)) from None
    return _write(own, text)


def _write(path: Path, text: str) -> Path:
    with Stage(path) as stage:
        stage.file(path).write_text(text, encoding="utf-8")
        stage.commit()
    return path


def _places(model: Model, folder: Path | None) -> tuple[Path, ...]:
    if folder is None:
        return (model.folder / FILE,)
    name = hashlib.sha256(str(model.folder.resolve()).encode()).hexdigest()[:16]
    return model.folder / FILE, folder / "nnunet-channels" / f"{name}.json"
