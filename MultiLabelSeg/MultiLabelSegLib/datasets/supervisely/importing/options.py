"""How an input is to be understood: what the user of an import can say about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from ....errors import OptionError
from ..discovery.by_plane import ModeChoice
from ..discovery.data_sets import LayoutChoice
from ..tables.score_table import Layers
from ..tables.scores import Order

LAYOUTS: tuple[LayoutChoice, ...] = get_args(LayoutChoice)


@dataclass(frozen=True)
class ImportOptions:
    """How a data set is understood; the defaults find out by themselves.

    ``existing`` is a project's folder or a JSON list of volumes that annotations without a volume belong to,
    ``dataset_id`` and ``mapping`` narrow that down. ``resample`` allows masks on another grid. ``layers_from`` is the
    number of the first layer of score tables, ``layer_order`` whether layers count along the file or along R, A, S.
    Raises OptionError for a mapping or a data set's id without existing volumes.
    """

    layout: LayoutChoice = "auto"
    mask_mode: ModeChoice = "auto"
    existing: Path | None = None
    dataset_id: int | None = None
    mapping: Path | None = None
    resample: bool = False
    layers_from: Layers = 1
    layer_order: Order = "file"

    def __post_init__(self) -> None:
        if self.existing is None and (self.mapping is not None or self.dataset_id is not None):
            option, value = ("mapping", self.mapping) if self.mapping else ("dataset_id", self.dataset_id)
            raise OptionError(
                option, value, "the volumes that it speaks of beside it: a project or a list, as existing"
            )
