"""What a scene must keep of a document beside labels and the shown voxels: attributes of its node.

They are part of the scene's own text, so they survive saving as ``.mrml`` and ``.mrb``, and copies of the node.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bridges.slicer_document import DocumentRecord, document_from_text, document_text
from ..bridges.slicer_tags import DOCUMENT_TAG, PREFIX
from ..bridges.slicer_text import decode_json, encode_json
from ..core import Geometry, Segmentation
from ..edit import History
from ..edit.history import Steps
from ..edit.stored_steps import steps_bytes, steps_from
from ..errors import HistoryError, HostError

FRAMES = PREFIX + "Frames"
STEPS = PREFIX + "Steps"
_DTYPES = {"uint8": np.uint8, "uint16": np.uint16}


def record_text(segmentation: Segmentation) -> str:
    """The record of all but voxels and labels. Time bounds of several frames are kept with the frames."""
    text = document_text(segmentation)
    if segmentation.geometry.time_steps == 1:
        return text
    record = decode_json(text, dict, DOCUMENT_TAG)
    record["geometry"].pop("time_bounds", None)
    return encode_json(record)


def read_record(node: Any) -> DocumentRecord | None:
    """The record that a node carries; None when it carries none. Raises LabelError for text that is no record."""
    text = node.GetAttribute(DOCUMENT_TAG)
    return document_from_text(text) if text else None


def write_frames(node: Any, segmentation: Segmentation, frame: int) -> None:
    """Keeps all frames of a document with several in the node, which itself holds the shown one only."""
    geometry = segmentation.geometry
    if geometry.time_steps == 1:
        node.RemoveAttribute(FRAMES)
        return
    packed = {
        "frame": frame,
        "time_steps": geometry.time_steps,
        "time_bounds": list(geometry.time_bounds or ()),
        "groups": [
            [group.array.dtype.name, base64.b64encode(zlib.compress(group.array.tobytes(), 1)).decode("ascii")]
            for group in segmentation.groups
        ],
    }
    node.SetAttribute(FRAMES, encode_json(packed))


def read_frames(node: Any, geometry: Geometry) -> tuple[int, Geometry, list[NDArray[Any]]] | None:
    """(shown frame, the geometry with its time, one array (t, k, j, i) a group); None when the node keeps none.

    Raises HostError when the frames are damaged, LabelError when they are no JSON.
    """
    text = node.GetAttribute(FRAMES)
    if not text:
        return None
    packed = decode_json(text, dict, FRAMES)
    try:
        frame, steps = int(packed["frame"]), int(packed["time_steps"])
        whole = geometry.with_time(steps, packed["time_bounds"] or None)
        arrays = [_unpacked(dtype, data, whole) for dtype, data in packed["groups"]]
    except (KeyError, TypeError, ValueError, zlib.error, binascii.Error) as error:
        raise HostError(f"the frames that {node.GetName()!r} keeps are damaged: {error}") from None
    if not 0 <= frame < steps:
        raise HostError(f"{node.GetName()!r} shows frame {frame}, but keeps {steps}")
    return frame, whole, arrays


def write_steps(node: Any, history: History) -> None:
    """Keeps what can be undone and redone in the node, the newest steps as far as the limit goes."""
    steps = history.steps()
    if not (steps.undo or steps.redo):
        node.RemoveAttribute(STEPS)
        return
    node.SetAttribute(STEPS, base64.b64encode(steps_bytes(history.segmentation, steps)).decode("ascii"))


def read_steps(node: Any, document: Segmentation) -> Steps | None:
    """The steps that a node keeps of a document; None when it keeps none, or the document was changed since.

    Raises HistoryError when they are damaged.
    """
    text = node.GetAttribute(STEPS)
    if not text:
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise HistoryError(f"the stored steps are damaged: {error}") from None
    return steps_from(data, document)


def _unpacked(dtype: str, data: str, geometry: Geometry) -> NDArray[Any]:
    kind = np.dtype(_DTYPES[dtype])
    size = geometry.voxels * geometry.time_steps * kind.itemsize
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(base64.b64decode(data, validate=True), size + 1)
    if len(content) != size:
        raise ValueError(f"{len(content)} bytes are kept of a group that needs {size}")
    return np.frombuffer(bytearray(content), kind).reshape(geometry.full_shape)
