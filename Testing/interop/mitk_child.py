"""The real MITK in a process of its own: reads requests, answers each with what MITK did or said.

MITK may crash on bad input and at the end of a process, so the tests never import it; they talk to this program.
A request is a line of JSON, ``{"op": "load", "path": ..., "arrays": FILE.npz}``, an answer ``{"ok": ...}`` or
``{"error": ...}``. Arrays are left in the .npz file that the request names. MITK prints to the standard output of C;
that goes to the standard error, and the answers go where the standard output was.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

_answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

import mitk  # noqa: E402

#: attributes of a label that are no free properties
_ATTRIBUTES = {
    "name", "value", "color", "locked", "opacity", "visible", "description", "tracking_id", "tracking_uid",
    "center.coordinates", "center.index",
}  # fmt: skip
Request = dict[str, Any]


def load(path: str, reader: str | None = None) -> Any:
    """A segmentation, by MITK's choice of reader or by the one of that description."""
    if reader is None:
        return mitk.MultiLabelSegmentation(path)
    found = mitk.IOUtil.load(path, reader_preferences=[reader])
    segmentations = [data for data in found if isinstance(data, mitk.MultiLabelSegmentation)]
    if len(segmentations) != 1:
        raise RuntimeError(f"reader {reader!r} gave {len(segmentations)} segmentations")
    return segmentations[0]


def properties_of(owner: Any, keys: list[str]) -> dict[str, Any]:
    """Properties as JSON: bare where MITK writes them bare, else with their class."""
    return {key: json.loads(owner.get_property(key, raw=True).to_json()) for key in keys}


def is_of_file(key: str) -> bool:
    """Whether a property says where the segmentation came from, and nothing about it."""
    return key == "path" or key.startswith("MITK.IO.")


def label_data(segmentation: Any, label: Any) -> dict[str, Any]:
    """Everything about one label but its voxels."""
    return {
        "value": int(label.value),
        "name": label.name,
        "color": [float(channel) for channel in label.color],
        "opacity": float(label.opacity),
        "locked": bool(label.locked),
        "visible": bool(label.visible),
        "description": label.description,
        "tracking_id": label.tracking_id,
        "tracking_uid": label.tracking_uid,
        "group": int(segmentation.get_group_of_label(label.value)),
        "properties": properties_of(label, [key for key in label.property_keys if key not in _ATTRIBUTES]),
    }


def describe(segmentation: Any, request: Request) -> dict[str, Any]:
    """A segmentation as JSON; its groups go to ``arrays`` as (t, k, j, i)."""
    steps = int(segmentation.time_steps)
    arrays = {}
    groups = []
    for index in range(segmentation.num_groups):
        array = np.array(segmentation.get_group_image(index).as_numpy()).astype(np.uint16)
        while array.ndim < 4:
            array = array[np.newaxis]
        arrays[f"group_{index}"] = array
        values = [int(value) for value in segmentation.get_group_label_values(index)]
        groups.append({"name": segmentation.get_group_name(index), "values": values})
    np.savez(request["arrays"], **arrays)
    time = segmentation.time_geometry
    return {
        "groups": groups,
        "labels": [label_data(segmentation, label) for label in segmentation.labels],
        "spacing": list(map(float, segmentation.spacing)),
        "origin": list(map(float, segmentation.origin)),
        "direction": np.asarray(segmentation.direction, float).tolist(),
        "time_steps": steps,
        "time_bounds": [list(map(float, time.get_time_bounds(step))) for step in range(steps)],
        "properties": properties_of(segmentation, [key for key in segmentation.property_keys if not is_of_file(key)]),
        "problems": list(segmentation.validate()),
    }


def style(enumeration: Any, name: str) -> Any:
    """A merge or overwrite style by its name."""
    return getattr(enumeration, name.upper())


def styles(request: Request, overwrite: str) -> tuple[Any, Any]:
    """Merge and overwrite style of a request, with MITK's defaults."""
    merge = style(mitk.MergeStyle, request.get("merge_style", "replace"))
    return merge, style(mitk.OverwriteStyle, request.get("overwrite_style", overwrite))


