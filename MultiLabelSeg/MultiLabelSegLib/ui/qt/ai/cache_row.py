"""Whether results are kept, and Clear."""

from __future__ import annotations

from ...programs.programs import Page
from ..binding import connect, qt
from ..layout import UNIT, button_row, text_button
from ..style_sheets import check_box


class CacheRow:
    """The cache is that of both programs."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.use = check_box("Keep results")
        self.use.setToolTip("The same images, model and options are then answered at once")
        self.clear = text_button("Clear", self._clear)
        self.widget = qt.QWidget()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        row = button_row(self.use, self.clear, stretch=False)
        row.setStretch(0, 1)
        column.addLayout(row)
        connect(self.use, "toggled(bool)", self._set)
        self.refresh()

    def refresh(self) -> None:
        """Shows what is kept."""
        if self.use.isChecked() != self._page.options.use_cache:
            self.use.setChecked(self._page.options.use_cache)
        size = self._page.cache_bytes
        self.clear.setEnabled(size > 0)
        self.clear.setToolTip(f"Frees {_bytes(size)} in {self._page.cache.folder}" if size else "Nothing is kept")

    def _set(self, on: bool) -> None:
        if on != self._page.options.use_cache:
            self._page.set_option("use_cache", on)

    def _clear(self) -> None:
        self._page.clear_cache()


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{max(1, round(size / 1000))} kB"
