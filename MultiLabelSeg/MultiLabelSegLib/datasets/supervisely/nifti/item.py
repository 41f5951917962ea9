"""One volume with its segmentation on the way into a NIfTI data set, and what must be known of it beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ....core import Image, Label, Segmentation
from ....errors import LossError, UnsupportedFormatError
from ....formats.base import EVERYTHING, Capabilities
from ....formats.image_io import read_image
from ....formats.losses import refused_losses, sidecar_losses
from ....formats.overlap import colliding_pairs
from ..discovery.cases import Plane
from ..masks.alignment import ras_reordering
from ..object_properties import CLASS_ID, MODE, SCORES, SOURCE, VALUE
from ..tables.score_table import ByFrame

#: what the files hold themselves or an import finds out again
_HELD = {SOURCE, VALUE, CLASS_ID, MODE, SCORES}
#: masks, colour map and tables hold the rest; labels without voxels, properties and scores are looked at one by one
_HOLDS = Capabilities(
    overlap=True, names=True, colors=True, properties=True, empty_labels=True, max_value=EVERYTHING.max_value
)


@dataclass(frozen=True)
class NiftiItem:
    """A volume to export with the segmentation on its grid.

    Either may be given as a function that reads it; it is then called when its turn comes, the segmentation's once for
    planning and once for writing, so that one volume at a time lies in memory. ``stem`` is the volume's name without
    suffix, ``dataset`` the folder below the output (``a/b`` allowed), ``plane`` that of the layout by plane where it is
    known.
    """

    volume: Image | Path | Callable[[], Image]
    segmentation: Segmentation | Callable[[], Segmentation] | None
    stem: str
    dataset: str = ""
    plane: Plane = ""

    @property
    def shown(self) -> str:
        """How messages name the item."""
        return f"{self.dataset}/{self.stem}" if self.dataset else self.stem

    def read_volume(self) -> Image:
        """The volume, one frame. Raises FormatError, UnsupportedFormatError for several frames."""
        if isinstance(self.volume, Image):
            image = self.volume
        else:
            image = read_image(self.volume) if isinstance(self.volume, Path) else self.volume()
        if image.geometry.time_steps > 1:
            reason = f"{image.geometry.time_steps} frames; Supervisely's volumes have one"
            raise UnsupportedFormatError(self.shown, reason)
        return image

    def read_segmentation(self) -> Segmentation | None:
        """The segmentation; None for a volume without annotations."""
        if self.segmentation is None or isinstance(self.segmentation, Segmentation):
            return self.segmentation
        return self.segmentation()


@dataclass
class Draft:
    """What is known of an item before anything is written.

    ``layers`` gives each label that has voxels a layer within its class, so that those of one layer do not overlap;
    ``overlap`` names the labels that do, of any class. ``files`` says in the end where each object goes: label value ->
    (mask file relative to the volume's folder, voxel value). ``beside`` is what only a sidecar keeps.
    """

    item: NiftiItem
    folder: str = ""
    stem: str = ""
    plane: Plane = ""
    labels: tuple[Label, ...] = ()
    layers: dict[int, int] = field(default_factory=dict)
    overlap: tuple[str, ...] = ()
    files: dict[int, tuple[str, int]] = field(default_factory=dict)
    empty_files: tuple[str, ...] = ()
    numbers: dict[int, int] = field(default_factory=dict)  #: label value -> number in colour map and table
    table: tuple[ByFrame, ByFrame] | None = None  #: scores and comments by number and frame
    beside: list[str] = field(default_factory=list)

    @property
    def shown_labels(self) -> tuple[Label, ...]:
        """The labels that have voxels, by rising value."""
        return tuple(sorted((label for label in self.labels if label.value in self.layers), key=lambda one: one.value))

    def by_class(self) -> dict[str, list[Label]]:
        """The labels that have voxels by their class, both by rising value."""
        found: dict[str, list[Label]] = {}
        for label in self.shown_labels:
            found.setdefault(label.name, []).append(label)
        return found


def draft_of(item: NiftiItem) -> Draft:
    """Looks at an item's segmentation. Raises LossError for several frames and for voxels without a label."""
    segmentation = item.read_segmentation()
    if segmentation is None:
        return Draft(item)
    lost = refused_losses(segmentation, _HOLDS)
    if lost:
        raise LossError(item.shown, lost)
    draft = Draft(item, labels=segmentation.labels, beside=sidecar_losses(segmentation, _HOLDS))
    _layer(draft, segmentation)
    odd = [str(label.value) for label in draft.labels if _has_more(label)]
    if odd:
        draft.beside.append(f"descriptions, tracking ids and properties of labels {_listed(odd)}")
    empty = [str(label.value) for label in draft.labels if label.value not in draft.layers]
    if empty:
        draft.beside.append(f"labels without voxels ({_listed(empty)})")
    return draft


def plane_by_grid(item: NiftiItem) -> Plane:
    """The plane that the item's grid speaks for. Raises FormatError when the volume cannot be read."""
    from .names import plane_of_grid

    segmentation = item.read_segmentation()
    geometry = item.read_volume().geometry if segmentation is None else segmentation.geometry
    return plane_of_grid(ras_reordering(geometry).geometry(geometry))


def _layer(draft: Draft, segmentation: Segmentation) -> None:
    """Lets each label, by rising value, take the lowest layer of its class that it overlaps with no label of."""
    pairs = colliding_pairs(segmentation) if len(segmentation.groups) > 1 else {}
    names = {label.value: label.name for label in segmentation.labels}
    others: dict[int, set[int]] = {}
    for first, second in pairs:
        others.setdefault(first, set()).add(second)
        others.setdefault(second, set()).add(first)
    for value in sorted(names):
        if segmentation.voxels(value):
            same = {other for other in others.get(value, ()) if names[other] == names[value]}
            taken = {draft.layers[other] for other in same if other in draft.layers}
            draft.layers[value] = next(layer for layer in range(len(taken) + 1) if layer not in taken)
    draft.overlap = tuple(
        f"the overlap of {first} {names[first]!r} and {second} {names[second]!r} ({count} voxels)"
        for (first, second), count in pairs.items()
    )


def _has_more(label: Label) -> bool:
    texts = label.description or label.tracking_id or label.tracking_uid
    return bool(texts or set(label.properties) - _HELD)


def _listed(values: list[str]) -> str:
    return ", ".join(values[:8]) + ("..." if len(values) > 8 else "")
