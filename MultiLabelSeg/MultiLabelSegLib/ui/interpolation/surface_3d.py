"""The surface of the 3D interpolation: worked out in the background after every change of the contours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...core import Event
from ...core.surface import Surface
from ...errors import MultiLabelSegError
from ...host.base import Progress
from ...tools.base import Scene, propose
from ...tools.interpolate_3d import Interpolate3D, SurfacePreview
from ..frozen import Latest, StoppedError, stopping
from ..session import Session


@dataclass(frozen=True, eq=False)
class _Found:
    preview: SurfacePreview
    surface: Surface


class Surface3D:
    """Keeps ``preview`` and ``surface`` of the active label; ``reason`` says why there are none."""

    def __init__(self, session: Session, told: Callable[[], None]) -> None:
        self._session, self._told = session, told
        self.is_on = False
        self.reason = ""
        self.preview: SurfacePreview | None = None
        self.surface: Surface | None = None
        self._waits = self._is_old = False
        self._work = Latest(session.host.run)
        session.events.connect(self._on_event)

    @property
    def is_busy(self) -> bool:
        """Whether a surface is being worked out."""
        return self._waits or self._work.is_busy

    def renew(self) -> None:
        """Works the surface out anew when the view is idle; until then the former one is shown."""
        if self.is_on and not self._waits:
            self._waits = True
            self._session.host.later(self._start)

    def settled(self) -> None:
        """A step is whole: if it changed the label or its contours, the surface follows."""
        if self._is_old:
            self._is_old = False
            self.renew()

    def drop(self) -> None:
        """Nothing is shown any more."""
        self._work.stop()
        self.preview, self.surface, self.reason = None, None, ""

    # ---- inside ------------------------------------------------------------------------------------------------
    def _on_event(self, event: Event) -> None:
        active = self._session.active
        if event.kind != "voxels" or active is None or active in event.values:
            self._is_old = True

    def _start(self) -> None:
        self._waits = False
        if not self.is_on:
            return
        try:
            scene = self._session.scene()
            label = scene.active_label()
            tool = Interpolate3D()
        except MultiLabelSegError as error:
            self._failed(error)
            return

        def work(at: Scene, progress: Progress) -> _Found:
            found = propose(tool, at, stopping(progress))
            assert isinstance(found, SurfacePreview)
            points, triangles = found.surface()
            made = Surface(points.astype(np.float32), triangles.astype(np.int64), label.name, label.color, label.value)
            return _Found(found, made)

        self._work.start(scene, work, self._done, self._failed)

    def _done(self, found: _Found) -> None:
        self.preview, self.surface, self.reason = found.preview, found.surface, ""
        self._told()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, StoppedError):
            return
        if not isinstance(error, MultiLabelSegError):
            raise error
        self.preview, self.surface, self.reason = None, None, str(error)
        self._told()
