"""What comes back: label maps, and what the numbers in them mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry
from ...core.label import Color, PropertyValue
from ...tools.base import Into


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Numbers (k, j, i), unsigned, on a grid of one frame."""

    array: NDArray[np.unsignedinteger]
    geometry: Geometry


@dataclass(frozen=True)
class AnswerLabel:
    """A label and the numbers of the map that belong to it: several where labels overlap (regions).

    ``value`` is the label value that it would like, ``color`` None leaves the colour to us.
    """

    name: str
    numbers: tuple[int, ...]
    value: int
    color: Color | None = None
    properties: Mapping[str, PropertyValue] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class AnswerLayer:
    """Labels that exclude each other, with a map for each frame of the segmentation that was asked for."""

    name: str
    labels: tuple[AnswerLabel, ...]
    maps: Mapping[int, LabelMap]


@dataclass(frozen=True, eq=False)
class Answer:
    """Layers may overlap each other. ``notes`` are what the user should know.

    ``into`` is where it goes unless the user says otherwise: ``group`` for new labels in groups of their own,
    ``active`` for the active label, as models mean it that are led by prompts.
    """

    layers: tuple[AnswerLayer, ...]
    notes: tuple[str, ...] = field(default=())
    into: Into = "group"


def layers_without_overlap(
    name: str, labels: Iterable[AnswerLabel], maps: Mapping[int, LabelMap]
) -> tuple[AnswerLayer, ...]:
    """As few layers as it takes, first fit, so that no two labels of one share a number of the map."""
    packed: list[tuple[set[int], list[AnswerLabel]]] = []
    for label in labels:
        numbers = set(label.numbers)
        place = next((held for held in packed if not held[0] & numbers), None)
        if place is None:
            packed.append((set(numbers), [label]))
        else:
            place[0].update(numbers)
            place[1].append(label)
    titles = [name] if len(packed) == 1 else [f"{name} {number}".strip() for number in range(1, len(packed) + 1)]
    return tuple(AnswerLayer(title, tuple(held), maps) for title, (_, held) in zip(titles, packed, strict=True))
