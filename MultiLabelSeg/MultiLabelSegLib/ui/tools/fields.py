"""Options of tools as fields of a form, generated from their parameters."""

from __future__ import annotations

from typing import Any

from ...core.naming import display_names
from ...errors import MultiLabelSegError
from ...tools.catalog import tool_class
from ...tools.parameters import ParameterInfo, parameters_of
from ...tools.threshold import IntensityBounds, image_range
from ..field_making import parameter_fields
from ..fields import Choice, Field, FieldKind
from ..session import Session
from .entries import tab_of
from .options import DRAWING_OPTIONS, GIVEN, MASKING, ToolOptions

_KINDS: dict[str, FieldKind] = {
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "choice": "choice",
    "text": "text",
    "list": "shown",
}
#: what a name does not say well enough by itself
_TITLES = {
    "diameter": "Size",
    "diameter_mm": "Size in mm",
    "ball": "3D brush (ball)",
    "erase": "Erase",
    "mode": "Mode",
    "volume": "In the volume (3D)",
    "background": "Click on background clears the slice",
    "snap": "Snap the first anchor",
    "dynamic": "Learn from the contour",
    "auto_confirm": "Confirm at once",
    "lower": "Lower",
    "upper": "Upper",
    "regions": "Regions",
    "keep": "Keep",
    "bins": "Bins",
    "margin_mm": "Margin",
    "intensity_lower": "Intensity from",
    "intensity_upper": "Intensity to",
    "inside": "Only inside",
    "outside": "Only outside of",
}
_CHOICES = {
    "active": "the active label",
    "unlocked": "all unlocked labels",
    "add": "Add",
    "subtract": "Subtract",
    "fill": "filled",
    "keep": "kept",
    "current": "current frame",
    "all": "all frames",
    "pick": "keep what is picked",
    "relabel": "give it to the active label",
    6: "faces",
    18: "faces and edges",
    26: "faces, edges and corners",
}
_HELP = {"auto_confirm": "write a contour as soon as it is finished; off: it can be changed first, then confirmed"}
#: shown only when somebody asks for more
_ADVANCED = frozenset({"bins", "valley_emphasis", "smoothing", "connectivity", "lower", "upper", "margin_mm", "keep"})
_POST_ADVANCED = frozenset({"merge", "locks", "connectivity"})
_STEPS = {"diameter_mm": 0.5, "distance_penalty": 0.01, "margin_mm": 1.0}
#: where a spin box starts and ends; the tool itself allows more
_RANGES = {"diameter": (1, 200), "diameter_mm": (0.1, 200.0)}


def option_fields(session: Session, options: ToolOptions, tool: str) -> tuple[Field, ...]:
    """The options of a tool as they are set; what mouse and view give is left out."""
    if tab_of(tool) == "post":
        return _post_fields(session, options, tool)
    infos = {info.name: info for info in parameters_of(tool_class(tool))}
    made = []
    for name in options.names(tool):
        if name in infos:
            field = _field(session, options, tool, infos[name])
            if field is not None:
                made.append(field)
        else:
            default = DRAWING_OPTIONS[tool][name]
            value = options.get(tool, name)
            made.append(Field(name, _TITLES[name], "bool", value, default, help=_HELP[name]))
    return tuple(made)


def _post_fields(session: Session, options: ToolOptions, tool: str) -> tuple[Field, ...]:
    values = {name: options.get(tool, name) for name in options.names(tool)}
    if not values["labels"] and session.active is not None:
        values["labels"] = (session.active,)
    skip = GIVEN | set(MASKING) | (set() if _is_dynamic(session) else {"frames"})
    return parameter_fields(tool_class(tool), values, skip=skip, advanced=_POST_ADVANCED, labels=_labels(session, None))


def masking_fields(session: Session, options: ToolOptions, tool: str) -> tuple[Field, ...]:
    """Where tools may write at all."""
    infos = {info.name: info for info in parameters_of(tool_class(tool))}
    reason = "" if session.image is not None else "there is no image"
    limits = _image_limits(session)
    made = []
    for name in MASKING:
        info, value = infos[name], options.get(tool, name)
        if name.startswith("intensity"):
            low, high, step = limits or (None, None, None)
            made.append(
                Field(
                    name,
                    _TITLES[name],
                    "float",
                    value,
                    None,
                    low,
                    high,
                    step,
                    help=_help(info),
                    optional=True,
                    enabled=not reason,
                    reason=reason,
                )
            )
        else:
            made.append(
                Field(name, _TITLES[name], "several", value, (), choices=_labels(session, None), help=_help(info))
            )
    return tuple(made)


def _field(session: Session, options: ToolOptions, tool: str, info: ParameterInfo) -> Field | None:
    name, value = info.name, options.get(tool, info.name)
    if name in GIVEN or (name == "frames" and not _is_dynamic(session)):
        return None
    title = _TITLES.get(name, name.replace("_", " ").capitalize())
    kind = _KINDS.get(info.type, "shown")
    low, high = _RANGES.get(name, (info.minimum, info.maximum))
    about: dict[str, Any] = {"help": _help(info), "unit": info.unit, "advanced": name in _ADVANCED}
    if info.choices:
        return Field(name, title, "choice", value, info.default, choices=_choices(info.choices), **about)
    if name == "keep":
        regions = int(options.get(tool, "regions"))
        several = tuple(Choice(region, f"Otsu {region - 1}") for region in range(1, regions + 1))
        return Field(name, title, "several", value or tuple(range(1, regions + 1)), (), choices=several, **about)
    if name == "labels":
        grow = _labels(session, session.active)
        shown = value or tuple(choice.value for choice in grow)
        return Field(name, title, "several", shown, (), choices=grow, **about)
    if name in ("lower", "upper") and issubclass(tool_class(tool), IntensityBounds):
        return _bound(session, options, tool, info, title)
    step = _STEPS.get(name, 1.0 if kind == "int" else None)
    optional = info.default is None
    return Field(name, title, kind, value, info.default, low, high, step, optional=optional, **about)


def _bound(session: Session, options: ToolOptions, tool: str, info: ParameterInfo, title: str) -> Field | None:
    """A bound of a threshold: its range is that of the image over all frames. Threshold shows the lower one alone."""
    if tool == "threshold" and info.name == "upper":
        return None
    value, low, high, step, default = options.get(tool, info.name), None, None, None, None
    try:
        found = image_range(session.scene())
        low, high, step = found.lower, found.upper, found.step
        default = tool_class(tool).defaults(found)[info.name == "upper"]
    except MultiLabelSegError:  # without an image the tool says so
        pass
    shown = default if value is None else value
    return Field(info.name, title, "float", shown, default, low, high, step, help=_help(info))


def _image_limits(session: Session) -> tuple[float, float, float] | None:
    try:
        found = image_range(session.scene())
    except MultiLabelSegError:
        return None
    return found.lower, found.upper, found.step


def _help(info: ParameterInfo) -> str:
    return info.help[:1].upper() + info.help[1:]


def _choices(values: tuple[Any, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(value, _CHOICES.get(value, str(value))) for value in values)


def _labels(session: Session, beside: int | None) -> tuple[Choice, ...]:
    """The labels to choose from: all, or those of the group that a label is in."""
    document = session.document
    if document is None:
        return ()
    groups = document.groups if beside is None or beside not in document else (document.group_of(beside),)
    found = []
    for group in groups:
        names = display_names(group.labels)
        found += [Choice(label.value, names[label.value]) for label in group.labels]
    return tuple(found)


def _is_dynamic(session: Session) -> bool:
    return session.document is not None and session.document.geometry.time_steps > 1
