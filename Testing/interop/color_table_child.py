"""The real Slicer core in a process of its own: loads color tables and, where asked, saves them again.

``python color_table_child.py REQUEST.json ANSWER.json``; the request is a list of ``{"path", "save"}``, the answer one
object for each: ``{"colors": {value: [name, red, green, blue, alpha, codes]}, "messages": what Slicer told the user}``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import slicer

_CONCEPTS = ("Category", "Type", "TypeModifier", "Region", "RegionModifier")


def load(path: str) -> tuple[Any, Any]:
    """(color node, storage node) of a file."""
    scene = slicer.vtkMRMLScene()
    node, storage = slicer.vtkMRMLColorTableNode(), slicer.vtkMRMLColorTableStorageNode()
    scene.AddNode(node)
    scene.AddNode(storage)
    storage.SetFileName(path)
    if not storage.ReadData(node):
        raise RuntimeError(f"Slicer does not load {path}: {storage.GetUserMessages().GetAllMessagesAsString()}")
    return node, storage


def describe(node: Any) -> dict[int, list[Any]]:
    """Every color that is defined."""
    found: dict[int, list[Any]] = {}
    for value in range(node.GetNumberOfColors()):
        if not node.GetColorDefined(value):
            continue
        rgba = [0.0, 0.0, 0.0, 0.0]
        node.GetColor(value, rgba)
        codes = {}
        for concept in _CONCEPTS:
            code = getattr(node, f"GetTerminology{concept}")(value)
            if code is not None and code.GetCodeValue():
                codes[concept] = [code.GetCodingSchemeDesignator(), code.GetCodeValue(), code.GetCodeMeaning()]
        found[value] = [node.GetColorName(value), *rgba, codes]
    return found


def main() -> None:
    answers = []
    for request in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        node, storage = load(request["path"])
        answers.append({"colors": describe(node), "messages": storage.GetUserMessages().GetAllMessagesAsString()})
        if request.get("save"):
            storage.SetFileName(request["save"])
            if not storage.WriteData(node):
                raise RuntimeError(f"Slicer does not save {request['save']}")
    Path(sys.argv[2]).write_text(json.dumps(answers), encoding="utf-8")


main()
