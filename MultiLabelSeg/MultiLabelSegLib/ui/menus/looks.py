"""Menu actions on names, looks, locks and what is kept about labels."""

from __future__ import annotations

from ...core.annotations import (
    ALGORITHM_TYPES,
    REVIEW_STATUSES,
    REVIEWER,
    MadeBy,
    made_by,
    notes_of,
    now,
    review_status,
)
from ...edit import Command, operations
from ...errors import OptionError
from ..field_making import choice_field, value_field
from ..fields import Field
from .items import Action, Chosen, Given

_STATUS = {"notstarted": "not started", "inprogress": "in progress", "completed": "completed", "flagged": "flagged"}


def _do(chosen: Chosen, command: Command) -> None:
    chosen.session.do(command)


# ---- look ----------------------------------------------------------------------------------------------------------
def _opacity_fields(chosen: Chosen) -> tuple[Field, ...]:
    opacity = round(chosen.document.label(chosen.value).opacity * 100)
    return (value_field("opacity", "Opacity", opacity, minimum=0, maximum=100, unit="%"),)


def _opacity(chosen: Chosen, given: Given) -> None:
    _do(chosen, operations.set_opacity(chosen.document, float(given["opacity"]) / 100, chosen.values))


def _color_fields(chosen: Chosen) -> tuple[Field, ...]:
    return (value_field("color", "Colour", chosen.document.label(chosen.value).color, kind="color"),)


def _color(chosen: Chosen, given: Given) -> None:
    red, green, blue = given["color"]
    _do(chosen, operations.set_color(chosen.document, (float(red), float(green), float(blue)), chosen.values))


def _set(field: str, value: bool, others: bool = False) -> Action:
    """Locks, unlocks, shows or hides the labels, or all others."""
    verb = {
        ("locked", True): "Lock",
        ("locked", False): "Unlock",
        ("visible", True): "Show",
        ("visible", False): "Hide",
    }
    title = verb[field, value]

    def run(chosen: Chosen, _given: Given) -> None:
        values = operations.all_but(chosen.document, chosen.values) if others else chosen.values
        named = f"{title} all other labels" if others else None
        make = operations.set_locked if field == "locked" else operations.set_visible
        command = make(chosen.document, value, values)
        _do(chosen, Command(named or command.title, command.changes, values=command.values))

    def why_not(chosen: Chosen) -> str:
        if others:
            return "" if len(chosen.values) < len(chosen.document.values) else "there are no other labels"
        states = {bool(getattr(chosen.document.label(each), field)) for each in chosen.values}
        done = {"locked": ("unlocked", "locked"), "visible": ("hidden", "visible")}[field][value]
        return f"already {done}" if states == {value} else ""

    return Action(f"{title.lower()}{'_others' if others else ''}", f"{title}{' all others' if others else ''}", run,
                  None, why_not)  # fmt: skip


# ---- annotations ---------------------------------------------------------------------------------------------------
def _review_fields(chosen: Chosen) -> tuple[Field, ...]:
    label = chosen.document.label(chosen.value)
    choices = [(status, _STATUS[status]) for status in REVIEW_STATUSES]
    reviewer = str(label.properties.get(REVIEWER) or "")
    status = choice_field("status", "Status", review_status(label), choices)
    return status, value_field("reviewer", "Reviewer", reviewer)


def _review(chosen: Chosen, given: Given) -> None:
    command = operations.set_review(chosen.document, chosen.values, given["status"], str(given["reviewer"]), now())
    _do(chosen, command)


def _notes_fields(chosen: Chosen) -> tuple[Field, ...]:
    return (value_field("notes", "Comment", notes_of(chosen.document.label(chosen.value))),)


def _notes(chosen: Chosen, given: Given) -> None:
    _do(chosen, operations.set_notes(chosen.document, chosen.values, str(given["notes"])))


def _description_fields(chosen: Chosen) -> tuple[Field, ...]:
    return (value_field("description", "Description", chosen.document.label(chosen.value).description),)


def _description(chosen: Chosen, given: Given) -> None:
    _do(chosen, operations.set_description(chosen.document, chosen.values, str(given["description"])))


def _tracking_fields(chosen: Chosen) -> tuple[Field, ...]:
    label = chosen.document.label(chosen.value)
    help_text = "Names one finding over several studies."
    readable = value_field("tracking_id", "Tracking ID", label.tracking_id, help=help_text)
    return readable, value_field("tracking_uid", "Tracking UID", label.tracking_uid, help="A DICOM UID.")


def _tracking(chosen: Chosen, given: Given) -> None:
    texts = str(given["tracking_id"]), str(given["tracking_uid"])
    _do(chosen, operations.set_tracking(chosen.document, chosen.values, *texts))


def _maker_fields(chosen: Chosen) -> tuple[Field, ...]:
    known = made_by(chosen.document.label(chosen.value)) or MadeBy(kind="MANUAL")
    kinds = [(kind, kind.capitalize()) for kind in ALGORITHM_TYPES]
    tool = value_field("tool", "Tool", known.tool, help="The program or algorithm.")
    model, version = value_field("model", "Model", known.model), value_field("version", "Version", known.version)
    return choice_field("kind", "Made", known.kind, kinds), tool, model, version


def _maker(chosen: Chosen, given: Given) -> None:
    maker = MadeBy(str(given["tool"]), str(given["model"]), str(given["version"]), now(), given["kind"])
    _do(chosen, operations.set_made_by(chosen.document, chosen.values, maker))


def _property_fields(_chosen: Chosen) -> tuple[Field, ...]:
    key = value_field("key", "Name", "", help="The name of any property; it is kept in files that can hold it.")
    return key, value_field("text", "Value", "", help="Text; nothing removes the property.")


def _property(chosen: Chosen, given: Given) -> None:
    key, text = str(given["key"]).strip(), str(given["text"])
    if not key:
        raise OptionError("key", given["key"], "the name of a property")
    updates, gone = ({key: text}, ()) if text else ({}, (key,))
    _do(chosen, operations.set_label_properties(chosen.document, chosen.values, updates, gone))


LOOK_ACTIONS = (
    Action("opacity", "Opacity...", _opacity, _opacity_fields),
    Action("color", "Colour...", _color, _color_fields),
    _set("visible", True),
    _set("visible", False),
    _set("visible", False, others=True),
)
LOCK_ACTIONS = (_set("locked", True), _set("locked", False), _set("locked", True, others=True))
ABOUT_ACTIONS = (
    Action("notes", "Comment...", _notes, _notes_fields),
    Action("review", "Review...", _review, _review_fields),
    Action("description", "Description...", _description, _description_fields),
    Action("tracking", "Tracking...", _tracking, _tracking_fields),
    Action("maker", "Made by...", _maker, _maker_fields),
    Action("property", "Property...", _property, _property_fields),
)
