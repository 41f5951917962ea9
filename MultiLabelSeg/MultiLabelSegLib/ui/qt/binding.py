"""The one place that knows which Qt there is: PythonQt inside Slicer, PySide6 or PyQt6 through qtpy elsewhere.

The three differ in how properties are read, what a slot is given and what an enum is. Widgets are written with what
is common to all of them: setters, ``get`` for properties, ``connect`` for signals, short enum names, ``enum_int``.
"""

from __future__ import annotations

import importlib
import inspect
import re
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any


def _load() -> tuple[Any, str]:
    try:
        importlib.import_module("PythonQt")
        return importlib.import_module("qt"), "PythonQt"
    except ImportError:
        pass
    merged = types.ModuleType("qt")
    for name in ("QtSvg", "QtWidgets", "QtGui", "QtCore"):
        try:
            module = importlib.import_module(f"qtpy.{name}")
        except ImportError:
            if name == "QtSvg":  # icons are then drawn by Qt's image plugins
                continue
            raise
        for key in dir(module):
            if key.startswith("Q"):
                setattr(merged, key, getattr(module, key))
    return merged, str(importlib.import_module("qtpy").API_NAME)


#: every class of Qt's core, gui and widget modules by its name; "PythonQt", "PySide6" or "PyQt6"
qt, BINDING = _load()

#: what qtpy calls the overload of a signal, where Qt has several of one name or an argument that may be left out
_OVERLOADS: dict[str, type] = {"QString": str, "int": int, "bool": bool}
_OVERLOADED = {"activated", "highlighted", "clicked", "triggered"}


def get(widget: Any, name: str) -> Any:
    """The value of a Qt property: an attribute in PythonQt, a method elsewhere, so neither can be written."""
    return widget.property(name)


def enum_int(value: Any) -> int:
    """The number of an enum or of flags."""
    return int(getattr(value, "value", value))


#: the first role of items that is ours
USER_ROLE = enum_int(qt.Qt.UserRole)


def connect(sender: Any, signature: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Calls ``function`` at a signal such as ``"toggled(bool)"``, with as many arguments as it declares.

    Returns what Qt holds. Raises ValueError for a signal that the sender does not have: a typing error would
    otherwise show only when nothing happens at a click.
    """
    slot = _trimmed(function)
    name, _, rest = signature.partition("(")
    if BINDING == "PythonQt":
        if not sender.connect(signature, slot):
            raise ValueError(f"{sender} has no signal {signature}")
        return slot
    meta = sender.metaObject()
    if meta.indexOfSignal(_plain(signature)) < 0:
        raise ValueError(f"{meta.className()} has no signal {signature}")
    signal = getattr(sender, name)
    if name in _OVERLOADED and rest.rstrip(")") in _OVERLOADS:
        with suppress(KeyError, IndexError):  # only one of that name in this class
            signal = signal[_OVERLOADS[rest.rstrip(")")]]
    signal.connect(slot)
    return slot


def _plain(signature: str) -> Any:
    plain = re.sub(r"\s+", "", signature)
    return plain.encode() if BINDING == "PySide2" else plain


def _trimmed(function: Callable[..., Any]) -> Callable[..., Any]:
    """A slot that passes on what the function declares; no exception leaves it, for PyQt6 would end the process."""
    try:
        parameters = inspect.signature(function).parameters.values()
        everything = any(each.kind == each.VAR_POSITIONAL for each in parameters)
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        count = sum(each.kind in positional for each in parameters)
    except (TypeError, ValueError):
        everything, count = True, 0

    def slot(*arguments: Any) -> None:
        from .errors import guarded

        guarded(function, *(arguments if everything else arguments[:count]))

    return slot


def mouse_position(event: Any) -> Any:
    """Where a mouse event is, as a QPoint of its widget."""
    if hasattr(event, "position"):
        return event.position().toPoint()
    return event.pos()


def has_flag(flags: Any, flag: Any) -> bool:
    """Whether flags (modifiers, buttons, states) hold this one."""
    return bool(enum_int(flags) & enum_int(flag))


def is_event(event: Any, kind: Any) -> bool:
    """Whether an event is of this type."""
    return enum_int(event.type()) == enum_int(kind)


def application() -> Any:
    """The running application, or None."""
    return qt.QApplication.instance()


def device_ratio(widget: Any | None) -> float:
    """Pixels of the screen for one pixel of the widget."""
    source = widget if widget is not None else application()
    return (
        float(source.devicePixelRatioF()) if hasattr(source, "devicePixelRatioF") else float(source.devicePixelRatio())
    )
