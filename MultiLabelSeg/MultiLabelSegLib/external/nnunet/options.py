"""How to predict, whatever the version of nnU-Net."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import OptionError
from ..devices import named_device


@dataclass(frozen=True)
class PredictOptions:
    """``mirroring`` is test-time augmentation; ``mixed_precision`` off is v1's alone. ``limit_s`` 0 is no time limit.

    ``use_cache`` looks for a former result of the same images, model and options, and keeps the new one.
    Raises OptionError.
    """

    device: str = "auto"
    mirroring: bool = True
    mixed_precision: bool = True
    step_size: float = 0.5
    postprocessing: bool = True
    use_cache: bool = True
    limit_s: float = 0

    def __post_init__(self) -> None:
        if not 0 < self.step_size <= 1:
            raise OptionError("step_size", self.step_size, "more than 0, at most 1")
        if not self.limit_s >= 0:
            raise OptionError("limit_s", self.limit_s, "seconds; 0 for no limit")
        named_device(self.device)