def pairs(request: Request) -> list[tuple[int, int]]:
    """The mapping of a request: source value, target value."""
    return [(int(source), int(target)) for source, target in request["mapping"]]


def op_load(request: Request) -> Any:
    """What MITK finds in ``path``."""
    return load(request["path"], request.get("reader"))


def op_load_manual(request: Request) -> Any:
    """``path`` with every label said to be drawn by hand, which MITK's DICOM writer asks for."""
    segmentation = load(request["path"])
    for label in segmentation.labels:
        label.algorithm_type = mitk.AlgorithmType.MANUAL
    return segmentation


def op_transfer(request: Request) -> Any:
    """Labels of ``source`` transferred into ``path`` (all frames, or the one of ``time_step``)."""
    source, target = load(request["source"]), load(request["path"])
    if request.get("time_step") is None:
        mitk.transfer_labels(source, target, pairs(request), *styles(request, "regard_locks"))
    else:
        step = int(request["time_step"])
        mitk.transfer_labels_at_time_step(source, target, step, pairs(request), *styles(request, "regard_locks"))
    return target


def op_merge(request: Request) -> Any:
    """Labels ``sources`` of ``path`` merged into ``target``."""
    segmentation = load(request["path"])
    segmentation.merge_labels(request["target"], request["sources"], styles(request, "regard_locks")[1])
    return segmentation


def op_relabel(request: Request) -> Any:
    """Labels of ``path`` relabelled by ``mapping``, others kept with ``keep_untouched``."""
    keep = bool(request.get("keep_untouched", False))
    return load(request["path"]).relabel_to(pairs(request), None, keep, *styles(request, "ignore_locks"))


def op_erase(request: Request) -> Any:
    """The voxels of ``labels`` erased."""
    segmentation = load(request["path"])
    segmentation.erase_labels(request["labels"])
    return segmentation


def op_remove(request: Request) -> Any:
    """``labels`` removed with their voxels."""
    segmentation = load(request["path"])
    segmentation.remove_labels(request["labels"])
    return segmentation


def op_remove_group(request: Request) -> Any:
    """Group number ``group`` removed."""
    segmentation = load(request["path"])
    segmentation.remove_group(request["group"])
    return segmentation


def op_rename(request: Request) -> Any:
    """Label ``label`` with another ``name`` and ``color``."""
    segmentation = load(request["path"])
    segmentation.rename_label(request["label"], request["name"], tuple(request["color"]))
    return segmentation


def op_from_image(request: Request) -> Any:
    """A segmentation made of the label map in the image ``path``."""
    return mitk.MultiLabelSegmentation.from_labeled_image(mitk.IOUtil.load_image(request["path"]))


def op_load_preset(request: Request) -> Any:
    """``path`` after MITK applied the file ``preset``."""
    from mitk_preset_functions import load_preset

    segmentation = load(request["path"])
    load_preset(request["preset"], segmentation)
    return segmentation


def op_save_preset(request: Request) -> Any:
    """``path``, of which MITK saved the preset as the file ``preset``."""
    from mitk_preset_functions import save_preset

    segmentation = load(request["path"])
    save_preset(request["preset"], segmentation)
    return segmentation


#: every operation gives a segmentation; the answer describes it, and ``save`` names a file that it is saved to
OPERATIONS: dict[str, Callable[[Request], Any]] = {
    "load": op_load,
    "load_manual": op_load_manual,
    "transfer": op_transfer,
    "merge": op_merge,
    "relabel": op_relabel,
    "erase": op_erase,
    "remove": op_remove,
    "remove_group": op_remove_group,
    "rename": op_rename,
    "from_image": op_from_image,
    "load_preset": op_load_preset,
    "save_preset": op_save_preset,
}


def answer(request: Request) -> dict[str, Any]:
    """Does what a request asks. Whatever MITK raises is part of the answer: it is what a test asks about."""
    try:
        segmentation = OPERATIONS[request["op"]](request)
        if request.get("save"):
            segmentation.save(request["save"])
        return {"ok": describe(segmentation, request)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answers requests until there are no more, then ends without MITK's clean-up, which may crash."""
    for line in sys.stdin:
        _answers.write(json.dumps(answer(json.loads(line))) + "\n")
        _answers.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
