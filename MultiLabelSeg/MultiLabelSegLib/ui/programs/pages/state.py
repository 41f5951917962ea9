"""The small facts of which a page is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from ....errors import MultiLabelSegError, OptionError
from ....external.devices import Gpu, named_device
from ....external.nnunet import PredictOptions
from ....external.totalsegmentator import TotalOptions
from ....formats.report import ProgressCallback

Options = TypeVar("Options", PredictOptions, TotalOptions)


@dataclass(frozen=True)
class Availability:
    """Whether something can be used; where not, ``reason`` says in one sentence why (a tooltip, a grey line)."""

    reason: str = ""

    @property
    def enabled(self) -> bool:
        """Whether it can be used."""
        return not self.reason


@dataclass(frozen=True)
class Choice:
    """A drop-down: ``options`` as (value, shown text), and the value that is chosen (None: none yet)."""

    options: tuple[tuple[str, str], ...]
    value: str | None
    state: Availability = Availability()


@dataclass(frozen=True)
class ChannelRow:
    """A channel of a model and the image that is chosen for it; ``image_id`` is the host's, empty for none yet."""

    index: int
    name: str
    image_id: str


def device_choice(gpus: tuple[Gpu, ...], chosen: str) -> Choice:
    """The devices: automatic, processor, each GPU that was found; a number typed by hand is kept as it is."""
    options = [("auto", "Automatic"), ("cpu", "Processor")]
    options += [(str(gpu.index), f"{gpu.index}: {gpu.name}") for gpu in gpus]
    if chosen not in {value for value, _ in options}:
        options.append((chosen, f"GPU {chosen}" if chosen.isdigit() else chosen))
    return Choice(tuple(options), chosen)


def checked_device(text: str) -> str:
    """What was picked or typed as a device. Raises OptionError."""
    named_device(text)
    return text.strip().lower()


def with_option(options: Options, name: str, value: Any) -> Options:
    """The options with another value in one field. Raises OptionError for an unknown field or a bad value."""
    known = [each.name for each in fields(options)]
    if name not in known:
        raise OptionError(name, value, f"one of the options {', '.join(known)}")
    changes: dict[str, Any] = {name: checked_device(value) if name == "device" else value}
    return replace(options, **changes)


def as_progress(go_on: Callable[[float], bool]) -> ProgressCallback:
    """A host's progress, which is asked whether to go on, as the callback that programs take, which says to stop."""
    return lambda fraction, _: not go_on(fraction)


def why(error: MultiLabelSegError) -> Availability:
    """An error as the reason why something cannot be used."""
    return Availability(str(error))
