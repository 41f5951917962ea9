"""A plain JSON of our own: ``{"labels": [{"value", "name", "color", "opacity", "visible", ...}]}``.

Also read: nnU-Net's ``dataset.json`` (``{"labels": {"liver": 1}}`` and the older ``{"1": "liver"}``), a bare mapping of
one kind or the other, a bare list of objects, and the labels of all groups in a description of groups (MITK's
``.mitklabel.json``, ``labels.json`` of a folder of masks).
"""

from __future__ import annotations

import json
from typing import Any

from ..json_text import parse_json
from ..report import Report
from .dialect import Dialect
from .model import LabelTable, TableEntry
from .rows import RowCollector
from .text import TableText, hex_bytes

_FIELDS = {"value", "name", "color", "opacity", "visible", "description"}
#: of a label, but not of a table
_NOT_OURS = {"locked", "tracking_id", "tracking_uid"}


def _recognises(text: TableText) -> bool:
    return text.text.lstrip()[:1] in ("{", "[")


def parse(text: TableText, report: Report) -> LabelTable:
    """The labels of a JSON text; wrong entries are reported. Raises FormatError when it is no JSON or lists nothing."""
    data = parse_json(text.text, text.path, "the label table", lenient=True)
    listed = _listed(data)
    rows = RowCollector(text.path, report, has_header=isinstance(data, dict) and isinstance(listed, list))
    if isinstance(listed, dict):
        for key, value in listed.items():
            _add_pair(rows, key, value)
    elif isinstance(listed, list):
        for index, entry in enumerate(listed):
            _add_object(rows, f"labels[{index}]", entry)
    return rows.table()


def _listed(data: Any) -> Any:
    """The part of a document that lists labels."""
    if not isinstance(data, dict):
        return data
    groups = data.get("groups")
    if "labels" not in data and isinstance(groups, list):
        found = [group.get("labels") for group in groups if isinstance(group, dict)]
        return [label for labels in found if isinstance(labels, list) for label in labels]
    return data.get("labels", data)


def _add_pair(rows: RowCollector, key: str, value: Any) -> None:
    """``"liver": 1`` or ``"1": "liver"``."""
    if isinstance(value, int) and not isinstance(value, bool):
        rows.add(None, value, key)
    elif isinstance(value, str):
        rows.add(None, key, value)
    else:
        rows.skip(None, f"{key!r:.60} left out: found {value!r:.60}, expected a value or a name")


def _add_object(rows: RowCollector, where: str, entry: Any) -> None:
    if not isinstance(entry, dict) or isinstance(entry.get("value"), bool):
        rows.skip(None, f"{where} left out: found {entry!r:.60}, expected an object with a value and a name")
        return
    name, description, visible = entry.get("name"), entry.get("description", ""), entry.get("visible")
    if not isinstance(name, str) or not isinstance(entry.get("value"), (int, float, str)):
        rows.skip(None, f"{where} left out: it has no value or no name")
        return
    rows.add(
        None,
        str(entry["value"]),
        name,
        color=_color(rows, where, entry.get("color")),
        opacity=_share(entry.get("opacity")),
        visible=visible if isinstance(visible, bool) else None,
        description=description if isinstance(description, str) else "",
        properties={key: value for key, value in entry.items() if _is_property(key)},
    )


def _is_property(key: str) -> bool:
    return key not in _FIELDS and key not in _NOT_OURS and not key.startswith("_")


def _color(rows: RowCollector, where: str, color: Any) -> tuple[float, float, float] | None:
    """A colour as ``#rrggbb``, as shares of 1, or as whole numbers up to 255."""
    if color is None:
        return None
    channels: Any = hex_bytes(color) if isinstance(color, str) else color
    good = isinstance(channels, (list, tuple)) and len(channels) >= 3 and all(_is_number(part) for part in channels)
    if good:
        whole = all(isinstance(part, int) for part in channels)
        top = 255 if whole else 1
        if all(0 <= part <= top for part in channels[:3]):
            return channels[0] / top, channels[1] / top, channels[2] / top
    rows.report.leave_out(f"{where}: the colour {color!r:.60} is none; MITK's colour is used", rows.path)
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _share(value: Any) -> float | None:
    return float(value) if _is_number(value) and 0 <= value <= 1 else None


def render(table: LabelTable) -> str:
    """The table as JSON; holds all that a row knows but properties that are called like a field."""
    return json.dumps({"labels": [_entry(entry) for entry in table.entries]}, indent=1, ensure_ascii=True) + "\n"


def _entry(entry: TableEntry) -> dict[str, Any]:
    described: dict[str, Any] = {key: value for key, value in entry.properties.items() if _is_property(key)}
    described.update(value=entry.value, name=entry.name)
    if entry.color is not None:
        described["color"] = [float(channel) for channel in entry.color]
    if entry.opacity is not None:
        described["opacity"] = entry.opacity
    if entry.visible is not None:
        described["visible"] = entry.visible
    if entry.description:
        described["description"] = entry.description
    return described


DIALECT = Dialect(
    id="json",
    title="plain JSON",
    suffix=".labels.json",
    parse=parse,
    render=render,
    recognises=_recognises,
)
