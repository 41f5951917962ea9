"""What tests say to the real Slicer core: one child process answers many requests; a crash is an exception."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from Testing.interop.child_client import ChildClient, ChildCrashed


class SlicerRefused(Exception):
    """Slicer could not load or save; the message is Slicer's."""


class SlicerCrashed(ChildCrashed):
    """The process died or hung; the message holds what it printed last."""


@dataclass(frozen=True)
class SlicerSegment:
    """One segment as Slicer holds it; ``positions_lps`` are the centres of its voxels in mm, (n, 3)."""

    id: str
    name: str
    color: list[float]
    value: int
    layer: int
    tags: dict[str, str | None]
    positions_lps: NDArray[np.float64]


class SlicerClient(ChildClient):
    """Talks to one child process, which is started when first needed and again after a crash."""

    name = "Slicer"
    script = Path(__file__).with_name("slicer_child.py")
    crashed = SlicerCrashed

    def load(
        self,
        path: Path,
        *,
        steps: Sequence[Sequence[Any]] = (),
        tags: Sequence[str] = (),
        save: Path | None = None,
        crop: bool = False,
    ) -> list[SlicerSegment]:
        """What Slicer finds in a file, after the edits ``steps`` of the child's table; it is then saved to ``save``.

        Raises SlicerRefused, SlicerCrashed.
        """
        arrays = Path(self._folder.name) / "arrays.npz"
        request = {"path": str(path.absolute()), "arrays": str(arrays), "steps": list(steps), "tags": list(tags)}
        if save is not None:
            request |= {"save": str(save.absolute()), "crop": crop}
        answer = json.loads(self._ask(json.dumps(request)))
        if "error" in answer:
            raise SlicerRefused(answer["error"])
        with np.load(arrays) as file:
            return [
                SlicerSegment(**segment, positions_lps=file[f"segment_{number}"])
                for number, segment in enumerate(answer["ok"]["segments"])
            ]
