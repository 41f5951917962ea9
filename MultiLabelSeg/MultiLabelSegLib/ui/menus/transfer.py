"""Copying labels with their voxels into another segmentation that is open."""

from __future__ import annotations

from ...core import Segmentation
from ...core.naming import free_value
from ...edit import Command, LabelChange, MergeStyle, OverwriteStyle, transfer_labels
from ...errors import ToolError
from ..field_making import choice_field
from ..fields import Choice, Field
from ..open_document import OpenDocument
from ..session import Session
from .items import Action, Chosen, Given

_LOCKS = (("regard", "keep their voxels"), ("ignore", "are overwritten"))
_MERGE = (("merge", "is kept"), ("replace", "is replaced"))


def _targets(session: Session) -> list[OpenDocument]:
    current = session.need()
    geometry = current.document.geometry
    return [
        opened
        for opened in session.documents
        if opened is not current and opened.document.geometry.is_congruent(geometry)
    ]


def _why_not(chosen: Chosen) -> str:
    return "" if _targets(chosen.session) else "no other segmentation of this grid is open"


def _fields(chosen: Chosen) -> tuple[Field, ...]:
    choices = tuple(Choice(opened.id, opened.name) for opened in _targets(chosen.session))
    help_text = "Labels go into those of the same value and name there; others are added."
    to = Field("to", "To", "choice", choices[0].value, choices[0].value, help=help_text, choices=choices)
    merge = choice_field("merge", "What is there already", "merge", _MERGE)
    return to, merge, choice_field("locks", "Locked labels", "regard", _LOCKS)


def _run(chosen: Chosen, given: Given) -> None:
    target = next((opened for opened in _targets(chosen.session) if opened.id == given["to"]), None)
    if target is None:
        raise ToolError("the segmentation to copy to is not open any more, or lies on another grid now")
    chosen.session.collect()
    merge = MergeStyle(given["merge"])
    overwrite = OverwriteStyle.IGNORE_LOCKS if given["locks"] == "ignore" else OverwriteStyle.REGARD_LOCKS
    count = len(chosen.values)
    with target.history.grouped(f"Labels from {chosen.session.need().name}: {count}"):
        mapping, made = _mapping(chosen.document, target.document, chosen.values)
        target.history.do(made)
        target.history.do(transfer_labels(chosen.document, target.document, mapping, merge, overwrite))


def _mapping(source: Segmentation, target: Segmentation, values: tuple[int, ...]) -> tuple[dict[int, int], Command]:
    """Which label goes into which, and the command that adds those that are missing."""
    taken = {*target.values, *(stray for group in target.groups for stray in group.undeclared_values())}
    mapping: dict[int, int] = {}
    changes = []
    for value in values:
        label = source.label(value)
        if value in target and target.label(value).name == label.name:
            mapping[value] = value
            continue
        new = value if value not in taken else free_value(taken)
        taken.add(new)
        mapping[value] = new
        home = min(source.group_index_of(value), len(target.groups) - 1)
        changes.append(LabelChange(home, new, label.with_(value=new)))
    return mapping, Command("Add labels", changes, values=tuple(mapping.values()))


TRANSFER = Action("transfer", "Copy to another segmentation...", _run, _fields, _why_not)
