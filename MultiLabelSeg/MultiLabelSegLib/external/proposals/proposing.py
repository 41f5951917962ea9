"""From an answer to a preview, which ``tools.confirm`` writes as one step that can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.label import MAX_VALUE, Color
from ...core.naming import free_value, lut_color
from ...errors import ExternalToolError
from ...formats.report import ProgressCallback
from ...tools.base import Preview, PreviewFrame, PreviewLabel, Scene
from .answer import Answer, AnswerLabel, AnswerLayer
from .placing import placed
from .request import Request


class Predictor(Protocol):
    """Something outside that finds labels: a program, a server, a model that is fed clicks."""

    @property
    def title(self) -> str:
        """How undo lists and messages call what it does."""
        ...

    def predict(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        """Finds labels in the request's images.

        ``progress`` hears a fraction and a line; when it answers True the work ends. Raises ExternalToolError,
        ToolError, OptionError, Cancelled.
        """
        ...


def propose_with(
    predictor: Predictor, scene: Scene, request: Request, progress: ProgressCallback | None = None
) -> Preview:
    """What a predictor finds, as a preview of new labels in groups of their own; the document is not touched.

    Labels that a group of the document names alike are the targets for confirming into ``same``. Raises as
    ``Predictor.predict``, and ToolError where the answer does not fit the segmentation's grid.
    """
    return preview_of(predictor.title, scene, request, predictor.predict(request, progress))


def preview_of(title: str, scene: Scene, request: Request, answer: Answer) -> Preview:
    """An answer as a preview, see ``propose_with``. Raises ToolError, ExternalToolError where it has no labels."""
    group = 0 if scene.label is None else scene.active_group()
    targets = {label.name: label.value for label in scene.segmentation.group(group).labels}
    notes = dict.fromkeys((*request.notes, *answer.notes, *UndescribedNumbers.of(answer.layers).notes))
    taken: set[int] = set()
    layers: list[Preview] = []
    for layer in answer.layers:
        values = _values(layer, taken)
        frames: dict[int, PreviewFrame] = {}
        for t, found in layer.maps.items():
            box, numbers, note = placed(found, request.grid, request.other_grid)
            notes.update({note: None} if note else {})
            frames[t] = PreviewFrame(box, _table(layer, values, numbers)[numbers])
        labels = tuple(
            PreviewLabel(value, label.name, _color(label), targets.get(label.name), label.properties)
            for label, value in zip(layer.labels, values, strict=True)
        )
        layers.append(Preview(title, frames, labels, answer.into, group, group_name=layer.name))
    if not layers:
        raise ExternalToolError(title, 0, ["it gave no labels"])
    return replace(layers[0], notes=tuple(notes), more=tuple(layers[1:]))


def _values(layer: AnswerLayer, taken: set[int]) -> list[int]:
    """A value for each label that no label of any layer has: the one that it would like where that is free."""
    values = []
    for label in layer.labels:
        value = label.value if 0 < label.value <= MAX_VALUE and label.value not in taken else free_value(taken)
        taken.add(value)
        values.append(value)
    return values


def _table(layer: AnswerLayer, values: list[int], numbers: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """For each number that the map's type can hold the preview's value."""
    table = np.zeros(np.iinfo(numbers.dtype).max + 1, np.uint16)
    for label, value in zip(layer.labels, values, strict=True):
        for number in label.numbers:
            if number < len(table):
                table[number] = value
    return table if max(values, default=0) > 255 else table.astype(np.uint8)


def _color(label: AnswerLabel) -> Color:
    return lut_color(label.value) if label.color is None else label.color


@dataclass(frozen=True, eq=False)
class UndescribedNumbers:
    """Numbers of the maps that no label explains, with their voxels: they must not vanish without a word."""

    voxels: Mapping[int, int]

    @classmethod
    def of(cls, layers: tuple[AnswerLayer, ...]) -> UndescribedNumbers:
        """Looks at each map once, with the labels of all layers that share it."""
        known: dict[int, set[int]] = {}
        arrays: dict[int, NDArray[np.unsignedinteger]] = {}
        for layer in layers:
            for found in layer.maps.values():
                arrays[id(found)] = found.array
                known.setdefault(id(found), {0}).update(n for label in layer.labels for n in label.numbers)
        counts: dict[int, int] = {}
        for key, array in arrays.items():
            for number, voxels in enumerate(np.bincount(array.reshape(-1)).tolist()):
                if voxels and number not in known[key]:
                    counts[number] = counts.get(number, 0) + voxels
        return cls(counts)

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each number."""
        return tuple(
            f"value {number} ({voxels} voxels) is no label of the model" for number, voxels in self.voxels.items()
        )
