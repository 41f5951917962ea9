"""Preferences in a TOML file of the user's configuration folder, for everything that runs without a host."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import PresetError, WriteError
from ..formats.staging import Stage
from .preferences import Value, help_of, known_keys
from .toml_text import TomlError, read_toml, with_values

_HEAD = "# Preferences of MultiLabelSeg. Keys that are not here have their defaults; unknown ones are left alone.\n"


def config_folder() -> Path:
    """Where the user's programs keep their settings; ``MLSEG_CONFIG_DIR`` names another folder."""
    given = os.environ.get("MLSEG_CONFIG_DIR")
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "MultiLabelSeg"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "MultiLabelSeg"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "multilabelseg"


@dataclass(frozen=True)
class TomlPreferences:
    """A store that is a TOML file; a missing one is like an empty one. Comments and unknown keys survive."""

    path: Path = field(default_factory=lambda: config_folder() / "preferences.toml")

    @property
    def place(self) -> str:
        """The path of the file."""
        return str(self.path)

    def load(self) -> Mapping[str, object]:
        """What the file says. Raises PresetError for a file that cannot be read or is no TOML."""
        try:
            return read_toml(self._text())
        except TomlError as error:
            raise PresetError(f"{self.path}: is no TOML: {error}") from None

    def save(self, values: Mapping[str, Value]) -> None:
        """Sets these keys, in a new file that replaces the old one as a whole.

        Raises PresetError for a file that is no TOML, WriteError.
        """
        text = self._text()
        try:
            made = with_values(text or _HEAD, values, {key: help_of(key) for key in known_keys()})
        except TomlError as error:
            raise PresetError(f"{self.path}: cannot be changed: {error}") from None
        try:
            encoded = made.encode("utf-8")
        except UnicodeEncodeError:
            raise PresetError(f"{self.path}: a value holds text that UTF-8 cannot hold") from None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(self.path, error.strerror or str(error)) from None
        with Stage(self.path) as stage:
            stage.file(self.path).write_bytes(encoded)
            stage.commit()

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise PresetError(f"{self.path}: {error.strerror or error}") from None
        except UnicodeDecodeError as error:
            raise PresetError(f"{self.path}: is not text in UTF-8 (byte {error.start})") from None
