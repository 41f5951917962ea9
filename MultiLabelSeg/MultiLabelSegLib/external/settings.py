"""What callers know of a user's choices for outside programs; nothing here knows where they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProgramSettings:
    """What counts where neither a tool's parameters nor variables of the environment say otherwise.

    ``environment`` is the one that was chosen for the program; without it the first that has the program is taken.
    ``results`` is nnU-Net's folder of trained models, ``limit_s`` how long a program may run (0: as long as it takes),
    ``names_folder`` where names of channels are kept of models whose own folder cannot be written to.
    """

    environment: Path | None = None
    results: Path | None = None
    limit_s: float = 0
    names_folder: Path | None = None
