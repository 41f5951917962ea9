"""What a page looks for in the background, and Stop."""

from __future__ import annotations

from ...programs.programs import AiTools
from ..layout import button_row, hint_label, icon_button


class LookRow:
    """Hidden while nothing is looked for."""

    def __init__(self, ai: AiTools) -> None:
        self._ai = ai
        self.text = hint_label()
        self.stop = icon_button("cancel", "Stop looking; what was shown before stays", self._stop)
        self.row = button_row(self.text, self.stop, stretch=False)
        self.row.setStretch(0, 1)
        self.refresh()

    def refresh(self) -> None:
        """Shows what is being looked for."""
        page = self._ai.page
        looking = "" if page is None else page.looking
        self.text.setText(f"{looking}…" if looking else "")
        self.text.setVisible(bool(looking))
        self.stop.setVisible(bool(looking))

    def _stop(self) -> None:
        if self._ai.page is not None:
            self._ai.page.stop_looking()
