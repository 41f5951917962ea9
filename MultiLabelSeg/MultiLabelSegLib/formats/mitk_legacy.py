"""LabelSetImages of MITK up to 2022: labels as XML, and values that are unique within their layer only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Group, Label
from ..core.label import MAX_VALUE
from ..errors import CorruptFileError, OptionError, UnsupportedFormatError
from .label_json import JsonRules
from .mitk_xml import label_from_xml, parse_xml
from .nrrd import NrrdHeader

LEGACY_MODALITY = "org.mitk.image.multilabel"
#: keys of the header that describe layers, no properties of the data
LEGACY_PREFIXES = ("label_", "layer_", "layers")
LabelArray = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class MitkReadOptions:
    """How layers of a LabelSetImage become groups; without meaning for other files.

    ``multi_layer_handling``: values that several layers use are shifted ("Adapt label values"), or every layer keeps
    its own ("Split layers"), which needs values that differ, or one chosen ``layer`` (0, 1, ...; -1 is all).
    """

    multi_layer_handling: Literal["Adapt label values", "Split layers"] = "Adapt label values"
    layer: int = -1


def legacy_groups(
    header: NrrdHeader, arrays: Sequence[LabelArray], options: MitkReadOptions, rules: JsonRules
) -> list[Group]:
    """The groups of a LabelSetImage, one a layer.

    Raises CorruptFileError where header and voxels contradict each other or values exceed 65535, OptionError for a
    layer that is not there, UnsupportedFormatError where layers that keep their values share some.
    """
    layers = _layers(header, rules)
    if len(layers) != len(arrays):
        raise CorruptFileError(header.path, f"key 'layers' says {len(layers)}, the file has {len(arrays)} layers")
    if options.layer != -1:
        if not 0 <= options.layer < len(layers):
            raise OptionError("Layer", options.layer, ["-1 (all)", *range(len(layers))])
        return [_group(arrays[options.layer], layers[options.layer], 0, header, rules)]
    if options.multi_layer_handling == "Split layers":
        _refuse_shared(layers, header)
        offsets = [0] * len(layers)
    else:
        tops = [max((label.value for label in layer), default=0) for layer in layers]
        offsets = [sum(tops[:index]) for index in range(len(layers))]
    return [
        _group(array, layer, offset, header, rules)
        for array, layer, offset in zip(arrays, layers, offsets, strict=True)
    ]


def _layers(header: NrrdHeader, rules: JsonRules) -> list[list[Label]]:
    """The labels of each layer; a layer without a count has none."""
    layers = []
    for index in range(_count(header, "layers", None)):
        labels: dict[int, Label] = {}
        for number in range(_count(header, f"layer_{index:03d}", 0)):
            key = f"label_{index:03d}_{number:05d}"
            if key not in header.keyvalues:
                raise CorruptFileError(header.path, f"key '{key}' is missing")
            label = label_from_xml(parse_xml(header.keyvalues[key], key, rules), key, rules)
            if label is not None and label.value in labels:
                raise CorruptFileError(header.path, f"{key}: label value {label.value} occurs twice in layer {index}")
            if label is not None:
                labels[label.value] = label
        layers.append(list(labels.values()))
    return layers


def _count(header: NrrdHeader, key: str, default: int | None) -> int:
    text = header.keyvalues.get(key, "" if default is None else str(default)).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise CorruptFileError(header.path, f"key '{key}': found {text[:40]!r}, expected a number")
    return int(text)


def _refuse_shared(layers: Sequence[Sequence[Label]], header: NrrdHeader) -> None:
    owners: dict[int, int] = {}
    for index, layer in enumerate(layers):
        for label in layer:
            if label.value in owners:
                reason = (
                    f"layers {owners[label.value]} and {index} both use the value {label.value}, which must be unique; "
                    "read one layer at a time (option 'Layer'), or choose 'Multi layer handling' = 'Adapt label values'"
                )
                raise UnsupportedFormatError(header.path, reason)
            owners[label.value] = index


def _group(array: LabelArray, labels: Sequence[Label], offset: int, header: NrrdHeader, rules: JsonRules) -> Group:
    """A layer with its labels' values raised by ``offset``, in the voxels too.

    Voxels without a label keep their value, as in MITK, unless it is one of the new values: MITK would mix them up,
    here they are raised like the others.
    """
    group = Group(array, labels)
    if offset == 0 or not (labels or group.present_values()):
        return group
    table = np.arange(MAX_VALUE + 1, dtype=np.int64)
    raised = {label.value: label.value + offset for label in labels}
    clashing = sorted(set(group.undeclared_values()) & set(raised.values()))
    if clashing:
        rules.note(f"voxels without a label hold {clashing}, values that labels get; they are raised by {offset} too")
        raised.update({value: value + offset for value in group.undeclared_values()})
    top = max(raised.values(), default=0)
    if top > MAX_VALUE:
        reason = f"the values of the layers do not fit into one segmentation: one would become {top}, above {MAX_VALUE}"
        raise CorruptFileError(header.path, reason)
    table[list(raised)] = list(raised.values())
    changed = table.astype(np.uint16)[group.array]
    return Group(changed, [label.with_(value=raised[label.value]) for label in labels])
