"""How far a program is, what it said last, and Cancel."""

from __future__ import annotations

from ...programs.programs import AiTools
from ..binding import qt
from ..layout import UNIT, ElidedLabel, button_row, icon_button


class JobRow:
    """Hidden while nothing goes on."""

    def __init__(self, ai: AiTools) -> None:
        self._ai = ai
        self.widget = qt.QWidget()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        self.text = ElidedLabel("", 48, 0)
        self.bar = qt.QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName("Progress of the program")
        self.cancel = icon_button("cancel", "Cancel: the program and all that it started are ended", ai.cancel)
        row = button_row(self.bar, self.cancel, stretch=False)
        row.setStretch(0, 1)
        column.addWidget(self.text.widget)
        column.addLayout(row)
        self.refresh()

    def refresh(self) -> None:
        """Shows the job as it is."""
        job = self._ai.job
        self.widget.setVisible(job is not None)
        if job is None:
            return
        percent = min(100, round(100 * job.fraction))
        self.bar.setRange(0, 100 if percent else 0)  # before the first number: it only says that it works
        self.bar.setValue(percent)
        self.text.set_text(job.text)
        self.cancel.setEnabled(not job.is_cancelled)
