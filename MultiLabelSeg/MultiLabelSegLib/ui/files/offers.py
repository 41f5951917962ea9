"""What the user is offered where an image does not simply fit: never a dead end, never a silent choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ...core import Geometry
from ...core.reordering import lattice_place

OfferKind = Literal["channel", "grid", "series", "role"]


@dataclass(frozen=True)
class OfferChoice:
    """One of the ways to go on."""

    id: str
    title: str
    help: str = ""


@dataclass(frozen=True)
class Offer:
    """A question with its choices; ``about`` is what the answer is for."""

    kind: OfferKind
    text: str
    choices: tuple[OfferChoice, ...]
    about: Any = None


def channel_offer(title: str, names: tuple[str, ...], about: Any) -> Offer:
    """Which of the numbers of each voxel tools shall see."""
    text = f"Each voxel of {title} holds {len(names)} numbers. Tools work on one of them: which?"
    return Offer("channel", text, tuple(OfferChoice(str(n), name.capitalize()) for n, name in enumerate(names)), about)


def series_offer(title: str, found: tuple[Any, ...]) -> Offer:
    """Which of the series of a folder to open."""
    text = f"There are {len(found)} image series in {title}. Which one shall be opened?"
    choices = tuple(OfferChoice(str(n), f"{each.files} images", each.uid) for n, each in enumerate(found))
    return Offer("series", text, choices, found)


def role_offer(title: str, about: Any) -> Offer:
    """Whether a file whose name says nothing is a segmentation or an image."""
    choices = (OfferChoice("segmentation", "Open it as a segmentation"), OfferChoice("image", "Open it as an image"))
    return Offer("role", f"The voxels of {title} look like labels. What is it?", choices, about)


def grid_offer(image_title: str, image: Geometry, name: str, document: Geometry, new_possible: bool = True) -> Offer:
    """What can be done with a segmentation whose grid is not that of the image."""
    reasons = "; ".join(document.differences(image, check_time=False))
    text = f"The grid of {name} is not that of {image_title} ({reasons})."
    choices = []
    if lattice_place(document, image) is not None:
        help_text = "The grids have their voxels in the same places: nothing is interpolated; cutting off is refused."
        choices.append(OfferChoice("fit", "Pad or crop a copy to the image", help_text))
    choices.append(
        OfferChoice("resample", "Resample a copy onto the image", "Each voxel takes the value of the nearest one.")
    )
    choices.append(
        OfferChoice("own", "Keep its own grid, without this image", "Tools that need no image go on working.")
    )
    if new_possible:
        choices.append(OfferChoice("new", "Begin a new segmentation of this image"))
    return Offer("grid", text, tuple(choices))
