"""What a gesture is: how one tool answers the left mouse button, the moving mouse and keys in slice views."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ....tools.slices import Plane
from ..feedback import Circle, Handle, Patch, Polyline
from ..view_events import Modifier, ViewEvent
from .context import Context


@dataclass(frozen=True, eq=False)
class Shapes:
    """What a gesture shows in one slice."""

    circles: tuple[Circle, ...] = ()
    lines: tuple[Polyline, ...] = ()
    handles: tuple[Handle, ...] = ()
    patches: tuple[Patch, ...] = ()


NOTHING = Shapes()


class Gesture(ABC):
    """Base of gestures.

    ``press``, ``move`` and ``release`` are of the left button and come in this order; ``end`` ends a press whose
    release was lost, ``finish`` also what waits to be confirmed (the tool is switched off), ``cancel`` leaves nothing
    changed. Any of them may raise a ``MultiLabelSegError``; whoever calls then cancels.
    """

    #: what CTRL and other modifiers do, for the corner of the view
    hints: tuple[str, ...] = ()
    #: whether the wheel goes on scrolling while the button is held
    scrolls: ClassVar[bool] = False

    def __init__(self, context: Context, name: str) -> None:
        self.context, self.name = context, name
        self.under_mouse: ViewEvent | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """What mouse and keys do at the moment."""
        return self.hints

    @property
    def is_busy(self) -> bool:
        """Whether a gesture is begun."""
        return False

    @abstractmethod
    def press(self, event: ViewEvent) -> None:
        """The button goes down."""

    def move(self, event: ViewEvent) -> None:
        """The mouse moves while the button is down; of tools that only click, nothing but the mouse moves."""
        self.under_mouse = event

    @abstractmethod
    def release(self, event: ViewEvent) -> None:
        """The button goes up."""

    def double(self, event: ViewEvent) -> None:
        """The second press of a double click; a press like any other for most tools."""
        self.press(event)

    def hover(self, event: ViewEvent) -> None:
        """The mouse moves without a button; or leaves a view, see ``leave``."""
        self.under_mouse = event

    def leave(self) -> None:
        """The mouse left the view."""
        self.under_mouse = None

    def wheel(self, event: ViewEvent) -> bool:
        """The wheel turned; says whether that meant the tool."""
        del event
        return False

    def key(self, name: str) -> bool:
        """A key; says whether that meant the gesture."""
        if name == "Escape" and self.is_busy:
            self.cancel()
            return True
        return False

    @abstractmethod
    def end(self) -> None:
        """Ends a press as its release would."""

    def finish(self) -> None:
        """Finishes everything: the tool is switched off."""
        self.end()

    @abstractmethod
    def cancel(self) -> None:
        """Drops what is begun; nothing stays changed."""

    def refused(self) -> None:
        """What was tried is refused: it is dropped, as far as it cannot go on."""
        self.cancel()

    def option_changed(self, name: str) -> None:
        """An option of the tool has another value: what is shown under the mouse may look another way."""
        del name
        self.context.redraw()

    def shapes(self, view: str, plane: Plane, index: int) -> Shapes:
        """What is shown in a slice."""
        del view, plane, index
        return NOTHING


def inverts(event: ViewEvent) -> bool:
    """Whether the tool does its opposite."""
    return Modifier.CTRL in event.modifiers
