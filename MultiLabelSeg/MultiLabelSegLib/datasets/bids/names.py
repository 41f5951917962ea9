"""Names of BIDS files: entities such as ``sub-01``, and what cases and groups are called in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...core.naming import group_title
from ..cases.case import Case

SUFFIX = "_dseg.nii.gz"
#: the file that makes a folder a data set
DESCRIPTION = "dataset_description.json"
_ENTITY = re.compile(r"([a-zA-Z0-9]+)-([a-zA-Z0-9+]+)")
_CASE = re.compile(r"sub-([a-zA-Z0-9]+)(?:_ses-([a-zA-Z0-9]+))?")
#: entities that tell files of one image apart: each is a group
GROUP_ENTITIES = ("desc", "label", "seg")


@dataclass(frozen=True)
class BidsName:
    """The entities of a file's name in their order, and its suffix (``dseg``)."""

    entities: dict[str, str] = field(hash=False)
    suffix: str

    @property
    def without_group(self) -> str:
        """The name of what the file is about: the entities but those that name a group."""
        return "_".join(f"{key}-{value}" for key, value in self.entities.items() if key not in GROUP_ENTITIES)

    @property
    def group(self) -> str:
        """What the entities call the group; may be empty."""
        return " ".join(self.entities[key] for key in GROUP_ENTITIES if key in self.entities)


def parse_name(name: str) -> BidsName | None:
    """The parts of a file's name up to the first dot; None for a name that BIDS does not know."""
    *pairs, suffix = name.split(".")[0].split("_")
    found = [_ENTITY.fullmatch(pair) for pair in pairs]
    if not suffix.isalnum() or any(match is None for match in found):
        return None
    return BidsName({match[1]: match[2] for match in found if match is not None}, suffix)


def subject_of(case_id: str) -> tuple[str, str]:
    """Subject and session (may be empty) of a case: those of ``sub-01_ses-02``, else its letters and digits."""
    found = _CASE.fullmatch(case_id)
    if found:
        return found[1], found[2] or ""
    return _plain(case_id.removeprefix("sub-")), ""


def folder_of(case: Case) -> str:
    """The folder of a case's files, relative, with ``/``."""
    subject, session = subject_of(case.id)
    return f"sub-{subject}/" + (f"ses-{session}/" if session else "") + "anat"


def stem_of(case: Case) -> str:
    """What the names of a case's files begin with."""
    subject, session = subject_of(case.id)
    return f"sub-{subject}" + (f"_ses-{session}" if session else "")


def group_names(names: Sequence[str]) -> list[str]:
    """What groups are called in an entity: letters and digits, distinct; a lone group without a name needs none."""
    if len(names) == 1 and not _plain(names[0]):
        return [""]
    found: list[str] = []
    for index, name in enumerate(names):
        plain = _plain(name) or _plain(group_title("", index))
        chosen, number = plain, 1
        while chosen.lower() in [each.lower() for each in found]:
            number += 1
            chosen = f"{plain}{number}"
        found.append(chosen)
    return found


def _plain(text: str) -> str:
    return "".join(re.findall(r"[a-zA-Z0-9]", text))
