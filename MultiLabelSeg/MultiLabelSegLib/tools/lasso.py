"""Lasso: a polygon of anchors and freehand parts; ``lasso_editor`` holds it while it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Draft, Scene, Scope
from .contour import Contoured, Mode
from .parameters import parameter


@dataclass(frozen=True, kw_only=True)
class Lasso(Contoured):
    """Adds what a finished contour encloses to the active label, or subtracts it; by the rules of Add and Subtract."""

    name: ClassVar[str] = "lasso"
    title: ClassVar[str] = "Lasso"
    scope: ClassVar[Scope] = "2d"
    mode: Mode = parameter("add", help="whether the contour adds to the active label or subtracts from it")

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError."""
        scene.active_label()
        where, start, mask = self.enclosed(scene)
        return self.draft(scene, where, start, mask, self.mode)
