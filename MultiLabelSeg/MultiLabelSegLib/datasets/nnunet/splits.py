"""``splits_final.json``: which cases are trained with and which validate, for each fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import DatasetError
from ..cases.case import Case

NAME = "splits_final.json"
_SEED = 12345


def splits(cases: Sequence[Case], folds: int) -> list[dict[str, list[str]]]:
    """The folds: ``folds`` of a cross-validation over all training cases, else one as the cases' own splits say.

    Empty where nothing is said. The order of a cross-validation is drawn once and for all from the sorted names.
    Raises DatasetError for more folds than cases.
    """
    ids = sorted(case.id for case in cases if case.split != "test")
    if folds:
        if not 2 <= folds <= len(ids):
            raise DatasetError(f"{folds} folds of {len(ids)} training cases; expected 2...{len(ids)}")
        order = np.random.RandomState(_SEED).permutation(len(ids))
        parts = [sorted(ids[place] for place in part) for part in np.array_split(order, folds)]
        return [{"train": sorted(set(ids) - set(part)), "val": part} for part in parts]
    validating = sorted(case.id for case in cases if case.split == "val")
    if not validating:
        return []
    return [{"train": sorted(set(ids) - set(validating)), "val": validating}]
