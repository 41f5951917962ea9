"""Islands: the connected parts of labels. The largest are kept, small ones removed, or each becomes an instance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Segmentation
from ..core.run_components import components_of_runs
from ..core.runs import paint_runs, scan
from ..edit.changes import Change, Command
from ..edit.operations import SmallParts, split_label
from ..edit.policy import Resolution
from ..errors import OptionError
from ..ops.progress import Progress, part_of, told
from .base import Draft, PlannedDraft, Scene
from .choice import chosen_values, shown
from .labelwise import SHAPED, Found, Labelwise, Mask, Spacing, spacing_kji, written
from .parameters import parameter


@dataclass(frozen=True, kw_only=True)
class Islands(Labelwise):
    """Keeps the largest islands of labels, removes small ones, or makes each an instance of its own.

    Islands are told apart frame by frame; to split, parts of following frames that share a voxel are one.
    """

    name: ClassVar[str] = "islands"
    title: ClassVar[str] = "Islands"
    mode: Literal["keep_largest", "remove_small", "split"] = parameter(
        "keep_largest", help="keep the largest islands, remove small ones, or split the label into instances"
    )
    connectivity: Literal[6, 18, 26] = parameter(26, help="voxels join over faces, over edges too, or over corners too")
    count: int = parameter(1, minimum=1, maximum=65535, help="how many islands keep_largest keeps")
    minimum_voxels: int = parameter(
        1, minimum=1, unit="voxels", help="islands below are removed; to split, they stay with the label"
    )
    minimum_mm3: float | None = parameter(None, minimum=0, unit="mm3", help="the same in mm3 instead of voxels")

    def _minimum(self, spacing: Spacing) -> int:
        """The size in voxels from which an island counts."""
        if self.minimum_mm3 is None:
            return self.minimum_voxels
        # a size that is a whole number of voxels must not be rounded up by the last bit
        return max(1, math.ceil(self.minimum_mm3 / math.prod(spacing) * (1 - 1e-12)))

    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """See ``Labelwise``."""
        parts = components_of_runs(*scan(mask.view(np.uint8)).runs_of(1), _frame_shape(mask), self.connectivity)
        kept = parts.voxels >= self._minimum(spacing)
        if self.mode == "keep_largest":
            kept[np.argsort(-parts.voxels, kind="stable")[self.count :]] = False
        pieces = kept[parts.component]
        result = np.zeros(mask.shape, np.uint8)
        paint_runs(result.reshape(-1), parts.start[pieces], parts.stop[pieces], 1)
        return result.view(np.bool_)

    def result_name(self, name: str) -> str:
        """See ``Labelwise``."""
        how = "largest island" + "s" * (self.count > 1) if self.mode == "keep_largest" else "without small islands"
        return f"{name} ({how})"

    def propose(self, scene: Scene, progress: Progress | None = None) -> Draft:
        """See ``Tool`` and ``base.propose``. Raises ToolError, OptionError, UnknownLabelError."""
        values = chosen_values(scene, self.labels)
        if self.mode == "split":
            return self._split(scene, values)
        found = self.found(scene, values, part_of(progress, 0, SHAPED))
        return written(self, scene, values, found, _removed(scene, found), part_of(progress, SHAPED, 1))

    def _split(self, scene: Scene, values: Sequence[int]) -> Draft:
        plain = Islands()
        for field in ("into", "merge", "locks", "intensity_lower", "intensity_upper", "inside", "outside"):
            if getattr(self, field) != getattr(plain, field):
                raise OptionError(field, getattr(self, field), f"{getattr(plain, field)!r} with mode split")
        if self.frames == "current" and scene.geometry.time_steps > 1:
            raise OptionError("frames", self.frames, "all with mode split: an instance goes through all frames")
        minimum, connectivity = self._minimum(spacing_kji(scene)), int(self.connectivity)

        def plan(segmentation: Segmentation, progress: Progress | None) -> Command:
            return split_labels(segmentation, values, connectivity, minimum, progress)

        names = shown(scene.segmentation, values[0]) if len(values) == 1 else f"{len(values)} labels"
        return PlannedDraft(f"Split {names}", plan=plan, is_long=True)


def split_labels(
    segmentation: Segmentation,
    values: Sequence[int],
    connectivity: int,
    minimum_voxels: int,
    progress: Progress | None = None,
) -> Command:
    """Splits several labels into instances, as ``split_label`` does, as one command; the new values come first.

    ``progress`` as in ``base.propose``. Raises as ``split_label``.
    """
    changes: list[Change] = []
    made: list[int] = []
    parts: list[Resolution] = []
    for value in told(values, progress):
        command = split_label(
            segmentation,
            value,
            connectivity=connectivity,
            minimum_voxels=minimum_voxels,
            small=SmallParts.LARGEST,
            taken=made,
        )
        changes += command.changes
        made += command.values
        parts.append(command.resolution)
    title = f"Split {segmentation.label(values[0]).name if len(values) == 1 else f'{len(values)} labels'}"
    return Command(f"{title} into {len(values) + len(made)} instances", changes, Resolution.united(parts), tuple(made))


def _frame_shape(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    k, j, i = mask.shape
    return 1, k, j, i


def _removed(scene: Scene, found: Found) -> list[str]:
    """For each label how many voxels its removed islands have."""
    gone: dict[int, int] = {}
    for t, claims in found.claims.items():
        for value, claim in zip(found.owners[t], claims, strict=True):
            lost = int(np.count_nonzero(claim.held & ~claim.wanted))
            gone[value] = gone.get(value, 0) + lost
    return [
        f"{shown(scene.segmentation, value)}: islands of {voxels} voxels are removed"
        for value, voxels in gone.items()
        if voxels
    ]
