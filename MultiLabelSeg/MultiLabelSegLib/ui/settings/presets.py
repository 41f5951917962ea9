"""Label set presets and suggestions: loaded into the segmentation, saved from it, made the default."""

from __future__ import annotations

import json
from pathlib import Path

from ...errors import ToolError, WriteError
from ...formats.report import Report
from ...formats.staging import Stage
from ...host.base import Level
from ...presets.any_preset import read_preset, write_preset
from ...presets.apply import Mode, apply_preset
from ...presets.preset import from_segmentation
from ...presets.suggestion_json import read_suggestions
from ..session import Session
from .preference_pages import PreferencePages


class Presets:
    """What the buttons "Load label set preset", "Save label set preset" and those of the suggestions do."""

    def __init__(self, session: Session, preferences: PreferencePages) -> None:
        self._session, self._preferences = session, preferences

    def about(self, path: Path, mode: Mode = "keep") -> list[str]:
        """What loading a preset would do to the current segmentation, in sentences. Raises PresetError."""
        return list(apply_preset(self._session.need().document, read_preset(path), mode).lines())

    def load(self, path: Path, mode: Mode = "keep") -> list[str]:
        """Gives the current segmentation the labels of a preset, as one step; voxels are not touched.

        Any file that knows labels is a preset. Returns what it did, in sentences. Raises PresetError, and ToolError
        without a segmentation.
        """
        session, report = self._session, Report()
        preset = read_preset(path, report)
        if session.document is None:
            raise ToolError(
                f"{path.name} is a preset of labels; open or make the segmentation that shall have them first"
            )
        session.collect()
        applied = apply_preset(session.need().document, preset, mode)
        session.do(applied.command)
        for note in (*report.left_out, *report.notes):
            session.tell(Level.INFO, str(note))
        return list(applied.lines())

    def save(self, path: Path, overwrite: bool = False) -> None:
        """Saves the labels of the current segmentation as preset. Raises OptionError, PresetError, WriteError."""
        report = Report()
        write_preset(from_segmentation(self._session.need().document), path, overwrite=overwrite, report=report)
        for note in report.left_out:
            self._session.tell(Level.WARNING, str(note))

    def make_default(self, path: Path | None) -> None:
        """New segmentations begin with this preset; None: with one red label. Raises PresetError."""
        self._preferences.set("label_set_preset", "" if path is None else str(path))

    def load_suggestions(self, path: Path | None) -> int:
        """Names are suggested from this list from now on; None: from the standard one. Returns how many it has.

        Raises PresetError.
        """
        self._preferences.set("suggestions_file", "" if path is None else str(path))
        return 0 if path is None else len(read_suggestions(path))

    def save_suggestions(self, path: Path, overwrite: bool = False) -> None:
        """Saves names and colours of the current labels, each name once, in MITK's form. Raises WriteError."""
        if path.exists() and not overwrite:
            raise WriteError(path, "exists already; overwriting must be asked for")
        entries: dict[str, dict[str, str]] = {}
        for label in self._session.need().document.labels:
            if label.name:
                entries.setdefault(label.name, {"name": label.name, "color": label.hex_color})
        with Stage(path) as stage:
            text = json.dumps(list(entries.values()), indent=2, ensure_ascii=False)
            stage.file(path).write_text(text + "\n", encoding="utf-8")
            stage.commit()
