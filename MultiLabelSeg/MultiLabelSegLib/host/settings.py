"""Preferences among the host's own settings, such as ``slicer.app.userSettings()``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Settings(Protocol):
    """The part of Qt's ``QSettings`` that is used; its names are Qt's."""

    def value(self, key: str) -> Any:
        """The value of a key."""
        ...

    def setValue(self, key: str, value: Any) -> None:  # noqa: N802 - Qt's name
        """Sets the value of a key."""
        ...

    def allKeys(self) -> Iterable[str]:  # noqa: N802 - Qt's name
        """Every key, those of all groups."""
        ...

    def sync(self) -> None:
        """Writes to the disk."""
        ...


@dataclass(frozen=True)
class SettingsPreferences:
    """A store of preferences within a host's settings, under the group ``MultiLabelSeg``; other keys are not touched.

    Values are kept as JSON text: what a file of settings says of numbers and yes or no depends on the system.
    """

    settings: Settings
    group: str = "MultiLabelSeg"

    @property
    def place(self) -> str:
        """How messages call the store."""
        return f"the settings of {self.group}"

    def load(self) -> Mapping[str, object]:
        """What is stored, by key; text that is no JSON stays text."""
        start = self.group + "/"
        keys = [key for key in map(str, self.settings.allKeys()) if key.startswith(start)]
        return {key[len(start) :]: _decoded(self.settings.value(key)) for key in keys}

    def save(self, values: Mapping[str, bool | int | float | str]) -> None:
        """Sets these keys; what else is stored stays."""
        for key, value in values.items():
            self.settings.setValue(f"{self.group}/{key}", json.dumps(value))
        self.settings.sync()


def _decoded(text: Any) -> object:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
