"""A case of a data set: its images by channel, its segmentation, its part of the split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from ...errors import DatasetError
from ...formats.mask_names import safe_name
from ...formats.report import Note

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
#: what a split is called elsewhere
_SPLIT_NAMES: dict[str, Split] = {
    "": "train", "train": "train", "training": "train", "tr": "train",
    "val": "val", "validation": "val", "valid": "val", "dev": "val",
    "test": "test", "testing": "test", "ts": "test",
}  # fmt: skip
#: the channel of a case that has one image alone
ONE_CHANNEL = "image"


@dataclass(frozen=True)
class Case:
    """One case. ``images`` go by channel name, in the order of the channels; there may be none.

    ``segmentation`` is a file or folder of any of our formats, None where there is none (as in test sets).
    """

    id: str
    images: Mapping[str, Path] = field(default_factory=dict, hash=False)
    segmentation: Path | None = None
    split: Split = "train"

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything that is read: the images, then the segmentation."""
        return (*self.images.values(), *([self.segmentation] if self.segmentation is not None else []))

    def as_json(self) -> dict[str, Any]:
        """For another process; paths are made absolute."""
        return {
            "id": self.id,
            "images": {name: str(path.absolute()) for name, path in self.images.items()},
            "segmentation": None if self.segmentation is None else str(self.segmentation.absolute()),
            "split": self.split,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Case:
        """The case that ``as_json`` described."""
        images = {name: Path(path) for name, path in data["images"].items()}
        segmentation = None if data["segmentation"] is None else Path(data["segmentation"])
        return cls(data["id"], images, segmentation, data["split"])


@dataclass(frozen=True)
class CaseSet:
    """The cases that were found in their order, what belongs to none of them, and what else was noticed."""

    cases: tuple[Case, ...] = ()
    left_out: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()


def parse_split(text: str, where: str) -> Split:
    """The part of a split by any of its usual names; an empty one is ``train``. Raises DatasetError."""
    found = _SPLIT_NAMES.get(text.strip().lower())
    if found is None:
        raise DatasetError(f"{where}: split: found {text!r}, expected {', '.join(SPLITS)}")
    return found


def case_problem(case_id: str) -> str | None:
    """Why a case cannot be called so in a data set, whose files carry its name; None when it can."""
    if not case_id:
        return "a case needs a name"
    if safe_name(case_id) != case_id:
        return f"{case_id!r} cannot be part of a file's name everywhere; {safe_name(case_id)!r} could"
    if case_id.startswith("."):
        return f"{case_id!r} would name hidden files"
    return None


def distinct_cases(cases: Iterable[Case]) -> CaseSet:
    """The cases whose names are possible and their own; the others are left out with the reason.

    Names that differ in capitals alone are one name on many file systems.
    """
    kept: dict[str, Case] = {}
    left_out = []
    for case in cases:
        problem = case_problem(case.id)
        taken = kept.get(case.id.casefold())
        if problem is None and taken is not None:
            problem = f"the case {taken.id!r} has this name already, from {_source(taken)}"
        if problem is not None:
            left_out.append(Note(f"case {case.id!r}: {problem}", Path(_source(case))))
        else:
            kept[case.id.casefold()] = case
    return CaseSet(tuple(kept.values()), tuple(left_out))


def channels_of(cases: Iterable[Case]) -> tuple[str, ...]:
    """The names of the channels of all cases, in the order in which they come up."""
    return tuple(dict.fromkeys(name for case in cases for name in case.images))


def _source(case: Case) -> str:
    return str(case.files[0]) if case.files else case.id
