"""Surfaces of the 3D view, made in the background when somebody asks for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..core import Segmentation
from ..core.surface import Surface
from ..host.base import Host, Level, Message, Progress, Task
from ..ui.interpolation.view_surfaces import SurfaceWork
from .render_surfaces import Look, poly_data
from .volume_view import VolumeView


class SurfaceMaker:
    """Asks for surfaces of visible labels and shows them; they are made anew when somebody asks again.

    Of labels whose voxels change meanwhile the view says that it is out of date; a click there asks again.
    """

    def __init__(self, host: Host, view: VolumeView) -> None:
        self._host, self._view = host, view
        self._task: Task | None = None
        self._asked: tuple[Segmentation, Sequence[int] | None, int] | None = None
        self._has_changed = False
        view.update_asked.connect(self._ask_again)

    @property
    def is_busy(self) -> bool:
        """Whether surfaces are being made."""
        return self._task is not None and not self._task.is_done

    def request(self, document: Segmentation, values: Sequence[int] | None = None, t: int = 0) -> None:
        """Begins; a request that is still going on is given up. Without ``values`` all visible labels."""
        self.cancel()
        self._asked, self._has_changed = (document, values, t), False
        wanted = [label.value for label in document.labels if label.visible] if values is None else list(values)
        work = SurfaceWork.of(document, wanted, t)

        def make(progress: Progress) -> list[tuple[Surface, Any]]:
            return [(surface, poly_data(surface)) for surface in work.make(progress)]

        self._view.set_progress(0.0)
        self._task = self._host.run(
            make, lambda found: self._show(document, found), self._fail, self._view.set_progress
        )

    def cancel(self) -> None:
        """Gives up what is being made."""
        if self._task is not None and not self._task.is_done:
            self._task.cancel()
        self._task = None
        self._view.set_progress(None)

    def note_voxels(self, values: Collection[int], t: int | None = None) -> None:
        """Voxels of these labels changed (none named: of any), in frame ``t`` (None: any)."""
        if self._asked is None or self._has_changed:
            return
        _, wanted, frame = self._asked
        if (t is None or t == frame) and (wanted is None or not values or not set(values).isdisjoint(wanted)):
            self._has_changed = True
            self._view.set_stale(True)

    def note_frame(self, t: int) -> None:
        """Another frame is shown than the one whose surfaces there are."""
        if self._asked is not None and t != self._asked[2]:
            self._asked = (*self._asked[:2], t)
            self._has_changed = True
            self._view.set_stale(True)

    def clear(self) -> None:
        """Surfaces are of a document that is shown no more: they go."""
        self.cancel()
        self._asked, self._has_changed = None, False
        self._view.set_surfaces([])

    def _ask_again(self) -> None:
        """Makes anew what was asked for last; labels that are gone since are left out."""
        if self._asked is not None:
            document, values, t = self._asked
            self.request(document, None if values is None else [value for value in values if value in document], t)

    def restyle(self, document: Segmentation) -> None:
        """Labels have other colours, opacities or visibility."""
        self._view.restyle(looks_of(document))

    def _show(self, document: Segmentation, found: list[tuple[Surface, Any]]) -> None:
        self._view.set_progress(None)
        self._view.set_surfaces(found)
        self._view.set_stale(self._has_changed)
        self._view.restyle(looks_of(document))

    def _fail(self, error: Exception) -> None:
        self._view.set_progress(None)
        self._host.tell(Message(Level.ERROR, f"the surfaces could not be made: {error}"))


def looks_of(document: Segmentation) -> dict[int, Look]:
    """How each label's surface is shown. A surface is opaque: half a shine through 100 others shows nothing."""
    return {label.value: (label.color, 1.0, label.visible) for label in document.labels}
