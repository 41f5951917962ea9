"""Mouse events of slice views on their way to the gesture of the active tool: buttons, lost releases, refusals."""

from __future__ import annotations

from ...errors import MultiLabelSegError
from ...host.base import Level
from .gestures.base import Gesture
from .gestures.context import Context, slice_shown
from .view_events import Button, ViewEvent, ViewEventKind


class ViewDriver:
    """Feeds one gesture at a time. What a tool refuses is told once a gesture, and then nothing of it is written."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.gesture: Gesture | None = None
        #: while the left button is held: the view that it was pressed in, and whether the gesture was refused
        self._held_in: str | None = None
        self._is_refused = False
        #: where the mouse is, for a tool that is switched on under it
        self._last: ViewEvent | None = None
        #: the view that has something drawn under the mouse
        self._drawn_in = ""

    @property
    def is_busy(self) -> bool:
        """Whether a gesture is begun that is not finished."""
        return self.gesture is not None and self.gesture.is_busy

    def take(self, gesture: Gesture | None) -> None:
        """Another gesture, or none; the one before is ended properly."""
        if self.gesture is not None:
            self._guarded(self.gesture.finish)
        self.gesture = gesture
        self._held_in = None
        if gesture is not None and self._last is not None and self._last.plane is not None:
            gesture.under_mouse = self._last

    def renew(self, gesture: Gesture | None) -> None:
        """The same tool on another document: a stroke is ended, what waits to be written belongs to the former."""
        self.end()
        self.gesture, self._held_in = gesture, None

    def end(self) -> None:
        """Ends a press as its release would."""
        if self.gesture is not None:
            self._guarded(self.gesture.end)

    def cancel(self) -> None:
        """Drops what is begun."""
        if self.gesture is not None:
            self.gesture.cancel()
            self._is_refused = self._held_in is not None  # what still comes of this press is not drawn

    def view_event(self, event: ViewEvent) -> bool:
        """See ``ViewEventHandler``."""
        self._last = None if event.kind is ViewEventKind.LEAVE else event
        gesture = self.gesture
        if gesture is None:
            return False
        if event.kind is ViewEventKind.WHEEL:
            return self._wheel(gesture, event)
        if event.kind is ViewEventKind.LEAVE:
            gesture.leave()
            self._redraw(event.view)
            self._drawn_in = ""
            return False
        if event.kind is ViewEventKind.HOVER:
            return self._hover(gesture, event)
        if event.kind in (ViewEventKind.PRESS, ViewEventKind.DOUBLE):
            return self._press(gesture, event)
        if event.kind is ViewEventKind.MOVE:
            return self._move(gesture, event)
        return self._release(gesture, event)

    # ---- kinds -------------------------------------------------------------------------------------------------
    def _wheel(self, gesture: Gesture, event: ViewEvent) -> bool:
        if gesture.wheel(event):
            self._context.redraw()
            return True
        return self._held_in is not None and not gesture.scrolls

    def _hover(self, gesture: Gesture, event: ViewEvent) -> bool:
        if self._held_in is not None:  # the release happened where nobody saw it
            self._held_in = None
            self._guarded(gesture.end)
        if event.plane is None:
            gesture.leave()
        else:
            self._guarded(lambda: gesture.hover(event))
        self._redraw(event.view)
        return True

    def _press(self, gesture: Gesture, event: ViewEvent) -> bool:
        if event.button is not Button.LEFT:
            return self._held_in is not None  # a second button while one is held means nothing
        if self._held_in is not None:
            self._guarded(gesture.end)
        self._held_in, self._is_refused = event.view, False
        double = event.kind is ViewEventKind.DOUBLE

        def begin() -> None:
            slice_shown(self._context.scene(), event.plane, event.slice)
            (gesture.double if double else gesture.press)(event)

        self._guarded(begin)
        self._context.redraw()
        return True

    def _move(self, gesture: Gesture, event: ViewEvent) -> bool:
        if self._held_in is None:
            return event.button is Button.LEFT
        if event.view == self._held_in and event.plane is not None and not self._is_refused:
            self._guarded(lambda: gesture.move(event))
            self._redraw(event.view)
        return True

    def _release(self, gesture: Gesture, event: ViewEvent) -> bool:
        if event.button is not Button.LEFT:
            return self._held_in is not None
        held, self._held_in = self._held_in, None
        if held is None or self._is_refused:
            return True
        if event.view == held and event.plane is not None:
            self._guarded(lambda: gesture.release(event))
        else:
            self._guarded(gesture.end)
        self._context.redraw()
        return True

    def _redraw(self, view: str) -> None:
        """Where the mouse is alone, unless it came from another view that still shows something."""
        is_new = bool(self._drawn_in) and self._drawn_in != view
        self._drawn_in = view
        self._context.redraw("" if is_new else view)

    def _guarded(self, function: object) -> None:
        """Calls a function of a gesture; what it raises ends the gesture, and is told."""
        assert callable(function)
        try:
            function()
        except MultiLabelSegError as error:
            self.refuse(error)
        except BaseException:
            if self.gesture is not None:
                self.gesture.cancel()
            raise

    def refuse(self, error: MultiLabelSegError) -> None:
        """Drops the gesture and says why, without a dialog in the way of the mouse."""
        self._is_refused = True
        if self.gesture is not None:
            self.gesture.refused()
        self._context.say(str(error))
        self._context.session.tell(Level.WARNING, str(error))
