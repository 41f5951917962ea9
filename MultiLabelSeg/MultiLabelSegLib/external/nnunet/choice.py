"""Choosing one model of many: each choice narrows the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ...errors import OptionError
from .results import Model

#: what is chosen, in the order of the drop-downs
FIELDS = ("dataset", "configuration", "trainer", "plans")


@dataclass(frozen=True)
class ModelChoice:
    """Some fields chosen among models. ``folds`` empty means all. Immutable: ``with_`` gives the next one."""

    models: tuple[Model, ...]
    chosen: Mapping[str, str] = field(default_factory=dict)
    folds: tuple[str, ...] = ()

    def options(self, name: str) -> tuple[str, ...]:
        """What can be chosen in a field, given what is chosen in the fields before it."""
        return self._options[_known(name)]

    @cached_property
    def _options(self) -> Mapping[str, tuple[str, ...]]:
        """What can be chosen in each field; pages ask for it again and again, and folders hold hundreds of models."""
        fitting, found = self.models, {}
        for name in FIELDS:
            found[name] = tuple(dict.fromkeys(getattr(model, name) for model in fitting))
            if name in self.chosen:
                fitting = tuple(model for model in fitting if getattr(model, name) == self.chosen[name])
        return found

    def value(self, name: str) -> str | None:
        """What is chosen in a field: by the user, or because it is all that there is."""
        options = self.options(name)
        chosen = self.chosen.get(name)
        return chosen if chosen in options else options[0] if len(options) == 1 else None

    def with_(self, name: str, text: str) -> ModelChoice:
        """Another choice in a field; later fields keep theirs where it still fits, and lose it where not.

        Raises OptionError for what cannot be chosen.
        """
        if text not in self.options(name):
            raise OptionError(name, text, self.options(name))
        after = FIELDS[FIELDS.index(name) + 1 :]
        made = replace(self, chosen={**self.chosen, name: text})
        for key in after:
            if key in made.chosen and made.chosen[key] not in made.options(key):
                made = replace(made, chosen={k: t for k, t in made.chosen.items() if k != key})
        kept = () if made.model is None else tuple(fold for fold in self.folds if fold in made.model.folds)
        return replace(made, folds=kept)

    def with_folds(self, folds: Iterable[str]) -> ModelChoice:
        """Some folds; none means all. Raises OptionError for a fold that the model does not have, or no model."""
        chosen = tuple(dict.fromkeys(str(fold) for fold in folds))
        known = () if self.model is None else self.model.folds
        for fold in chosen:
            if fold not in known:
                raise OptionError("folds", fold, known or "folds of a model; choose the model first")
        return replace(self, folds=chosen)

    def among(self, models: tuple[Model, ...]) -> ModelChoice:
        """The same choices among other models, as far as they are still there."""
        made = ModelChoice(models)
        for name in FIELDS:
            text = self.chosen.get(name)
            if text is not None and text in made.options(name):
                made = made.with_(name, text)
        known = () if made.model is None else made.model.folds
        return made.with_folds(fold for fold in self.folds if fold in known)

    @cached_property
    def model(self) -> Model | None:
        """The one model that is left; None while several are."""
        wanted = {name: text for name in FIELDS if (text := self.value(name)) is not None}
        found = [model for model in self.models if all(getattr(model, name) == text for name, text in wanted.items())]
        return found[0] if len(found) == 1 else None

    @property
    def used_folds(self) -> tuple[str, ...]:
        """The folds to predict with: the chosen ones, else all."""
        return self.folds or (() if self.model is None else self.model.all_folds)


def choose(models: tuple[Model, ...], wanted: Mapping[str, str | None], folds: Iterable[str] = ()) -> ModelChoice:
    """The model that some fields name; a dataset may be given by its number alone.

    A field that is not given is the only one that fits, or nnU-Net's own default where it is among several. Raises
    OptionError that lists what can be chosen.
    """
    choice = ModelChoice(models)
    for name in FIELDS:
        text, options = wanted.get(name), choice.options(name)
        if text is None and choice.value(name) is None:
            text = next((each for each in _DEFAULTS.get(name, ()) if each in options), None)
            if text is None:
                raise OptionError(name, None, f"one of {', '.join(options)}")
        if text is not None:
            choice = choice.with_(name, _full_name(text, options) if name == "dataset" else text)
    return choice.with_folds(folds)


#: what nnU-Net takes where the user says nothing
_DEFAULTS = {
    "trainer": ("nnUNetTrainer", "nnUNetTrainerV2", "nnUNetTrainerV2CascadeFullRes"),
    "plans": ("nnUNetPlans", "nnUNetPlansv2.1"),
    "configuration": ("3d_fullres",),
}


def _full_name(text: str, options: tuple[str, ...]) -> str:
    """``4`` or ``004`` is the dataset of that number."""
    if text in options or not text.isdigit():
        return text
    for option in options:
        number = option.partition("_")[0].removeprefix("Dataset").removeprefix("Task")
        if number.isdigit() and int(number) == int(text):
            return option
    return text


def _known(name: str) -> str:
    if name not in FIELDS:
        raise OptionError("field", name, FIELDS)
    return name
