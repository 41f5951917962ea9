"""The pages of outside programs as fields of forms, and what a changed field sets."""

from __future__ import annotations

from typing import Any, Literal

from ...external.nnunet import FIELDS
from ..fields import Choice, Field
from .pages import Availability, NnUNetPage, TotalSegmentatorPage
from .pages import Choice as PageChoice
from .programs import AiTools

_HELP = {
    "dataset": "What the model was trained for",
    "configuration": "2D or 3D, full or low resolution",
    "trainer": "How it was trained",
    "plans": "How nnU-Net planned the training",
}
_FRAMES = (Choice(False, "the current one"), Choice(True, "all"))
_GRIDS = (Choice("refuse", "refuse"), Choice("resample", "resample"))


def _of_choice(name: str, title: str, choice: PageChoice, about: str, kind: Literal["choice", "typed"]) -> Field:
    listed = tuple(Choice(value, text) for value, text in choice.options)
    state = choice.state
    return Field(
        name, title, kind, choice.value, choices=listed, help=about, enabled=state.enabled, reason=sentence(state)
    )


def sentence(state: Availability) -> str:
    """The reason of a state as a sentence; empty where there is none."""
    return f"{state.reason[:1].upper()}{state.reason[1:]}." if state.reason else ""


def model_fields(page: NnUNetPage, member: int) -> tuple[Field, ...]:
    """Dataset, configuration, trainer, plans and folds of a member; further members share the first one's dataset."""
    names = FIELDS if member == 0 else FIELDS[1:]
    made = [_of_choice(name, name.capitalize(), page.choice(name, member), _HELP[name], "choice") for name in names]
    folds = page.folds(member)
    if folds:
        used = tuple(fold for fold, on in folds if on)
        listed = tuple(Choice(fold, f"Fold {fold}" if fold.isdigit() else "Trained on all cases") for fold, _ in folds)
        about = "The folds whose results are averaged; all are used when none is chosen"
        made.append(Field("folds", "Folds", "several", used, choices=listed, help=about))
    return tuple(made)


def set_model(page: NnUNetPage, member: int, name: str, value: Any) -> None:
    """Sets one of ``model_fields``. Raises OptionError."""
    if name == "folds":
        page.set_folds(value, member)
    else:
        page.select(name, value, member)


def option_fields(ai: AiTools, page: NnUNetPage | TotalSegmentatorPage, dynamic: bool) -> tuple[Field, ...]:
    """How a program works; rarely needed fields are advanced. ``dynamic``: the segmentation has several frames."""
    options = page.options
    made = [] if isinstance(page, NnUNetPage) else [_speed(page)]
    device = "Where the model runs; the number of a GPU can be typed"
    made.append(_of_choice("device", "Device", page.devices(), device, "typed"))
    if dynamic:
        frames = "The frames of the segmentation to work on"
        made.append(Field("all_frames", "Frames", "choice", ai.all_frames, choices=_FRAMES, help=frames))
    if isinstance(page, NnUNetPage):
        made += _nnunet_options(page)
    grid = "What to do with images on another grid than the first one or the segmentation"
    made.append(Field("other_grid", "Other grids", "choice", ai.other_grid, choices=_GRIDS, help=grid, advanced=True))
    limit = "The program is ended after this time; 0 is no limit"
    made.append(Field("limit_s", "Time limit", "float", options.limit_s, 0, 0, None, 60, "s", limit, advanced=True))
    return tuple(made)


def _speed(page: TotalSegmentatorPage) -> Field:
    about = "Fast needs a fraction of the time and memory, and finds small structures less well"
    return _of_choice("speed", "Resolution", page.speeds(), about, "choice")


def _nnunet_options(page: NnUNetPage) -> list[Field]:
    options = page.options
    mirroring = "Predicts mirrored images too and takes the mean: better, several times slower"
    made = [Field("mirroring", "Mirroring", "bool", options.mirroring, True, help=mirroring)]
    about = {
        "postprocessing": ("Post-processing", "As nnU-Net found best for the model, where it says how"),
        "mixed_precision": ("Mixed precision", "Faster and with less memory on newer GPUs"),
    }
    for name, (title, text) in about.items():
        state = page.option_state(name)
        made.append(
            Field(
                name,
                title,
                "bool",
                getattr(options, name),
                True,
                help=text,
                enabled=state.enabled,
                reason=sentence(state),
                advanced=name == "mixed_precision",
            )
        )
    step = "Step of the sliding window as a share of its size; larger is faster"
    made.append(Field("step_size", "Step", "float", options.step_size, 0.5, 0.1, 1.0, 0.1, help=step, advanced=True))
    return made


def set_page_option(ai: AiTools, page: NnUNetPage | TotalSegmentatorPage, name: str, value: Any) -> None:
    """Sets one of ``option_fields``. Raises OptionError."""
    if name == "all_frames":
        ai.all_frames = bool(value)
    elif name == "other_grid":
        ai.other_grid = value
    else:
        page.set_option(name, value)
