"""Steps of a history as bytes, so that they can be undone after a document was saved and loaded with its scene."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Group, Segmentation
from ..errors import HistoryError, MultiLabelSegError
from .changes import Change, GroupChange, LabelChange, OrderChange, PropertyChange
from .geometry_change import GeometryChange
from .history import Step, Steps
from .journal.structure import geometry_from, geometry_json, label_from, label_json
from .patch import VoxelPatch
from .values import Stretches, Values

VERSION = 1
#: memory of the steps that are kept unless told otherwise
DEFAULT_LIMIT = 64 * 2**20
_META = "steps"
#: bytes of the check sum that comes first
_SEAL = 4

#: what reading damaged data may raise
_DAMAGE = (
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    AttributeError,
    OSError,
    zipfile.BadZipFile,
    zlib.error,
)

Arrays = Sequence[NDArray[Any]]


def steps_bytes(segmentation: Segmentation, steps: Steps, limit_bytes: int = DEFAULT_LIMIT) -> bytes:
    """The newest steps that fit into the limit, and of which document they are; compressed.

    What comes before a step that is too large, or of a kind that cannot be stored, is left out with it.
    """
    writer = _Writer()
    undo, left = _newest(writer, reversed(steps.undo), limit_bytes)
    redo, _ = _newest(writer, reversed(steps.redo), left)
    meta = {
        "version": VERSION,
        "document": fingerprint(segmentation),
        "state": steps.state,
        "undo": undo[::-1],
        "redo": redo[::-1],
    }
    content = {f"a{number}": array for number, array in enumerate(writer.arrays)}
    content[_META] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **content)
    data = file.getvalue()
    return zlib.crc32(data).to_bytes(_SEAL, "little") + data


def steps_from(data: bytes, segmentation: Segmentation) -> Steps | None:
    """The steps of ``steps_bytes``; None where the document is no longer the one that they belong to.

    Raises HistoryError for damaged data.
    """
    seal, data = data[:_SEAL], data[_SEAL:]
    if zlib.crc32(data) != int.from_bytes(seal, "little"):
        raise HistoryError("the stored steps are damaged: their check sum is another")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            meta = json.loads(file[_META].tobytes())
            arrays = [file[f"a{number}"] for number in range(len(file.files) - 1)]
        if meta["version"] != VERSION or meta["document"] != fingerprint(segmentation):
            return None
        undo, redo = (tuple(_step(entry, arrays) for entry in meta[name]) for name in ("undo", "redo"))
        return Steps(undo, redo, int(meta["state"]))
    except (*_DAMAGE, MultiLabelSegError) as error:
        raise HistoryError(f"the stored steps are damaged: {error!r}") from None


def fingerprint(segmentation: Segmentation) -> str:
    """Tells documents apart by their grid, labels and voxels; properties beside may differ."""
    told = hashlib.sha256(json.dumps(geometry_json(segmentation.geometry)).encode())
    for group in segmentation.groups:
        told.update(repr(sorted(group.values)).encode())
        for frame in group.array:  # a group may come back with smaller or larger numbers
            told.update(f"{zlib.crc32(np.ascontiguousarray(frame, np.uint16)):08x}".encode())
    return told.hexdigest()


def _newest(writer: _Writer, steps: Iterable[Step], limit: int) -> tuple[list[Any], int]:
    """Steps from the newest on, as JSON, while the limit lasts; what is left of it."""
    told: list[Any] = []
    for step in steps:
        if step.nbytes > limit or not all(type(change) in _WRITE for change in step.changes):
            return told, 0
        limit -= step.nbytes
        told.append([step.title, step.state, [writer.change(change) for change in step.changes]])
    return told, limit


@dataclass(eq=False)
class _Writer:
    """Turns changes into JSON; their arrays are put aside and named by number."""

    arrays: list[NDArray[Any]] = field(default_factory=list)

    def change(self, change: Change) -> list[Any]:
        """A change as a list that begins with its kind."""
        return _WRITE[type(change)](self, change)

    def array(self, array: NDArray[Any]) -> int:
        """The number of an array that is put aside."""
        self.arrays.append(array)
        return len(self.arrays) - 1

    def label(self, change: LabelChange) -> list[Any]:
        told = None if change.label is None else label_json(change.label)
        return ["label", change.group, change.value, told, change.position]

    def group(self, change: GroupChange) -> list[Any]:
        group = change.group
        if group is None:
            return ["group", change.index, None]
        labels = [label_json(label) for label in group.labels]
        return ["group", change.index, [self.array(group.array), labels, group.name, group.properties]]

    def order(self, change: OrderChange) -> list[Any]:
        return ["order", change.group, list(change.order)]

    def property(self, change: PropertyChange) -> list[Any]:
        return ["property", change.group, change.field, change.value]

    def geometry(self, change: GeometryChange) -> list[Any]:
        return ["geometry", geometry_json(change.geometry), [self.array(array) for array in change.arrays]]

    def voxels(self, patch: VoxelPatch) -> list[Any]:
        mask = None if patch.mask is None else self.array(patch.mask)
        boxes = [[value, *map(list, box)] for value, box in patch.boxes.items()]
        counts = [[int(value), int(count)] for value, count in patch.counts.items()]
        return ["voxels", patch.group, patch.t, *map(list, patch.box), mask, self._values(patch.values), counts, boxes]

    def _values(self, values: Values) -> Any:
        if isinstance(values, Stretches):
            return [self.array(values.values), self.array(values.lengths)]
        return [self.array(values)] if isinstance(values, np.ndarray) else int(values)


_WRITE: dict[type, Callable[[_Writer, Any], list[Any]]] = {
    LabelChange: _Writer.label,
    GroupChange: _Writer.group,
    OrderChange: _Writer.order,
    PropertyChange: _Writer.property,
    GeometryChange: _Writer.geometry,
    VoxelPatch: _Writer.voxels,
}


def _step(entry: Any, arrays: Arrays) -> Step:
    title, state, changes = entry
    made = tuple(_READ[kind](arrays, *rest) for kind, *rest in changes)
    return Step(str(title), made, sum(change.nbytes for change in made), int(state))


def _label(_arrays: Arrays, group: int, value: int, label: Any, position: int | None) -> LabelChange:
    return LabelChange(group, value, None if label is None else label_from(label), position)


def _group(arrays: Arrays, index: int, content: Any) -> GroupChange:
    if content is None:
        return GroupChange(index, None)
    array, labels, name, properties = content
    return GroupChange(index, Group(arrays[array], [label_from(label) for label in labels], name, properties))


def _order(_arrays: Arrays, group: int | None, order: list[int]) -> OrderChange:
    return OrderChange(group, tuple(order))


def _property(_arrays: Arrays, group: int | None, name: Any, value: Any) -> PropertyChange:
    return PropertyChange(group, name, value)


def _geometry(arrays: Arrays, geometry: Any, numbers: list[int]) -> GeometryChange:
    return GeometryChange(geometry_from(geometry), [arrays[number] for number in numbers])


def _voxels(
    arrays: Arrays, group: int, t: int, lower: Any, upper: Any, mask: int | None, values: Any, counts: Any, boxes: Any
) -> VoxelPatch:
    box = _box(lower, upper)
    bits = None if mask is None else arrays[mask]
    tally = {int(value): int(count) for value, count in counts}
    patch = VoxelPatch(group, t, box, bits, _values(arrays, values), tally, {v: _box(*each) for v, *each in boxes})
    _check(patch)
    return patch


_READ: dict[str, Callable[..., Change]] = {
    "label": _label,
    "group": _group,
    "order": _order,
    "property": _property,
    "geometry": _geometry,
    "voxels": _voxels,
}


def _values(arrays: Arrays, values: Any) -> Values:
    if isinstance(values, int):
        return values
    if len(values) == 2:
        return Stretches(arrays[values[0]], arrays[values[1]])
    whole: NDArray[Any] = arrays[values[0]]
    return whole


def _box(lower: Any, upper: Any) -> Box:
    (a, b, c), (d, e, f) = lower, upper
    return Box((int(a), int(b), int(c)), (int(d), int(e), int(f)))


def _check(patch: VoxelPatch) -> None:
    """Compiled code trusts a patch, so one from outside is looked at. Raises HistoryError."""
    k, j, i = patch.box.shape
    written = k * j * i
    if patch.mask is not None:
        if patch.mask.dtype != np.uint8 or patch.mask.shape != (k, j, -(-i // 8)):
            raise HistoryError(f"a mask of {patch.mask.shape} does not fit the box {patch.box}")
        written = int(np.unpackbits(patch.mask, axis=2, count=i, bitorder="little").sum())
    values = patch.values
    if isinstance(values, Stretches):
        held = int(values.lengths.sum()) if len(values.lengths) == len(values.values) else -1
    else:
        held = written if isinstance(values, int) else len(values)
    if held != written or sum(patch.counts.values()) != written:
        raise HistoryError(f"{held} values are kept for {written} voxels")
