"""How labels are drawn: outlines or filled, how strong, at all; in selection mode the current segmentation alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import Session


def show_look(session: Session) -> None:
    """Tells the host's views; those that cannot draw otherwise stay as they are."""
    wanted, alone = session.preferences, session.preferences.selection_mode and session.current is not None
    for opened in session.documents:
        show_as = getattr(opened.view, "show_as", None)
        is_shown = session.overlay_visible and (opened is session.current or not alone)
        if show_as is not None:
            show_as(wanted.outline, wanted.opacity, is_shown)
    show_others = getattr(session.host, "show_others", None)
    if show_others is not None:
        show_others(not alone)
