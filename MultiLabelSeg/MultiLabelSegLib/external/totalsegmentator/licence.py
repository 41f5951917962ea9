"""TotalSegmentator's licence key, handed over so that nobody else sees it.

Its command line would take the key as an option, which every user of the machine could read, and it would then be kept
in the settings for good. It also reads it from ``config.json`` of the folder that TOTALSEG_HOME_DIR names: so it gets a
copy of that folder's settings with the key in it, readable by us alone, for as long as it runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...errors import OptionError, WriteError

#: where a key may be given to us
VARIABLE = "MLSEG_TOTALSEGMENTATOR_LICENSE"
_LENGTH, _BEGIN = 18, "aca_"
_EXPECTED = f"a key of {_LENGTH} characters that begins with {_BEGIN}"


def checked_key(text: str) -> str:
    """A key without blanks around it. Raises OptionError, which does not repeat it."""
    key = text.strip()
    if key and (len(key) != _LENGTH or not key.startswith(_BEGIN)):
        raise OptionError("license", f"{len(key)} characters", _EXPECTED)
    return key


def given_key(file: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """The key of a file, else of the variable MLSEG_TOTALSEGMENTATOR_LICENSE; empty when there is none.

    Raises OptionError for a file that cannot be read and for what is no key.
    """
    if file is not None:
        try:
            return checked_key(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise OptionError("license file", str(file), f"a readable file with {_EXPECTED}") from None
    return checked_key((os.environ if environment is None else environment).get(VARIABLE, ""))


def home_folder() -> Path:
    """Where TotalSegmentator keeps its settings."""
    given = os.environ.get("TOTALSEG_HOME_DIR")
    return Path(given) if given else Path.home() / ".totalsegmentator"


def stored_key() -> bool:
    """Whether TotalSegmentator's own settings have a key."""
    return bool(_settings(home_folder()).get("license_number"))


@contextmanager
def settings_with(key: str) -> Iterator[dict[str, str | None]]:
    """Variables for a child that is to use this key; none where there is no key, or the same is stored already.

    Weights stay where they are. Raises WriteError.
    """
    home = home_folder()
    settings = _settings(home)
    if not key or settings.get("license_number") == key:
        yield {}
        return
    try:
        with TemporaryDirectory(prefix="mlseg-", ignore_cleanup_errors=True) as name:
            settings.setdefault("totalseg_id", "totalseg_mlseg")
            settings.setdefault("prediction_counter", 0)
            path = Path(name) / "config.json"
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({**settings, "license_number": key}, file)
            weights = os.environ.get("TOTALSEG_WEIGHTS_PATH") or str(home / "nnunet" / "results")
            yield {"TOTALSEG_HOME_DIR": name, "TOTALSEG_WEIGHTS_PATH": weights}
    except OSError as error:
        raise WriteError(error.filename or "config.json", error.strerror or str(error)) from None


def _settings(home: Path) -> dict[str, Any]:
    try:
        found = json.loads((home / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
