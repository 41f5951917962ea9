"""What is asked: the images, channel by channel on one grid, and the frames of the segmentation that are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from ...core import Geometry, Image
from ...errors import ToolError
from ...tools.base import Scene, frames_asked
from .placing import OtherGrid, image_on_grid


@dataclass(frozen=True, eq=False)
class Channel:
    """An image that goes in, and how the model calls it ("CT", "T1"; empty where there is only one)."""

    image: Image
    name: str = ""


PromptKind = Literal["point", "box", "scribble", "lasso"]


@dataclass(frozen=True)
class Prompt:
    """A hint of the user to a model that takes them: points (i, j, k) in voxels of the reference image.

    A point; two opposite corners of a box; the way of a scribble; the corners of a lasso. ``positive`` says whether
    what is hinted at belongs to the label or does not.
    """

    kind: PromptKind
    points_ijk: tuple[tuple[float, float, float], ...]
    positive: bool = True


@dataclass(frozen=True, eq=False)
class Request:
    """``channels`` lie on one grid, the first is the reference. ``frames`` maps frames of the segmentation to frames
    of the images. ``grid`` is the segmentation's; ``other_grid`` says what to do where the images lie on another.
    ``prompts`` are all hints so far, for models that are led by them; the others leave them aside."""

    channels: tuple[Channel, ...]
    frames: Mapping[int, int]
    grid: Geometry
    other_grid: OtherGrid = "refuse"
    notes: tuple[str, ...] = field(default=())
    prompts: tuple[Prompt, ...] = ()

    @property
    def reference(self) -> Image:
        """The image that the others lie upon."""
        return self.channels[0].image

    @property
    def geometry(self) -> Geometry:
        """The images' grid, of one frame."""
        return self.reference.geometry.with_time(1)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between voxels of the images along i, j, k."""
        return self.geometry.spacing

    def pixels(self, channel: int, t: int) -> NDArray[Any]:
        """The voxels (k, j, i) of a channel that belong to frame ``t`` of the segmentation; one frame serves all."""
        array = self.channels[channel].image.array
        frame: NDArray[Any] = array[self.frames[t] if len(array) > 1 else 0]
        return frame


def request_of(
    scene: Scene,
    names: Sequence[str] = ("",),
    others: Mapping[str, Image] | None = None,
    frames: Literal["current", "all"] = "current",
    other_grid: OtherGrid = "refuse",
) -> Request:
    """The request for a model whose channels are called ``names``, from the scene's image and ``others`` by name.

    The channel that ``others`` do not give is the scene's image. Images on another grid than the first channel's are
    refused with the differences, or (``other_grid`` "resample") interpolated linearly onto it, which is noted.
    Raises ToolError: channels that are missing or that the model does not have, no image, frames that do not fit.
    """
    channels = _channels(scene, tuple(names), dict(others or {}))
    notes: list[str] = []
    first = channels[0].image
    placed = [channels[0]]
    for channel in channels[1:]:
        image, note = image_on_grid(channel.image, first.geometry, other_grid, f"channel {channel.name}")
        placed.append(Channel(image, channel.name))
        notes += [note] if note else []
    return Request(tuple(placed), _frames(scene, placed, frames), scene.geometry, other_grid, tuple(notes))


def _channels(scene: Scene, names: tuple[str, ...], others: dict[str, Image]) -> list[Channel]:
    unknown = [name for name in others if name not in names]
    if unknown:
        known = ", ".join(repr(name) for name in names)
        raise ToolError(f"the model has no channel {', '.join(map(repr, unknown))}; it has {known}")
    missing = [name for name in names if name not in others]
    if len(missing) > 1:
        raise ToolError(
            f"the model needs an image for each of {', '.join(map(repr, names))}; there is none for "
            f"{', '.join(map(repr, missing[1:]))} (the image itself is {missing[0]!r})"
        )
    if missing and scene.image is None:
        raise ToolError(f"there is no image for channel {missing[0]!r}" if missing[0] else "there is no image")
    if missing and scene.image is not None:
        others[missing[0]] = scene.image
    return [Channel(others[name], name) for name in names]


def _frames(scene: Scene, channels: Sequence[Channel], asked: Literal["current", "all"]) -> dict[int, int]:
    """Frame of the segmentation -> frame of the images, as ``Scene.pixels`` chooses it."""
    counts = {len(channel.image.array) for channel in channels} - {1}
    if len(counts) > 1:
        raise ToolError(f"the channels have different numbers of frames: {', '.join(map(str, sorted(counts)))}")
    count = counts.pop() if counts else 1
    dynamic = scene.geometry.time_steps > 1
    found: dict[int, int] = {}
    for t in frames_asked(scene, asked):
        own = scene.image_t is not None and not (dynamic and asked == "all")
        frame = scene.image_t if own and scene.image_t is not None else t
        if not 0 <= frame < count:
            if count > 1 or own and frame:
                raise ToolError(f"the image has no frame {frame}; it has 0...{count - 1}")
            frame = 0
        found[t] = frame
    return found
